"""What the shop took today against yesterday, and over seven days. Everything narrowed to the person's stores."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils import timezone

from members.models import Member, staff_scope
from orders.models import Order, Redemption, Refund, RefundStatus
from shop.backoffice.base import Staff
from shop.backoffice.filters import midnight
from shop.lib.money import yuan

DAYS = 7


@dataclass(frozen=True)
class Day:
    """What happened on a day, and until this time of the clock: how often, and how much in fen."""

    times: int = 0
    fen: int = 0
    times_by_now: int = 0
    fen_by_now: int = 0


@dataclass(frozen=True)
class Figure:
    """A number of today, what it was yesterday at this time and all day, and the list that shows it."""

    title: str
    today: int
    by_now: int
    yesterday: int
    url: str
    is_money: bool = False
    less_is_better: bool = False
    unit: str = "单"

    @property
    def words(self) -> str:
        return self.write(self.today)

    @property
    def yesterday_words(self) -> str:
        return self.write(self.yesterday)

    @property
    def change(self) -> str:
        """Say in words how today stands against yesterday at the same time."""
        more = self.today - self.by_now
        if not more:
            return "和昨天此时持平"
        percent = f"（{abs(more) * 100 // self.by_now}%）" if self.by_now else ""
        return f"比昨天此时{'多' if more > 0 else '少'} {self.write(abs(more))}{percent}"

    @property
    def tone(self) -> str:
        more = self.today - self.by_now
        if not more:
            return "even"
        return "good" if (more > 0) != self.less_is_better else "bad"

    @property
    def arrow(self) -> str:
        return "→" if self.today == self.by_now else "↑" if self.today > self.by_now else "↓"

    def write(self, number: int) -> str:
        return f"¥{yuan(number)}" if self.is_money else f"{number} {self.unit}"


@dataclass(frozen=True)
class Overview:
    """The figures of the first page and its chart."""

    figures: list[Figure] = field(default_factory=list)
    week: list[tuple[date, Day, Day]] = field(default_factory=list)  # day, payments, refunds

    @property
    def chart(self) -> str:
        """Write the week as Chart.js takes it; colours are the names of tokens."""
        return json.dumps({
            "labels": [f"{day:%-m-%-d}" for day, _, _ in self.week],
            "datasets": [
                series("付款", [paid.fen for _, paid, _ in self.week], "var(--brand)"),
                series("退款", [refunded.fen for _, _, refunded in self.week], "var(--price)"),
            ],
        })  # fmt: skip


def series(label: str, amounts: list[int], colour: str) -> dict[str, Any]:
    values = [amount / 100 for amount in amounts]
    return {"label": label, "data": values, "borderColor": colour, "backgroundColor": colour, "displayYAxis": True}


def overview(staff: Staff, *, now: datetime) -> Overview:
    """Return what `staff` may see of the shop's figures: four queries, each over an index of its time."""
    if not staff.has_perm("orders.view_order"):
        return Overview()
    paid = by_day(Order.objects.of_staff(staff), "paid_at", "paid_amount", now=now)
    done = Refund.objects.of_staff(staff).filter(status=RefundStatus.DONE)
    refunded = by_day(done, "done_at", "amount", now=now)
    figures = [
        money_of("付款金额", paid, listed("orders_order", "paid", now), now=now),
        count_of("付款订单", paid, listed("orders_order", "paid", now), now=now),
    ]
    if staff.has_perm("orders.view_refund"):
        url = listed("orders_refund", "done", now)
        figures.append(money_of("到账退款", refunded, url, now=now, less_is_better=True))
    if staff.has_perm("orders.view_redemption"):
        kept = Redemption.objects.of_staff(staff).filter(undone_at=None)
        redeemed = by_day(kept, "redeemed_at", "", now=now)
        figures.append(count_of("核销", redeemed, listed("orders_redemption", "redeemed", now), now=now, unit="次"))
    if staff.has_perm("members.view_member") and staff_scope(staff) is None:
        joined = by_day(Member.objects.shoppers(), "created_at", "", now=now)
        figures.append(count_of("新会员", joined, listed("members_member", "joined", now), now=now, unit="人"))
    return Overview(figures, [(day, paid.get(day, Day()), refunded.get(day, Day())) for day in days_to(now)])


def by_day(rows: QuerySet[Any], column: str, amount: str, *, now: datetime) -> dict[date, Day]:
    """Count `rows`, and add up `amount` if it is named, by the day of `column`, over the last seven days."""
    since = midnight(timezone.localdate(now) - timedelta(days=DAYS - 1))
    until_now = Q(**{f"{column}__lte": now - timedelta(days=1)})  # today's rows are all older than now
    found = rows.order_by().filter(**{f"{column}__gte": since, f"{column}__lte": now})
    sums: dict[str, Any] = {"times": Count(column), "times_by_now": Count(column, filter=until_now)}
    if amount:
        sums["fen"] = Coalesce(Sum(amount), 0)
        sums["fen_by_now"] = Coalesce(Sum(amount, filter=until_now), 0)
    counted = found.annotate(day=TruncDate(column)).values("day").annotate(**sums)
    return {row.pop("day"): Day(**row) for row in counted}


def days_to(now: datetime) -> list[date]:
    today = timezone.localdate(now)
    return [today - timedelta(days=days) for days in reversed(range(DAYS))]


def money_of(title: str, days: Mapping[date, Day], url: str, *, now: datetime, less_is_better: bool = False) -> Figure:
    today, yesterday = of_two_days(days, now)
    return Figure(title, today.fen, yesterday.fen_by_now, yesterday.fen, url, True, less_is_better)


def count_of(title: str, days: Mapping[date, Day], url: str, *, now: datetime, unit: str = "单") -> Figure:
    today, yesterday = of_two_days(days, now)
    return Figure(title, today.times, yesterday.times_by_now, yesterday.times, url, unit=unit)


def of_two_days(days: Mapping[date, Day], now: datetime) -> tuple[Day, Day]:
    today = timezone.localdate(now)
    return days.get(today, Day()), days.get(today - timedelta(days=1), Day())


def listed(name: str, parameter: str, now: datetime) -> str:
    """Return the address of a list narrowed to today."""
    today = timezone.localdate(now).isoformat()
    return reverse(f"admin:{name}_changelist") + f"?{parameter}_from={today}&{parameter}_to={today}"
