"""The other screens of the back office: first page, settings, stores, staff, members, money, log, words."""

import gettext
import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.utils import timezone, translation
from django_otp.plugins.otp_totp.models import TOTPDevice

from members import services as members
from members.models import Member, OperationLog
from orders import services as orders
from orders.models import BillLine, Order, OrderStatus, Redemption, RedemptionWay, Refund, RefundStatus
from shop.backoffice import navigation
from shop.backoffice.permissions import CLERK, OPERATOR
from shop.models import PickupSlot, ShopSettings, Store
from tests.factories import PASSWORD, make_address, make_member, make_order, make_sku, make_staff, make_store
from tests.shop.backoffice import (
    headquarters,
    hidden_fields,
    make_clerk,
    make_operator,
    make_worker,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff("boss", is_superuser=True))


@pytest.fixture
def desk() -> Client:
    return signed_in(make_operator())


# --- First page and menu -------------------------------------------------------------------------------------------
def test_the_first_page_counts_what_waits_and_leads_to_it(owner: Client) -> None:
    make_order(status=OrderStatus.PREPARING, now=timezone.now())
    make_sku(stock=1, sku={"stock_floor": 5})

    to_dos = {to_do.title: to_do for to_do in owner.get("/admin/").context["to_dos"]}

    assert {title: to_do.count for title, to_do in to_dos.items()} == {
        "待接单": 0, "待发货": 1, "待提货": 0, "超期未提货": 0, "退款失败": 0, "对账差异": 0, "库存预警": 1,
    }  # fmt: skip
    for to_do in to_dos.values():
        assert owner.get(to_do.url).status_code == 200
    assert len(owner.get(to_dos["待发货"].url).context["cl"].result_list) == 1


def menu_of(client: Client) -> list[str]:
    """Return the addresses of the menu that lie in the back office."""
    groups = navigation.menu(client.get("/admin/").wsgi_request)
    return [item["link"] for group in groups for item in group["items"] if item["link"].startswith("/admin/")]


def test_the_menu_holds_no_entry_that_leads_nowhere(owner: Client) -> None:
    answers = {page: owner.get(page, follow=True).status_code for page in menu_of(owner)}

    assert set(answers.values()) == {200}


def test_a_clerk_sees_only_the_entries_of_the_role() -> None:
    clerk = signed_in(make_clerk(make_store()))

    text = text_of(clerk.get("/admin/"))

    assert "全部订单" in text
    for hidden in ("店铺设置", "员工与权限", "支付单", "库存流水", "操作日志"):
        assert hidden not in text


# --- Settings and stores -------------------------------------------------------------------------------------
def settings_fields(client: Client, **changes: Any) -> dict[str, Any]:
    """Return the page of settings as a browser would send it back, with `changes`."""
    client.get("/admin/shop/shopsettings/")
    return {**hidden_fields(client.get("/admin/shop/shopsettings/1/change/")), **changes}


def test_settings_are_saved_and_logged_with_before_and_after(owner: Client) -> None:
    facts = settings_fields(owner, freight_amount="6.50", pay_timeout_minutes="15")

    response = owner.post("/admin/shop/shopsettings/1/change/", facts)

    shop = ShopSettings.load()
    assert response.status_code == 302
    assert (shop.freight_amount, shop.pay_timeout_minutes, shop.freight_free_over) == (650, 15, 9900)
    entry = OperationLog.objects.get(action="change")
    assert entry.before == {"freight_amount": 800, "pay_timeout_minutes": 30}
    assert entry.after == {"freight_amount": 650, "pay_timeout_minutes": 15}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("freight_amount", "八块", "请填写金额，例如 12.50"),
        ("freight_amount", "-1", "金额不能低于 0.00 元"),
        ("pay_timeout_minutes", "-5", "请确保该值大于或等于0"),
        ("pay_timeout_minutes", "99999999999999999999", "最多 10080"),
        ("shop_name", "", "这个字段是必填项"),
    ],
)
def test_a_wrong_setting_is_said_at_its_field_and_saves_nothing(
    owner: Client, field: str, typed: str, sentence: str
) -> None:
    response = owner.post("/admin/shop/shopsettings/1/change/", settings_fields(owner, **{field: typed}))

    assert response.status_code == 200
    assert sentence.removeprefix("请") in text_of(response)
    assert f'value="{typed}"' in response.content.decode() or not typed
    assert ShopSettings.load().freight_amount == 800


