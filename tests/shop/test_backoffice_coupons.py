"""Coupons in the back office: written, copied, stopped, sent, printed as codes, promoted; by whom and by whom not."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from members.models import Level, OperationLog, Tag
from promotions import services as promotions
from promotions.models import Coupon, CouponPush, CouponTemplate
from shop.backoffice.coupons.modes import MODES
from shop.backoffice.permissions import CLERK, FINANCE
from tests.factories import make_category, make_member, make_product, make_staff, make_store
from tests.promotions.coupons import make_coupon, make_template
from tests.shop.backoffice import headquarters, make_operator, make_worker, sent_fields, signed_in, text_of

pytestmark = pytest.mark.django_db

ROOT = "/admin/promotions/coupontemplate/"
ADD = f"{ROOT}add/"
BLANK: dict[str, Any] = {
    "name": "进店礼", "kind": "amount", "amount": "5", "percent": "", "max_discount": "", "threshold": "50",
    "scope_kind": "all", "total": "0", "per_member": "1", "claim_from": "", "claim_to": "", "validity_kind": "days",
    "valid_days": "30", "valid_from": "", "valid_to": "", "remark": "",
}  # fmt: skip


@pytest.fixture
def desk() -> Client:
    return signed_in(make_operator())


def of(template: CouponTemplate, page: str = "change") -> str:
    return f"{ROOT}{template.pk}/{page}/"


def new(**terms: Any) -> CouponTemplate:
    return make_template(now=timezone.now(), **terms)


def held(template: CouponTemplate, **options: Any) -> Coupon:
    return make_coupon(template, now=timezone.now(), **options)


def save(client: Client, path: str = ADD, **typed: Any) -> Any:
    return client.post(path, BLANK | typed)


# --- Writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(MODES))
def test_every_kind_is_written_with_one_form(desk: Client, mode: str) -> None:
    page = desk.get(f"{ADD}?mode={mode}")

    answer = desk.post(f"{ADD}?mode={mode}", sent_fields(page) | {"name": ["老街坊"], "amount": ["5"]})

    saved = CouponTemplate.objects.get()
    assert (answer.status_code, saved.issue_mode, saved.amount) == (302, mode, 500)
    assert bool(saved.share_token) is (mode == "share")
    assert OperationLog.objects.get(action="add").summary == "新增优惠券 老街坊"
    assert MODES[mode][1] in text_of(page)


def test_a_percent_coupon_for_categories_and_levels_with_fixed_dates(desk: Client) -> None:
    fruit, gold = make_category("水果"), Level.objects.create(name="金卡", min_value=0)
    year = timezone.localdate().year + 1

    save(
        desk, kind="percent", percent="85", max_discount="20", amount="", scope_kind="category",
        scope_ids=[fruit.pk], level_ids=[gold.pk], vip_only="on", total="100", per_member="2",
        validity_kind="fixed", valid_from=f"{year}-01-01", valid_to=f"{year}-01-31", claim_to=f"{year}-01-20T18:00",
    )  # fmt: skip

    saved = CouponTemplate.objects.get()
    assert (saved.kind, saved.percent, saved.max_discount, saved.amount) == ("percent", 85, 2000, 0)
    assert (saved.scope_kind, saved.scope_ids, saved.level_ids, saved.vip_only) == (
        "category", [fruit.pk], [gold.pk], True,
    )  # fmt: skip
    assert (saved.total, saved.per_member, saved.valid_to) == (100, 2, date(year, 1, 31))
    assert timezone.localtime(saved.claim_to).hour == 18


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "必填"),
        ({"amount": ""}, "面额要在"),
        ({"amount": "abc"}, "请填写金额"),
        ({"amount": "60"}, "面额不能大于使用门槛"),
        ({"amount": "-1"}, "金额不能低于"),
        ({"kind": "percent", "percent": "100"}, "折扣要在 1 到 99 之间"),
        ({"kind": "percent", "percent": ""}, "折扣要在 1 到 99 之间"),
        ({"kind": "percent", "percent": "150"}, "折扣要在 1 到 99 之间"),
        ({"validity_kind": "fixed", "valid_from": "2099-02-02", "valid_to": "2099-02-01"}, "失效日期不能早于"),
        ({"validity_kind": "fixed"}, "请选择日期"),
        ({"validity_kind": "fixed", "valid_from": "2001-02-02", "valid_to": "2001-02-03"}, "已经过去"),
        ({"claim_from": "2099-02-02T10:00", "claim_to": "2099-02-02T09:00"}, "停止发放的时间要晚于"),
        ({"total": "1", "per_member": "2"}, "不能超过发放总量"),
        ({"total": "x"}, "整数"),
        ({"valid_days": "0"}, "有效天数要在"),
        ({"scope_kind": "nonsense"}, "选择一个有效的选项"),
        ({"scope_kind": "category", "scope_ids": ["999"]}, "选择一个有效的选项"),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_lost(desk: Client, typed: dict[str, Any], sentence: str) -> None:
    answer = save(desk, remark="写了很久的说明", **typed)

    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert "写了很久的说明" in answer.content.decode()
    assert CouponTemplate.objects.count() == 0


def test_all_that_is_wrong_is_said_at_once(desk: Client) -> None:
    page = text_of(save(desk, name="", kind="percent", percent="100", valid_days="0", total="x"))

    for sentence in ("必填", "折扣要在 1 到 99 之间", "有效天数要在", "整数"):
        assert sentence in page, sentence


def test_what_members_hold_cannot_be_changed_by_a_posted_form(desk: Client) -> None:
    template = new(total=10)
    held(template)

    page = desk.get(of(template))
    answer = save(desk, of(template), name="换名", amount="40", threshold="50", total="20", remark="新说明")

    template.refresh_from_db()
    assert answer.status_code == 302
    assert "不能再改" in text_of(page)
    assert (template.name, template.amount, template.total, template.remark) == ("满 50 减 5", 500, 20, "新说明")
    assert "总量" in text_of(save(desk, of(template), total="5"))


def test_goods_are_searched_and_picked_after_saving(desk: Client) -> None:
    goods = [make_product(f"山药 {number}") for number in range(25)]
    tea = make_product("龙井茶")

    answer = save(desk, scope_kind="product")
    template = CouponTemplate.objects.get()
    assert answer.headers["Location"] == of(template, "goods")
    assert "还没有商品，这张券现在发不出去" in text_of(desk.get(of(template, "goods")))

    found = text_of(desk.get(of(template, "goods") + "?q=龙井"))
    desk.post(of(template, "goods"), {"product": [tea.pk, goods[0].pk, 99999]})
    desk.post(of(template, "goods"), {"product": [goods[0].pk], "remove": "1"})

    template.refresh_from_db()
    assert ("龙井茶" in found, "山药" in found, template.scope_ids) == (True, False, [tea.pk])
    held(template)
    desk.post(of(template, "goods"), {"product": [goods[1].pk]})
    template.refresh_from_db()
    assert template.scope_ids == [tea.pk]
    assert "商品不能再改" in text_of(desk.get(of(template, "goods")))


def test_saving_the_form_again_keeps_the_picked_goods(desk: Client) -> None:
    tea = make_product("龙井茶")
    template = new(scope_kind="exclude", scope_ids=[tea.pk])

    save(desk, of(template), scope_kind="product")
    template.refresh_from_db()
    assert (template.scope_kind, template.scope_ids) == ("product", [tea.pk])

    save(desk, of(template), scope_kind="all")
    template.refresh_from_db()
    assert (template.scope_kind, template.scope_ids) == ("all", [])


def test_a_coupon_is_copied_stopped_resumed_and_revoked(desk: Client) -> None:
    template = new()
    coupon = held(template)

    copied = desk.post(of(template, "copy"))
    asked = text_of(desk.get(of(template, "stop")))
    desk.post(of(template, "stop"))
    template.refresh_from_db()
    stopped = template.is_stopped
    desk.post(of(template, "stop"))
    refused = text_of(desk.post(of(template, "revoke"), {"reason": ""}))
    desk.post(of(template, "revoke"), {"reason": "印错了"})

    coupon.refresh_from_db()
    template.refresh_from_db()
    assert copied.headers["Location"] == of(CouponTemplate.objects.latest("pk"))
    assert ("停发后谁也领不到" in asked, stopped, template.is_stopped) == (True, True, False)
    assert ("必填" in refused, coupon.status) == (True, "revoked")
    assert list(OperationLog.objects.order_by("pk").values_list("action", flat=True))[-4:] == [
        "add", "stop_coupon", "resume_coupon", "revoke_coupons",
    ]  # fmt: skip


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_the_list_shows_terms_numbers_and_state_per_tab(desk: Client) -> None:
    template = new(name="进店礼", total=8)
    coupon = held(template)
    held(template)
    promotions.spend_coupon(member=coupon.member, coupon_id=coupon.pk, now=timezone.now())
    new(name="生日礼", issue_mode="birthday", kind="percent", percent=85)
    new(name="没选商品", scope_kind="product")

    page, birthdays = text_of(desk.get(ROOT)), text_of(desk.get(f"{ROOT}?tab=birthday"))

    for words in ("进店礼", "减 ¥5", "满 50.00 元", "8 / 2 / 1", "50.0%", "进行中", "还没选商品", "商家券 2"):
        assert words in page, words
    assert ("生日礼" in birthdays, "进店礼" in birthdays, "8.5 折" in birthdays) == (True, False, True)


@pytest.mark.parametrize("state", ["running", "scheduled", "ended", "stopped"])
def test_the_list_is_narrowed_by_state(desk: Client, state: str) -> None:
    now, day = timezone.now(), timedelta(days=1)
    kinds: dict[str, dict[str, Any]] = {
        "running": {}, "scheduled": {"claim_from": now + day}, "ended": {"claim_to": now - day}, "stopped": {},
    }  # fmt: skip
    for name, terms in kinds.items():
        template = new(name=f"券-{name}", **terms)
        if name == "stopped":
            promotions.stop_template(template=template, stop=True, by=None, now=now)

    page = text_of(desk.get(f"{ROOT}?state={state}"))

    assert [name for name in ("running", "scheduled", "ended", "stopped") if f"券-{name}" in page] == [state]


def test_the_lists_cost_the_same_with_many_rows(desk: Client, django_assert_max_num_queries: Any) -> None:
    template = new(per_member=0)
    held(template)
    for path in (ROOT, "/admin/promotions/coupon/"):
        desk.get(path)
    for number in range(15):
        new(name=f"券 {number}")
        held(template)

    # session, person, roles, stores; inbox; count, rows; tabs: and for the log members and orders
    with django_assert_max_num_queries(12):
        desk.get(ROOT)
    with django_assert_max_num_queries(12):
        desk.get("/admin/promotions/coupon/")


def test_the_log_finds_by_coupon_state_day_number_and_phone(desk: Client) -> None:
    first, second = new(name="一号"), new(name="二号")
    member = make_member("小满", phone="13911112222")
    mine, other = held(first, member=member), held(second)
    log = "/admin/promotions/coupon/"

    def found(query: str) -> set[int]:
        page = desk.get(log + query).content.decode()
        return {coupon.pk for coupon in (mine, other) if f"/coupon/{coupon.pk}/revoke/" in page}

    assert found("") == {mine.pk, other.pk}
    assert found(f"?template={first.pk}") == {mine.pk}
    assert found(f"?q={member.no}") == found("?q=13911112222") == found("?q=一号") == {mine.pk}
    assert found("?status=used") == set()
    assert found("?q=%00") == {mine.pk, other.pk}
    assert found("?template=x") == {mine.pk, other.pk}
    page = text_of(desk.get(log))
    assert ("139****2222" in page, "13911112222" in page) == (True, False)


def test_one_coupon_is_revoked_from_the_log(desk: Client) -> None:
    coupon = held(new())
    path = f"/admin/promotions/coupon/{coupon.pk}/revoke/"

    desk.post(path, {"reason": "发错人"})
    again = desk.post(path, {"reason": "发错人"}, follow=True)

    coupon.refresh_from_db()
    assert coupon.status == "revoked"
    assert "没有改动" in text_of(again)


# --- Sending ----------------------------------------------------------------------------------------------------------


def send(client: Client, template: CouponTemplate, **typed: Any) -> Any:
    """Preview, then press the button that sends; return the preview."""
    seen = client.post(of(template, "push"), {"whom": "everybody", "tells": "on"} | typed)
    fields = sent_fields(seen)
    if "audience" in fields:
        client.post(of(template, "push"), {"audience": fields["audience"][0]})
    return seen


def workbook(*phones: str) -> SimpleUploadedFile:
    book, content = openpyxl.Workbook(), BytesIO()
    for phone in ("手机号", *phones):
        book.active.append([phone, "姓名"])
    book.save(content)
    return SimpleUploadedFile("people.xlsx", content.getvalue())


@pytest.mark.parametrize("whom", ["everybody", "levels", "tags", "segments", "numbers", "file", "xlsx"])
def test_every_audience_is_previewed_then_sent(desk: Client, whom: str) -> None:
    gold, tag = Level.objects.create(name="金卡", min_value=0), Tag.objects.create(name="爱喝茶")
    chosen = make_member(phone="13911112222", level=gold, activity="silent")
    chosen.tags.add(tag)
    make_member()
    template = new(issue_mode="push")
    kinds: dict[str, dict[str, Any]] = {
        "everybody": {}, "levels": {"levels": [gold.pk]}, "tags": {"tags": [tag.pk]},
        "segments": {"segments": ["silent"]}, "numbers": {"numbers": f"{chosen.no}，000000000000"},
        "file": {"file": SimpleUploadedFile("p.csv", "手机\n139-1111-2222\n13800009999\n".encode("gb18030"))},
        "xlsx": {"whom": "file", "file": workbook("13911112222", "13800009999")},
    }  # fmt: skip
    typed = kinds[whom]

    seen = send(desk, template, **({"whom": whom} | typed))
    promotions.run_pushes(now=timezone.now())

    expected = 2 if whom == "everybody" else 1
    assert f"将发给 {expected} 位会员" in text_of(seen)
    assert Coupon.objects.count() == expected
    assert Coupon.objects.filter(member=chosen).exists()
    if whom == "numbers":
        assert "没有找到的会员编号：000000000000" in text_of(seen)
    if typed.get("file"):
        assert "1 个手机号不是会员" in text_of(seen)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"whom": "levels"}, "请至少选一个等级"),
        ({"whom": "tags"}, "请至少选一个标签"),
        ({"whom": "segments"}, "请至少选一个分组"),
        ({"whom": "numbers"}, "请填写会员编号"),
        ({"whom": "numbers", "numbers": "000 \n x"}, "没有找到"),
        ({"whom": "file"}, "请选择文件"),
        ({"whom": "nonsense"}, "选择一个有效的选项"),
    ],
)
def test_an_audience_of_nobody_is_refused_at_its_field(desk: Client, typed: dict[str, Any], sentence: str) -> None:
    answer = desk.post(of(new(issue_mode="push"), "push"), typed)

    assert sentence in text_of(answer)
    assert "确认发放" not in text_of(answer)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"hello\nworld\n", "没有手机号"),
        ("a.csv", b"13800009999\n", "都还不是会员"),
        ("a.xlsx", b"PK\x03\x04broken", "不是有效的 xlsx"),
        ("a.csv", b"\xff\xfe\x00", "编码"),
        ("a.csv", b"", "空文件"),
    ],
)
def test_a_file_without_members_is_refused(desk: Client, name: str, content: bytes, sentence: str) -> None:
    typed = {"whom": "file", "file": SimpleUploadedFile(name, content)}

    assert sentence in text_of(desk.post(of(new(issue_mode="push"), "push"), typed))


def test_the_progress_is_shown_and_refreshed_until_it_is_done(desk: Client) -> None:
    template = new(issue_mode="push")
    for _ in range(3):
        make_member()
    send(desk, template)

    running = desk.get(of(template, "push")).content.decode()
    promotions.run_pushes(now=timezone.now(), batch=2, seconds=-1)
    halfway = text_of(desk.get(of(template, "push")))
    promotions.run_pushes(now=timezone.now())
    done = desk.get(of(template, "push")).content.decode()

    assert ('http-equiv="refresh"' in running, 'max="3" value="0"' in running) == (True, True)
    assert "2 / 3 人" in halfway
    assert ('http-equiv="refresh"' in done, "已完成" in done) == (False, True)


def test_a_push_is_stopped_and_a_second_one_refused_meanwhile(desk: Client) -> None:
    template = new(issue_mode="push")
    make_member()
    seen = desk.post(of(template, "push"), {"whom": "everybody"})
    button = {"audience": sent_fields(seen)["audience"][0]}
    desk.post(of(template, "push"), button)

    again = text_of(desk.post(of(template, "push"), button))
    push = CouponPush.objects.get()
    desk.post(f"{ROOT}{template.pk}/push/{push.pk}/stop/")
    late = desk.post(f"{ROOT}{template.pk}/push/{push.pk}/stop/", follow=True)

    push.refresh_from_db()
    assert ("正在发放" in again, push.status, push.tells) == (True, "stopped", False)
    assert "已经结束" in text_of(late)


def test_a_preview_that_is_forged_or_of_another_coupon_sends_nothing(desk: Client) -> None:
    template, other = new(issue_mode="push"), new(issue_mode="push")
    make_member()
    seen = desk.post(of(other, "push"), {"whom": "everybody"})

    for sealed in ("nonsense", sent_fields(seen)["audience"][0]):
        assert "预览已经过期" in text_of(desk.post(of(template, "push"), {"audience": sealed}))
    assert CouponPush.objects.count() == 0


# --- Codes and promotion ----------------------------------------------------------------------------------------------


def test_codes_are_made_exported_and_counted(desk: Client) -> None:
    template = new(issue_mode="code", total=5)

    desk.post(of(template, "codes"), {"units": "3"})
    too_many = text_of(desk.post(of(template, "codes"), {"units": "3"}))
    nonsense = text_of(desk.post(of(template, "codes"), {"units": "0"}))
    code = template.codes.order_by("pk")[0]
    promotions.redeem_code(member=make_member(), code=code.code, ip="1.2.3.4", now=timezone.now())
    page = desk.get(of(template, "codes"))
    batch = code.batch
    exported = desk.get(f"{ROOT}{template.pk}/codes/{batch}/export/").content.decode("utf-8-sig")

    assert ("最多再生成 2 个" in too_many, "至少生成 1 个" in nonsense) == (True, True)
    assert batch in text_of(page)
    assert len(exported.splitlines()) == 4
    assert exported.count("未兑换") == 2
    assert OperationLog.objects.filter(action="export_codes").count() == 1
    assert desk.get(f"{ROOT}{template.pk}/codes/none/export/").status_code == 404
    assert desk.get(of(new(), "codes")).status_code == 404


@pytest.mark.parametrize("mode", ["claim", "share", "code"])
def test_the_promotion_page_has_link_qr_and_poster(desk: Client, mode: str) -> None:
    template = new(issue_mode=mode)

    page = desk.get(of(template, "promote")).content.decode()
    poster = desk.get(of(template, "poster"))

    wanted = {"claim": f"/coupons/#coupon-{template.pk}", "share": f"/coupons/s/{template.share_token}/"}
    assert wanted.get(mode, "/coupons/code/") in page
    assert "data:image/svg+xml" in page
    assert poster.headers["Content-Type"] in {"image/png", "text/html; charset=utf-8"}


# --- Who may ----------------------------------------------------------------------------------------------------------

WRITING = ["goods", "stop", "revoke", "push", "codes"]


def test_finance_looks_and_changes_nothing() -> None:
    template, client = new(), signed_in(make_worker(FINANCE, headquarters()))

    assert client.get(ROOT).status_code == client.get(of(template)).status_code == 200
    assert client.get(of(template, "promote")).status_code == 200
    assert "保存优惠券" not in text_of(client.get(of(template)))
    assert save(client, of(template), name="换名").status_code == 403
    assert client.get(ADD).status_code == client.get(f"{ROOT}kinds/").status_code == 403
    assert client.post(of(template, "copy")).status_code == 403
    for page in WRITING:
        assert client.post(of(template, page)).status_code == 403, page


def test_clerks_and_shoppers_see_nothing() -> None:
    template, store = new(), make_store()
    coupon = held(template)
    for client in (signed_in(make_worker(CLERK, store)), signed_in(make_member()), Client()):
        for path in (ROOT, ADD, of(template), of(template, "promote"), "/admin/promotions/coupon/"):
            assert client.get(path).status_code in {302, 403}, path
        assert client.post(f"/admin/promotions/coupon/{coupon.pk}/revoke/").status_code in {302, 403}


def test_an_operator_of_one_store_sees_the_coupons_of_its_members_alone() -> None:
    held(new())
    operator = make_staff(stores=[make_store("东店")])
    operator.groups.set(make_operator().groups.all())

    page = text_of(signed_in(operator).get("/admin/promotions/coupon/"))

    assert "满 50 减 5" not in page


@pytest.mark.parametrize("path", ["99999/change/", "x/change/", "99999/push/", f"{'9' * 30}/change/"])
def test_what_is_not_there_is_a_404(desk: Client, path: str) -> None:
    assert desk.get(ROOT + path).status_code == 404


def test_a_forbidden_word_needs_a_reason_that_is_logged(desk: Client) -> None:
    refused = save(desk, f"{ADD}?mode=claim", name="国家级好茶券")
    assert "国家级" in refused.content.decode()
    assert not CouponTemplate.objects.exists()

    save(desk, f"{ADD}?mode=claim", name="国家级好茶券", wording_reason="奖项名称的一部分")

    assert CouponTemplate.objects.get().name == "国家级好茶券"
    assert "奖项名称的一部分" in str(list(OperationLog.objects.values_list("summary", "after")))
