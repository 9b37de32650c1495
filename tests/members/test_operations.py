"""The operation log: only ever appended to, without personal data, sealed so that a change shows."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import structlog
from django.conf import LazySettings
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client, RequestFactory

from members import services
from members.models import Member, OperationLog
from members.services import operations
from tests.factories import make_member, make_staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)


def log(units: int = 1, **changes: Any) -> list[OperationLog]:
    wish: dict[str, Any] = {"actor": None, "action": "改库存", "target": make_member(), "now": NOW}
    for _ in range(units):
        services.log_operation(**(wish | changes))
    return list(OperationLog.objects.order_by("-pk")[:units])[::-1]


def tamper(sql: str, *values: object) -> None:
    """Change the log behind the back of the triggers, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE members_operationlog DISABLE TRIGGER operation_log_guard")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS operation_log_no_update")
            cursor.execute("DROP TRIGGER IF EXISTS operation_log_no_delete")
        cursor.execute(sql, values)  # type: ignore[arg-type]


def broken() -> list[int]:
    return [seal.pk for seal in services.broken_seals()]


def test_an_entry_says_who_did_what_to_which_row() -> None:
    staff, member = make_staff(), make_member()

    [entry] = log(actor=staff, target=member, action="改昵称", summary="顾客要求", before={"n": 1}, after={"n": 2})

    assert (entry.at, entry.actor, entry.action, entry.summary) == (NOW, staff, "改昵称", "顾客要求")
    assert (entry.target_type, entry.target_id) == ("members.member", str(member.pk))
    assert (entry.before, entry.after, entry.digest) == ({"n": 1}, {"n": 2}, "")


def test_personal_data_is_masked_wherever_it_stands() -> None:
    member = make_member()
    before = {"phone": "13812345678", "receiver_name": "王小明", "detail": "文三路 90 号", "name": "龙井茶"}
    after = {"note": "请打 13812345678", "lines": [{"receiver_name": "李雷", "units": 2}], "nothing": None}

    [entry] = log(target=member, summary="电话 13812345678", before=before, after=after)

    assert entry.summary == "电话 138****5678"
    assert entry.before == {
        "phone": "138****5678", "receiver_name": "王**", "detail": "文*******", "name": "龙井茶",
    }  # fmt: skip
    assert entry.after == {"note": "请打 138****5678", "lines": [{"receiver_name": "李*", "units": 2}], "nothing": None}


def test_dates_and_rows_become_text() -> None:
    [entry] = log(after={"day": date(2026, 5, 4), "at": NOW, "by": make_staff("anna")})

    assert entry.after == {"day": "2026-05-04", "at": "2026-05-04T03:02:01.123456+00:00", "by": "anna"}


def test_a_long_summary_is_cut_not_refused() -> None:
    [entry] = log(summary="很" * 300)

    assert len(entry.summary) == 200


