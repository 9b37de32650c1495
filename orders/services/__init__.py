"""Everything that changes an order, by name: `from orders import services as orders`."""

from orders.services.accepting import accept
from orders.services.bargaining import Wish
from orders.services.cancelling import NotCancellable, cancel
from orders.services.cart import CartRefused
from orders.services.closing import cancel_locked
from orders.services.events import record_event
from orders.services.expiring import expire_unpaid
from orders.services.housekeeping import NotTrashable, hide_from_buyer, remark, restore, trash
from orders.services.leaving import StillOpen, check_all_ended, forget_buyer, hold_orders
from orders.services.levelling import relevel, relevel_due
from orders.services.looking_up import poll_payments, query_payment, settle_open_attempts
from orders.services.notices import NoticeOutcome, apply_notices, receive_notice
from orders.services.paying import PaymentRefused, PaymentUnavailable, start_payment
from orders.services.placing import place
from orders.services.purging import KEPT_FOR, NotPurgeable, purge
from orders.services.quoting import Express, Pickup, Quote, quote
from orders.services.readdressing import AddressFixed, Destination, edit_address
from orders.services.receiving import NotReceivable, auto_receive, complete, receive
from orders.services.reconciling import reconcile, reconcile_days
from orders.services.redeeming import (
    AlreadyRedeemed,
    NotOfThisStore,
    NotRedeemable,
    find_by_code,
    redeem,
    undo_redemption,
)
from orders.services.refund_sending import retry_refund, send_refunds
from orders.services.refunding import NotRefundable, refund_lines, refund_order
from orders.services.refusals import (
    CouponRefused,
    LimitExceeded,
    NotDeliverable,
    NotForSale,
    PlacingRefused,
    PointsRefused,
    PriceChanged,
    SlotFull,
)
from orders.services.reminding import remind_pickup
from orders.services.repricing import NotRepriceable, change_price
from orders.services.rewarding import RewardSpent, reward_completed
from orders.services.segmenting import segment_members, vip_border
from orders.services.shipping import NotShippable, check_shippable, ship
from orders.services.slots import is_bookable, places_left

__all__ = [
    "KEPT_FOR",
    "AddressFixed",
    "AlreadyRedeemed",
    "CartRefused",
    "CouponRefused",
    "Destination",
    "Express",
    "LimitExceeded",
    "NotCancellable",
    "NotDeliverable",
    "NotForSale",
    "NotOfThisStore",
    "NotPurgeable",
    "NotReceivable",
    "NotRedeemable",
    "NotRefundable",
    "NotRepriceable",
    "NotShippable",
    "NotTrashable",
    "NoticeOutcome",
    "PaymentRefused",
    "PaymentUnavailable",
    "Pickup",
    "PlacingRefused",
    "PointsRefused",
    "PriceChanged",
    "Quote",
    "RewardSpent",
    "SlotFull",
    "StillOpen",
    "Wish",
    "accept",
    "apply_notices",
    "auto_receive",
    "cancel",
    "cancel_locked",
    "change_price",
    "check_all_ended",
    "check_shippable",
    "complete",
    "edit_address",
    "expire_unpaid",
    "find_by_code",
    "forget_buyer",
    "hide_from_buyer",
    "hold_orders",
    "is_bookable",
    "place",
    "places_left",
    "poll_payments",
    "purge",
    "query_payment",
    "quote",
    "receive",
    "receive_notice",
    "reconcile",
    "reconcile_days",
    "record_event",
    "redeem",
    "refund_lines",
    "refund_order",
    "relevel",
    "relevel_due",
    "remark",
    "remind_pickup",
    "restore",
    "retry_refund",
    "reward_completed",
    "segment_members",
    "send_refunds",
    "settle_open_attempts",
    "ship",
    "start_payment",
    "trash",
    "undo_redemption",
    "vip_border",
]
