"""/checkout/, /orders/ and what the gateway calls."""

from django.urls import path

from orders.views import checkout, orders, paying

app_name = "orders"
urlpatterns = [
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", orders.order_list, name="list"),
    path("orders/<str:no>/", orders.order_detail, name="detail"),
    path("orders/<str:no>/cancel/", orders.order_cancel, name="cancel"),
    path("orders/<str:no>/receive/", orders.order_receive, name="receive"),
    path("orders/<str:no>/hide/", orders.order_hide, name="hide"),
    path("orders/<str:no>/again/", orders.order_again, name="again"),
    path("orders/<str:no>/pay/", paying.pay, name="pay"),
    path("orders/<str:no>/pay/scan/", paying.pay_scan, name="pay_scan"),
    path("orders/<str:no>/pay/result/", paying.pay_result, name="pay_result"),
    path("pay/<str:channel>/notify/", paying.pay_notify, name="pay_notify"),
]
