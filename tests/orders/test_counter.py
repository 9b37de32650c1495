"""The counter: scan, look, confirm; one verdict for each code, nothing said about other stores' orders."""

import re
import uuid
from io import BytesIO

import pytest
import qrcode
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from members.models import Member, OperationLog
from orders.models import Order, OrderStatus, Payment, Redemption
from orders.services.pickup_codes import new_code
from shop.lib.throttle import ThrottleCount
from shop.models import ShopSettings, Store
from tests.factories import make_member, make_order, make_sku, make_staff, make_store
from tests.pages import valid_html

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def make_clerk(*stores: Store, permissions: str = "redeem_order") -> Member:
    clerk = make_staff(stores=list(stores), nickname="小许")
    clerk.user_permissions.set(
        Permission.objects.filter(content_type__app_label="orders", codename__in=permissions.split())
    )
    return clerk


@pytest.fixture
def store() -> Store:
    return make_store("河坊街店")


@pytest.fixture
def clerk(client: Client, store: Store) -> Member:
    clerk = make_clerk(store)
    client.force_login(clerk, backend=BACKEND)
    return clerk


def ready(store: Store, *items: object, **options: object) -> Order:
    return make_order(*items, store=store, status=OrderStatus.READY_FOR_PICKUP, **options)  # type: ignore[arg-type]


def find(client: Client, text: str | None, **data: object) -> str:
    return valid_html(client.post("/counter/find/", {"text": text or "", **data}))


def confirm(client: Client, card: str, **changes: object) -> HttpResponseBase:
    """Press the button of a card with all that its form holds."""
    return client.post("/counter/find/", {**fields_of(card), "confirm": "on", **changes})


def fields_of(card: str) -> dict[str, str]:
    """Return what the open card adds to the form of the scan field, with nothing ticked."""
    form = card[card.index('id="handover"') : card.index("确认核销</button>")]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    return {name: value for name, value in fields.items() if name not in {"confirm", "card-takes_payment"}}


def verdict(page: str) -> tuple[str, str]:
    """Return the word of the band and the sentences under it."""
    word = re.search(r'class="verdict__word">([^<]*)<', page)
    why = re.search(r'class="verdict__why">(.*?)</div>', page, re.DOTALL)
    assert word
    assert why
    return word[1], " ".join(re.findall("<p>([^<]*)</p>", why[1]))


# --- The main path -------------------------------------------------------------------------------------------------
def test_scan_card_confirm_and_the_field_again(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store, (make_sku("西湖龙井"), 2))
    assert re.search(r"<input[^>]*scan__input[^>]*autofocus", valid_html(client.get("/counter/")))

    card = find(client, order.pickup_code)
    assert verdict(card) == ("可提货", "")
    assert "西湖龙井" in card
    assert order.receiver_phone[-4:] in card
    assert order.receiver_phone not in card
    assert re.search(r"<input[^>]*scan__input[^>]*autofocus", card)
    assert card.index("手机尾号") < card.index("确认核销</button>")

    answer = confirm(client, card)
    redemption = Redemption.objects.get()
    page = valid_html(client.get(answer["Location"]))

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert answer["Location"] == f"/counter/?done={redemption.pk}"
    assert verdict(page)[0] == "已核销"
    assert re.search(r"<input[^>]*scan__input[^>]*autofocus", page)
    assert (redemption.staff, redemption.store, redemption.way) == (clerk, store, "code")


def test_confirming_twice_hands_over_once(client: Client, store: Store, clerk: Member) -> None:
    card = find(client, ready(store).pickup_code)

    first, second = confirm(client, card), confirm(client, card)

    assert first["Location"] == second["Location"]
    assert Redemption.objects.count() == 1


def test_a_second_scan_says_when_where_and_by_whom(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store)
    confirm(client, find(client, order.pickup_code))

    page = find(client, order.pickup_code)

    at = timezone.localtime(Redemption.objects.get().redeemed_at)
    assert verdict(page) == ("不可提货", f"已于 {at:%m月%d日 %H:%M} 在河坊街店由小许核销")
    assert "确认核销" not in page


def test_unknown_foreign_and_elsewhere_redeemed_codes_look_the_same(
    client: Client, store: Store, clerk: Member
) -> None:
    foreign = ready(make_store("别的店"))
    elsewhere = make_order(store=make_store("另一家"), status=OrderStatus.COMPLETED)

    pages = [find(client, code) for code in (new_code(), foreign.pickup_code, elsewhere.pickup_code)]

    assert {verdict(page) for page in pages} == {("不可提货", "不是本店可核销的提货码")}
    assert not any("别的店" in page or "另一家" in page for page in pages)


