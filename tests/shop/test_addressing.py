"""Addresses pasted as one text, and links to maps."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.lib import regions
from shop.lib.addressing import Recognised, recognise
from shop.lib.maps import place_url


def told(text: str) -> tuple[str, str, str, str]:
    found = recognise(text)
    place = regions.region(found.region[-1]) if found.region else None
    return found.name, found.phone, place.path if place else "", found.detail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "王小明 13800000000 浙江省杭州市西湖区文三路 90 号 2 幢 1102",
            ("王小明", "13800000000", "浙江省/杭州市/西湖区", "文三路 90 号 2 幢 1102"),
        ),
        (
            "浙江杭州西湖文三路90号2幢 王小明 138-0000-0000",
            ("王小明", "13800000000", "浙江省/杭州市/西湖区", "文三路90号2幢"),
        ),
        (
            "收货人：李雷\n手机号码：+86 138 1234 5678\n所在地区：北京市 朝阳区\n详细地址：建国路 93 号院 8 号楼",
            ("李雷", "13812345678", "北京市/北京市/朝阳区", "建国路 93 号院 8 号楼"),
        ),
        (
            "广东省东莞市南城街道鸿福路 1 号，张三，１３８００００００００",
            ("张三", "13800000000", "广东省/东莞市/东莞市", "南城街道鸿福路 1 号"),
        ),
        ("余杭区仓前街道 13800000004 陈", ("陈", "13800000004", "浙江省/杭州市/余杭区", "仓前街道")),
        ("海南省三亚市天涯区 三亚湾路 5 号 欧阳小小", ("欧阳小小", "", "海南省/三亚市/天涯区", "三亚湾路 5 号")),
    ],
)
def test_a_whole_address_is_taken_apart(text: str, expected: tuple[str, str, str, str]) -> None:
    assert told(text) == expected


def test_what_is_missing_stays_empty() -> None:
    assert told("浙江省杭州市文三路 90 号") == ("", "", "浙江省/杭州市", "文三路 90 号")
    assert told("王小明 13800000000 文三路 90 号") == ("王小明", "13800000000", "", "文三路 90 号")


@pytest.mark.parametrize("text", ["朝阳区建国路", "西湖区文三路 90 号"])
def test_a_district_of_which_there_are_several_is_not_guessed(text: str) -> None:
    assert recognise(text).region == ()


@pytest.mark.parametrize("text", ["", "你好", "12345", "订单 20260101123456789012"])
def test_what_is_no_address_tells_nothing(text: str) -> None:
    assert recognise(text).is_nothing


@given(st.text(max_size=60))
def test_any_text_is_read_without_fault(text: str) -> None:
    found = recognise(text)

    assert isinstance(found, Recognised)
    assert all(regions.region(code) for code in found.region)


def test_a_map_is_linked_by_coordinates_or_else_by_the_address() -> None:
    spot = place_url(name="湖畔店", address="曙光路 1 号", longitude=Decimal("120.1"), latitude=Decimal("30.2"))
    search = place_url(name="湖畔店", address="曙光路 1 号", longitude=None, latitude=None)

    assert urlsplit(spot).path == "/marker"
    assert parse_qs(urlsplit(spot).query)["position"] == ["120.1,30.2"]
    assert (urlsplit(search).path, parse_qs(urlsplit(search).query)["keyword"]) == ("/search", ["曙光路 1 号"])
