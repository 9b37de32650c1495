"""Coupons of members: issued within quota and limits, spent once, given back, taken back.

Whoever issues one first takes it from the quota by one conditional UPDATE. The template's row then stays locked until
the transaction ends, so that the count of what the member holds sees all that was issued before.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.shortcuts import get_object_or_404

from members import services as members
from members.models import Member
from promotions.models import Coupon, CouponStatus, CouponTemplate, IssueMode, RunState
from promotions.services.refusals import CouponNotIssued, CouponNotUsable
from promotions.services.validity import validity_of
from shop.lib.states import IllegalMove

TERMS = ("name", "kind", "amount", "percent", "max_discount", "threshold", "scope_kind", "scope_ids", "issue_mode")
GREETINGS = {  # what is told of a coupon that comes unasked
    IssueMode.REGISTER: "欢迎光临，送您一张新客优惠券",
    IssueMode.ORDER_COMPLETED: "谢谢惠顾，送您一张优惠券",
    IssueMode.BIRTHDAY: "生日快乐，送您一张优惠券",
}
MY_COUPONS = "/me/coupons/"


class _IssuedBefore(Exception):
    """This source has its coupon already."""


# --- Issuing ----------------------------------------------------------------------------------------------------------


def issue(*, template: CouponTemplate, member: Member, source: str, now: datetime) -> Coupon | None:
    """Give `member` a coupon for the reason `source`; None, and nothing written, when that source has it already.

    Raises CouponNotIssued when the template is stopped, not running or used up, when it is for other levels, or when
    the member holds as many as one may.
    """
    _refuse_others(template, member)
    with suppress(_IssuedBefore), transaction.atomic():
        _take_from_quota(template, now)
        _within_limit(template, member, source)
        return _write(template, member, source, now)
    return None


def claim(*, template_id: int, member: Member, now: datetime) -> Coupon:
    """Give `member` a coupon that everybody may take. Raises CouponNotIssued; Http404 for what is not there to take."""
    template = get_object_or_404(CouponTemplate, pk=template_id, issue_mode=IssueMode.CLAIM)
    return _claimed(template, member, "claim", now)


def claim_shared(*, token: str, member: Member, now: datetime) -> Coupon:
    """Give `member` the coupon behind a shared link. Raises CouponNotIssued; Http404 for a link that is none."""
    template = get_object_or_404(CouponTemplate, share_token=token, issue_mode=IssueMode.SHARE)
    return _claimed(template, member, "share", now)


def issue_by_mode(*, mode: str, member: Member, source: str, now: datetime) -> list[Coupon]:
    """Give `member` one coupon of every template of `mode` that is running; return those that were really issued.

    A template that is used up, or not for this member, is passed over. A second call with the same source gives none.
    """
    issued = []
    for template in CouponTemplate.objects.handed_out_at(now).with_some_left().filter(issue_mode=mode).order_by("pk"):
        with suppress(CouponNotIssued):
            coupon = issue(template=template, member=member, source=source, now=now)
            issued += [coupon] if coupon else []
    if mode in GREETINGS:
        tell_of(issued, member=member, title=GREETINGS[IssueMode(mode)], now=now)
    return issued


def tell_of(coupons: Iterable[Coupon], *, member: Member, title: str, now: datetime) -> None:
    """Tell `member` of coupons that came unasked, each once."""
    for coupon in coupons:
        members.notify(
            member=member, scene="coupon", key=f"coupon-{coupon.pk}", title=title, body=words_of(coupon),
            link=MY_COUPONS, now=now,
        )  # fmt: skip


def words_of(coupon: Coupon) -> str:
    """Say what a coupon is worth and until when."""
    worth = f"{coupon.worth_words}，{coupon.threshold_words}"
    return f"“{coupon.name}”{worth}，{coupon.last_moment:%Y-%m-%d %H:%M} 前有效。"


def _refuse_others(template: CouponTemplate, member: Member) -> None:
    if template.level_ids and member.level_id not in template.level_ids:
        raise CouponNotIssued("这张券只发给指定等级的会员")
    if template.vip_only and not member.is_vip:
        raise CouponNotIssued("这张券只发给 VIP 会员")


def _take_from_quota(template: CouponTemplate, now: datetime) -> None:
    """Count one more issued coupon, by one conditional UPDATE; the row is locked from here on."""
    rows = CouponTemplate.objects.handed_out_at(now).with_some_left().filter(pk=template.pk)
    if not rows.update(issued=F("issued") + 1):
        raise CouponNotIssued(why_none(CouponTemplate.objects.get(pk=template.pk), now=now))


def why_none(template: CouponTemplate, *, now: datetime) -> str:
    """Say why nothing of `template` is issued at `now`; "" when something may be."""
    reasons = {
        RunState.STOPPED: "这张券已经停发了",
        RunState.ENDED: "这张券已经过期，领取结束了",
        RunState.SCHEDULED: "还没到领取时间",
    }
    state = template.run_state(now)
    if state in reasons:
        return reasons[state]
    if template.lacks_goods:
        return "这张券还没有准备好，请稍后再来"
    return "来晚了，这张券已经抢光" if template.is_gone else ""


def _within_limit(template: CouponTemplate, member: Member, source: str) -> None:
    """Count what the member holds of the template; call it under the lock of the template's row."""
    rows = Coupon.objects.filter(Q(member=member) | Q(source=source), template=template)
    held = list(rows.values_list("member", "source"))
    if source in {known for _, known in held}:
        raise _IssuedBefore
    mine = sum(owner == member.pk for owner, _ in held)
    if template.per_member and mine >= template.per_member:
        limit = f"每人限领 {template.per_member} 张，" if template.per_member > 1 else ""
        raise CouponNotIssued(f"{limit}您已经领过了")


