"""Sixteen processes and two thousand attempts each at coupons, and a push whose worker is killed. PostgreSQL."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from members.models import Member
from promotions import services as promotions
from promotions.models import Coupon, CouponPush, CouponTemplate
from promotions.services import coupons
from shop import audit
from tests.chaos import children
from tests.chaos.reporting import Row, report
from tests.factories import NOON, make_member, make_staff
from tests.promotions.coupons import make_coupon, make_template
from tests.racing import without_constraint

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

PROCESSES = 16
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "2000"))  # of each process
BIRTHDAY, TODAY = date(1990, 3, 2), date(2026, 3, 2)


def contend(act: Callable[..., object], shares: list[list[tuple[Any, ...]]], row: Row, *, guard: str = "whole") -> Any:
    """Let one process per share do `act` with each of its arguments, all in step; count how the attempts ended."""
    barrier, told = children.barrier(len(shares)), children.queue()
    processes = [children.bear(_contend, act, share, barrier, told, guard) for share in shares]
    endings: Counter[str] = sum((told.get() for _ in processes), Counter())
    assert {children.last_words(process) for process in processes} == {0}
    row.attempts, row.successes, row.deadlocks = endings.total(), endings["done"], endings["OperationalError"]
    return endings


def _contend(act: Callable[..., object], share: list[tuple[Any, ...]], barrier: Any, told: Any, guard: str) -> None:
    if guard in GUARDS:
        vars(coupons).update(_take_from_quota=GUARDS[guard])
    endings: Counter[str] = Counter()
    for arguments in share:
        barrier.wait(60)
        try:
            got = act(*arguments)
        except (promotions.CouponRefused, OperationalError, IntegrityError) as refusal:
            endings[type(refusal).__name__] += 1
        else:
            endings["done" if got else "nothing"] += 1
    told.put(endings)


def _look_then_write(template: CouponTemplate, now: object) -> None:
    """Take from the quota without its guard."""
    row = CouponTemplate.objects.get(pk=template.pk)
    if row.is_gone:
        raise promotions.CouponNotIssued("抢光")
    CouponTemplate.objects.filter(pk=template.pk).update(issued=row.issued + 1)


def _take_nothing(template: CouponTemplate, now: object) -> None:
    """Neither count nor lock."""


GUARDS: dict[str, Callable[[CouponTemplate, Any], None]] = {"unconditional": _look_then_write, "none": _take_nothing}


def findings() -> list[str]:
    return [str(finding) for finding in audit.run(now=timezone.now()) if finding.invariant == "I10"]


def templates(count: int, **terms: Any) -> list[int]:
    """Make so many alike templates."""
    template = make_template(**terms)
    names = [field.attname for field in CouponTemplate._meta.concrete_fields if not field.primary_key]
    rows = [CouponTemplate(**{name: getattr(template, name) for name in names}) for _ in range(count - 1)]
    return [template.pk, *(row.pk for row in CouponTemplate.objects.bulk_create(rows))]


# --- The last coupon --------------------------------------------------------------------------------------------------


def claim(member_pk: int, template_pk: int) -> Coupon:
    member = Member.objects.get(pk=member_pk)
    return promotions.claim(template_id=template_pk, member=member, now=NOON)


def test_every_last_coupon_is_claimed_once() -> None:
    pks, people = templates(ROUNDS, total=1), [make_member() for _ in range(PROCESSES)]

    with report("the last coupon, 16 members") as row:
        endings = contend(claim, [[(member.pk, pk) for pk in pks] for member in people], row)

    assert endings == {"done": ROUNDS, "CouponNotIssued": ROUNDS * (PROCESSES - 1)}
    assert set(CouponTemplate.objects.values_list("issued", flat=True)) == {1}
    assert findings() == []


def test_without_its_guard_last_coupons_are_claimed_often() -> None:
    pks, people = templates(50, total=1), [make_member() for _ in range(PROCESSES)]

    with report("the same without its guard (must go wrong)") as row:
        contend(claim, [[(member.pk, pk) for pk in pks] for member in people], row, guard="unconditional")

    assert Coupon.objects.count() > 50


def test_one_member_on_sixteen_devices_takes_as_many_as_one_may() -> None:
    pks, member = templates(ROUNDS, per_member=2), make_member()

    with report("two per member, 16 devices") as row:
        endings = contend(claim, [[(member.pk, pk) for pk in pks] for _ in range(PROCESSES)], row)

    assert endings == {"done": 2 * ROUNDS, "CouponNotIssued": ROUNDS * (PROCESSES - 2)}
    assert findings() == []


# --- One coupon -------------------------------------------------------------------------------------------------------


def spend(member_pk: int, coupon_pk: int) -> Coupon:
    return promotions.spend_coupon(member=Member.objects.get(pk=member_pk), coupon_id=coupon_pk, now=NOON)


def test_every_coupon_is_spent_once() -> None:
    template, member = make_template(per_member=0), make_member()
    pks = [make_coupon(template, member=member, source=f"s{number}").pk for number in range(ROUNDS)]

    with report("one coupon, 16 orders") as row:
        endings = contend(spend, [[(member.pk, pk) for pk in pks]] * PROCESSES, row)

    assert endings == {"done": ROUNDS, "CouponNotUsable": ROUNDS * (PROCESSES - 1)}
    assert CouponTemplate.objects.get().used == ROUNDS == Coupon.objects.filter(status="used").count()


# --- A birthday -------------------------------------------------------------------------------------------------------


def come(member_pk: int) -> object:
    return promotions.issue_birthday(member=Member.objects.get(pk=member_pk), today=TODAY, now=NOON)


def test_every_birthday_gives_one_coupon() -> None:
    make_template(issue_mode="birthday", per_member=0)
    pks = [make_member(birthday=BIRTHDAY).pk for _ in range(ROUNDS)]

    with report("a birthday on 16 devices") as row:
        endings = contend(come, [[(pk,) for pk in pks]] * PROCESSES, row)

    assert endings == {"done": ROUNDS, "nothing": ROUNDS * (PROCESSES - 1)}
    assert Coupon.objects.count() == Coupon.objects.values("member").distinct().count() == ROUNDS
    assert findings() == []


def test_without_guard_and_key_birthdays_give_several() -> None:
    make_template(issue_mode="birthday", per_member=0)
    pks = [make_member(birthday=BIRTHDAY).pk for _ in range(30)]

    with without_constraint(Coupon, "coupon_once_per_source"), report("the same without guard (must go wrong)") as row:
        contend(come, [[(pk,) for pk in pks]] * PROCESSES, row, guard="none")
        assert Coupon.objects.count() > 30


# --- A push whose worker is killed ------------------------------------------------------------------------------------


def push_on(batch: int) -> None:
    promotions.run_pushes(now=timezone.now(), batch=batch, seconds=600)


def test_a_push_goes_on_after_kill_nine_and_nobody_gets_two() -> None:
    make_member()
    names = [field.attname for field in Member._meta.concrete_fields if not field.primary_key]
    model = Member.objects.get()
    people = [
        Member(**{name: getattr(model, name) for name in names} | {"no": f"{number:012d}", "phone": f"{number}"})
        for number in range(20_000)
    ]
    Member.objects.bulk_create(people, batch_size=2000)
    template = make_template(issue_mode="push", per_member=0)
    push = promotions.start_push(template=template, audience={"everybody": True}, by=make_staff(), now=NOON)
    kills = 0

    with report("a push to 20,001 members, killed") as row:
        while CouponPush.objects.get().status == "running":
            worker = children.bear(push_on, 200)
            if kills < 8:
                seen = CouponPush.objects.get().issued
                deadline = time.monotonic() + 60
                while CouponPush.objects.get().issued == seen and time.monotonic() < deadline:
                    time.sleep(0.01)
                assert worker.pid
                os.kill(worker.pid, signal.SIGKILL)
                kills += 1
            children.last_words(worker)
        row.attempts, row.successes = kills, Coupon.objects.count()

    push.refresh_from_db()
    assert (push.status, push.issued, Coupon.objects.count()) == ("done", 20_001, 20_001)
    assert Coupon.objects.values("member").distinct().count() == 20_001
    assert findings() == []
