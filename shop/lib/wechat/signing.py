"""The cryptography of WeChat Pay APIv3: RSA-SHA256 signatures and AES-GCM sealed notifications.

Source: https://pay.weixin.qq.com/wiki/doc/api_external/ch/wechatpay/wechatpay4_0 (as of 2025-01-06).
"""

import base64
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

SCHEME = "WECHATPAY2-SHA256-RSA2048"
SEAL = "AEAD_AES_256_GCM"
MAX_SKEW = 300  # seconds between a signature's time and ours, either way


def sign(*, message: bytes, key: RSAPrivateKey) -> str:
    """Return the Base64 RSA-SHA256 (PKCS#1 v1.5) signature of `message`."""
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def is_signed(*, message: bytes, signature: str, key: RSAPublicKey) -> bool:
    """Say whether `signature`, Base64 from a stranger, is the key's over `message`; never raises."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):  # binascii.Error is a ValueError
        return False
    return True


def request_message(*, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what the caller of the API signs; `path` includes the query, `body` is the exact bytes sent."""
    return f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def answer_message(*, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what the gateway signs of an answer or a notification."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def unseal(*, ciphertext: str, nonce: str, associated_data: str, key: str) -> bytes:
    """Decrypt one AES-GCM resource. Raises ValueError for anything that the key did not seal."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(key.encode()).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, ValueError) as error:
        raise ValueError("not sealed with this key") from error


@lru_cache(maxsize=8)
def private_key(pem: bytes) -> RSAPrivateKey:
    """Parse a PEM private key once; parsing costs more than a signature."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA private key")
    return key


@lru_cache(maxsize=8)
def public_key(pem: bytes) -> RSAPublicKey:
    """Parse a PEM public key once."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA public key")
    return key
