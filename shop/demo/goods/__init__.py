"""The goods of the demo shop, written and drawn for it."""

from shop.demo.goods import bakery, care, drinks, fresh, home, pantry
from shop.demo.goods.good import Good, Version

__all__ = ["CATEGORY_PICTURES", "GOODS", "Good", "Version"]

GOODS: tuple[Good, ...] = (*fresh.GOODS, *drinks.GOODS, *bakery.GOODS, *pantry.GOODS, *home.GOODS, *care.GOODS)

# The roots of the category tree in the order of the shop front, and the drawing each of them shows.
CATEGORY_PICTURES = {
    "生鲜果蔬": "fuji_apples",
    "烘焙点心": "croissants",
    "茶与咖啡": "longjing",
    "零食坚果": "daily_nuts",
    "粮油调味": "rice",
    "厨房餐具": "casserole",
    "家居布艺": "cushions",
    "鲜花绿植": "tulips",
    "个人护理": "body_wash",
    "文具纸品": "notebooks",
}
