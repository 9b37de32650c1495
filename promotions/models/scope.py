"""Which goods a coupon or an offer is for."""

from django.db import models


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


class Window(models.Model):
    """A time in which something runs, half-open; without an end it runs until it is stopped."""

    starts_at = models.DateTimeField("开始时间")
    ends_at = models.DateTimeField("结束时间", null=True, blank=True)
    is_stopped = models.BooleanField("已停止", default=False, editable=False)

    class Meta:
        abstract = True


class RunState(models.TextChoices):
    """What a window is in at a moment; derived, never stored."""

    SCHEDULED = "scheduled", "未开始"
    RUNNING = "running", "进行中"
    ENDED = "ended", "已结束"
    STOPPED = "stopped", "已停止"
