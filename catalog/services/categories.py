"""The category tree: saved, moved among its sisters, shown and hidden, deleted."""

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError

from catalog.models import Category
from catalog.services.products import bump_catalogue
from members import services as members
from members.models import Member

STEP = 10  # between the sort numbers of sisters


class CategoryInUse(Exception):
    """A category that others lie below, or that is used elsewhere, cannot be deleted. The message is the sentence."""


def save_category(*, category: Category, by: Member | None, now: datetime) -> Category:
    """Save a category that was made or edited. Raises ValidationError with the sentence at its field."""
    category.full_clean()
    is_new = category.pk is None
    with transaction.atomic():
        category.save()
        _log(category, f"{'新建' if is_new else '修改'}分类 {category.name}", by=by, now=now)
    return category


def move_category(*, category: Category, steps: int, by: Member | None, now: datetime) -> None:
    """Move a category `steps` places down among its sisters (up when negative) and number them anew."""
    with transaction.atomic():
        sisters = Category.objects.select_for_update().filter(parent=category.parent_id)
        order = list(sisters.order_by("sort_order", "pk"))
        at = next(index for index, sister in enumerate(order) if sister.pk == category.pk)
        order.insert(min(max(at + steps, 0), len(order) - 1), order.pop(at))
        for index, sister in enumerate(order):
            sister.sort_order = STEP * (index + 1)
        Category.objects.bulk_update(order, ["sort_order"])
        _log(category, f"移动分类 {category.name}", by=by, now=now)


def show_category(*, category: Category, is_visible: bool, by: Member | None, now: datetime) -> None:
    """Show a category with all below it to shoppers, or hide it."""
    with transaction.atomic():
        changed = Category.objects.filter(pk=category.pk, is_visible=not is_visible).update(is_visible=is_visible)
        if changed:
            _log(category, f"{'显示' if is_visible else '隐藏'}分类 {category.name}", by=by, now=now)


def delete_category(*, category: Category, by: Member | None, now: datetime) -> None:
    """Delete a category; its goods stay and belong to it no longer. Raises CategoryInUse."""
    if category.children.exists():
        raise CategoryInUse(f"“{category.name}”下面还有分类，请先移走或删除它们")
    try:
        with transaction.atomic():
            _log(category, f"删除分类 {category.name}", by=by, now=now)
            category.delete()
    except ProtectedError:
        raise CategoryInUse(f"“{category.name}”还在别处使用（例如首页），请先从那里移除") from None


def _log(category: Category, summary: str, *, by: Member | None, now: datetime) -> None:
    if by:
        members.log_operation(actor=by, action="save_category", target=category, summary=summary, now=now)
    transaction.on_commit(bump_catalogue)