def test_a_post_with_a_foreign_code_is_refused_like_a_scan(client: Client, store: Store, clerk: Member) -> None:
    order = ready(make_store())
    posted = {"card-way": "code", "card-code": order.pickup_code or "", "card-submission": uuid.uuid4().hex}

    page = valid_html(client.post("/counter/find/", {**posted, "confirm": "on"}))

    assert verdict(page) == ("不可提货", "不是本店可核销的提货码")
    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP


def test_too_many_wrong_codes_stop_the_clerk(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store)
    for _ in range(10):
        find(client, new_code())

    answer = client.post("/counter/find/", {"text": order.pickup_code or ""})

    assert answer.status_code == 429
    assert verdict(valid_html(answer)) == ("不可提货", "输错次数太多，请过 10 分钟再试")


def test_a_slip_of_the_finger_is_said_and_costs_neither_a_try_nor_a_look(
    client: Client, store: Store, clerk: Member
) -> None:
    order = ready(store)
    mistyped = f"{(order.pickup_code or '')[:11]}{(int((order.pickup_code or '')[11]) + 1) % 10}"

    for _ in range(12):
        with CaptureQueriesContext(connection) as captured:
            page = find(client, mistyped)

    word, why = verdict(page)
    assert (word, why.startswith("提货码有误，请核对后重输")) == ("不可提货", True)
    assert ThrottleCount.objects.filter(key__startswith="redeem:").count() == 0
    assert not [query["sql"] for query in captured if '."pickup_code" = ' in query["sql"]]
    assert verdict(find(client, order.pickup_code))[0] == "可提货"


@pytest.mark.parametrize("typed", ["", "hello", "123"])
def test_what_is_no_code_is_said_and_counted_by_nobody(client: Client, store: Store, clerk: Member, typed: str) -> None:
    for _ in range(12):
        page = find(client, typed)

    word, why = verdict(page)
    assert (word, why.startswith("没有看到 12 位提货码，请核对后再输一次")) == ("不可提货", True)
    assert why.endswith(f"刚才输入的是「{typed}」") is bool(typed)
    assert not typed or f'value="{typed}"' not in page  # the next scan is typed into an empty field
    assert verdict(find(client, ready(store).pickup_code))[0] == "可提货"


def test_some_units_now_and_the_rest_later(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store, (make_sku("苹果"), 3), (make_sku("梨"), 1))
    apples, pears = order.lines.order_by("pk")

    answer = confirm(client, find(client, order.pickup_code), **{f"units-{apples.pk}": "2", f"units-{pears.pk}": "0"})
    page = valid_html(client.get(answer["Location"]))
    card = find(client, order.pickup_code)

    order.refresh_from_db()
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert "还有商品没有提走" in page
    assert verdict(card)[0] == "请核对"
    assert "已提走一部分" in verdict(card)[1]
    assert "买 3 件，已提 2 件" in card

    confirm(client, card)
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


@pytest.mark.parametrize("units", ["9", "-1", "x", ""])
def test_units_that_are_not_there_are_refused(client: Client, store: Store, clerk: Member, units: str) -> None:
    order = ready(store, (make_sku(), 2))

    answer = confirm(client, find(client, order.pickup_code), **{f"units-{order.lines.get().pk}": units})

    word, why = verdict(valid_html(answer))
    assert (word, why) in [("请核对", "请至少选一件要提的商品"), ("请核对", "提货数量超过了剩余数量，请刷新后再试")]
    assert Redemption.objects.count() == 0


def test_money_is_taken_with_a_tick(client: Client, store: Store, clerk: Member) -> None:
    ShopSettings.load()
    ShopSettings.objects.update(pay_at_store_enabled=True)
    order = ready(store, (make_sku(price=2500), 1), pay_channel="offline")
    card = find(client, order.pickup_code)
    assert verdict(card) == ("请核对", "这一单到店付款，请先收款")
    assert re.search(r'<input type="checkbox"[^>]*name="card-takes_payment"[^>]*required[^>]*>', card)

    refused = valid_html(confirm(client, card))
    confirm(client, find(client, order.pickup_code), **{"card-takes_payment": "on"})

    order.refresh_from_db()
    assert "请先收款" in verdict(refused)[1]
    assert (order.status, order.paid_amount) == (OrderStatus.COMPLETED, 2500)
    assert Payment.objects.get().taken_by == clerk


