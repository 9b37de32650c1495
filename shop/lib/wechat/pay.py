"""A client of WeChat Pay APIv3 for a merchant of its own, in public-key mode.

Signs the exact bytes it sends and believes no 2xx answer whose signature does not verify. Amounts are fen, times are
aware datetimes. Every call may raise the three errors of `shop.lib.providers`; a ProviderUnknown demands a query
before anything else. Sources: PROTOCOLS of WeChat Pay, https://pay.wechatpay.cn/doc/v3/merchant/4012791897.
"""

import gzip
import hashlib
import json
import re
import secrets
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings

from shop.lib.providers import ProviderRejected, ProviderUnavailable, ProviderUnknown, send
from shop.lib.wechat import signing
from shop.lib.wechat.answers import SHANGHAI, BillRow, Refunded, Transaction, read_bill

Read = TypeVar("Read")

# The pages of different years spell the same error differently.
SPELLINGS = {
    "SYSTEMERROR": "SYSTEM_ERROR",
    "ORDERNOTEXIST": "ORDER_NOT_EXIST",
    "ORDERPAID": "ORDER_PAID",
    "ORDERCLOSED": "ORDER_CLOSED",
    "NOAUTH": "NO_AUTH",
    "NOTENOUGH": "NOT_ENOUGH",
    "RULELIMIT": "RULE_LIMIT",
    "ACCOUNTERROR": "ACCOUNT_ERROR",
    "BANKERROR": "BANK_ERROR",
    "RESOURCENOTEXISTS": "RESOURCE_NOT_EXISTS",
    "NOSTATEMENTEXIST": "NO_STATEMENT_EXIST",
    "RATELIMIT_EXCEEDED": "FREQUENCY_LIMITED",
}
DESCRIPTION_LENGTH = 127
REASON_LENGTH = 80
REFUNDS = "/v3/refund/domestic/refunds"


@dataclass(frozen=True, kw_only=True)
class Config:
    """Whom we are and where the gateway is. `timeout` is (connect, read) in seconds.

    `public_keys` maps every serial that answers and notices may be signed with to its key: WeChat Pay's public key id,
    and while a merchant changes over from certificates, the serials of those too. `public_key_id` is asked for.
    """

    base_url: str
    mchid: str
    appid: str
    serial_no: str
    private_key: RSAPrivateKey = field(repr=False)
    apiv3_key: str = field(repr=False)
    public_keys: Mapping[str, RSAPublicKey] = field(repr=False)
    public_key_id: str
    timeout: tuple[float, float]


@dataclass(frozen=True)
class Notice:
    """A notification that is surely from the gateway. `resource` is the decrypted JSON: see `answers`."""

    id: str
    event_type: str
    resource: dict[str, Any] = field(repr=False)


