"""The numbers that the gateways themselves publish, against our code and against the library that shares it."""

import json
from pathlib import Path
from typing import Any

import pytest
from wechatpy.client.api import WeChatJSAPI
from wechatpy.pay import utils as pay_v2

from shop.lib import sms
from shop.lib.wechat import signing

VECTORS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent.parent / "vectors" / "wechat.json").read_text())


def test_we_unseal_what_wechat_pay_sealed() -> None:
    vector = VECTORS["v3_seal"]

    plain = signing.unseal(**{name: vector[name] for name in ("ciphertext", "nonce", "associated_data", "key")})

    assert plain.decode() == vector["plain"]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"key": "testAPIv3Key1111"},
        {"key": "not a aes key"},
        {"ciphertext": "SGVsbG8gV29ybGQK"},
        {"ciphertext": "invalid cipher"},
        {"ciphertext": ""},
        {"nonce": "wCq51qZv4Yfh"},
        {"nonce": ""},
        {"associated_data": ""},
    ],
)
def test_whatever_the_key_did_not_seal_is_one_kind_of_error(spoiled: dict[str, str]) -> None:
    vector = {name: VECTORS["v3_seal"][name] for name in ("ciphertext", "nonce", "associated_data", "key")}

    with pytest.raises(ValueError, match="not sealed with this key"):
        signing.unseal(**{**vector, **spoiled})


def test_we_accept_the_signature_wechat_pay_publishes_and_no_other() -> None:
    vector = VECTORS["v3_signature"]
    key, signature = signing.public_key("\n".join(vector["public_key"]).encode()), vector["signature"]

    assert signing.is_signed(message=vector["message"].encode(), signature=signature, key=key)
    assert not signing.is_signed(message=b"sourcf", signature=signature, key=key)
    assert not signing.is_signed(message=b"source", signature="C" + signature[1:], key=key)
    for garbage in ("", "WECHATPAY/SIGNTEST/", "ж", "=", signature[:-4], signature + "AAAA"):
        assert not signing.is_signed(message=b"source", signature=garbage, key=key)


def test_we_sign_text_messages_as_aliyun_publishes() -> None:
    vector = VECTORS["acs3_signature"]

    signature = sms.sign(
        method="POST",
        query=sms.canonical_query(vector["params"]),
        headers=vector["headers"],
        secret=vector["secret"],
    )

    assert signature == vector["signature"]


def test_the_library_signs_pages_for_the_js_sdk_as_published() -> None:
    vector = VECTORS["js_sdk_signature"]

    for url, expected in vector["sha1"].items():
        signed = WeChatJSAPI().get_jsapi_signature(vector["noncestr"], vector["ticket"], vector["timestamp"], url)
        assert signed == expected


def test_the_library_signs_the_old_payment_protocol_as_published() -> None:
    vector = VECTORS["v2_signature"]

    assert pay_v2.calculate_signature(vector["params"], vector["key"]) == vector["md5"]
    assert pay_v2.calculate_signature_hmac(vector["params"], vector["key"]) == vector["hmac_sha256"]
