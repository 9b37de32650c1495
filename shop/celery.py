"""The Celery application; its schedule is `CELERY_BEAT_SCHEDULE` in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")


def make_app() -> Celery:
    """Return an application with all tasks; the shop's own is `app`, a second one serves a queue beside it."""
    made = Celery("shop")
    made.config_from_object("django.conf:settings", namespace="CELERY")
    made.autodiscover_tasks()
    return made


app = make_app()
