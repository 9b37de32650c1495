"""The points shop as a shopper sees it."""

from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from catalog.models import ProductImage, ProductStatus
from catalog.selectors import picture_url
from members.models import Member
from promotions.models import CouponKind, CouponTemplate, ExchangeItem, ExchangeTaken
from shop.lib.markup import short_yuan


@dataclass(frozen=True, slots=True)
class ExchangeCard:
    """An entry of the points shop, ready to print; `problem` says why the visitor cannot have it, "" when they can.

    `price` is in fen, for one. `most` is how many they may take now.
    """

    id: int
    name: str
    note: str
    points: int
    price: int
    picture: str
    product_id: int | None
    left: int
    per_member: int
    problem: str
    most: int

    @property
    def is_coupon(self) -> bool:
        """Say whether points buy a coupon here, and not goods."""
        return self.product_id is None

    @property
    def cost_words(self) -> str:
        """What it costs: 200 积分, or 200 积分 + ¥9.90."""
        return f"{self.points} 积分" + (f" + {short_yuan(self.price)}" if self.price else "")


def exchange_cards(member: Member | None) -> list[ExchangeCard]:
    """Return what points can buy, in the merchant's order. Two queries, one for a guest: entries, what was taken."""
    entries = list(_open_entries().order_by("sort_order", "pk"))
    taken = _taken(member, [entry.pk for entry in entries])
    return [_card(entry, member, taken.get(entry.pk, 0)) for entry in entries]


def exchange_card(item_id: int, member: Member | None) -> ExchangeCard | None:
    """Return one entry; None for one that is switched off, or whose goods are not for sale."""
    entry = _open_entries().filter(pk=item_id).first()
    return _card(entry, member, _taken(member, [entry.pk]).get(entry.pk, 0)) if entry else None


def _open_entries() -> QuerySet[ExchangeItem]:
    first = ProductImage.objects.filter(product=OuterRef("sku__product")).order_by("sort_order", "pk").values("image")
    on_sale = Q(sku__is_active=True, sku__product__status=ProductStatus.ON_SALE) | Q(coupon__is_stopped=False)
    entries = ExchangeItem.objects.filter(on_sale, is_active=True).select_related("coupon", "sku__product")
    return entries.annotate(picture=Subquery(first[:1]))


def _taken(member: Member | None, ids: list[int]) -> dict[int, int]:
    if member is None:
        return {}
    return dict(ExchangeTaken.objects.filter(member=member, item__in=ids).values_list("item", "units"))


def _card(entry: ExchangeItem, member: Member | None, taken: int) -> ExchangeCard:
    left = entry.total - entry.taken
    if entry.sku:
        left = min(left, entry.sku.stock)
    mine = entry.per_member - taken if entry.per_member else left
    affordable = member.points_balance // entry.points if member else 0
    return ExchangeCard(
        id=entry.pk,
        name=entry.name,
        note=coupon_words(entry.coupon) if entry.coupon else _goods_words(entry),
        points=entry.points,
        price=entry.price,
        picture=picture_url(vars(entry)["picture"] or "", "small") if entry.sku else "",
        product_id=entry.sku.product_id if entry.sku else None,
        left=max(left, 0),
        per_member=entry.per_member,
        problem=_problem(left, mine, affordable, member),
        most=max(min(left, mine, affordable), 0),
    )


def _problem(left: int, mine: int, affordable: int, member: Member | None) -> str:
    if left <= 0:
        return "已兑完"
    if member is None:
        return ""
    if mine <= 0:
        return "已达兑换上限"
    return "" if affordable else "积分不够"


def coupon_words(coupon: CouponTemplate) -> str:
    """Say what a coupon is worth: 满 ¥50 减 ¥5, or 8.5 折."""
    after = f"满 {short_yuan(coupon.threshold)} " if coupon.threshold else "无门槛"
    if coupon.kind == CouponKind.AMOUNT:
        return f"{after}减 {short_yuan(coupon.amount)}"
    cap = f"，最多减 {short_yuan(coupon.max_discount)}" if coupon.max_discount else ""
    return f"{after}{coupon.percent / 10:g} 折{cap}"


def _goods_words(entry: ExchangeItem) -> str:
    sku = entry.sku
    return f"{sku.product.name} {sku.spec_text}".strip() if sku else ""
