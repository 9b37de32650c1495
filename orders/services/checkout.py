"""What the checkout shows: the price in its steps, and what else the shopper could choose. Nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from catalog.models import Sku
from members.models import Member
from orders.services import bargaining, cart
from orders.services.bargaining import NORMAL_DEAL, Deal, Wish
from promotions import pricing
from promotions import selectors as promotions
from promotions.models import Coupon, OfferKind
from shop.models import ShopSettings

NO_COUPON = 0


@dataclass(frozen=True, slots=True)
class CouponChoice:
    """A coupon of the member: what it takes off in fen, or why it cannot."""

    coupon: Coupon
    discount: int
    why: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OfferOption:
    """An offer that could work: what it takes off in fen by itself."""

    id: int
    name: str
    discount: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OfferChoice:
    """The offers of one kind that the goods reach; the first option is none of them."""

    kind: str
    words: str
    options: Sequence[OfferOption]


@dataclass(frozen=True, slots=True)
class GiftShown:
    """A gift as the page names it; `missing` of it are not there any more."""

    name: str
    units: int
    missing: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The page: the basket with the deal's prices, its price, and the choices."""

    basket: cart.Cart
    deal: Deal
    price: pricing.Price
    freight: pricing.FreightRule
    level: pricing.LevelTerms
    coupons: Sequence[CouponChoice]
    offers: Sequence[OfferChoice]
    gifts: Sequence[GiftShown]
    points: pricing.PointsRoom
    wish: Wish

    @property
    def usable(self) -> list[CouponChoice]:
        """The coupons that take something off, the best first."""
        return [one for one in self.coupons if not one.why]

    @property
    def unusable(self) -> list[CouponChoice]:
        """The coupons that these goods cannot use."""
        return [one for one in self.coupons if one.why]

    @property
    def points_needed(self) -> int:
        """What the points shop asks beside the money."""
        return self.deal.points_for(self.basket.units)

    @property
    def missing(self) -> int:
        """How many fen of goods are missing for free delivery."""
        return self.freight.missing(self.price.goods_paid) if self.price.freight_amount else 0


def show(
    *,
    member: Member,
    basket: cart.Cart,
    shop: ShopSettings,
    is_pickup: bool,
    wish: Wish,
    picks_coupon: bool,
    now: datetime,
    deal: Deal = NORMAL_DEAL,
) -> Shown:
    """Price `basket` for the page. Unless the shopper `picks_coupon` themselves the best one is proposed.

    A coupon they picked that cannot be used (any more) gives way to the best. Queries: level, offers, tiers, coupons.
    """
    freight = pricing.freight_rule(shop, is_pickup=is_pickup)
    terms = bargaining.terms_of(member=member, shop=shop, freight=freight, now=now, deal=deal, wish=wish)
    coupons = list(promotions.checkout_coupons(member=member, now=now)) if terms.stacking.coupon else []
    asked = {coupon.pk: promotions.coupon_terms(coupon) for coupon in coupons}
    goods = bargaining.with_categories([line.item for line in basket.lines], terms, asked.values())
    lines, _ = pricing.after_offers(goods, terms)
    judged = {pk: pricing.judge_coupon(lines, coupon) for pk, coupon in asked.items()}
    chosen = _chosen(wish, picks_coupon, judged)
    terms = replace(terms, coupon=judged[chosen].coupon if chosen else None)
    price = pricing.price(goods, terms)
    before_points = pricing.price(goods, replace(terms, points=pricing.NO_POINTS)).lines
    return Shown(
        basket=basket,
        deal=deal,
        price=price,
        freight=freight,
        level=terms.level if terms.stacking.level else pricing.NO_LEVEL,
        coupons=_coupon_choices(coupons, judged, chosen),
        offers=_offer_choices(goods, terms, price),
        gifts=_gifts(price),
        points=_room(before_points, terms),
        wish=replace(wish, coupon_id=chosen or None),
    )


def _chosen(wish: Wish, picks_coupon: bool, judged: Mapping[int, pricing.CouponJudged]) -> int:
    """Return the id of the coupon to use: theirs while it is of use, none if they want none, else the best."""
    if picks_coupon and wish.coupon_id is None:
        return NO_COUPON
    picked = judged.get(wish.coupon_id or NO_COUPON) if picks_coupon else None
    if picked and picked.discount:
        return picked.coupon.id
    best = max(judged, key=lambda pk: judged[pk].discount, default=NO_COUPON)
    return best if best and judged[best].discount else NO_COUPON


def _coupon_choices(
    coupons: Sequence[Coupon], judged: Mapping[int, pricing.CouponJudged], chosen: int
) -> list[CouponChoice]:
    choices = [
        CouponChoice(coupon, judged[coupon.pk].discount, judged[coupon.pk].why, coupon.pk == chosen)
        for coupon in coupons
    ]
    return sorted(choices, key=lambda one: -one.discount)


def _offer_choices(goods: Sequence[pricing.Item], terms: pricing.Terms, price: pricing.Price) -> list[OfferChoice]:
    """List the kinds of which some offer is reached, each with all that are."""
    plain, _ = pricing.after_offers(goods, replace(terms, offers=()))
    reached = [reach for reach in (pricing.reach_of(plain, offer) for offer in terms.offers) if reach and reach.tier]
    applied = [used.offer for used in price.offers]
    found = []
    for kind in pricing.KINDS:
        options = [reach for reach in reached if reach.offer.kind == kind]
        first = next((offer.id for offer in applied if offer.kind == kind), 0)
        if options:
            none = OfferOption(0, "不使用", 0, first == 0)
            rows = [OfferOption(one.offer.id, one.offer.name, one.discount, one.offer.id == first) for one in options]
            found.append(OfferChoice(kind, str(OfferKind(kind).label), [*rows, none]))
    return found


def _gifts(price: pricing.Price) -> list[GiftShown]:
    """Name the gifts; one query, only where there are any."""
    skus = Sku.objects.select_related("product").in_bulk({gift.sku_id for gift in price.gifts}) if price.gifts else {}
    return [
        GiftShown(f"{skus[gift.sku_id].product.name} {skus[gift.sku_id].spec_text}".strip(), gift.units, gift.missing)
        for gift in price.gifts
    ]


def _room(lines: Sequence[pricing.PricedLine], terms: pricing.Terms) -> pricing.PointsRoom:
    return pricing.room_for_points(lines, terms.points) if terms.stacking.spends_points else pricing.PointsRoom()
