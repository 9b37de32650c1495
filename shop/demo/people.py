"""The people of the demo shop: who works there and who shops there."""

from dataclasses import dataclass
from datetime import date

PASSWORD = "tuanpu-demo"  # noqa: S105  printed on the screen: the demo refuses to run beside real money


@dataclass(frozen=True)
class Worker:
    """A staff account; `role` is "" for the owner, `stores` are keys of `stores.STORES`."""

    username: str
    nickname: str
    title: str
    role: str
    stores: tuple[str, ...]


@dataclass(frozen=True)
class Shopper:
    """A shopper with an address book of (region code, street)."""

    phone: str
    nickname: str
    name: str
    birthday: date | None
    addresses: tuple[tuple[str, str], ...]


WORKERS = (
    Worker("owner", "林一", "店主", "", ("lake",)),
    Worker("operator", "沈知夏", "运营", "运营", ("lake",)),
    Worker("finance", "顾明珠", "财务", "财务", ("lake",)),
    Worker("clerk-bridge", "周桥", "店员（拱宸桥店）", "店员", ("bridge",)),
    Worker("clerk-garden", "许园", "店员（望江花园店）", "店员", ("garden",)),
)

SHOPPERS = (
    Shopper(
        "13800000001",
        "小满",
        "陈小满",
        date(1993, 5, 21),
        (("330106", "文三路 259 号昌地火炬大厦 2 幢 1102"), ("330108", "江南大道 588 号恒鑫大厦 1806")),
    ),
    Shopper("13800000002", "阿禾", "李青禾", date(1988, 11, 3), (("330105", "湖墅南路 103 号百大花园 6 幢 402"),)),
    Shopper("13800000003", "山止", "吴山止", None, (("330102", "江城路 889 号香榭商务大厦 9 楼"),)),
    Shopper("13800000004", "豆包妈妈", "王素芬", date(1985, 2, 28), (("310101", "南京东路 300 号恒基名人大厦 15 楼"),)),
    Shopper("13800000005", "Kevin 林", "林凯文", date(1996, 8, 8), ()),
)
