"""The coupons that the merchant writes: checked, saved, copied, stopped. What one was issued under never changes."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from members import services as members
from members.models import Member
from promotions.models import Coupon, CouponKind, CouponStatus, CouponTemplate, IssueMode, ScopeKind, ValidityKind
from promotions.services.refusals import CouponProblem, TemplateRefused

FREE = ("remark", "claim_from", "claim_to", "total")  # what may change although some are issued
FROZEN = (
    "name", "kind", "amount", "percent", "max_discount", "threshold", "scope_kind", "scope_ids", "per_member",
    "level_ids", "vip_only", "validity_kind", "valid_from", "valid_to", "valid_days", "from_next_day",
)  # fmt: skip
MOST_OFF = 10_000_000  # fen: beyond ¥100,000 somebody has slipped
MOST_DAYS = 3650
MOST_GOODS = 1000
MOST_UNITS = 100_000_000


def problems_of(template: CouponTemplate, *, before: CouponTemplate | None, now: datetime) -> list[CouponProblem]:
    """Say what is wrong with the terms, and with how they differ from `before`, what is saved now."""
    found = [*_worth(template), *_goods(template), *_handing_out(template), *_validity(template)]
    if before and before.issued:
        found += _changed_too_late(template, before)
    was = before.valid_to if before else None
    if template.valid_to and template.valid_to != was and template.valid_to < timezone.localdate(now):
        found.append(("valid_to", "这一天已经过去了"))
    return [CouponProblem(field, sentence) for field, sentence in found]


@transaction.atomic
def save_template(*, template: CouponTemplate, by: Member | None, now: datetime) -> CouponTemplate:
    """Write new or changed terms. Raises TemplateRefused, and writes nothing."""
    _tidy(template)
    before = CouponTemplate.objects.select_for_update().filter(pk=template.pk).first() if template.pk else None
    if problems := problems_of(template, before=before, now=now):
        raise TemplateRefused(problems)
    return _store(template, before, by, now)


@transaction.atomic
def copy_template(*, template: CouponTemplate, by: Member | None, now: datetime) -> CouponTemplate:
    """Make a template with the same terms and nothing issued. It is stopped until somebody has looked at its dates."""
    fresh = CouponTemplate(**{name: getattr(template, name) for name in (*FREE, *FROZEN, "issue_mode")})
    fresh.name = f"{template.name[:26]} 副本"
    fresh.is_stopped = True
    return _store(fresh, None, by, now)


@transaction.atomic
def stop_template(*, template: CouponTemplate, stop: bool, by: Member | None, now: datetime) -> None:
    """Issue no more of a template, or go on; what members hold stays good."""
    rows = CouponTemplate.objects.filter(pk=template.pk, is_stopped=not stop)
    if rows.update(is_stopped=stop):
        words = "停发" if stop else "恢复发放"
        _log(template, "stop_coupon" if stop else "resume_coupon", f"{words}优惠券 {template.name}", by, now, {})


@transaction.atomic
def revoke_unused(*, template: CouponTemplate, reason: str, by: Member | None, now: datetime) -> int:
    """Take back all that members hold of a template and have not used; return how many."""
    rows = Coupon.objects.filter(template=template, status=CouponStatus.UNUSED)
    count = rows.update(status=CouponStatus.REVOKED, revoked_at=now)
    facts = {"after": {"revoked": count, "reason": reason}}
    _log(template, "revoke_coupons", f"作废 {count} 张未使用的 {template.name}", by, now, facts)
    return count


@transaction.atomic
def revoke_coupon(*, coupon: Coupon, reason: str, by: Member | None, now: datetime) -> bool:
    """Take back one unused coupon; False when it was used or has expired meanwhile."""
    rows = Coupon.objects.filter(pk=coupon.pk, status=CouponStatus.UNUSED)
    if not rows.update(status=CouponStatus.REVOKED, revoked_at=now):
        return False
    members.log_operation(
        actor=by,
        action="revoke_coupons",
        target=coupon,
        summary=f"作废一张 {coupon.name}",
        after={"reason": reason},
        now=now,
    )
    return True


def set_goods(*, template: CouponTemplate, ids: Sequence[int], by: Member | None, now: datetime) -> CouponTemplate:
    """Say which products a template is for, or is not for. Raises TemplateRefused."""
    template.scope_ids = list(dict.fromkeys(ids))
    return save_template(template=template, by=by, now=now)


def changes(before: CouponTemplate | None, after: CouponTemplate) -> dict[str, Mapping[str, Any]]:
    """Return what differs, as the operation log keeps it."""
    names = [
        name for name in (*FREE, *FROZEN) if before is None or getattr(before, name) != getattr(after, name)
    ]  # fmt: skip
    old = {name: getattr(before, name) for name in names} if before else {}
    return {"before": old, "after": {name: getattr(after, name) for name in names}}


def _store(template: CouponTemplate, before: CouponTemplate | None, by: Member | None, now: datetime) -> CouponTemplate:
    if template.issue_mode == IssueMode.SHARE and not template.share_token:
        template.share_token = secrets.token_urlsafe(12)
    if before:
        template.save(update_fields=[*FREE, *FROZEN])
        _log(template, "change", f"修改优惠券 {template.name}", by, now, changes(before, template))
    else:
        template.save()
        _log(template, "add", f"新增优惠券 {template.name}", by, now, changes(None, template))
    return template


def _log(
    template: CouponTemplate, action: str, summary: str, by: Member | None, now: datetime, facts: Mapping[str, Any]
) -> None:
    members.log_operation(actor=by, action=action, target=template, summary=summary, now=now, **facts)


def _tidy(template: CouponTemplate) -> None:
    """Empty what the chosen kinds do not use, so that equal terms are equal rows."""
    if template.kind == CouponKind.AMOUNT:
        template.percent = template.max_discount = 0
    else:
        template.amount = 0
    if template.validity_kind == ValidityKind.DAYS:
        template.valid_from = template.valid_to = None
    else:
        template.valid_days, template.from_next_day = 30, False
    if template.scope_kind == ScopeKind.ALL:
        template.scope_ids = []


# --- What may be wrong; each yields (field, sentence) -----------------------------------------------------------------


def _worth(template: CouponTemplate) -> list[tuple[str, str]]:
    found = []
    if not template.name.strip():
        found.append(("name", "请填写名称"))
    if template.threshold < 0:
        found.append(("threshold", "门槛不能是负数；填 0 表示无门槛"))
    if template.kind == CouponKind.PERCENT:
        if not 1 <= template.percent <= 99:
            found.append(("percent", "折扣要在 1 到 99 之间，例如 85 就是 8.5 折"))
        if template.max_discount < 0:
            found.append(("max_discount", "不能是负数；填 0 表示不封顶"))
        return found
    if not 1 <= template.amount <= MOST_OFF:
        found.append(("amount", "面额要在 0.01 到 100000 元之间"))
    elif 0 < template.threshold < template.amount:
        found.append(("amount", "面额不能大于使用门槛，否则满了门槛也会白送"))
    return found


def _goods(template: CouponTemplate) -> list[tuple[str, str]]:
    if len(template.scope_ids) > MOST_GOODS:
        return [("scope_ids", f"最多选 {MOST_GOODS} 个，再多请改用分类")]
    return []


def _handing_out(template: CouponTemplate) -> list[tuple[str, str]]:
    found = []
    if not 0 <= template.total <= MOST_UNITS:
        found.append(("total", "总量要在 0 到 1 亿之间；0 表示不限量"))
    if not 0 <= template.per_member <= MOST_UNITS:
        found.append(("per_member", "不能是负数；0 表示不限"))
    if 0 < template.total < template.per_member:
        found.append(("per_member", "每人限领不能超过发放总量"))
    if template.claim_from and template.claim_to and template.claim_to <= template.claim_from:
        found.append(("claim_to", "停止发放的时间要晚于开始发放的时间"))
    return found


def _validity(template: CouponTemplate) -> list[tuple[str, str]]:
    if template.validity_kind == ValidityKind.DAYS:
        return [] if 1 <= template.valid_days <= MOST_DAYS else [("valid_days", f"有效天数要在 1 到 {MOST_DAYS} 之间")]
    missing = [(name, "请选择日期") for name in ("valid_from", "valid_to") if not getattr(template, name)]
    if template.valid_from and template.valid_to and template.valid_to < template.valid_from:
        return [("valid_to", "失效日期不能早于生效日期")]
    return missing


def _changed_too_late(template: CouponTemplate, before: CouponTemplate) -> list[tuple[str, str]]:
    found = [
        (name, "已经有人领到，这一项不能再改；可以复制一张新的，或者停发这一张")
        for name in FROZEN
        if getattr(template, name) != getattr(before, name)
    ]
    if template.total and template.total < before.issued:
        found.append(("total", f"已经发出 {before.issued} 张，总量不能比它少"))
    elif before.total and template.total and template.total < before.total:
        found.append(("total", f"已经开始发放，总量只能加，不能比 {before.total} 少"))
    elif not before.total and template.total:
        found.append(("total", "原来不限量，发放后不能再限量；可以停发"))
    return found
