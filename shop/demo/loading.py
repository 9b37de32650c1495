"""Fills an empty shop: settings, stores, pictures, goods and people. Orders come from `selling`."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, time, timedelta
from multiprocessing import get_context

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from catalog import services as catalog
from catalog.models import Category, HomeBlock, LimitKind, Product, ProductStatus
from members import services as members
from members.models import Address, Member
from shop.backoffice.permissions import ensure_roles
from shop.demo import pictures
from shop.demo.front import HOME
from shop.demo.goods import CATEGORY_PICTURES, GOODS, Good
from shop.demo.people import PASSWORD, SHOPPERS, WORKERS, Worker
from shop.demo.stores import SETTINGS, STORES
from shop.lib import regions
from shop.lib.uploads import make_thumbnails
from shop.models import PickupSlot, ShopSettings, Store

FOLDERS = {"banner": "home", "store": "stores"}


def stored_name(picture: str) -> str:
    """Return where the drawing `picture` is kept; it is the same file at every load."""
    folder = FOLDERS.get(picture.split("_", 1)[0], "products")
    return f"{folder}/demo-{picture.replace('_', '-')}.webp"


def store_pictures(names: Sequence[str], *, processes: int = 2) -> int:
    """Draw and keep the pictures that are not there yet, with their thumbnails; return how many were drawn.

    The drawings are made in processes of their own while this one makes the thumbnails.
    """
    missing = [name for name in names if not default_storage.exists(stored_name(name))]
    if not missing:
        return 0
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for name, drawn in zip(missing, pool.map(pictures.draw, missing, chunksize=4), strict=True):
            make_thumbnails(default_storage.save(stored_name(name), ContentFile(drawn)))
    return len(missing)


def load_settings() -> ShopSettings:
    """Give the shop its name, its announcement and its switches."""
    ShopSettings.load()
    ShopSettings.objects.update(**SETTINGS)
    return ShopSettings.load()


def load_stores() -> dict[str, Store]:
    """Make the stores with their slots; return them by key."""
    made = {}
    for order, wanted in enumerate(STORES):
        region = regions.all_regions()[wanted.region_code]
        store, _ = Store.objects.update_or_create(
            name=wanted.name,
            defaults={
                "is_headquarters": wanted.is_headquarters,
                "contact": wanted.contact,
                "phone": wanted.phone,
                "region_code": region.code,
                "region_path": region.path,
                "address": wanted.address,
                "longitude": wanted.longitude,
                "latitude": wanted.latitude,
                "hours": wanted.hours,
                "image": stored_name(wanted.picture),
                "sort_order": order,
            },
        )
        for weekdays, starts, ends, capacity in wanted.slots:
            hours = {"starts": time(starts), "ends": time(ends)}
            PickupSlot.objects.get_or_create(
                store=store, **hours, defaults={"weekdays": weekdays, "capacity": capacity}
            )
        made[wanted.key] = store
    return made


def load_categories(*, now: datetime) -> dict[tuple[str, ...], Category]:
    """Make the category tree of the goods; return its nodes by their path."""
    nodes: dict[tuple[str, ...], Category] = {}
    for order, root in enumerate(CATEGORY_PICTURES):
        nodes[(root,)] = _category((root,), None, order, now=now)
    for order, path in enumerate(dict.fromkeys(good.category for good in GOODS)):
        if path not in nodes:
            nodes[path] = _category(path, nodes[path[:-1]], order, now=now)
    return nodes


def _category(path: tuple[str, ...], parent: Category | None, order: int, *, now: datetime) -> Category:
    existing = Category.objects.filter(parent=parent, name=path[-1]).first()
    if existing:
        return existing
    picture = CATEGORY_PICTURES.get(path[-1]) or next(good.picture for good in GOODS if good.category == path)
    category = Category(name=path[-1], parent=parent, image=stored_name(picture), sort_order=order)
    return catalog.save_category(category=category, by=None, now=now)


def load_home(nodes: dict[tuple[str, ...], Category]) -> None:
    """Arrange the home page, unless somebody has done so; the goods have to be there."""
    if HomeBlock.objects.exists():
        return
    ids = dict(Product.objects.values_list("code", "pk"))
    for order, wanted in enumerate(HOME):
        category = nodes[(wanted.category,)] if wanted.category else None
        block = HomeBlock.objects.create(
            kind=wanted.kind, title=wanted.title, note=wanted.note, sort_order=order, source=wanted.source,
            layout=wanted.layout, units=wanted.units, category=category,
        )  # fmt: skip
        for place, slide in enumerate(wanted.slides):
            link = f"/goods/?category={nodes[(slide.category,)].pk}" if slide.category else "/goods/"
            image = stored_name(slide.picture)
            block.pictures.create(title=slide.title, note=slide.note, image=image, link=link, sort_order=place)
        for place, code in enumerate(wanted.picks):
            block.picks.create(product_id=ids[code], sort_order=place)


def load_goods(nodes: dict[tuple[str, ...], Category], *, by: Member, now: datetime) -> int:
    """Put the goods that are missing on the shelves through the catalogue's own service; return how many."""
    known = set(Product.objects.values_list("code", flat=True))
    drafts = [_draft(good, nodes[good.category].pk) for good in GOODS if good.code not in known]
    return len(catalog.save_products(drafts=drafts, by=by, now=now, source="demo", stock_kind="import").products)


