"""Addresses of the marketing tools on the shop front."""

from django.urls import path

from promotions import views
from promotions.views import points_shop

app_name = "promotions"
urlpatterns = [
    path("coupons/", views.coupon_centre, name="coupons"),
    path("coupons/claim/", views.coupon_claim, name="coupon_claim"),
    path("coupons/code/", views.coupon_code, name="coupon_code"),
    path("coupons/s/<slug:token>/", views.coupon_share, name="coupon_share"),
    path("coupons/s/<slug:token>/take/", views.coupon_take, name="coupon_take"),
    path("coupons/s/<slug:token>/poster.png", views.coupon_poster, name="coupon_poster"),
    path("me/coupons/", views.my_coupons, name="my_coupons"),
    path("offers/", views.offer_list, name="offers"),
    path("offers/<int:offer_id>/", views.offer, name="offer"),
    path("offers/<int:offer_id>/share/", views.offer_share, name="offer_share"),
    path("offers/<int:offer_id>/poster/", views.offer_poster, name="offer_poster"),
    path("flash/", views.flash, name="flash"),
    path("points/", points_shop.points_shop, name="points_shop"),
    path("points/<int:item_id>/", points_shop.points_item, name="points_item"),
    path("points/<int:item_id>/exchange/", points_shop.points_exchange, name="points_exchange"),
    path("i/<slug:code>/", views.invite_link, name="invite_link"),
    path("invited/", views.invited, name="invited"),
    path("me/invite/", views.invite, name="invite"),
    path("me/invite/poster.png", views.invite_poster, name="invite_poster"),
]
