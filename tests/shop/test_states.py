"""The one way a status changes, tried on messages."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection

from members.models import Message
from shop.lib.states import IllegalMove
from tests.factories import make_member

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def make_message(**fields: object) -> Message:
    dull = {"scene": "test", "dedupe_key": "1", "title": "标题", "body": "内容", "due_at": NOW, "created_at": NOW}
    return Message.objects.create(member=make_member(), **(dull | fields))


@pytest.mark.django_db
def test_a_move_writes_status_and_changes_and_reloads() -> None:
    message = make_message()

    message.move("sent", sent_at=NOW, attempts=3)

    assert (message.status, message.sent_at, message.attempts) == ("sent", NOW, 3)
    assert Message.objects.filter(status="sent", sent_at=NOW, attempts=3).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["pending", "sent", "failed", "nonsense"])
def test_there_is_no_way_on_from_the_end(to: str) -> None:
    message = make_message(status="sent")

    with pytest.raises(IllegalMove, match="sent"):
        message.move(to, attempts=9)

    message.refresh_from_db()
    assert (message.status, message.attempts) == ("sent", 0)


@pytest.mark.django_db
def test_who_read_an_old_status_must_look_again() -> None:
    message = make_message()
    stale = Message.objects.get(pk=message.pk)
    message.move("failed", error="first")

    with pytest.raises(IllegalMove):
        stale.move("sent", error="second")

    message.refresh_from_db()
    assert (message.status, message.error) == ("failed", "first")
    assert IllegalMove.message == "状态已经变化，请刷新后再试"


def move_at_once(move: Callable[[Message], None]) -> int:
    """Let ten workers move the same message in the same moment; return how many did."""
    copies = [Message.objects.get(pk=pk) for pk in [make_message().pk] * 10]
    together = threading.Barrier(len(copies))

    def attempt(message: Message) -> bool:
        try:
            together.wait(10)
            move(message)
        except IllegalMove:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(copies)) as pool:
        return sum(pool.map(attempt, copies))


def move_by_reading_first(message: Message) -> None:
    """What `move` must not be: it looks, then writes."""
    message.refresh_from_db()
    if message.status != "pending":
        raise IllegalMove
    Message.objects.filter(pk=message.pk).update(status="sent")


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_one_moves() -> None:
    assert move_at_once(lambda message: message.move("sent")) == 1


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_condition_in_the_update_several_would_move() -> None:
    assert max(move_at_once(move_by_reading_first) for _ in range(5)) > 1
