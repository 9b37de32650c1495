"""What Celery runs for orders, every few seconds to minutes; each is safe to repeat and to run twice at once."""

from datetime import datetime

from celery import shared_task

from orders import services
from shop.lib.sweeps import sweep


@shared_task
@sweep("orders.apply_notices")
def apply_notices(now: datetime) -> int:
    return services.apply_notices(now=now)


@shared_task
@sweep("orders.poll_payments")
def poll_payments(now: datetime) -> int:
    return services.poll_payments(now=now)


@shared_task
@sweep("orders.expire_unpaid")
def expire_unpaid(now: datetime) -> int:
    return services.expire_unpaid(now=now)


@shared_task
@sweep("orders.send_refunds")
def send_refunds(now: datetime) -> int:
    return services.send_refunds(now=now)


@shared_task
@sweep("orders.auto_receive")
def auto_receive(now: datetime) -> int:
    return services.auto_receive(now=now)


@shared_task
@sweep("orders.remind_pickup")
def remind_pickup(now: datetime) -> int:
    return services.remind_pickup(now=now)


@shared_task
@sweep("orders.segment_members")
def segment_members(now: datetime) -> int:
    return services.segment_members(now=now)


@shared_task
@sweep("orders.reconcile_days")
def reconcile_days(now: datetime) -> int:
    return services.reconcile_days(now=now)


@shared_task
@sweep("orders.relevel_due")
def relevel_due(now: datetime) -> int:
    return services.relevel_due(now=now)


@shared_task
@sweep("orders.reward_completed")
def reward_completed(now: datetime) -> int:
    return services.reward_completed(now=now)
