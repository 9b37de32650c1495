"""The address of a parcel: changed until it leaves, never afterwards, and never of an order that is collected."""

import time
from functools import partial

import pytest

from members.models import Member, Message
from orders import services as orders
from orders.models import Order, OrderEvent, OrderStatus
from orders.selectors import buying
from orders.services import readdressing
from shop.lib.crypto import blind_index
from tests.factories import NOON, make_order, make_staff, make_store
from tests.orders.acts import findings
from tests.racing import at_once, without_locks

NEW = orders.Destination("李雷", "13912345678", "310115", "世纪大道 1 号 8 楼")
KEPT = ("王小明", "13800000000", "浙江省/杭州市/西湖区", "文三路 90 号")


def edit(order: Order, to: orders.Destination = NEW, by: Member | None = None) -> Order:
    return orders.edit_address(order=order, to=to, by=by or make_staff(is_superuser=True), now=NOON)


def receiver_of(order: Order) -> tuple[str, str, str, str]:
    order.refresh_from_db()
    return order.receiver_name, order.receiver_phone, order.region_path, order.address_detail


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending_payment", "pending_acceptance", "preparing"])
def test_a_parcel_goes_elsewhere_before_it_leaves(status: str) -> None:
    order, boss = make_order(), make_staff(is_superuser=True)
    Order.objects.filter(pk=order.pk).update(status=status)

    edit(order, by=boss)

    assert receiver_of(order) == ("李雷", "13912345678", "上海市/上海市/浦东新区", "世纪大道 1 号 8 楼")
    assert (order.status, order.freight_amount, order.payable_amount) == (status, 800, 1800)
    assert order.receiver_name_index == blind_index("李雷")
    assert Order.objects.get(receiver_phone_index=blind_index("13912345678")) == order
    event = order.events.get(kind="address_edited")
    assert (event.actor, event.from_status, event.to_status) == (boss, status, status)


@pytest.mark.django_db
def test_what_is_left_empty_stays() -> None:
    order = make_order()

    edit(order, orders.Destination(address_detail="文三路 91 号"))

    assert receiver_of(order) == (*KEPT[:3], "文三路 91 号")
    assert order.events.get(kind="address_edited").note == "修改了详细地址"


@pytest.mark.django_db
def test_the_trail_and_the_notice_name_what_changed_but_nobody() -> None:
    order = make_order()

    edit(order)

    note = order.events.get(kind="address_edited").note
    message = Message.objects.get(scene="address_edited")
    assert note == "修改了收货人、手机、地区、详细地址"
    assert (message.member, message.link) == (order.member, f"/orders/{order.no}/")
    for personal in ("李雷", "13912345678", "世纪大道", *KEPT[:2], "文三路"):
        assert personal not in note + message.title + message.body


@pytest.mark.django_db
def test_the_buyer_reads_that_it_was_changed() -> None:
    order = make_order()
    edit(order)

    steps = buying.steps_of(Order.objects.prefetch_related("events").get(pk=order.pk))

    assert ("商家修改了收货信息，请核对", "") in [(step.title, step.text) for step in steps]


@pytest.mark.django_db
def test_the_same_address_again_writes_nothing() -> None:
    order = make_order()

    edit(order, orders.Destination("王小明", "13800000000", "330106", "文三路 90 号"))

    assert not OrderEvent.objects.filter(kind="address_edited").exists()
    assert not Message.objects.filter(scene="address_edited").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (OrderStatus.SHIPPED, "已发货"),
        (OrderStatus.PARTLY_SHIPPED, "部分发货"),
        (OrderStatus.COMPLETED, "交易完成"),
        (OrderStatus.CANCELLED, "已取消"),
    ],
)
def test_what_has_left_or_ended_is_not_sent_elsewhere(status: str, words: str) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(status=status)

    with pytest.raises(orders.AddressFixed, match=words):
        edit(order)

    assert receiver_of(order) == KEPT
    assert not order.events.filter(kind="address_edited").exists()


@pytest.mark.django_db
def test_an_order_that_was_shipped_since_it_was_read_keeps_its_address() -> None:
    read = make_order(status=OrderStatus.PREPARING)
    orders.ship(order=read, company="顺丰速运", tracking_no="SF123456", by=make_staff(is_superuser=True), now=NOON)

    with pytest.raises(orders.AddressFixed):
        edit(read)

    assert receiver_of(read) == KEPT


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["310000", "000000", "330100"])
def test_a_region_must_be_one_that_parcels_go_to(code: str) -> None:
    order = make_order()

    with pytest.raises(orders.AddressFixed, match="请把地区选完整"):
        edit(order, orders.Destination("李雷", region_code=code))

    assert receiver_of(order) == KEPT


@pytest.mark.django_db
@pytest.mark.parametrize("status", [OrderStatus.PENDING_PAYMENT, OrderStatus.READY_FOR_PICKUP])
def test_an_order_that_is_collected_has_no_address(status: str) -> None:
    order = make_order(store=make_store(), status=status)

    with pytest.raises(orders.AddressFixed, match="自提订单"):
        edit(order)

    assert receiver_of(order)[2:] == ("", "")


# --- Against shipping -------------------------------------------------------------------------------------------------
def late_edits(monkeypatch: pytest.MonkeyPatch) -> int:
    """Edit and ship five orders at the same moment; return how many were sent elsewhere after they had left."""
    check = readdressing._check

    def check_slowly(order: Order) -> None:
        check(order)
        time.sleep(0.1)

    monkeypatch.setattr(readdressing, "_check", check_slowly)
    boss, late = make_staff(is_superuser=True), 0
    for number in range(5):
        order = make_order(status=OrderStatus.PREPARING)
        parcel = {"company": "顺丰速运", "tracking_no": f"SF00000{number}"}
        at_once([partial(edit, order, by=boss), partial(orders.ship, order=order, by=boss, now=NOON, **parcel)])
        kinds = list(order.events.order_by("pk").values_list("kind", flat=True))
        assert "shipped" in kinds
        late += "address_edited" in kinds[kinds.index("shipped") :]
    return late


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_no_parcel_is_sent_elsewhere_after_it_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert late_edits(monkeypatch) == 0
    assert findings() == []


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)

    assert late_edits(monkeypatch) > 0
