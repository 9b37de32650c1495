"""Printed codes: made in batches, exported once more at any time, each good for one coupon."""

import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from members import services as members
from members.models import Member
from promotions.models import Coupon, CouponCode, CouponTemplate, IssueMode
from promotions.services.coupons import issue
from promotions.services.refusals import CodeRefused, CouponProblem, TemplateRefused
from shop.lib import throttle
from shop.lib.http import network_of

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is mistaken for something else
LENGTH = 12
MOST_CODES = 10_000  # in one batch
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TRIES_PER_MEMBER = ((10, MINUTE), (40, HOUR))
TRIES_PER_ADDRESS = ((60, MINUTE), (600, HOUR))


@transaction.atomic
def make_codes(*, template: CouponTemplate, units: int, by: Member | None, now: datetime) -> str:
    """Make a batch of `units` codes and return its name. Raises TemplateRefused.

    There are never more codes than the quota has coupons.
    """
    locked = CouponTemplate.objects.select_for_update().get(pk=template.pk)
    made = locked.codes.count()
    if problem := _why_no_codes(locked, units, made):
        raise TemplateRefused([CouponProblem("units", problem)])
    day = f"{timezone.localdate(now):%Y%m%d}"
    batch = f"{day}-{locked.codes.filter(batch__startswith=day).values('batch').distinct().count() + 1}"
    codes = {new_code() for _ in range(units)}
    while len(codes) < units:
        codes.add(new_code())
    rows = [CouponCode(template=locked, batch=batch, code=code, created_at=now) for code in sorted(codes)]
    CouponCode.objects.bulk_create(rows, batch_size=1000)
    members.log_operation(
        actor=by, action="make_codes", target=locked, summary=f"为 {locked.name} 生成 {units} 个兑换码",
        after={"batch": batch}, now=now,
    )  # fmt: skip
    return batch


def redeem_code(*, member: Member, code: str, ip: str, now: datetime) -> Coupon:
    """Give `member` the coupon of a printed code. Call it outside a transaction: a wrong try stays counted.

    Raises CodeRefused, CouponNotIssued, TooManyTries; a code that was refused is as good as before.
    """
    _limit(f"coupon-code:{member.pk}", TRIES_PER_MEMBER, now)
    _limit(f"coupon-code-ip:{network_of(ip)}", TRIES_PER_ADDRESS, now)
    typed = read_code(code)
    with transaction.atomic():
        row = CouponCode.objects.select_related("template").filter(code=typed).first()
        if row is None:
            raise CodeRefused("没有这个兑换码，请核对后再试")
        fresh = CouponCode.objects.filter(pk=row.pk, redeemed_by__isnull=True)
        if not fresh.update(redeemed_by=member, redeemed_at=now):
            mine = CouponCode.objects.filter(Q(redeemed_by=member), pk=row.pk).exists()
            raise CodeRefused("您已经用过这个兑换码，券在“我的优惠券”里" if mine else "这个兑换码已经被用过了")
        coupon = issue(template=row.template, member=member, source=f"code:{row.pk}", now=now)
        if coupon is None:
            raise CodeRefused("这个兑换码已经被用过了")
        return coupon


def new_code() -> str:
    """Make a code of twelve characters: too many to guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(typed: str) -> str:
    """Return a code as it is kept, however it was typed."""
    return re.sub(r"[^A-Z0-9]", "", typed.upper())[: LENGTH + 1]


def spaced(code: str) -> str:
    """Return a code as it is printed: in groups of four."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def _why_no_codes(template: CouponTemplate, units: int, made: int) -> str:
    if template.issue_mode != IssueMode.CODE:
        return "只有“兑换码”这种券能生成兑换码"
    if not 1 <= units <= MOST_CODES:
        return f"一次可以生成 1 到 {MOST_CODES} 个"
    if template.total and made + units > template.total:
        return f"发放总量是 {template.total}，已经有 {made} 个码，最多再生成 {template.total - made} 个"
    return ""


def _limit(key: str, limits: tuple[tuple[int, timedelta], ...], now: datetime) -> None:
    for limit, window in limits:
        throttle.hit(f"{key}:{int(window.total_seconds())}", limit=limit, window=window, now=now)
