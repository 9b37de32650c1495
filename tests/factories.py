"""Rows for tests, made by plain functions with dull defaults; what a test is about it says itself."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count, product
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from catalog import services as catalog
from catalog.models import Category, Product, Sku
from members.models import Address, Member
from orders import services as orders
from orders.channels import PaymentFact, PaymentState
from orders.models import CancelReason, Order, OrderStatus, Payment, PaymentStatus, RedemptionWay
from orders.services.settling import settle_payment
from shop.lib import regions
from shop.models import Store

PASSWORD = "a-dull-password"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday in Shanghai
_numbers = count(1)


def make_phone() -> str:
    """Return a phone that no other call returned."""
    return f"139{next(_numbers):08d}"


def make_member(nickname: str = "", **fields: Any) -> Member:
    """Make a shopper with a phone of their own, as signing in by phone does."""
    fields = {"phone": make_phone(), "password": make_password(None)} | fields
    member: Member = Member.objects.create(nickname=nickname, **fields)
    return member


def make_staff(username: str = "", *, stores: list[Store] | None = None, **fields: Any) -> Member:
    """Make a working member of the staff of `stores` whose password is PASSWORD."""
    staff: Member = Member.objects.create_user(username or f"staff-{next(_numbers)}", PASSWORD, **fields)
    staff.stores.set(stores or [])
    return staff


def make_store(name: str = "", **fields: Any) -> Store:
    fields = {"phone": "0571-88880000", "address": "文三路 1 号"} | fields
    return Store.objects.create(name=name or f"门店 {next(_numbers)}", **fields)


def make_address(member: Member, **fields: Any) -> Address:
    """Make an address in 杭州, the member's default unless there is one already."""
    region = regions.all_regions()[fields.pop("region_code", "330106")]
    dull = {
        "receiver_name": "王小明", "receiver_phone": "13800000000", "detail": "文三路 90 号",
        "is_default": not member.addresses.filter(is_default=True).exists(),
    }  # fmt: skip
    return Address.objects.create(member=member, region_code=region.code, region_path=region.path, **(dull | fields))


# --- Goods ---------------------------------------------------------------------------------------------------------
def make_category(name: str = "", *, parent: Category | None = None, **fields: Any) -> Category:
    return Category.objects.create(name=name or f"分类 {next(_numbers)}", parent=parent, **fields)


def make_product(
    name: str = "",
    *,
    price: int = 1000,
    stock: int = 10,
    specs: Mapping[str, Sequence[str]] | None = None,
    categories: Sequence[Category] = (),
    sku: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Product:
    """Make a product on sale: one SKU, or one per combination of `specs` ({"颜色": ["红", "蓝"]}).

    `sku` holds further fields of every SKU, `fields` of the product.
    """
    number = next(_numbers)
    combinations = list(product(*specs.values())) if specs else [()]
    dull = {"code": f"P{number:05d}", "name": name or f"商品 {number}", "status": "on_sale"}
    draft = catalog.ProductDraft(
        **(dull | fields),
        spec_names=tuple(specs or ()),
        category_ids=tuple(category.pk for category in categories),
        skus=tuple(catalog.SkuDraft(price=price, stock=stock, specs=values, **(sku or {})) for values in combinations),
    )
    return catalog.save_product(draft=draft, by=None, now=NOON)


def make_sku(name: str = "", **fields: Any) -> Sku:
    """Make a product with one SKU and return that; takes what `make_product` takes."""
    return make_product(name, **fields).skus.get()


# --- Orders --------------------------------------------------------------------------------------------------------
def make_order(
    *items: tuple[Sku, int],
    status: str = OrderStatus.PENDING_PAYMENT,
    member: Member | None = None,
    store: Store | None = None,
    now: datetime = NOON,
    **options: Any,
) -> Order:
    """Bring an order of `items` ([(sku, units)], one new good by default) to `status`, through the services alone.

    With `store` it is collected there, else sent to the member's address. A paid one was paid `now` over WeChat.
    """
    member = member or make_member()
    hub = Store.objects.filter(is_headquarters=True).first() or make_store(is_headquarters=True)
    place = orders.Pickup(store_id=store.pk, phone=member.phone) if store else None
    address = None if store else member.addresses.first() or make_address(member)
    order = orders.place(
        member=member,
        items=[(sku.pk, units) for sku, units in items or [(make_sku(), 1)]],
        delivery=place or orders.Express(address_id=address.pk if address else 0),
        idempotency_key=uuid.uuid4().hex,
        **{"now": now, **options},
    )
    if status == OrderStatus.CANCELLED:
        orders.cancel(order=order, by=member, reason=CancelReason.MEMBER, now=now)
    elif status != OrderStatus.PENDING_PAYMENT:
        _bring(order, status, make_staff(is_superuser=True, stores=[hub]), now)
    order.refresh_from_db()
    return order


def pay_order(order: Order, *, now: datetime = NOON) -> Payment:
    """Let the gateway say that `order` was paid, without a gateway; return the attempt."""
    attempt = Payment.objects.create(
        order=order, attempt_no=1, channel="wechat", product="native", out_trade_no=f"{order.no}-1",
        amount=order.payable_amount, status=PaymentStatus.PENDING, created_at=now,
    )  # fmt: skip
    fact = PaymentFact(
        out_trade_no=attempt.out_trade_no, state=PaymentState.PAID, amount=attempt.amount,
        transaction_id=f"42{next(_numbers):010d}", paid_at=now,
    )  # fmt: skip
    with transaction.atomic():
        settle_payment(fact, channel="wechat", refusal="", now=now)
    attempt.refresh_from_db()
    return attempt


def _bring(order: Order, status: str, boss: Member, now: datetime) -> None:
    if not order.pays_at_store:
        pay_order(order, now=now)
    order.refresh_from_db()
    if status in {OrderStatus.SHIPPED, OrderStatus.COMPLETED} and not order.is_pickup:
        orders.ship(order=order, company="顺丰速运", tracking_no=f"SF{order.no}", by=boss, now=now)
    if status == OrderStatus.COMPLETED and not order.is_pickup:
        orders.receive(order=order, by=order.member, now=now)
    if status == OrderStatus.COMPLETED and order.is_pickup:
        orders.redeem(
            staff=boss, way=RedemptionWay.CODE, code=order.pickup_code or "", submission=uuid.uuid4().hex, now=now
        )
    order.refresh_from_db()
    assert order.status == status, f"an order of this kind becomes {order.status}, not {status}"
