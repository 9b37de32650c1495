"""Offers and flash sales for tests, made through their services with dull defaults."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from catalog.models import Sku
from members.models import Member
from promotions import services as promotions
from promotions.models import FlashSale, Promotion
from promotions.services import FlashDraft, FlashItemDraft, OfferDraft, TierDraft
from shop import audit
from tests.factories import NOON, make_sku, make_staff

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def offer_draft(*tiers: TierDraft, **fields: Any) -> OfferDraft:
    """满 100 减 10 on everything, from noon for a day, unless `tiers` or `fields` say otherwise."""
    dull: dict[str, Any] = {"name": "春日满减", "kind": "amount_off", "starts_at": NOON, "ends_at": NOON + DAY}
    return OfferDraft(**(dull | fields), tiers=tiers or (TierDraft(10_000, off=1000),))


def make_offer(*tiers: TierDraft, by: Member | None = None, now: datetime = NOON - HOUR, **fields: Any) -> Promotion:
    """Make an offer that runs at noon."""
    fields = {"name": f"活动 {uuid.uuid4().hex[:6]}"} | fields
    return promotions.save_offer(draft=offer_draft(*tiers, **fields), by=by or make_staff(), now=now)


def make_gift_offer(*, stock: int, gift: Sku | None = None, units: int = 1, **fields: Any) -> Promotion:
    """满 100 送: a gift with so much stock of its own."""
    gift = gift or make_sku("帆布袋")
    tier = TierDraft(10_000, gift_id=gift.pk, gift_units=units, gift_change=stock)
    return make_offer(tier, kind="gift", **fields)


def flash_draft(*items: FlashItemDraft, **fields: Any) -> FlashDraft:
    """A session from noon for two hours."""
    dull: dict[str, Any] = {"name": "午间场", "starts_at": NOON, "ends_at": NOON + 2 * HOUR}
    return FlashDraft(**(dull | fields), items=items)


def make_flash(
    *items: FlashItemDraft, by: Member | None = None, now: datetime = NOON - HOUR, **fields: Any
) -> FlashSale:
    """Make a session that is open at noon; without `items` with one good of 10 pieces, 5 of them for ¥5 each."""
    items = items or (FlashItemDraft(make_sku(price=1000, stock=10).pk, 500, 5, per_member=2),)
    return promotions.save_flash_sale(
        draft=flash_draft(*items, **fields), submission=uuid.uuid4().hex, by=by or make_staff(), now=now
    )


def faults(now: datetime = NOON) -> list[str]:
    """Return what the audit finds of stock and quotas."""
    return [str(finding) for finding in audit.run(now=now) if finding.invariant in {"I8", "I9", "I10"}]
