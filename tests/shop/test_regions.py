"""Provinces, cities and districts, and how one is picked level by level."""

from shop.lib import regions
from shop.lib.regions import steps


def names(codes: list[str]) -> list[str | None]:
    return [step.chosen.name if step.chosen else None for step in steps(codes)]


def test_the_file_is_whole() -> None:
    everything = regions.all_regions()

    assert len(regions.children_of("")) == 34
    assert all(region.parent_code in everything for region in everything.values() if region.level > 1)
    assert all(everything[code].code == code for code in everything)
    assert {region.level for region in everything.values()} == {1, 2, 3}


def test_every_path_is_made_of_the_names_above() -> None:
    everything = regions.all_regions()

    for region in everything.values():
        assert region.path == "/".join(everything[code].name for code in regions.ancestry(region.code))


def test_every_path_fits_its_column() -> None:
    assert max(len(region.path) for region in regions.all_regions().values()) <= 120


def test_an_address_ends_where_nothing_lies_below() -> None:
    assert regions.is_deliverable("330106")
    assert regions.is_deliverable("810000")  # 香港
    assert not regions.is_deliverable("330100")
    assert not regions.is_deliverable("4419")
    assert not regions.is_deliverable("999999")
    assert not regions.is_deliverable("")


def test_a_code_that_does_not_exist_is_nothing() -> None:
    assert regions.region("999999") is None
    assert regions.ancestry("999999") == []
    assert regions.children_of("999999") == []


def test_picking_begins_with_the_provinces() -> None:
    [first] = steps([])

    assert len(first.options) == 34
    assert first.chosen is None


def test_each_choice_opens_the_next_level() -> None:
    assert names(["330000"]) == ["浙江省", None]
    assert names(["330000", "330100"]) == ["浙江省", "杭州市", None]
    assert names(["330000", "330100", "330106"]) == ["浙江省", "杭州市", "西湖区"]


def test_a_level_with_one_option_chooses_itself() -> None:
    assert names(["440000", "4419"]) == ["广东省", "东莞市", "东莞市"]
    assert names(["440000", "4420"]) == ["广东省", "中山市", "中山市"]
    assert names(["460000", "4604"]) == ["海南省", "儋州市", "儋州市"]
    assert names(["620000", "6202"]) == ["甘肃省", "嘉峪关市", "嘉峪关市"]
    assert names(["110000"]) == ["北京市", "北京市", None]


def test_hong_kong_and_macau_end_at_the_province() -> None:
    assert names(["810000"]) == ["香港特别行政区"]
    assert names(["820000", "330100"]) == ["澳门特别行政区"]


def test_what_does_not_fit_below_is_dropped() -> None:
    assert names(["440000", "330100", "330106"]) == ["广东省", None]
    assert names(["", "330100", "330106"]) == [None]
    assert names(["x", "y", "z"]) == [None]


def test_every_region_can_be_reached_by_picking() -> None:
    ends = [code for code in regions.all_regions() if regions.is_deliverable(code)]

    for code in ends:
        last = steps(regions.ancestry(code))[-1]
        assert last.chosen is not None
        assert last.chosen.code == code


def test_a_path_is_written_without_saying_a_name_twice() -> None:
    assert regions.one_line("北京市/北京市/东城区") == "北京市东城区"
    assert regions.one_line("浙江省/杭州市/西湖区") == "浙江省杭州市西湖区"
    assert regions.one_line("") == ""
