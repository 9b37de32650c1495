"""Sign-in codes: sent by SMS, kept as a hash, good for five minutes, five tries and one use."""

import secrets
from datetime import datetime, timedelta

from axes.models import AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from members.models import Member, SmsCode
from members.selectors import inviter_of
from members.services.accounts import register_by_phone
from shop.lib import sms, throttle
from shop.lib.crypto import blind_index
from shop.lib.http import network_of
from shop.lib.providers import ProviderRejected, ProviderUnavailable, ProviderUnknown

CODE_LIFE = timedelta(minutes=5)
TRIES = 5
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# The provider's own limits per phone, and ours per address: generous, for a mobile network hides many behind one.
SENDS_PER_PHONE = ((1, MINUTE), (5, HOUR), (10, DAY))
SENDS_PER_ADDRESS = ((10, MINUTE), (60, HOUR), (200, DAY))
TRIES_PER_PHONE = ((10, MINUTE), (30, HOUR))
TRIES_PER_ADDRESS = ((60, MINUTE), (300, HOUR))
KEPT = timedelta(days=2)  # longer than every window and every code
SIGN_INS_KEPT = timedelta(days=190)  # 网络安全法 §21: logs for six months; 个人信息保护法 §19: no longer than needed


class SmsUnavailable(Exception):
    """No code was sent, and trying again at once will not help."""

    message = "短信暂时发不出去，请稍后再试"


class CodeRefused(Exception):
    """The code is wrong, stale, used or never sent; which of them is not told."""

    message = "验证码不对或已过期，请核对后再试"


class AccountClosed(CodeRefused):
    """The phone is proven, but its account was switched off."""

    message = "这个账号已停用，请联系客服"


def request_code(*, phone: str, ip: str, now: datetime) -> None:
    """Send a fresh code to `phone`, whoever it belongs to; only the newest code opens the door.

    Call it outside a transaction: limits must count even when sending fails. Raises TooManyTries,
    SmsUnavailable. When the answer of the provider is lost the code counts as sent.
    """
    index = blind_index(phone)
    _limit(f"sms-send:{index}", SENDS_PER_PHONE, now)
    _limit(f"sms-send-ip:{network_of(ip)}", SENDS_PER_ADDRESS, now)
    code = f"{secrets.randbelow(10**6):06d}"
    row = SmsCode.objects.create(
        phone_index=index, code_hash=_hash(index, code), created_at=now, expires_at=now + CODE_LIFE, tries_left=TRIES
    )
    try:
        sms.provider().send(phone=phone, template=settings.SMS["login_template"], params={"code": code})
    except ProviderUnknown:
        return
    except (ProviderUnavailable, ProviderRejected) as error:
        row.delete()
        raise SmsUnavailable from error


def verify_code(*, phone: str, code: str, ip: str, now: datetime, invite_code: str = "", device: str = "") -> Member:
    """Use up the newest code of `phone` and return its owner, who is registered at the first time.

    A new member was brought by the owner of `invite_code`, if it is anybody's; `device` is a digest of the browser.
    Call it outside a transaction: a wrong try must stay counted. Raises CodeRefused, TooManyTries.
    """
    right = _right_code(phone, code, ip, now)
    with transaction.atomic():
        if not right.update(used_at=now):
            raise CodeRefused
        member, _ = register_by_phone(phone, now=now, ip=ip, invited_by=inviter_of(invite_code), device=device)
    if not member.is_active:
        raise AccountClosed
    return member


def confirm_code(*, member: Member, code: str, ip: str, now: datetime) -> None:
    """Use up the newest code of the member's phone, as proof that it is them who asks.

    Call it outside a transaction: a wrong try must stay counted. Raises CodeRefused, TooManyTries.
    """
    if not _right_code(member.phone, code, ip, now).update(used_at=now):
        raise CodeRefused


def _right_code(phone: str, code: str, ip: str, now: datetime) -> QuerySet[SmsCode]:
    """Count a try at the newest code of `phone`; return its row, still unused, when it is the right one."""
    index = blind_index(phone)
    _limit(f"sms-try:{index}", TRIES_PER_PHONE, now)
    _limit(f"sms-try-ip:{network_of(ip)}", TRIES_PER_ADDRESS, now)
    row = SmsCode.objects.filter(phone_index=index).order_by("-pk").first()
    if row is None:
        raise CodeRefused
    alive = SmsCode.objects.filter(pk=row.pk, used_at=None, expires_at__gt=now)
    if not alive.filter(tries_left__gt=0).update(tries_left=F("tries_left") - 1):
        raise CodeRefused
    if not constant_time_compare(row.code_hash, _hash(index, code)):
        raise CodeRefused
    return alive


def forget_throttles(*, now: datetime) -> int:
    """Delete counters of windows long past, dead codes and sessions, old records of sign-ins; return how many rows."""
    codes, _ = SmsCode.objects.filter(created_at__lt=now - KEPT).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    sign_ins: int = AccessLog.objects.filter(attempt_time__lt=now - SIGN_INS_KEPT).delete()[0]
    return codes + sessions + sign_ins + throttle.forget(before=now - KEPT)


def _limit(key: str, limits: tuple[tuple[int, timedelta], ...], now: datetime) -> None:
    for limit, window in limits:
        throttle.hit(f"{key}:{int(window.total_seconds())}", limit=limit, window=window, now=now)


def _hash(phone_index: str, code: str) -> str:
    return salted_hmac("members.sms_code", f"{phone_index}:{code}", algorithm="sha256").hexdigest()
