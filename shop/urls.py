"""Every address of the shop."""

from django.conf import settings
from django.contrib import admin
from django.urls import path
from django.views.static import serve

from shop import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
if settings.DEMO or settings.DEBUG:  # in production nginx serves the pictures
    urlpatterns += [path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT})]