# --- Where and who -------------------------------------------------------------------------------------------------
def test_only_staff_with_the_permission_come_in(client: Client, store: Store) -> None:
    assert client.get("/counter/")["Location"] == "/admin/login/?next=/counter/"
    assert client.post("/counter/find/")["Location"] == "/admin/login/?next=/counter/"

    client.force_login(make_member(), backend=BACKEND)
    assert client.get("/counter/")["Location"] == "/admin/login/?next=/counter/"

    client.force_login(make_clerk(store, permissions="ship_order"), backend=BACKEND)
    assert client.get("/counter/").status_code == 403

    client.force_login(make_clerk(), backend=BACKEND)
    assert client.get("/counter/").status_code == 403


def test_a_clerk_of_two_stores_is_warned_about_the_other_one(client: Client, store: Store) -> None:
    other = make_store("望江店")
    client.force_login(make_clerk(store, other), backend=BACKEND)
    client.post("/counter/store/", {"store": store.pk})
    order = ready(other)

    warned = find(client, order.pickup_code)
    client.post("/counter/store/", {"store": other.pk})
    fine = find(client, order.pickup_code)

    assert verdict(warned) == ("请核对", "这是「望江店」的订单，不是您现在所在的门店")
    assert verdict(fine) == ("可提货", "")


def test_a_clerk_cannot_step_into_a_store_of_others(client: Client, store: Store, clerk: Member) -> None:
    client.post("/counter/store/", {"store": make_store().pk})

    assert f"<title>{store.name}" in valid_html(client.get("/counter/"))


def test_headquarters_sees_every_store(client: Client, store: Store) -> None:
    order = ready(store)
    client.force_login(make_clerk(Store.objects.get(is_headquarters=True)), backend=BACKEND)

    card = find(client, order.pickup_code)

    assert verdict(card)[0] == "请核对"
    confirm(client, card)
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


# --- Photo ---------------------------------------------------------------------------------------------------------
def photo_of(text: str, *, name: str = "photo.jpg") -> SimpleUploadedFile:
    picture = qrcode.make(text).get_image().convert("RGB").rotate(7, fillcolor="white", expand=True)
    held = BytesIO()
    picture.save(held, "JPEG", quality=70)
    return SimpleUploadedFile(name, held.getvalue(), content_type="image/jpeg")


def test_a_photo_of_the_code_is_as_good_as_a_scan(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store)

    card = find(client, "", photo=photo_of(order.pickup_code or ""), way="code")
    confirm(client, card)

    assert verdict(card)[0] == "可提货"
    assert Redemption.objects.get().way == "scan"


def test_a_photo_without_a_code_and_a_file_that_is_no_photo_are_said(
    client: Client, store: Store, clerk: Member
) -> None:
    blank = BytesIO()
    Image.new("RGB", (300, 300), "white").save(blank, "PNG")

    nothing = find(client, "", photo=SimpleUploadedFile("a.png", blank.getvalue()))
    no_photo = find(client, "", photo=SimpleUploadedFile("a.png", b"GIF89a but not really"))

    assert verdict(nothing) == ("不可提货", "照片里没有看到二维码，请靠近一点、拍清楚再试")
    assert verdict(no_photo)[0] == "不可提货"
    assert "图片" in verdict(no_photo)[1]


# --- Without a code, undoing, log ----------------------------------------------------------------------------------
def test_without_a_code_goes_by_number_with_permission_reason_and_log(client: Client, store: Store) -> None:
    order, foreign = ready(store), ready(make_store())
    client.force_login(make_clerk(store), backend=BACKEND)
    assert client.get("/counter/without-code/").status_code == 403

    client.force_login(make_clerk(store, permissions="redeem_order redeem_without_code"), backend=BACKEND)
    asked = valid_html(client.post("/counter/without-code/", {"order_no": order.no, "reason": ""}))
    unknown = valid_html(client.post("/counter/without-code/", {"order_no": foreign.no, "reason": "手机没电"}))
    card = valid_html(client.post("/counter/without-code/", {"order_no": order.no, "reason": "手机没电"}))
    confirm(client, card)

    assert "无码核销要写明原因" in asked
    assert "本店没有这个订单号的订单" in unknown
    assert Redemption.objects.values_list("order", "way", "reason").get() == (order.pk, "without_code", "手机没电")
    assert OperationLog.objects.filter(action="redeem_without_code").count() == 1


def test_a_mistake_is_undone_with_a_reason(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store)
    answer = confirm(client, find(client, order.pickup_code))
    redemption = Redemption.objects.get()
    url = f"/counter/log/{redemption.pk}/undo/"
    assert url in valid_html(client.get(answer["Location"]))

    asked = valid_html(client.post(url, {"reason": ""}))
    client.post(url, {"reason": "拿错了"})

    order.refresh_from_db()
    assert "请写明撤销的原因" in asked
    assert order.status == OrderStatus.READY_FOR_PICKUP
    assert "核销已撤销" in valid_html(client.get("/counter/"))
    assert "撤销这次核销" not in valid_html(client.get(url))


