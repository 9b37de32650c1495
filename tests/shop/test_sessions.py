"""Sessions are Django's own, read more cheaply."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from shop.sessions import SessionStore

pytestmark = pytest.mark.django_db


def kept_session() -> str:
    """Keep a session and return its key."""
    session = SessionStore()
    session["words"] = "茶"
    session.save()
    assert session.session_key
    return session.session_key


def test_a_session_reads_what_was_written_here_or_by_django(django_assert_num_queries: Any) -> None:
    key = kept_session()
    theirs = db.SessionStore()
    theirs["words"] = "米"
    theirs.save()

    with django_assert_num_queries(2):
        read = [SessionStore(one)["words"] for one in (key, theirs.session_key)]

    assert read == ["茶", "米"]
    assert db.SessionStore(key)["words"] == "茶"


@pytest.mark.parametrize("passed", [timedelta(seconds=1), timedelta(days=1)])
def test_a_session_is_over_at_its_end(passed: timedelta) -> None:
    key = kept_session()
    Session.objects.update(expire_date=timezone.now() - passed)

    session = SessionStore(key)

    assert "words" not in session
    assert session.session_key is None  # a new one is made if anything is written


def test_a_key_that_nobody_was_given_finds_nothing() -> None:
    assert list(SessionStore("x" * 32).keys()) == []
    assert SessionStore("x" * 32).exists("x" * 32) is False


def test_data_that_somebody_wrote_into_the_table_is_no_session() -> None:
    key = kept_session()
    Session.objects.update(session_data="forged:1:data")

    assert list(SessionStore(key).keys()) == []
