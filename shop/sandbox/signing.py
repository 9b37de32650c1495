"""The gateway's side of APIv3 signatures: its keys, checking the merchant, signing and sealing its own words."""

import base64
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shop.lib.wechat import signing
from shop.sandbox.http import Refusal, Request

SIGNTEST = "WECHATPAY/SIGNTEST/"


class KeysInTheWay(Exception):
    """There are key files that the sandbox did not make; it overwrites nobody's keys."""


@dataclass(frozen=True)
class Keys:
    """The gateway's own key and the merchant's public one."""

    gateway: RSAPrivateKey = field(repr=False)
    merchant: RSAPublicKey = field(repr=False)


def keys_in(*, folder: Path, merchant_private: Path, gateway_public: Path) -> Keys:
    """Return the keys, made at the first start: the shop's files where its settings expect them, ours in `folder`."""
    gateway_private, merchant_public = folder / "sandbox_gateway_private.pem", folder / "sandbox_merchant_public.pem"
    if not (gateway_private.exists() and merchant_public.exists()):
        for theirs in (merchant_private, gateway_public):
            if theirs.exists():
                raise KeysInTheWay(f"{theirs} exists, but {folder} holds no sandbox keys to go with it")
        _write_pair(private_file=merchant_private, public_file=merchant_public)
        _write_pair(private_file=gateway_private, public_file=gateway_public)
    return Keys(
        signing.private_key(gateway_private.read_bytes()),
        signing.public_key(merchant_public.read_bytes()),
    )


def check(request: Request, *, path: str, mchid: str, serial_no: str, public_key_id: str, key: RSAPublicKey) -> None:
    """Refuse a request that the merchant did not sign just now. `path` is what was signed."""
    _check_manners(request, public_key_id)
    scheme, _, fields = request.headers.get("authorization", "").partition(" ")
    given = dict(re.findall(r'(\w+)="([^"]*)"', fields))
    if scheme != signing.SCHEME or not given.keys() >= {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}:
        raise Refusal(401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    if (given["mchid"], given["serial_no"]) != (mchid, serial_no):
        raise Refusal(401, "SIGN_ERROR", "商户证书序列号有误。请使用签名私钥匹配的证书序列号")
    if not re.fullmatch("[0-9]{1,12}", given["timestamp"]) or abs(time.time() - int(given["timestamp"])) >= 300:
        raise Refusal(401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    message = signing.request_message(
        method=request.method, path=path, timestamp=given["timestamp"], nonce=given["nonce_str"], body=request.body
    )
    if not signing.is_signed(message=message, signature=given["signature"], key=key):
        raise Refusal(401, "SIGN_ERROR", "签名错误，请检查后再试")


def signed_headers(*, body: bytes, serial: str, key: RSAPrivateKey, probe: bool = False) -> dict[str, str]:
    """Return the headers that vouch for an answer or a notification; `probe` spoils the signature as WeChat does."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    signature = signing.sign(message=signing.answer_message(timestamp=timestamp, nonce=nonce, body=body), key=key)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": SIGNTEST + signature[len(SIGNTEST) :] if probe else signature,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": signing.SCHEME,
    }


def seal(*, plain: bytes, associated_data: str, key: str) -> Mapping[str, str]:
    """Encrypt a resource as the gateway does."""
    nonce = secrets.token_hex(6)
    ciphertext = AESGCM(key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())
    return {
        "algorithm": signing.SEAL,
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "nonce": nonce,
        "associated_data": associated_data,
    }


@cache
def foreign_key() -> RSAPrivateKey:
    """Return a key that is nobody's, to forge with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _check_manners(request: Request, public_key_id: str) -> None:
    if "application/json" not in request.headers.get("accept", "") and "*/*" not in request.headers.get("accept", ""):
        raise Refusal(400, "PARAM_ERROR", "Http头缺少Accept或User-Agent")
    if not request.headers.get("user-agent"):
        raise Refusal(400, "PARAM_ERROR", "Http头缺少Accept或User-Agent")
    if request.headers.get("wechatpay-serial", public_key_id) != public_key_id:
        raise Refusal(400, "PARAM_ERROR", "Http头Wechatpay-Serial中的公钥ID有误")


def _write_pair(*, private_file: Path, public_file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for file in (private_file, public_file):
        file.parent.mkdir(parents=True, exist_ok=True)
    private_file.touch(mode=0o600)
    private_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public_file.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
