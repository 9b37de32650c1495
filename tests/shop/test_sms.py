"""Text messages: our client against the sandbox, its signature, its limits and its failures."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from shop.lib import sms
from shop.lib.providers import ProviderError, ProviderRejected, ProviderUnavailable, ProviderUnknown
from tests.sandbox import Sandbox

PHONE = "13800138000"


@pytest.fixture
def aliyun(sandbox: Sandbox) -> sms.AliyunSms:
    provider = sms.provider()
    assert isinstance(provider, sms.AliyunSms)
    return provider


def send(provider: sms.SmsProvider, *, phone: str = PHONE, template: str = "SMS_LOGIN", **params: str) -> str:
    return provider.send(phone=phone, template=template, params=params or {"code": "012345"})


def test_a_message_arrives_as_it_was_sent(aliyun: sms.AliyunSms, sandbox: Sandbox) -> None:
    number = send(aliyun, template="SMS_PICKUP", name="王 & 李=“好”%+~*", code="1234 5678")

    messages = sandbox.messages(PHONE)
    assert len(messages) == 1
    assert messages[0]["biz_id"] == number
    assert messages[0]["params"] == {"name": "王 & 李=“好”%+~*", "code": "1234 5678"}
    assert (messages[0]["template"], messages[0]["sign_name"]) == ("SMS_PICKUP", "团铺")


def test_the_newest_code_of_a_phone_is_found(aliyun: sms.AliyunSms, sandbox: Sandbox) -> None:
    send(aliyun, code="111111")
    sandbox.advance(60)
    send(aliyun, code="222222")
    send(aliyun, phone="13900139000", code="333333")

    assert (sandbox.sms_code(PHONE), sandbox.sms_code("13900139000")) == ("222222", "333333")


def test_a_phone_gets_one_code_a_minute_five_an_hour_ten_a_day(aliyun: sms.AliyunSms, sandbox: Sandbox) -> None:
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=1, microsecond=0)
    sandbox.advance((midnight - now).total_seconds())

    for _hour in range(2):
        for _minute in range(5):
            send(aliyun)
            assert limit_of(aliyun) == "触发分钟级流控Permits:1"
            sandbox.advance(60)
        assert limit_of(aliyun) in {"触发小时级流控Permits:5", "触发天级流控Permits:10"}
        sandbox.advance(3600 - 5 * 60)
    assert limit_of(aliyun) == "触发天级流控Permits:10"
    assert len(sandbox.messages(PHONE)) == 10
    sandbox.advance(22 * 3600)
    assert send(aliyun)


def limit_of(provider: sms.SmsProvider) -> str:
    with pytest.raises(ProviderUnavailable, match=r"^isv\.BUSINESS_LIMIT_CONTROL: ") as refused:
        send(provider)
    return refused.value.message


def test_codes_do_not_use_up_the_quota_of_notices(aliyun: sms.AliyunSms, sandbox: Sandbox) -> None:
    send(aliyun, code="123456")

    for _ in range(3):
        send(aliyun, template="SMS_SHIPPED", order="2026")
    assert len(sandbox.messages(PHONE)) == 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"template": "LOGIN"}, "isv.SMS_TEMPLATE_ILLEGAL"),
    ],
)
def test_what_will_never_be_sent_is_rejected(
    aliyun: sms.AliyunSms, sandbox: Sandbox, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProviderRejected) as refused:
        send(aliyun, **changes)

    assert refused.value.code == code
    assert sandbox.look("sms") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"access_key_id": "other"}, "InvalidAccessKeyId.NotFound"),
        ({"access_key_secret": "other"}, "SignatureDoesNotMatch"),
        ({"sign_name": ""}, "isv.SMS_SIGNATURE_ILLEGAL"),
    ],
)
def test_a_wrong_account_is_rejected(
    aliyun: sms.AliyunSms, sandbox: Sandbox, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(ProviderRejected) as refused:
        send(replace(aliyun, **changes))

    assert refused.value.code == code
    assert sandbox.look("sms") == []


@pytest.mark.parametrize(
    ("fault", "options", "error", "arrived"),
    [
        ("http_500", {}, ProviderUnknown, 0),
        ("http_429", {}, ProviderUnavailable, 0),
        ("business_limit", {}, ProviderUnavailable, 0),
        ("timeout_after_commit", {"mode": "reset"}, ProviderUnknown, 1),
        ("timeout_after_commit", {"mode": "http_500"}, ProviderUnknown, 1),
    ],
)
def test_a_failure_says_whether_the_message_may_have_gone(
    aliyun: sms.AliyunSms,
    sandbox: Sandbox,
    fault: str,
    options: dict[str, Any],
    error: type[ProviderError],
    arrived: int,
) -> None:
    sandbox.fault(fault, operation="sms", **options)

    with pytest.raises(error):
        send(aliyun)
    assert len(sandbox.messages(PHONE)) == arrived


def test_nobody_listening_means_nothing_was_sent(aliyun: sms.AliyunSms) -> None:
    with pytest.raises(ProviderUnavailable, match=r"^UNREACHABLE: "):
        send(replace(aliyun, base_url="http://127.0.0.1:9/sms"))


def test_an_unsigned_request_is_refused(sandbox: Sandbox) -> None:
    answer = requests.post(f"{sandbox.url}/sms/?PhoneNumbers={PHONE}", timeout=5)

    assert (answer.status_code, answer.json()["Code"]) == (400, "IncompleteSignature")


def test_an_unknown_provider_is_refused_loudly(settings: LazySettings) -> None:
    settings.SMS = {**settings.SMS, "provider": "pigeon"}

    with pytest.raises(ImproperlyConfigured, match="pigeon"):
        sms.provider()


def test_the_secret_is_not_in_the_repr(aliyun: sms.AliyunSms) -> None:
    assert "secret" not in repr(aliyun)