def test_undoing_says_what_becomes_of_money_that_was_taken_at_the_counter(
    client: Client, store: Store, clerk: Member
) -> None:
    ShopSettings.load()
    ShopSettings.objects.update(pay_at_store_enabled=True)
    order = ready(store, pay_channel="offline")
    confirm(client, find(client, order.pickup_code), **{"card-takes_payment": "on"})
    url = f"/counter/log/{Redemption.objects.get().pk}/undo/"

    asked = valid_html(client.get(url))
    done = valid_html(client.post(url, {"reason": "拿错了"}, follow=True))

    assert "撤销后订单仍为已付款；如已退还现金，请在订单里办理退款" in asked
    assert "撤销后订单仍为已付款；如已退还现金，请在订单里办理退款" in done
    assert verdict(find(client, order.pickup_code))[0] == "请核对"


def test_a_redemption_of_another_store_does_not_exist(client: Client, store: Store, clerk: Member) -> None:
    make_order(store=make_store("别的店"), status=OrderStatus.COMPLETED)
    redemption = Redemption.objects.get()

    assert client.get(f"/counter/log/{redemption.pk}/undo/").status_code == 404
    assert "没有核销记录" in valid_html(client.get("/counter/log/"))
    assert "别的店" not in valid_html(client.get(f"/counter/?done={redemption.pk}"))


def test_the_log_is_found_by_order_and_clerk(client: Client, store: Store, clerk: Member) -> None:
    first, second = ready(store), ready(store)
    for order in (first, second):
        confirm(client, find(client, order.pickup_code))

    by_order = valid_html(client.get("/counter/log/", {"q": first.no}))
    by_clerk = valid_html(client.get("/counter/log/", {"q": "小许"}))

    assert first.no in by_order
    assert second.no not in by_order
    assert first.no in by_clerk
    assert second.no in by_clerk
    assert (first.pickup_code or "") not in by_clerk


# --- Budgets -------------------------------------------------------------------------------------------------------
def statements(captured: CaptureQueriesContext) -> list[str]:
    """Return what was said to the database, but for the bounds of transactions."""
    return [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]


def test_redeeming_takes_few_statements(client: Client, store: Store, clerk: Member) -> None:
    order = ready(store, (make_sku(), 1), (make_sku(), 2), (make_sku(), 1))
    client.get("/counter/")
    card = find(client, order.pickup_code)

    with CaptureQueriesContext(connection) as captured:
        confirm(client, card)

    # session, clerk, second factor, 2 permissions; order, lines, redemptions, redemption, units, its lines, move,
    # reload, event, log
    assert len(statements(captured)) <= 15, statements(captured)
    assert Redemption.objects.count() == 1


def test_the_pages_take_few_queries_however_much_was_redeemed(client: Client, store: Store, clerk: Member) -> None:
    for _ in range(5):
        confirm(client, find(client, ready(store, (make_sku(), 1), (make_sku(), 1)).pickup_code))
    order = ready(store)

    for url in ["/counter/", f"/counter/?done={Redemption.objects.latest('pk').pk}", "/counter/log/"]:
        with CaptureQueriesContext(connection) as captured:
            valid_html(client.get(url))
        # session, clerk, second factor, 2 permissions, unread notices, scope, stores, done with scope and lines,
        # today's with lines and count, windows, slots, orders that wait with lines
        assert len(captured) <= 18, (url, statements(captured))
    with CaptureQueriesContext(connection) as captured:
        find(client, order.pickup_code)
    # session, clerk, second factor, 2 permissions, unread notices, scope, stores, order, lines, redemptions, refunds,
    # today's with lines and count, windows, slots, orders that wait with lines
    assert len(captured) <= 19, statements(captured)
    with CaptureQueriesContext(connection) as captured:
        client.post("/counter/find/", {"text": order.pickup_code or ""}, headers={"hx-request": "true"})
    assert len(captured) <= 12, statements(captured)


@pytest.mark.parametrize(
    "path", ["/counter/log/?q=%00", "/counter/log/?q=a%00b&store=%00&page=%00", "/counter/?done=%00"]
)
def test_a_nul_byte_in_the_address_is_no_text(client: Client, store: Store, clerk: Member, path: str) -> None:
    assert client.get(path).status_code == 200


def test_a_nul_byte_in_a_form_of_the_counter_is_refused_in_words(client: Client, store: Store, clerk: Member) -> None:
    for path in ("/counter/find/", "/counter/store/"):
        posted = {"text": "\0", "card-code": "\0", "card-way": "code", "card-submission": "a" * 32, "store": "\0"}
        assert client.post(path, posted).status_code in {200, 302}
