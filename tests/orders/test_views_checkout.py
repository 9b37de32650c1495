"""The pages of cart and checkout: what they show, what they refuse, and that nothing typed is lost."""

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Sku
from catalog.services import bump_catalogue
from members.models import Member
from orders.models import CartItem, Order
from shop.models import PickupSlot, ShopSettings, SlotDay, Store
from tests.factories import make_address, make_member, make_product, make_sku, make_staff, make_store
from tests.pages import valid_html

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
KEY = "0123456789abcdef" * 2


@pytest.fixture
def hub() -> Store:
    ShopSettings.load()
    return make_store("总店", is_headquarters=True)


@pytest.fixture
def member(client: Client, hub: Store) -> Member:
    """Sign a shopper in who has an address."""
    member = make_member("小满")
    make_address(member)
    client.force_login(member, backend=BACKEND)
    return member


def put(member: Member, *items: tuple[Sku, int]) -> None:
    now = timezone.now()
    CartItem.objects.bulk_create([CartItem(member=member, sku=sku, units=units, added_at=now) for sku, units in items])


def shown_amount(page: str) -> int:
    found = re.search(r'name="expected" value="(\d+)"', page)
    assert found
    return int(found[1])


def express(member: Member, **changes: Any) -> dict[str, Any]:
    """Return what the browser posts for an express order of one good at ¥10 with ¥8 freight."""
    address = member.addresses.get().pk
    dull = {"delivery": "express", "address": address, "pay": "wechat", "key": KEY, "expected": 1800, "do": "place"}
    return dull | changes


def post(client: Client, **data: Any) -> HttpResponse:
    return client.post("/checkout/", data)  # type: ignore[return-value]


# --- Cart ----------------------------------------------------------------------------------------------------------
def test_an_empty_cart_shows_a_way_out(client: Client, hub: Store) -> None:
    page = valid_html(client.get("/cart/"))

    assert "购物车是空的" in page
    assert reverse("goods") in page


def test_a_guest_fills_a_cart_and_sees_it(client: Client, hub: Store) -> None:
    sku = make_sku("西湖龙井", price=1280)

    answer = client.post("/cart/add/", {"sku": sku.pk, "units": 2}, HTTP_REFERER="http://testserver/goods/1/")
    page = valid_html(client.get("/cart/"))

    assert (answer.status_code, answer["Location"]) == (302, "http://testserver/goods/1/")
    assert "已加入购物车" in page
    assert "西湖龙井" in page
    assert 'badge--cart">2</span>' in page
    assert Order.objects.count() == CartItem.objects.count() == 0


def test_adding_never_leads_to_another_site(client: Client, hub: Store) -> None:
    answer = client.post("/cart/add/", {"sku": make_sku().pk}, HTTP_REFERER="https://evil.example/")

    assert answer["Location"] == "/cart/"


@pytest.mark.parametrize("posted", [{}, {"sku": "x"}, {"sku": "1", "units": "-3"}, {"sku": "9" * 30}, {"units": "1.5"}])
def test_nonsense_in_the_form_is_answered_in_words(client: Client, hub: Store, posted: dict[str, str]) -> None:
    client.post("/cart/add/", posted)

    page = valid_html(client.get("/cart/"))
    assert "notice--error" in page
    assert "购物车是空的" in page


def test_the_cart_takes_few_queries_however_full_it_is(client: Client, member: Member) -> None:
    put(member, *[(make_sku(limit_kind="lifetime", limit_units=5), 1) for _ in range(8)])
    client.get("/cart/")

    with CaptureQueriesContext(connection) as captured:
        page = valid_html(client.get("/cart/"))

    # session, user, cart with SKUs, products and pictures, units bought
    assert page.count('class="goods-row ') == 8
    assert len(captured) <= 5, [query["sql"] for query in captured]


def test_one_form_saves_quantities_ticks_and_goes_to_the_checkout(client: Client, member: Member) -> None:
    one, other = make_sku(stock=9), make_sku(stock=9)
    put(member, (one, 1), (other, 1))

    answer = client.post(
        "/cart/update/",
        {"shown": [one.pk, other.pk], "selected": [one.pk], f"units-{one.pk}": "3", f"units-{other.pk}": "x",
         "then": "checkout"},
    )  # fmt: skip

    assert answer["Location"] == "/checkout/"
    rows = CartItem.objects.order_by("sku").values_list("sku", "units", "is_selected")
    assert list(rows) == [(one.pk, 3, True), (other.pk, 1, False)]


