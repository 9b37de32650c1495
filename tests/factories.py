"""Rows for tests, made by plain functions with dull defaults; what a test is about it says itself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count, product
from typing import Any

from django.contrib.auth.hashers import make_password

from catalog import services as catalog
from catalog.models import Category, Product, Sku
from members.models import Address, Member
from shop.lib import regions
from shop.models import Store

PASSWORD = "a-dull-password"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday in Shanghai
_numbers = count(1)


def make_phone() -> str:
    """Return a phone that no other call returned."""
    return f"139{next(_numbers):08d}"


def make_member(nickname: str = "", **fields: Any) -> Member:
    """Make a shopper with a phone of their own, as signing in by phone does."""
    fields = {"phone": make_phone(), "password": make_password(None)} | fields
    member: Member = Member.objects.create(nickname=nickname, **fields)
    return member


def make_staff(username: str = "", *, stores: list[Store] | None = None, **fields: Any) -> Member:
    """Make a working member of the staff of `stores` whose password is PASSWORD."""
    staff: Member = Member.objects.create_user(username or f"staff-{next(_numbers)}", PASSWORD, **fields)
    staff.stores.set(stores or [])
    return staff


def make_store(name: str = "", **fields: Any) -> Store:
    fields = {"phone": "0571-88880000", "address": "文三路 1 号"} | fields
    return Store.objects.create(name=name or f"门店 {next(_numbers)}", **fields)


def make_address(member: Member, **fields: Any) -> Address:
    """Make an address in 杭州, the member's default unless there is one already."""
    region = regions.all_regions()[fields.pop("region_code", "330106")]
    dull = {
        "receiver_name": "王小明", "receiver_phone": "13800000000", "detail": "文三路 90 号",
        "is_default": not member.addresses.filter(is_default=True).exists(),
    }  # fmt: skip
    return Address.objects.create(member=member, region_code=region.code, region_path=region.path, **(dull | fields))


# --- Goods ---------------------------------------------------------------------------------------------------------
def make_category(name: str = "", *, parent: Category | None = None, **fields: Any) -> Category:
    return Category.objects.create(name=name or f"分类 {next(_numbers)}", parent=parent, **fields)


def make_product(
    name: str = "",
    *,
    price: int = 1000,
    stock: int = 10,
    specs: Mapping[str, Sequence[str]] | None = None,
    categories: Sequence[Category] = (),
    sku: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Product:
    """Make a product on sale: one SKU, or one per combination of `specs` ({"颜色": ["红", "蓝"]}).

    `sku` holds further fields of every SKU, `fields` of the product.
    """
    number = next(_numbers)
    combinations = list(product(*specs.values())) if specs else [()]
    dull = {"code": f"P{number:05d}", "name": name or f"商品 {number}", "status": "on_sale"}
    draft = catalog.ProductDraft(
        **(dull | fields),
        spec_names=tuple(specs or ()),
        category_ids=tuple(category.pk for category in categories),
        skus=tuple(catalog.SkuDraft(price=price, stock=stock, specs=values, **(sku or {})) for values in combinations),
    )
    return catalog.save_product(draft=draft, by=None, now=NOON)


def make_sku(name: str = "", **fields: Any) -> Sku:
    """Make a product with one SKU and return that; takes what `make_product` takes."""
    return make_product(name, **fields).skus.get()