def test_every_switch_explains_itself(owner: Client) -> None:
    page = text_of(owner.get("/admin/shop/shopsettings/", follow=True))

    for field in ShopSettings._meta.fields:
        assert str(field.help_text) in page


def test_there_is_one_row_of_settings_only(owner: Client) -> None:
    assert owner.get("/admin/shop/shopsettings/add/").status_code == 403
    owner.get("/admin/shop/shopsettings/")
    assert owner.post("/admin/shop/shopsettings/1/delete/", {"post": "yes"}).status_code == 403


STORE = {
    "name": "新店", "phone": "0571-12345678", "hours": "9:00–21:00", "address": "文三路 1 号", "sort_order": "1",
    "is_active": "on", "pickup_enabled": "on", "slots-TOTAL_FORMS": "1", "slots-INITIAL_FORMS": "0",
    "slots-0-weekdays": ["1", "2", "3", "4", "5"], "slots-0-starts": "09:00",
    "slots-0-ends": "12:00", "slots-0-capacity": "20",
}  # fmt: skip


def test_a_store_is_opened_with_its_slots(owner: Client) -> None:
    response = owner.post("/admin/shop/store/add/", STORE)

    slot = PickupSlot.objects.get()
    assert response.status_code == 302
    assert (slot.store.name, slot.weekdays, slot.capacity) == ("新店", "12345", 20)


def test_a_store_with_mistakes_says_them(owner: Client) -> None:
    make_store("新店")
    make_store("总店", is_headquarters=True)
    wrong = {**STORE, "phone": "abc", "slots-0-weekdays": ["8"], "longitude": "999", "is_headquarters": "on"}

    text = text_of(owner.post("/admin/shop/store/add/", wrong))

    for sentence in ("名称 的 门店 已存在", "电话格式不对", "不在可用的选项中", "小于或等于"):
        assert sentence in text.replace("门店名称 的 门店", "名称 的 门店"), sentence
    assert Store.objects.count() == 2


def test_a_second_headquarters_and_a_backward_slot_are_refused_in_words(owner: Client) -> None:
    make_store("总店", is_headquarters=True)

    second = owner.post("/admin/shop/store/add/", {**STORE, "is_headquarters": "on"})
    backward = owner.post("/admin/shop/store/add/", {**STORE, "slots-0-ends": "08:00"})

    assert "已经有一家总店了" in text_of(second)
    assert "结束时间要晚于开始时间" in text_of(backward)
    assert Store.objects.count() == 1


def test_a_store_is_never_deleted(owner: Client) -> None:
    store = make_store()

    assert owner.post(f"/admin/shop/store/{store.pk}/delete/", {"post": "yes"}).status_code == 403


# --- Staff ---------------------------------------------------------------------------------------------------------
def new_clerk(store: Store, **changes: Any) -> dict[str, Any]:
    facts = {"username": "xiaoli", "nickname": "小李", "role": CLERK, "stores": [store.pk], "password": "a-long-pass-9"}
    return {**facts, **changes}


def test_an_owner_makes_an_account_that_can_sign_in(owner: Client) -> None:
    store = make_store()

    owner.post("/admin/staff/add/", new_clerk(store))

    clerk = Member.objects.get(username="xiaoli")
    assert (clerk.is_staff, clerk.is_superuser, [group.name for group in clerk.groups.all()]) == (True, False, [CLERK])
    assert list(clerk.stores.all()) == [store]
    assert clerk.check_password("a-long-pass-9")
    entry = OperationLog.objects.get(action="save_staff")
    assert "a-long-pass-9" not in str([entry.before, entry.after])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "boss"}, "这个登录名已经有人用了"),
        ({"username": "小李"}, "登录名只能用字母、数字"),
        ({"password": "short"}, "至少包含 10 个字符"),
        ({"password": "1234567890123"}, "密码只包含数字"),
        ({"password": ""}, "这个字段是必填项"),
        ({"stores": []}, "请至少选一个门店"),
        ({"role": "国王"}, "不在可用的选项中"),
    ],
)
def test_an_account_with_mistakes_is_not_made(owner: Client, changes: dict[str, Any], sentence: str) -> None:
    response = owner.post("/admin/staff/add/", new_clerk(make_store(), **changes))

    assert sentence in text_of(response).replace("必须至少", "至少")
    assert Member.objects.filter(is_staff=True).count() == 1


