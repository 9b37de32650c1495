"""Personal data at rest: nothing readable in the table, nothing readable without the key, keys that can be changed."""

import base64
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from members.models import Address, Member
from shop.lib import crypto
from shop.lib.crypto import DecryptionFailed, blind_index, decrypt, encrypt
from tests.factories import make_address, make_member

COLUMN = "members.member.phone"


def key(key_id: str, byte: bytes) -> str:
    return f"{key_id}:{base64.b64encode(byte * 32).decode()}"


OLD, NEW = key("old", b"o"), key("new", b"n")


def stored(model: type[models.Model], column: str, pk: int) -> str:
    """Read a column as the database holds it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} WHERE id = %s", [pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def rotate(batch: int = 500) -> str:
    out = StringIO()
    call_command("rotate_keys", batch=batch, stdout=out)
    return out.getvalue()


@given(st.text(min_size=1))
def test_what_was_encrypted_opens_again(plain: str) -> None:
    assert decrypt(encrypt(plain, column=COLUMN), column=COLUMN) == plain


def test_the_same_value_never_looks_the_same_twice() -> None:
    first, second = encrypt("13800000000", column=COLUMN), encrypt("13800000000", column=COLUMN)

    assert first != second
    assert "138" not in base64.b64decode(first.partition(":")[2]).decode("latin-1")


def test_the_empty_string_stays_empty() -> None:
    assert encrypt("", column=COLUMN) == ""
    assert decrypt("", column=COLUMN) == ""


def test_a_value_opens_in_its_own_column_only() -> None:
    with pytest.raises(DecryptionFailed):
        decrypt(encrypt("王小明", column="members.address.receiver_name"), column="members.address.detail")


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_a_changed_byte_is_noticed(position: int) -> None:
    key_id, _, body = encrypt("13800000000", column=COLUMN).partition(":")
    raw = bytearray(base64.b64decode(body))
    raw[position] ^= 1

    with pytest.raises(DecryptionFailed):
        decrypt(f"{key_id}:{base64.b64encode(raw).decode()}", column=COLUMN)


@pytest.mark.parametrize(
    "text", ["13800000000", "old:", "old:AAAA", "old:!", "demo-only:", "demo-only:AAAA", "::", ":"]
)
def test_what_is_no_ciphertext_is_refused_aloud(text: str) -> None:
    with pytest.raises(DecryptionFailed, match=COLUMN):
        decrypt(text, column=COLUMN)


def test_a_wrong_key_of_the_same_name_is_refused_aloud(settings: LazySettings) -> None:
    settings.PII_KEYS = [OLD]
    value = encrypt("13800000000", column=COLUMN)
    settings.PII_KEYS = [key("old", b"x")]

    with pytest.raises(DecryptionFailed):
        decrypt(value, column=COLUMN)


def test_a_missing_key_is_named(settings: LazySettings) -> None:
    settings.PII_KEYS = [OLD]
    value = encrypt("13800000000", column=COLUMN)
    settings.PII_KEYS = [NEW]

    with pytest.raises(DecryptionFailed, match="'old'"):
        decrypt(value, column=COLUMN)


def test_the_newest_key_encrypts_and_all_of_them_decrypt(settings: LazySettings) -> None:
    settings.PII_KEYS = [OLD]
    value = encrypt("13800000000", column=COLUMN)
    settings.PII_KEYS = [NEW, OLD]

    assert decrypt(value, column=COLUMN) == "13800000000"
    assert encrypt("13800000000", column=COLUMN).startswith("new:")


@pytest.mark.parametrize("ring", [["nokey"], ["a:AAAA"], [":" + "A" * 44], ["a:###"], [""]])
def test_a_ring_that_cannot_work_is_refused(settings: LazySettings, ring: list[str]) -> None:
    settings.PII_KEYS = ring

    with pytest.raises(ImproperlyConfigured, match="PII_KEYS"):
        encrypt("x", column=COLUMN)


def test_a_blind_index_is_equal_for_equal_values_and_keyed(settings: LazySettings) -> None:
    first = blind_index("13800000000")

    assert blind_index(" 13800000000 ") == first
    assert blind_index("13800000001") != first
    assert blind_index("  ") == ""
    settings.PII_INDEX_KEY = "another"
    assert blind_index("13800000000") != first


@pytest.mark.django_db
def test_the_table_holds_nothing_readable() -> None:
    address = make_address(make_member(phone="13812345678"), receiver_name="王小明", detail="文三路 90 号")

    phone = stored(Member, "phone", address.member_id)
    assert phone.startswith("demo-only:")
    assert "13812345678" not in phone
    assert stored(Member, "phone_index", address.member_id) == blind_index("13812345678")
    assert "王" not in stored(Address, "receiver_name", address.pk)
    address.refresh_from_db()
    assert (address.receiver_name, address.detail) == ("王小明", "文三路 90 号")


@pytest.mark.django_db
def test_a_row_is_found_by_its_blind_index_and_never_by_the_column() -> None:
    member = make_member(phone="13812345678")

    assert Member.objects.get(phone_index=blind_index("13812345678")) == member
    with pytest.raises(TypeError, match="blind index"):
        Member.objects.filter(phone="13812345678")
    with pytest.raises(TypeError, match="blind index"):
        Member.objects.filter(phone__startswith="138")
    assert Member.objects.filter(phone__isnull=False).count() == 1


@pytest.mark.django_db
def test_the_index_follows_the_value_and_is_null_for_none() -> None:
    member = make_member(phone="13812345678")

    member.phone = "13987654321"
    member.save()
    assert Member.objects.get(phone_index=blind_index("13987654321")) == member

    member.phone = ""
    member.save()
    member.refresh_from_db()
    assert (member.phone, member.phone_index) == ("", None)


@pytest.mark.django_db
def test_a_ciphertext_moved_to_another_column_does_not_open() -> None:
    address = make_address(make_member())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE members_address SET detail = receiver_phone")

    with pytest.raises(DecryptionFailed):
        Address.objects.get(pk=address.pk)


@pytest.mark.django_db
def test_rotation_re_encrypts_every_column_and_leaves_the_index_alone(settings: LazySettings) -> None:
    settings.PII_KEYS = [OLD]
    members = [make_member() for _ in range(5)]
    make_member(phone="")
    address = make_address(members[0])
    settings.PII_KEYS = [NEW, OLD]
    modern = make_member()
    before = stored(Member, "phone", modern.pk)

    report = rotate(batch=2)

    assert "members.member.phone: 5 re-encrypted, 0 unreadable\n" in report
    assert "members.address.receiver_name: 1 re-encrypted, 0 unreadable\n" in report
    assert "members.address.detail: 1 re-encrypted, 0 unreadable\n" in report
    assert stored(Member, "phone", modern.pk) == before
    settings.PII_KEYS = [NEW]  # the old key may be thrown away
    for member in members:
        assert Member.objects.get(pk=member.pk).phone == member.phone
        assert stored(Member, "phone_index", member.pk) == blind_index(member.phone)
    assert Address.objects.get(pk=address.pk).detail == "文三路 90 号"


@pytest.mark.django_db
def test_rotating_twice_does_nothing_the_second_time(settings: LazySettings) -> None:
    settings.PII_KEYS = [OLD]
    member = make_member()
    settings.PII_KEYS = [NEW, OLD]
    rotate()
    before = stored(Member, "phone", member.pk)

    report = rotate()

    assert "members.member.phone: 0 re-encrypted" in report
    assert stored(Member, "phone", member.pk) == before


@pytest.mark.django_db
def test_a_rotation_that_was_stopped_goes_on(settings: LazySettings) -> None:
    settings.PII_KEYS = [OLD]
    for _ in range(5):
        make_member()
    settings.PII_KEYS = [NEW, OLD]
    field = Member._meta.get_field("phone")
    assert isinstance(field, crypto.EncryptedTextField)

    stopped = crypto.rotate(field, after=None, limit=2)

    assert stopped is not None
    assert len(stopped.rewritten) == 2
    assert "members.member.phone: 3 re-encrypted" in rotate()


@pytest.mark.django_db
def test_rotation_names_what_no_key_opens_and_leaves_it(settings: LazySettings) -> None:
    settings.PII_KEYS = [key("lost", b"l")]
    lost = make_member()
    settings.PII_KEYS = [OLD]
    good = make_member()
    before = stored(Member, "phone", lost.pk)
    settings.PII_KEYS = [NEW, OLD]

    errors = StringIO()
    with pytest.raises(CommandError, match="1 values could not be opened"):
        call_command("rotate_keys", stdout=StringIO(), stderr=errors)

    assert errors.getvalue() == f"members.member.phone: no key opens the value of row {lost.pk}\n"
    assert stored(Member, "phone", lost.pk) == before
    assert stored(Member, "phone", good.pk).startswith("new:")


@pytest.mark.django_db
def test_a_batch_of_rotation_reads_once_and_writes_once(settings: LazySettings) -> None:
    settings.PII_KEYS = [OLD]
    for _ in range(3):
        make_member()
    settings.PII_KEYS = [NEW, OLD]
    field = crypto.encrypted_fields([Member])[0]

    with CaptureQueriesContext(connection) as queries:
        crypto.rotate(field, after=None, limit=100)

    statements = [query["sql"] for query in queries if "members_member" in query["sql"]]
    assert [sql.split()[0] for sql in statements] == ["SELECT", "3"]  # "3 times: UPDATE ..."


def test_every_column_that_names_a_person_is_known_to_the_rotation() -> None:
    names = {field.column_name for field in crypto.encrypted_fields([Member, Address])}

    assert names == {
        "members.member.phone", "members.address.receiver_name", "members.address.receiver_phone",
        "members.address.detail",
    }  # fmt: skip
