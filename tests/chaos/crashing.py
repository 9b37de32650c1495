"""Crash points: a flow runs in a process of its own and is killed with SIGKILL before its n-th statement or call.

A point is the moment before a statement, and the moments before and after a call of the gateway. What a statement
changed but did not commit is undone by the database, so the moment after it is no point of its own.
"""

import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import requests
from django.db import connection
from django.utils import timezone

from members import services as members
from orders import services as orders
from orders.models import GatewayNotice, NoticeStatus, Payment, Refund
from tests.chaos.children import KILLED, bear, last_words
from tests.sandbox import Sandbox

MOST_POINTS = 200
ALL = 10_000
# Minutes after the crash at which the sweeps run: past every lease, repeat and deadline there is.
ROUNDS = (1, 3, 8, 15, 32, 45, 120, 240)


def crash_everywhere(
    flow: Callable[..., None], prepare: Callable[[], tuple[Any, ...]], recover: Callable[[], None]
) -> int:
    """Let `flow` die at its first point, then at its second and so on, until it survives; return how many there are.

    `prepare` makes the arguments for each life, `recover` is called after each death.
    """
    for point in count(1):
        assert point <= MOST_POINTS, "the flow never ends"
        code = last_words(bear(_live_until, point, flow, prepare()))
        recover()
        if code != KILLED:
            assert code == 0, f"the flow failed at point {point}; see its traceback above"
            return point - 1
    raise AssertionError


def _live_until(point: int, flow: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    points = count(1)

    def pass_by() -> None:
        if next(points) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(execute: Callable[..., Any], *given: Any) -> Any:
        pass_by()
        return execute(*given)

    def call(session: requests.Session, *given: Any, **options: Any) -> requests.Response:
        pass_by()
        answer = really(session, *given, **options)
        pass_by()
        return answer

    really = requests.Session.request
    requests.Session.request = call  # type: ignore[assignment,method-assign]  # the process has no other life
    with connection.execute_wrapper(statement):
        flow(*arguments)


def sweep_until_quiet(sandbox: Sandbox, *, rounds: tuple[int, ...] = ROUNDS) -> None:
    """Be the worker after a restart: run every sweep at later and later moments while the gateway does its part."""
    for minutes in rounds:
        sweep(timezone.now() + timedelta(minutes=minutes))
        sandbox.settle_refund()
    assert not Payment.objects.filter(status__in=Payment.OPEN).exists()
    assert not Refund.objects.filter(status__in=Refund.LIVE).exists()
    assert not GatewayNotice.objects.filter(status=NoticeStatus.RECEIVED).exists()


def sweep(now: datetime) -> None:
    """Run the sweeps that money and messages hang on, once."""
    for every in (orders.apply_notices, orders.poll_payments, orders.send_refunds, orders.expire_unpaid):
        every(now=now, limit=ALL)
    members.deliver_messages(now=now, limit=ALL)
    members.seal_operations(now=now, limit=ALL)
