"""Flash sales: prices for the pipeline, tags for cards, and the page with its sessions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.safestring import SafeString

from catalog.models import ProductImage, ProductStatus
from catalog.selectors.cards import picture_url, was_words
from promotions.models import FlashItem, FlashSale, RunState, in_state
from shop.lib import fragments, markup
from shop.lib.markup import short_yuan

MOST_EARLY = 24 * 60  # minutes that a VIP may come before the others
SHOWN_AHEAD = timedelta(days=7)


def flash_prices(*, sku_ids: Collection[int], now: datetime, is_vip: bool) -> dict[int, FlashItem]:
    """Return `{sku_id: item}` of the SKUs that are in a session which is open at `now`, sold out or not; one query."""
    rows = _offered().filter(sku__in=sku_ids, sale__in=_maybe_open(now)).order_by("sale__starts_at", "pk")
    return {item.sku_id: item for item in rows if item.sale.is_open(now=now, is_vip=is_vip)}


def public_deals(*, now: datetime) -> dict[int, str]:
    """Return `{product_id: "抢购 ¥9.90"}` of goods with pieces left in a session that is open for everybody.

    As they were at most some seconds ago: for words, not for prices. One query when nothing is cached.
    """
    return fragments.fresh("public-deals", "", lambda: _read_deals(now))


def _read_deals(now: datetime) -> dict[int, str]:
    left = FlashItem.objects.filter(quota__gt=F("taken") + F("returned"), sale__in=_open_for_all(now))
    prices = left.order_by("-price", "-pk").values_list("sku__product_id", "price")
    return {product_id: f"抢购 {short_yuan(price)}" for product_id, price in prices}  # the lowest comes last


def _offered() -> QuerySet[FlashItem]:
    return FlashItem.objects.select_related("sale").filter(
        sku__is_active=True, sku__product__status=ProductStatus.ON_SALE
    )


def _open_for_all(now: datetime) -> QuerySet[FlashSale]:
    return FlashSale.objects.filter(in_state(RunState.RUNNING, now))


def _maybe_open(now: datetime) -> QuerySet[FlashSale]:
    """Return the sessions that are open for the earliest of the VIPs."""
    earliest = now + timedelta(minutes=MOST_EARLY)
    return FlashSale.objects.filter(is_stopped=False, ends_at__gt=now, starts_at__lte=earliest)


# --- Pages ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SkuDeal:
    """The flash price of a SKU on the product page: open, or about to open at `until`; at most `most` at once."""

    item_id: int
    price: SafeString
    was: str
    is_open: bool
    opens: str
    until: datetime
    percent: int
    left: int
    most: int
    limit_words: str

    @property
    def can_buy(self) -> bool:
        """Say whether there is a piece to buy now."""
        return self.is_open and self.left > 0


def deal_of_sku(sku_id: int, *, now: datetime, is_vip: bool) -> SkuDeal | None:
    """Return the session in which a SKU is, or will be within a day; one query."""
    rows = _offered().filter(sku=sku_id, sale__in=_maybe_open(now)).select_related("sku__product")
    item = rows.order_by("sale__starts_at", "pk").first()
    if item is None:
        return None
    is_open = item.sale.is_open(now=now, is_vip=is_vip)
    opens_at = item.sale.opens_at(is_vip=is_vip)
    return SkuDeal(
        item_id=item.pk,
        price=markup.price(item.price),
        was=was_words(item.price, item.sku.price),
        is_open=is_open,
        opens=clock_words(opens_at, now),
        until=(item.sale.ends_at or opens_at) if is_open else opens_at,
        percent=item.taken_percent,
        left=item.left,
        most=min(item.per_member, item.left),
        limit_words=f"每人限购 {item.per_member} {item.sku.product.unit}",
    )


@dataclass(frozen=True, slots=True)
class Session:
    """A session in the row of sessions; `until` is what its countdown counts to."""

    id: int
    name: str
    clock: str
    state_words: str
    is_open: bool
    until: datetime
    rules: str


@dataclass(frozen=True, slots=True)
class FlashDeal:
    """A piece of a session as the page shows it; `percent` of the quota is gone."""

    item_id: int
    product_id: int
    sku_id: int
    name: str
    spec: str
    picture: str
    price: SafeString
    was: str
    percent: int
    left: int
    limit_words: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """The page of one session among the others."""

    sessions: Sequence[Session]
    chosen: Session
    deals: Sequence[FlashDeal]


def sessions(*, now: datetime, is_vip: bool) -> list[Session]:
    """Return the sessions that are open or begin within a week, the earliest first; one query."""
    rows = FlashSale.objects.filter(is_stopped=False, ends_at__gt=now, starts_at__lte=now + SHOWN_AHEAD)
    return [_session(row, now=now, is_vip=is_vip) for row in rows.order_by("starts_at", "pk")]


def session_page(*, wanted: int | None, now: datetime, is_vip: bool) -> SessionPage | None:
    """Return the page of the session `wanted`, else of the first; None when there is none.

    Two queries: sessions, pieces with their goods and pictures.
    """
    found = sessions(now=now, is_vip=is_vip)
    if not found:
        return None
    chosen = next((one for one in found if one.id == wanted), found[0])
    return SessionPage(found, chosen, _deals(chosen.id))


def current_session(*, now: datetime, limit: int) -> tuple[Session, list[FlashDeal]] | None:
    """Return the session that is open for everybody with its first pieces; None when there is none. Two queries."""
    row = _open_for_all(now).order_by("starts_at", "pk").first()
    deals = _deals(row.pk)[:limit] if row else []
    return (_session(row, now=now, is_vip=False), deals) if row and deals else None


def _session(row: FlashSale, *, now: datetime, is_vip: bool) -> Session:
    is_open = row.is_open(now=now, is_vip=is_vip)
    opens_at, ends_at = row.opens_at(is_vip=is_vip), row.ends_at or row.starts_at
    return Session(
        id=row.pk,
        name=row.name,
        clock=clock_words(row.starts_at, now),
        state_words="进行中" if is_open else "即将开始",
        is_open=is_open,
        until=ends_at if is_open else opens_at,
        rules=row.rules_text,
    )


def clock_words(at: datetime, now: datetime) -> str:
    """Write when a session begins: 10:00 today, with the day otherwise."""
    local, today = timezone.localtime(at), timezone.localdate(now)
    if local.date() == today:
        return f"{local:%H:%M}"
    tomorrow = local.date() == today + timedelta(days=1)
    return f"明天 {local:%H:%M}" if tomorrow else f"{local.month} 月 {local.day} 日 {local:%H:%M}"


def _deals(sale_id: int) -> list[FlashDeal]:
    first = ProductImage.objects.filter(product=OuterRef("sku__product")).order_by("sort_order", "id").values("image")
    rows = _offered().filter(sale=sale_id).select_related("sku__product").annotate(picture=Subquery(first[:1]))
    deals = [deal_of(item) for item in rows.order_by("pk")]
    return sorted(deals, key=lambda deal: deal.left == 0)  # what is gone goes to the end


def deal_of(item: Any) -> FlashDeal:
    """Dress an item whose SKU and product are loaded; `picture` is the name of its first one."""
    sku, product = item.sku, item.sku.product
    return FlashDeal(
        item_id=item.pk,
        product_id=product.pk,
        sku_id=sku.pk,
        name=product.name,
        spec=sku.spec_text,
        picture=picture_url(str(sku.image.name or "") if sku.image else getattr(item, "picture", "") or ""),
        price=markup.price(item.price),
        was=was_words(item.price, sku.price),
        percent=item.taken_percent,
        left=item.left,
        limit_words=f"每人限购 {item.per_member} {product.unit}",
    )
