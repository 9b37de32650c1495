"""What time demands of the goods."""

from datetime import datetime

from celery import shared_task

from catalog import services
from shop.lib.sweeps import sweep


@shared_task
@sweep("catalog.publish_due")
def publish_due(now: datetime) -> int:
    return services.publish_due(now=now)


@shared_task
@sweep("catalog.refill_daily_stock")
def refill_daily_stock(now: datetime) -> int:
    return services.refill_daily_stock(now=now)


@shared_task
@sweep("catalog.tell_low_stock")
def tell_low_stock(now: datetime) -> int:
    return services.tell_low_stock(now=now)


@shared_task
@sweep("catalog.forget_footprints")
def forget_footprints(now: datetime) -> int:
    return services.forget_footprints(now=now)
