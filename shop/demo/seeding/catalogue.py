"""Seeded goods: the demo's own goods under other makers' names, at other prices."""

from datetime import datetime
from random import Random

from catalog import services as catalog
from catalog.models import Category, ProductStatus
from members.models import Member
from shop.demo.goods import GOODS, Good
from shop.demo.loading import stored_name

BATCH = 500
MAKERS = (
    "山野集", "海屿", "小满手作", "老周家", "青禾", "云上", "南巷", "北坡", "半亩", "晨光里", "阿婆灶", "竹里馆",
    "三餐", "拾味", "慢慢来", "朴作", "一间", "四时", "麦田边", "巷口",
)  # fmt: skip


def seed_products(
    count: int, *, seed: int, random: Random, nodes: dict[tuple[str, ...], Category], by: Member, now: datetime
) -> None:
    """Put `count` goods on the shelves; about one in fifty stays off them."""
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        drafts = [_draft(number, seed=seed, random=random, nodes=nodes) for number in numbers]
        catalog.save_products(drafts=drafts, by=by, now=now, source=f"seed-{seed}-{start}", stock_kind="import")


def code_of(number: int, seed: int) -> str:
    """Return the code of a seeded good."""
    return f"S{seed}-{number:06d}"


def _draft(number: int, *, seed: int, random: Random, nodes: dict[tuple[str, ...], Category]) -> catalog.ProductDraft:
    good, maker = GOODS[number % len(GOODS)], random.choice(MAKERS)
    code, percent = code_of(number, seed), random.randint(70, 150)
    return catalog.ProductDraft(
        code=code,
        name=f"{maker} {good.name}",
        brand=maker,
        category_ids=(nodes[good.category].pk,),
        selling_point=good.point,
        keywords=good.keywords,
        unit=good.unit,
        status=ProductStatus.OFF_SHELF if random.random() < 0.02 else ProductStatus.ON_SALE,
        spec_names=good.spec_names,
        attributes=tuple(good.facts.items()),
        detail_html=good.detail_html,
        sort_order=random.randint(100, 999),
        virtual_sold=random.choice((0, 0, 0, random.randint(1, 400))),
        images=(stored_name(good.picture),),
        skus=_skus(good, code, percent, random),
    )


def _skus(good: Good, code: str, percent: int, random: Random) -> tuple[catalog.SkuDraft, ...]:
    return tuple(
        catalog.SkuDraft(
            code=f"{code}-{at:02d}",
            specs=version.specs,
            price=max(version.price * percent // 1000, 1) * 10,
            market_price=version.price * percent // 800 * 10 if version.market_price else 0,
            stock=0 if random.random() < 0.03 else random.randint(20, 400),
            stock_floor=version.floor,
        )
        for at, version in enumerate(good.versions, start=1)
    )
