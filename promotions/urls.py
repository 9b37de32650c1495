"""Addresses of the points shop."""

from django.urls import path

from promotions.views import points_shop

app_name = "promotions"
urlpatterns = [
    path("points/", points_shop.points_shop, name="points_shop"),
    path("points/<int:item_id>/", points_shop.points_item, name="points_item"),
    path("points/<int:item_id>/exchange/", points_shop.points_exchange, name="points_exchange"),
]
