"""How notices to people look: `{% load member_words %}`."""

from django import template

register = template.Library()

ICONS = {  # scene of a notice -> icon; the rest gets a bell
    "paid": "wallet",
    "late_money": "refund",
    "refunded": "refund",
    "cancelled": "close",
    "shipped": "truck",
    "pickup_code": "bag",
    "pickup_reminder": "bag",
}


@register.filter
def scene_icon(scene: str) -> str:
    """Name the icon of a notice by what it is about."""
    return ICONS.get(scene, "bell")
