"""The gateway's daily bill against our books: every fen that only one of them knows of is named, on every day."""

from datetime import date, datetime, time, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from members.models import Member, Message
from orders import services as orders
from orders.channels import RefundFact, RefundState
from orders.models import BillDay, BillLine, Order, Payment, Refund
from orders.services.refund_settling import settle_refund
from shop import audit
from shop.lib.providers import ProviderError
from shop.lib.wechat.pay import WechatPay
from tests.factories import NOON, make_order
from tests.orders.shopping import boss, buy, open_shop, paid, start
from tests.sandbox import Sandbox
from tests.wechat import prepay

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(sandbox: Sandbox) -> Member:
    open_shop()
    return boss()


def today() -> date:
    return timezone.localdate()


def morning_after(day: date, at: time = time(10, 30)) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), at))


def reconcile(day: date | None = None) -> dict[str, str]:
    """Reconcile a day on the next morning; return `{number: difference}`."""
    day = day or today()
    orders.reconcile(day=day, now=morning_after(day))
    return dict(BillLine.objects.filter(bill_date=day).values_list("number", "difference"))


def told(owner: Member) -> list[str]:
    return list(owner.messages.filter(scene__startswith="bill").order_by("pk").values_list("body", flat=True))


def refunded(sandbox: Sandbox, owner: Member, order: Order) -> Refund:
    """Refund a whole order, to the end."""
    refund = orders.refund_order(order=order, by=owner, now=timezone.now(), reason="缺货")
    orders.send_refunds(now=timezone.now())
    sandbox.settle_refund()
    orders.send_refunds(now=timezone.now() + timedelta(minutes=5))
    refund.refresh_from_db()
    return refund


# --- What a day's comparison finds ------------------------------------------------------------------------------------


def test_books_that_agree_leave_a_line_each_and_tell_nobody(sandbox: Sandbox, owner: Member) -> None:
    order = buy()
    payment = paid(sandbox, order)
    refund = refunded(sandbox, owner, order)

    assert reconcile() == {payment.out_trade_no: "", refund.out_refund_no: ""}

    assert dict(BillLine.objects.values_list("kind", "amount")) == {"payment": 1000, "refund": 1000}
    assert (told(owner), audit.run(now=timezone.now())) == ([], [])
    day = BillDay.objects.get()
    assert (day.bill_date, day.rows, day.differences) == (today(), 2, 0)


def test_money_that_the_gateway_has_and_we_do_not_is_named(sandbox: Sandbox, wechat: WechatPay, owner: Member) -> None:
    prepay(wechat, "X0000001", total=77)
    sandbox.pay("X0000001", deliver=False)

    assert reconcile() == {"X0000001": "我们没有这笔记录"}

    assert told(owner) == [f"{today()} 的微信支付账单有 1 笔与系统不一致，请核对。"]
    assert ("I5", "X0000001") in {(found.invariant, found.key) for found in audit.run(now=timezone.now())}


def test_money_that_only_we_have_is_named(owner: Member) -> None:
    order = make_order(status="preparing")
    day = timezone.localdate(NOON)

    assert reconcile(day) == {order.payments.get().out_trade_no: "账单里没有这笔"}

    assert BillLine.objects.get().amount == 1800
    assert len(told(owner)) == 1


def test_an_amount_that_differs_is_named_with_ours(sandbox: Sandbox, owner: Member) -> None:
    order = buy()
    payment = paid(sandbox, order)
    refund = refunded(sandbox, owner, order)
    Refund.objects.update(amount=998)
    Payment.objects.update(amount=1001)

    assert reconcile() == {payment.out_trade_no: "我们记的是 10.01", refund.out_refund_no: "我们记的是 9.98"}


def test_a_payment_that_no_notice_told_of_is_looked_up_and_applied(sandbox: Sandbox, owner: Member) -> None:
    order = buy()
    payment = start(order)
    sandbox.pay(payment.out_trade_no, deliver=False)

    assert reconcile() == {payment.out_trade_no: ""}

    order.refresh_from_db()
    assert (order.status, order.paid_amount) == ("ready_for_pickup", 1000)
    assert told(owner) == []


def test_a_payment_of_which_the_gateway_refuses_to_tell_stays_different(sandbox: Sandbox, owner: Member) -> None:
    payment = start(buy())
    sandbox.pay(payment.out_trade_no, deliver=False)
    sandbox.fault("http_403", operation="query")

    assert reconcile() == {payment.out_trade_no: "我们没有记为已支付"}


