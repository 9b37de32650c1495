"""/counter/"""

from django.urls import path

from orders.views import counter

app_name = "counter"
urlpatterns = [
    path("", counter.counter_page, name="index"),
    path("find/", counter.counter_find, name="find"),
    path("store/", counter.counter_store, name="store"),
    path("without-code/", counter.counter_without_code, name="without_code"),
    path("waiting/", counter.counter_waiting, name="waiting"),
    path("help/", counter.counter_help, name="help"),
    path("log/", counter.counter_log, name="log"),
    path("log/<int:redemption_id>/undo/", counter.counter_undo, name="undo"),
]
