"""Which goods a coupon or an offer is for, and when something runs."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class ScopeKind(models.TextChoices):
    ALL = "all", "全部商品"
    CATEGORY = "category", "指定分类"
    PRODUCT = "product", "指定商品"
    EXCLUDE = "exclude", "排除指定商品"


class Scoped(models.Model):
    """Goods by kind and ids: of categories, which take in all below them, or of products. Frozen terms, one row."""

    scope_kind = models.CharField("适用商品", max_length=10, choices=ScopeKind, default=ScopeKind.ALL)
    scope_ids = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True


class RunState(models.TextChoices):
    """What a window is in at a moment; derived, never stored."""

    SCHEDULED = "scheduled", "未开始"
    RUNNING = "running", "进行中"
    ENDED = "ended", "已结束"
    STOPPED = "stopped", "已停止"


class Window(models.Model):
    """A time in which something runs, half-open; without an end it runs until it is stopped."""

    starts_at = models.DateTimeField("开始时间")
    ends_at = models.DateTimeField("结束时间", null=True, blank=True)
    is_stopped = models.BooleanField("已停止", default=False, editable=False)

    class Meta:
        abstract = True

    def state_at(self, now: datetime) -> RunState:
        """Say what the window is in at `now`."""
        if self.is_stopped:
            return RunState.STOPPED
        if self.ends_at is not None and self.ends_at <= now:
            return RunState.ENDED
        return RunState.RUNNING if self.starts_at <= now else RunState.SCHEDULED


def in_state(state: str, now: datetime) -> Q:
    """Return the condition for windows that are in `state` at `now`."""
    stopped, ended, begun = Q(is_stopped=True), Q(ends_at__lte=now), Q(starts_at__lte=now)
    unended = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    return {
        RunState.STOPPED: stopped,
        RunState.ENDED: ~stopped & ended,
        RunState.RUNNING: ~stopped & unended & begun,
        RunState.SCHEDULED: ~stopped & unended & ~begun,
    }[RunState(state)]
