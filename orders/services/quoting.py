"""What a basket would cost right now, and everything that stands in the way of buying it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from catalog.models import ProductStatus, Sku
from members.models import Address, Member
from orders.selectors.buying import units_bought
from orders.services.refusals import LimitExceeded, NotDeliverable, NotForSale, SlotFull
from orders.services.slots import is_bookable
from promotions import pricing
from shop.models import PickupSlot, ShopSettings, Store


@dataclass(frozen=True, slots=True)
class Express:
    """Send it to an address of the member's book."""

    address_id: int


@dataclass(frozen=True, slots=True)
class Pickup:
    """Collect it in a store, in a slot of a day where the store has slots."""

    store_id: int
    slot_id: int | None = None
    day: date | None = None
    phone: str = ""


Delivery = Express | Pickup


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced basket: `{sku_id: units}` with its SKUs, price, and the store it belongs to."""

    units_by_sku: Mapping[int, int]
    skus: Mapping[int, Sku]
    price: pricing.Price
    store: Store
    address: Address | None
    slot: PickupSlot | None


def quote(
    *, member: Member, items: Sequence[tuple[int, int]], delivery: Delivery, shop: ShopSettings, now: datetime
) -> Quote:
    """Price `items` ([(sku_id, units)]) for `delivery`; every rule but stock and slot capacity is checked.

    Within a transaction: a member who buys goods with a limit for life is locked, so that orders which would add up
    wait for each other.
    Raises PlacingRefused with the sentence for the first thing that is wrong.
    """
    units_by_sku = _units_by_sku(items)
    skus = _skus_for_sale(units_by_sku)
    _check_limits(member, units_by_sku, skus)
    store, address, slot = _place_of(member, delivery, shop, now)
    freight = pricing.freight_rule(shop, is_pickup=isinstance(delivery, Pickup))
    price = pricing.price(
        [pricing.Item(sku_id, units, skus[sku_id].price) for sku_id, units in units_by_sku.items()], freight=freight
    )
    return Quote(units_by_sku, skus, price, store, address, slot)


def _units_by_sku(items: Sequence[tuple[int, int]]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for sku_id, units in items:
        if units < 1:
            raise LimitExceeded("每件商品至少买 1 件")
        wanted[sku_id] = wanted.get(sku_id, 0) + units
    if not wanted:
        raise NotForSale("请先选择要购买的商品")
    return wanted


def _skus_for_sale(units_by_sku: Mapping[int, int]) -> dict[int, Sku]:
    skus = Sku.objects.for_basket().with_picture().in_bulk(list(units_by_sku))
    for sku_id in units_by_sku:
        sku = skus.get(sku_id)
        if sku is None or not sku.is_active or sku.product.status != ProductStatus.ON_SALE:
            name = sku.product.name if sku else "有商品"
            raise NotForSale(f"{name}已下架，请从购物车移除后再下单")
    return skus


def _check_limits(member: Member, units_by_sku: Mapping[int, int], skus: Mapping[int, Sku]) -> None:
    units_by_product: dict[int, int] = {}
    products = {sku.product_id: sku.product for sku in skus.values()}
    for sku_id, units in units_by_sku.items():
        product_id = skus[sku_id].product_id
        units_by_product[product_id] = units_by_product.get(product_id, 0) + units
    lifetime = [pk for pk, product in products.items() if product.limit.for_life]
    bought = _bought_under_lock(member, lifetime) if lifetime else {}
    for product_id, units in units_by_product.items():
        limit = products[product_id].limit
        why = limit.too_many(units, bought=bought.get(product_id, 0)) or limit.too_few(units)
        if why:
            raise LimitExceeded(f"{products[product_id].name}：{why}")


def _bought_under_lock(member: Member, product_ids: Sequence[int]) -> dict[int, int]:
    Member.objects.select_for_update(no_key=True).only("pk").get(pk=member.pk)
    return units_bought(member, product_ids)


def _place_of(
    member: Member, delivery: Delivery, shop: ShopSettings, now: datetime
) -> tuple[Store, Address | None, PickupSlot | None]:
    if isinstance(delivery, Express):
        return *_express(member, delivery, shop), None
    store = _pickup_store(delivery, shop)
    return store, None, _slot(store, delivery, now)


def _express(member: Member, delivery: Express, shop: ShopSettings) -> tuple[Store, Address]:
    if not shop.express_enabled:
        raise NotDeliverable("店铺暂不支持快递配送，请选择到店自提")
    address = Address.objects.filter(member=member, pk=delivery.address_id).first()
    if address is None:
        raise NotDeliverable("请选择收货地址")
    store = Store.objects.headquarters().first()
    if store is None:
        raise NotDeliverable("店铺还没有设置总店，暂时不能下单，请联系商家")
    return store, address


def _pickup_store(delivery: Pickup, shop: ShopSettings) -> Store:
    if not shop.pickup_enabled:
        raise NotDeliverable("店铺暂不支持到店自提，请选择快递配送")
    store = Store.objects.for_pickup().filter(pk=delivery.store_id).prefetch_related("slots").first()
    if store is None:
        raise NotDeliverable("这家门店暂时不能自提，请换一家门店")
    return store


def _slot(store: Store, delivery: Pickup, now: datetime) -> PickupSlot | None:
    slots = {slot.pk: slot for slot in store.slots.all()}
    if not slots:
        return None
    slot = slots.get(delivery.slot_id or 0)
    if slot is None or delivery.day is None:
        raise SlotFull("请选择自提的日期和时段")
    if not is_bookable(slot, day=delivery.day, now=now):
        raise SlotFull("这个自提时段已经不能预约，请换一个时段")
    return slot
