"""The first page of a member's day is noted once, and no other page pays for it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from members import services as members
from members.models import Member, MemberVisitDay
from shop import visits
from tests.factories import make_member, make_staff
from tests.members.test_signing_in import sign_in
from tests.sandbox import Sandbox
from tests.shop.front import start_cold
from tests.visiting import first_page_of_the_day, force_login

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def come(member: Member) -> Client:
    """Sign in on a browser that has not been here today."""
    client = Client()
    force_login(client, member, backend=BACKEND)
    return client


def today() -> date:
    return timezone.localdate()


def test_the_first_page_of_a_day_is_noted_and_no_other() -> None:
    member = make_member()
    client = come(member)

    for path in ("/me/", "/", "/goods/"):
        client.get(path)

    member.refresh_from_db()
    assert member.last_visit_on == today()
    assert list(MemberVisitDay.objects.values_list("member", "day")) == [(member.pk, today())]


def test_later_pages_of_the_day_cost_no_statement(django_assert_num_queries: Any) -> None:
    start_cold()
    client = come(make_member())
    client.get("/stores/")

    with django_assert_num_queries(1):  # the session, which the page itself reads
        client.get("/stores/")


def test_the_same_day_on_another_device_costs_one_statement(django_assert_num_queries: Any) -> None:
    start_cold()
    member = make_member()
    come(member).get("/stores/")
    other = come(member)

    with django_assert_num_queries(4):  # the session; the one statement and the savepoint of the test around it
        other.get("/stores/")

    assert MemberVisitDay.objects.count() == 1


def test_a_page_from_memory_is_noted_too() -> None:
    start_cold()
    Client().get("/")
    member = make_member()
    client = come(make_member())
    client.get("/")
    client = come(member)

    client.get("/")

    assert MemberVisitDay.objects.filter(member=member).exists()


def test_another_day_is_another_row() -> None:
    member = make_member()
    client = come(member)
    client.get("/me/")
    Member.objects.update(last_visit_on=today() - timedelta(days=1))
    MemberVisitDay.objects.update(day=today() - timedelta(days=1))

    first_page_of_the_day(client).get("/me/")

    assert MemberVisitDay.objects.count() == 2


def test_guests_staff_and_machines_are_no_visits() -> None:
    staff = come(make_staff(is_superuser=True))
    for path in ("/", "/admin/", "/counter/"):
        staff.get(path)
    Client().get("/")
    member = come(make_member())
    member.get("/nothing-here/")
    member.get("/health/live")
    member.get("/me/addresses/regions/", headers={"HX-Request": "true"})

    assert not MemberVisitDay.objects.exists()


def test_who_signs_in_on_a_browser_that_was_here_today_is_noted(client: Client, sandbox: Sandbox) -> None:
    first, second = make_member(), make_member()
    sign_in(client, sandbox, first.phone)
    client.get("/me/")
    client.post("/logout/")
    client.get("/")
    sign_in(client, sandbox, second.phone)

    assert set(MemberVisitDay.objects.values_list("member", flat=True)) == {first.pk, second.pk}


def test_a_guest_with_a_session_is_looked_at_once_a_day(django_assert_num_queries: Any) -> None:
    start_cold()
    client = Client()
    session = client.session
    session["kept"] = "something"
    session.save()
    client.get("/stores/")

    with django_assert_num_queries(1):  # the session, which the page itself reads
        client.get("/stores/")

    assert not MemberVisitDay.objects.exists()


def test_whoever_comes_is_greeted_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    greeted: list[tuple[int, datetime]] = []
    monkeypatch.setattr(visits, "GREETINGS", [lambda *, member, now: greeted.append((member.pk, now))])
    member, now = make_member(), datetime(2026, 3, 1, 16, 30, tzinfo=UTC)  # past midnight in Shanghai

    done = [visits.visited(member_id=member.pk, day=date(2026, 3, 2), now=now) for _ in range(2)]

    assert done == [True, False]
    assert greeted == [(member.pk, now)]


def test_birthday_gifts_are_asked_for_those_with_a_birthday(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("promotions.services.issue_birthday", lambda **facts: asked.append(facts), raising=False)
    monkeypatch.setattr("members.services.reward_birthday", lambda **facts: asked.append(facts), raising=False)
    now = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    born, unborn = make_member(birthday=date(1990, 3, 2)), make_member()

    for member in (born, unborn):
        visits.visited(member_id=member.pk, day=date(2026, 3, 2), now=now)

    assert asked == [{"member": born, "today": date(2026, 3, 2), "now": now}, {"member": born, "now": now}]


def test_a_visit_that_cannot_be_noted_does_not_cost_the_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**facts: Any) -> bool:
        raise OperationalError("database is locked")

    client = come(make_member())
    monkeypatch.setattr(members, "note_visit", fail)

    assert client.get("/me/").status_code == 200
    assert "a visit was not noted" in caplog.text
    monkeypatch.undo()
    client.get("/me/")
    assert MemberVisitDay.objects.count() == 1


def test_visits_are_forgotten_after_400_days() -> None:
    member, now = make_member(), timezone.now()
    for days in (399, 402):
        MemberVisitDay.objects.create(member=member, day=(now - timedelta(days=days)).date())

    assert members.forget_visits(now=now) == 1
    assert MemberVisitDay.objects.count() == 1
