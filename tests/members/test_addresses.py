"""The address book: rules of the service, and the pages with and without JavaScript."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members import services
from members.models import Address, Member
from members.services import addresses
from tests.factories import make_address, make_member
from tests.pages import valid_html

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
BACKEND = "django.contrib.auth.backends.ModelBackend"
HANGZHOU = {"province": "330000", "city": "330100", "district": "330106"}
TYPED = {"receiver_name": "李雷", "receiver_phone": "138 1234 5678", "detail": "文一路 1 号"}


@pytest.fixture
def member(client: Client) -> Member:
    """The shopper who is signed in."""
    shopper = make_member()
    client.force_login(shopper, backend=BACKEND)
    return shopper


def save(member: Member, **fields: Any) -> Address:
    dull = {"receiver_name": "李雷", "receiver_phone": "13812345678", "detail": "文一路 1 号", "region_code": "330106"}
    return services.save_address(member=member, address=Address(**(dull | fields)), now=NOW)


def defaults(member: Member) -> list[int]:
    return list(member.addresses.filter(is_default=True).values_list("pk", flat=True))


def post_new(client: Client, **fields: Any) -> Any:
    return client.post(reverse("members:address_add"), TYPED | HANGZHOU | fields)


# --- The rules ------------------------------------------------------------------------------------------------------
def test_the_first_address_becomes_the_default_and_knows_its_region() -> None:
    member = make_member()

    first, second = save(member), save(member)

    assert defaults(member) == [first.pk]
    assert second.region_path == "浙江省/杭州市/西湖区"
    assert second.full_address == "浙江省杭州市西湖区文一路 1 号"


def test_a_new_default_takes_over() -> None:
    member = make_member()
    save(member)

    new = save(member, is_default=True)
    assert defaults(member) == [new.pk]
    services.set_default_address(member=member, address_id=save(member).pk)
    assert len(defaults(member)) == 1
    assert defaults(member) != [new.pk]


def test_the_only_default_cannot_be_unticked_away() -> None:
    member = make_member()
    address = save(member)

    address.is_default = False
    services.save_address(member=member, address=address, now=NOW)

    assert defaults(member) == [address.pk]


def test_when_the_default_is_deleted_the_newest_takes_over() -> None:
    member = make_member()
    first, _, newest = save(member), save(member), save(member)

    services.delete_address(member=member, address_id=first.pk)
    services.delete_address(member=member, address_id=first.pk)

    assert defaults(member) == [newest.pk]
    assert member.addresses.count() == 2


def test_the_last_address_may_be_deleted() -> None:
    member = make_member()

    services.delete_address(member=member, address_id=save(member).pk)

    assert not member.addresses.exists()


def test_a_member_keeps_twenty_addresses_at_most() -> None:
    member = make_member()
    kept = [save(member) for _ in range(20)]

    with pytest.raises(services.AddressRefused) as refused:
        save(member)

    assert refused.value.message == "最多保存 20 个地址，请先删除不用的"
    assert member.addresses.count() == 20
    services.save_address(member=member, address=kept[3], now=NOW)  # an old one may still be edited


@pytest.mark.parametrize("region_code", ["", "999999", "330000", "330100", "4419"])
def test_parcels_go_to_whole_regions_only(region_code: str) -> None:
    member = make_member()

    with pytest.raises(services.AddressRefused, match="请把地区选完整"):
        save(member, region_code=region_code)

    assert not member.addresses.exists()


def test_nobody_changes_the_address_of_another() -> None:
    mine, yours = make_address(make_member()), make_address(make_member())
    stranger = mine.member

    with pytest.raises(Address.DoesNotExist):
        services.save_address(member=stranger, address=yours, now=NOW)
    with pytest.raises(Address.DoesNotExist):
        services.set_default_address(member=stranger, address_id=yours.pk)
    services.delete_address(member=stranger, address_id=yours.pk)

    yours.refresh_from_db()
    assert yours.member != stranger
    assert yours.is_default


def save_at_once(member: Member, times: int = 10) -> int:
    """Save so many new addresses in the same moment; return how many were taken."""
    together = threading.Barrier(times)

    def attempt(_: int) -> bool:
        try:
            together.wait(10)
            save(member)
        except services.AddressRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(times) as pool:
        return sum(pool.map(attempt, range(times)))


def nearly_full() -> Member:
    member = make_member()
    for _ in range(19):
        make_address(member)
    return member


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_of_ten_saves_at_once_the_twentieth_is_the_last() -> None:
    member = nearly_full()

    assert save_at_once(member) == 1
    assert member.addresses.count() == 20


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_would_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_lock", lambda member: None)

    assert max(save_at_once(nearly_full()) for _ in range(5)) > 1


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_ten_first_addresses_at_once_have_one_default() -> None:
    member = make_member()

    assert save_at_once(member) == 10
    assert len(defaults(member)) == 1


# --- The pages ------------------------------------------------------------------------------------------------------
def test_an_address_is_added_in_one_go(client: Client, member: Member) -> None:
    answer = post_new(client, is_default="on")

    assert answer.headers["Location"] == reverse("members:addresses")
    address = member.addresses.get()
    assert (address.receiver_name, address.receiver_phone, address.detail) == ("李雷", "13812345678", "文一路 1 号")
    assert (address.region_code, address.is_default) == ("330106", True)
    assert (address.created_at.tzinfo, address.region_path) == (UTC, "浙江省/杭州市/西湖区")


def test_without_javascript_the_region_is_picked_step_by_step_and_nothing_is_lost(
    client: Client, member: Member
) -> None:
    url = reverse("members:address_add")
    typed = TYPED | {"is_default": "on", "pick": "1"}
    first = valid_html(client.get(url))
    assert 'name="province"' in first
    assert 'name="city"' not in first
    assert "选好了，下一步选城市" in first

    second = valid_html(client.post(url, typed | {"province": "330000"}))
    third = valid_html(client.post(url, typed | {"province": "330000", "city": "330100"}))

    assert 'name="city"' in second
    assert 'name="district"' not in second
    assert '<option value="330106">西湖区</option>' in third
    for page in (second, third):
        assert 'value="李雷"' in page
        assert 'value="138 1234 5678"' in page
        assert 'value="文一路 1 号"' in page
        assert "checked" in page
        assert '<option value="330000" selected>浙江省</option>' in page
        assert "field__error" not in page
    assert not member.addresses.exists()


def test_saving_too_early_offers_the_next_level(client: Client, member: Member) -> None:
    page = client.post(reverse("members:address_add"), TYPED | {"province": "330000"})

    text = valid_html(page)
    assert page.context["form"].errors == {"city": ["请选择城市"]}
    assert '<option value="330100">杭州市</option>' in text
    assert 'value="李雷"' in text
    assert not member.addresses.exists()


def test_a_city_of_another_province_is_asked_again(client: Client, member: Member) -> None:
    page = post_new(client, province="440000")

    assert page.context["form"].errors == {"city": ["请选择城市"]}
    assert "东莞市" in valid_html(page)


@pytest.mark.parametrize(
    ("picked", "code", "path"),
    [
        ({"province": "440000", "city": "4419"}, "441900", "广东省/东莞市/东莞市"),
        ({"province": "440000", "city": "4420"}, "442000", "广东省/中山市/中山市"),
        ({"province": "460000", "city": "4604"}, "460400", "海南省/儋州市/儋州市"),
        ({"province": "620000", "city": "6202"}, "620200", "甘肃省/嘉峪关市/嘉峪关市"),
        ({"province": "810000"}, "810000", "香港特别行政区"),
        ({"province": "820000", "city": "", "district": ""}, "820000", "澳门特别行政区"),
        ({"province": "110000", "district": "110101"}, "110101", "北京市/北京市/东城区"),
    ],
)
def test_regions_that_end_early_can_be_chosen(
    client: Client, member: Member, picked: dict[str, str], code: str, path: str
) -> None:
    client.post(reverse("members:address_add"), TYPED | picked)

    address = member.addresses.get()
    assert (address.region_code, address.region_path) == (code, path)


def test_the_fragment_holds_the_fields_of_the_region_alone(client: Client, member: Member) -> None:
    fragment = client.get(reverse("members:address_regions"), {"province": "330000", "city": "330100"})

    text = valid_html(fragment)
    assert text.strip().startswith("<fieldset")
    assert '<option value="330106">西湖区</option>' in text
    assert "receiver_name" not in text


@pytest.mark.parametrize("query", [{}, {"province": "x"}, {"province": "330000", "city": "\0"}, {"city": "330100"}])
def test_nonsense_in_the_address_of_the_fragment_is_no_error(
    client: Client, member: Member, query: dict[str, str]
) -> None:
    assert client.get(reverse("members:address_regions"), query).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("receiver_name", "", "请填写收货人"),
        ("receiver_phone", "", "请填写手机号"),
        ("receiver_phone", "0571-8888", "请填写 11 位手机号"),
        ("detail", "", "请填写街道、门牌号"),
        ("detail", "x", "请把地址写详细一些"),
        ("province", "999999", "请选择省份"),
        ("district", "", "请选择区县"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: Client, member: Member, field: str, value: str, sentence: str
) -> None:
    page = post_new(client, **{field: value})

    assert sentence in page.context["form"].errors[field][0]
    assert sentence in valid_html(page)
    assert not member.addresses.exists()


@pytest.mark.parametrize("field", ["receiver_name", "detail"])
def test_text_that_is_too_long_or_broken_is_no_server_error(client: Client, member: Member, field: str) -> None:
    for value in ("很" * 101, "a\0b"):
        assert list(post_new(client, **{field: value}).context["form"].errors) == [field]


def test_an_address_is_edited_with_its_region_shown(client: Client, member: Member) -> None:
    address = make_address(member)
    url = reverse("members:address_edit", args=[address.pk])

    page = valid_html(client.get(url))
    client.post(url, TYPED | HANGZHOU | {"detail": "新地址 8 号"})

    assert '<option value="330106" selected>西湖区</option>' in page
    assert address.detail in page
    address.refresh_from_db()
    assert (address.detail, address.is_default) == ("新地址 8 号", True)
    assert member.addresses.count() == 1


def test_the_twenty_first_is_refused_in_words(client: Client, member: Member) -> None:
    for _ in range(20):
        make_address(member)

    page = post_new(client)

    assert "最多保存 20 个地址" in valid_html(page)
    assert "地址已满" in valid_html(client.get(reverse("members:addresses")))


def test_the_list_shows_what_can_be_done(client: Client, member: Member) -> None:
    assert "还没有收货地址" in valid_html(client.get(reverse("members:addresses")))
    make_address(member, receiver_phone="13812345678")
    second = make_address(member)

    text = valid_html(client.get(reverse("members:addresses")))

    assert "138****5678" in text
    assert "13812345678" not in text
    assert text.count("设为默认") == 1
    client.post(reverse("members:address_default", args=[second.pk]))
    assert defaults(member) == [second.pk]
    client.post(reverse("members:address_delete", args=[second.pk]))
    assert member.addresses.count() == 1


def test_the_checkout_gets_people_back_with_what_they_chose(client: Client, member: Member) -> None:
    address = make_address(member)
    following = "/checkout/?coupon=1&address=99"

    text = valid_html(client.get(reverse("members:addresses"), {"next": following}))
    added = post_new(client, next=following)
    deleted = client.post(reverse("members:address_delete", args=[address.pk]), {"next": following})

    new = member.addresses.get()
    assert f'href="/checkout/?coupon=1&amp;address={address.pk}"' in text
    assert added.headers["Location"] == f"/checkout/?coupon=1&address={new.pk}"
    assert deleted.headers["Location"] == "/me/addresses/?next=%2Fcheckout%2F%3Fcoupon%3D1%26address%3D99"


def test_nobody_is_led_away_from_the_shop(client: Client, member: Member) -> None:
    assert post_new(client, next="//evil.example/").headers["Location"] == reverse("members:addresses")


def test_the_address_of_another_is_not_there(client: Client, member: Member) -> None:
    yours = make_address(make_member())
    edit, default = (reverse(f"members:address_{what}", args=[yours.pk]) for what in ("edit", "default"))

    assert client.get(edit).status_code == 404
    assert client.post(edit, TYPED | HANGZHOU).status_code == 404
    assert client.post(default).status_code == 404
    client.post(reverse("members:address_delete", args=[yours.pk]))

    yours.refresh_from_db()
    assert yours.detail == "文三路 90 号"


def test_a_number_beyond_all_numbers_is_not_there_either(client: Client, member: Member) -> None:
    for what, status in (("edit", 404), ("default", 404), ("delete", 302)):
        assert client.post(f"/me/addresses/{'9' * 30}/{what}/".replace("edit/", "")).status_code == status
    assert client.post(f"/me/messages/{'9' * 30}/").status_code == 404


@pytest.mark.parametrize("what", ["default", "delete"])
def test_changes_are_posts(client: Client, member: Member, what: str) -> None:
    address = make_address(member)

    assert client.get(reverse(f"members:address_{what}", args=[address.pk])).status_code == 405


def test_the_list_costs_three_queries_however_many_addresses(client: Client, member: Member) -> None:
    for _ in range(10):
        make_address(member)

    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("members:addresses"))

    assert len(queries) == 3  # session, member, addresses


def test_a_pasted_text_fills_the_form_and_saves_nothing(client: Client, member: Member) -> None:
    text = "王小明 138 1234 5678 浙江省杭州市西湖区文三路 90 号"

    page = valid_html(post_new(client, pick="paste", paste=text, receiver_name="张三", is_default="on"))

    assert 'value="王小明"' in page
    assert 'value="13812345678"' in page
    assert 'value="文三路 90 号"' in page
    assert '<option value="330106" selected>西湖区</option>' in page
    assert "请核对以后再保存" in page
    assert "checked" in page
    assert member.addresses.count() == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请先粘贴一段包含姓名、电话和地址的文字"), ("你好", "没有认出电话和地区"),
        ("长" * 301, "请只粘贴一个地址"),
    ],
)  # fmt: skip
def test_a_text_that_tells_nothing_is_refused_and_what_was_typed_stays(
    client: Client, member: Member, text: str, sentence: str
) -> None:
    page = valid_html(post_new(client, pick="paste", paste=text, detail="文三路 91 号"))

    assert sentence in page
    assert 'value="文三路 91 号"' in page
