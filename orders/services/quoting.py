"""What a basket would cost right now, and everything that stands in the way of buying it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch

from catalog.models import ProductImage, ProductStatus, Sku
from members.models import Address, Member
from orders.selectors.buying import units_bought
from orders.services import bargaining
from orders.services.bargaining import NOTHING, Deal, Wish
from orders.services.refusals import (
    CouponRefused,
    LimitExceeded,
    NotDeliverable,
    NotForSale,
    PointsRefused,
    SlotFull,
)
from orders.services.slots import is_bookable
from promotions import pricing
from promotions import selectors as promotions
from promotions.models import Coupon
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
    """A priced basket: `{sku_id: units}` with its SKUs, price, kind of order, and the store it belongs to."""

    units_by_sku: Mapping[int, int]
    skus: Mapping[int, Sku]
    price: pricing.Price
    deal: Deal
    coupon: Coupon | None
    store: Store
    address: Address | None
    slot: PickupSlot | None


def quote(
    *,
    member: Member,
    items: Sequence[tuple[int, int]],
    delivery: Delivery,
    shop: ShopSettings,
    now: datetime,
    wish: Wish = NOTHING,
) -> Quote:
    """Price `items` ([(sku_id, units)]) for `delivery` with what `wish` asks for.

    Every rule but stock, quotas and slot capacity is checked. Raises PlacingRefused with the sentence for the first
    thing that is wrong.
    """
    units_by_sku = _units_by_sku(items)
    skus = _skus_for_sale(units_by_sku)
    _check_limits(member, units_by_sku, skus)
    deal = bargaining.deal_of(wish, member=member, units_by_sku=units_by_sku, now=now)
    store, address, slot = _place_of(member, delivery, shop, now)
    coupon = _coupon(member, wish, deal, shop, now)
    terms = bargaining.terms_of(
        member=member,
        shop=shop,
        freight=pricing.freight_rule(shop, is_pickup=isinstance(delivery, Pickup)),
        now=now,
        deal=deal,
        wish=wish,
        coupon=promotions.coupon_terms(coupon) if coupon else None,
    )
    goods = bargaining.goods_of(units_by_sku, skus, terms, deal)
    price = pricing.price(goods, terms)
    _check_coupon(coupon, price, goods, terms)
    _check_points(member, wish, deal, units_by_sku, price)
    return Quote(units_by_sku, skus, price, deal, coupon, store, address, slot)


def _coupon(member: Member, wish: Wish, deal: Deal, shop: ShopSettings, now: datetime) -> Coupon | None:
    """Return the coupon that was picked. Raises CouponRefused for a stranger's, a used one and one out of its time."""
    if wish.coupon_id is None:
        return None
    if not pricing.stacking_of(deal.order_type, shop).coupon:
        raise CouponRefused("这类订单不能使用优惠券")
    coupon = Coupon.objects.filter(pk=wish.coupon_id, member=member).first()
    if coupon is None or not coupon.is_valid_at(now):
        raise CouponRefused("这张优惠券已经不能用了，请重新选择")
    return coupon


def _check_coupon(
    coupon: Coupon | None, price: pricing.Price, goods: Sequence[pricing.Item], terms: pricing.Terms
) -> None:
    if coupon is None or price.coupon_id == coupon.pk or terms.coupon is None:
        return
    lines, _ = pricing.after_offers(goods, terms)
    raise CouponRefused(f"「{coupon.name}」用不了：{pricing.judge_coupon(lines, terms.coupon).why}")


def _check_points(
    member: Member, wish: Wish, deal: Deal, units_by_sku: Mapping[int, int], price: pricing.Price
) -> None:
    needed = price.points_spent + deal.points_for(sum(units_by_sku.values()))
    if max(wish.points, needed) > member.points_balance:
        raise PointsRefused(f"您有 {member.points_balance} 积分，不够这次使用")


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
    skus = skus_with_pictures(units_by_sku)
    for sku_id in units_by_sku:
        sku = skus.get(sku_id)
        if sku is None or not sku.is_active or sku.product.status != ProductStatus.ON_SALE:
            name = sku.product.name if sku else "有商品"
            raise NotForSale(f"{name}已下架，请从购物车移除后再下单")
    return skus


def skus_with_pictures(sku_ids: Iterable[int]) -> dict[int, Sku]:
    """Return `{sku_id: SKU}` with product and pictures, in two queries."""
    pictures = Prefetch("product__images", ProductImage.objects.order_by("sort_order", "pk"))
    return Sku.objects.select_related("product").prefetch_related(pictures).in_bulk(list(sku_ids))


def _check_limits(member: Member, units_by_sku: Mapping[int, int], skus: Mapping[int, Sku]) -> None:
    units_by_product: dict[int, int] = {}
    products = {sku.product_id: sku.product for sku in skus.values()}
    for sku_id, units in units_by_sku.items():
        product_id = skus[sku_id].product_id
        units_by_product[product_id] = units_by_product.get(product_id, 0) + units
    lifetime = [pk for pk, product in products.items() if product.limit.for_life]
    bought = units_bought(member, lifetime) if lifetime else {}
    for product_id, units in units_by_product.items():
        limit = products[product_id].limit
        why = limit.too_many(units, bought=bought.get(product_id, 0)) or limit.too_few(units)
        if why:
            raise LimitExceeded(f"{products[product_id].name}：{why}")


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


def picture_of(sku: Sku) -> str:
    """Return the storage path of the picture that the buyer saw: the SKU's own, else the product's first."""
    names = [sku.image.name, *(shown.image.name for shown in sku.product.images.all())]
    return next((name for name in names if name), "")
