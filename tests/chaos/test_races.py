"""Sixteen processes and more than two thousand attempts at the last piece, at one code, at one order. PostgreSQL."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from catalog.models import Sku
from catalog.services import OutOfStock
from members.models import Member
from orders import services as orders
from orders.models import Order, Payment, Redemption, RedemptionWay, Refund
from shop import audit
from tests.chaos import children
from tests.chaos.crashing import sweep_until_quiet
from tests.chaos.reporting import Row, report
from tests.factories import make_member, make_order, make_sku, make_staff, make_store
from tests.orders.shopping import buy, open_shop, start
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

PROCESSES = 16
ROUNDS = 130
COUNTERS = 8


def contend(act: Callable[..., None], shares: list[list[tuple[Any, ...]]], row: Row) -> Counter[str]:
    """Let one process per share do `act` with each of its arguments, all in step; count how the attempts ended."""
    barrier, told = children.barrier(len(shares)), children.queue()
    processes = [children.bear(_contend, act, share, barrier, told) for share in shares]
    assert {children.last_words(process) for process in processes} == {0}
    endings: Counter[str] = sum((told.get() for _ in processes), Counter())
    row.attempts, row.successes, row.deadlocks = endings.total(), endings["done"], endings["OperationalError"]
    return endings


def _contend(act: Callable[..., None], share: list[tuple[Any, ...]], barrier: Any, told: Any) -> None:
    endings: Counter[str] = Counter()
    for arguments in share:
        barrier.wait(60)
        try:
            act(*arguments)
        except (OutOfStock, orders.NotCancellable, orders.NotRedeemable, OperationalError) as refusal:
            endings[type(refusal).__name__] += 1
        except Exception as refusal:
            endings[f"{type(refusal).__name__}: {refusal}"] += 1
        else:
            endings["done"] += 1
    told.put(endings)


def findings() -> list[str]:
    return [str(finding) for finding in audit.run(now=timezone.now())]


# --- The last piece ---------------------------------------------------------------------------------------------------


def buy_a_piece(member_pk: int, sku_pk: int, store_pk: int) -> None:
    orders.place(
        member=Member.objects.get(pk=member_pk), items=[(sku_pk, 1)], delivery=orders.Pickup(store_pk),
        idempotency_key=uuid.uuid4().hex, now=timezone.now(),
    )  # fmt: skip


def test_every_last_piece_is_sold_once() -> None:
    store = open_shop()
    skus = [make_sku(stock=1) for _ in range(ROUNDS)]
    members = [make_member() for _ in range(PROCESSES)]
    shares = [[(member.pk, sku.pk, store.pk) for sku in skus] for member in members]

    with report("the last piece, 16 buyers") as row:
        endings = contend(buy_a_piece, shares, row)

    assert endings == {"done": ROUNDS, "OutOfStock": ROUNDS * (PROCESSES - 1)}
    assert set(Sku.objects.values_list("stock", flat=True)) == {0}
    assert findings() == []


# --- One code ---------------------------------------------------------------------------------------------------------


def show_code(staff_pk: int, code: str) -> None:
    orders.redeem(
        staff=Member.objects.get(pk=staff_pk), way=RedemptionWay.CODE, code=code, submission=uuid.uuid4().hex,
        now=timezone.now(),
    )  # fmt: skip


def test_every_code_is_redeemed_once() -> None:
    open_shop()
    store, now = make_store("河坊街店"), timezone.now()
    codes = [
        [make_order(store=store, status="ready_for_pickup", now=now).pickup_code for _ in range(ROUNDS)]
        for _ in range(PROCESSES // COUNTERS)
    ]
    clerks = [make_staff(is_superuser=True) for _ in range(PROCESSES)]
    shares = [[(clerk.pk, code) for code in codes[number // COUNTERS]] for number, clerk in enumerate(clerks)]

    with report("one code at 8 counters, twice at once") as row:
        endings = contend(show_code, shares, row)

    orders_made = ROUNDS * PROCESSES // COUNTERS
    assert endings == {"done": orders_made, "AlreadyRedeemed": orders_made * (COUNTERS - 1)}
    assert Redemption.objects.count() == Order.objects.filter(status="completed").count() == orders_made
    assert [finding for finding in findings() if "I5" not in finding and "I21" not in finding] == []


# --- Cancel against pay -----------------------------------------------------------------------------------------------


def order_often(member_pk: int, sku_pk: int, told: Any) -> None:
    member, sku = Member.objects.get(pk=member_pk), Sku.objects.get(pk=sku_pk)
    told.put([start(buy((sku, 1), member=member)).pk for _ in range(ROUNDS // 2)])


def pay_or_cancel(payment_pk: int, url: str, is_payer: bool) -> None:
    payment = Payment.objects.select_related("order__member").get(pk=payment_pk)
    if not is_payer:
        orders.cancel(order=payment.order, by=payment.order.member, reason="member", now=timezone.now())
        return
    sandbox = Sandbox.at(url)
    sandbox.pay(payment.out_trade_no, late=True, deliver=False)
    headers, body = sandbox.sign_notice(payment.out_trade_no)
    orders.receive_notice(channel="wechat", headers=headers, body=body, now=timezone.now())


def test_every_order_is_paid_or_cancelled(sandbox: Sandbox) -> None:
    open_shop()
    sandbox.set_speed(6000)
    told = children.queue()
    children.together(order_often, [(make_member().pk, make_sku(stock=999).pk, told) for _ in range(PROCESSES)])
    payments = [pk for _ in range(PROCESSES) for pk in told.get()]
    shares: list[list[tuple[Any, ...]]] = [[] for _ in range(PROCESSES)]
    for pair, pk in enumerate(payments):
        for is_payer in (True, False):
            shares[pair * 2 % PROCESSES + is_payer].append((pk, sandbox.url, is_payer))

    with report("cancel against pay, 8 orders at once") as row:
        endings = contend(pay_or_cancel, shares, row)

    cancelled = Order.objects.filter(status="cancelled", paid_at=None).count()
    made = ROUNDS // 2 * PROCESSES
    assert set(endings) <= {"done", "NotCancellable"}
    assert endings["NotCancellable"] == made - cancelled
    assert 0 < cancelled < made
    sweep_until_quiet(sandbox)
    assert Refund.objects.filter(cause="late_money", status="done").count() == cancelled == Refund.objects.count()
    assert findings() == []