def test_address_and_request_come_from_the_request_being_answered(rf: RequestFactory, settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = 1
    with structlog.contextvars.bound_contextvars(request_id="f00", ip=None):
        services.acting_from(rf.get("/", headers={"X-Forwarded-For": "203.0.113.7"}))
        [entry] = log()
    structlog.contextvars.clear_contextvars()
    [timer] = log()

    assert (entry.ip, entry.request_id) == ("203.0.113.7", "f00")
    assert (timer.ip, timer.request_id) == (None, "")


def test_every_request_says_where_it_comes_from(client: Client) -> None:
    heard: list[dict[str, Any]] = []
    from django_structlog.signals import bind_extra_request_finished_metadata as finished

    def listen(sender: type, **kwargs: Any) -> None:
        heard.append(structlog.contextvars.get_contextvars())

    finished.connect(listen, dispatch_uid="test")
    try:
        client.get("/login/", REMOTE_ADDR="203.0.113.9")
    finally:
        finished.disconnect(dispatch_uid="test")

    assert heard[0]["ip"] == "203.0.113.9"
    assert structlog.contextvars.get_contextvars() == {}


def test_an_entry_that_is_rolled_back_was_never_there() -> None:
    def fail() -> None:
        with transaction.atomic():
            log()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not OperationLog.objects.exists()


def test_the_program_cannot_change_or_delete_an_entry() -> None:
    [entry] = log()

    for attempt in (
        lambda: OperationLog.objects.update(action="x"),
        lambda: OperationLog.objects.filter(pk=entry.pk).delete(),
        entry.save,
        entry.delete,
        lambda: OperationLog.objects.bulk_update([entry], ["action"]),
    ):
        with pytest.raises(TypeError, match="append-only"):
            attempt()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM members_operationlog",
        "UPDATE members_operationlog SET action = 'x'",
        "UPDATE members_operationlog SET action = 'x', digest = 'y'",
        "UPDATE members_operationlog SET before = '{}', digest = 'y'",
        "UPDATE members_operationlog SET actor_id = NULL, digest = 'y'",
        "UPDATE members_operationlog SET id = id + 1000, digest = 'y'",
        "UPDATE members_operationlog SET digest = ''",
    ],
)
@pytest.mark.parametrize("is_sealed", [False, True])
def test_the_database_itself_refuses_to_change_or_delete_an_entry(sql: str, is_sealed: bool) -> None:
    log(actor=make_staff(), before={"n": 1})
    if is_sealed:
        services.seal_operations(now=NOW)
    before = list(OperationLog.objects.values())

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert list(OperationLog.objects.values()) == before


def test_the_database_refuses_to_seal_twice() -> None:
    log()
    services.seal_operations(now=NOW)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE members_operationlog SET digest = 'x'")


def test_staff_with_entries_cannot_be_deleted() -> None:
    staff = make_staff()
    log(actor=staff)

    with pytest.raises(ProtectedError):
        staff.delete()


def test_sealing_chains_the_entries_in_id_order() -> None:
    log(5)

    assert services.seal_operations(now=NOW, limit=3) == 3
    assert services.seal_operations(now=NOW, limit=3) == 2
    assert services.seal_operations(now=NOW, limit=3) == 0

    digests = list(OperationLog.objects.order_by("pk").values_list("digest", flat=True))
    assert len(set(digests)) == 5
    assert {len(digest) for digest in digests} == {64}
    assert broken() == []


def test_equal_entries_have_different_seals() -> None:
    target = make_member()
    log(2, target=target)

    services.seal_operations(now=NOW)

    assert OperationLog.objects.values("digest").distinct().count() == 2


def test_entries_that_no_sweep_has_reached_are_fine() -> None:
    log(2)
    services.seal_operations(now=NOW)
    log(2)

    assert broken() == []


def test_an_empty_log_is_fine() -> None:
    assert services.seal_operations(now=NOW) == 0
    assert broken() == []


@pytest.mark.parametrize(
    "change",
    ["action = 'x'", "summary = 'x'", "target_id = '0'", "ip = '10.0.0.1'", "after = '{\"n\": 3}'", "digest = 'x'"],
)
def test_a_changed_entry_is_named(change: str) -> None:
    entries = log(5, after={"n": 2})
    services.seal_operations(now=NOW)

    tamper(f"UPDATE members_operationlog SET {change} WHERE id = %s", entries[2].pk)  # noqa: S608

    assert entries[2].pk in broken()
    assert set(broken()) <= {entries[2].pk, entries[3].pk}


def test_an_entry_with_its_seal_recomputed_breaks_the_next_one() -> None:
    entries = log(3)
    services.seal_operations(now=NOW)
    tamper("UPDATE members_operationlog SET action = 'x' WHERE id = %s", entries[1].pk)
    [seal] = services.broken_seals()

    tamper("UPDATE members_operationlog SET digest = %s WHERE id = %s", seal.expected, entries[1].pk)

    assert broken() == [entries[2].pk]


