"""Pages against a bare Django view that answers the same bytes without a query."""

from collections.abc import Callable

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from bench.timing import cpu_ms
from catalog.models import Product, Sku
from members.models import Member
from orders.models import CartItem

HOST = "127.0.0.1"
PAGES = ("home", "list", "product", "cart")
stored: dict[str, bytes] = {}


def bare(request: HttpRequest, name: str) -> HttpResponse:
    """Answer bytes that were rendered before."""
    return HttpResponse(stored[name])


urlpatterns = [path("bare/<str:name>/", bare)]


def report() -> str:
    """Measure every page as guest and as member; return a table of CPU milliseconds and ratios."""
    rows = ["page      who     page ms   bare ms   bare/page"]
    for who, client in (("guest", Client(SERVER_NAME=HOST)), ("member", signed_in())):
        for name, address in addresses().items():
            rows.append(measured(client, who, name, address))
    return "\n".join(rows)


def measured(client: Client, who: str, name: str, address: str) -> str:
    """Measure one page and the bare view with its bytes."""
    answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answers {answer.status_code}")
    stored[name] = answer.content
    page = cpu_ms(lambda: client.get(address))
    with override_settings(ROOT_URLCONF="bench.pages", MIDDLEWARE=[]):
        limit = cpu_ms(unhandled(Client(SERVER_NAME=HOST), f"/bare/{name}/"))
    return f"{name:9} {who:7} {page:7.2f} {limit:9.2f} {limit / page:10.0%}"


def unhandled(client: Client, address: str) -> Callable[[], object]:
    """Return a call of `address` whose handler is loaded under the settings of this moment."""
    handler: BaseHandler = client.handler
    handler.load_middleware()
    return lambda: client.get(address)


def addresses() -> dict[str, str]:
    """Return what is measured: the home page, a list page, a good with pictures, the cart."""
    product = Product.objects.on_sale().order_by("pk")[0]
    return dict(zip(PAGES, ("/", "/goods/", f"/goods/{product.pk}/", "/cart/"), strict=True))


def signed_in() -> Client:
    """Return the client of a member with three things in the cart."""
    member = Member.objects.shoppers().order_by("pk")[0]
    skus = Sku.objects.active().filter(product__in=Product.objects.on_sale(), stock__gte=5).order_by("pk")[:3]
    CartItem.objects.bulk_create(
        [CartItem(member=member, sku=sku, units=1, added_at=member.created_at) for sku in skus], ignore_conflicts=True
    )
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    client = Client(SERVER_NAME=HOST)
    client.cookies["tuanpu_session"] = session.session_key or ""
    return client
