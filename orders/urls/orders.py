"""/checkout/, /orders/ and what the gateway calls."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from orders.views import checkout, orders, paying


class OrderNumber(StringConverter):
    """Digits alone: no other text is looked up, least of all one that the database cannot hold."""

    regex = "[0-9]{1,20}"


register_converter(OrderNumber, "order_no")

app_name = "orders"
urlpatterns = [
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", orders.order_list, name="list"),
    path("orders/<order_no:no>/", orders.order_detail, name="detail"),
    path("orders/<order_no:no>/changed/", orders.order_changed, name="changed"),
    path("orders/<order_no:no>/cancel/", orders.order_cancel, name="cancel"),
    path("orders/<order_no:no>/receive/", orders.order_receive, name="receive"),
    path("orders/<order_no:no>/hide/", orders.order_hide, name="hide"),
    path("orders/<order_no:no>/again/", orders.order_again, name="again"),
    path("orders/<order_no:no>/pay/", paying.pay, name="pay"),
    path("orders/<order_no:no>/pay/scan/", paying.pay_scan, name="pay_scan"),
    path("orders/<order_no:no>/pay/result/", paying.pay_result, name="pay_result"),
    path("pay/<str:channel>/notify/", paying.pay_notify, name="pay_notify"),
]
