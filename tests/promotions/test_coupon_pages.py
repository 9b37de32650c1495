"""Coupons on the shopper's pages: seen, taken with and without scripts, kept, shared, found by a code."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Level
from promotions import services as promotions
from promotions.models import Coupon, CouponCode, CouponTemplate
from shop.lib import fragments
from tests.factories import make_category, make_member, make_product
from tests.pages import valid_html
from tests.promotions.coupons import make_coupon, make_template
from tests.shop.front import as_member, start_cold, text_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
CLAIM = "/coupons/claim/"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    start_cold()
    yield
    fragments.forget()


def new(name: str = "满 50 减 5", **terms: Any) -> CouponTemplate:
    return make_template(name, now=timezone.now(), **terms)


def held(**options: Any) -> Coupon:
    return make_coupon(now=timezone.now(), **options)


def button(template: CouponTemplate) -> str:
    return f'name="coupon" value="{template.pk}"'


# --- 领券中心 ---------------------------------------------------------------------------------------------------------


def test_guests_see_what_may_be_taken_and_sign_in_to_take_it(client: Client) -> None:
    template = new(remark="生鲜除外")
    new("不公开", issue_mode="push")
    new("停了", claim_to=timezone.now())

    page = valid_html(client.get("/coupons/"))
    answer = client.post(CLAIM, {"coupon": template.pk, "next": "/coupons/"})
    by_htmx = client.post(CLAIM, {"coupon": template.pk, "next": "/coupons/"}, headers=HTMX)

    assert (button(template) in page, "生鲜除外" in page, "不公开" in page, "停了" in page) == (
        True,
        True,
        False,
        False,
    )
    assert answer.headers["Location"] == by_htmx.headers["HX-Redirect"] == "/login/?next=%2Fcoupons%2F"
    assert Coupon.objects.count() == 0


def test_each_coupon_says_what_this_member_may_do(client: Client) -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    free, taken, gone = new("可领"), new("领过", per_member=1), new("没了", total=1)
    for_gold = new("金卡的", level_ids=[gold.pk])
    member = make_member()
    make_coupon(taken, member=member, now=timezone.now())
    make_coupon(gone, now=timezone.now())

    page = valid_html(as_member(client, member).get("/coupons/"))

    assert [button(one) in page for one in (free, taken, gone, for_gold)] == [True, False, False, False]
    for words in ("已领取", "已抢光", "限 金卡"):
        assert words in page
    assert page.index("可领") < page.index("金卡的")


def test_the_centre_costs_the_same_with_many_coupons(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(12):
        new(f"券 {number}", scope_kind="category", scope_ids=[make_category().pk])

    with django_assert_num_queries(2):  # coupons, names of categories
        client.get("/coupons/")
    fragments.forget()
    as_member(client)
    with django_assert_num_queries(6):  # session, member; coupons, names; what they hold; the name of the shop
        client.get("/coupons/")


def test_an_empty_centre_leads_on(client: Client) -> None:
    assert "现在没有可以领的券" in valid_html(client.get("/coupons/"))


def test_taking_answers_with_and_without_scripts(client: Client) -> None:
    template, second = new(), new("第二张")
    member = make_member()
    as_member(client, member)

    plain = client.post(CLAIM, {"coupon": template.pk, "next": "/goods/"})
    told = client.get("/goods/").content.decode()
    again = client.post(CLAIM, {"coupon": template.pk, "next": "/coupons/"}, follow=True).content.decode()
    by_htmx = client.post(CLAIM, {"coupon": second.pk}, headers=HTMX)
    refused = client.post(CLAIM, {"coupon": second.pk}, headers=HTMX).content.decode()

    assert (plain.status_code, plain.headers["Location"]) == (302, "/goods/")
    assert "已领取“满 50 减 5”" in told
    assert "您已经领过了" in again
    assert ("去使用" in valid_html(by_htmx), "您已经领过了" in refused) == (True, True)
    assert Coupon.objects.filter(member=member).count() == 2


@pytest.mark.parametrize("posted", ["", "x", "-1", "9" * 30, "12345", "\0"])
def test_nonsense_is_a_404_and_looking_takes_nothing(client: Client, posted: str) -> None:
    as_member(client)

    assert client.post(CLAIM, {"coupon": posted}).status_code == 404
    assert client.get(CLAIM, {"coupon": posted}).status_code == 405


def test_a_coupon_that_is_not_public_cannot_be_claimed_by_its_number(client: Client) -> None:
    for mode in ("push", "share", "code", "birthday", "group", "reward"):
        template = new(issue_mode=mode)
        assert as_member(client).post(CLAIM, {"coupon": template.pk}).status_code == 404
    assert Coupon.objects.count() == 0


def test_next_leads_nowhere_else(client: Client) -> None:
    answer = as_member(client).post(CLAIM, {"coupon": new().pk, "next": "https://evil.example/"})

    assert answer.headers["Location"] == "/coupons/"


# --- Home and product -------------------------------------------------------------------------------------------------


def test_home_shows_coupons_for_everybody_with_a_token_of_each_visitor() -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    template, for_gold = new(), new("金卡的", level_ids=[gold.pk])
    make_product()

    pages = [text_of(Client(), "/") for _ in range(2)]

    tokens = [page.split('csrfmiddlewaretoken" value="')[1].split('"')[0] for page in pages]
    assert tokens[0] != tokens[1]
    assert all(button(template) in page and 'id="take"' in page for page in pages)
    assert button(for_gold) not in pages[0]


def test_a_kept_home_page_takes_a_coupon_with_its_own_token() -> None:
    template = new()
    text_of(Client(), "/")
    client = as_member(Client(enforce_csrf_checks=True))
    page = text_of(client, "/")
    token = page.split('csrfmiddlewaretoken" value="')[1].split('"')[0]

    answer = client.post(CLAIM, {"coupon": template.pk, "next": "/", "csrfmiddlewaretoken": token})

    assert (answer.status_code, Coupon.objects.count()) == (302, 1)
    assert "已领取“满 50 减 5”" in text_of(client, "/")


def test_home_without_coupons_has_no_form_for_them(client: Client) -> None:
    new(total=1)
    make_coupon(CouponTemplate.objects.get(), now=timezone.now())

    assert 'id="take"' not in text_of(client, "/")


def test_a_product_shows_the_coupons_that_are_good_for_it(client: Client) -> None:
    fresh = make_category("生鲜")
    fruit = make_category("水果", parent=fresh)
    apple, towel = make_product("苹果", categories=[fruit]), make_product("毛巾")
    wanted = [
        new("全场"), new("生鲜券", scope_kind="category", scope_ids=[fresh.pk]),
        new("苹果券", scope_kind="product", scope_ids=[apple.pk]),
        new("除毛巾", scope_kind="exclude", scope_ids=[towel.pk]),
    ]  # fmt: skip

    of_apple, of_towel = (text_of(client, f"/goods/{product.pk}/") for product in (apple, towel))

    assert [button(one) in of_apple for one in wanted] == [True] * 4
    assert [button(one) in of_towel for one in wanted] == [True, False, False, False]
    assert "满 50 减 5 元" in of_apple


def test_a_member_sees_on_the_product_what_they_have_taken(client: Client) -> None:
    template, member, product = new(), make_member(), make_product()
    make_coupon(template, member=member, now=timezone.now())

    page = text_of(as_member(client, member), f"/goods/{product.pk}/")

    assert (button(template) in page, "已领取" in page) == (False, True)


# --- 我的优惠券 -------------------------------------------------------------------------------------------------------


def test_my_coupons_stand_in_three_tabs_with_numbers(client: Client) -> None:
    member, now = make_member(), timezone.now()
    as_member(client, member)
    fresh = held(template=new("新的"), member=member)
    soon = make_coupon(new("快到期", valid_days=2), member=member, now=now)
    spent = held(template=new("用了"), member=member)
    promotions.spend_coupon(member=member, coupon_id=spent.pk, now=timezone.now())
    make_coupon(make_template("过期", valid_days=1, now=now), member=member, now=now - 9 * DAY)  # no sweep has come yet
    revoked = held(template=new("作废的"), member=member)
    promotions.revoke_coupon(coupon=revoked, reason="", by=None, now=now)
    held(template=new("别人的"))

    unused, used, gone = (valid_html(client.get(f"/me/coupons/?tab={tab}")) for tab in ("unused", "used", "gone"))

    assert [name in unused for name in ("新的", "快到期", "用了", "过期", "作废的", "别人的")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert unused.index(soon.name) < unused.index(fresh.name)
    assert ("快到期了" in unused, "用了" in used, "已使用" in used) == (True, True, True)
    assert [name in gone for name in ("过期", "作废的", "已过期", "已作废")] == [True] * 4
    assert '未使用 <span class="tabs__count">2</span>' in unused
    assert '已失效 <span class="tabs__count">2</span>' in unused
    assert "2 张可用" in text_of(client, "/me/")


def test_my_coupons_cost_the_same_with_many(client: Client, django_assert_num_queries: Any) -> None:
    member, template = make_member(), new(per_member=0, scope_kind="category", scope_ids=[make_category("水果").pk])
    as_member(client, member)
    for number in range(25):
        make_coupon(template, member=member, now=timezone.now(), source=f"s{number}")

    with django_assert_num_queries(5):  # session, member; numbers, coupons, names
        page = client.get("/me/coupons/").content.decode()

    assert (page.count('class="coupon"'), "水果可用" in page, "?page=2" in page) == (20, True, True)
    assert client.get("/me/coupons/?page=2").content.decode().count('class="coupon"') == 5
    assert client.get("/me/coupons/?page=x&tab=nonsense").status_code == 200


def test_a_coupon_leads_to_its_goods_and_says_when_it_begins(client: Client) -> None:
    member, product = make_member(), make_product()
    held(template=new("一件", scope_kind="product", scope_ids=[product.pk]), member=member)
    held(template=new("明天的", from_next_day=True), member=member)

    page = text_of(as_member(client, member), "/me/coupons/")

    assert f'href="/goods/{product.pk}/"' in page
    assert "00:00 起可用" in page


@pytest.mark.parametrize("path", ["/me/coupons/", "/coupons/code/"])
def test_guests_sign_in_first(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"].startswith("/login/?next=")


def test_a_member_without_coupons_is_led_to_the_centre(client: Client) -> None:
    assert 'href="/coupons/"' in valid_html(as_member(client).get("/me/coupons/"))


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_a_shared_link_shows_the_coupon_and_gives_it(client: Client) -> None:
    template, member = new("请喝茶", issue_mode="share"), make_member()
    link = f"/coupons/s/{template.share_token}/"

    as_guest = valid_html(client.get(link))
    to_login = client.post(f"{link}take/")
    as_member(client, member)
    taken = client.post(f"{link}take/", follow=True).content.decode()

    assert ("请喝茶" in as_guest, "登录并领取" in as_guest, "data:image/svg+xml" in as_guest) == (True, True, True)
    assert to_login.headers["Location"] == f"/login/?next=%2Fcoupons%2Fs%2F{template.share_token}%2F"
    assert ("已领取“请喝茶”" in taken, "已在您的券包里" in taken) == (True, True)
    assert Coupon.objects.get().member == member
    assert client.get(f"{link}take/").status_code == 405


@pytest.mark.parametrize(
    ("terms", "words"),
    [({"claim_to": timezone.now()}, "领取结束"), ({"vip_only": True}, "只发给指定等级"), ({"total": 1}, "抢光")],
)
def test_a_shared_coupon_that_is_not_to_be_had_says_why(client: Client, terms: dict[str, Any], words: str) -> None:
    template = new(issue_mode="share", **terms)
    if "total" in terms:
        make_coupon(template, now=timezone.now())
    link = f"/coupons/s/{template.share_token}/"
    as_member(client)

    assert words in valid_html(client.get(link))
    refused = client.post(f"{link}take/", follow=True)
    assert "已领取“" not in refused.content.decode()


def test_an_unknown_link_is_a_404(client: Client) -> None:
    new(issue_mode="share")
    for path in ("/coupons/s/guess/", "/coupons/s/guess/poster.png"):
        assert client.get(path).status_code == 404
    assert as_member(client).post("/coupons/s/guess/take/").status_code == 404


def test_the_poster_is_a_picture_or_leads_back(client: Client, settings: Any) -> None:
    template = new(issue_mode="share")
    path = f"/coupons/s/{template.share_token}/poster.png"

    drawn = client.get(path)
    fragments.forget()
    settings.POSTER_FONT = "/nowhere"
    without = client.get(path)

    assert drawn.status_code == 200
    assert (drawn.headers["Content-Type"], drawn.content[:4]) == ("image/png", b"\x89PNG")
    assert without.headers["Location"] == f"/coupons/s/{template.share_token}/"


# --- Codes ------------------------------------------------------------------------------------------------------------


def test_a_code_is_typed_and_becomes_a_coupon(client: Client) -> None:
    template = new("宣传单", issue_mode="code")
    promotions.make_codes(template=template, units=1, by=None, now=timezone.now())
    code = CouponCode.objects.get().code
    as_member(client)

    form = valid_html(client.get("/coupons/code/"))
    done = client.post("/coupons/code/", {"code": f"{code[:4]} {code[4:]}".lower()}, follow=True).content.decode()
    again = valid_html(client.post("/coupons/code/", {"code": code}))

    assert "兑换成优惠券" in form
    assert "兑换成功，“宣传单”已经放进您的券包" in done
    assert "您已经用过这个兑换码" in again


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "请填写兑换码"),
        ("ABCD", "没有这个兑换码"),
        ("A" * 41, "兑换码没有这么长"),
        ("<b>x</b>", "没有这个兑换码"),
        ("\0", "空字符"),
    ],
)
def test_a_wrong_code_is_refused_at_the_field_and_stays_there(client: Client, typed: str, words: str) -> None:
    page = as_member(client).post("/coupons/code/", {"code": typed}).content.decode()

    assert words in page
    assert 'class="field__error"' in page
    assert "<b>x</b>" not in page


def test_guessing_ends_with_a_sentence(client: Client) -> None:
    as_member(client)

    pages = [client.post("/coupons/code/", {"code": "ABCDEFGHJKLM"}).content.decode() for _ in range(11)]

    assert ("没有这个兑换码" in pages[9], "操作太频繁了" in pages[10]) == (True, True)
