"""The coupons of the demo shop, one of nearly every way in which a coupon reaches people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalog.models import Category
from members.models import Member
from promotions import services as promotions
from promotions.models import CouponTemplate, IssueMode

CODES = 20


@dataclass(frozen=True)
class Wanted:
    """A coupon; `category` is a top category that it is for, `terms` what differs from a plain one."""

    name: str
    mode: str
    category: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)


def off(amount: int, threshold: int = 0, **terms: Any) -> dict[str, Any]:
    return {"amount": amount, "threshold": threshold, **terms}


def percent(rate: int, **terms: Any) -> dict[str, Any]:
    return {"kind": "percent", "percent": rate, **terms}


COUPONS = (
    Wanted("进店礼", IssueMode.CLAIM, terms=off(600, 5900, valid_days=60)),
    Wanted(
        "早市 9 折券", IssueMode.CLAIM, "生鲜果蔬",
        percent(90, max_discount=1500, valid_days=45, per_member=2, remark="早上买菜更划算，最多减 15 元。"),
    ),
    Wanted("添置家什", IssueMode.CLAIM, "家居布艺", off(3000, 19900, total=200, valid_days=60, remark="共 200 张。")),
    Wanted("新街坊见面礼", IssueMode.REGISTER, terms=off(1000, 3900, valid_days=60)),
    Wanted("回头客", IssueMode.ORDER_COMPLETED, terms=off(500, 5000, per_member=0, from_next_day=True, valid_days=30)),
    Wanted("生日快乐", IssueMode.BIRTHDAY, terms=percent(85, max_discount=3000, per_member=0, valid_days=15)),
    Wanted("好久不见", IssueMode.WAKE_UP, terms=off(800, 4800, per_member=0, valid_days=14)),
    Wanted("请朋友喝杯茶", IssueMode.SHARE, "茶与咖啡", off(500, 2000, valid_days=20)),
    Wanted("门店宣传单", IssueMode.CODE, terms=off(300, 0, total=500, valid_days=30, remark="印在宣传单背面。")),
    Wanted("拼团立减", IssueMode.GROUP, terms=off(200, 0, per_member=0, valid_days=30)),
    Wanted("老街坊心意", IssueMode.PUSH, terms=off(1200, 9900, valid_days=30)),
)  # fmt: skip


def load_coupons(nodes: Mapping[tuple[str, ...], Category], *, by: Member, now: datetime) -> int:
    """Write the coupons, unless there are some; return how many. Whoever joins afterwards is welcomed by them."""
    if CouponTemplate.objects.exists():
        return 0
    for wanted in COUPONS:
        scope = {"scope_kind": "category", "scope_ids": [nodes[(wanted.category,)].pk]} if wanted.category else {}
        template = CouponTemplate(name=wanted.name, issue_mode=wanted.mode, **scope, **wanted.terms)
        promotions.save_template(template=template, by=by, now=now)
        if wanted.mode == IssueMode.CODE:
            promotions.make_codes(template=template, units=CODES, by=by, now=now)
    return len(COUPONS)


def hand_out(shoppers: Sequence[Member], *, by: Member, now: datetime) -> int:
    """Let the first shoppers claim something, and send one coupon to all of them; return how many were issued."""
    claimed = list(CouponTemplate.objects.filter(issue_mode=IssueMode.CLAIM).order_by("pk"))
    for place, member in enumerate(shoppers[:3]):
        for template in claimed[: 3 - place]:
            promotions.claim(template_id=template.pk, member=member, now=now)
    pushed = CouponTemplate.objects.get(issue_mode=IssueMode.PUSH)
    promotions.start_push(template=pushed, audience={"everybody": True}, by=by, now=now)
    return promotions.run_pushes(now=now)