class NoticeRefused(Exception):
    """A notification that nobody may believe. `code` says why in one word; answer it with a 4xx and change nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WechatPay:
    """The calls of one merchant, over one session shared by all threads of the process."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def from_settings(cls) -> Self:
        """Build the client of `settings.WECHAT_PAY`. Raises OSError or ValueError when a key file is not usable."""
        given = settings.WECHAT_PAY
        return cls(
            Config(
                base_url=given["base_url"],
                mchid=given["mchid"],
                appid=given["appid"],
                serial_no=given["serial_no"],
                private_key=signing.private_key(given["private_key_file"].read_bytes()),
                apiv3_key=given["apiv3_key"],
                public_keys={given["public_key_id"]: signing.public_key(given["public_key_file"].read_bytes())},
                public_key_id=given["public_key_id"],
                timeout=given["timeout"],
            )
        )

    # --- Asking for money ------------------------------------------------------------------------------------------

    def prepay_h5(
        self,
        *,
        out_trade_no: str,
        description: str,
        total: int,
        notify_url: str,
        expires_at: datetime,
        client_ip: str,
        return_url: str,
    ) -> str:
        """Return the address of the cashier for a browser outside WeChat; it works for 5 minutes.

        Repeating it with the very same arguments is allowed until somebody pays.
        """
        wish = self._wish(out_trade_no, description, total, notify_url, expires_at)
        wish["scene_info"] = {"payer_client_ip": client_ip, "h5_info": {"type": "Wap"}}
        url = self._post("/v3/pay/transactions/h5", wish, lambda answer: str(answer["h5_url"]))
        return f"{url}&redirect_url={quote(return_url, safe='')}"

    def prepay_native(
        self, *, out_trade_no: str, description: str, total: int, notify_url: str, expires_at: datetime
    ) -> str:
        """Return what the QR code on a desk screen has to say; it works for 2 hours."""
        wish = self._wish(out_trade_no, description, total, notify_url, expires_at)
        return self._post("/v3/pay/transactions/native", wish, lambda answer: str(answer["code_url"]))

    def prepay_jsapi(
        self, *, out_trade_no: str, description: str, total: int, notify_url: str, expires_at: datetime, openid: str
    ) -> str:
        """Return the prepay id for a page inside WeChat, valid for 2 hours; hand it to `jsapi_invocation`."""
        wish = self._wish(out_trade_no, description, total, notify_url, expires_at)
        wish["payer"] = {"openid": openid}
        return self._post("/v3/pay/transactions/jsapi", wish, lambda answer: str(answer["prepay_id"]))

    def jsapi_invocation(self, *, prepay_id: str, now: datetime) -> dict[str, str]:
        """Return the signed arguments of `getBrandWCPayRequest`. What the page hears back is no proof of payment."""
        timestamp, nonce, package = str(int(now.timestamp())), secrets.token_hex(16), f"prepay_id={prepay_id}"
        message = f"{self.config.appid}\n{timestamp}\n{nonce}\n{package}\n".encode()
        return {
            "appId": self.config.appid,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": signing.sign(message=message, key=self.config.private_key),
        }

    def query(self, out_trade_no: str) -> Transaction:
        """Ask what became of a payment. ORDER_NOT_EXIST is rejected: no prepay with this number ever arrived."""
        path = f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no, safe='')}?mchid={self.config.mchid}"
        return self._get(path, Transaction.read)

    def close(self, out_trade_no: str) -> None:
        """Close an unpaid payment, at least 5 minutes after it was made.

        Rejected when it was paid meanwhile (ORDER_PAID, or whatever the gateway calls it): query, then treat as paid.
        """
        path = f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no, safe='')}/close"
        self._ask("POST", path, {"mchid": self.config.mchid})

    def _wish(
        self, out_trade_no: str, description: str, total: int, notify_url: str, expires_at: datetime
    ) -> dict[str, Any]:
        return {
            "appid": self.config.appid,
            "mchid": self.config.mchid,
            "description": description[:DESCRIPTION_LENGTH],
            "out_trade_no": out_trade_no,
            "time_expire": expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "notify_url": notify_url,
            "amount": {"total": total, "currency": "CNY"},
        }

    # --- Giving it back --------------------------------------------------------------------------------------------

    def refund(
        self, *, out_trade_no: str, out_refund_no: str, refund: int, total: int, reason: str, notify_url: str
    ) -> Refunded:
        """Ask for a refund of `refund` fen of a payment of `total`; accepted is not yet done.

        The same `out_refund_no` refunds once, however often it is asked, so a retry always uses it again.
        """
        wish = {
            "out_trade_no": out_trade_no,
            "out_refund_no": out_refund_no,
            "reason": reason[:REASON_LENGTH],
            "notify_url": notify_url,
            "amount": {"refund": refund, "total": total, "currency": "CNY"},
        }
        return self._post(REFUNDS, wish, Refunded.read)

    def query_refund(self, out_refund_no: str) -> Refunded:
        """Ask what became of a refund. RESOURCE_NOT_EXISTS is rejected: it never arrived, ask for it again."""
        return self._get(f"{REFUNDS}/{quote(out_refund_no, safe='')}", Refunded.read)

    # --- The daily bill --------------------------------------------------------------------------------------------

    def trade_bill(self, day: date) -> list[BillRow]:
        """Return every payment and refund of a Shanghai day; empty when there were none.

        Unavailable until about 10:00 of the next day, and again after three months.
        """
        asked = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"})
        try:
            where = self._get(f"/v3/bill/tradebill?{asked}", _BillAddress.read)
        except ProviderRejected as error:
            if error.code == "NO_STATEMENT_EXIST":
                return []
            if error.code == "STATEMENT_CREATING":
                raise ProviderUnavailable(error.code, error.message) from error
            raise
        return _believe(lambda: read_bill(self._download(where).decode()))

    def _download(self, where: "_BillAddress") -> bytes:
        """Return the unpacked bill. Its answer is not signed: the hash, from a signed answer, vouches for it."""
        if not where.url.startswith(f"{self.config.base_url}/"):
            raise ProviderUnknown("MALFORMED_ANSWER", "the bill lies at a foreign host")
        response = self._send("GET", where.url.removeprefix(self.config.base_url), b"")
        _raise_for_status(response, "")
        unpacked = _believe(lambda: gzip.decompress(response.content))
        if hashlib.sha1(unpacked, usedforsecurity=False).hexdigest() != where.sha1:
            raise ProviderUnknown("FORGED_ANSWER", "the bill's hash does not fit")
        return unpacked

    # --- What the gateway says unasked -----------------------------------------------------------------------------

    def parse_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Verify and decrypt one notification; raises NoticeRefused, whose code says at which step.

        unknown_serial, wrong_type, stale, wrong_signature, malformed, not_sealed: in this order, cheapest first, and
        without asking anybody anything. The amount and the numbers in it are the caller's to compare.
        """
        problem = self._problem(headers, body, now.timestamp())
        if problem:
            raise NoticeRefused(problem)
        try:
            envelope = json.loads(body)
            resource, told = envelope["resource"], (str(envelope["id"]), str(envelope["event_type"]))
            seal = {name: str(resource[name]) for name in ("ciphertext", "nonce")}
            associated_data = str(resource.get("associated_data") or "")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoticeRefused("malformed") from error
        try:
            plain = signing.unseal(**seal, associated_data=associated_data, key=self.config.apiv3_key)
            return Notice(*told, dict(json.loads(plain)))
        except (ValueError, TypeError) as error:
            raise NoticeRefused("not_sealed") from error

    def _problem(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """Return why these bytes are not surely the gateway's, or an empty string."""
        given = {name.lower(): value for name, value in headers.items()}
        key = self.config.public_keys.get(given.get("wechatpay-serial", ""))
        timestamp = given.get("wechatpay-timestamp", "")
        if key is None:
            return "unknown_serial"
        if given.get("wechatpay-signature-type", signing.SCHEME) != signing.SCHEME:
            return "wrong_type"
        if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) >= signing.MAX_SKEW:
            return "stale"
        message = signing.answer_message(timestamp=timestamp, nonce=given.get("wechatpay-nonce", ""), body=body)
        if not signing.is_signed(message=message, signature=given.get("wechatpay-signature", ""), key=key):
            return "wrong_signature"
        return ""

    # --- The wire --------------------------------------------------------------------------------------------------

    def _get(self, path: str, read: Callable[[Any], Read]) -> Read:
        return self._ask_and_read("GET", path, None, read)

    def _post(self, path: str, wish: Mapping[str, Any], read: Callable[[Any], Read]) -> Read:
        return self._ask_and_read("POST", path, wish, read)

    def _ask_and_read(
        self, method: str, path: str, wish: Mapping[str, Any] | None, read: Callable[[Any], Read]
    ) -> Read:
        answer = self._ask(method, path, wish)
        return _believe(lambda: read(json.loads(answer)))

    def _ask(self, method: str, path: str, wish: Mapping[str, Any] | None) -> bytes:
        """Send one request and return the verified bytes of its 2xx answer."""
        body = b"" if wish is None else json.dumps(wish, ensure_ascii=False).encode()
        response = self._send(method, path, body)
        _raise_for_status(response, path)
        problem = self._problem(response.headers, response.content, time.time())
        if problem:
            raise ProviderUnknown("FORGED_ANSWER", problem)
        return response.content

    def _send(self, method: str, path: str, body: bytes) -> requests.Response:
        headers = {
            "Accept": "application/json",
            "Authorization": self._authorization(method, path, body),
            "Content-Type": "application/json",
            "User-Agent": "tuanpu",
            "Wechatpay-Serial": self.config.public_key_id,
        }
        url = f"{self.config.base_url}{path}"
        return send(method, url, headers=headers, body=body, timeout=self.config.timeout)

    def _authorization(self, method: str, path: str, body: bytes) -> str:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        message = signing.request_message(method=method, path=path, timestamp=timestamp, nonce=nonce, body=body)
        signature = signing.sign(message=message, key=self.config.private_key)
        return (
            f'{signing.SCHEME} mchid="{self.config.mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{self.config.serial_no}"'
        )


