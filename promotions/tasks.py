"""What time demands of the marketing tools."""

from datetime import datetime

from celery import shared_task

from promotions import services
from shop.lib.sweeps import sweep


@shared_task
@sweep("promotions.run_pushes")
def run_pushes(now: datetime) -> int:
    return services.run_pushes(now=now)


@shared_task
@sweep("promotions.expire_coupons")
def expire_coupons(now: datetime) -> int:
    return services.expire_coupons(now=now)


@shared_task
@sweep("promotions.tell_expiring")
def tell_expiring(now: datetime) -> int:
    return services.tell_expiring(now=now)


@shared_task
@sweep("promotions.issue_birthdays")
def issue_birthdays(now: datetime) -> int:
    return services.issue_birthdays(now=now)


@shared_task
@sweep("promotions.return_flash_quota")
def return_flash_quota(now: datetime) -> int:
    return services.return_flash_quota(now=now)


@shared_task
@sweep("promotions.reward_referrals")
def reward_referrals(now: datetime) -> int:
    return services.reward_referrals(now=now)
