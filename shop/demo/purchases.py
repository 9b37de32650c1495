"""What the shoppers of the demo have bought: orders in every status that can be reached."""

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How far an order has come."""

    UNPAID = "unpaid"  # with no time limit, so that the demo always shows one
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    IN_REVIEW = "in review"
    REVOKED = "revoked"  # cancelled by the merchant while in review: the money went back
    PREPARING = "preparing"
    PART_REFUNDED = "part refunded"
    FULLY_REFUNDED = "fully refunded"
    SHIPPED = "shipped"
    RECEIVED = "received"
    RETURNED = "returned"  # received, then one line refunded and put back into stock
    READY = "ready"
    AT_STORE = "at store"  # ready, to be paid at the counter
    PART_REDEEMED = "part redeemed"
    REDEEMED = "redeemed"


@dataclass(frozen=True)
class Purchase:
    """An order: how long ago in hours, by which shopper, which goods (code, number of the SKU, units)."""

    hours_ago: float
    shopper: int
    goods: tuple[tuple[str, int, int], ...]
    ending: Ending
    store: str = ""  # the key of the store where it is collected; "" goes by courier
    remark: str = ""


PURCHASES = (
    Purchase(24 * 24, 0, (("TP-2001", 0, 1), ("TP-3007", 0, 2)), Ending.RECEIVED, remark="工作日送到公司前台"),
    Purchase(24 * 23, 1, (("TP-4001", 1, 1), ("TP-4103", 0, 1)), Ending.REDEEMED, "bridge"),
    Purchase(24 * 20, 3, (("TP-6103", 1, 1),), Ending.RECEIVED),
    Purchase(24 * 18, 2, (("TP-8002", 0, 1), ("TP-8101", 1, 1)), Ending.REDEEMED, "garden"),
    Purchase(24 * 15, 0, (("TP-2006", 2, 2), ("TP-2007", 0, 1)), Ending.RECEIVED, remark="豆子请磨成手冲粗细"),
    Purchase(24 * 12, 1, (("TP-5102", 0, 2), ("TP-5104", 0, 1)), Ending.RETURNED),
    Purchase(24 * 9, 4, (("TP-9102", 0, 1),), Ending.TIMED_OUT, "lake"),
    Purchase(24 * 8, 2, (("TP-1001", 1, 1), ("TP-1012", 1, 1), ("TP-1006", 0, 2)), Ending.REDEEMED, "garden"),
    Purchase(24 * 6, 3, (("TP-7001", 0, 2), ("TP-7101", 1, 1), ("TP-7103", 0, 1)), Ending.SHIPPED),
    Purchase(24 * 5, 0, (("TP-3001", 1, 1), ("TP-1013", 0, 2)), Ending.REDEEMED, "bridge"),
    Purchase(24 * 4, 1, (("TP-5001", 1, 1),), Ending.FULLY_REFUNDED, remark="拍错尺寸了"),
    Purchase(24 * 3, 2, (("TP-6001", 1, 1), ("TP-6001", 0, 2), ("TP-6002", 0, 1)), Ending.SHIPPED),
    Purchase(24 * 3 - 4, 4, (("TP-6105", 0, 2),), Ending.CANCELLED, "bridge"),
    Purchase(50, 0, (("TP-9001", 0, 1), ("TP-9002", 0, 1)), Ending.REVOKED, "lake", "能不能换成白色"),
    Purchase(44, 3, (("TP-3101", 0, 2), ("TP-3201", 0, 1), ("TP-3203", 0, 1)), Ending.PART_REFUNDED),
    Purchase(30, 1, (("TP-4104", 1, 2), ("TP-3104", 0, 1)), Ending.PREPARING, remark="蜂蜜请多包一层"),
    Purchase(28, 2, (("TP-1010", 0, 2), ("TP-1014", 1, 1), ("TP-3004", 0, 1)), Ending.PART_REDEEMED, "garden"),
    Purchase(22, 0, (("TP-1002", 1, 1), ("TP-1003", 0, 2), ("TP-3003", 0, 1)), Ending.READY, "bridge"),
    Purchase(20, 4, (("TP-8004", 0, 1), ("TP-8001", 0, 1)), Ending.READY, "garden"),
    Purchase(9, 3, (("TP-4002", 0, 1), ("TP-4106", 0, 1)), Ending.PREPARING),
    Purchase(7, 2, (("TP-3005", 0, 1), ("TP-3006", 0, 2)), Ending.AT_STORE, "bridge", "晚上七点来拿"),
    Purchase(5, 1, (("TP-9101", 1, 1),), Ending.IN_REVIEW, "garden"),
    Purchase(3, 0, (("TP-5002", 1, 1), ("TP-5105", 0, 1)), Ending.IN_REVIEW),
    Purchase(1, 0, (("TP-6101", 0, 2), ("TP-6102", 0, 1)), Ending.UNPAID),
)
