"""What time demands of the shop as a whole."""

from datetime import datetime

from celery import shared_task

from shop import pictures
from shop.lib.sweeps import sweep


@shared_task
@sweep("shop.forget_orphans")
def forget_orphans(now: datetime) -> int:
    return pictures.forget_orphans(now=now)
