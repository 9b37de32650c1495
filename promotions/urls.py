"""Addresses of what runs."""

from django.urls import path

from promotions import views

app_name = "promotions"
urlpatterns = [
    path("offers/", views.offer_list, name="offers"),
    path("offers/<int:offer_id>/", views.offer, name="offer"),
    path("offers/<int:offer_id>/share/", views.offer_share, name="offer_share"),
    path("offers/<int:offer_id>/poster/", views.offer_poster, name="offer_poster"),
    path("flash/", views.flash, name="flash"),
]
