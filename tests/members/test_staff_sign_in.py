"""Guessing the password of the staff is stopped, and said in our own words."""

import pytest
from django.conf import LazySettings
from django.contrib import auth
from django.test import Client, RequestFactory

from members.models import Member
from tests.factories import PASSWORD, make_member, make_staff
from tests.pages import valid_html

pytestmark = pytest.mark.django_db
ADMIN = "/admin/login/"


def attempt(client: Client, username: str, password: str, *, ip: str = "203.0.113.7") -> int:
    return client.post(ADMIN, {"username": username, "password": password}, REMOTE_ADDR=ip).status_code


def test_five_wrong_passwords_lock_the_sixth_try_out_even_with_the_right_one(client: Client) -> None:
    staff = make_staff("anna", is_superuser=True)

    answers = [attempt(client, "anna", f"wrong-{n}") for n in range(5)]
    page = client.post(ADMIN, {"username": "anna", "password": PASSWORD}, REMOTE_ADDR="203.0.113.7")

    assert answers == [200] * 4 + [429]
    assert page.status_code == 429
    assert "请稍后再试" in valid_html(page)
    assert str(staff.pk) != client.session.get("_auth_user_id")


def test_others_behind_the_same_address_may_still_sign_in(client: Client, rf: RequestFactory) -> None:
    make_staff("anna")
    berta = make_staff("berta")
    for n in range(6):
        attempt(client, "anna", f"wrong-{n}")

    request = rf.post(ADMIN, REMOTE_ADDR="203.0.113.7")

    assert auth.authenticate(request, username="berta", password=PASSWORD) == berta


def test_the_same_person_may_sign_in_from_elsewhere(client: Client, rf: RequestFactory) -> None:
    anna = make_staff("anna")
    for n in range(6):
        attempt(client, "anna", f"wrong-{n}")

    request = rf.post(ADMIN, REMOTE_ADDR="203.0.113.8")

    assert auth.authenticate(request, username="anna", password=PASSWORD) == anna


def test_a_forged_forwarded_address_does_not_help(client: Client, settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = 0
    make_staff("anna")
    wish = {"username": "anna", "password": "wrong"}

    answers = [
        client.post(ADMIN, wish, REMOTE_ADDR="203.0.113.7", headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(6)
    ]

    assert answers == [200] * 4 + [429] * 2


def test_staff_made_by_djangos_own_command_have_a_number_and_may_sign_in(rf: RequestFactory) -> None:
    owner = Member.objects.create_superuser("owner", PASSWORD)

    assert len(owner.no) == 12
    assert (owner.is_staff, owner.is_superuser) == (True, True)
    assert auth.authenticate(rf.post(ADMIN), username="owner", password=PASSWORD) == owner


def test_staff_who_left_cannot_sign_in(rf: RequestFactory) -> None:
    make_staff("anna", is_active=False)

    assert auth.authenticate(rf.post(ADMIN), username="anna", password=PASSWORD) is None


def test_numbers_of_members_say_nothing() -> None:
    numbers = {make_member().no for _ in range(50)}

    assert len(numbers) == 50
    assert {len(number) for number in numbers} == {12}
    assert all(number.isdecimal() for number in numbers)
