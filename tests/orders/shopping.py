"""A shop with a door, and the steps of buying in it, for tests of orders."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from catalog.models import Sku
from members.models import Member
from orders import services as orders
from orders.models import Order, Payment
from orders.services.quoting import Delivery
from shop.models import ShopSettings, Store
from tests.factories import make_address, make_member, make_sku, make_staff, make_store
from tests.sandbox import Sandbox


def open_shop(**settings: Any) -> Store:
    """Open a headquarters that ships and hands over, ¥8 freight, free from ¥99; return it."""
    shop = ShopSettings.load()
    for name, value in settings.items():
        setattr(shop, name, value)
    shop.save()
    return Store.objects.filter(is_headquarters=True).first() or make_store("总店", is_headquarters=True)


def buy(
    *items: tuple[Sku, int],
    member: Member | None = None,
    delivery: Delivery | None = None,
    key: str = "",
    **options: Any,
) -> Order:
    """Place an order of `items` now, by default of one new good for ¥10, sent to the member's address."""
    store = open_shop()
    member = member or make_member()
    basket: Sequence[tuple[Sku, int]] = items or [(make_sku(), 1)]
    return orders.place(
        member=member,
        items=[(sku.pk, units) for sku, units in basket],
        delivery=delivery or to_pick_up(store),
        idempotency_key=key or uuid.uuid4().hex,
        **{"now": timezone.now(), **options},
    )


def to_send(member: Member) -> orders.Express:
    """Choose delivery to an address of the member's."""
    return orders.Express(address_id=(member.addresses.first() or make_address(member)).pk)


def to_pick_up(store: Store) -> orders.Pickup:
    """Choose collection in `store`."""
    return orders.Pickup(store_id=store.pk)


def start(order: Order, *, product: str = "native", **options: Any) -> Payment:
    """Open an attempt to pay at the gateway."""
    return orders.start_payment(
        order=order,
        product=product,
        client_ip="127.0.0.1",
        **{"now": order.created_at + timedelta(seconds=1), **options},
    )


def notify(sandbox: Sandbox, about: str, *, forgery: str = "", **options: Any) -> orders.NoticeOutcome:
    """Hand the shop the gateway's newest notice about a number."""
    headers, body = sandbox.sign_notice(about, forgery=forgery)
    return orders.receive_notice(channel="wechat", headers=headers, body=body, **{"now": timezone.now(), **options})


def paid(sandbox: Sandbox, order: Order) -> Payment:
    """Let the buyer pay `order` and the gateway tell; return the attempt."""
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)
    notify(sandbox, payment.out_trade_no)
    order.refresh_from_db()
    payment.refresh_from_db()
    return payment


def boss() -> Member:
    """Return an owner, who may do everything."""
    return make_staff(is_superuser=True)
