"""What time demands of the marketing tools."""

from datetime import datetime

from celery import shared_task

from promotions import services
from shop.lib.sweeps import sweep


@shared_task
@sweep("promotions.reward_referrals")
def reward_referrals(now: datetime) -> int:
    return services.reward_referrals(now=now)
