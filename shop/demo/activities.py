"""What runs in the demo shop: threshold offers and two sessions of the flash sale, written through their services."""

from datetime import datetime, timedelta

from catalog.models import Category, Sku
from members.models import Member
from promotions import services as promotions
from promotions.models import Promotion, ScopeKind
from promotions.services import FlashDraft, FlashItemDraft, OfferDraft, TierDraft

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GIFT = "TP-6002"
NOW_ON_SALE = (("TP-2002", 5900, 12, 2), ("TP-2003-01", 4800, 15, 2), ("TP-6001-01", 1900, 10, 1))
TOMORROW = (("TP-6103-01", 29900, 3, 1), ("TP-2004-01", 11800, 8, 1))


def load_activities(nodes: dict[tuple[str, ...], Category], *, by: Member, now: datetime) -> int:
    """Write the activities, unless there are some; return how many."""
    if Promotion.objects.exists():
        return 0
    starts_at = now.replace(minute=0, second=0, microsecond=0) - HOUR
    offers = [*_offers(nodes, starts_at), _gift_offer(starts_at)]
    for draft in offers:
        promotions.save_offer(draft=draft, by=by, now=starts_at)
    sessions = [
        _session("街坊早市场", NOW_ON_SALE, starts_at, starts_at + DAY, early=30),
        _session("明日家居场", TOMORROW, starts_at + DAY + HOUR, starts_at + DAY + 4 * HOUR, early=30),
    ]
    for number, session in enumerate(sessions):
        promotions.save_flash_sale(draft=session, submission=f"demo-{number}", by=by, now=starts_at)
    return len(offers) + len(sessions)


def _offers(nodes: dict[tuple[str, ...], Category], starts_at: datetime) -> list[OfferDraft]:
    return [
        OfferDraft(
            name="换季满减", kind="amount_off", starts_at=starts_at, ends_at=starts_at + 14 * DAY,
            tiers=(TierDraft(10_000, off=1000), TierDraft(20_000, off=2500), TierDraft(40_000, off=6000)),
            rules_text="和优惠券可以一起用，结算时自动减。",
        ),
        OfferDraft(
            name="烘焙三件八五折", kind="percent_off", basis="pieces", starts_at=starts_at, ends_at=starts_at + 7 * DAY,
            scope_kind=ScopeKind.CATEGORY, scope_ids=(nodes[("烘焙点心",)].pk,), tiers=(TierDraft(3, percent=85),),
            rules_text="当天出炉的都算，可以混着挑。",
        ),
    ]  # fmt: skip


def _gift_offer(starts_at: datetime) -> OfferDraft:
    gift = Sku.objects.get(code=GIFT)
    return OfferDraft(
        name="满 168 送小方巾", kind="gift", starts_at=starts_at, ends_at=starts_at + 14 * DAY,
        tiers=(TierDraft(16_800, gift_id=gift.pk, gift_change=20),), rules_text="一单送一组，送完为止。",
    )  # fmt: skip


def _session(
    name: str, items: tuple[tuple[str, int, int, int], ...], starts_at: datetime, ends_at: datetime, *, early: int
) -> FlashDraft:
    ids = dict(Sku.objects.filter(code__in=[code for code, *_ in items]).values_list("code", "pk"))
    drafts = tuple(FlashItemDraft(ids[code], price, quota, most) for code, price, quota, most in items)
    return FlashDraft(
        name=name, starts_at=starts_at, ends_at=ends_at, items=drafts, vip_early_minutes=early,
        rules_text="数量有限，付款后当天备货。",
    )  # fmt: skip
