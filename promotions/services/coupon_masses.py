"""A coupon for many members at once: one INSERT … SELECT per batch, under the lock of the template's row."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from members.models import Member
from promotions.models import Coupon, CouponStatus, CouponTemplate
from promotions.services.coupons import TERMS, why_none
from promotions.services.refusals import CouponNotIssued
from promotions.services.validity import validity_of
from shop.lib.bulk import insert_select


@transaction.atomic
def issue_to_many(
    *, template_id: int, members: QuerySet[Member], source: str, ending: str = "", now: datetime
) -> tuple[int, bool]:
    """Give one coupon to each of `members`; return how many were issued, and whether the quota is used up now.

    The reason is `source`, the member's pk and `ending` one after the other; whoever has a coupon for it, or holds as
    many as one may, is passed over. Two statements however many they are. Raises CouponNotIssued when the template is
    stopped or not running. Claims of the same template wait until the transaction ends.
    """
    template = CouponTemplate.objects.select_for_update().get(pk=template_id)
    if why := why_none(template, now=now):
        if template.is_gone:
            return 0, True
        raise CouponNotIssued(why)
    rows = may_have_more(template, for_template(template, members)).order_by("pk")
    reason = Concat(Value(source), Cast("pk", CharField()), Value(ending), output_field=CharField())
    if template.left is not None:
        rows = rows[: template.left]
    valid_from, valid_until = validity_of(template, now)
    terms = {name: getattr(template, name) for name in TERMS}
    facts: dict[str, Any] = {
        "template": template.pk, "member": F("pk"), "source": reason, "status": CouponStatus.UNUSED,
        "valid_from": valid_from, "valid_until": valid_until, "issued_at": now,
    }  # fmt: skip
    issued = insert_select(Coupon, rows, facts | terms)
    within = CouponTemplate.objects.filter(Q(total=0) | Q(issued__lte=F("total") - issued), pk=template.pk)
    if not within.update(issued=F("issued") + issued):
        raise CouponNotIssued("来晚了，这张券已经抢光")
    return issued, template.left is not None and issued >= template.left


def for_template(template: CouponTemplate, members: QuerySet[Member]) -> QuerySet[Member]:
    """Narrow `members` to those for whom the template is meant."""
    if template.level_ids:
        members = members.filter(level__in=template.level_ids)
    return members.filter(is_vip=True) if template.vip_only else members


def may_have_more(template: CouponTemplate, members: QuerySet[Member]) -> QuerySet[Member]:
    """Leave out those who hold as many of the template as one may."""
    if not template.per_member:
        return members
    held = Coupon.objects.filter(template=template.pk, member=OuterRef("pk"))
    if template.per_member == 1:
        return members.filter(~Exists(held))
    count = Subquery(held.order_by().values("member").annotate(units=Count("pk")).values("units"))
    return members.annotate(held=Coalesce(count, 0, output_field=IntegerField())).filter(held__lt=template.per_member)
