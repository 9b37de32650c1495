"""The words of the back office's templates: `{% load backoffice %}`."""

from django import template
from django.utils.safestring import SafeString

from orders.models import Order, OrderLine
from shop.backoffice.words import thumb, word
from shop.lib.money import yuan

register = template.Library()
DISCOUNTS = {
    "level_discount": "会员优惠",
    "promotion_discount": "满减优惠",
    "coupon_discount": "优惠券",
    "points_discount": "积分抵扣",
}


@register.simple_tag
def status_word(value: str, label: str) -> SafeString:
    """Write a status as a coloured word."""
    return word(value, label)


@register.simple_tag
def picture(name: str) -> SafeString:
    """Show the stored picture `name` small; nothing when there is none."""
    return thumb(name)


@register.filter
def discounts(order: Order) -> list[tuple[str, int]]:
    """List `(label, fen)` of what was taken off the order."""
    return [(label, getattr(order, name)) for name, label in DISCOUNTS.items() if getattr(order, name)]


@register.simple_tag
def line_discounts(line: OrderLine) -> str:
    """Write what was taken off a line, and why."""
    parts = [f"{label} -¥{yuan(getattr(line, name))}" for name, label in DISCOUNTS.items() if getattr(line, name)]
    return "，".join(parts) or "–"
