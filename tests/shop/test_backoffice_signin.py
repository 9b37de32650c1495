"""Signing in to the back office: password, second factor, who is let in and where they land."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from members.models import Member, OperationLog
from tests.factories import PASSWORD, make_member, make_staff, make_store
from tests.shop.backoffice import make_clerk, make_operator, signed_in, text_of

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


@pytest.fixture
def owner() -> Member:
    return make_staff("boss", is_superuser=True)


def sign_in(client: Client, staff: Member, password: str = PASSWORD, path: str = LOGIN) -> object:
    return client.post(path, {"username": staff.username, "password": password})


def code_of(device: TOTPDevice) -> str:
    """Return what the phone shows now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    return f"{totp.token():06d}"


def test_a_stranger_is_sent_to_the_sign_in_page(client: Client) -> None:
    response = client.get("/admin/orders/order/")

    assert response.status_code == 302
    assert response["Location"] == "/admin/login/?next=/admin/orders/order/"


def test_the_sign_in_page_speaks_chinese_and_has_its_own_policy(client: Client) -> None:
    response = client.get(LOGIN)

    assert "登录商家后台" in text_of(response)
    assert "script-src 'self' 'unsafe-eval'" in response["Content-Security-Policy"]
    assert "'unsafe-inline'" not in response["Content-Security-Policy"].split("script-src")[1].split(";")[0]


def test_an_operator_lands_on_the_first_page_and_a_clerk_on_the_counter() -> None:
    landed = {
        role: sign_in(Client(), staff).url  # type: ignore[attr-defined]
        for role, staff in {"operator": make_operator(), "clerk": make_clerk(make_store())}.items()
    }

    assert landed == {"operator": "/admin/", "clerk": "/counter/"}


def test_a_clerk_who_asked_for_a_page_gets_it() -> None:
    response = sign_in(Client(), make_clerk(make_store()), path=f"{LOGIN}?next=/admin/orders/order/")

    assert response.url == "/admin/orders/order/"  # type: ignore[attr-defined]


def test_nobody_is_sent_to_another_site() -> None:
    response = sign_in(Client(), make_operator(), path=f"{LOGIN}?next=https://evil.example/")

    assert response.url == "/admin/"  # type: ignore[attr-defined]


def test_a_shopper_does_not_enter_even_when_signed_in() -> None:
    client = signed_in(make_member("小满"))

    assert client.get("/admin/").status_code == 302
    assert "不能进入后台" in text_of(client.get("/admin/", follow=True))


def test_a_closed_account_does_not_enter(client: Client) -> None:
    staff = make_staff(is_active=False, is_superuser=True)

    assert sign_in(client, staff).status_code == 200  # type: ignore[attr-defined]
    assert client.get("/admin/").status_code == 302


def test_five_wrong_passwords_lock_the_account_with_a_sentence(client: Client, owner: Member) -> None:
    for _ in range(4):
        assert sign_in(client, owner, "wrong").status_code == 200  # type: ignore[attr-defined]

    locked = sign_in(client, owner, "wrong")

    assert locked.status_code == 429  # type: ignore[attr-defined]
    assert "暂停登录 15 分钟" in text_of(locked)
    assert sign_in(client, owner).status_code == 429  # type: ignore[attr-defined]
    assert client.get("/admin/").status_code == 302


def test_fifty_wrong_passwords_from_many_addresses_lock_the_name(owner: Member, settings: LazySettings) -> None:
    settings.TRUSTED_PROXIES = 1
    settings.NAME_FAILURE_LIMIT = 6

    statuses = [
        sign_in(Client(headers={"X-Forwarded-For": f"203.0.113.{n}"}), owner, "wrong").status_code  # type: ignore[attr-defined]
        for n in range(6)
    ]
    other = sign_in(Client(headers={"X-Forwarded-For": "203.0.113.99"}), make_operator())
    right = sign_in(Client(headers={"X-Forwarded-For": "203.0.113.99"}), owner)

    assert statuses == [200, 200, 200, 200, 200, 429]
    assert other.status_code == 302  # type: ignore[attr-defined]
    assert right.status_code == 429  # type: ignore[attr-defined]


