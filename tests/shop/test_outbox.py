"""Sweeps take their rows so that two never share one, and a dead worker's rows come back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from members.models import Member, Message
from shop.lib import outbox
from tests.factories import make_member

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def make_messages(units: int, *, due_at: datetime = NOW, member: Member | None = None) -> list[Message]:
    member = member or make_member()
    common = {"scene": "test", "title": "标题", "body": "内容", "due_at": due_at, "created_at": NOW, "member": member}
    first = Message.objects.count()
    return Message.objects.bulk_create([Message(dedupe_key=str(first + n), **common) for n in range(units)])


def claim(limit: int = 10, *, now: datetime = NOW) -> list[Message]:
    due = Message.objects.filter(due_at__lte=now)
    return outbox.claim(due, column="due_at", now=now, lease=LEASE, limit=limit)


@pytest.mark.django_db
def test_claimed_rows_are_not_claimed_again_until_the_lease_ends() -> None:
    rows = make_messages(3)

    assert [row.pk for row in claim()] == [row.pk for row in rows]
    assert claim() == []
    assert claim(now=NOW + LEASE - timedelta(seconds=1)) == []
    assert len(claim(now=NOW + LEASE)) == 3


@pytest.mark.django_db
def test_the_longest_due_come_first_and_no_more_than_the_limit() -> None:
    late = make_messages(1)
    early = make_messages(2, due_at=NOW - timedelta(hours=1), member=late[0].member)

    assert [row.pk for row in claim(2)] == [row.pk for row in early]
    assert [row.pk for row in claim(2)] == [late[0].pk]


@pytest.mark.django_db
def test_what_is_not_due_is_left_alone() -> None:
    make_messages(1, due_at=NOW + timedelta(seconds=1))

    assert claim() == []


@pytest.mark.django_db
def test_claiming_takes_one_read_and_one_write_however_many_rows() -> None:
    make_messages(10)

    with CaptureQueriesContext(connection) as queries:
        claim()

    kinds = [query["sql"].split()[0] for query in queries]
    assert [kind for kind in kinds if kind in {"SELECT", "UPDATE"}] == ["SELECT", "UPDATE"]


@pytest.mark.django_db
def test_nothing_due_writes_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert claim() == []

    assert not [query for query in queries if query["sql"].startswith("UPDATE")]


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 15), (1, 15), (2, 30), (3, 60), (9, 3600), (50, 3600)])
def test_each_failure_waits_longer_an_hour_at_most(attempts: int, seconds: int) -> None:
    assert outbox.retry_at(NOW, attempts) == NOW + timedelta(seconds=seconds)


def claim_without_a_lock(limit: int) -> list[Message]:
    """What `claim` must not be: it looks, then writes."""
    rows = list(Message.objects.filter(due_at__lte=NOW).order_by("due_at", "pk")[:limit])
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=NOW + LEASE)
    return rows


def sweep_at_once(claim_some: Callable[[int], list[Message]]) -> list[int]:
    """Let eight sweeps claim 200 rows together; return what each of them took, one after the other."""
    make_messages(200)
    together = threading.Barrier(8)

    def sweep(_: int) -> list[int]:
        try:
            together.wait(10)
            return [row.pk for _ in range(10) for row in claim_some(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return [pk for pks in pool.map(sweep, range(8)) for pk in pks]


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_share_no_row() -> None:
    taken = sweep_at_once(claim)

    assert len(taken) == len(set(taken)) == 200


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_sweeps_would_share_rows() -> None:
    taken = sweep_at_once(claim_without_a_lock)

    assert len(taken) > len(set(taken))


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_rows_that_another_sweep_holds_are_skipped_not_waited_for() -> None:
    rows = make_messages(2)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Message.objects.select_for_update().get(pk=rows[0].pk)
                held.set()
                assert done.wait(10)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(10)
        claimed = claim()
        done.set()
        holding.result()

    assert [row.pk for row in claimed] == [rows[1].pk]
