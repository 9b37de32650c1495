"""The demo merchant: one shop, its settings, three stores in Hangzhou and what the home page says."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SETTINGS: Mapping[str, Any] = {
    "shop_name": "团铺",
    "service_phone": "0571-88001234",
    "announcement": "每天上午十点前下单，下午四点后到店可提；自带布袋减五角包装费。",
    "licence": "91330106MA2DEMO00X",
    "icp_number": "浙ICP备00000000号-1",
    "freight_amount": 800,
    "freight_free_over": 9900,
    "pay_at_store_enabled": True,
}


@dataclass(frozen=True)
class DemoStore:
    """One store; `slots` are (weekdays, from hour, to hour, orders that fit)."""

    key: str
    name: str
    contact: str
    phone: str
    region_code: str
    address: str
    longitude: Decimal
    latitude: Decimal
    hours: str
    picture: str
    slots: tuple[tuple[str, int, int, int], ...]
    is_headquarters: bool = False


STORES = (
    DemoStore(
        key="lake",
        name="湖畔总店",
        contact="林一",
        phone="0571-88001001",
        region_code="330106",
        address="曙光路 128 号",
        longitude=Decimal("120.135800"),
        latitude=Decimal("30.265100"),
        hours="每天 8:30–21:30",
        picture="store_lake",
        slots=(("1234567", 9, 12, 40), ("1234567", 14, 17, 40), ("1234567", 17, 20, 60)),
        is_headquarters=True,
    ),
    DemoStore(
        key="bridge",
        name="拱宸桥店",
        contact="周桥",
        phone="0571-88001002",
        region_code="330105",
        address="桥弄街 36 号",
        longitude=Decimal("120.139400"),
        latitude=Decimal("30.319800"),
        hours="每天 9:00–21:00",
        picture="store_bridge",
        slots=(("1234567", 10, 13, 30), ("1234567", 15, 18, 30), ("567", 18, 21, 30)),
    ),
    DemoStore(
        key="garden",
        name="望江花园店",
        contact="许园",
        phone="0571-88001003",
        region_code="330102",
        address="望江东路 72 号",
        longitude=Decimal("120.187300"),
        latitude=Decimal("30.238600"),
        hours="周一至周六 9:00–20:00",
        picture="store_garden",
        slots=(("123456", 9, 12, 20), ("123456", 16, 19, 30)),
    ),
)
