"""/cart/"""

from django.urls import path

from orders.views import cart

app_name = "cart"
urlpatterns = [
    path("", cart.cart_page, name="index"),
    path("add/", cart.cart_add, name="add"),
    path("update/", cart.cart_update, name="update"),
    path("remove/", cart.cart_remove, name="remove"),
    path("restore/", cart.cart_restore, name="restore"),
]
