"""The category tree."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from shop.lib.uploads import PictureField

MAX_CATEGORY_DEPTH = 3


class Category(models.Model):
    """A node of the category tree, at most three levels deep."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级分类"
    )
    name = models.CharField("名称", max_length=30)
    image = PictureField("图片", upload_to="categories", blank=True)
    sort_order = models.IntegerField("排序号", default=0, help_text="数字越小越靠前。")
    is_visible = models.BooleanField("显示", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "分类"
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="category_name_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent__isnull=True), name="category_root_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.pk and self.pk in [node.pk for node in self._parents()]:
            raise ValidationError({"parent": "分类不能放到自己的下级里"})
        if self.parent and len(self._parents()) + self._height() > MAX_CATEGORY_DEPTH:
            raise ValidationError({"parent": f"分类最多 {MAX_CATEGORY_DEPTH} 级"})

    def _parents(self) -> list["Category"]:
        found: list[Category] = []
        node = self.parent
        while node and node not in found:
            found.append(node)
            node = node.parent
        return found

    def _height(self) -> int:
        """Return how many levels this category and all below it take."""
        level, height = [self.pk], 0
        while level and height < MAX_CATEGORY_DEPTH:
            level = list(Category.objects.filter(parent__in=level).values_list("pk", flat=True)) if self.pk else []
            height += 1
        return height
