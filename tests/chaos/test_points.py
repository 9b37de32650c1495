"""Sixteen processes and two thousand rounds at the points of one member after the other. PostgreSQL."""

import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import Sum

from members import services
from members.models import Member, PointsEntry, PointsKind
from shop import audit
from tests.chaos import children
from tests.chaos.reporting import Row, report
from tests.factories import NOON, make_member
from tests.members.ledger import DAY, earn

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

PROCESSES, ROUNDS = 16, 2000


def contend(act: Any, member_ids: list[int], row: Row) -> Counter[str]:
    """Let 16 processes do `act` on one member after the other, all in step; count how the attempts ended."""
    barrier, told = children.barrier(PROCESSES), children.queue()
    processes = [children.bear(_contend, act, number, member_ids, barrier, told) for number in range(PROCESSES)]
    assert {children.last_words(process) for process in processes} == {0}
    ended: Counter[str] = sum((told.get() for _ in processes), Counter())
    row.attempts, row.successes, row.deadlocks = ended.total(), ended["done"], ended["OperationalError"]
    return ended


def _contend(act: Any, number: int, member_ids: list[int], barrier: Any, told: Any) -> None:
    ended: Counter[str] = Counter()
    for member_id in member_ids:
        barrier.wait(60)
        try:
            act(member_id, number)
        except (services.PointsShort, OperationalError) as refusal:
            ended[type(refusal).__name__] += 1
        else:
            ended["done"] += 1
    told.put(ended)


def spend_forty(member_id: int, number: int) -> None:
    services.spend_points(
        member_id=member_id, points=40, kind=PointsKind.SPEND, source=f"order:{uuid.uuid4().hex}", now=NOON
    )


def spend_or_claw_back(member_id: int, number: int) -> None:
    if number % 2:
        spend_forty(member_id, number)
        return
    services.claw_back_points(
        member_id=member_id, points=50, earned_kind=PointsKind.ORDER, earned_source="order:1",
        source=f"refund:{number // 8}", now=NOON,
    )  # fmt: skip


def release_what_is_due(member_id: int, number: int) -> None:
    services.release_points(now=NOON + DAY, limit=5)


def members_with(points: int, **facts: Any) -> list[int]:
    found = [make_member() for _ in range(ROUNDS)]
    for member in found:
        earn(member, points, source="order:1", **facts)
    return [member.pk for member in found]


def unsound() -> list[str]:
    return [str(finding) for finding in audit.run(now=NOON) if finding.invariant == "I11"]


def test_nobody_spends_beyond_the_balance() -> None:
    member_ids = members_with(100)

    with report("100 points, 16 spend 40 of them") as row:
        ended = contend(spend_forty, member_ids, row)

    assert ended == {"done": 2 * ROUNDS, "PointsShort": (PROCESSES - 2) * ROUNDS}
    assert set(Member.objects.values_list("points_balance", "points_debt")) == {(20, 0)}
    assert unsound() == []


def test_spendings_beside_clawbacks_leave_sound_books() -> None:
    member_ids = members_with(100)

    with report("100 points, 8 spend 40, 8 claw back 50 twice") as row:
        ended = contend(spend_or_claw_back, member_ids, row)

    assert set(ended) == {"done", "PointsShort"}
    spent = PointsEntry.objects.filter(kind=PointsKind.SPEND).count()
    assert ended["done"] == spent + ROUNDS * PROCESSES // 2
    taken = PointsEntry.objects.filter(kind=PointsKind.CLAWBACK).aggregate(delta=Sum("delta"), owed=Sum("owed"))
    assert taken["owed"] - taken["delta"] == 100 * ROUNDS
    assert unsound() == []


def test_frozen_points_are_released_once() -> None:
    member_ids = members_with(30, available_at=NOON + DAY)

    with report("frozen points, 16 workers release them") as row:
        contend(release_what_is_due, member_ids, row)

    assert set(Member.objects.values_list("points_balance", flat=True)) == {30}
    assert unsound() == []
