"""Addresses of what a member keeps of the goods."""

from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("goods/<int:product_id>/favourite/", views.favourite, name="favourite"),
    path("me/favourites/", views.favourite_list, name="favourites"),
    path("me/favourites/tidy/", views.favourites_tidy, name="favourites_tidy"),
    path("me/footprints/", views.footprint_list, name="footprints"),
    path("me/footprints/remove/", views.footprints_remove, name="footprints_remove"),
]
