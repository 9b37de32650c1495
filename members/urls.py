"""Addresses of the pages for one person."""

from django.urls import path

from members import views

app_name = "members"
urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/code/", views.login_code, name="login_code"),
    path("login/resend/", views.code_resend, name="code_resend"),
    path("logout/", views.logout, name="logout"),
    path("me/profile/", views.profile, name="profile"),
    path("me/addresses/", views.address_list, name="addresses"),
    path("me/addresses/new/", views.address_add, name="address_add"),
    path("me/addresses/regions/", views.address_regions, name="address_regions"),
    path("me/addresses/<int:address_id>/", views.address_edit, name="address_edit"),
    path("me/addresses/<int:address_id>/delete/", views.address_delete, name="address_delete"),
    path("me/addresses/<int:address_id>/default/", views.address_default, name="address_default"),
    path("me/points/", views.points, name="points"),
    path("points/shared/", views.share_opened, name="share_opened"),
    path("me/messages/", views.message_list, name="messages"),
    path("me/messages/read/", views.message_read_all, name="message_read_all"),
    path("me/messages/<int:message_id>/", views.message_open, name="message_open"),
]
