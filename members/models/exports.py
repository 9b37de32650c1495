"""Files with people in clear that the staff have exported: encrypted, for their maker alone, gone after a week."""

from django.db import models

from members.models.people import Member
from shop.lib.crypto import EncryptedTextField


class ExportFile(models.Model):
    """A file that was made once, for a reason that the operation log holds too. `content` is base64."""

    made_by = models.ForeignKey(Member, models.CASCADE, related_name="export_files", verbose_name="导出人")
    name = models.CharField("文件", max_length=60)
    rows = models.PositiveIntegerField("行数")
    reason = models.CharField("原因", max_length=80)
    content = EncryptedTextField()
    created_at = models.DateTimeField("导出时间")
    expires_at = models.DateTimeField("失效时间", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "导出文件"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