def test_a_line_is_removed_with_its_button(client: Client, member: Member) -> None:
    sku = make_sku()
    put(member, (sku, 1))

    client.post("/cart/update/", {"shown": [sku.pk], "remove": sku.pk})

    assert CartItem.objects.count() == 0
    assert client.session["cart_count"] == 0


# --- Checkout ------------------------------------------------------------------------------------------------------
def test_what_was_removed_is_put_back_by_one_touch(client: Client, member: Member) -> None:
    kept, gone = make_sku("留下的"), make_sku("拿走的", stock=9)
    put(member, (kept, 1), (gone, 3))

    client.post("/cart/update/", {"shown": [kept.pk, gone.pk], "selected": [kept.pk], "remove": gone.pk})
    page = valid_html(client.get("/cart/"))

    assert "已移除 1 种商品" in page
    assert f'name="units-{gone.pk}" value="3"' in page
    assert "已移除" not in valid_html(client.get("/cart/"))
    client.post("/cart/restore/", {f"units-{gone.pk}": "3", "units-x": "1"})
    assert dict(CartItem.objects.values_list("sku", "units")) == {kept.pk: 1, gone.pk: 3}


def test_what_is_sold_out_meanwhile_is_not_put_back(client: Client, member: Member) -> None:
    sku = make_sku(stock=0)

    client.post("/cart/restore/", {f"units-{sku.pk}": "3"})

    assert "这件商品已经售罄" in valid_html(client.get("/cart/"))
    assert CartItem.objects.count() == 0


@pytest.mark.parametrize(
    ("units", "freight", "free_over", "sentence"),
    [
        (1, 800, 9900, "快递再买 <strong>¥49.00</strong> 包邮"), (2, 800, 9900, "已满 ¥99.00，快递包邮"),
        (1, 800, 0, ""), (1, 0, 9900, ""),
    ],
)  # fmt: skip
def test_the_cart_says_how_far_it_is_from_free_delivery(
    client: Client, member: Member, units: int, freight: int, free_over: int, sentence: str
) -> None:
    ShopSettings.objects.update(freight_amount=freight, freight_free_over=free_over)
    put(member, (make_sku(price=5000), units))

    page = valid_html(client.get("/cart/"))

    assert sentence in page
    assert bool(sentence) == ("cart__freight" in page)


def test_the_cart_says_what_is_scarce(client: Client, member: Member) -> None:
    put(member, (make_sku(stock=3), 1), (make_sku(stock=50, limit_kind="per_order", limit_units=2), 1))

    page = valid_html(client.get("/cart/"))

    assert "仅剩 3 件" in page
    assert "每单限购 2 件" in page


def test_a_guest_signs_in_first_and_comes_back(client: Client, hub: Store) -> None:
    answer = client.get("/checkout/?sku=3&units=1")

    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/checkout/%3Fsku%3D3%26units%3D1"


def test_staff_do_not_shop(client: Client, hub: Store) -> None:
    client.force_login(make_staff(is_superuser=True), backend=BACKEND)

    assert client.get("/checkout/")["Location"].startswith("/login/")


def test_an_express_order_is_placed_at_the_amount_the_page_showed(client: Client, member: Member) -> None:
    sku = make_sku(price=1000)
    put(member, (sku, 2))
    page = valid_html(client.get("/checkout/"))
    assert shown_amount(page) == 2800

    answer = post(client, **express(member, expected=2800, remark="请放门口"))

    order = Order.objects.get()
    assert answer["Location"] == f"/orders/{order.no}/pay/"
    assert (order.payable_amount, order.freight_amount, order.buyer_remark) == (2800, 800, "请放门口")
    assert (order.member, order.delivery_method, order.receiver_name) == (member, "express", "王小明")
    assert CartItem.objects.count() == 0
    assert client.session.get("cart_count", 0) == 0


def test_the_same_form_twice_makes_one_order(client: Client, member: Member) -> None:
    put(member, (make_sku(), 1))
    first = post(client, **express(member))

    second = post(client, **express(member))

    assert first["Location"] == second["Location"] == f"/orders/{Order.objects.get().no}/pay/"


def test_the_key_of_somebody_elses_form_leads_nowhere(client: Client, member: Member) -> None:
    put(member, (make_sku(), 1))
    post(client, **express(member))
    other = make_member()
    client.force_login(other, backend=BACKEND)

    answer = post(client, **express(member))

    assert answer["Location"] == "/cart/"
    assert Order.objects.count() == 1


