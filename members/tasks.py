"""What time demands of the members' room."""

from datetime import datetime

from celery import shared_task

from members import services
from shop.lib.sweeps import sweep


@shared_task
@sweep("members.deliver_messages")
def deliver_messages(now: datetime) -> int:
    return services.deliver_messages(now=now)


@shared_task
@sweep("members.seal_operations")
def seal_operations(now: datetime) -> int:
    return services.seal_operations(now=now)


@shared_task
@sweep("members.forget_sessions")
def forget_sessions(now: datetime) -> int:
    return services.forget_sessions(now=now)


@shared_task
@sweep("members.forget_exports")
def forget_exports(now: datetime) -> int:
    return services.forget_exports(now=now)


@shared_task
@sweep("members.forget_visits")
def forget_visits(now: datetime) -> int:
    return services.forget_visits(now=now)


@shared_task
@sweep("members.forget_throttles")
def forget_throttles(now: datetime) -> int:
    return services.forget_throttles(now=now)


@shared_task
@sweep("members.release_points")
def release_points(now: datetime) -> int:
    return services.release_points(now=now)


@shared_task
@sweep("members.expire_points")
def expire_points(now: datetime) -> int:
    return services.expire_points(now=now)


@shared_task
@sweep("members.warn_of_expiry")
def warn_of_expiry(now: datetime) -> int:
    return services.warn_of_expiry(now=now)


@shared_task
@sweep("members.reward_birthdays")
def reward_birthdays(now: datetime) -> int:
    return services.reward_birthdays(now=now)
