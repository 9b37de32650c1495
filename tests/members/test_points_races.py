"""Points that many want in the same moment. PostgreSQL only; each race has a twin without its guard."""

from collections import Counter
from functools import partial

import pytest

from members import services
from members.models import Member, PointsEntry
from tests import racing
from tests.factories import NOON, make_member
from tests.members.ledger import DAY, account, claw_back, earn, frozen, rich, spend, unsound
from tests.racing import at_once, endings, without_locks

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def spend_at_once(member: Member) -> Counter[str]:
    """Let ten spend 40 of the 100 points of a member."""
    return endings([partial(spend, member, 40, source=f"order:{number}") for number in range(10)])


def test_a_hundred_points_are_spent_by_two_of_ten() -> None:
    for _ in range(3):
        member = rich(100)

        assert spend_at_once(member) == {"done": 2, "PointsShort": 8}
        assert account(member) == (20, 0)
    assert unsound() == []


def test_without_the_lock_more_of_them_try_and_the_books_break(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)

    ended = spend_at_once(rich(100))

    assert ended["IntegrityError"] > 0  # only the CHECK of the column holds them back
    assert unsound()


def earn_the_same(member: Member) -> Counter[str]:
    return endings([partial(earn, member, 30, source="order:1")] * 6)


def test_one_cause_gives_once() -> None:
    member = make_member()

    assert earn_the_same(member) == {"done": 6}
    assert (account(member), PointsEntry.objects.count(), unsound()) == ((30, 0), 1, [])


def test_without_the_lock_only_the_key_keeps_it_from_giving_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)

    assert earn_the_same(make_member())["IntegrityError"] > 0


def claw_back_and_spend(member: Member) -> Counter[str]:
    acts = [partial(spend, member, 60, source=f"order:{number}") for number in range(3)]
    return endings([*acts, *[partial(claw_back, member, 100, of="order:1", source="refund")] * 3])


def test_what_is_clawed_back_beside_a_spending_is_there_or_owed() -> None:
    for _ in range(5):
        member = rich(100, source="order:1")

        ended = claw_back_and_spend(member)

        assert ended in ({"done": 3, "PointsShort": 3}, {"done": 4, "PointsShort": 2})
        assert account(member) == ((0, 0) if ended["done"] == 3 else (0, 60))
    assert unsound() == []


def test_without_the_lock_a_clawback_beside_a_spending_breaks_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)

    ended = claw_back_and_spend(rich(100, source="order:1"))

    assert unsound() or ended["IntegrityError"]


def release_twice() -> list[object]:
    """Let three workers release the frozen points of four members."""
    for _ in range(4):
        earn(make_member(), 25, available_at=NOON + DAY)
    return at_once([partial(services.release_points, now=NOON + DAY)] * 3)


def test_three_workers_release_points_once() -> None:
    worked = release_twice()

    assert sum(count for count in worked if isinstance(count, int)) == 4
    assert set(Member.objects.values_list("points_balance", flat=True)) == {25}
    assert unsound() == []


def test_without_the_lock_they_release_them_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    monkeypatch.setattr(racing, "PAUSE", 0.1)  # whoever reads second shall read before the first has written

    release_twice()

    assert unsound()


def test_a_release_beside_a_clawback_leaves_what_was_earned_and_kept() -> None:
    for _ in range(5):
        member = make_member()
        earn(member, 25, source="order:1", available_at=NOON + DAY)

        ended = endings([
            partial(services.release_points, now=NOON + DAY), partial(claw_back, member, 10, of="order:1"),
        ])  # fmt: skip

        assert ended == {"done": 2}
        assert (account(member), frozen(member)) == ((15, 0), 0)
    assert unsound() == []
