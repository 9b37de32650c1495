"""The last coupon, one coupon, one birthday, wanted by many in the same moment. PostgreSQL only.

Each race has a twin whose guard is taken away and which must then go wrong, or the race would prove nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

import pytest
from django.db.models import F

from members.models import Member
from promotions import services as promotions
from promotions.models import Coupon, CouponCode, CouponTemplate
from promotions.services import coupons
from tests.factories import NOON, make_member, make_staff
from tests.orders.acts import findings
from tests.promotions.coupons import make_coupon, make_template
from tests.racing import Act, at_once, endings, without_conditions, without_constraint, without_locks

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

TRIES = 12  # of a twin, until it has gone wrong once


def claim(member: Member, template: CouponTemplate) -> Act:
    return partial(promotions.claim, template_id=template.pk, member=member, now=NOON)


def give(member: Member, template: CouponTemplate, source: str) -> Act:
    return partial(promotions.issue, template=template, member=member, source=source, now=NOON)


def take_carelessly(template: CouponTemplate, now: object) -> None:
    """Look, then write: what `_take_from_quota` does in one statement."""
    row = CouponTemplate.objects.get(pk=template.pk)
    if row.is_gone:
        raise promotions.CouponNotIssued("抢光")
    CouponTemplate.objects.filter(pk=template.pk).update(issued=row.issued + 1)


def count_only(template: CouponTemplate, now: object) -> None:
    """Take no lock: the number is right, but nobody waits for the other."""


@contextmanager
def without_source_key() -> Iterator[None]:
    with without_constraint(Coupon, "coupon_once_per_source"):
        yield


def goes_wrong(race: Callable[[], bool]) -> bool:
    """Run a race without its guard until it has gone wrong once."""
    return any(race() for _ in range(TRIES))


# --- The last one -----------------------------------------------------------------------------------------------------


def claim_the_last(buyers: int) -> Counter[str]:
    template = make_template(total=1)
    return endings([claim(make_member(), template) for _ in range(buyers)])


def test_sixty_four_claims_of_the_last_coupon_give_one() -> None:
    assert claim_the_last(64) == {"done": 1, "CouponNotIssued": 63}

    assert (CouponTemplate.objects.get().issued, Coupon.objects.count()) == (1, 1)
    assert findings() == []


def test_without_the_condition_the_last_coupon_is_given_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupons, "_take_from_quota", take_carelessly)

    assert goes_wrong(lambda: claim_the_last(16)["done"] > 1)


# --- As many as one may -----------------------------------------------------------------------------------------------


def tap_often(limit: int) -> int:
    template, member = make_template(per_member=limit), make_member()
    at_once([claim(member, template) for _ in range(10)])
    return Coupon.objects.filter(template=template).count()


def test_ten_taps_of_one_member_give_as_many_as_one_may() -> None:
    assert [tap_often(1), tap_often(3)] == [1, 3]

    assert findings() == []


def orders_at_once() -> int:
    template, member = make_template(issue_mode="order_completed", per_member=1), make_member()
    at_once([give(member, template, f"order:{number}") for number in range(8)])
    return Coupon.objects.filter(template=template).count()


def test_eight_orders_at_once_give_as_many_as_one_may() -> None:
    assert orders_at_once() == 1

    assert findings() == []


def test_without_the_lock_one_member_gets_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupons, "_take_from_quota", count_only)

    assert goes_wrong(lambda: orders_at_once() > 1)


def same_source_often() -> int:
    template, member = make_template(per_member=0), make_member()
    at_once([give(member, template, "order:1") for _ in range(8)])
    return Coupon.objects.filter(template=template).count()


def test_one_source_gives_one_coupon_even_when_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert same_source_often() == 1
    monkeypatch.setattr(coupons, "_take_from_quota", count_only)

    assert same_source_often() == 1  # the unique key alone


def test_without_lock_and_key_one_source_gives_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupons, "_take_from_quota", count_only)
    with without_source_key():
        assert goes_wrong(lambda: same_source_often() > 1)


# --- One coupon, two orders -------------------------------------------------------------------------------------------


def spend_often(spare: int = 0) -> Counter[str]:
    """Spend one coupon in eight orders; `spare` more count as issued, else the CHECK on the counter is a guard too."""
    coupon = make_coupon()
    CouponTemplate.objects.filter(pk=coupon.template_id).update(issued=F("issued") + spare)
    spend = partial(promotions.spend_coupon, member=coupon.member, coupon_id=coupon.pk, now=NOON)
    return endings([spend] * 8)


def test_eight_orders_spend_one_coupon_once() -> None:
    assert spend_often() == {"done": 1, "CouponNotUsable": 7}

    assert CouponTemplate.objects.get().used == 1


def test_without_the_condition_one_coupon_is_spent_often(monkeypatch: pytest.MonkeyPatch) -> None:
    without_conditions(monkeypatch)

    assert goes_wrong(lambda: spend_often(spare=100)["done"] > 1)


def test_a_coupon_comes_back_once_from_eight_hands() -> None:
    coupon = make_coupon()
    promotions.spend_coupon(member=coupon.member, coupon_id=coupon.pk, now=NOON)

    assert endings([partial(promotions.give_back_coupon, coupon=coupon, now=NOON)] * 8) == {"done": 8}

    coupon.refresh_from_db()
    assert (coupon.status, CouponTemplate.objects.get().used) == ("unused", 0)


# --- A birthday on two devices ----------------------------------------------------------------------------------------


def celebrate() -> int:
    template = make_template(issue_mode="birthday", per_member=0)
    member = make_member(birthday=date(1990, 3, 2))
    visit = partial(promotions.issue_birthday, member=member, today=date(2026, 3, 2), now=NOON)
    assert endings([visit] * 6 + [partial(promotions.issue_birthdays, now=NOON)] * 2).keys() <= {"done"}
    return Coupon.objects.filter(template=template).count()


def test_a_birthday_on_many_devices_gives_one_coupon() -> None:
    assert celebrate() == 1

    assert findings() == []


def test_without_lock_and_key_a_birthday_gives_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupons, "_take_from_quota", count_only)
    with without_source_key():
        assert goes_wrong(lambda: celebrate() > 1)


# --- One code ---------------------------------------------------------------------------------------------------------


def find_one_code() -> Counter[str]:
    template = make_template(issue_mode="code")
    promotions.make_codes(template=template, units=1, by=None, now=NOON)
    code = CouponCode.objects.get(template=template).code
    finders = [make_member() for _ in range(8)]
    return endings(
        [
            partial(promotions.redeem_code, member=member, code=code, ip=f"10.0.0.{number}", now=NOON)
            for number, member in enumerate(finders)
        ]
    )


def test_a_code_gives_one_of_eight_finders_a_coupon() -> None:
    assert find_one_code() == {"done": 1, "CodeRefused": 7}

    assert Coupon.objects.count() == 1
    assert findings() == []


# --- A push beside claims ---------------------------------------------------------------------------------------------


def push_beside_claims(ended: Counter[str], total: int = 0) -> tuple[int, int, int]:
    """Return how many coupons were issued, what the counter says, and the most that one member holds."""
    template, people = make_template(total=total), [make_member() for _ in range(12)]
    promotions.start_push(template=template, audience={"everybody": True}, by=make_staff(), now=NOON)
    push = partial(promotions.run_pushes, now=NOON, batch=4)
    ended.update(endings([push, push, *(claim(member, template) for member in people)]))
    held = Counter(Coupon.objects.filter(template=template).values_list("member", flat=True))
    Member.objects.filter(is_staff=False).update(is_active=False)  # the next try has people of its own
    return held.total(), CouponTemplate.objects.get(pk=template.pk).issued, max(held.values())


def test_a_push_beside_claims_gives_everybody_one() -> None:
    ended = Counter[str]()
    for _ in range(3):
        assert push_beside_claims(ended) == (12, 12, 1)

    assert ended.keys() <= {"done", "CouponNotIssued"}
    assert findings() == []


def test_a_push_and_claims_share_the_quota() -> None:
    ended = Counter[str]()
    for _ in range(3):
        assert push_beside_claims(ended, total=7) == (7, 7, 1)

    assert ended.keys() <= {"done", "CouponNotIssued"}
    assert findings() == []


def test_without_the_lock_somebody_gets_two(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)

    assert goes_wrong(lambda: push_beside_claims(Counter())[2] > 1)


# --- Many kinds at once -----------------------------------------------------------------------------------------------


def test_claims_spending_expiry_and_a_push_never_stand_in_each_others_way() -> None:
    template, people = make_template(per_member=2), [make_member() for _ in range(6)]
    held = [make_coupon(template, member=member) for member in people]
    promotions.start_push(template=template, audience={"everybody": True}, by=make_staff(), now=NOON)
    acts: list[Act] = [claim(member, template) for member in people]
    acts += [partial(promotions.spend_coupon, member=one.member, coupon_id=one.pk, now=NOON) for one in held]
    acts += [
        partial(promotions.run_pushes, now=NOON, batch=2),
        partial(promotions.expire_coupons, now=NOON),
        partial(promotions.revoke_unused, template=template, reason="", by=None, now=NOON),
    ]

    ended = endings(acts)

    assert ended.keys() <= {"done", "CouponNotIssued", "CouponNotUsable"}
    assert [finding for finding in findings() if "order" not in finding] == []
