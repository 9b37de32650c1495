"""What the staff did."""

from typing import Any, NoReturn

from django.db import models

from members.models.people import Member


class OperationLogQuerySet(models.QuerySet["OperationLog"]):
    """The log grows and is read, nothing else; only sealing may write to a row that exists."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("the operation log is append-only")

    def delete(self) -> NoReturn:
        raise TypeError("the operation log is append-only")

    def seal(self, pk: int, *, digest: str) -> None:
        """Write the digest of an unsealed row."""
        super(OperationLogQuerySet, self.filter(pk=pk, digest="")).update(digest=digest)


class OperationLog(models.Model):
    """One act of the staff: who did what to which row, from where, with what before and after.

    Rows are appended unchained and sealed into a hash chain in id order by a sweep. Database triggers
    refuse to change or delete a row. `before` and `after` hold masked values only.
    """

    at = models.DateTimeField("时间", db_index=True)
    actor = models.ForeignKey(Member, models.PROTECT, null=True, related_name="operations", verbose_name="操作人")
    action = models.CharField("动作", max_length=40, db_index=True)
    target_type = models.CharField("对象", max_length=40)
    target_id = models.CharField("编号", max_length=40)
    summary = models.CharField("说明", max_length=200, blank=True)
    before = models.JSONField("之前", default=dict)
    after = models.JSONField("之后", default=dict)
    ip = models.GenericIPAddressField("IP", null=True)
    request_id = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64, default="", db_index=True)

    objects = OperationLogQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作日志"
        indexes = [models.Index(fields=["target_type", "target_id"], name="log_target")]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the operation log is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the operation log is append-only")
