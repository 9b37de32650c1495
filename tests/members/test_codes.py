"""Sign-in codes: five minutes, five tries, one use; limits that hold whatever happens afterwards."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessLog
from django.contrib.sessions.models import Session
from django.db import connection

from members import services
from members.models import Consent, Member, SmsCode
from members.services import codes
from members.signals import member_registered
from shop.lib.crypto import blind_index
from shop.lib.throttle import ThrottleCount, TooManyTries
from tests.factories import make_member, make_phone, make_staff
from tests.sandbox import Sandbox

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
IP = "203.0.113.7"


def request_code(sandbox: Sandbox, phone: str, *, now: datetime = NOW, ip: str = IP) -> str:
    services.request_code(phone=phone, ip=ip, now=now)
    return sandbox.sms_code(phone)


def verify(phone: str, code: str, *, now: datetime = NOW) -> Member:
    return services.verify_code(phone=phone, code=code, ip=IP, now=now)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_right_code_makes_a_shopper_the_first_time_and_finds_them_the_second(sandbox: Sandbox) -> None:
    phone = make_phone()
    heard: list[Member] = []
    member_registered.connect(lambda sender, member, **kwargs: heard.append(member), weak=False, dispatch_uid="test")

    try:
        first = verify(phone, request_code(sandbox, phone))
        sandbox.advance(86400)
        later = NOW + timedelta(days=1)
        second = verify(phone, request_code(sandbox, phone, now=later), now=later)
    finally:
        member_registered.disconnect(dispatch_uid="test")

    assert first == second == Member.objects.get()
    assert heard == [first]
    assert (first.phone, first.is_staff, first.has_usable_password()) == (phone, False, False)
    consent = Consent.objects.get()
    assert (consent.member, consent.version, consent.ip) == (first, services.PRIVACY_VERSION, IP)
    assert consent.given_at == NOW


def test_only_a_hash_of_the_code_and_no_phone_is_kept(sandbox: Sandbox) -> None:
    phone = make_phone()

    code = request_code(sandbox, phone)

    row = SmsCode.objects.get()
    assert row.phone_index == blind_index(phone)
    assert len(row.code_hash) == 64
    stored = [
        str(value) for model in (SmsCode, ThrottleCount) for row in model.objects.values() for value in row.values()
    ]
    assert not [value for value in stored if phone in value or value == code]


def test_a_code_opens_the_door_once(sandbox: Sandbox) -> None:
    phone = make_phone()
    code = request_code(sandbox, phone)
    verify(phone, code)

    with pytest.raises(services.CodeRefused):
        verify(phone, code)


def test_a_code_dies_after_five_minutes(sandbox: Sandbox) -> None:
    phone = make_phone()
    code = request_code(sandbox, phone)

    with pytest.raises(services.CodeRefused):
        verify(phone, code, now=NOW + timedelta(minutes=5))

    assert verify(phone, code, now=NOW + timedelta(minutes=5, seconds=-1)).phone == phone


def test_a_code_dies_after_five_wrong_tries(sandbox: Sandbox) -> None:
    phone = make_phone()
    code = request_code(sandbox, phone)

    for _ in range(5):
        with pytest.raises(services.CodeRefused):
            verify(phone, wrong(code))
    with pytest.raises(services.CodeRefused):
        verify(phone, code)

    assert not Member.objects.exists()


def test_the_fifth_try_may_still_be_right(sandbox: Sandbox) -> None:
    phone = make_phone()
    code = request_code(sandbox, phone)

    for _ in range(4):
        with pytest.raises(services.CodeRefused):
            verify(phone, wrong(code))

    assert verify(phone, code).phone == phone


def test_only_the_newest_code_is_good(sandbox: Sandbox) -> None:
    phone = make_phone()
    old = request_code(sandbox, phone)
    sandbox.advance(60)
    later = NOW + timedelta(minutes=1)
    new = request_code(sandbox, phone, now=later)

    if old != new:
        with pytest.raises(services.CodeRefused):
            verify(phone, old, now=later)
    assert verify(phone, new, now=later).phone == phone


def test_a_code_belongs_to_its_phone(sandbox: Sandbox) -> None:
    mine, yours = make_phone(), make_phone()
    code = request_code(sandbox, mine)
    request_code(sandbox, yours)
    yours_row = SmsCode.objects.get(phone_index=blind_index(yours))
    SmsCode.objects.filter(pk=yours_row.pk).update(
        code_hash=SmsCode.objects.get(phone_index=blind_index(mine)).code_hash
    )

    with pytest.raises(services.CodeRefused):
        verify(yours, code)  # even where the hashes are the same


def test_a_phone_that_asked_for_nothing_is_refused_like_a_wrong_code() -> None:
    with pytest.raises(services.CodeRefused) as refused:
        verify(make_phone(), "123456")

    assert refused.value.message == "验证码不对或已过期，请核对后再试"


def test_a_phone_gets_one_code_a_minute_five_an_hour_and_ten_a_day(sandbox: Sandbox) -> None:
    phone = make_phone()
    midnight = datetime(2026, 5, 4, tzinfo=UTC)
    sandbox.set_speed(1e6)  # the gateway's own limits are not what is tested

    sent = 0
    for minute in range(0, 24 * 60, 5):
        try:
            services.request_code(phone=phone, ip=IP, now=midnight + timedelta(minutes=minute))
        except TooManyTries:
            continue
        sent += 1
        hour = minute // 60
        assert (hour, sent) in {(0, n) for n in range(1, 6)} | {(1, n) for n in range(6, 11)}
        with pytest.raises(TooManyTries):
            services.request_code(phone=phone, ip=IP, now=midnight + timedelta(minutes=minute, seconds=59))

    assert sent == len(sandbox.messages(phone)) == 10


def test_one_address_cannot_send_to_ever_new_phones(sandbox: Sandbox) -> None:
    for _ in range(codes.SENDS_PER_ADDRESS[0][0]):
        services.request_code(phone=make_phone(), ip=IP, now=NOW)

    with pytest.raises(TooManyTries):
        services.request_code(phone=make_phone(), ip=IP, now=NOW)
    services.request_code(phone=make_phone(), ip="203.0.113.8", now=NOW)


def test_guessing_is_limited_per_phone_beyond_the_tries_of_one_code() -> None:
    phone = make_phone()

    for _ in range(codes.TRIES_PER_PHONE[0][0]):
        with pytest.raises(services.CodeRefused):
            verify(phone, "123456")
    with pytest.raises(TooManyTries):
        verify(phone, "123456")


def test_guessing_is_limited_per_address() -> None:
    for _ in range(codes.TRIES_PER_ADDRESS[0][0]):
        with pytest.raises(services.CodeRefused):
            verify(make_phone(), "123456")
    with pytest.raises(TooManyTries):
        verify(make_phone(), "123456")


def test_a_gateway_that_is_down_sends_no_code_but_counts_the_try(sandbox: Sandbox) -> None:
    phone = make_phone()
    sandbox.fault("business_limit", operation="sms")

    with pytest.raises(services.SmsUnavailable) as unavailable:
        services.request_code(phone=phone, ip=IP, now=NOW)

    assert unavailable.value.message == "短信暂时发不出去，请稍后再试"
    assert not SmsCode.objects.exists()
    with pytest.raises(TooManyTries):
        services.request_code(phone=phone, ip=IP, now=NOW)


def test_a_code_whose_answer_was_lost_is_still_good(sandbox: Sandbox) -> None:
    phone = make_phone()
    sandbox.fault("timeout_after_commit", operation="sms")

    code = request_code(sandbox, phone)

    assert verify(phone, code).phone == phone


def test_staff_are_never_found_by_their_phone(sandbox: Sandbox) -> None:
    staff = make_staff(phone=make_phone())

    member = verify(staff.phone, request_code(sandbox, staff.phone))

    assert member != staff
    assert (member.is_staff, member.phone) == (False, staff.phone)


def test_an_account_that_was_switched_off_stays_out(sandbox: Sandbox) -> None:
    member = make_member(is_active=False)

    with pytest.raises(services.CodeRefused) as refused:
        verify(member.phone, request_code(sandbox, member.phone))

    assert refused.value.message == "这个账号已停用，请联系客服"
    assert Member.objects.count() == 1


def test_old_counters_and_codes_are_forgotten(sandbox: Sandbox) -> None:
    old = make_phone()
    request_code(sandbox, old)
    later = NOW + codes.KEPT + timedelta(days=1, seconds=1)
    request_code(sandbox, make_phone(), now=later)
    counters = ThrottleCount.objects.filter(window_start__lt=later - codes.KEPT).count()

    assert services.forget_throttles(now=later) == 1 + counters
    assert SmsCode.objects.get().created_at == later
    assert services.forget_throttles(now=later) == 0


def test_dead_sessions_and_old_sign_ins_are_forgotten() -> None:
    old, young = NOW - codes.SIGN_INS_KEPT - timedelta(seconds=1), NOW - codes.SIGN_INS_KEPT
    for session_key, expires in (("dead", NOW - timedelta(seconds=1)), ("alive", NOW)):
        Session.objects.create(session_key=session_key, session_data="", expire_date=expires)
    for at in (old, young):
        entry = AccessLog.objects.create(ip_address=IP)
        AccessLog.objects.filter(pk=entry.pk).update(attempt_time=at)

    assert services.forget_throttles(now=NOW) == 2

    assert Session.objects.get().session_key == "alive"
    assert AccessLog.objects.get().attempt_time == young


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_ten_first_sign_ins_at_once_make_one_account() -> None:
    phone = make_phone()
    heard: list[Member] = []
    member_registered.connect(lambda sender, member, **kwargs: heard.append(member), weak=False, dispatch_uid="test")

    def register(_: int) -> bool:
        try:
            return services.register_by_phone(phone, now=NOW, ip=IP)[1]
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(10) as pool:
            created = list(pool.map(register, range(10)))
    finally:
        member_registered.disconnect(dispatch_uid="test")

    assert sorted(created) == [False] * 9 + [True]
    assert Member.objects.count() == len(heard) == Consent.objects.count() == 1


def use_by_reading_first(phone: str, code: str) -> None:
    """What `verify_code` must not be: it looks whether the code was used, then writes that it is."""
    row = SmsCode.objects.get(phone_index=blind_index(phone))
    if row.used_at is not None:
        raise services.CodeRefused
    SmsCode.objects.filter(pk=row.pk).update(used_at=NOW)


def enter_at_once(use: Callable[[str, str], object], phone: str, code: str) -> int:
    """Let ten hands use the same code in the same moment; return how many got in."""
    together = threading.Barrier(10)

    def enter(_: int) -> bool:
        try:
            together.wait(10)
            use(phone, code)
        except services.CodeRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        return sum(pool.map(enter, range(10)))


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_ten_hands_with_the_right_code_open_the_door_once(sandbox: Sandbox) -> None:
    phone = make_phone()

    assert enter_at_once(verify, phone, request_code(sandbox, phone)) == 1


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_condition_in_the_update_several_hands_would_get_in(sandbox: Sandbox) -> None:
    got_in = []
    for _ in range(5):
        phone = make_phone()
        got_in.append(enter_at_once(use_by_reading_first, phone, request_code(sandbox, phone)))

    assert max(got_in) > 1


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_thirty_guesses_at_once_use_up_five_tries(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "TRIES_PER_PHONE", ())  # the tries of the code alone must hold
    phone = make_phone()
    code = request_code(sandbox, phone)

    def guess(_: int) -> None:
        try:
            with pytest.raises(services.CodeRefused):
                verify(phone, wrong(code))
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(guess, range(30)))

    assert SmsCode.objects.get().tries_left == 0
    with pytest.raises(services.CodeRefused):
        verify(phone, code)
