"""I11: the auditor names each of many single broken rows in the books of points."""

from datetime import timedelta

import pytest

from members import services
from members.models import Member, PointsEntry, PointsKind
from shop import audit
from tests.factories import NOON, make_member, make_staff
from tests.members.ledger import DAY, claw_back, earn, expire_after, spend
from tests.shop.test_audit import broken

pytestmark = pytest.mark.django_db


@pytest.fixture
def books() -> dict[str, int]:
    """Let everything happen to the points of one member; return the keys of the rows, by what they are."""
    expire_after(1)
    member = make_member()
    earn(member, 100, source="order:1")
    earn(member, 50, source="order:2", available_at=NOON + 15 * DAY)
    spend(member, 60, source="order:3")
    services.return_points(member_id=member.pk, points=20, source="order:3:refund-line:1", now=NOON)
    claw_back(member, 10, of="order:2")
    claw_back(member, 90, of="order:1")
    services.adjust_points(
        member_id=member.pk, points=70, reason="补偿", source="form", by=make_staff(is_superuser=True), now=NOON
    )
    services.expire_points(now=NOON + 60 * DAY)
    keys = {
        kind: pk for pk, kind in PointsEntry.objects.filter(member=member).order_by("-pk").values_list("pk", "kind")
    }
    frozen = PointsEntry.objects.get(source="order:2").pk
    return keys | {"member": member.pk, "frozen": frozen, "first": keys[PointsKind.ORDER]}


def found() -> list[tuple[str, str]]:
    findings = audit.run(now=NOON + timedelta(days=61))
    return [(finding.table, finding.key) for finding in findings if finding.invariant == "I11"]


def test_sound_books_give_no_finding(books: dict[str, int]) -> None:
    assert found() == []
    member = Member.objects.get(pk=books["member"])
    assert (member.points_balance, member.points_debt) == (0, 0)
    assert set(PointsEntry.objects.values_list("kind", flat=True)) == {
        "order", "spend", "return", "clawback", "repay", "adjust", "expire",
    }  # fmt: skip


CORRUPTIONS = [
    ("members_member", "UPDATE members_member SET points_balance = points_balance + 1 WHERE id = :member"),
    ("members_member", "UPDATE members_member SET points_debt = points_debt + 1 WHERE id = :member"),
    ("members_member", "UPDATE members_pointsentry SET delta = delta + 1 WHERE id = :first"),
    ("members_member", "UPDATE members_pointsentry SET owed = owed + 1 WHERE id = :clawback"),
    ("members_member", "UPDATE members_pointsentry SET counted_at = at WHERE id = :frozen"),
    ("members_pointsentry", "UPDATE members_pointsentry SET delta = -500 WHERE id = :spend"),
    ("members_pointsentry", "UPDATE members_pointsentry SET counted_at = NULL WHERE id = :first"),
    ("members_pointsentry", 'UPDATE members_pointsentry SET "left" = 7 WHERE id = :first'),
    ("members_pointsentry", 'UPDATE members_pointsentry SET "left" = -1 WHERE id = :return'),
    ("members_pointsentry", "UPDATE members_pointsuse SET points = points + 1 WHERE entry_id = :spend"),
    ("members_pointsentry", "DELETE FROM members_pointsuse WHERE entry_id = :repay"),
    ("members_pointsuse", "UPDATE members_pointsuse SET returned = 61 WHERE entry_id = :spend"),
    ("members_pointsuse", "UPDATE members_pointsuse SET returned = 1 WHERE entry_id = :expire"),
    ("members_pointsuse", "UPDATE members_pointsentry SET member_id = :stranger WHERE id = :spend"),
    ("members_member", "UPDATE members_pointsuse SET returned = 0 WHERE entry_id = :spend"),
    ("members_pointsentry", "UPDATE members_pointsentry SET source = 'lot:0' WHERE id = :expire"),
    ("members_pointsentry", "UPDATE members_pointsentry SET at = '2020-01-01 00:00:00+00:00' WHERE id = :expire"),
]


def test_every_broken_row_is_named(books: dict[str, int]) -> None:
    books["stranger"] = make_member().pk
    missed = []

    for table, statement in CORRUPTIONS:
        for name, pk in books.items():
            statement = statement.replace(f":{name}", str(pk))  # noqa: PLW2901 the statement with its keys
        with broken(statement):
            named = {table for table, _ in found()}
        if table not in named:
            missed.append(f"{statement}: named {sorted(named)}")

    assert missed == []
    assert found() == []
