"""Orders as a table: one row per order, or one per line of goods. People are masked unless asked for in clear."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from orders.models import Order, OrderLine, Payment, Redemption
from orders.services import pickup_codes
from shop.backoffice.orders.detail import pay_words
from shop.backoffice.orders.filters import TERMINALS
from shop.backoffice.words import moment
from shop.lib.money import yuan
from shop.lib.tables import neutralise

CHUNK = 500
Value = Callable[[Order], str]


@dataclass(frozen=True)
class Sheet:
    """What a file of orders holds: rows by order or by line, people in clear or masked."""

    by_line: bool = False
    in_clear: bool = False


OF_ORDER: dict[str, Value] = {
    "订单编号": lambda order: order.no,
    "订单类型": lambda order: order.get_order_type_display(),
    "订单状态": lambda order: order.get_status_display(),
    "下单时间": lambda order: moment(order.created_at),
    "支付时间": lambda order: moment(order.paid_at),
    "来源": lambda order: TERMINALS.get(order.terminal, order.terminal),
    "会员编号": lambda order: order.member.no,
    "昵称": lambda order: order.member.nickname,
}
OF_MONEY: dict[str, Value] = {
    "商品总额": lambda order: yuan(order.goods_amount),
    "会员优惠": lambda order: yuan(order.level_discount),
    "满减": lambda order: yuan(order.promotion_discount),
    "优惠券": lambda order: yuan(order.coupon_discount),
    "积分抵扣": lambda order: yuan(order.points_discount),
    "改价": lambda order: yuan(order.price_change),
    "运费": lambda order: yuan(order.freight_amount),
    "应付": lambda order: yuan(order.payable_amount),
    "实付": lambda order: yuan(order.paid_amount),
    "已退款": lambda order: yuan(order.refunded_amount),
}
OF_HANDOVER: dict[str, Value] = {
    "支付方式": pay_words,
    "流水号": lambda order: "、".join(one.transaction_id or "" for one in order.payments.all()),
    "配送方式": lambda order: order.get_delivery_method_display(),
    "门店": lambda order: order.store.name,
    "自提时间": lambda order: f"{order.pickup_day or ''} {order.pickup_window}".strip(),
    "提货码": lambda order: pickup_codes.masked(order.pickup_code),
    "核销员": lambda order: "、".join(str(one.staff) for one in order.redemptions.all()),
    "核销时间": lambda order: "、".join(moment(one.redeemed_at) for one in order.redemptions.all()),
    "快递公司": lambda order: "、".join(one.company for one in order.shipments.all()),
    "快递单号": lambda order: "、".join(one.tracking_no for one in order.shipments.all()),
    "买家留言": lambda order: order.buyer_remark,
    "商家备注": lambda order: order.merchant_remark,
}
OF_GOODS = ["商品名称", "规格", "编码", "数量", "单价", "小计"]
OF_RECEIVER = ["联系人", "手机", "地址"]
HEADINGS = [*OF_ORDER, *OF_GOODS, *OF_MONEY, *OF_HANDOVER, *OF_RECEIVER]
NUMERIC = {"数量", "单价", "小计", *OF_MONEY}


def rows(orders: QuerySet[Order], sheet: Sheet) -> Iterator[list[str]]:
    """Yield the rows of `orders`, newest first, with no text that is a formula; they are read in chunks.

    Where an order has several rows, its amounts stand in the first only, so that a column adds up.
    """
    paid = Prefetch("payments", Payment.objects.filter(is_accepted=True).order_by("pk"))
    handed = Prefetch("redemptions", Redemption.objects.filter(undone_at=None).select_related("staff").order_by("pk"))
    lines = Prefetch("lines", OrderLine.objects.order_by("pk"))
    found = orders.select_related("member", "store").prefetch_related(lines, "shipments", paid, handed)
    for order in found.order_by("-pk").iterator(chunk_size=CHUNK):
        for row in rows_of(order, sheet):
            yield [neutralise(cell) for cell in row]


def rows_of(order: Order, sheet: Sheet) -> Iterator[list[str]]:
    head = [value(order) for value in OF_ORDER.values()]
    money = [value(order) for value in OF_MONEY.values()]
    tail = [*(value(order) for value in OF_HANDOVER.values()), *receiver(order, sheet)]
    lines = list(order.lines.all())
    if not sheet.by_line:
        yield [*head, *all_goods(lines), *money, *tail]
        return
    for number, line in enumerate(lines):
        goods = [line.name, line.spec_text, line.code, str(line.units), yuan(line.unit_price), yuan(line.list_amount)]
        yield [*head, *goods, *(money if number == 0 else [""] * len(money)), *tail]


def all_goods(lines: list[OrderLine]) -> list[str]:
    """Write all goods of an order into one row."""
    names = "；".join(f"{line.name} {line.spec_text}".strip() + f" × {line.units}" for line in lines)
    codes = "；".join(line.code for line in lines if line.code)
    total = sum(line.list_amount for line in lines)
    return [names, "", codes, str(sum(line.units for line in lines)), "", yuan(total)]


def receiver(order: Order, sheet: Sheet) -> list[Any]:
    """Return name, phone and address; of a pickup order the phone of the buyer."""
    if sheet.in_clear:
        return [order.receiver_name, order.receiver_phone or order.member.phone, order.full_address]
    address = f"{order.region_path} ******" if order.region_path else ""
    return [order.receiver_name_masked, order.receiver_phone_masked or order.member.phone_masked, address]
