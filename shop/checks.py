"""What `manage.py check --deploy` demands of a production before Django's own list: keys, files, addresses.

The demo's secrets and the sandbox's keys need no check: the settings refuse them at once.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from shop.lib import crypto, posters


def check_site_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    if settings.SITE_URL.startswith("https://"):
        return []
    hint = "Set SITE_URL=https://your.shop: links in messages and the gateways' notify addresses begin with it."
    return [checks.Error(f"SITE_URL is {settings.SITE_URL!r}", hint=hint, id="shop.E001")]


def check_payment_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Demand that WeChat Pay is configured whole or not at all."""
    pay = settings.WECHAT_PAY
    if not pay["mchid"]:
        return [
            checks.Warning("WeChat Pay is not configured", hint="Set WECHAT_PAY_MCHID and its keys.", id="shop.W001")
        ]
    errors: list[checks.CheckMessage] = [
        checks.Error(f"WECHAT_PAY_{name.upper()} is not set", id="shop.E002")
        for name in ("appid", "serial_no", "apiv3_key", "public_key_id")
        if not pay[name]
    ]
    if len(pay["apiv3_key"].encode()) != 32:
        errors.append(checks.Error("WECHAT_PAY_APIV3_KEY must have 32 bytes", id="shop.E003"))
    if not pay["base_url"].startswith("https://"):
        errors.append(checks.Error(f"WECHAT_PAY_URL is {pay['base_url']!r}", hint="Leave it out.", id="shop.E010"))
    for name in ("private_key_file", "public_key_file"):
        errors += unreadable(pay[name], f"WECHAT_PAY_{name.upper()}")
    return errors


def check_sms(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Demand that text messages are configured whole or not at all."""
    names = ("access_key_id", "access_key_secret")
    missing = [f"SMS_{name.upper()}" for name in names if not settings.SMS[name]]
    if len(missing) == len(names):
        hint = "Set SMS_ACCESS_KEY_ID and SMS_ACCESS_KEY_SECRET: shoppers sign in with a code by text message."
        return [checks.Warning("Text messages are not configured", hint=hint, id="shop.W003")]
    errors: list[checks.CheckMessage] = [checks.Error(f"{name} is not set", id="shop.E011") for name in missing]
    if not settings.SMS["base_url"].startswith("https://"):
        errors.append(checks.Error(f"SMS_URL is {settings.SMS['base_url']!r}", hint="Leave it out.", id="shop.E010"))
    return errors


def unreadable(path: Path, name: str) -> list[checks.CheckMessage]:
    """Complain about a key file that cannot be read, holds no key, or can be read by everyone."""
    if path == Path():
        return [checks.Error(f"{name} is not set", id="shop.E002")]
    try:
        text = path.read_text()
        public = path.stat().st_mode & 0o004
    except (OSError, UnicodeDecodeError) as error:
        return [checks.Error(f"{name}: {path} cannot be read ({type(error).__name__})", id="shop.E004")]
    if "-----BEGIN " not in text:
        return [checks.Error(f"{name}: {path} is not a PEM file", id="shop.E005")]
    if public and "PRIVATE KEY" in text:
        return [checks.Warning(f"{name}: everyone may read {path}", hint="chmod o-r it.", id="shop.W002")]
    return []


def check_personal_data_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    try:
        crypto.newest_key_id()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="shop.E006")]
    return []


def check_production_services(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    messages: list[checks.CheckMessage] = []
    if settings.DEMO:
        messages.append(checks.Error("DEMO is on", hint="Production runs without DEMO and DEBUG.", id="shop.E007"))
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        messages.append(checks.Error("The database is not PostgreSQL", hint="Set DATABASE_URL.", id="shop.E008"))
    if not settings.REDIS_URL:
        hint = "Set REDIS_URL: without it worker and beat must be one process."
        messages.append(checks.Error("There is no Redis for the broker", hint=hint, id="shop.E009"))
    return messages


def check_poster_font(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    if posters.is_font_there():
        return []
    hint = f"apt install {posters.PACKAGE}, or set POSTER_FONT to another font with Chinese."
    return [checks.Warning(f"POSTER_FONT: {settings.POSTER_FONT} is not there", hint=hint, id="shop.W004")]


DEPLOY_CHECKS = (
    check_site_url,
    check_payment_keys,
    check_sms,
    check_personal_data_keys,
    check_production_services,
    check_poster_font,
)


def register() -> None:
    for check in DEPLOY_CHECKS:
        checks.register(check, checks.Tags.security, deploy=True)
