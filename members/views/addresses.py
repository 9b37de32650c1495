"""The address book. With `next` (the checkout) every way through it leads back there with `address=<id>`."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members import selectors, services
from members.forms import AddressForm, PasteForm
from members.models import Address
from members.views.access import MemberRequest, shopper_required
from shop.lib.http import safe_next


@require_safe
@shopper_required
def address_list(request: MemberRequest) -> HttpResponse:
    """Queries: session, member, addresses."""
    following = safe_next(request, "")
    addresses = list(selectors.addresses_of(request.user))
    rows = [(address, _chosen(following, address) if following else "") for address in addresses]
    context = {"rows": rows, "next": following, "is_full": len(rows) >= services.MOST_ADDRESSES}
    return render(request, "members/address_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@shopper_required
def address_add(request: MemberRequest) -> HttpResponse:
    return _edit(request, Address(member=request.user), "新增收货地址")


@require_http_methods(["GET", "HEAD", "POST"])
@shopper_required
def address_edit(request: MemberRequest, address_id: int) -> HttpResponse:
    address = get_object_or_404(selectors.addresses_of(request.user), pk=address_id)
    return _edit(request, address, "编辑收货地址")


@require_safe
@shopper_required
def address_regions(request: MemberRequest) -> HttpResponse:
    """The fields of the region alone, for what was picked so far."""
    form = AddressForm(initial=request.GET.dict())
    return render(request, "members/address_form.html#regions", {"form": form})


@require_POST
@shopper_required
def address_delete(request: MemberRequest, address_id: int) -> HttpResponse:
    """Delete an address; somebody else's and one that is gone are simply not there any more."""
    services.delete_address(member=request.user, address_id=address_id)
    return redirect(_list_url(request))


@require_POST
@shopper_required
def address_default(request: MemberRequest, address_id: int) -> HttpResponse:
    try:
        services.set_default_address(member=request.user, address_id=address_id)
    except Address.DoesNotExist as error:
        raise Http404 from error
    return redirect(_list_url(request))


def _edit(request: MemberRequest, address: Address, heading: str) -> HttpResponse:
    """Show and save the form; a button that only asks for the next level, or to read a pasted text, saves nothing."""
    following, picks = safe_next(request, ""), request.POST.get("pick", "")
    asked: dict[str, Any] = {"instance": address}
    paste = PasteForm(request.POST if picks == "paste" else None)
    if picks:
        asked["initial"] = request.POST.dict() | {"is_default": "is_default" in request.POST}
    if paste.is_bound and paste.is_valid():
        asked["initial"] |= paste.recognised()
    form = AddressForm(request.POST if request.method == "POST" and not picks else None, **asked)
    if form.is_bound and form.is_valid():
        try:
            saved = services.save_address(member=request.user, address=form.instance, now=timezone.now())
        except services.AddressRefused as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "地址已保存")
            return redirect(_chosen(following, saved) if following else reverse("members:addresses"))
    context = {"form": form, "paste": paste, "address": address, "heading": heading, "next": following}
    return render(request, "members/address_form.html", context)


def _list_url(request: HttpRequest) -> str:
    following = safe_next(request, "")
    url = reverse("members:addresses")
    return f"{url}?{urlencode({'next': following})}" if following else url


def _chosen(url: str, address: Address) -> str:
    """Return `url` with the address that was chosen as its `address`."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "address"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("address", str(address.pk))])))