def test_an_account_changes_its_role_and_keeps_its_password(owner: Client) -> None:
    store = make_store()
    clerk = make_clerk(store)

    owner.post(f"/admin/staff/{clerk.pk}/", new_clerk(store, username=clerk.username, role=OPERATOR, password=""))

    clerk.refresh_from_db()
    assert [group.name for group in clerk.groups.all()] == [OPERATOR]
    assert clerk.check_password(PASSWORD)


def test_a_closed_account_is_out_at_once(owner: Client) -> None:
    clerk = make_clerk(make_store())
    client = signed_in(clerk)
    assert client.get("/admin/orders/order/").status_code == 200

    owner.post(f"/admin/staff/{clerk.pk}/switch/")

    assert client.get("/admin/orders/order/").status_code == 302
    assert OperationLog.objects.get(action="switch_staff").after == {"is_active": False}


def test_owners_can_neither_close_nor_demote_themselves(owner: Client) -> None:
    boss = Member.objects.get(username="boss")

    owner.post(f"/admin/staff/{boss.pk}/switch/")
    response = owner.post(f"/admin/staff/{boss.pk}/", new_clerk(make_store(), username="boss", password=""))

    boss.refresh_from_db()
    assert "不能取消自己的店主身份" in text_of(response)
    assert (boss.is_active, boss.is_superuser) == (True, True)


def test_a_lost_phone_is_forgotten(owner: Client) -> None:
    clerk = make_clerk(make_store())
    TOTPDevice.objects.create(user=clerk, confirmed=True)

    owner.post(f"/admin/staff/{clerk.pk}/reset-second-factor/")

    assert not TOTPDevice.objects.exists()


def test_shoppers_are_no_staff_accounts(owner: Client) -> None:
    shopper = make_member()

    assert owner.get(f"/admin/staff/{shopper.pk}/").status_code == 404
    assert owner.post(f"/admin/staff/{shopper.pk}/switch/").status_code == 404


# --- Members -------------------------------------------------------------------------------------------------------
def test_members_are_found_by_the_whole_phone_and_shown_masked(desk: Client) -> None:
    make_member("小满", phone="13911112222")
    make_member("阿禾", phone="13933334444")

    found = desk.get("/admin/members/member/", {"q": "13911112222"})

    text = text_of(found)
    assert "小满" in text
    assert "阿禾" not in text
    assert "139****2222" in text
    assert "13911112222" not in text.replace("q=13911112222", "").replace('value="13911112222"', "")
    assert "小满" not in text_of(desk.get("/admin/members/member/", {"q": "1391111222"}))


def test_staff_are_not_among_the_members(desk: Client) -> None:
    make_staff("boss")

    assert len(desk.get("/admin/members/member/").context["cl"].result_list) == 0


def test_a_member_is_shown_in_clear_once_after_a_reason(desk: Client) -> None:
    member = make_member("小满", phone="13911112222")
    make_address(member, receiver_name="王小明", detail="文三路 90 号")
    page = f"/admin/members/member/{member.pk}/change/"

    before = text_of(desk.get(page))
    shown = text_of(desk.post(f"/admin/members/member/{member.pk}/reveal/", {"reason": "电话回访"}))

    assert "13911112222" not in before
    assert "王小明" not in before
    assert "13911112222" in shown
    assert "王小明" in shown
    assert OperationLog.objects.get(action="reveal_member").after == {"reason": "电话回访"}
    assert "13911112222" not in text_of(desk.get(page))


# --- Money ---------------------------------------------------------------------------------------------------------
def make_refund(status: str) -> Refund:
    order = make_order((make_sku(price=1000), 2), status=OrderStatus.PREPARING, now=timezone.now())
    refund = orders.refund_lines(
        order=order, units_by_line={order.lines.get().pk: 1}, by=make_staff(), now=timezone.now(), reason="压坏了"
    )
    refund.move(status)
    return refund


