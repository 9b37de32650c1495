"""Addresses of the marketing tools."""

from django.urls import path

from promotions import views

app_name = "promotions"
urlpatterns = [
    path("coupons/", views.coupon_centre, name="coupons"),
    path("coupons/claim/", views.coupon_claim, name="coupon_claim"),
    path("coupons/code/", views.coupon_code, name="coupon_code"),
    path("coupons/s/<slug:token>/", views.coupon_share, name="coupon_share"),
    path("coupons/s/<slug:token>/take/", views.coupon_take, name="coupon_take"),
    path("coupons/s/<slug:token>/poster.png", views.coupon_poster, name="coupon_poster"),
    path("me/coupons/", views.my_coupons, name="my_coupons"),
]
