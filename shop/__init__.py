"""团铺 Tuanpu: the project and the shop front as a whole."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
