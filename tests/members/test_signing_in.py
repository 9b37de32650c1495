"""The pages by which a shopper comes in and goes out."""

from typing import Any

import pytest
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.urls import reverse

from members import services
from members.models import Consent, Member, SmsCode
from tests.factories import make_member, make_phone, make_staff
from tests.pages import valid_html
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def ask(client: Client, phone: str, **changes: Any) -> Any:
    return client.post(reverse("members:login"), {"phone": phone, "consent": "on"} | changes)


def sign_in(client: Client, sandbox: Sandbox, phone: str, **changes: Any) -> Any:
    assert ask(client, phone, **changes).status_code == 302
    code = {"code": sandbox.sms_code(phone)}
    return client.post(reverse("members:login_code"), code | changes)


def test_a_phone_and_its_code_sign_in(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()

    assert "获取验证码" in valid_html(client.get(reverse("members:login")))
    asked = ask(client, phone)
    assert asked.headers["Location"] == reverse("members:login_code")
    page = valid_html(client.get(reverse("members:login_code")))
    assert f"{phone[:3]}****{phone[-4:]}" in page
    assert phone not in page
    entered = client.post(reverse("members:login_code"), {"code": sandbox.sms_code(phone)})

    assert entered.headers["Location"] == reverse("me")
    member = Member.objects.get()
    assert client.session["_auth_user_id"] == str(member.pk)
    assert Consent.objects.get().ip == "127.0.0.1"


def test_what_a_guest_put_into_the_session_survives(client: Client, sandbox: Sandbox) -> None:
    session = client.session
    session["kept"] = {"7": 2}
    session.save()
    before = session.session_key

    sign_in(client, sandbox, make_phone())

    assert client.session["kept"] == {"7": 2}
    assert client.session.session_key != before
    assert {"login_phone", "login_sent_at"}.isdisjoint(client.session.keys())


def test_the_session_holds_no_phone_in_clear(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()

    ask(client, phone)

    assert phone not in str(Session.objects.get().get_decoded())


def test_after_signing_in_people_are_where_they_wanted_to_be(client: Client, sandbox: Sandbox) -> None:
    entered = sign_in(client, sandbox, make_phone(), next="/checkout/?a=1&b=2")

    assert entered.headers["Location"] == "/checkout/?a=1&b=2"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_led_away_from_the_shop(client: Client, sandbox: Sandbox, address: str) -> None:
    page = valid_html(client.get(reverse("members:login"), {"next": address}))
    entered = sign_in(client, sandbox, make_phone(), next=address)

    assert "evil" not in page
    assert entered.headers["Location"] == reverse("me")


def test_a_page_for_members_leads_through_signing_in_and_back(client: Client) -> None:
    page = client.get("/me/addresses/?next=/cart/")

    assert page.headers["Location"] == "/login/?next=/me/addresses/%3Fnext%3D/cart/"


def test_a_fragment_for_members_sends_the_whole_page_to_signing_in(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/me/addresses/new/"}

    fragment = client.get(reverse("members:address_regions"), headers=headers)

    assert fragment.headers["HX-Redirect"] == "/login/?next=/me/addresses/new/"


def test_without_consent_no_code_is_sent(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()

    page = client.post(reverse("members:login"), {"phone": phone})

    text = valid_html(page)
    assert "请先阅读并同意隐私政策" in text
    assert f'value="{phone}"' in text
    assert not SmsCode.objects.exists()


@pytest.mark.parametrize("typed", ["", "1380013800", "12800138000", "10086", "电话", "1380013800a", "\0"])
def test_what_is_no_phone_is_refused_at_its_field(client: Client, typed: str) -> None:
    page = ask(client, typed)

    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {"phone"}
    assert not SmsCode.objects.exists()


@pytest.mark.parametrize("template", ["+86 {}", "0086{}", "86-{}", " {} "])
def test_a_phone_may_be_typed_as_people_write_it(client: Client, sandbox: Sandbox, template: str) -> None:
    phone = make_phone()

    asked = ask(client, template.format(f"{phone[:3]} {phone[3:7]}-{phone[7:]}"))

    assert asked.status_code == 302
    assert sandbox.sms_code(phone)


def test_full_width_digits_are_digits(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()
    wide = str.maketrans("0123456789", "０１２３４５６７８９")

    ask(client, phone.translate(wide))
    client.post(reverse("members:login_code"), {"code": sandbox.sms_code(phone).translate(wide)})

    assert Member.objects.get().phone == phone


def test_known_and_unknown_phones_get_the_same_answer(client: Client, sandbox: Sandbox) -> None:
    member = make_member()
    staff = make_staff(phone=make_phone())

    answers = [ask(Client(), phone) for phone in (member.phone, make_phone(), staff.phone)]

    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(302, "/login/code/")}


def test_asking_again_within_the_minute_leads_to_the_code_that_was_sent(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()
    ask(client, phone)

    again = ask(client, phone)

    assert again.headers["Location"] == reverse("members:login_code")
    assert len(sandbox.messages(phone)) == 1


def test_a_stranger_who_asks_within_the_minute_is_told_to_wait(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()
    ask(Client(), phone)

    page = ask(client, phone)

    assert page.status_code == 429
    assert "操作太频繁了，请稍后再试" in valid_html(page)


def test_another_code_is_not_sent_within_the_minute(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()
    ask(client, phone)

    page = client.post(reverse("members:code_resend"), follow=True)

    assert "操作太频繁了" in valid_html(page)
    assert len(sandbox.messages(phone)) == 1


def test_a_wrong_code_is_refused_in_words_and_nobody_is_let_in(client: Client, sandbox: Sandbox) -> None:
    phone = make_phone()
    ask(client, phone)
    wrong = f"{(int(sandbox.sms_code(phone)) + 1) % 10**6:06d}"

    page = client.post(reverse("members:login_code"), {"code": wrong})

    text = valid_html(page)
    assert "验证码不对或已过期，请核对后再试" in text
    assert f'value="{wrong}"' in text
    assert "_auth_user_id" not in client.session


def test_what_is_no_code_costs_no_try(client: Client, sandbox: Sandbox) -> None:
    ask(client, make_phone())

    page = client.post(reverse("members:login_code"), {"code": "12345"})

    assert "验证码是 6 位数字" in valid_html(page)
    assert SmsCode.objects.get().tries_left == 5


def test_a_gateway_that_is_down_is_said_in_words(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("business_limit", operation="sms")

    page = ask(client, make_phone())

    assert page.status_code == 200
    assert "短信暂时发不出去，请稍后再试" in valid_html(page)


def test_the_code_page_without_a_phone_leads_to_the_first_page(client: Client) -> None:
    assert client.get("/login/code/?next=/cart/").headers["Location"] == "/login/?next=%2Fcart%2F"
    assert client.post("/login/resend/").headers["Location"] == "/login/"


def test_who_is_in_need_not_sign_in(client: Client) -> None:
    client.force_login(make_member(), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/login/?next=/cart/").headers["Location"] == "/cart/"


def test_staff_may_not_see_pages_of_shoppers(client: Client) -> None:
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")

    for name in ("profile", "addresses", "messages"):
        assert client.get(reverse(f"members:{name}")).headers["Location"].startswith("/login/?next=")
    assert client.get("/login/").status_code == 200


@pytest.mark.parametrize("password", ["", "!", "a-dull-password"])
def test_a_shopper_cannot_enter_with_a_password(rf: RequestFactory, password: str) -> None:
    member = make_member()

    for name in (member.no, member.phone, "", None):
        assert auth.authenticate(rf.post("/admin/login/"), username=name, password=password) is None


def test_signing_out_is_a_post_and_forgets_everything(client: Client) -> None:
    client.force_login(make_member(), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/"
    assert list(client.session.keys()) == []


def test_every_change_needs_a_csrf_token(sandbox: Sandbox) -> None:
    client = Client(enforce_csrf_checks=True)

    assert ask(client, make_phone()).status_code == 403
    assert client.post("/logout/").status_code == 403


def test_the_wait_before_another_code_is_told_to_the_page(client: Client, sandbox: Sandbox) -> None:
    ask(client, make_phone())

    wait = client.get("/login/code/").context["wait"]

    assert 55 <= wait <= 60


def test_an_account_switched_off_meanwhile_is_signed_out(client: Client) -> None:
    member = make_member()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    Member.objects.filter(pk=member.pk).update(is_active=False)

    assert client.get("/me/profile/").status_code == 302


def test_consent_is_noted_once_per_version() -> None:
    member = make_member()

    for version in ("1", "1", "2"):
        services.record_consent(member=member, now=member.created_at, ip=None, version=version)

    assert [consent.version for consent in member.consents.order_by("pk")] == ["1", "2"]
