"""The pages a person meets at the sandbox: cashier, SMS inbox, overview; all of them work without JavaScript."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import html5lib
import pytest
import requests
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from shop.lib import sms
from shop.lib.wechat.pay import WechatPay
from tests.sandbox import Sandbox
from tests.wechat import NOWHERE, prepay, refund

BACK = "http://127.0.0.1:8000/orders/1/?from=pay&x=1"


@pytest.fixture
def cashier(wechat: WechatPay) -> str:
    """The address of the cashier for an H5 payment of 12.34 yuan."""
    return wechat.prepay_h5(
        out_trade_no="T0000001",
        description="苹果 <b>&",
        total=1234,
        notify_url=NOWHERE,
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
        client_ip="203.0.113.7",
        return_url=BACK,
    )


def look(url: str) -> str:
    answer = requests.get(url, headers={"Referer": "http://127.0.0.1:8000/"}, timeout=5)
    assert answer.status_code == 200
    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text


def press(url: str, action: str, **fields: str) -> requests.Response:
    return requests.post(url, data={"action": action, **fields}, allow_redirects=False, timeout=5)


def test_a_person_sees_what_costs_how_much_pays_and_is_sent_back(
    wechat: WechatPay, sandbox: Sandbox, cashier: str
) -> None:
    page = look(cashier)
    answer = press(cashier, "pay")

    assert "苹果 &lt;b&gt;&amp;" in page
    assert "</span>12.34<" in page
    assert (answer.status_code, answer.headers["Location"]) == (303, BACK)
    assert wechat.query("T0000001").state == "SUCCESS"
    assert "已支付" in look(cashier)
    assert sandbox.ledger()["warnings"] == []


def test_paying_twice_pays_once_and_says_so(sandbox: Sandbox, cashier: str) -> None:
    press(cashier, "pay")
    again = press(cashier, "pay")

    assert again.status_code == 400
    assert "该订单已支付" in again.text
    assert len(sandbox.ledger()["notices"]) == 1


def test_a_person_who_cancels_is_sent_back_and_nothing_was_paid(wechat: WechatPay, cashier: str) -> None:
    answer = press(cashier, "cancel")

    assert answer.headers["Location"] == BACK
    assert wechat.query("T0000001").state == "NOTPAY"


def test_a_qr_code_opens_a_cashier_that_knows_no_way_back(wechat: WechatPay, sandbox: Sandbox) -> None:
    code = prepay(wechat, "T0000001")

    assert "立即支付" in look(code)
    assert "你取消了支付" in press(code, "cancel").text
    assert press(code, "pay").headers["Location"] == code.removeprefix(sandbox.url)
    assert "已支付" in look(code)
    assert "返回商家" not in look(code)


def test_a_closed_payment_offers_only_the_late_one(wechat: WechatPay, cashier: str) -> None:
    wechat.close("T0000001")
    page = look(cashier)
    refused = press(cashier, "pay")
    late = press(cashier, "pay_late")

    assert "商家已关闭这笔订单" in page
    assert "立即支付" not in page
    assert refused.status_code == 400
    assert late.status_code == 303
    assert wechat.query("T0000001").is_paid


def test_an_expired_payment_says_so(sandbox: Sandbox, cashier: str) -> None:
    sandbox.advance(31 * 60)

    assert "订单已过期" in look(cashier)


def test_an_h5_address_lives_for_five_minutes(sandbox: Sandbox, cashier: str) -> None:
    sandbox.advance(290)
    still = look(cashier)
    sandbox.advance(10)

    assert "立即支付" in still
    assert "订单已过期" in look(cashier)


def test_a_person_may_let_it_be_paid_later_even_after_closing(
    wechat: WechatPay, sandbox: Sandbox, cashier: str
) -> None:
    press(cashier, "pay_later", seconds="60")
    page = look(cashier)
    wechat.close("T0000001")
    unpaid = wechat.query("T0000001").state
    sandbox.advance(61)
    give_up = time.monotonic() + 5
    while wechat.query("T0000001").state == "CLOSED" and time.monotonic() < give_up:
        time.sleep(0.02)

    assert "秒后自动付款" in page
    assert unpaid == "CLOSED"
    assert wechat.query("T0000001").is_paid


@pytest.mark.parametrize("seconds", ["", "x", "-5", "１０", "9" * 40])
def test_an_odd_delay_is_taken_for_some_delay(cashier: str, seconds: str) -> None:
    assert press(cashier, "pay_later", seconds=seconds).status_code == 303


@pytest.mark.parametrize("back", ["javascript:alert(1)", "//example.com", "http://a\r\nX: y", "ftp://x/"])
def test_a_way_back_that_is_no_web_page_is_not_taken(wechat: WechatPay, back: str) -> None:
    code = prepay(wechat, "T0000001")
    answer = requests.post(
        code, params={"redirect_url": back}, data={"action": "pay"}, allow_redirects=False, timeout=5
    )

    assert answer.headers["Location"].startswith("/cashier/wx")
    assert "X" not in answer.headers


def test_an_unknown_cashier_action_or_page_is_refused(sandbox: Sandbox, cashier: str) -> None:
    assert requests.get(f"{sandbox.url}/cashier/wx0", timeout=5).status_code == 404
    assert requests.get(f"{sandbox.url}/nothing", timeout=5).status_code == 404
    assert press(cashier, "steal").status_code == 400


def test_an_h5_cashier_reached_without_a_referer_is_noted(sandbox: Sandbox, cashier: str) -> None:
    requests.get(cashier, timeout=5)

    assert sandbox.ledger()["warnings"] == [{"code": "NO_REFERER", "about": "T0000001"}]


def test_the_inbox_shows_the_newest_message_first_and_looks_again(sandbox: Sandbox) -> None:
    provider = sms.provider()
    provider.send(phone="13800138000", template="SMS_LOGIN", params={"code": "111111"})
    provider.send(phone="13900139000", template="SMS_LOGIN", params={"code": "<222>"})

    page = look(f"{sandbox.url}/sms/inbox")

    assert '<meta http-equiv="refresh" content="5">' in page
    assert page.index("&lt;222&gt;") < page.index("111111")
    assert page.index("13900139000") < page.index("13800138000")


def test_the_overview_shows_payments_and_refunds(wechat: WechatPay, sandbox: Sandbox) -> None:
    empty = look(f"{sandbox.url}/")
    prepay(wechat, "T0000001")
    sandbox.pay("T0000001", deliver=False)
    refund(wechat, "R1")

    page = look(f"{sandbox.url}/")

    assert "还没有支付" in empty
    assert "<td>T0000001</td><td>扫码</td>" in page
    assert "¥12.34</td><td>转入退款</td>" in page
    assert "¥0.34</td><td>退款处理中</td>" in page


def test_the_pages_are_dressed(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/style.css", timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")


# --- The command --------------------------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path, settings: LazySettings) -> Path:
    """An empty folder that the settings expect the keys in."""
    folder = tmp_path / "keys"
    files = {
        "private_key_file": folder / "merchant_private.pem",
        "public_key_file": folder / "wechatpay_public.pem",
    }
    settings.KEYS_DIR, settings.WECHAT_PAY = folder, {**settings.WECHAT_PAY, **files}
    return folder


def test_keys_are_made_once_and_only_the_owner_reads_the_private_ones(keys: Path) -> None:
    call_command("sandbox", "--keys-only")
    made = {file.name: file.read_bytes() for file in keys.iterdir()}
    call_command("sandbox", "--keys-only")

    assert sorted(made) == [
        "merchant_private.pem",
        "sandbox_gateway_private.pem",
        "sandbox_merchant_public.pem",
        "wechatpay_public.pem",
    ]
    assert {file.name: file.read_bytes() for file in keys.iterdir()} == made
    for name in ("merchant_private.pem", "sandbox_gateway_private.pem"):
        assert (keys / name).stat().st_mode & 0o777 == 0o600


def test_a_merchants_real_key_is_never_overwritten(keys: Path) -> None:
    keys.mkdir()
    (keys / "merchant_private.pem").write_text("real")

    with pytest.raises(CommandError, match="exists, but"):
        call_command("sandbox", "--keys-only")
    assert [file.read_text() for file in keys.iterdir()] == ["real"]


def test_beside_real_money_it_refuses_to_start(keys: Path, settings: LazySettings) -> None:
    settings.DEMO = settings.DEBUG = False

    with pytest.raises(CommandError, match="must never meet real money"):
        call_command("sandbox", "--port", "0")
    assert not keys.exists()