def _draft(good: Good, category_id: int) -> catalog.ProductDraft:
    return catalog.ProductDraft(
        code=good.code,
        name=good.name,
        category_ids=(category_id,),
        selling_point=good.point,
        keywords=good.keywords,
        unit=good.unit,
        status=ProductStatus.ON_SALE if good.on_sale else ProductStatus.OFF_SHELF,
        spec_names=good.spec_names,
        attributes=tuple(good.facts.items()),
        detail_html=good.detail_html,
        sort_order=good.sort,
        virtual_sold=good.virtual_sold,
        limit_kind=LimitKind.PER_ORDER if good.per_order else LimitKind.NONE,
        limit_units=good.per_order,
        images=(stored_name(good.picture),),
        skus=tuple(
            catalog.SkuDraft(
                code=f"{good.code}-{number:02d}" if good.spec_names else good.code,
                specs=version.specs,
                price=version.price,
                market_price=version.market_price,
                cost_price=version.price * 62 // 100,
                stock=version.stock,
                stock_floor=version.floor,
                daily_stock=version.daily,
            )
            for number, version in enumerate(good.versions, start=1)
        ),
    )


def load_staff(stores: dict[str, Store]) -> dict[str, Member]:
    """Make the staff accounts with their roles and stores; return them by username."""
    ensure_roles()
    return {worker.username: _worker(worker, stores) for worker in WORKERS}


def _worker(worker: Worker, stores: dict[str, Store]) -> Member:
    existing: Member | None = Member.objects.filter(username=worker.username).first()
    if existing:
        return existing
    make = Member.objects.create_user if worker.role else Member.objects.create_superuser
    member: Member = make(worker.username, PASSWORD, nickname=worker.nickname)
    member.stores.set([stores[key] for key in worker.stores])
    if worker.role:
        member.groups.set([Group.objects.get(name=worker.role)])
    return member


def load_shoppers(*, now: datetime) -> list[Member]:
    """Register the shoppers with their address books, in the order of `people.SHOPPERS`."""
    found = []
    for shopper in SHOPPERS:
        member, is_new = members.register_by_phone(shopper.phone, now=now, ip=None)
        if is_new:
            long_ago = timezone.localdate(now) - timedelta(days=400)
            members.save_profile(
                member=member, nickname=shopper.nickname, birthday=shopper.birthday, today=long_ago, now=now
            )
            for region_code, detail in shopper.addresses:
                address = Address(
                    receiver_name=shopper.name,
                    receiver_phone=shopper.phone,
                    region_code=region_code,
                    detail=detail,
                )
                members.save_address(member=member, address=address, now=now)
        found.append(member)
    return found
