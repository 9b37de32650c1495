"""What the shop knows of its members: tags, the days on which they came, and the segment they belong to."""

from django.db import models


class Activity(models.TextChoices):
    NEW = "new", "新会员"
    ACTIVE = "active", "活跃"
    STEADY = "steady", "普通"
    SILENT = "silent", "沉默"


class Tag(models.Model):
    """A word that the merchant hangs on members."""

    name = models.CharField("标签", max_length=20, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "会员标签"

    def __str__(self) -> str:
        return self.name


class MemberTraits(models.Model):
    """Segment, tags and note of a member. Base of Member."""

    activity = models.CharField("分组", max_length=8, choices=Activity, default=Activity.NEW, editable=False)
    is_vip = models.BooleanField("VIP", default=False, editable=False)
    last_visit_on = models.DateField("最近访问", null=True, editable=False)
    tags = models.ManyToManyField(Tag, blank=True, related_name="members", verbose_name="标签")
    note = models.CharField("备注", max_length=200, blank=True)
    invite_code = models.CharField("邀请码", max_length=10, null=True, unique=True, editable=False)
    erased_at = models.DateTimeField("注销时间", null=True, editable=False)

    class Meta:
        abstract = True


class SegmentRun(models.Model):
    """The nightly sweep that puts members into segments, one row per Shanghai day: how far it has come.

    `vip_border` is the least yearly spend in fen of a VIP, fixed when the run begins; None when nobody is one.
    """

    day = models.DateField(unique=True)
    vip_border = models.BigIntegerField(null=True)
    last_member = models.BigIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.day}"


class MemberVisitDay(models.Model):
    """A Shanghai day on which a member came at least once."""

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="visit_days")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "day"], name="visit_once_per_day")]
        indexes = [models.Index(fields=["day", "member"], name="visits_by_day")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.day}"
