"""A lock is in the SQL, and it locks: shown on PostgreSQL, where it can be (R4)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from members.models import Message
from shop.lib import outbox
from shop.models import Store
from tests.factories import make_member, make_store

pytestmark = pytest.mark.races
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@contextmanager
def locked_by_another(store: Store) -> Iterator[None]:
    """Hold the row of `store` in a second connection."""
    holds, finished = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Store.objects.select_for_update().get(pk=store.pk)
            holds.set()
            finished.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holds.wait(10)
        yield
    finally:
        finished.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction() -> None:
    store = make_store()

    with pytest.raises(TransactionManagementError):
        Store.objects.select_for_update().get(pk=store.pk)


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_in_the_sql_and_keeps_others_out() -> None:
    store = make_store()

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        Store.objects.select_for_update().get(pk=store.pk)

    assert [query["sql"].endswith("FOR UPDATE") for query in queries if "SELECT" in query["sql"]] == [True]

    with locked_by_another(store), pytest.raises(OperationalError, match="could not obtain lock"), transaction.atomic():
        Store.objects.select_for_update(nowait=True).get(pk=store.pk)


@pytest.mark.django_db(transaction=True)
def test_an_unevaluated_lock_keeps_nobody_out() -> None:
    store = make_store()

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        Store.objects.select_for_update().filter(pk=store.pk)  # the mistake the architecture test looks for

        with locked_by_another(store), pytest.raises(OperationalError, match="not obtain lock"), transaction.atomic():
            Store.objects.select_for_update(nowait=True).get(pk=store.pk)

    assert [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")] == []


@pytest.mark.django_db
def test_a_sweep_skips_rows_that_another_sweep_holds() -> None:
    member = make_member()
    Message.objects.create(member=member, dedupe_key="a", due_at=NOW, created_at=NOW)

    with CaptureQueriesContext(connection) as queries:
        due = Message.objects.filter(due_at__lte=NOW)
        claimed = outbox.claim(due, column="due_at", now=NOW, lease=timedelta(minutes=1), limit=5)

    assert len(claimed) == 1
    locking = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert [sql.rpartition("FOR UPDATE")[2] for sql in locking] == [' OF "members_message" SKIP LOCKED']
