"""Personal data at rest: encrypted columns, and blind indexes to find a row by an exact value.

A stored value reads `key-id:base64(nonce + ciphertext)` (AES-256-GCM, the column's name as associated
data). Keys come from `settings.PII_KEYS`, newest first: the first encrypts, all of them decrypt.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models, transaction
from django.db.models.functions import Cast, Left

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
        return plain if plain is None else encrypt(plain, column=self.column_name)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else decrypt(value, column=self.column_name)

    @property
    def column_name(self) -> str:
        """What its values are bound to: moved into another column they do not open."""
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


def encrypted_fields(models_of_the_shop: Iterable[type[models.Model]]) -> list[EncryptedTextField]:
    """Return the encrypted columns of these models, each once."""
    fields = [field for model in models_of_the_shop for field in model._meta.local_concrete_fields]
    return [field for field in fields if isinstance(field, EncryptedTextField)]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What one batch did: rows re-encrypted, rows that no key opens, and the last pk it came to."""

    rewritten: list[Any]
    unreadable: list[Any]
    last: Any


def rotate(field: EncryptedTextField, *, after: Any, limit: int) -> Rotation | None:
    """Re-encrypt with the newest key up to `limit` values of `field` whose pk is above `after`; None at the end.

    Values that the newest key made are passed over, so it may stop and start again anywhere. Rows are locked and
    only what was read is replaced; a value that cannot be opened stays as it is. `after=None` starts.
    """
    newest = f"{newest_key_id()}:"
    rows = field.model._base_manager.annotate(stored=Cast(field.attname, models.TextField()))
    old = rows.filter(stored__gt="").annotate(key=Left("stored", len(newest))).exclude(key=newest)
    if after is not None:
        old = old.filter(pk__gt=after)
    changes: list[tuple[str, Any, str]] = []
    unreadable = []
    with transaction.atomic():
        batch = list(old.select_for_update(of=("self",)).order_by("pk").values_list("pk", "stored")[:limit])
        for pk, stored in batch:
            try:
                plain = decrypt(stored, column=field.column_name)
            except DecryptionFailed:
                unreadable.append(pk)
            else:
                changes.append((encrypt(plain, column=field.column_name), pk, stored))
        _replace(field, changes)
    return Rotation([pk for _, pk, _ in changes], unreadable, batch[-1][0]) if batch else None


def _replace(field: EncryptedTextField, changes: list[tuple[str, Any, str]]) -> None:
    """Write `[(new, pk, old)]` as it is, in one round trip, where the old value still stands."""
    meta = field.model._meta
    names = [meta.db_table, field.column or "", meta.pk.column or ""]
    table, column, key = (connection.ops.quote_name(name) for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s", changes)  # noqa: S608
