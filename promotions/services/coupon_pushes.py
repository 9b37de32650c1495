"""Sending a coupon to many members: who is meant, how many that are, and the sweep that sends it in batches.

A push keeps the pk it has come to. Each batch is one transaction that moves this mark and writes its coupons, so a
worker that dies in the middle has done a batch wholly or not at all, and the next sweep goes on behind it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from members import services as members
from members.models import Member
from promotions.models import Coupon, CouponPush, CouponTemplate, IssueMode, PushStatus
from promotions.selectors import audience_of
from promotions.services.coupon_masses import for_template, issue_to_many, may_have_more
from promotions.services.coupons import MY_COUPONS, why_none
from promotions.services.refusals import CouponNotIssued, PushRefused

PUSHED = (IssueMode.CLAIM, IssueMode.PUSH, IssueMode.WAKE_UP, IssueMode.GROUP, IssueMode.REWARD)
BATCH = 10_000  # members; claims of the same coupon wait for one
SECONDS = 25.0  # after which a sweep leaves the rest to the next


@dataclass(frozen=True, slots=True)
class PushPreview:
    """Whom a push would reach: `meant` are in the audience, `reached` of them get one; `left` is the quota's rest."""

    meant: int
    reached: int
    left: int | None

    @property
    def issued(self) -> int:
        """How many coupons would be issued."""
        return self.reached if self.left is None else min(self.reached, self.left)


def preview_push(*, template: CouponTemplate, audience: Mapping[str, Any]) -> PushPreview:
    """Count whom a push would reach. Two statements."""
    meant = for_template(template, audience_of(audience))
    return PushPreview(meant.count(), may_have_more(template, meant).count(), template.left)


@transaction.atomic
def start_push(
    *, template: CouponTemplate, audience: Mapping[str, Any], tells: bool = True, by: Member, now: datetime
) -> CouponPush:
    """Begin to send a coupon; the sweep does the work. Raises PushRefused.

    A template is sent to one audience at a time, so that a button pressed twice sends once.
    """
    locked = CouponTemplate.objects.select_for_update().get(pk=template.pk)
    if locked.issue_mode not in PUSHED:
        raise PushRefused("这种券会自动发放，不能定向发放")
    if why := why_none(locked, now=now):
        raise PushRefused(why)
    if locked.pushes.filter(status=PushStatus.RUNNING).exists():
        raise PushRefused("这张券正在发放，请等这一次发完")
    preview = preview_push(template=locked, audience=audience)
    if not preview.issued:
        raise PushRefused("没有可以发的会员：选中的人都已经有这张券，或者不符合这张券的等级要求")
    push = CouponPush.objects.create(
        template=locked, audience=dict(audience), reached=preview.issued, created_by=by, created_at=now, due_at=now,
        tells=tells,
    )  # fmt: skip
    summary = f"向 {preview.issued} 位会员发放 {locked.name}"
    after = {name: len(value) if name == "members" else value for name, value in audience.items()}
    members.log_operation(actor=by, action="push_coupon", target=locked, summary=summary, after=after, now=now)
    return push


@transaction.atomic
def stop_push(*, push: CouponPush, by: Member, now: datetime) -> None:
    """Send no further. Raises IllegalMove when it has ended meanwhile."""
    push.move(PushStatus.STOPPED, ended_at=now, note="被人停止")
    members.log_operation(
        actor=by, action="stop_push", target=push.template, summary=f"停止发放 {push.template.name}", now=now
    )


def run_pushes(*, now: datetime, batch: int = BATCH, seconds: float = SECONDS) -> int:
    """Send batches of the pushes that run, the oldest first, for about `seconds`; return how many were issued.

    Two sweeps at once work on different pushes.
    """
    issued, began = 0, time.monotonic()
    while (done := _next_batch(now, batch)) is not None:
        issued += done
        if time.monotonic() - began > seconds:
            break
    return issued


@transaction.atomic
def _next_batch(now: datetime, batch: int) -> int | None:
    """Send one batch of the oldest push that nobody else works on; None when there is none."""
    skips = connection.features.has_select_for_update_skip_locked
    running = CouponPush.objects.filter(status=PushStatus.RUNNING, due_at__lte=now).order_by("due_at", "pk")
    push = running.select_for_update(skip_locked=skips, no_key=True).first()
    if push is None:
        return None
    rest = audience_of(push.audience).filter(pk__gt=push.last_member)
    last = rest.order_by("pk").values_list("pk", flat=True)[batch - 1 : batch].first()
    meant = rest.filter(pk__lte=last) if last else rest
    try:
        issued, is_gone = issue_to_many(
            template_id=push.template_id, members=meant, source=f"push:{push.pk}:", now=now
        )  # fmt: skip
    except CouponNotIssued as refusal:
        push.move(PushStatus.STOPPED, ended_at=now, note=refusal.message)
        return 0
    if push.tells and issued:
        _tell(push, meant, now)
    CouponPush.objects.filter(pk=push.pk).update(
        issued=F("issued") + issued, last_member=last or push.last_member
    )  # fmt: skip
    if is_gone or not last:
        push.move(PushStatus.DONE, ended_at=now, note="发放总量用完了" if is_gone and last else "")
    return issued


def _tell(push: CouponPush, meant: QuerySet[Member], now: datetime) -> None:
    """Tell those of `meant` who got one in this push."""
    source = Concat(Value(f"push:{push.pk}:"), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    got = Coupon.objects.filter(template=push.template_id, source=source)
    template = push.template
    members.notify_selected(
        members=meant.filter(Exists(got)), scene="coupon", key=f"coupon-push-{push.pk}",
        title="送您一张优惠券", body=f"“{template.name}”{template.worth_words}，{template.threshold_words}。",
        link=MY_COUPONS, now=now,
    )  # fmt: skip
