"""我的数据 and 注销: everything is handed over, and nothing of the person is left."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from catalog.services import add_favourite, leave_footprint
from members import services as members
from members.models import Consent, Member, MemberVisitDay, OperationLog, Tag
from orders import services as orders
from orders.models import CartItem, Order, OrderStatus, Refund
from promotions.models import Coupon, CouponStatus, CouponTemplate, Referral, ReferralStatus
from shop import privacy
from tests.factories import make_address, make_member, make_order, make_product, make_sku, make_staff
from tests.pages import valid_html
from tests.promotions.test_referrals import make_campaign
from tests.sandbox import Sandbox
from tests.shop.front import as_member

pytestmark = pytest.mark.django_db
PHONE, OTHER_PHONE = "13612345678", "13687654321"
NAME, NICKNAME, STREET, REMARK, NOTE, TAG = "金丝雀", "小黄鸟", "笼中路 88 号", "别按门铃", "爱吃小米", "爱唱歌"
CANARIES = [PHONE, OTHER_PHONE, NAME, NICKNAME, STREET, REMARK, NOTE, "1990-05-21", "203.0.113", "device-of-a-bird"]


def make_canary(**fields: Any) -> Member:
    """Make a member of whom every table knows something."""
    now = timezone.now()
    member, _ = members.register_by_phone(PHONE, now=now, ip="203.0.113.7")
    today, born = timezone.localdate(), date(1990, 5, 21)
    members.save_profile(member=member, nickname=NICKNAME, birthday=born, today=today, now=now)
    make_address(member, receiver_name=NAME, receiver_phone=OTHER_PHONE, detail=STREET)
    make_order(status=OrderStatus.COMPLETED, member=member, now=now, buyer_remark=REMARK)
    boss = make_staff(is_superuser=True)
    order = make_order(status=OrderStatus.CANCELLED, member=member, now=now)
    orders.remark(order=order, text=f"{NAME} 来过电话", by=boss, now=now)
    goods = make_product()
    add_favourite(member=member, product=goods, now=now)
    leave_footprint(member=member, product_id=goods.pk, now=now)
    CartItem.objects.create(member=member, sku=make_sku(), units=1, added_at=now)
    members.notify(member=member, scene="paid", key="bird", title=f"{NICKNAME}，您好", body="…", now=now)
    members.write_note(member=member, note=NOTE)
    members.tag_members(members=Member.objects.filter(pk=member.pk), names=[TAG])
    members.note_visit(member_id=member.pk, day=timezone.localdate())
    template = CouponTemplate.objects.create(name="券", amount=500)
    Coupon.objects.create(
        template=template, member=member, name="券", amount=500, issue_mode="claim", source="bird", issued_at=now,
        valid_from=now, valid_until=now + timedelta(days=9),
    )  # fmt: skip
    Referral.objects.create(
        campaign=make_campaign(), inviter=make_member(), invitee=member, device="device-of-a-bird", created_at=now
    )
    return member


def everything_stored() -> Iterator[tuple[str, str]]:
    """Yield `(where, value)` of every column of every row, encrypted ones in clear, sessions unpacked."""
    for model in apps.get_models():
        for row in model._default_manager.all():
            for field in model._meta.concrete_fields:
                yield f"{model._meta.label}.{field.attname}", str(field.value_from_object(row))
    for session in Session.objects.all():
        yield "session", json.dumps(session.get_decoded(), ensure_ascii=False)


def left_of_the_person() -> set[tuple[str, str]]:
    return {(where, canary) for where, value in everything_stored() for canary in CANARIES if canary in value}


def prove(client: Client, sandbox: Sandbox, path: str, phone: str = PHONE, **facts: Any) -> Any:
    """Ask for a code on the page and send it with the form."""
    client.post(path, {"do": "code"})
    return client.post(path, {"code": sandbox.sms_code(phone), **facts})


# --- Forgetting ------------------------------------------------------------------------------------------------------
def test_nothing_of_the_person_is_left_in_any_table() -> None:
    member = make_canary()
    client = as_member(Client(), member)
    session = client.session
    session["kept"] = NICKNAME
    session.save()
    places = {where for where, _ in left_of_the_person()}
    assert {"members.Member.phone", "orders.Order.receiver_name", "orders.OrderEvent.note", "session"} <= places
    before = [order.payable_amount for order in Order.objects.order_by("pk")]

    privacy.erase(member=member, by=None, reason="会员本人注销", now=timezone.now())
    members.forget_sessions(now=timezone.now())

    assert left_of_the_person() == set()
    assert [order.payable_amount for order in Order.objects.order_by("pk")] == before
    assert not CartItem.objects.exists()
    assert not MemberVisitDay.objects.exists()
    assert Tag.objects.get().members.count() == 0
    assert Consent.objects.get().ip is None
    assert Coupon.objects.get().status == CouponStatus.REVOKED
    assert Referral.objects.get().status == ReferralStatus.REFUSED
    assert client.get("/me/addresses/").status_code == 302


def test_the_act_is_logged_without_the_person() -> None:
    member = make_canary()

    privacy.erase(member=member, by=None, reason="会员本人注销", now=timezone.now())

    entry = OperationLog.objects.get(action="erase_member")
    assert (entry.summary, entry.actor, entry.target_id) == (f"注销会员 {member.no}", None, str(member.pk))


def test_a_second_time_changes_nothing_and_staff_are_never_erased() -> None:
    member, staff, now = make_canary(), make_staff(), timezone.now()
    privacy.erase(member=member, by=None, reason="", now=now)
    erased_at = Member.objects.get(pk=member.pk).erased_at

    privacy.erase(member=member, by=None, reason="", now=now + timedelta(days=1))
    privacy.erase(member=staff, by=None, reason="", now=now)

    assert Member.objects.get(pk=member.pk).erased_at == erased_at
    assert Member.objects.get(pk=staff.pk).erased_at is None


def test_the_phone_may_register_anew_as_another_member() -> None:
    member = make_canary()
    privacy.erase(member=member, by=None, reason="", now=timezone.now())

    again, is_new = members.register_by_phone(PHONE, now=timezone.now(), ip=None)

    assert is_new
    assert again.pk != member.pk
    assert again.orders.count() == 0


@pytest.mark.parametrize(
    "status", [OrderStatus.PENDING_PAYMENT, OrderStatus.PREPARING, OrderStatus.SHIPPED, OrderStatus.READY_FOR_PICKUP]
)
def test_nobody_leaves_while_an_order_goes_on(status: str) -> None:
    from tests.factories import make_store

    member = make_member(NICKNAME)
    make_order(status=status, member=member, store=make_store() if status == OrderStatus.READY_FOR_PICKUP else None)

    with pytest.raises(orders.StillOpen, match="还有 1 个订单没有结束，收货、提货或取消以后才能注销"):
        privacy.erase(member=member, by=None, reason="", now=timezone.now())

    member.refresh_from_db()
    assert (member.nickname, member.erased_at) == (NICKNAME, None)


def test_nobody_leaves_while_money_is_on_its_way() -> None:
    member, boss = make_member(NICKNAME), make_staff(is_superuser=True)
    order = make_order(status=OrderStatus.COMPLETED, member=member, now=timezone.now())
    line = order.lines.get()
    orders.refund_lines(
        order=order, units_by_line={line.pk: 1}, restock=True, by=boss, now=timezone.now(), reason="破损"
    )
    assert Refund.objects.get().status in Refund.LIVE

    with pytest.raises(orders.StillOpen, match="还有退款没有到账"):
        privacy.erase(member=member, by=None, reason="", now=timezone.now())


def test_sessions_of_others_stay() -> None:
    member, other = make_canary(), make_member()
    gone, stays = as_member(Client(), member), as_member(Client(), other)
    guest = Client()
    session = guest.session
    session["kept"] = 1
    session.save()
    privacy.erase(member=member, by=None, reason="", now=timezone.now())

    assert members.forget_sessions(now=timezone.now()) == 1
    assert members.forget_sessions(now=timezone.now()) == 0

    assert stays.get("/me/addresses/").status_code == 200
    assert gone.get("/me/addresses/").status_code == 302
    assert Session.objects.count() == 2


# --- The pages -------------------------------------------------------------------------------------------------------
def test_a_member_leaves_with_a_code_and_a_tick(client: Client, sandbox: Sandbox) -> None:
    member = make_canary()
    as_member(client, member)
    page = valid_html(client.get("/me/erase/"))
    assert "订单号、商品、金额、付款和退款记录" in page

    untold = prove(client, sandbox, "/me/erase/")
    assert "请先确认您知道注销后不能恢复" in valid_html(untold)
    code = {"code": sandbox.sms_code(PHONE), "is_sure": "on"}
    left = client.post("/me/erase/", code)

    member.refresh_from_db()
    assert left.headers["Location"] == "/"
    assert member.erased_at
    assert "账号已注销" in client.get("/").content.decode()
    assert client.get("/me/profile/").status_code == 302


def test_a_wrong_code_changes_nothing(client: Client, sandbox: Sandbox) -> None:
    member = make_canary()
    as_member(client, member).post("/me/erase/", {"do": "code"})
    wrong = "000000" if sandbox.sms_code(PHONE) != "000000" else "111111"

    page = client.post("/me/erase/", {"code": wrong, "is_sure": "on"})

    member.refresh_from_db()
    assert "验证码不对或已过期" in valid_html(page)
    assert (member.erased_at, member.nickname) == (None, NICKNAME)


def test_who_cannot_leave_reads_why_and_finds_no_form(client: Client, sandbox: Sandbox) -> None:
    member = make_member(phone=PHONE)
    make_order(member=member)
    as_member(client, member)

    page = valid_html(client.get("/me/erase/"))
    tried = prove(client, sandbox, "/me/erase/", is_sure="on")

    assert "还有 1 个订单没有结束" in page
    assert 'name="is_sure"' not in page
    assert tried.status_code == 200
    member.refresh_from_db()
    assert member.erased_at is None


def test_a_member_takes_everything_with_them(client: Client, sandbox: Sandbox) -> None:
    member = make_canary()
    as_member(client, member)
    valid_html(client.get("/me/data/"))

    answer = prove(client, sandbox, "/me/data/")

    text = answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert set(json.loads(text)) == {
        "说明", "生成时间", "会员", "收货地址", "同意记录", "消息", "积分明细", "来访日期", "收藏", "浏览足迹",
        "优惠券", "兑换码", "抢购", "积分兑换", "邀请", "购物车", "订单",
    }  # fmt: skip
    for held in (PHONE, OTHER_PHONE, NAME, NICKNAME, STREET, REMARK, NOTE, TAG, "1990-05-21", "203.0.113.7"):
        assert held in text
    assert OperationLog.objects.get(action="member_data").target_id == str(member.pk)


def test_the_file_costs_a_code_and_a_post(client: Client, sandbox: Sandbox) -> None:
    as_member(client, make_canary())

    assert "application/json" not in client.get("/me/data/?code=123456").headers["Content-Type"]
    assert "请填写短信里的 6 位验证码" in valid_html(client.post("/me/data/", {}))
    assert not OperationLog.objects.filter(action="member_data").exists()


def test_the_file_holds_nobody_else(client: Client, sandbox: Sandbox) -> None:
    stranger = make_member("外人", phone="13711112222")
    make_address(stranger, receiver_name="赵外人", detail="外人路 1 号")
    friend, _ = members.register_by_phone("13733334444", now=timezone.now(), ip=None)
    Member.objects.filter(pk=friend.pk).update(nickname="王朋友")
    member = make_canary()
    campaign = Referral.objects.get().campaign
    Referral.objects.create(campaign=campaign, inviter=member, invitee=friend, created_at=timezone.now())

    text = prove(as_member(client, member), sandbox, "/me/data/").content.decode()

    assert "王**" in text
    for strange in ("外人", "13711112222", "13733334444", "王朋友"):
        assert strange not in text


def test_guests_and_staff_have_no_such_pages(client: Client) -> None:
    for path in ("/me/data/", "/me/erase/"):
        assert client.get(path).headers["Location"].startswith("/login/")
        assert as_member(Client(), make_staff()).get(path).status_code == 302