def failed(refund: Refund) -> None:
    """Let the shop believe that a refund has failed."""
    fact = RefundFact(out_refund_no=refund.out_refund_no, state=RefundState.FAILED, amount=refund.amount)
    with transaction.atomic():
        settle_refund(fact, now=timezone.now())


def test_a_refund_that_we_believe_to_have_failed_is_asked_after_and_booked(sandbox: Sandbox, owner: Member) -> None:
    order = buy()
    payment = paid(sandbox, order)
    refund = orders.refund_order(order=order, by=owner, now=timezone.now(), reason="缺货")
    orders.send_refunds(now=timezone.now())
    failed(refund)
    sandbox.settle_refund(refund.out_refund_no)

    assert reconcile() == {payment.out_trade_no: "", refund.out_refund_no: ""}

    refund.refresh_from_db()
    assert (refund.status, Payment.objects.get().refunded_amount) == ("done", 1000)
    assert audit.run(now=timezone.now()) == []


def test_a_refund_that_really_failed_is_no_difference(sandbox: Sandbox, owner: Member) -> None:
    order = buy()
    payment = paid(sandbox, order)
    refund = orders.refund_order(order=order, by=owner, now=timezone.now(), reason="缺货")
    orders.send_refunds(now=timezone.now())
    sandbox.settle_refund(refund.out_refund_no, state="CLOSED")
    orders.send_refunds(now=timezone.now() + timedelta(minutes=5))

    assert reconcile() == {payment.out_trade_no: "", refund.out_refund_no: ""}


def test_a_refund_whose_answer_was_lost_is_no_difference(sandbox: Sandbox, owner: Member) -> None:
    order = buy()
    payment = paid(sandbox, order)
    refund = orders.refund_order(order=order, by=owner, now=timezone.now(), reason="缺货")
    sandbox.fault("timeout_after_commit", operation="refund")
    orders.send_refunds(now=timezone.now())
    assert Refund.objects.get().status == "unknown"

    assert reconcile() == {payment.out_trade_no: "", refund.out_refund_no: ""}


def test_a_refund_that_was_sent_again_after_midnight_is_found_in_the_bill_of_the_first_day(
    sandbox: Sandbox, owner: Member
) -> None:
    order = buy()
    paid(sandbox, order)
    refund = refunded(sandbox, owner, order)
    tomorrow = today() + timedelta(days=1)
    Refund.objects.update(sent_at=morning_after(today(), time(0, 1)))
    sandbox.advance(86400)

    assert reconcile()[refund.out_refund_no] == ""
    assert reconcile(tomorrow) == {}


def test_a_payment_seconds_before_midnight_may_be_in_either_bill(owner: Member) -> None:
    order = make_order(status="preparing", now=NOON)
    day = timezone.localdate(NOON)
    Payment.objects.update(paid_at=morning_after(day, time(0)) - timedelta(seconds=2))

    assert reconcile(day) == {}
    assert reconcile(day + timedelta(days=1)) == {order.payments.get().out_trade_no: "账单里没有这笔"}


def test_a_repeat_replaces_what_was_found_before(sandbox: Sandbox, owner: Member) -> None:
    payment = paid(sandbox, buy())
    Payment.objects.update(amount=999)
    assert reconcile() == {payment.out_trade_no: "我们记的是 9.99"}
    Payment.objects.update(amount=1000)

    assert reconcile() == {payment.out_trade_no: ""}

    assert (BillDay.objects.get().differences, BillLine.objects.count()) == (0, 1)


# --- Which days -------------------------------------------------------------------------------------------------------


def days() -> list[date]:
    return list(BillDay.objects.order_by("bill_date").values_list("bill_date", flat=True))


def the_last(count: int, newest: date) -> list[date]:
    return [newest - timedelta(days=back) for back in reversed(range(count))]


def test_the_day_that_our_books_know_nothing_of_is_fetched_too(
    sandbox: Sandbox, wechat: WechatPay, owner: Member
) -> None:
    prepay(wechat, "X0000001")
    sandbox.pay("X0000001", deliver=False)

    assert orders.reconcile_days(now=morning_after(today())) == 1

    assert BillLine.objects.get().difference == "我们没有这笔记录"


def test_a_bill_is_asked_for_once_it_is_out_and_then_no_more(sandbox: Sandbox, owner: Member) -> None:
    paid(sandbox, buy())

    orders.reconcile_days(now=morning_after(today(), time(10, 29)))
    assert today() not in days()
    assert orders.reconcile_days(now=morning_after(today())) == 1
    BillLine.objects.all().delete()
    assert orders.reconcile_days(now=morning_after(today(), time(11))) == 0

    assert not BillLine.objects.exists()


