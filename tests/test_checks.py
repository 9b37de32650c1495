"""`check --deploy` names what a production lacks, and the settings refuse what no production may have."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from shop import checks

SECRETS = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "PII_KEYS": "a:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
    "PII_INDEX_KEY": "index-key-of-the-production",
}


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Any]:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_text("-----BEGIN PRIVATE KEY-----\n")
    private.chmod(0o600)
    public.write_text("-----BEGIN PUBLIC KEY-----\n")
    names = {"mchid": "1230000109", "appid": "wx1", "serial_no": "5A", "public_key_id": "PUB", "apiv3_key": "x" * 32}
    files = {"private_key_file": private, "public_key_file": public}
    return names | files | {"base_url": "https://api.mch.weixin.qq.com"}


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


def test_complete_payment_keys_pass(settings: Settings, keys: dict[str, Any]) -> None:
    settings.WECHAT_PAY = keys

    assert checks.check_payment_keys(None) == []


def test_each_fault_of_the_payment_keys_is_named(settings: Settings, keys: dict[str, Any], tmp_path: Path) -> None:
    keys["public_key_file"].write_text("nonsense")
    keys["private_key_file"].chmod(0o644)
    settings.WECHAT_PAY = keys | {"appid": "", "apiv3_key": "short"}

    assert ids(checks.check_payment_keys(None)) == ["shop.E002", "shop.E003", "shop.W002", "shop.E005"]

    settings.WECHAT_PAY = keys | {
        "private_key_file": tmp_path / "none.pem",
        "public_key_file": tmp_path / "private.pem",
    }

    assert ids(checks.check_payment_keys(None)) == ["shop.E004", "shop.W002"]


def test_a_shop_without_wechat_pay_is_only_warned(settings: Settings) -> None:
    settings.WECHAT_PAY = {"mchid": ""}

    assert ids(checks.check_payment_keys(None)) == ["shop.W001"]


def test_keys_that_were_not_named_are_missed(settings: Settings, keys: dict[str, Any]) -> None:
    settings.WECHAT_PAY = keys | {"private_key_file": Path(), "base_url": "http://127.0.0.1:8900/mch"}

    messages = checks.check_payment_keys(None)

    assert ids(messages) == ["shop.E010", "shop.E002"]
    assert messages[1].msg == "WECHAT_PAY_PRIVATE_KEY_FILE is not set"


def test_each_fault_of_the_text_messages_is_named(settings: Settings) -> None:
    whole = {"access_key_id": "id", "access_key_secret": "secret", "base_url": "https://dysmsapi.aliyuncs.com"}
    settings.SMS = whole
    assert checks.check_sms(None) == []

    settings.SMS = whole | {"access_key_secret": "", "base_url": "http://127.0.0.1:8900/sms"}
    assert ids(checks.check_sms(None)) == ["shop.E011", "shop.E010"]

    settings.SMS = whole | {"access_key_id": "", "access_key_secret": ""}
    assert ids(checks.check_sms(None)) == ["shop.W003"]


def test_a_missing_font_for_posters_is_only_warned(settings: Settings, tmp_path: Path) -> None:
    settings.POSTER_FONT = tmp_path / "none.ttc"
    assert ids(checks.check_poster_font(None)) == ["shop.W004"]

    settings.POSTER_FONT = Path(__file__)
    assert checks.check_poster_font(None) == []


def test_the_address_must_be_https(settings: Settings) -> None:
    settings.SITE_URL = "http://shop.example"
    assert ids(checks.check_site_url(None)) == ["shop.E001"]

    settings.SITE_URL = "https://shop.example"
    assert checks.check_site_url(None) == []


def test_a_bad_key_ring_is_named(settings: Settings) -> None:
    settings.PII_KEYS = ["a:c2hvcnQ="]

    assert ids(checks.check_personal_data_keys(None)) == ["shop.E006"]


def check_deploy(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py check --deploy` with nothing but `environment` set."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "VAR_DIR": os.environ["VAR_DIR"]} | environment,
    )


def test_a_complete_production_passes_the_deploy_check(keys: dict[str, Any]) -> None:
    pay = {f"WECHAT_PAY_{name.upper()}": str(value) for name, value in keys.items() if name != "base_url"}
    pay |= {"SMS_ACCESS_KEY_ID": "id", "SMS_ACCESS_KEY_SECRET": "secret"}
    services = {"DATABASE_URL": "postgres://u:p@127.0.0.1:1/shop", "REDIS_URL": "redis://127.0.0.1:1/0"}
    site = {"SITE_URL": "https://shop.example", "ALLOWED_HOSTS": "shop.example", "TRUSTED_PROXIES": "1"}

    done = check_deploy(**SECRETS, **pay, **services, **site)

    assert done.stderr == ""
    assert done.returncode == 0


def test_a_bare_production_is_told_everything_it_lacks() -> None:
    done = check_deploy(**SECRETS)

    assert done.returncode == 1
    assert all(name in done.stderr for name in ("shop.E001", "shop.W001", "shop.W003", "shop.E008", "shop.E009"))


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_production_does_not_start_without_its_secrets(missing: str) -> None:
    done = check_deploy(**{name: value for name, value in SECRETS.items() if name != missing})

    assert done.returncode == 1
    assert f"{missing} is not set" in done.stderr


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_production_does_not_start_with_a_secret_of_the_demo(name: str) -> None:
    done = check_deploy(**SECRETS | {name: "demo-only-secret"})

    assert done.returncode == 1
    assert f"{name} still holds the demo's value" in done.stderr


SANDBOX = {
    "WECHAT_PAY_MCHID": "1900000001",
    "WECHAT_PAY_APPID": "wxsandbox00000001",
    "WECHAT_PAY_SERIAL_NO": "5A4D0B0X5D",
    "WECHAT_PAY_APIV3_KEY": "demo-only-apiv3-key-0123456789ab",
    "WECHAT_PAY_PUBLIC_KEY_ID": "PUB_KEY_ID_SANDBOX0000000001",
    "SMS_PROVIDER": "sandbox",
    "SMS_ACCESS_KEY_ID": "demo-only",
    "SMS_ACCESS_KEY_SECRET": "demo-only",
}


@pytest.mark.parametrize("name", sorted(SANDBOX))
def test_production_does_not_start_with_what_the_sandbox_answers_to(name: str) -> None:
    done = check_deploy(**SECRETS, **{name: SANDBOX[name]})

    assert done.returncode == 1
    assert f"{name} still holds the demo's value" in done.stderr


def test_these_are_the_values_of_the_demo() -> None:
    """Or the test above would go on refusing what nobody uses any more."""
    code = "from django.conf import settings as s; print(*s.WECHAT_PAY.values(), *s.SMS.values(), sep='/')"
    place = {"DEMO": "1", "VAR_DIR": os.environ["VAR_DIR"], "DJANGO_SETTINGS_MODULE": "shop.settings"}

    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], check=True, capture_output=True, env=place, encoding="utf-8"
    )

    assert set(SANDBOX.values()) - set(done.stdout.split("/")) == set()


@pytest.mark.parametrize("name", ["WECHAT_PAY_PRIVATE_KEY_FILE", "WECHAT_PAY_PUBLIC_KEY_FILE"])
def test_production_does_not_start_with_keys_from_the_sandboxs_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "sandbox_gateway_private.pem").touch()

    done = check_deploy(**SECRETS, **{name: str(tmp_path / "wechatpay_public.pem")})

    assert done.returncode == 1
    assert f"{name}: {tmp_path} holds keys of the sandbox" in done.stderr


def test_production_looks_for_no_keys_where_the_demo_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "merchant_private.pem").touch()

    done = check_deploy(**SECRETS | {"VAR_DIR": str(tmp_path), "WECHAT_PAY_MCHID": "1230000109"})

    assert "WECHAT_PAY_PRIVATE_KEY_FILE is not set" in done.stderr
    assert "WECHAT_PAY_PUBLIC_KEY_FILE is not set" in done.stderr


def test_other_names_of_the_domain_are_bound_only_when_asked_for() -> None:
    code = "from django.conf import settings as s; print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    place = SECRETS | {"VAR_DIR": os.environ["VAR_DIR"], "DJANGO_SETTINGS_MODULE": "shop.settings"}
    asked = {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "1", "SECURE_HSTS_PRELOAD": "1"}

    said = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env).stdout
        for env in (place, place | asked)
    ]

    assert said == ["False False\n", "True True\n"]


def test_a_bad_value_stops_the_start() -> None:
    done = check_deploy(**SECRETS, TRUSTED_PROXIES="one")

    assert done.returncode == 1
    assert "one" in done.stderr
