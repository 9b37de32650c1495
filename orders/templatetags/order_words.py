"""How orders are put into words and pictures: `{% load order_words %}`."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.selectors import picture_url
from orders.models import Order, OrderLine, OrderStatus
from orders.services import pickup_codes
from shop.lib import markup
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
    kind, name, text = LOOKS[OrderStatus(order.status)]
    if order.status == OrderStatus.CANCELLED:
        text = order.get_cancel_reason_display()
    if order.awaits_counter_payment:
        text = "请到店付款并出示提货码"
    return format_html(
        '<div class="hero hero--{}">{}<div><p class="hero__title">{}</p><p class="hero__text">{}</p></div></div>',
        kind, icon(name), order.get_status_display(), text,
    )  # fmt: skip


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
