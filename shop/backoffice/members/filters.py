"""What the list of members can be narrowed by."""

import re
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from members.models import Activity, Level, Member, Tag
from shop.backoffice.filters import (
    ChosenFilter,
    ManyFilter,
    chosen_filter,
    days_filter,
    numbers_filter,
    typed_filter,
)
from shop.lib.crypto import blind_index

MONTHS = [(str(number), f"{number} 月") for number in range(1, 13)]
LIKE_PHONE = re.compile(r"1[3-9]\d{9}")


def anything(typed: str) -> Q:
    """Guess what was typed into the one search field: the whole phone, the number, or a part of the nickname."""
    digits = re.sub(r"[\s-]", "", typed)
    if LIKE_PHONE.fullmatch(digits):
        return Q(phone_index=blind_index(digits))
    if re.fullmatch(r"\d{12}", digits):
        return Q(no=digits) | Q(nickname=typed)
    return Q(nickname__icontains=typed)


class LevelFilter(ChosenFilter):
    """One of the levels, or none."""

    title = "等级"
    parameter_name = "level"

    def options(self) -> list[tuple[Any, str]]:
        if not hasattr(self, "levels"):
            rows = Level.objects.order_by("min_value").values_list("pk", "name")
            self.levels = [*((str(pk), name) for pk, name in rows), ("none", "无等级")]
        return self.levels

    def condition(self, typed: str) -> Q:
        return Q(level=None) if typed == "none" else Q(level=int(typed))


class TagFilter(ManyFilter):
    """Any of some tags."""

    title = "标签"
    parameter_name = "tag"

    def options(self) -> list[tuple[Any, str]]:
        if not hasattr(self, "tags"):
            self.tags = list(Tag.objects.order_by("name", "pk").values_list("pk", "name"))
        return self.tags

    def has_output(self) -> bool:
        return bool(self.options())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Ask whether there is such a tag, instead of joining: a member with two of them is one member."""
        known = {str(pk) for pk, _ in self.options()} if self.ticked else set()
        wanted = [value for value in self.ticked if value in known]
        hung = Member.tags.through.objects.filter(member_id=OuterRef("pk"), tag_id__in=wanted)
        return queryset.filter(Exists(hung)) if wanted else queryset


def with_state(typed: str) -> Q:
    if typed == "erased":
        return Q(erased_at__isnull=False)
    return Q(is_active=typed == "active", erased_at=None)


FILTERS: list[Any] = [
    LevelFilter,
    chosen_filter("activity", "分组", Activity.choices),
    chosen_filter("vip", "VIP", [("yes", "是 VIP"), ("no", "不是")], lambda typed: Q(is_vip=typed == "yes")),
    TagFilter,
    typed_filter("phone", "手机（完整）", lambda typed: Q(phone_index=blind_index(re.sub(r"[\s-]", "", typed)))),
    typed_filter("no", "会员编号", lambda typed: Q(no=typed)),
    typed_filter("nickname", "昵称", lambda typed: Q(nickname__icontains=typed)),
    numbers_filter("spent", "消费金额（元）", ("spent_amount", "spent_amount"), in_yuan=True),
    numbers_filter("orders", "订单数", ("paid_orders", "paid_orders")),
    numbers_filter("points", "积分", ("points_balance", "points_balance")),
    chosen_filter("birthday", "生日", MONTHS, lambda typed: Q(birthday__month=int(typed))),
    typed_filter("inviter", "邀请人编号", lambda typed: Q(invited_by__no=typed)),
    days_filter("bought", "最近消费", "last_paid_at"),
    days_filter("joined", "注册日期", "created_at"),
    chosen_filter("state", "状态", [("active", "正常"), ("off", "已停用"), ("erased", "已注销")], with_state),
]
