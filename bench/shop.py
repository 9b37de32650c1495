"""A shop to measure in: migrated, seeded, and with shoppers who are signed in and have something in the cart."""

import logging
import uuid
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.utils import timezone

from catalog.models import Product, Sku
from members.models import Address, Member
from orders.models import CartItem
from shop import visits
from shop.lib import regions

PLENTY = 1_000_000
LINES = 3
MEMBERS = 260
CSRF = "0123456789abcdefghijklmnopqrstuv"  # the cookie's secret, which is a token too


@dataclass(frozen=True, slots=True)
class Shopper:
    """A member, their address, and the cookies of a browser in which they are signed in."""

    member: Member
    address: int
    cookies: dict[str, str]


def open_with(goods: int) -> None:
    """Migrate the database and fill it with `goods` goods and some shoppers; pictures are named, not drawn."""
    logging.disable(logging.CRITICAL)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("seed", products=goods, members=MEMBERS, seed=1, without_pictures=True, verbosity=0)


def stocked(count: int) -> list[Sku]:
    """Return `count` SKUs that anybody may buy, with stock without end; the throw-away shop is never audited."""
    skus = list(Sku.objects.active().filter(product__in=Product.objects.on_sale()).order_by("pk")[:count])
    Sku.objects.filter(pk__in=[sku.pk for sku in skus]).update(stock=PLENTY)
    Product.objects.filter(skus__in=skus).update(limit_kind="none", limit_units=0, min_units=1)
    return skus


def shoppers(count: int) -> list[Shopper]:
    """Return `count` of the seeded members, signed in."""
    members = list(Member.objects.shoppers().order_by("pk")[:count])
    if len(members) < count:
        raise SystemExit(f"The shop has {len(members)} members, {count} are needed.")
    return [signed_in(member) for member in members]


def signed_in(member: Member) -> Shopper:
    """Give `member` an address and a session."""
    return Shopper(member, address_of(member).pk, cookies_of(member))


def cookies_of(member: Member) -> dict[str, str]:
    """Return the cookies of a browser in which `member` is signed in and has seen a page today."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return {
        settings.SESSION_COOKIE_NAME: session.session_key, settings.CSRF_COOKIE_NAME: CSRF,
        visits.COOKIE: f"{timezone.localdate()}",
    }  # fmt: skip


def address_of(member: Member) -> Address:
    """Return an address of `member`, made when there is none."""
    place = regions.all_regions()["330106"]
    return member.addresses.order_by("pk").first() or Address.objects.create(
        member=member,
        receiver_name="王小明",
        receiver_phone="13800000000",
        region_code=place.code,
        region_path=place.path,
        detail="文三路 90 号",
        is_default=True,
    )


def fill_carts(people: list[Shopper], skus: list[Sku]) -> None:
    """Put one piece of each SKU into each cart."""
    CartItem.objects.bulk_create(
        [
            CartItem(member=person.member, sku=sku, units=1, added_at=person.member.created_at)
            for person in people
            for sku in skus
        ],
        ignore_conflicts=True,
    )


def order_form(person: Shopper, *, expected: int, **fields: object) -> dict[str, object]:
    """Return what the checkout posts for one order by express."""
    return {
        "csrfmiddlewaretoken": CSRF, "do": "place", "delivery": "express", "address": person.address, "pay": "wechat",
        "key": uuid.uuid4().hex, "expected": expected, **fields,
    }  # fmt: skip