def test_a_locked_name_opens_again_when_nobody_has_tried_for_a_while(owner: Member, settings: LazySettings) -> None:
    settings.NAME_FAILURE_LIMIT = 2
    for n in range(2):
        AccessAttempt.objects.create(username=owner.username, ip_address=f"203.0.113.{n}", failures_since_start=1)
    assert sign_in(Client(), owner).status_code == 429  # type: ignore[attr-defined]

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert sign_in(Client(), owner).status_code == 302  # type: ignore[attr-defined]


def test_the_staff_sign_in_again_after_a_working_day(client: Client, owner: Member) -> None:
    sign_in(client, owner)

    assert client.session.get_expiry_age() == 12 * 60 * 60


def test_an_account_without_a_device_needs_no_second_factor_in_the_demo(client: Client, owner: Member) -> None:
    sign_in(client, owner)

    assert client.get("/admin/").status_code == 200


def test_an_account_with_a_device_is_asked_for_its_code(client: Client, owner: Member) -> None:
    device = TOTPDevice.objects.create(user=owner, confirmed=True)

    response = sign_in(client, owner, path=f"{LOGIN}?next=/admin/orders/order/")

    assert response.url == "/admin/second-factor/?next=%2Fadmin%2Forders%2Forder%2F"  # type: ignore[attr-defined]
    assert client.get("/admin/orders/order/").status_code == 302
    wrong = client.post("/admin/second-factor/", {"code": "000000"})
    assert "验证码不对" in text_of(wrong)
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    right = client.post("/admin/second-factor/", {"code": code_of(device), "next": "/admin/orders/order/"})
    assert right.url == "/admin/orders/order/"  # type: ignore[attr-defined]
    assert client.get("/admin/orders/order/").status_code == 200


def test_an_unconfirmed_device_asks_nothing(client: Client, owner: Member) -> None:
    TOTPDevice.objects.create(user=owner, confirmed=False)
    sign_in(client, owner)

    assert client.get("/admin/").status_code == 200


def test_owners_must_enrol_where_the_shop_demands_it(client: Client, owner: Member, settings: LazySettings) -> None:
    settings.OWNERS_NEED_TOTP = True
    sign_in(client, owner)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/admin/second-factor/enrol/")

    page = client.get("/admin/second-factor/enrol/")
    device = TOTPDevice.objects.get(user=owner)
    assert "data:image/svg+xml;base64," in page.content.decode()
    assert not device.confirmed
    wrong = client.post("/admin/second-factor/enrol/", {"code": "1"})
    assert "最新的 6 位数字" in text_of(wrong)
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    done = client.post("/admin/second-factor/enrol/", {"code": code_of(device)})

    codes = list(StaticToken.objects.filter(device__user=owner).values_list("token", flat=True))
    assert len(codes) == 10
    assert all(code in text_of(done) for code in codes)
    assert client.get("/admin/").status_code == 200
    assert OperationLog.objects.get(action="enrol_totp").actor == owner


def test_operators_need_no_device_where_owners_do(settings: LazySettings) -> None:
    settings.OWNERS_NEED_TOTP = True
    client = Client()
    sign_in(client, make_operator())

    assert client.get("/admin/").status_code == 200


def test_a_recovery_code_opens_the_door_once(client: Client, owner: Member) -> None:
    device = TOTPDevice.objects.create(user=owner, confirmed=True)
    paper = StaticDevice.objects.create(user=owner, name="恢复码")
    paper.token_set.create(token="abcde23456")
    sign_in(client, owner)

    client.post("/admin/second-factor/", {"code": " ABCDE 23456"})

    assert client.get("/admin/").status_code == 200
    assert not paper.token_set.exists()
    again = Client()
    sign_in(again, owner)
    assert "验证码不对" in text_of(again.post("/admin/second-factor/", {"code": "abcde23456"}))
    assert device.pk


def test_a_changed_password_is_logged_without_the_password(client: Client, owner: Member) -> None:
    sign_in(client, owner)
    new = {"new_password1": "another-long-pass", "new_password2": "another-long-pass"}

    wrong = client.post("/admin/password_change/", {"old_password": "wrong", **new})
    client.post("/admin/password_change/", {"old_password": PASSWORD, **new})

    owner.refresh_from_db()
    assert wrong.status_code == 200
    assert owner.check_password("another-long-pass")
    entry = OperationLog.objects.get()
    assert (entry.action, entry.before, entry.after) == ("change_password", {}, {})
