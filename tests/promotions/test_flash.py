"""Flash sales: the quota leaves the stock, pieces go to members within their limit, what is left comes back once."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog import services as catalog
from catalog.models import Sku, StockMove
from members.models import Member, OperationLog
from promotions import selectors
from promotions import services as promotions
from promotions.models import FlashBought, FlashItem, FlashSale
from promotions.services import DraftRefused, FlashItemDraft, FlashRefused
from tests.factories import NOON, make_member, make_sku, make_staff
from tests.promotions.activities import DAY, HOUR, faults, flash_draft, make_flash

pytestmark = pytest.mark.django_db


def take(member: Member, item: FlashItem, units: int = 1, *, now: datetime = NOON) -> None:
    promotions.take_flash(member=member, units_by_item={item.pk: units}, now=now)


def edit(sale: FlashSale, *items: FlashItemDraft, now: datetime = NOON - HOUR, **fields: Any) -> FlashSale:
    return promotions.save_flash_sale(
        draft=flash_draft(*items, **fields), sale=sale, submission=uuid.uuid4().hex, by=make_staff(), now=now
    )


def problems(refusal: pytest.ExceptionInfo[DraftRefused]) -> list[tuple[str, int | None, str]]:
    return [(one.field, one.row, one.sentence) for one in refusal.value.problems]


def test_saving_a_session_locks_its_quota_from_the_stock() -> None:
    sale = make_flash()

    item = sale.items.get()
    assert (item.sku.stock, item.quota, item.left) == (5, 5, 5)
    assert [(move.kind, move.delta) for move in item.sku.moves.order_by("pk")] == [("initial", 10), ("flash", -5)]
    assert faults() == []
    assert OperationLog.objects.get().summary == "新增场次「午间场」"


def test_a_quota_beyond_the_stock_is_refused_and_nothing_is_written() -> None:
    sku = make_sku(price=1000, stock=3)

    with pytest.raises(DraftRefused) as refusal:
        make_flash(FlashItemDraft(sku.pk, 500, 4))

    assert problems(refusal) == [("quota", 0, "库存只有 3 件，不够锁定 4 件")]
    assert (FlashSale.objects.count(), FlashItem.objects.count(), Sku.objects.get().stock) == (0, 0, 3)


def test_a_changed_quota_moves_the_difference() -> None:
    sale = make_flash()
    sku = sale.items.get().sku

    edit(sale, FlashItemDraft(sku.pk, 500, 8, 2))
    assert Sku.objects.get().stock == 2
    edit(sale, FlashItemDraft(sku.pk, 500, 1))

    assert (Sku.objects.get().stock, sale.items.get().quota) == (9, 1)
    assert faults() == []


def test_sending_the_same_form_twice_moves_once() -> None:
    sale, submission = make_flash(), uuid.uuid4().hex
    draft = flash_draft(FlashItemDraft(sale.items.get().sku_id, 500, 7, 2))

    for _ in range(2):
        promotions.save_flash_sale(draft=draft, sale=sale, submission=submission, by=make_staff(), now=NOON - HOUR)

    assert (Sku.objects.get().stock, sale.items.get().quota) == (3, 7)
    assert faults() == []


def test_an_item_that_is_taken_out_gives_its_pieces_back() -> None:
    sale, other = make_flash(), make_sku(price=900, stock=4)
    first = sale.items.get().sku

    edit(sale, FlashItemDraft(other.pk, 300, 4))

    assert set(Sku.objects.values_list("pk", "stock")) == {(first.pk, 10), (other.pk, 0)}
    assert faults() == []


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"price": 1000}, "抢购价要低于本站价 10.00 元"),
        ({"price": 0}, "抢购价要大于 0"),
        ({"quota": 0}, "数量至少 1 件"),
        ({"per_member": 6}, "每人限购至少 1 件，不能超过数量"),
    ],
)
def test_nonsense_of_an_item_is_refused_at_its_row(item: dict[str, int], sentence: str) -> None:
    sku = make_sku(price=1000, stock=10)

    with pytest.raises(DraftRefused) as refusal:
        make_flash(FlashItemDraft(**({"sku_id": sku.pk, "price": 500, "quota": 5} | item)))

    assert [(row, words) for _, row, words in problems(refusal)] == [(0, sentence)]
    assert Sku.objects.get().stock == 10


def test_a_session_ends_after_it_starts_and_has_goods() -> None:
    with pytest.raises(DraftRefused) as refusal:
        promotions.save_flash_sale(draft=flash_draft(ends_at=NOON), submission="1", by=make_staff(), now=NOON - HOUR)

    assert problems(refusal) == [
        ("ends_at", None, "结束时间要晚于开始时间"), ("items", None, "请至少加入一件商品"),
    ]  # fmt: skip


def test_a_sku_is_in_one_session_at_a_time() -> None:
    sku = make_flash().items.get().sku

    with pytest.raises(DraftRefused) as refusal:
        make_flash(FlashItemDraft(sku.pk, 400, 2), starts_at=NOON + HOUR, ends_at=NOON + 3 * HOUR)
    make_flash(FlashItemDraft(sku.pk, 400, 2), starts_at=NOON + 2 * HOUR, ends_at=NOON + 3 * HOUR)

    assert problems(refusal) == [("price", 0, "这件商品同一时间在「午间场」里，请换个时间或移出")]
    assert (FlashSale.objects.count(), Sku.objects.get().stock) == (2, 3)


def test_goods_off_the_shelf_are_refused() -> None:
    sku = make_sku(price=1000, stock=10, status="off_shelf")

    with pytest.raises(DraftRefused) as refusal:
        make_flash(FlashItemDraft(sku.pk, 500, 1))

    assert problems(refusal) == [("price", 0, "这件商品已下架或不存在，请移出")]


def test_taking_counts_for_the_member_and_the_quota() -> None:
    item, member = make_flash().items.get(), make_member()

    take(member, item, 2)

    item.refresh_from_db()
    assert (item.taken, item.left, item.taken_percent, FlashBought.objects.get().units) == (2, 3, 40, 2)
    assert Sku.objects.get().stock == 5


def test_nobody_takes_more_than_the_limit() -> None:
    item, member = make_flash().items.get(), make_member()
    take(member, item)

    with pytest.raises(FlashRefused, match=r"^每人限购 2 件，您已经买了 1 件$"):
        take(member, item, 2)
    with pytest.raises(FlashRefused, match=r"^每人限购 2 件$"):
        take(make_member(), item, 3)

    item.refresh_from_db()
    assert (item.taken, sum(FlashBought.objects.values_list("units", flat=True))) == (1, 1)


def test_the_last_piece_is_sold_and_then_no_more() -> None:
    item = make_flash(FlashItemDraft(make_sku("橙汁", price=900, stock=3).pk, 300, 3, per_member=2)).items.get()
    take(make_member(), item, 2)

    with pytest.raises(FlashRefused, match="「橙汁」只剩 1 件了"):
        take(make_member(), item, 2)
    take(make_member(), item)
    with pytest.raises(FlashRefused, match="「橙汁」已经抢光了"):
        take(make_member(), item)

    item.refresh_from_db()
    assert (item.taken, item.left) == (3, 0)


@pytest.mark.parametrize(("minutes", "is_open"), [(-1, False), (0, True), (119, True), (120, False)])
def test_a_session_is_open_from_its_start_until_before_its_end(minutes: int, is_open: bool) -> None:
    item, now = make_flash().items.get(), NOON + timedelta(minutes=minutes)

    shown = selectors.flash_prices(sku_ids=[item.sku_id], now=now, is_vip=False)

    assert bool(shown) is is_open
    if is_open:
        take(make_member(), item, now=now)
    else:
        with pytest.raises(FlashRefused, match="这场抢购不在进行中"):
            take(make_member(), item, now=now)


def test_a_vip_comes_earlier() -> None:
    item, early = make_flash(vip_early_minutes=30).items.get(), NOON - timedelta(minutes=30)

    take(make_member(is_vip=True), item, now=early)

    assert selectors.flash_prices(sku_ids=[item.sku_id], now=early, is_vip=True) == {item.sku_id: item}
    assert selectors.flash_prices(sku_ids=[item.sku_id], now=early, is_vip=False) == {}
    with pytest.raises(FlashRefused):
        take(make_member(), item, now=early)


def test_pieces_given_back_while_it_runs_may_be_taken_again_once() -> None:
    item, member = make_flash().items.get(), make_member()
    take(member, item, 2)

    for _ in range(2):
        promotions.give_back_flash(member=member, units_by_item={item.pk: 2}, source="order-line:1", now=NOON)

    item.refresh_from_db()
    assert (item.taken, item.left, FlashBought.objects.get().units, Sku.objects.get().stock) == (0, 5, 0, 5)
    take(member, item, 2)


def test_what_is_left_comes_back_once_after_the_end() -> None:
    sale, member = make_flash(), make_member()
    item = sale.items.get()
    take(member, item, 2)
    over = NOON + 2 * HOUR

    assert [promotions.return_flash_quota(now=at) for at in (NOON, over, over)] == [0, 1, 0]

    item.refresh_from_db()
    assert (item.taken, item.returned, item.left, Sku.objects.get().stock) == (2, 3, 0, 8)
    assert StockMove.objects.get(kind="flash_back").delta == 3


def test_pieces_given_back_after_the_end_go_to_the_stock_once() -> None:
    item, member = make_flash().items.get(), make_member()
    take(member, item, 2)
    promotions.return_flash_quota(now=NOON + 2 * HOUR)

    for _ in range(2):
        promotions.give_back_flash(
            member=member, units_by_item={item.pk: 2}, source="order-line:1", now=NOON + 3 * HOUR
        )

    item.refresh_from_db()
    assert (item.taken, item.returned, Sku.objects.get().stock) == (0, 5, 10)


def test_a_stopped_session_sells_no_more_and_returns_its_pieces() -> None:
    sale, staff = make_flash(), make_staff()

    assert promotions.stop_flash_sale(sale=sale, by=staff, now=NOON)
    assert not promotions.stop_flash_sale(sale=sale, by=staff, now=NOON)

    with pytest.raises(FlashRefused):
        take(make_member(), sale.items.get())
    assert promotions.return_flash_quota(now=NOON) == 1
    assert Sku.objects.get().stock == 10
    assert faults() == []


def test_while_it_runs_price_and_start_stay_and_quota_keeps_what_is_taken() -> None:
    sale = make_flash()
    item = sale.items.get()
    take(make_member(), item, 2)
    rest = {"quota": 5, "per_member": 2, "sku_id": item.sku_id}

    for wrong, fields, field in [
        ({"price": 400}, {}, "price"),
        ({"price": 500, "quota": 1, "per_member": 1}, {}, "quota"),
        ({"price": 500}, {"starts_at": NOON - HOUR}, "starts_at"),
    ]:
        with pytest.raises(DraftRefused) as refusal:
            edit(sale, FlashItemDraft(**(rest | wrong)), now=NOON, **fields)
        assert [one.field for one in refusal.value.problems] == [field]
    with pytest.raises(DraftRefused, match="不能移出"):
        edit(sale, FlashItemDraft(make_sku(price=900).pk, 100, 1), now=NOON)
    edit(sale, FlashItemDraft(item.sku_id, 500, 2, 1), now=NOON, name="午间加场", ends_at=NOON + 5 * HOUR)

    sale.refresh_from_db()
    assert (sale.name, sale.items.get().quota, Sku.objects.get(pk=item.sku_id).stock) == ("午间加场", 2, 8)


def test_what_is_over_is_not_edited() -> None:
    sale = make_flash()
    item = FlashItemDraft(sale.items.get().sku_id, 500, 5)

    with pytest.raises(DraftRefused, match="这一场已结束，不能再改"):
        edit(sale, item, now=NOON + 2 * HOUR, ends_at=NOON + 9 * HOUR)


def test_a_late_daily_refill_leaves_what_a_flash_sale_has_locked() -> None:
    sku = make_sku(price=1000, stock=10, sku={"daily_stock": 20})
    make_flash(FlashItemDraft(sku.pk, 500, 6), now=NOON + DAY - HOUR, ends_at=NOON + 2 * DAY)

    catalog.refill_daily_stock(now=NOON + DAY)

    assert Sku.objects.get().stock == 14
    assert faults() == []