def test_an_abnormal_refund_is_tried_again_under_its_number(desk: Client) -> None:
    refund = make_refund(RefundStatus.ABNORMAL)
    assert refund.out_refund_no in text_of(desk.get("/admin/orders/refund/", {"tab": "trouble"}))

    desk.post(f"/admin/orders/refund/{refund.pk}/retry/")

    refund.refresh_from_db()
    assert Refund.objects.count() == 1
    assert refund.due_at is not None
    assert OperationLog.objects.filter(action="retry_refund").count() == 1


def test_a_refund_on_its_way_is_not_tried_again(desk: Client) -> None:
    refund = make_refund(RefundStatus.SENT)

    text = text_of(desk.post(f"/admin/orders/refund/{refund.pk}/retry/", follow=True))

    assert "只有退款异常或失败的退款单可以重试" in text
    assert not OperationLog.objects.filter(action="retry_refund").exists()


def test_refunds_and_redemptions_of_another_store_are_not_there() -> None:
    headquarters()
    own, other = make_store("一店"), make_store("二店")
    theirs = redeemed(other)
    clerk = signed_in(make_clerk(own))

    assert theirs.order.no not in text_of(clerk.get("/admin/orders/redemption/"))
    assert clerk.post(f"/admin/orders/redemption/{theirs.pk}/undo/", {"reason": "试试"}).status_code == 404


def redeemed(store: Store) -> Redemption:
    order = make_order(status=OrderStatus.READY_FOR_PICKUP, store=store, now=timezone.now())
    boss = make_staff(is_superuser=True)
    return orders.redeem(
        staff=boss, way=RedemptionWay.CODE, code=str(order.pickup_code), submission=uuid.uuid4().hex,
        now=timezone.now(),
    )  # fmt: skip


def test_a_redemption_is_listed_and_undone_with_a_reason(desk: Client) -> None:
    done = redeemed(make_store("一店"))
    code = str(done.order.pickup_code)
    listed = text_of(desk.get("/admin/orders/redemption/", {"q": code}))
    assert f"{code[:4]} **** {code[-4:]}" in listed

    desk.post(f"/admin/orders/redemption/{done.pk}/undo/", {"reason": "拿错了"})

    order = Order.objects.get(pk=done.order_id)
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert "拿错了" in text_of(desk.get("/admin/orders/redemption/"))


def test_a_redemption_of_an_hour_ago_stays(desk: Client) -> None:
    done = redeemed(make_store("一店"))
    Redemption.objects.filter(pk=done.pk).update(redeemed_at=timezone.now() - timedelta(hours=1))

    response = desk.post(f"/admin/orders/redemption/{done.pk}/undo/", {"reason": "拿错了"})

    assert response.status_code == 200
    assert "bo-error" in response.content.decode() or "error" in response.content.decode()
    assert Order.objects.get(pk=done.order_id).status == OrderStatus.COMPLETED


def test_payments_and_bill_differences_are_listed(owner: Client) -> None:
    order = make_order(status=OrderStatus.PREPARING, now=timezone.now())
    BillLine.objects.create(
        channel="wechat", bill_date=timezone.localdate(), kind="payment", number="X1", amount=100, difference="店铺没有"
    )

    assert order.no in text_of(owner.get("/admin/orders/payment/"))
    assert "店铺没有" in text_of(owner.get("/admin/orders/billline/", {"differs": "yes"}))
    assert "X1" not in text_of(owner.get("/admin/orders/billline/", {"differs": "no"}))