def test_buying_now_leaves_the_cart_alone(client: Client, member: Member) -> None:
    kept, bought = make_sku(), make_sku("现在就要", price=1000)
    put(member, (kept, 1))

    answer = client.post("/cart/add/", {"sku": bought.pk, "units": 1, "then": "checkout"})
    page = valid_html(client.get(answer["Location"]))
    post(client, **express(member, sku=bought.pk, units=1))

    assert "现在就要" in page
    assert Order.objects.get().lines.get().sku == bought
    assert CartItem.objects.get().sku == kept


def test_a_price_that_changed_is_said_and_shown_before_anything_is_bought(client: Client, member: Member) -> None:
    sku = make_sku(price=1000)
    put(member, (sku, 1))
    Sku.objects.update(price=1200)

    page = valid_html(post(client, **express(member, expected=1800, remark="快一点")))

    assert "价格有变化，现在应付 ¥20.00，请确认后再提交" in page
    assert shown_amount(page) == 2000
    assert 'value="快一点"' in page
    assert f'name="key" value="{KEY}"' in page
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"delivery": "drone"}, "请重新选择收货方式"),
        ({"address": ""}, "请选择收货地址"),
        ({"address": "999999"}, "请重新选择收货地址"),
        ({"key": "x"}, "页面已过期，请再提交一次"),
        ({"remark": "字" * 201}, "留言最多 200 字"),
        ({"pay": "offline"}, "快递订单请用微信支付"),
        ({"pay": "beads"}, "请重新选择付款方式"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: Client, member: Member, changes: dict[str, str], sentence: str
) -> None:
    put(member, (make_sku(price=1000), 1))

    page = valid_html(post(client, **express(member, **({"remark": "不要辣"} | changes))))

    assert sentence in page
    assert f'value="{changes.get("remark", "不要辣")}"' in page
    assert (Order.objects.count(), CartItem.objects.count()) == (0, 1)


def test_the_address_of_somebody_else_is_no_choice(client: Client, member: Member) -> None:
    put(member, (make_sku(price=1000), 1))
    foreign = make_address(make_member())

    page = valid_html(post(client, **express(member, address=foreign.pk)))

    assert "请重新选择收货地址" in page
    assert Order.objects.count() == 0


def test_goods_that_are_sold_out_meanwhile_are_named(client: Client, member: Member) -> None:
    sku = make_sku("龙井", price=1000, stock=1)
    put(member, (sku, 1))
    client.get("/checkout/")
    Sku.objects.update(stock=0)

    answer = post(client, **express(member))

    assert answer.status_code == 302
    assert Order.objects.count() == 0
    assert "暂时没有货了" in valid_html(client.get("/cart/"))


def test_without_anything_selected_there_is_nothing_to_check_out(client: Client, member: Member) -> None:
    answer = client.get("/checkout/")

    assert answer["Location"] == "/cart/"
    assert "请先选择要购买的商品" in valid_html(client.get("/cart/"))


def test_without_an_address_the_page_leads_to_the_book_and_back(client: Client, hub: Store) -> None:
    member = make_member()
    client.force_login(member, backend=BACKEND)
    sku = make_sku()

    page = valid_html(client.get(f"/checkout/?sku={sku.pk}&units=2"))
    answer = post(client, sku=sku.pk, units=2, delivery="express", remark="小心轻放", do="address_add")

    assert "新增收货地址" in page
    assert answer["Location"].startswith("/me/addresses/new/?next=%2Fcheckout%2F%3Fsku%3D")
    address = make_address(member)
    back = valid_html(client.get(f"/checkout/?sku={sku.pk}&units=2&remark=小心轻放&address={address.pk}"))
    assert 'value="小心轻放"' in back
    assert "王小明" in back


# --- Pickup --------------------------------------------------------------------------------------------------------
def pickup(at: Store, /, **changes: Any) -> dict[str, Any]:
    dull = {"delivery": "pickup", "store": at.pk, "phone": "13800000000", "pay": "wechat", "key": KEY}
    return dull | {"expected": 1000, "do": "place"} | changes


def make_slot(store: Store, **fields: Any) -> PickupSlot:
    return PickupSlot.objects.create(store=store, starts=time(9), ends=time(12), **fields)


def test_a_pickup_order_is_placed_without_freight(client: Client, member: Member) -> None:
    store = make_store("河坊街店")
    put(member, (make_sku(price=1000), 1))

    shown = valid_html(post(client, **pickup(store, do="update")))
    answer = post(client, **pickup(store))

    assert shown_amount(shown) == 1000
    assert "河坊街店" in shown
    order = Order.objects.get()
    assert answer["Location"] == f"/orders/{order.no}/pay/"
    assert (order.store, order.freight_amount, order.receiver_phone) == (store, 0, "13800000000")