@dataclass(frozen=True)
class _BillAddress:
    url: str
    sha1: str

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        if answer["hash_type"] != "SHA1":
            raise ValueError("an unknown kind of hash")
        return cls(str(answer["download_url"]), str(answer["hash_value"]).lower())


def _raise_for_status(response: requests.Response, path: str) -> None:
    status = response.status_code
    if status in {200, 204}:
        return
    code, message = _words(response)
    if code and 400 <= status < 500 and status != 429:
        raise ProviderRejected(code, message)
    if status == 429 and path != REFUNDS:  # of a refund the gateway says that its state is then unknown
        raise ProviderUnavailable(code or "FREQUENCY_LIMITED", message)
    raise ProviderUnknown(code or f"HTTP_{status}", message)


def _words(response: requests.Response) -> tuple[str, str]:
    """Return the gateway's error code, in its new spelling, and its sentence; empty when it is not the gateway's."""
    try:
        answer = response.json()
        return SPELLINGS.get(answer["code"], str(answer["code"])), str(answer.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""


def _believe(read: Callable[[], Read]) -> Read:
    """Read an answer that came well signed; whatever cannot be read leaves us not knowing."""
    try:
        return read()
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, zlib.error) as error:
        raise ProviderUnknown("MALFORMED_ANSWER", str(error)) from error
