"""Which column of somebody's file is which of ours: by their names, in Chinese and English."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shop.lib.tables import TableRefused


@dataclass(frozen=True)
class Column:
    """One of our columns: its heading in exports, and what others call it, the surest names first."""

    key: str
    label: str
    names: tuple[str, ...] = ()
    is_exported: bool = True


COLUMNS = [
    Column("code", "商品编码", ("编码", "货号", "goods_sn", "product_code", "product_sn", "spu", "spu_code", "code",
                            "商品货号", "product_id", "goods_id", "商品id", "spu_id")),
    Column("sku_code", "SKU 编码", ("规格编码", "sku", "sku_sn", "sku货号")),
    Column("name", "商品名称", ("名称", "品名", "标题", "商品标题", "商品名", "goods_name", "product_name", "title")),
    Column("category_path", "分类", ("商品分类", "类目", "分类路径", "category", "categories")),
    Column("brand", "品牌", ("品牌名称", "brand_name")),
    Column("spec", "规格", ("商品规格", "规格值", "specs", "specification", "sku_spec")),
    Column("price", "本站价", ("价格", "售价", "销售价", "单价", "sale_price", "retail_price", "shop_price")),
    Column("market_price", "市场价", ("原价", "划线价", "original_price", "list_price", "counter_price")),
    Column("cost_price", "成本价", ("成本", "进价", "cost", "purchase_price")),
    Column("stock", "库存", ("库存数量", "数量", "stock_quantity", "inventory", "quantity", "number")),
    Column("stock_floor", "库存下限", ("库存预警", "预警库存", "low_stock", "stock_warning")),
    Column("daily_stock", "每日库存", ()),
    Column("unit", "单位", ("计量单位",)),
    Column("selling_point", "卖点", ("简介", "副标题", "brief", "sub_title", "subtitle", "summary")),
    Column("keywords", "关键词", ("关键字", "搜索词", "keyword", "tags")),
    Column("status", "状态", ("上架", "是否上架", "上架状态", "is_on_sale", "on_sale", "publish_status")),
    Column("on_sale_at", "定时上架", ("上架时间", "publish_at")),
    Column("sort_order", "排序号", ("排序", "sort")),
    Column("virtual_sold", "虚拟销量", ("virtual_sales",)),
    Column("limit_kind", "限购", ("限购方式",)),
    Column("limit_units", "限购数量", ("limit_quantity",)),
    Column("min_units", "起购数量", ("起购", "min_quantity")),
    Column("barcode", "条码", ("条形码", "ean", "upc")),
    Column("weight", "重量（克）", ("重量", "weight_g")),
    Column("images", "图片", ("商品图片", "主图", "main_image_url", "main_image", "pictures", "picture")),
    Column("sku_image", "规格图", ("image_url", "image", "sku图片")),
    Column("attributes", "参数", ("商品参数", "属性", "attributes_json", "params")),
    Column("detail_html", "商品详情", ("详情", "描述", "商品描述", "detail", "description", "body_html")),
    Column("spec_json", "规格 JSON", ("sp_data",), is_exported=False),
    Column("gallery", "轮播图", ("gallery_json", "图集", "相册", "album_pics"), is_exported=False),
    Column("deleted", "已删除", ("delete_status", "is_deleted"), is_exported=False),
]  # fmt: skip
EXPORTED = [column for column in COLUMNS if column.is_exported]
LABELS = {column.key: column.label for column in COLUMNS}
PROMOTION_PRICES = ("promotion_price", "促销价", "活动价")  # a price for a time is none of the goods' own


@dataclass(frozen=True)
class Mapped:
    """Our key -> their column, and the columns that mean nothing to us."""

    columns: dict[str, str]
    ignored: list[str]


def recognise(theirs: Sequence[str], given: Mapping[str, str]) -> Mapped:
    """Find our columns among `theirs`; `given` ({theirs: ours}) goes first.

    Raises TableRefused when no column holds the product's code, or when `given` names what there is not.
    """
    found = _given(theirs, given)
    folded = {_fold(name): name for name in theirs if name not in found.values()}
    for column in COLUMNS:
        names = [column.label, column.key, *column.names]
        match = next((folded.pop(_fold(name)) for name in names if _fold(name) in folded), None)
        if match and column.key not in found:
            found[column.key] = match
    if "code" not in found:
        raise TableRefused(f"没有找到“商品编码”这一列。文件里的列是：{'、'.join(theirs)}")
    known = {*found.values(), *(name for name in theirs if _fold(name) in map(_fold, PROMOTION_PRICES))}
    return Mapped(found, [name for name in theirs if name not in known])


def _given(theirs: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    keys = {_fold(name): column.key for column in COLUMNS for name in (column.key, column.label)}
    found: dict[str, str] = {}
    for their, our in given.items():
        if their not in theirs:
            raise TableRefused(f"文件里没有“{their}”这一列。文件里的列是：{'、'.join(theirs)}")
        if _fold(our) not in keys:
            raise TableRefused(f"不认识“{our}”这一列。可以填：{'、'.join(LABELS.values())}")
        found[keys[_fold(our)]] = their
    return found


def _fold(name: str) -> str:
    """Return a heading as headings are compared: plain letters, lower case, without spaces and punctuation."""
    return re.sub(r"[\s_\-()/:.*]", "", unicodedata.normalize("NFKC", name)).lower()
