"""Sending one text message: Aliyun's SendSms (dysmsapi 2017-05-25), signed with ACS3-HMAC-SHA256.

The sandbox speaks the very same protocol, so only the address and the keys differ.
Source: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature (read 2026-11).
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from shop.lib.providers import ProviderRejected, ProviderUnavailable, ProviderUnknown, send

SCHEME = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
TIMEOUT = (3.0, 5.0)  # seconds to connect, to read


class SmsProvider(Protocol):
    """Whoever sends our text messages."""

    def send(self, *, phone: str, template: str, params: Mapping[str, str]) -> str:
        """Send one approved template to one phone and return the provider's number of the message.

        Raises ProviderUnavailable when nothing was sent (unreachable, or the phone's quota is used up: 1 a minute,
        5 an hour, 10 a day), ProviderRejected when it never will be, ProviderUnknown when it may have been.
        """


@dataclass(frozen=True, kw_only=True)
class AliyunSms:
    """The account that pays for the messages and the signature (签名) that they carry."""

    base_url: str
    access_key_id: str
    access_key_secret: str = field(repr=False)
    sign_name: str

    def send(self, *, phone: str, template: str, params: Mapping[str, str]) -> str:
        """Send one message; see `SmsProvider.send`."""
        query = canonical_query(
            {
                "PhoneNumbers": phone,
                "SignName": self.sign_name,
                "TemplateCode": template,
                "TemplateParam": json.dumps(dict(params), ensure_ascii=False),
            }
        )
        headers = {
            "host": urlsplit(self.base_url).netloc,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": VERSION,
        }
        signature = sign(method="POST", query=query, headers=headers, secret=self.access_key_secret)
        names = ";".join(sorted(headers))
        headers["authorization"] = (
            f"{SCHEME} Credential={self.access_key_id},SignedHeaders={names},Signature={signature}"
        )
        response = send("POST", f"{self.base_url}/?{query}", headers=headers, body=b"", timeout=TIMEOUT)
        return _message_id(response.status_code, response.text)


def provider() -> SmsProvider:
    """Return the provider of `settings.SMS`; the sandbox is Aliyun at another address."""
    given = settings.SMS
    if given["provider"] not in {"aliyun", "sandbox"}:
        raise ImproperlyConfigured(f"SMS_PROVIDER {given['provider']!r} is not known: aliyun or sandbox")
    return AliyunSms(
        base_url=given["base_url"],
        access_key_id=given["access_key_id"],
        access_key_secret=given["access_key_secret"],
        sign_name=given["sign_name"],
    )


def canonical_query(params: Mapping[str, str]) -> str:
    """Return the query string in the one form that is signed: sorted, percent-encoded by RFC 3986."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(params.items()))


def sign(*, method: str, query: str, headers: Mapping[str, str], secret: str) -> str:
    """Return the hex signature over all of `headers`, whose names are lower case; the path is always `/`."""
    names = sorted(headers)
    canonical_headers = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical = "\n".join([method, "/", query, canonical_headers, ";".join(names), headers["x-acs-content-sha256"]])
    message = f"{SCHEME}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def _message_id(status: int, text: str) -> str:
    try:
        answer = json.loads(text)
        code, message = str(answer["Code"]), str(answer.get("Message", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProviderUnknown(f"HTTP_{status}") from error
    if status == 200 and code == "OK" and answer.get("BizId"):
        return str(answer["BizId"])
    if status == 429 or code == "isv.BUSINESS_LIMIT_CONTROL" or code.startswith("Throttling"):
        raise ProviderUnavailable(code, message)
    if status >= 500 or code in {"OK", "isp.SYSTEM_ERROR"}:
        raise ProviderUnknown(code, message)
    raise ProviderRejected(code, message)