def test_slots_show_what_is_left_and_a_full_one_cannot_be_chosen(client: Client, member: Member) -> None:
    store = make_store()
    slot = make_slot(store, capacity=3)
    tomorrow = timezone.localdate() + timedelta(days=1)
    day_after = tomorrow + timedelta(days=1)
    SlotDay.objects.create(slot=slot, day=tomorrow, booked=3)
    SlotDay.objects.create(slot=slot, day=day_after, booked=1)
    put(member, (make_sku(price=1000), 1))

    page = valid_html(post(client, **pickup(store, do="update")))
    refused = valid_html(post(client, **pickup(store, slot=f"{slot.pk}@{tomorrow}", remark="下午来")))

    assert f'id="slot-{slot.pk}@{tomorrow}" value="{slot.pk}@{tomorrow}" disabled>' in page
    assert ">已约满<" in page
    assert ">剩 2 个名额<" in page
    assert "这个自提时段刚刚约满，请换一个时段" in refused
    assert 'value="下午来"' in refused
    assert Order.objects.count() == 0

    post(client, **pickup(store, slot=f"{slot.pk}@{day_after}"))

    order = Order.objects.get()
    assert (order.pickup_slot, order.pickup_day, order.pickup_window) == (slot, day_after, "09:00–12:00")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"store": ""}, "请选择自提门店"),
        ({"store": "999999"}, "请重新选择自提门店"),
        ({"phone": "12345"}, "请填写 11 位手机号，到店时用来核对"),
        ({"slot": ""}, "请选择自提的日期和时段"),
        ({"slot": "nonsense@day"}, "请选择自提的日期和时段"),
        ({"slot": "99999999@2026-01-01"}, "请选择自提的日期和时段"),
    ],
)
def test_what_is_wrong_with_a_pickup_is_said_at_its_field(
    client: Client, member: Member, changes: dict[str, str], sentence: str
) -> None:
    store = make_store()
    slot = make_slot(store)
    tomorrow = timezone.localdate() + timedelta(days=1)
    put(member, (make_sku(price=1000), 1))

    page = valid_html(post(client, **pickup(store, **({"slot": f"{slot.pk}@{tomorrow}"} | changes))))

    assert sentence in page
    assert Order.objects.count() == 0


def test_paying_at_the_store_is_offered_only_where_the_merchant_allows_it(client: Client, member: Member) -> None:
    store = make_store()
    put(member, (make_sku(price=1000), 1))
    assert "到店付款" not in valid_html(post(client, **pickup(store, do="update")))
    refused = valid_html(post(client, **pickup(store, pay="offline")))
    assert "notice--error" in refused
    assert Order.objects.count() == 0

    ShopSettings.objects.update(pay_at_store_enabled=True)
    bump_catalogue()  # as saving the settings does

    assert "到店付款" in valid_html(post(client, **pickup(store, do="update")))
    answer = post(client, **pickup(store, pay="offline"))
    order = Order.objects.get()
    assert answer["Location"] == f"/orders/{order.no}/"
    assert (order.status, order.paid_at) == ("ready_for_pickup", None)


def test_a_shop_that_delivers_nothing_says_so(client: Client, member: Member) -> None:
    ShopSettings.objects.update(express_enabled=False, pickup_enabled=False)
    put(member, (make_sku(), 1))

    assert "店铺暂时没有开通任何收货方式" in valid_html(client.get("/checkout/"))


@pytest.mark.parametrize("delivery", ["express", "pickup"])
def test_the_checkout_takes_few_queries_however_much_is_bought(client: Client, member: Member, delivery: str) -> None:
    stores = [make_store() for _ in range(4)]
    for store in stores:
        make_slot(store)
    products = [make_product(limit_kind="lifetime", limit_units=9) for _ in range(6)]
    put(member, *[(product.skus.get(), 1) for product in products])
    client.get("/checkout/")

    with CaptureQueriesContext(connection) as captured:
        valid_html(client.get(f"/checkout/?delivery={delivery}&store={stores[1].pk}"))

    # session, user, cart with SKUs, units bought, addresses, places left
    assert len(captured) <= 8, [query["sql"] for query in captured]


def test_the_top_of_the_page_leads_to_every_mistake(client: Client, member: Member) -> None:
    store = make_store()
    put(member, (make_sku(price=1000), 1))

    page = valid_html(post(client, **pickup(store, phone="1", remark="长" * 201)))

    assert '<a class="link" href="#phone">提货人手机</a>、<a class="link" href="#remark">留言</a>' in page
    assert 'id="phone"' in page
    assert 'id="remark"' in page
