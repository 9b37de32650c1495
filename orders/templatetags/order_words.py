"""How orders are put into words and pictures: `{% load order_words %}`."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.selectors import picture_url
from orders.models import Order, OrderLine, OrderStatus, Refund, RefundedPart, RefundStatus
from orders.services import pickup_codes
from shop.lib import markup
from shop.lib.money import yuan
from shop.templatetags.ui import icon

register = template.Library()

LOOKS = {  # status -> kind of .status and .hero, icon, what it means for the buyer
    OrderStatus.PENDING_PAYMENT: ("wait", "wallet", "请尽快付款，超时订单会自动取消"),
    OrderStatus.AWAITING_GROUP: ("wait", "group", "拼团还差人，成团后开始备货"),
    OrderStatus.PENDING_ACCEPTANCE: ("wait", "clock", "已付款，等待商家接单"),
    OrderStatus.PENDING_ASSIGNMENT: ("wait", "clock", "已付款，商家正在安排门店"),
    OrderStatus.PREPARING: ("go", "box", "商家正在配货，发货后会通知您"),
    OrderStatus.READY_FOR_PICKUP: ("go", "bag", "请带上提货码到店提货"),
    OrderStatus.PARTLY_SHIPPED: ("go", "truck", "部分商品已经发出"),
    OrderStatus.SHIPPED: ("go", "truck", "收到商品后请确认收货"),
    OrderStatus.COMPLETED: ("done", "success", "谢谢惠顾，欢迎再来"),
    OrderStatus.CANCELLED: ("off", "close", ""),
}


@register.simple_tag
def order_status(order: Order) -> SafeString:
    """Draw the status of an order: icon and word in one colour."""
    kind, name, _ = LOOKS[OrderStatus(order.status)]
    words = order.get_status_display()
    return format_html('<span class="status status--{}">{}{}</span>', kind, icon(name), words)


@register.simple_tag
def order_hero(order: Order) -> SafeString:
    """Draw the head of an order's page: what it is in, and what that means for the buyer."""
    kind, name, _ = LOOKS[OrderStatus(order.status)]
    return format_html(
        '<div class="hero hero--{}">{}<div><p class="hero__title">{}</p><p class="hero__text">{}</p></div></div>',
        kind, icon(name), order.get_status_display(), _meaning(order),
    )  # fmt: skip


def _meaning(order: Order) -> str:
    """Say what the state of an order of `buying.order_page` means for its buyer, money that went back included."""
    _, _, text = LOOKS[OrderStatus(order.status)]
    lines = order.lines.all()
    handed, left = sum(line.units_handed for line in lines), sum(line.units_left for line in lines)
    if order.status == OrderStatus.CANCELLED:
        text = order.get_cancel_reason_display()
    elif order.awaits_counter_payment:
        text = "请到店付款并出示提货码"
    elif order.status == OrderStatus.READY_FOR_PICKUP and handed:
        text = f"已提走 {handed} 件，还有 {left} 件等您来取"
    elif order.refund_status == RefundedPart.FULL:
        text = "商品已全部退款"
    return "，".join(filter(None, [text, money_back(order)]))


@register.simple_tag
def money_back(order: Order) -> str:
    """Say in one clause what of the buyer's money has gone back or is on its way; "" when there is none."""
    refunds = order.refunds.all()
    done = sum(refund.amount for refund in refunds if refund.status == RefundStatus.DONE)
    waiting = sum(refund.amount for refund in refunds if refund.status in Refund.LIVE)
    words = [f"¥{yuan(waiting)} 正在退回"] if waiting else []
    return "，".join([f"¥{yuan(done)} 已退回", *words] if done else words)


@register.simple_tag
def order_next(order: Order) -> str:
    """Say in one line of the list what comes next, where and when; "" where the status says it all."""
    if order.status == OrderStatus.PENDING_PAYMENT:
        return f"请在 {_moment(order.pay_before, order.created_at)} 前付款，逾期自动取消" if order.pay_before else ""
    if order.status == OrderStatus.READY_FOR_PICKUP:
        when = f"{order.pickup_day.month}月{order.pickup_day.day}日 {order.pickup_window}" if order.pickup_day else ""
        return "　".join(filter(None, [order.store.name, when]))
    if order.status == OrderStatus.CANCELLED:
        return str(order.get_cancel_reason_display())
    return LOOKS[OrderStatus(order.status)][2] if order.status != OrderStatus.COMPLETED else ""


def _moment(at: datetime, seen_from: datetime) -> str:
    """Write a time of the same day as 17:31, one of another day as 11月23日 17:31."""
    local = timezone.localtime(at)
    day = "" if local.date() == timezone.localdate(seen_from) else f"{local.month}月{local.day}日 "
    return f"{day}{local:%H:%M}"


@register.filter
def figures(fen: int) -> SafeString:
    """Show `fen` as the content of a `.price` that the template dresses itself."""
    return markup.price(fen)


@register.filter
def picture(line: OrderLine) -> str:
    """Return the address of the picture that a line was bought with."""
    return picture_url(line.image, "small")


@register.filter
def masked_code(code: str | None) -> str:
    """Write a pickup code so that it cannot be used."""
    return pickup_codes.masked(code)
