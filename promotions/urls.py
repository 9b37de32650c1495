"""Addresses of the marketing tools on the shop front."""

from django.urls import path

from promotions import views

app_name = "promotions"
urlpatterns = [
    path("i/<slug:code>/", views.invite_link, name="invite_link"),
    path("invited/", views.invited, name="invited"),
    path("me/invite/", views.invite, name="invite"),
    path("me/invite/poster.png", views.invite_poster, name="invite_poster"),
]
