"""What time demands of activities."""

from datetime import datetime

from celery import shared_task

from promotions import services
from shop.lib.sweeps import sweep


@shared_task
@sweep("promotions.return_flash_quota")
def return_flash_quota(now: datetime) -> int:
    return services.return_flash_quota(now=now)
