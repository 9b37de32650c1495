"""What takes something off an order or adds to it: the terms that meet in it, read once for checkout and placing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalog import selectors as catalog
from catalog.models import Sku
from members.models import Member
from orders.models import OrderType
from orders.services.refusals import NotForSale
from promotions import pricing
from promotions import selectors as promotions
from promotions.models import ExchangeItem, FlashItem, ScopeKind
from shop.models import ShopSettings


@dataclass(frozen=True, slots=True)
class Wish:
    """What a shopper picked beside the goods.

    `points` are to be spent, `choices` {offer kind: offer id, 0 for none} are the offers they prefer. `flash` or
    `exchange`, the id of an item, makes it an order of that kind.
    """

    coupon_id: int | None = None
    points: int = 0
    choices: Mapping[str, int] = field(default_factory=dict)
    flash: int | None = None
    exchange: int | None = None


NOTHING = Wish()


@dataclass(frozen=True, slots=True)
class Deal:
    """What kind of order it is, with the entry of the flash sale or the points shop that sets its price."""

    order_type: str = OrderType.NORMAL
    flash: FlashItem | None = None
    exchange: ExchangeItem | None = None

    def unit_price(self, sku: Sku) -> int:
        """Return the price of one unit in fen, before anything is taken off."""
        if self.flash:
            return self.flash.price
        return self.exchange.price if self.exchange else sku.price

    def points_for(self, units: int) -> int:
        """Return the points that `units` cost beside the money."""
        return self.exchange.points * units if self.exchange else 0


NORMAL_DEAL = Deal()


def deal_of(wish: Wish, *, member: Member, units_by_sku: Mapping[int, int], now: datetime) -> Deal:
    """Find what `wish` refers to; one query, none for a normal order. Raises NotForSale."""
    if wish.flash:
        found = promotions.flash_prices(sku_ids=list(units_by_sku), now=now, is_vip=member.is_vip)
        item = next((item for item in found.values() if item.pk == wish.flash), None)
        if item is None or set(units_by_sku) != {item.sku_id}:
            raise NotForSale("这场抢购已经结束，请按原价购买或看看别的场次")
        return Deal(OrderType.FLASH, flash=item)
    if wish.exchange:
        entry = ExchangeItem.objects.filter(pk=wish.exchange, is_active=True, sku__isnull=False).first()
        if entry is None or set(units_by_sku) != {entry.sku_id}:
            raise NotForSale("这件商品现在不能用积分兑换")
        return Deal(OrderType.POINTS, exchange=entry)
    return NORMAL_DEAL


def goods_of(
    units_by_sku: Mapping[int, int], skus: Mapping[int, Sku], terms: pricing.Terms, deal: Deal = NORMAL_DEAL
) -> list[pricing.Item]:
    """Return what is priced. One query when `terms` ask for categories."""
    return with_categories([item_of(skus[sku_id], units, deal) for sku_id, units in units_by_sku.items()], terms)


def with_categories(
    items: Sequence[pricing.Item], terms: pricing.Terms, coupons: Iterable[pricing.CouponTerms] = ()
) -> list[pricing.Item]:
    """Return `items` with the categories of their products, where an offer or a coupon asks for them."""
    scopes = [offer.scope for offer in terms.offers] + [coupon.scope for coupon in coupons]
    if terms.coupon:
        scopes.append(terms.coupon.scope)
    if not any(scope.kind == ScopeKind.CATEGORY for scope in scopes):
        return list(items)
    categories = catalog.category_ids_of({item.product_id for item in items})
    return [replace(item, category_ids=categories.get(item.product_id, frozenset())) for item in items]


def item_of(sku: Sku, units: int, deal: Deal = NORMAL_DEAL) -> pricing.Item:
    """Return `units` of a SKU, whose product is loaded, as the pipeline wants them; categories come later."""
    product = sku.product
    return pricing.Item(
        sku_id=sku.pk,
        units=units,
        site_price=deal.unit_price(sku),
        product_id=product.pk,
        takes_level=product.member_price_enabled,
        takes_points=product.points_usable,
        earns_points=product.gives_points,
    )


def terms_of(
    *,
    member: Member | None,
    shop: ShopSettings,
    freight: pricing.FreightRule,
    now: datetime,
    deal: Deal = NORMAL_DEAL,
    wish: Wish = NOTHING,
    coupon: pricing.CouponTerms | None = None,
) -> pricing.Terms:
    """Gather the terms of an order, for a guest those that everybody has. Queries: level, offers, tiers."""
    stacking = pricing.stacking_of(deal.order_type, shop)
    level_id = member.level_id if member else None
    return pricing.Terms(
        freight=freight,
        level=promotions.level_terms(member) if member else pricing.NO_LEVEL,
        offers=promotions.running_offers(level_id=level_id, now=now) if stacking.offers else (),
        choices=wish.choices,
        coupon=coupon,
        points=promotions.points_terms(member=member, shop=shop, wanted=wish.points) if member else pricing.NO_POINTS,
        stacking=stacking,
    )
