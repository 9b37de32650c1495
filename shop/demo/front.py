"""How the demo shop arranges its home page."""

from dataclasses import dataclass

from catalog.models import BlockKind, GoodsLayout, GoodsSource


@dataclass(frozen=True)
class Slide:
    """A wide picture: its words, its drawing and the category that a tap leads to, or the whole list for ""."""

    title: str
    note: str
    picture: str
    category: str = ""


@dataclass(frozen=True)
class Block:
    """A block of the home page; `picks` are codes of goods."""

    kind: str
    title: str = ""
    note: str = ""
    source: str = GoodsSource.SORTED
    layout: str = GoodsLayout.SHELF
    units: int = 8
    category: str = ""
    slides: tuple[Slide, ...] = ()
    picks: tuple[str, ...] = ()


HOME = (
    Block(
        BlockKind.BANNERS,
        "轮播图",
        slides=(
            Slide("早市新到", "清晨进货，当季果蔬", "banner_market", "生鲜果蔬"),
            Slide("午后一壶茶", "明前龙井与刚出炉的可颂", "banner_tea", "茶与咖啡"),
            Slide("把家收拾得舒服一点", "棉麻、粗陶和一盏暖灯", "banner_home", "家居布艺"),
        ),
    ),
    Block(BlockKind.CATEGORIES),
    Block(BlockKind.PROMISES),
    Block(BlockKind.COUPONS, "领券更划算", "下单时会自动挑最省的一张"),
    Block(
        BlockKind.GOODS,
        "今早到店",
        "天亮前进的货，卖完等明天",
        source=GoodsSource.CATEGORY,
        category="生鲜果蔬",
    ),
    Block(BlockKind.GOODS, "街坊都在买", "卖得最好的八样", source=GoodsSource.SELLING, layout=GoodsLayout.GRID),
    Block(
        BlockKind.GOODS,
        "刚出炉",
        "早上七点和下午三点各一炉",
        source=GoodsSource.CATEGORY,
        category="烘焙点心",
    ),
    Block(BlockKind.GOODS, "新鲜上架", "这几天刚摆上货架", source=GoodsSource.NEWEST),
    Block(BlockKind.STORES, "我们的门店", "路过进来坐坐"),
)
