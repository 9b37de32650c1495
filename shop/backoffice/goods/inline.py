"""The controls in the rows of the product list: the shelf switch and the sort number.

They belong to a form of their own, which stands above the list, so that neither mixes with the list's batch actions.
Without scripts the switch is a button, a further button saves the sort numbers, and both lead back to the list.
"""

from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog import services as catalog
from catalog.models import Product, ProductStatus
from shop.backoffice.base import now, staff_of
from shop.backoffice.words import word

FORM = "goods-inline"
MOST_SORT = 99_999_999
LABELS = {True: "出售中", False: "已下架"}


def switch(product: Product) -> SafeString:
    """Draw the shelf switch of a product; goods in the recycle bin have none."""
    if product.status == ProductStatus.TRASHED:
        return word(product.status, product.get_status_display())
    is_on = product.status == ProductStatus.ON_SALE
    return format_html(
        '<button type="submit" form="{}" name="shelf" value="{}:{}" id="shelf-{}" class="bo-switch" role="switch"'
        ' aria-checked="{}" aria-label="{}：{}" hx-post="{}" hx-params="shelf,csrfmiddlewaretoken" hx-swap="outerHTML"'
        ' hx-disabled-elt="this"><span aria-hidden="true">{}</span></button>',
        FORM, product.pk, "off" if is_on else "on", product.pk, "true" if is_on else "false", product.name,
        LABELS[True], reverse("admin:catalog_product_inline"), LABELS[is_on],
    )  # fmt: skip


def sort_field(product: Product) -> SafeString:
    """Draw the field of a product's sort number."""
    return format_html(
        '<input type="text" inputmode="numeric" form="{}" name="sort-{}" value="{}" maxlength="9" autocomplete="off"'
        ' class="bo-sort" aria-label="{}的排序号" hx-post="{}" hx-params="sort-{},csrfmiddlewaretoken"'
        ' hx-trigger="change" hx-swap="none">',
        FORM, product.pk, product.sort_order, product.name, reverse("admin:catalog_product_inline"), product.pk,
    )  # fmt: skip


@require_POST
def goods_inline(request: HttpRequest) -> HttpResponse:
    """Turn one switch or keep the sort numbers that were typed; answer with the switch, or lead back to the list."""
    if not staff_of(request).has_perm("catalog.change_product"):
        raise PermissionDenied
    pk, _, state = request.POST.get("shelf", "").partition(":")
    sentence, is_refused = turn(request, pk, state) if pk.isdecimal() and len(pk) < 18 else arrange(request)
    if not getattr(request, "htmx", False):
        if sentence:
            (messages.warning if is_refused else messages.success)(request, sentence)
        return redirect(list_address(request))
    product = Product.objects.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 18 else None
    return render(request, "admin/goods/inline.html", {
        "switch": switch(product) if product else "", "sentence": sentence, "is_refused": is_refused,
    })  # fmt: skip


def turn(request: HttpRequest, pk: str, state: str) -> tuple[str, bool]:
    """Put one product on the shelf or take it off; return what to say, and whether it was refused."""
    service = catalog.put_on_shelf if state == "on" else catalog.take_off_shelf
    try:
        service(product_ids=[int(pk)], by=staff_of(request), now=now())
    except catalog.BatchRefused as refusal:
        return refusal.refusals[0].sentence, True
    return "已上架，顾客现在可以购买" if state == "on" else "已下架，顾客看不到了", False


def arrange(request: HttpRequest) -> tuple[str, bool]:
    """Keep the sort numbers that were typed; return what to say, and whether some were no numbers."""
    typed = {
        key.removeprefix("sort-"): str(value).strip() for key, value in request.POST.items() if key.startswith("sort-")
    }
    good = {int(pk): int(text) for pk, text in typed.items() if pk.isdecimal() and len(pk) < 18 and is_number(text)}
    count = catalog.arrange(sort_orders=good, by=staff_of(request), now=now())
    if len(good) < len(typed):
        return "排序号要填整数，数字越小越靠前", True
    return f"已保存 {count} 个排序号" if count else "", False


def is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isdecimal() and digits.isascii() and len(digits) < 10 and int(digits) <= MOST_SORT


def list_address(request: HttpRequest) -> str:
    """Return the list that the request came from, with its filters; never another page."""
    address = reverse("admin:catalog_product_changelist")
    came_from = urlsplit(request.headers.get("Referer", ""))
    return f"{address}?{came_from.query}" if came_from.path == address and came_from.query else address
