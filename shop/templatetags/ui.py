"""The words of the shop's templates: `{% load ui %}`. What each part looks like stands in static/css/components.css."""

from functools import cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog import selectors as catalog
from shop.lib import markup, money

register = template.Library()
NOTHING = SafeString("")

# What an empty page draws, by the icon that names its subject; a subject without a drawing shows the icon.
DRAWINGS = {
    "bag": "shelf", "bell": "letter", "box": "shelf", "calendar": "clock", "cart": "basket", "categories": "shelf",
    "clock": "clock", "gift": "ticket", "heart": "heart", "location": "house", "me": "house", "message": "letter",
    "orders": "slip", "search": "lens", "shield": "gate", "steps": "steps", "store": "shutter", "teapot": "teapot",
    "ticket": "ticket", "wallet": "slip", "warning": "ticket",
}  # fmt: skip


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Draw the symbol `name` of static/img/icons.svg; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("img/icons.svg"), name
    )


@register.simple_tag
@cache
def drawing(name: str) -> SafeString:
    """Draw what stands for `name` on an empty page: see static/img/art."""
    if name not in DRAWINGS:
        return format_html('<div class="empty__art">{}</div>', icon(name))
    address = static(f"img/art/{DRAWINGS[name]}.svg")
    return format_html('<img class="empty__drawing" src="{}" alt="" width="200" height="150">', address)


@register.simple_tag
def back(view_name: str, *args: object) -> SafeString:
    """Link to the page above this one, for the app bar; works without a history."""
    url = reverse(view_name, args=args)
    return format_html('<a class="app-bar__back" href="{}" aria-label="返回">{}</a>', url, icon("back"))


@register.simple_tag(takes_context=True)
def tab(context: dict[str, Any], view_name: str, icon_name: str, label: str, mark: SafeString = NOTHING) -> SafeString:
    """Draw one entry of the tab bar, marked when the page lies under it, with `mark` as its badge."""
    url = reverse(view_name)
    path = getattr(context.get("request"), "path", "")
    current = path == url or (url != "/" and path.startswith(url))
    return format_html(
        '<a class="tab-bar__item" href="{}"{}>{}<span>{}</span>{}</a>',
        url, SafeString(' aria-current="page"') if current else "", icon(icon_name), label, mark,
    )  # fmt: skip


@register.simple_tag
def badge(count: int | str | None) -> SafeString:
    """Draw a count, 99+ at most; nothing for none."""
    number = int(count or 0)
    if number <= 0:
        return SafeString("")
    return format_html('<span class="badge">{}</span>', "99+" if number > 99 else number)


@register.simple_tag
def cart_badge(count: int | str | None) -> SafeString:
    """Draw the number of pieces in the cart; the place stays there for none, see shop.alike."""
    shown = badge(count)
    if not shown:
        return SafeString('<span class="badge badge--cart" hidden></span>')
    return format_html('<span class="badge badge--cart">{}</span>', "99+" if int(count or 0) > 99 else count)


@register.simple_tag
def shop_name() -> str:
    """Write the name of the shop, on whatever page; nothing while the database cannot be asked."""
    return catalog.shop_name()


@register.simple_tag
def name_tail() -> str:
    """End the title of a page with the name of the shop."""
    name = catalog.shop_name()
    return f" · {name}" if name else ""


@register.simple_tag
def module(name: str) -> SafeString:
    """Load the behaviour static/js/<name>.js as a module."""
    return format_html('<script type="module" src="{}"></script>', static(f"js/{name}.js"))


@register.simple_tag
def page_numbers(page: "Page[Any]") -> list[int | str]:
    """List the page numbers around `page` with an ellipsis where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.filter
def price(fen: int) -> SafeString:
    """Show `fen` as a price: small ¥, yuan, small decimals."""
    return format_html('<span class="price">{}</span>', markup.price(fen))


@register.filter
def yuan(fen: int) -> str:
    """Show `fen` as plain text: 1280 -> "¥12.80"."""
    return f"-¥{money.yuan(-fen)}" if fen < 0 else f"¥{money.yuan(fen)}"