# --- The operation log ---------------------------------------------------------------------------------------------
def test_the_log_is_read_and_filtered_but_never_written(owner: Client) -> None:
    boss, product = Member.objects.get(username="boss"), make_sku().product
    members.log_operation(actor=boss, action="add", target=product, summary="第一件事", now=timezone.now())
    members.log_operation(actor=boss, action="delete", target=product, summary="第二件事", now=timezone.now())
    entry = OperationLog.objects.get(action="add")

    text = text_of(owner.get("/admin/members/operationlog/", {"did": "add"}))

    assert "第一件事" in text
    assert "第二件事" not in text
    assert owner.get("/admin/members/operationlog/add/").status_code == 403
    assert owner.post(f"/admin/members/operationlog/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    owner.post(f"/admin/members/operationlog/{entry.pk}/change/", {"summary": "改写历史"})
    assert OperationLog.objects.get(pk=entry.pk).summary == "第一件事"
    assert owner.get("/admin/members/operationlog/", {"ip": "not an address"}).status_code == 200


def test_the_history_of_a_row_is_its_part_of_the_log(owner: Client) -> None:
    store = make_store()

    response = owner.get(f"/admin/shop/store/{store.pk}/history/", follow=True)

    assert response.status_code == 200
    assert response.redirect_chain[0][0].endswith(f"?target=shop.store&number={store.pk}")


# --- Words and policy ----------------------------------------------------------------------------------------------
ENGLISH = re.compile(
    r"\b(?:[A-Z][a-z]+ )*(?:Filter|Select|Search|Save|Delete|Add|Change|Apply|Run|Type|Show|Choose)\w*"
)


def test_no_page_of_the_back_office_speaks_english(owner: Client) -> None:
    make_order(status=OrderStatus.PREPARING, now=timezone.now())
    pages = menu_of(owner)
    pages += ["/admin/shop/store/add/", "/admin/catalog/product/add/", "/admin/password_change/", "/admin/staff/add/"]

    spoken = {page: ENGLISH.findall(words_of(owner, page)) for page in pages}

    assert spoken == {page: [] for page in spoken}


def words_of(client: Client, page: str) -> str:
    """Return the text of a page and what its attributes say to a person."""
    response = client.get(page, follow=True)
    said = re.findall(r'(?:placeholder|title|aria-label)="([^"]*)"', response.content.decode())
    text = re.sub(r"\b[a-z_]+\b", "", text_of(response))  # names of icons
    return " ".join([text, *said])


def test_the_compiled_words_are_those_of_the_source() -> None:
    folder = Path(settings.BASE_DIR) / "locale/zh_Hans/LC_MESSAGES"
    source = (folder / "django.po").read_text()
    pairs = dict(re.findall(r'^msgid "(.+)"\n(?:msgid_plural .*\n)?msgstr(?:\[0\])? "(.+)"$', source, re.MULTILINE))

    with (folder / "django.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)

    assert len(pairs) > 40
    known = {word: translated(catalogue, word) for word in pairs}
    assert known == {word: said.replace('\\"', '"') for word, said in pairs.items()}
    with translation.override("zh-hans"):
        assert translation.gettext("Apply Filters") == "筛选"


def translated(catalogue: gettext.GNUTranslations, word: str) -> str:
    """Look `word` up as one of its own or as the singular of a pair; older Pythons tell the two apart."""
    said = catalogue.gettext(word)
    return said if said != word else catalogue.ngettext(word, word, 1)


def test_every_page_carries_its_own_policy(owner: Client) -> None:
    policy = owner.get("/admin/orders/order/")["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_no_model_is_registered_outside_the_back_office() -> None:
    modules = {type(model_admin).__module__ for model_admin in admin.site._registry.values()}

    assert {module for module in modules if not module.startswith("shop.backoffice.")} == set()


def test_no_money_status_or_stock_is_a_field_anywhere(owner: Client) -> None:
    request = owner.get("/admin/").wsgi_request
    forbidden = {"status", "paid_amount", "payable_amount", "refunded_amount", "stock", "sold"}

    for model, model_admin in admin.site._registry.items():
        editable = set(model_admin.list_editable)
        if model_admin.has_change_permission(request) and model._meta.label != "catalog.Product":
            editable |= set(model_admin.get_form(request).base_fields)
        assert editable & forbidden == set(), model


def test_a_post_without_its_token_is_refused(desk: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_worker(OPERATOR, headquarters()))
    order = make_order(status=OrderStatus.PREPARING, now=timezone.now())

    assert strict.post(f"/admin/orders/order/{order.pk}/do/remark/", {"text": "试试"}).status_code == 403
    order.refresh_from_db()
    assert order.merchant_remark == ""
