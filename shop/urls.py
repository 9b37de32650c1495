"""Every address of the shop."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.static import serve

from shop import health, views

urlpatterns = [
    path("", views.home, name="home"),
    path("goods/", views.goods_list, name="goods"),
    path("goods/search/", views.search, name="search"),
    path("goods/search/forget/", views.search_forget, name="search_forget"),
    path("goods/suggest/", views.suggest, name="suggest"),
    path("goods/<int:product_id>/", views.product_page, name="product"),
    path("goods/<int:product_id>/share/", views.product_share, name="product_share"),
    path("categories/", views.category_list, name="categories"),
    path("stores/", views.store_list, name="stores"),
    path("me/", views.me, name="me"),
    path("me/level/", views.level_page, name="level"),
    path("me/data/", views.my_data, name="my_data"),
    path("me/erase/", views.erase, name="erase"),
    path("privacy/", views.privacy, name="privacy"),
    path("robots.txt", views.robots),
    path("favicon.ico", views.favicon),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("", include("members.urls")),
    path("", include("catalog.urls")),
    path("", include("promotions.urls")),
    path("cart/", include("orders.urls.cart")),
    path("", include("orders.urls.orders")),
    path("counter/", include("orders.urls.counter")),
    path("admin/", admin.site.urls),
]
handler400 = "shop.views.errors.bad_request"
handler403 = "shop.views.errors.forbidden"
if settings.DEMO or settings.DEBUG:  # in production nginx serves the pictures
    urlpatterns += [path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT})]