def test_a_removed_entry_breaks_the_next_one() -> None:
    entries = log(3)
    services.seal_operations(now=NOW)

    tamper("DELETE FROM members_operationlog WHERE id = %s", entries[1].pk)

    assert broken() == [entries[2].pk]


def test_an_entry_that_lost_its_seal_is_named() -> None:
    entries = log(3)
    services.seal_operations(now=NOW)

    tamper("UPDATE members_operationlog SET digest = '' WHERE id = %s", entries[1].pk)

    assert entries[1].pk in broken()


def test_what_is_expected_and_found_is_told() -> None:
    [entry] = log()
    services.seal_operations(now=NOW)
    digest = OperationLog.objects.get().digest

    tamper("UPDATE members_operationlog SET at = %s", NOW + timedelta(seconds=1))

    [seal] = services.broken_seals()
    assert (seal.pk, seal.found) == (entry.pk, digest)
    assert len(seal.expected) == 64


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_sweeps_and_writers_at_once_leave_one_unbroken_chain() -> None:
    target = make_member()
    stop = threading.Event()

    def write(_: int) -> None:
        try:
            for _ in range(25):
                with transaction.atomic():
                    services.log_operation(actor=None, action="改", target=target, now=NOW)
        finally:
            connection.close()

    def seal(_: int) -> int:
        sealed = 0
        try:
            while not stop.is_set():
                sealed += services.seal_operations(now=NOW, limit=7)
        finally:
            connection.close()
        return sealed

    with ThreadPoolExecutor(3) as sealers, ThreadPoolExecutor(4) as writers:
        sealing = [sealers.submit(seal, n) for n in range(3)]
        list(writers.map(write, range(4)))
        stop.set()
        sealed = sum(future.result() for future in sealing)
    sealed += services.seal_operations(now=NOW)

    assert sealed == OperationLog.objects.exclude(digest="").count() == 100
    assert broken() == []


def seal_while_an_entry_is_on_its_way() -> int:
    """Seal when an entry with a smaller id is written but not yet committed; return how many were sealed then."""
    target = make_member()
    written, done = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                services.log_operation(actor=None, action="慢", target=target, now=NOW)
                written.set()
                assert done.wait(10)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(write_slowly)
        assert written.wait(10)
        log(target=target)  # has the greater id and is there first
        sealed = services.seal_operations(now=NOW)
        done.set()
        slow.result()
    return sealed


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_an_entry_still_on_its_way_holds_the_sealing_back() -> None:
    assert seal_while_an_entry_is_on_its_way() == 0

    assert services.seal_operations(now=NOW) == 2
    assert list(OperationLog.objects.order_by("pk").values_list("action", flat=True)) == ["慢", "改库存"]
    assert broken() == []


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_an_entry_on_its_way_would_break_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_keep_writers_out", lambda: None)

    assert seal_while_an_entry_is_on_its_way() == 1

    services.seal_operations(now=NOW)
    assert len(broken()) == 1


def test_roles_hold_exactly_their_permissions() -> None:
    staff = make_staff()

    services.ensure_roles({"店员": ["catalog.view_sku", "catalog.change_sku"]})
    services.ensure_roles({"店员": ["catalog.view_sku"]})
    staff.groups.add(staff.groups.model.objects.get(name="店员"))

    assert Member.objects.get(pk=staff.pk).get_all_permissions() == {"catalog.view_sku"}


def test_a_permission_that_does_not_exist_changes_nothing() -> None:
    services.ensure_roles({"测试": ["catalog.view_sku"]})

    with pytest.raises(ValueError, match=r"catalog\.fly"):
        services.ensure_roles({"测试": ["catalog.fly"], "新": ["catalog.view_sku"]})

    groups = make_staff().groups.model.objects
    assert groups.get(name="测试").permissions.count() == 1
    assert not groups.filter(name="新").exists()