def test_every_day_that_was_missed_is_made_up_for_the_oldest_first(sandbox: Sandbox, owner: Member) -> None:
    first, second = start(buy()), start(buy())
    sandbox.pay(first.out_trade_no, deliver=False)
    sandbox.advance(2 * 86400)
    sandbox.pay(second.out_trade_no, late=True, deliver=False)
    newest = today() + timedelta(days=3)
    sandbox.advance(86400)
    BillDay.objects.create(channel="wechat", bill_date=today() + timedelta(days=1), reconciled_at=timezone.now())

    assert orders.reconcile_days(now=morning_after(newest)) == 2

    assert days() == the_last(7, newest)
    assert dict(BillLine.objects.values_list("number", "bill_date")) == {
        first.out_trade_no: today(),
        second.out_trade_no: today() + timedelta(days=2),
    }
    assert set(Payment.objects.values_list("status", flat=True)) == {"paid"}


def test_a_silent_gateway_ends_the_round_and_the_next_one_goes_on(sandbox: Sandbox, owner: Member) -> None:
    payment = paid(sandbox, buy())
    sandbox.fault("http_500", operation="bill")

    assert orders.reconcile_days(now=morning_after(today())) == 0
    assert days() == []
    assert orders.reconcile_days(now=morning_after(today(), time(11))) == 1

    assert BillLine.objects.get().number == payment.out_trade_no
    assert len(days()) == 7


def test_a_day_whose_bill_is_refused_keeps_no_other_waiting(sandbox: Sandbox, owner: Member) -> None:
    sandbox.fault("http_403", operation="bill")

    orders.reconcile_days(now=morning_after(today()))

    assert days() == the_last(6, today())


def test_a_bill_that_cannot_be_had_for_days_is_told_to_staff_once(sandbox: Sandbox, owner: Member) -> None:
    make_order(status="preparing")
    sandbox.fault("http_500", operation="bill", count=9)
    day = timezone.localdate(NOON)

    for later in (1, 2, 3):
        orders.reconcile_days(now=morning_after(day + timedelta(days=later)))

    assert told(owner) == [f"{day} 的微信支付账单一直取不到，这一天还没有对账。"]


def test_the_auditor_names_a_day_with_money_that_was_never_reconciled(settings: LazySettings, owner: Member) -> None:
    settings.SANDBOX_URL = ""
    make_order(status="preparing")

    def named(later: int) -> list[str]:
        found = audit.run(now=NOON + timedelta(days=later))
        return [row.key for row in found if row.table == "orders_billday"]

    assert [named(later) for later in (2, 3, 7, 8)] == [[], ["2026-03-02"], ["2026-03-02"], []]
    BillDay.objects.create(channel="wechat", bill_date="2026-03-02", reconciled_at=NOON)
    assert named(3) == []


def test_a_shop_without_keys_reconciles_nothing_and_does_not_stumble(settings: LazySettings, tmp_path: Path) -> None:
    settings.WECHAT_PAY = {**settings.WECHAT_PAY, "private_key_file": tmp_path / "none.pem"}

    assert orders.reconcile_days(now=timezone.now()) == 0

    with pytest.raises(ProviderError, match="NO_KEYS"):
        orders.reconcile(day=today(), now=timezone.now())
    assert (BillDay.objects.count(), Message.objects.count()) == (0, 0)


# --- manage.py reconcile ----------------------------------------------------------------------------------------------


def test_the_command_prints_what_differs_and_ends_with_one(sandbox: Sandbox, owner: Member) -> None:
    order, out = make_order(status="preparing"), StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("reconcile", "2026-03-02", stdout=out)

    assert end.value.code == 1
    number = order.payments.get().out_trade_no
    assert out.getvalue() == f"payment {number} 1800: 账单里没有这笔\n2026-03-02: 1 rows, 1 differences\n"


@pytest.mark.parametrize("day", ["2099-01-01", "yesterday", "2026-02-30"])
def test_the_command_refuses_a_day_without_a_bill(sandbox: Sandbox, day: str) -> None:
    with pytest.raises(CommandError):
        call_command("reconcile", day)

    assert not BillDay.objects.exists()


def test_the_command_says_when_the_gateway_is_silent(sandbox: Sandbox) -> None:
    sandbox.fault("http_500", operation="bill")

    with pytest.raises(CommandError, match="No bill"):
        call_command("reconcile", "2026-03-02")
