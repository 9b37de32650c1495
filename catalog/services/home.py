"""Arranging the home page: blocks, their pictures and their picked goods."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Max, QuerySet

from catalog.models import MOST_BLOCKS, MOST_GOODS, MOST_PICTURES, HomeBlock, HomePick, HomePicture, Product
from catalog.selectors.home import DEFAULT_BLOCKS
from catalog.services.products import bump_catalogue
from members import services as members
from members.models import Member

Piece: TypeAlias = HomeBlock | HomePicture | HomePick


class HomeFull(Exception):
    """There is no room for one more; the message is the sentence the merchant sees."""


def lay_out_home() -> list[HomeBlock]:
    """Return the blocks in their order; a shop that has arranged nothing gets the usual ones to begin with."""
    with transaction.atomic():
        blocks = list(HomeBlock.objects.select_for_update().order_by("sort_order", "pk"))
        if not blocks:
            facts = enumerate(DEFAULT_BLOCKS)
            blocks = HomeBlock.objects.bulk_create([HomeBlock(**fact, sort_order=at) for at, fact in facts])
    return blocks


def save_block(*, block: HomeBlock, by: Member | None, now: datetime) -> HomeBlock:
    """Save a block; a new one goes below the others. Raises HomeFull."""
    with transaction.atomic():
        is_new = block.pk is None
        if is_new:
            block.sort_order = _end_of(HomeBlock.objects.all(), MOST_BLOCKS, f"首页最多 {MOST_BLOCKS} 栏，请先删掉一栏")
        block.save()
        _log(block, "新增栏目" if is_new else "修改栏目", by=by, now=now)
    return block


def save_picture(*, picture: HomePicture, by: Member | None, now: datetime) -> HomePicture:
    """Save a picture of a block; a new one comes last. Raises HomeFull."""
    with transaction.atomic():
        is_new = picture.pk is None
        if is_new:
            picture.sort_order = _end_of(
                picture.block.pictures.all(), MOST_PICTURES, f"一栏最多 {MOST_PICTURES} 张图片，请先删掉一张"
            )
        picture.save()
        _log(picture.block, f"{'新增' if is_new else '修改'}图片 {picture.title}", by=by, now=now)
    return picture


def pick_goods(*, block: HomeBlock, product_ids: Sequence[int], by: Member | None, now: datetime) -> int:
    """Put goods at the end of a block of picked goods; return how many were not in it. Raises HomeFull."""
    with transaction.atomic():
        picked = set(block.picks.values_list("product_id", flat=True))
        goods = Product.objects.kept().filter(pk__in=product_ids).exclude(pk__in=picked).in_bulk()
        wanted = [goods[pk] for pk in dict.fromkeys(product_ids) if pk in goods]
        if len(picked) + len(wanted) > MOST_GOODS:
            raise HomeFull(f"一栏最多 {MOST_GOODS} 件商品，请先移出几件")
        end = _end_of(block.picks.all())
        HomePick.objects.bulk_create(
            [HomePick(block=block, product=product, sort_order=end + at) for at, product in enumerate(wanted)]
        )
        if wanted:
            _log(block, "放入商品 " + "、".join(product.name for product in wanted), by=by, now=now)
    return len(wanted)


def move_piece(*, piece: Piece, up: bool, by: Member | None, now: datetime) -> None:
    """Let a block, a picture or a pick change places with the one above or below it; at the end nothing happens."""
    with transaction.atomic():
        row = list(_siblings(piece).select_for_update().order_by("sort_order", "pk"))
        at = row.index(piece)
        to = at - 1 if up else at + 1
        if not 0 <= to < len(row):
            return
        row[at], row[to] = row[to], row[at]
        for place, one in enumerate(row):
            one.sort_order = place
        type(piece)._default_manager.bulk_update(row, ["sort_order"])
        _log(_block_of(piece), f"{'上移' if up else '下移'} {_name_of(piece)}", by=by, now=now)


def show_block(*, block: HomeBlock, visible: bool, by: Member | None, now: datetime) -> None:
    """Show a block, or keep it out of sight."""
    with transaction.atomic():
        HomeBlock.objects.filter(pk=block.pk).update(is_visible=visible)
        _log(block, "显示栏目" if visible else "隐藏栏目", by=by, now=now)


def remove_piece(*, piece: Piece, by: Member | None, now: datetime) -> None:
    """Delete a block with all in it, a picture, or take a good out of its block; the good itself stays."""
    with transaction.atomic():
        _log(_block_of(piece), f"删除 {_name_of(piece)}", by=by, now=now)
        piece.delete()


def _siblings(piece: Piece) -> QuerySet[Any]:
    rows: QuerySet[Any] = type(piece)._default_manager.all()
    return rows if isinstance(piece, HomeBlock) else rows.filter(block_id=piece.block_id)


def _end_of(rows: QuerySet[Any], most: int | None = None, sentence: str = "") -> int:
    if most and rows.count() >= most:
        raise HomeFull(sentence)
    last: int | None = rows.aggregate(last=Max("sort_order"))["last"]
    return 0 if last is None else last + 1


def _block_of(piece: Piece) -> HomeBlock:
    return piece if isinstance(piece, HomeBlock) else piece.block


def _name_of(piece: Piece) -> str:
    return piece.product.name if isinstance(piece, HomePick) else str(piece)


def _log(block: HomeBlock, what: str, *, by: Member | None, now: datetime) -> None:
    """Enter what was done into the operation log, and let the home page be drawn anew."""
    if by:
        summary = f"首页布置「{block}」：{what}"[:200]
        members.log_operation(actor=by, action="arrange_home", target=block, summary=summary, now=now)
    transaction.on_commit(bump_catalogue)
