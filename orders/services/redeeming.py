"""Handing goods over a counter. Nothing else completes a pickup order (RULES 1 and 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone

from members import services as members
from members.models import Member, in_scope_at_once, serves
from orders.models import Order, OrderLine, OrderStatus, Redemption, RedemptionLine, RedemptionWay
from orders.services import refunding, rewarding
from orders.services.events import record_event, step
from orders.services.paying import take_at_counter
from orders.services.receiving import complete
from orders.signals import order_reopened
from shop.lib.throttle import ThrottleCount, TooManyTries, hit, window_start

NOT_HERE = "不是本店可核销的提货码"  # one sentence for unknown, foreign and used-elsewhere codes alike
STAYS_PAID = "撤销后订单仍为已付款；如已退还现金，请在订单里办理退款"
UNDO_MINUTES = 10
WRONG_TRY_WINDOW = timedelta(minutes=10)
WRONG_TRIES_OF_STAFF, WRONG_TRIES_OF_STORE, WRONG_TRIES_OF_ADDRESS = 10, 40, 60


@dataclass(frozen=True)
class Counter:
    """Where a code is tried: the store the clerk stands in and the address the request comes from."""

    store_id: int
    ip: str


UNKNOWN_COUNTER = Counter(store_id=0, ip="")


class NotRedeemable(Exception):
    """The goods stay behind the counter; the message is the clerk's verdict."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotOfThisStore(NotRedeemable):
    """No order of the clerk's stores answers to the code; whether another's does is not said."""

    def __init__(self) -> None:
        super().__init__(NOT_HERE)


class AlreadyRedeemed(NotRedeemable):
    """The last unit went over the counter before: when, where and by whom stands in the message."""


def redeem(
    *,
    staff: Member,
    way: RedemptionWay,
    submission: str,
    now: datetime,
    code: str = "",
    order: Order | None = None,
    units_by_line: Mapping[int, int] | None = None,
    takes_payment: bool = False,
    reason: str = "",
    device: str = "",
    counter: Counter = UNKNOWN_COUNTER,
) -> Redemption:
    """Hand over `units_by_line` ({line_id: units}; None: all that is left) and complete the order with its last unit.

    One transaction under the order's lock, in which every precondition is checked again. The same
    `submission` again returns what it did the first time. The order is found by `code`, unless `way` is
    WITHOUT_CODE: then by `order`, with a permission of its own and a `reason`. `takes_payment` records the
    money of an order that is paid at the store. Raises NotRedeemable, with nothing written but the count of
    wrong tries, or TooManyTries.
    """
    if not staff.is_active or not staff.has_perm("orders.redeem_order"):
        raise NotRedeemable("您没有核销权限，请联系店主")
    if way == RedemptionWay.WITHOUT_CODE:
        _check_without_code(staff, reason)
    try:
        with transaction.atomic():
            order = _locked(staff, order if way == RedemptionWay.WITHOUT_CODE else None, code, counter, now)
            earlier = _redemptions(order, submission)
            for done in earlier:
                if done.submission == submission:
                    return done
            check_order(order, earlier)
            units = _units_to_hand(order, units_by_line)
            _settle_money(order, staff, takes_payment, now)
            redemption = Redemption.objects.create(
                order=order, store=order.store, staff=staff, way=way, device=device[:120],
                reason=reason.strip()[:80], submission=submission, redeemed_at=now,
            )  # fmt: skip
            _hand_over(order, redemption, units)
            _follow_up(order, redemption, now)
            return redemption
    except NotOfThisStore:
        _count_wrong_try(staff, counter, now)  # after the rollback, so that it stays
        raise


def _check_without_code(staff: Member, reason: str) -> None:
    if not staff.has_perm("orders.redeem_without_code"):
        raise NotRedeemable("您没有无码核销的权限")
    if not reason.strip():
        raise NotRedeemable("无码核销要写明原因")


def _locked(staff: Member, order: Order | None, code: str, counter: Counter, now: datetime) -> Order:
    own = _own_orders(staff).annotate(is_throttled=_throttled(staff, counter, now))
    wanted = own.filter(pickup_code=code) if order is None else own.filter(pk=order.pk)
    locked = wanted.select_for_update(of=("self",)).select_related("store").prefetch_related("lines").first()
    if locked is None:
        raise NotOfThisStore
    if vars(locked)["is_throttled"]:
        raise TooManyTries(f"staff {staff.pk}")
    return locked


def _redemptions(order: Order, submission: str) -> list[Redemption]:
    either = Redemption.objects.filter(Q(order=order) | Q(submission=submission))
    found = list(either.select_related("store", "staff").order_by("-pk"))
    if any(done.order_id != order.pk for done in found):
        raise NotRedeemable("这张页面已经核销过别的订单，请重新扫码")
    return found


