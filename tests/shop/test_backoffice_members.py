"""The back office's members: finding them, their page, what is done with them, and files about them."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from members import services as members
from members.models import Activity, ExportFile, Level, Member, OperationLog, PointsEntry, Tag
from orders.models import OrderStatus
from promotions.models import Coupon, CouponTemplate
from shop.backoffice.permissions import FINANCE
from tests.factories import make_address, make_category, make_member, make_order, make_sku, make_staff
from tests.shop.backoffice import headquarters, make_operator, make_worker, signed_in, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/members/member/"
TABS = ["basic", "trade", "orders", "coupons", "points", "footprints", "preferences"]


@pytest.fixture
def desk() -> Client:
    return signed_in(make_operator())


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff(is_superuser=True))


def page_of(member: Member, tab: str = "") -> str:
    return f"{LIST}{member.pk}/change/" + (f"?tab={tab}" if tab else "")


def step(client: Client, member: Member, name: str, **facts: Any) -> Any:
    return client.post(f"{LIST}{member.pk}/do/{name}/", facts)


def batch(client: Client, name: str, chosen: Sequence[Member], query: str = "", **facts: Any) -> Any:
    keys = {"action": name, "_selected_action": [one.pk for one in chosen], "select_across": "0"}
    return client.post(f"{LIST}{query}", keys | facts)


# --- Finding ---------------------------------------------------------------------------------------------------------
def make_crowd() -> dict[str, Member]:
    """Make members who differ in everything that a filter asks for."""
    now = timezone.now()
    silver = Level.objects.create(name="银卡", min_value=0)
    crowd = {
        "dull": make_member("阿平"),
        "level": make_member("阿银", level=silver),
        "silent": make_member("阿静", activity=Activity.SILENT),
        "vip": make_member("阿贵", is_vip=True),
        "rich": make_member("阿富", spent_amount=50_000, paid_orders=12, last_paid_at=now),
        "born": make_member("阿辰", birthday=date(1990, 5, 21)),
        "pointed": make_member("阿分", points_balance=300),
        "off": make_member("阿停", is_active=False),
        "gone": make_member("", is_active=False, erased_at=now),
    }
    crowd["invited"] = make_member("阿邀", invited_by=crowd["rich"])
    tagged = crowd["tagged"] = make_member("阿签")
    tagged.tags.set([Tag.objects.create(name="爱茶"), Tag.objects.create(name="老客")])
    old = crowd["old"] = make_member("阿旧")
    Member.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=400))
    return crowd


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level={silver}", {"level"}),
        ("activity=silent", {"silent"}),
        ("vip=yes", {"vip"}),
        ("tag={tea}&tag={regular}", {"tagged"}),
        ("spent_from=500", {"rich"}),
        ("spent_from=1&spent_to=499.99", set()),
        ("orders_from=12&orders_to=12", {"rich"}),
        ("points_from=1", {"pointed"}),
        ("birthday=5", {"born"}),
        ("bought_from=2020-01-01", {"rich"}),
        ("joined_to={long_ago}", {"old"}),
        ("state=off", {"off"}),
        ("state=erased", {"gone"}),
        ("inviter={rich.no}", {"invited"}),
        ("no={vip.no}", {"vip"}),
        ("phone={vip.phone}", {"vip"}),
        ("nickname=阿贵", {"vip"}),
        ("q={vip.phone}", {"vip"}),
        ("q={vip.no}", {"vip"}),
        ("q=阿富", {"rich"}),
        ("q=不存在", set()),
    ],
)
def test_every_filter_finds_whom_it_names(desk: Client, query: str, found: set[str]) -> None:
    crowd = make_crowd()
    facts = {
        "silver": Level.objects.get().pk, "tea": Tag.objects.get(name="爱茶").pk,
        "regular": Tag.objects.get(name="老客").pk, "long_ago": timezone.localdate() - timedelta(days=300),
    }  # fmt: skip

    shown = desk.get(f"{LIST}?{query.format(**facts, **crowd)}").context["cl"].result_list

    assert {one.pk for one in shown} == {crowd[name].pk for name in found}


@pytest.mark.parametrize(
    "query", ["level=x", "tag=x", "spent_from=x", "birthday=13", "joined_from=2026-99-99", "q=%00", "points_to=-"]
)
def test_nonsense_in_a_filter_is_no_error(desk: Client, query: str) -> None:
    make_member()

    assert desk.get(f"{LIST}?{query}").status_code == 200


def test_the_list_costs_the_same_however_long_it_is(desk: Client, django_assert_max_num_queries: Any) -> None:
    template = CouponTemplate.objects.create(name="券", amount=500)
    now = timezone.now()
    for number in range(20):
        member = make_member(f"会员{number}", invited_by=make_member())
        member.tags.set([Tag.objects.get_or_create(name=f"标签{number % 3}")[0]])
        Coupon.objects.create(
            template=template, member=member, name="券", amount=500, issue_mode="claim", source=str(number),
            issued_at=now, valid_from=now, valid_until=now + timedelta(days=1),
        )  # fmt: skip

    with django_assert_max_num_queries(20):  # session, staff, stores, permissions (2), levels, tags, count, rows, tags
        page = text_of(desk.get(LIST))

    assert "标签1" in page


def test_phones_are_masked_in_the_list(desk: Client) -> None:
    member = make_member("阿贵")

    page = desk.get(LIST).content.decode()

    assert member.phone_masked in page
    assert member.phone not in page


# --- The page --------------------------------------------------------------------------------------------------------
def make_regular() -> Member:
    """Make a member with a life: orders, a coupon, points, footprints, an inviter."""
    now = timezone.now()
    member = make_member("阿贵", phone="13611112222", birthday=date(1990, 5, 21), invited_by=make_member("阿富"))
    make_address(member, receiver_name="金小贵", detail="富贵路 8 号")
    tea = make_category("茶")
    for price, units in ((3000, 2), (6000, 1)):
        sku = make_sku(f"茶 {price}", price=price, categories=[tea])
        make_order((sku, units), status=OrderStatus.COMPLETED, member=member, now=now - timedelta(days=price // 100))
    PointsEntry.objects.create(
        member=member, delta=30, kind="order", source="1", note="订单 1", at=now, available_at=now, counted_at=now
    )
    members.record_consent(member=member, now=now, ip="203.0.113.7")
    return member


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_its_part_masked_and_cheaply(
    desk: Client, django_assert_max_num_queries: Any, tab: str
) -> None:
    member = make_regular()
    words = {
        "basic": ["136****2222", "****-05-21", "阿富", "203.0.*.*", "1 个"],
        "trade": ["交易完成", "2 单"],
        "orders": ["茶 3000 × 2"],
        "coupons": ["还没有优惠券"],
        "points": ["购物奖励 · 订单 1", "+30"],
        "footprints": ["没有记录"],
        "preferences": ["茶", "3（100%）", "20–50 元", "平均 30 天一次", "快递配送"],
    }

    with django_assert_max_num_queries(20):
        page = desk.get(page_of(member, tab))

    text = text_of(page)
    assert [word for word in words[tab] if word not in text] == []
    for secret in (member.phone, "1990", "金小贵", "富贵路", "203.0.113"):
        assert secret not in text
    assert "no-store" in page.headers["Cache-Control"]


def test_an_unknown_tab_is_the_first_one(desk: Client) -> None:
    assert "隐私政策同意记录" in text_of(desk.get(page_of(make_member(), "nonsense")))


def test_who_looks_in_clear_says_why_and_is_logged(desk: Client) -> None:
    member = make_regular()

    refused = desk.post(f"{LIST}{member.pk}/reveal/", {"reason": ""})
    shown = text_of(desk.post(f"{LIST}{member.pk}/reveal/", {"reason": "回访"}))

    assert member.phone not in refused.content.decode()
    for word in (member.phone, "1990-05-21", "金小贵", "富贵路 8 号", "203.0.113.7"):
        assert word in shown
    entry = OperationLog.objects.get(action="reveal_member")
    assert entry.after == {"reason": "回访"}


def test_habits_are_empty_for_who_never_bought(desk: Client) -> None:
    assert "现在还没有订单" in text_of(desk.get(page_of(make_member(), "preferences")))


# --- Steps -----------------------------------------------------------------------------------------------------------
def test_a_note_and_tags_are_written_and_logged(desk: Client) -> None:
    member = make_member("阿贵")
    member.tags.set([Tag.objects.create(name="旧"), Tag.objects.create(name="留")])

    step(desk, member, "note", note="喜欢红茶")
    step(desk, member, "tags", tags=["留"], more="新 更新")

    member.refresh_from_db()
    assert member.note == "喜欢红茶"
    assert set(member.tags.values_list("name", flat=True)) == {"留", "新", "更新"}
    assert list(OperationLog.objects.order_by("pk").values_list("action", flat=True)) == ["note_member", "tag_member"]


def test_a_tag_that_is_too_long_is_refused_at_its_field(desk: Client) -> None:
    member = make_member()

    page = text_of(step(desk, member, "tags", more="长" * 21))

    assert "标签最多 20 个字" in page
    assert not Tag.objects.exists()


def test_a_member_is_kept_out_at_once_and_let_in_again(desk: Client) -> None:
    member, shopper = make_member(), Client()
    shopper.force_login(member, backend="django.contrib.auth.backends.ModelBackend")

    assert "这个字段是必填项" in text_of(step(desk, member, "off"))
    step(desk, member, "off", reason="刷单")
    assert shopper.get("/me/addresses/").status_code == 302
    assert "会员的状态已经变了" in text_of(desk.get(f"{LIST}{member.pk}/do/off/", follow=True))
    step(desk, member, "on", reason="误会")

    member.refresh_from_db()
    assert member.is_active
    assert [row.after["reason"] for row in OperationLog.objects.order_by("pk")] == ["刷单", "误会"]


def test_points_are_given_and_taken_for_a_reason_and_once_per_form(desk: Client) -> None:
    member = make_member()

    for _ in range(2):
        step(desk, member, "points", way="give", points="30", reason="补偿", key="a")
    too_many = text_of(step(desk, member, "points", way="take", points="31", reason="错", key="b"))
    step(desk, member, "points", way="take", points="10", reason="兑错了", key="c")

    member.refresh_from_db()
    assert "最多能扣 30 积分" in too_many
    assert member.points_balance == 20
    assert list(PointsEntry.objects.order_by("pk").values_list("delta", "note")) == [(30, "补偿"), (-10, "兑错了")]
    assert OperationLog.objects.filter(action="adjust_points").count() == 2


def test_a_level_is_locked_until_a_day_and_let_go_again(desk: Client) -> None:
    member, gold = make_member(), Level.objects.create(name="金卡", min_value=0)
    until = timezone.localdate() + timedelta(days=90)

    missing = text_of(step(desk, member, "level", level=gold.pk, reason="老客"))
    past = text_of(step(desk, member, "level", level=gold.pk, until=timezone.localdate(), reason="老客"))
    step(desk, member, "level", level=gold.pk, until=until, reason="老客")

    member.refresh_from_db()
    assert "手动指定等级要填写锁定到哪一天" in missing
    assert "请选择今天之后、十年以内的日期" in past
    assert (member.level, member.level_locked_until) == (gold, until)
    step(desk, member, "level", level="auto", reason="到期")
    member.refresh_from_db()
    assert member.level_locked_until is None


def test_only_owners_erase_and_only_with_the_right_number(desk: Client, owner: Client) -> None:
    member, open_order = make_member("阿贵"), make_member("阿忙")
    make_order(member=open_order)

    assert step(desk, member, "erase", no=member.no, reason="来电").status_code == 403
    assert "和这位会员的编号不一样" in text_of(step(owner, member, "erase", no="123", reason="来电"))
    still = text_of(step(owner, open_order, "erase", no=open_order.no, reason="来电"))
    assert "还有 1 个订单没有结束" in still
    step(owner, member, "erase", no=member.no, reason="来电")

    member.refresh_from_db()
    assert (member.phone, bool(member.erased_at)) == ("", True)
    page = text_of(owner.get(page_of(member)))
    assert "已注销" in page
    assert "查看明文" not in page


def test_finance_sees_no_members_and_does_nothing_with_them() -> None:
    finance, member = signed_in(make_worker(FINANCE, headquarters())), make_member()

    for name in ("note", "tags", "points", "level", "off", "erase"):
        assert step(finance, member, name, reason="x", note="x").status_code == 403
    assert finance.get(page_of(member)).status_code == 403


def test_an_unknown_step_and_a_stranger_are_a_404(desk: Client) -> None:
    assert step(desk, make_member(), "nonsense").status_code == 404
    assert desk.get(f"{LIST}999999/do/note/").status_code == 404
    assert desk.get(f"{LIST}{make_staff().pk}/do/note/").status_code == 404
    assert desk.get(f"{LIST}{'9' * 30}/change/").status_code == 404


# --- Many at once ----------------------------------------------------------------------------------------------------
def test_many_are_tagged_after_a_look_and_logged_once(desk: Client) -> None:
    chosen = [make_member(f"会员{number}") for number in range(3)]
    other = make_member("别人")

    asked = text_of(batch(desk, "batch_tag", chosen))
    assert "共 3 位会员" in asked
    assert not Tag.objects.exists()
    batch(desk, "batch_tag", chosen, confirmed="1", more="新客 爱茶")
    batch(desk, "batch_untag", chosen[:1], confirmed="1", tags=["爱茶"])

    assert [one.tags.count() for one in [*chosen, other]] == [1, 2, 2, 0]
    first = OperationLog.objects.order_by("pk")[0]
    assert (first.action, first.summary) == ("batch_tag", "已给 3 位会员打上标签：新客、爱茶")
    assert first.after == {"members": [one.no for one in chosen]}


def test_all_that_the_filter_leaves_are_meant_when_it_says_so(desk: Client) -> None:
    for number in range(25):
        make_member(f"会员{number}", activity=Activity.SILENT)
    awake = make_member()
    first = Member.objects.filter(activity=Activity.SILENT).first()
    assert first

    batch(desk, "batch_tag", [first], "?activity=silent", select_across="1", confirmed="1", more="沉默")

    assert Tag.objects.get().members.count() == 25
    assert awake.tags.count() == 0


def test_many_are_kept_out_for_a_reason(desk: Client) -> None:
    chosen = [make_member() for _ in range(2)]

    assert "这个字段是必填项" in text_of(batch(desk, "batch_switch_off", chosen, confirmed="1"))
    batch(desk, "batch_switch_off", chosen, confirmed="1", reason="刷单")

    assert not Member.objects.filter(pk__in=[one.pk for one in chosen], is_active=True).exists()
    assert OperationLog.objects.get().after["reason"] == "刷单"


# --- Files -----------------------------------------------------------------------------------------------------------
def sheet(content: bytes) -> list[dict[str, Any]]:
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_a_masked_export_comes_at_once_and_is_kept_nowhere(desk: Client) -> None:
    make_member("=1+1", phone="13611112222", birthday=date(1990, 5, 21), spent_amount=1250)
    make_member(erased_at=timezone.now(), is_active=False)

    answer = desk.post(f"{LIST}export/", {})

    (row,) = sheet(answer.content)
    assert (row["昵称"], row["手机"], row["生日"], row["消费金额"]) == ("'=1+1", "136****2222", "****-05-21", 12.5)
    assert "no-store" in answer.headers["Cache-Control"]
    assert not ExportFile.objects.exists()
    assert OperationLog.objects.get().summary == "导出会员 1 位"


def test_an_export_in_clear_needs_a_reason_and_is_a_file_of_its_maker_for_a_week(desk: Client, owner: Client) -> None:
    member = make_member(phone="13611112222")

    assert "导出明文要写明原因" in text_of(desk.post(f"{LIST}export/", {"in_clear": "on"}))
    desk.post(f"{LIST}export/?ids={member.pk}", {"in_clear": "on", "reason": "电话回访"})

    file = ExportFile.objects.get()
    mine, download = text_of(desk.get(f"{LIST}exports/")), f"{LIST}exports/{file.pk}/"
    assert (file.name in mine, "电话回访" in mine) == (True, True)
    assert sheet(desk.post(download).content)[0]["手机"] == "13611112222"
    assert desk.get(download).status_code == 405
    assert owner.post(download).status_code == 404
    assert file.name not in text_of(owner.get(f"{LIST}exports/"))
    assert list(OperationLog.objects.order_by("pk").values_list("action", flat=True)) == [
        "export_members", "download_export",
    ]  # fmt: skip
    ExportFile.objects.update(expires_at=timezone.now())
    assert desk.post(download).status_code == 404
    assert members.forget_exports(now=timezone.now()) == 1


def test_the_content_of_a_file_is_encrypted_at_rest(desk: Client) -> None:
    from django.db import connection

    make_member(phone="13611112222")
    desk.post(f"{LIST}export/", {"in_clear": "on", "reason": "电话回访"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM members_exportfile")
        stored = cursor.fetchone()[0]

    assert stored.startswith("demo-only:")


def test_nothing_to_export_is_said(desk: Client) -> None:
    assert "没有符合条件的会员" in text_of(desk.post(f"{LIST}export/?state=erased", {}))


def test_who_may_not_see_people_in_clear_is_not_offered_it() -> None:
    staff = make_worker(FINANCE, headquarters())
    from django.contrib.auth.models import Permission

    staff.user_permissions.set([Permission.objects.get(codename="view_member")])
    client, member = signed_in(staff), make_member(phone="13611112222")

    page = client.get(f"{LIST}export/")
    answer = client.post(f"{LIST}export/", {"in_clear": "on", "reason": "好奇"})

    assert "in_clear" not in page.content.decode()
    assert sheet(answer.content)[0]["手机"] == member.phone_masked
    assert client.get(f"{LIST}exports/").status_code == 403
