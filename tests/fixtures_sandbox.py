"""The fixture `sandbox`: one gateway process for the whole run, empty again for each test, known to the settings."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.conf import settings as shop_settings

from shop.lib.wechat.pay import WechatPay
from tests.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Start the gateway when the first test asks for it."""
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings: LazySettings) -> Sandbox:
    """Point the shop's settings at an empty gateway."""
    sandbox_process.reset()
    settings.WECHAT_PAY = {**shop_settings.WECHAT_PAY, **sandbox_process.wechat_pay}
    settings.SMS = {**shop_settings.SMS, "base_url": f"{sandbox_process.url}/sms"}
    settings.SANDBOX_URL = sandbox_process.url
    return sandbox_process


@pytest.fixture
def wechat(sandbox: Sandbox) -> WechatPay:
    """Build the shop's own client of that gateway."""
    return WechatPay.from_settings()