def check_order(order: Order, earlier: list[Redemption]) -> None:
    """Raise NotRedeemable unless `order` waits at the counter; `earlier` holds its redemptions, newest first."""
    if not order.is_pickup:
        raise NotRedeemable("这是快递订单，不能到店核销")
    if order.status == OrderStatus.COMPLETED:
        raise AlreadyRedeemed(already_redeemed(earlier))
    if order.status == OrderStatus.CANCELLED:
        raise NotRedeemable(f"订单已取消（{order.get_cancel_reason_display()}），不能提货")
    if order.status != OrderStatus.READY_FOR_PICKUP or order.deleted_at:
        raise NotRedeemable(f"订单现在是「{order.get_status_display()}」，还不能提货")


def already_redeemed(earlier: list[Redemption]) -> str:
    """Say when, where and by whom an order was handed over; `earlier` holds its redemptions, newest first."""
    for done in earlier:
        if done.undone_at is None:
            at = timezone.localtime(done.redeemed_at)
            return f"已于 {at:%m月%d日 %H:%M} 在{done.store}由{done.staff}核销"
    return "订单已完成，没有可提的商品"


def _units_to_hand(order: Order, wanted: Mapping[int, int] | None) -> dict[OrderLine, int]:
    left = {line.pk: line.units_left for line in order.lines.all() if line.units_left}
    if not left:
        raise NotRedeemable("没有可以提的商品，请核对退款情况")
    if wanted is None:
        wanted = left
    chosen = {pk: units for pk, units in wanted.items() if units}
    if not chosen:
        raise NotRedeemable("请至少选一件要提的商品")
    if any(units < 0 or units > left.get(pk, 0) for pk, units in chosen.items()):
        raise NotRedeemable("提货数量超过了剩余数量，请刷新后再试")
    return {line: chosen[line.pk] for line in order.lines.all() if line.pk in chosen}


def _settle_money(order: Order, staff: Member, takes_payment: bool, now: datetime) -> None:
    if not order.awaits_counter_payment:
        if order.paid_at is None and order.payable_amount:
            raise NotRedeemable("订单还没有付款，不能提货")
        return
    if not takes_payment:
        raise NotRedeemable("到店付款的订单，请先收款并勾选「已收款」")
    take_at_counter(order=order, by=staff, now=now)


def _hand_over(order: Order, redemption: Redemption, units: dict[OrderLine, int]) -> None:
    for line, handed in units.items():
        line.units_handed += handed
    OrderLine.objects.bulk_update(list(units), ["units_handed"])
    RedemptionLine.objects.bulk_create(
        [RedemptionLine(redemption=redemption, line=line, units=handed) for line, handed in units.items()]
    )


def _follow_up(order: Order, redemption: Redemption, now: datetime) -> None:
    staff, note = redemption.staff, f"{redemption.store} {redemption.get_way_display()}"
    if any(line.units_left for line in order.lines.all()) or refunding.may_come_back(order):
        status = order.status
        record_event(order, kind="redeemed", from_status=status, by=staff, now=now, note=f"{note}，部分提货")
    else:
        complete(order=order, by=staff, now=now, note=note)
    without_code = redemption.way == RedemptionWay.WITHOUT_CODE
    members.log_operation(
        actor=staff, action="redeem_without_code" if without_code else "redeem", target=order,
        summary=redemption.reason, after={"redemption": redemption.pk}, now=now,
    )  # fmt: skip


@transaction.atomic
def undo_redemption(*, redemption: Redemption, by: Member, reason: str, now: datetime) -> Redemption:
    """Take back what a redemption handed over, within ten minutes of it; the row stays, with the reason.

    A completed order becomes ready for pickup again, out of the recycle bin and back on its buyer's list, and the
    rooms above take back what completion gave. Money that was taken at the counter stays with the order.
    A repeat changes nothing. Raises NotRedeemable when it is too late, not theirs, or a unit was refunded since.
    """
    locked = Order.objects.select_for_update(of=("self",)).prefetch_related("lines")
    order = locked.get(pk=redemption.order_id)
    redemption = order.redemptions.select_related("store", "staff").prefetch_related("lines").get(pk=redemption.pk)
    if redemption.undone_at:
        return redemption
    _check_undo(order, redemption, by, reason, now)
    _take_back(order, redemption)
    Redemption.objects.filter(pk=redemption.pk).update(undone_at=now, undone_by=by, undo_reason=reason.strip()[:80])
    note = f"撤销核销：{reason.strip()}"
    _reopen(order, by, now, f"{note}。{STAYS_PAID}" if order.was_paid_at_counter else note)
    members.log_operation(
        actor=by, action="undo_redemption", target=order, summary=reason.strip()[:80],
        after={"redemption": redemption.pk}, now=now,
    )  # fmt: skip
    redemption.refresh_from_db()
    return redemption


