"""The reminder of goods that wait at a counter: to buyer and store, once, and never for what is not paid or gone."""

from datetime import timedelta

import pytest

from members.models import Member, Message
from orders import services as orders
from orders.models import Order, OrderStatus, RedemptionWay
from tests.factories import NOON, make_member, make_order, make_sku, make_staff, make_store
from tests.orders.shopping import boss, open_shop

pytestmark = pytest.mark.django_db
LATE = NOON + timedelta(days=7)


def ready(**options: object) -> Order:
    return make_order(store=make_store(), status=OrderStatus.READY_FOR_PICKUP, **options)  # type: ignore[arg-type]


def reminders() -> list[tuple[str, int]]:
    scenes = ["pickup_reminder", "pickup_overdue"]
    return list(Message.objects.filter(scene__in=scenes).order_by("pk").values_list("scene", "member"))


def test_buyer_and_store_are_reminded_once_when_the_days_are_over() -> None:
    open_shop(pickup_days=7)
    member, store = make_member(), make_store()
    clerk, stranger = make_staff(stores=[store]), make_staff(stores=[make_store()])
    order = make_order(member=member, store=store, status=OrderStatus.READY_FOR_PICKUP)
    owner = Member.objects.get(is_superuser=True)

    early = orders.remind_pickup(now=LATE - timedelta(minutes=1))
    done = [orders.remind_pickup(now=LATE + timedelta(hours=hours)) for hours in range(3)]

    order.refresh_from_db()
    assert (early, done) == (0, [1, 0, 0])
    assert reminders() == [("pickup_reminder", member.pk), ("pickup_overdue", clerk.pk), ("pickup_overdue", owner.pk)]
    assert not stranger.messages.exists()
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert next(event.kind for event in order.events.order_by("-pk")) == "pickup_reminded"


def test_nobody_is_reminded_of_what_was_collected_or_is_not_paid() -> None:
    open_shop(pickup_days=7, pay_at_store_enabled=True)
    collected, owner = ready(), boss()
    ready(pay_channel="offline")
    orders.redeem(staff=owner, way=RedemptionWay.CODE, code=collected.pickup_code or "", submission="a" * 32, now=NOON)

    assert orders.remind_pickup(now=LATE) == 0
    assert reminders() == []


def test_units_that_stay_behind_are_reminded_of() -> None:
    open_shop(pickup_days=7)
    order = make_order((make_sku(), 2), store=make_store(), status=OrderStatus.READY_FOR_PICKUP)
    orders.redeem(
        staff=boss(), way=RedemptionWay.CODE, code=order.pickup_code or "", submission="a" * 32,
        units_by_line={order.lines.get().pk: 1}, now=NOON,
    )  # fmt: skip

    assert orders.remind_pickup(now=LATE) == 1


@pytest.mark.parametrize("before", [0, 7], ids=["off from the start", "switched off since"])
def test_switched_off_nobody_is_reminded(before: int) -> None:
    open_shop(pickup_days=before)
    ready()
    open_shop(pickup_days=0)

    assert orders.remind_pickup(now=LATE + timedelta(days=300)) == 0
    assert reminders() == []
