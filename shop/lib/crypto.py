"""Personal data at rest: encrypted columns, and blind indexes to find a row by an exact value.

A stored value reads `key-id:base64(nonce + ciphertext)` (AES-256-GCM, the column's name as associated
data). Keys come from `settings.PII_KEYS`, newest first: the first encrypts, all of them decrypt.
"""

import base64
import binascii
import hashlib
import hmac
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    TextColumn = models.TextField[str, str]
    IndexColumn = models.CharField[str | None, str | None]
else:
    TextColumn = models.TextField
    IndexColumn = models.CharField

NONCE_BYTES = 12
KEY_BYTES = 32


class DecryptionFailed(Exception):
    """No key of the ring opens this value: a key is missing or the row was tampered with."""


def encrypt(plain: str, *, column: str) -> str:
    """Encrypt `plain` for `column` with the newest key; the empty string stays empty."""
    if not plain:
        return ""
    key_id, key = next(iter(_ring().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain.encode(), column.encode())
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, column: str) -> str:
    """Open what `encrypt` made. Raises DecryptionFailed."""
    if not stored:
        return ""
    key_id, _, body = stored.partition(":")
    try:
        raw = base64.b64decode(body, validate=True)
        return AESGCM(_ring()[key_id]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], column.encode()).decode()
    except (KeyError, binascii.Error, ValueError, InvalidTag) as error:
        raise DecryptionFailed(f"{column}: no key of the ring opens the value (key id {key_id!r})") from error


def newest_key_id() -> str:
    """Return the id of the key that encrypts today."""
    return next(iter(_ring()))


def blind_index(value: str) -> str:
    """Return a keyed fingerprint of `value`, equal for equal values and useless without the key; "" for ""."""
    cleaned = value.strip()
    if not cleaned:
        return ""
    return hmac.new(settings.PII_INDEX_KEY.encode(), cleaned.encode(), hashlib.sha256).hexdigest()


def _ring() -> dict[str, bytes]:
    return _read_ring(tuple(settings.PII_KEYS))


@lru_cache(maxsize=4)
def _read_ring(entries: tuple[str, ...]) -> dict[str, bytes]:
    ring: dict[str, bytes] = {}
    for entry in entries:
        key_id, _, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not key_id or len(key) != KEY_BYTES:
            raise ImproperlyConfigured("PII_KEYS must be `id:base64(32 bytes)`, several separated by commas")
        ring[key_id] = key
    return ring


class EncryptedTextField(TextColumn):
    """A text column that is encrypted at rest and plain in Python; it can be neither searched nor sorted."""

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return plain if plain is None else encrypt(plain, column=self._column_name())

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else decrypt(value, column=self._column_name())

    def _column_name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.attname}"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise TypeError(f"{self} is encrypted; search its blind index instead")


class BlindIndexField(IndexColumn):
    """The fingerprint of the encrypted column `of`, written whenever the row is saved; NULL for "".

    Search with `filter(phone_index=blind_index(typed))`. `QuerySet.update()` passes it by, so an
    encrypted column that has one is changed through `save()`.
    """

    def __init__(self, *, of: str, **kwargs: Any) -> None:
        self.of = of
        kwargs |= {"max_length": 64, "null": True, "blank": True, "editable": False}
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "null", "blank", "editable"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        index = blind_index(getattr(model_instance, self.of) or "") or None
        setattr(model_instance, self.attname, index)
        return index
