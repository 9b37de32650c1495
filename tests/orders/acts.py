"""What people, the gateway and workers do to an order, as acts for races; and how a race is judged."""

import uuid
from datetime import timedelta
from functools import partial

from catalog.models import Sku
from members.models import Member
from orders import services as orders
from orders.channels import GatewayEvent, PaymentFact, PaymentState
from orders.models import NoticeKind, Order, Payment, RedemptionWay
from orders.services import notices
from shop import audit
from shop.models import PickupSlot, Store
from tests.factories import NOON, make_order, make_sku
from tests.orders.shopping import to_pick_up
from tests.racing import Act

LATER = NOON + timedelta(minutes=5)


def findings() -> list[str]:
    """Return what the auditor has to say; the gateway's own books are empty here."""
    return [str(finding) for finding in audit.run(now=LATER) if finding.invariant != "I5"]


def attempt(order: Order, number: int = 1) -> Payment:
    """Make an attempt as `start_payment` leaves it, of which no gateway knows."""
    return Payment.objects.create(
        order=order, attempt_no=number, channel="wechat", product="native", out_trade_no=f"{order.no}-{number}",
        amount=order.payable_amount, status="pending", created_at=NOON,
    )  # fmt: skip


def told_of(payment: Payment) -> GatewayEvent:
    """Return what the gateway's notice says when the attempt was paid."""
    fact = PaymentFact(
        out_trade_no=payment.out_trade_no, state=PaymentState.PAID, amount=payment.amount,
        transaction_id=f"42{payment.pk:08d}", paid_at=NOON,
    )  # fmt: skip
    number = payment.out_trade_no
    return GatewayEvent(event_id=f"notice:{number}", kind=NoticeKind.PAYMENT, subject_no=number, fact=fact)


def ready(store: Store, units: int = 1) -> Order:
    """Bring an order to the counter of `store`."""
    return make_order((make_sku(), units), store=store, status="ready_for_pickup")


# --- Acts -------------------------------------------------------------------------------------------------------------


def place(member: Member, sku: Sku, store: Store, *, key: str = "", slot: PickupSlot | None = None) -> Act:
    """Place an order of one piece, to be collected in `store`."""
    return partial(
        orders.place,
        member=member,
        items=[(sku.pk, 1)],
        delivery=orders.Pickup(store.pk, slot.pk, NOON.date()) if slot else to_pick_up(store),
        idempotency_key=key or uuid.uuid4().hex,
        now=NOON,
    )


def hear(payment: Payment) -> Act:
    """Be told by the gateway that the attempt was paid."""

    def act() -> None:
        event = told_of(payment)
        notices.apply_notice(notices.store_event(channel="wechat", event=event, now=LATER), now=LATER)

    return act


def redeem(order: Order, staff: Member, *, units: int = 0, takes_payment: bool = False) -> Act:
    """Hand over `units` of the only line, or all that is left."""
    line = order.lines.get()
    return partial(
        orders.redeem,
        staff=staff,
        way=RedemptionWay.CODE,
        code=order.pickup_code or "",
        units_by_line={line.pk: units} if units else None,
        submission=uuid.uuid4().hex,
        now=LATER,
        takes_payment=takes_payment,
    )


def refund(order: Order, owner: Member, *, units: int = 1) -> Act:
    """Ask for the money of some units of the only line."""
    units_by_line = {order.lines.get().pk: units}
    return partial(
        orders.refund_lines, order=order, units_by_line=units_by_line, by=owner, now=LATER, reason="少了一件"
    )


def cancel(order: Order, by: Member, reason: str = "member") -> Act:
    """Cancel the order, after asking the gateway."""
    return partial(orders.cancel, order=order, by=by, reason=reason, now=LATER)