def _check_undo(order: Order, redemption: Redemption, by: Member, reason: str, now: datetime) -> None:
    if not serves(by, order.store_id):
        raise NotOfThisStore
    if not can_undo(redemption, by, now):
        raise NotRedeemable(f"核销 {UNDO_MINUTES} 分钟后不能撤销，也只有核销员本人或店长可以撤销")
    if not reason.strip():
        raise NotRedeemable("撤销核销要写明原因")
    if order.status not in {OrderStatus.COMPLETED, OrderStatus.READY_FOR_PICKUP}:
        raise NotRedeemable(f"订单现在是「{order.get_status_display()}」，不能撤销核销")


def can_undo(redemption: Redemption, by: Member, now: datetime) -> bool:
    """Say whether `by` may still undo `redemption`: within ten minutes, their own or with the permission."""
    if redemption.undone_at or now >= redemption.redeemed_at + timedelta(minutes=UNDO_MINUTES):
        return False
    return redemption.staff_id == by.pk or by.has_perm("orders.undo_redemption")


def _take_back(order: Order, redemption: Redemption) -> None:
    handed = {entry.line_id: entry.units for entry in redemption.lines.all()}
    lines = [line for line in order.lines.all() if line.pk in handed]
    for line in lines:
        line.units_handed -= handed[line.pk]
        if line.units_handed < line.units_returned:
            raise NotRedeemable("这次提走的商品已经退款，不能撤销核销")
    OrderLine.objects.bulk_update(lines, ["units_handed"])


def _reopen(order: Order, by: Member, now: datetime, note: str) -> None:
    if order.status == OrderStatus.READY_FOR_PICKUP:  # only some units had been handed over
        record_event(order, kind="redemption_undone", from_status=order.status, by=by, now=now, note=note)
        return
    shown = {"deleted_at": None, "hidden_by_buyer_at": None}  # goods that wait at the counter are in nobody's bin
    is_rewarded, completed_at = order.reward_due_at is None, order.completed_at
    step(
        order, OrderStatus.READY_FOR_PICKUP, kind="redemption_undone", by=by, now=now, note=note,
        completed_at=None, reward_due_at=None, **shown,
    )  # fmt: skip
    if completed_at and is_rewarded:
        _take_back_rewards(order, completed_at, now)
    order_reopened.send(sender=Order, order=order)


def _take_back_rewards(order: Order, completed_at: datetime, now: datetime) -> None:
    try:
        rewarding.after_reopening(order, completed_at=completed_at, now=now)
    except rewarding.RewardSpent as refusal:
        raise NotRedeemable(refusal.message) from refusal


def find_by_code(*, code: str, staff: Member, counter: Counter, now: datetime) -> Order:
    """Return the order of the clerk's stores that answers to `code`, in whatever status, with store and lines.

    Raises NotOfThisStore, and counts the wrong try of the clerk, their store and their address;
    raises TooManyTries once one of the three has used up its tries, for right codes too.
    """
    own = _own_orders(staff).annotate(is_throttled=_throttled(staff, counter, now))
    order = own.filter(pickup_code=code).select_related("store").prefetch_related("lines").first()
    if order is None:
        _count_wrong_try(staff, counter, now)
        raise NotOfThisStore
    if vars(order)["is_throttled"]:
        raise TooManyTries(f"staff {staff.pk}")
    return order


def _own_orders(staff: Member) -> QuerySet[Order]:
    """Return the orders of `Order.objects.of_staff(staff)`, without a statement of its own for the stores."""
    return Order.objects.filter(in_scope_at_once(staff))


def _throttled(staff: Member, counter: Counter, now: datetime) -> Exists:
    used_up = Q()
    for key, limit in _limits(staff, counter).items():
        used_up |= Q(key=key, count__gte=limit)
    return Exists(ThrottleCount.objects.filter(used_up, window_start=window_start(WRONG_TRY_WINDOW, now)))


def _count_wrong_try(staff: Member, counter: Counter, now: datetime) -> None:
    for key, limit in _limits(staff, counter).items():
        hit(key, limit=limit, window=WRONG_TRY_WINDOW, now=now)


def _limits(staff: Member, counter: Counter) -> dict[str, int]:
    return {
        f"redeem:staff:{staff.pk}": WRONG_TRIES_OF_STAFF,
        f"redeem:store:{counter.store_id}": WRONG_TRIES_OF_STORE,
        f"redeem:ip:{counter.ip}": WRONG_TRIES_OF_ADDRESS,
    }