def _write(template: CouponTemplate, member: Member, source: str, now: datetime) -> Coupon:
    valid_from, valid_until = validity_of(template, now)
    terms = {name: getattr(template, name) for name in TERMS}
    return Coupon.objects.create(
        template=template, member=member, source=source, valid_from=valid_from, valid_until=valid_until,
        issued_at=now, **terms,
    )  # fmt: skip


def _claimed(template: CouponTemplate, member: Member, way: str, now: datetime) -> Coupon:
    """Issue with the next free number; one that a tap at the same moment has taken is followed by the next."""
    while True:
        number = Coupon.objects.filter(template=template, member=member).count() + 1
        coupon = issue(template=template, member=member, source=f"{way}:{member.pk}:{number}", now=now)
        if coupon:
            return coupon


# --- Spending and giving back -----------------------------------------------------------------------------------------


@transaction.atomic
def spend_coupon(*, member: Member, coupon_id: int, now: datetime, for_group: bool = False) -> Coupon:
    """Spend a coupon of `member` in the caller's transaction. Raises CouponNotUsable, and changes nothing.

    Coupons for group-buys are spent there alone. Of two orders that want the same coupon one gets it.
    """
    coupon = Coupon.objects.filter(pk=coupon_id, member=member).first()
    if coupon is None or (coupon.issue_mode == IssueMode.GROUP) != for_group:
        raise CouponNotUsable("这张优惠券不能用在这个订单上，请重新选择")
    if not coupon.is_valid_at(now):
        raise CouponNotUsable(_why_unusable(coupon, now))
    try:
        coupon.move(CouponStatus.USED, used_at=now)
    except IllegalMove:
        raise CouponNotUsable("这张优惠券刚刚用掉了，请重新选择") from None
    CouponTemplate.objects.filter(pk=coupon.template_id).update(used=F("used") + 1)
    return coupon


@transaction.atomic
def give_back_coupon(*, coupon: Coupon, now: datetime) -> None:
    """Give a spent coupon back to its member: unused again, or expired when its time is over. A repeat does nothing."""
    current = Coupon.objects.get(pk=coupon.pk)
    if current.status != CouponStatus.USED:
        return
    becomes = CouponStatus.UNUSED if now < current.valid_until else CouponStatus.EXPIRED
    with suppress(IllegalMove):  # given back meanwhile
        current.move(becomes, used_at=None)
        CouponTemplate.objects.filter(pk=current.template_id).update(used=F("used") - 1)


def revoke_of_source(*, source: str, now: datetime) -> int:
    """Take back the unused coupons that were issued for `source`; return how many."""
    templates = list(CouponTemplate.objects.filter(issued__gt=0).values_list("pk", flat=True))  # leads the index
    rows = Coupon.objects.filter(template__in=templates, source=source, status=CouponStatus.UNUSED)
    return rows.update(status=CouponStatus.REVOKED, revoked_at=now)


def _why_unusable(coupon: Coupon, now: datetime) -> str:
    if coupon.status == CouponStatus.USED:
        return "这张优惠券已经用过了"
    if coupon.status == CouponStatus.REVOKED:
        return "这张优惠券已经作废"
    return "这张优惠券已经过期" if now >= coupon.valid_until else "这张优惠券还没到可用时间"
