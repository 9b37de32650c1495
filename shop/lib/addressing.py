"""Reads a whole address that somebody pasted: 王小明 138 0000 0000 浙江省杭州市西湖区文三路 90 号."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from shop.lib import regions
from shop.lib.regions import Region

LONGEST_TEXT = 300
PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)")
LABEL = re.compile(
    r"(?:收货人|收件人|联系人|姓名|联系电话|联系方式|手机号码?|手机|电话|所在地区|省市区|地区|详细地址|收货地址|地址)\s*[::]\s*"
)
GAPS = re.compile(r"[\s,;|/、。]+")
STREET = re.compile(r"[路街道巷弄号幢栋楼室层座村镇乡区县市省园苑城厦店]|\d")
ENDINGS = re.compile(
    r"(?:特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|地区|新区|自治县|自治旗|省|市|盟|区|县|旗)$"
)
LONGEST_NAME = 15


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was found in a pasted text; "" and [] for what was not. `region` are codes from the province down."""

    name: str = ""
    phone: str = ""
    region: tuple[str, ...] = ()
    detail: str = ""

    @property
    def is_nothing(self) -> bool:
        """Say whether the text told nothing."""
        return not (self.phone or self.region)


def recognise(text: str) -> Recognised:
    """Take `text` apart. What cannot be told stays empty for the reader to fill in; nothing is made up."""
    plain = LABEL.sub(" ", unicodedata.normalize("NFKC", text)[:LONGEST_TEXT])
    found = PHONE.search(plain)
    phone = re.sub(r"\D", "", found[1]) if found else ""
    plain = f"{plain[: found.start()]} {plain[found.end() :]}" if found else plain
    words = [word for word in GAPS.split(plain) if word]
    at, region, rest = _region(words)
    if not region:
        name = next((word for word in words if _is_name(word)), "")
        return Recognised(name, phone, (), " ".join(word for word in words if word != name) if phone else "")
    before, after = words[:at], rest
    name = next((word for word in before if _is_name(word)), "")
    if not name and len(after) > 1 and _is_name(after[-1]):
        name = after.pop()
    return Recognised(name, phone, tuple(place.code for place in region), " ".join(after))


def _is_name(word: str) -> bool:
    return len(word) <= LONGEST_NAME and not STREET.search(word)


def _region(words: list[str]) -> tuple[int, list[Region], list[str]]:
    """Return the index of the word in which the region starts, its levels, and the words that follow them."""
    for at in range(len(words)):
        places, rest = _walk("".join(f"{word} " for word in words[at:]))
        if places:
            return at, places, rest.split()
    return len(words), [], []


def _walk(text: str) -> tuple[list[Region], str]:
    """Read a region from the front of `text`, level by level; people leave out the province, and 市 or 区."""
    place = _at_front(text, regions.children_of("")) or _only_district(text) or _city(text)
    if place is None:
        return [], text
    found, rest = _with_ancestors(place), _after(text, place)
    while below := regions.children_of(found[-1].code):
        following = _at_front(rest, below)
        if following is None and len(below) == 1:  # 北京市 below 北京市 is rarely written twice
            found.append(below[0])
            continue
        if following is None:
            break
        found.append(following)
        rest = _after(rest, following)
    return found, rest


def _only_district(text: str) -> Region | None:
    """Return the district whose full name `text` starts with, where only one in the country is called so."""
    named = [place for place in _level(regions.DISTRICT) if len(place.name) > 2 and text.startswith(place.name)]
    return named[0] if len(named) == 1 else None


def _city(text: str) -> Region | None:
    """Return the city that `text` starts with; 朝阳区 is not short for 朝阳市."""
    city = _at_front(text, _level(regions.CITY))
    return None if city and not text.startswith(city.name) and text[len(_short(city.name)) :][:1] in "区县" else city


def _level(level: int) -> list[Region]:
    return [place for place in regions.all_regions().values() if place.level == level]


def _at_front(text: str, options: Iterable[Region]) -> Region | None:
    """Return the one of `options` that `text` begins with: by its full name first, else by its short one."""
    text = text.lstrip()
    options = list(options)
    full = [place for place in options if text.startswith(place.name)]
    short = [place for place in options if text.startswith(_short(place.name))]
    return max(full or short, key=lambda place: len(place.name), default=None)


def _after(text: str, place: Region) -> str:
    text = text.lstrip()
    name = place.name if text.startswith(place.name) else _short(place.name)
    rest = text.removeprefix(name)
    return rest.removeprefix("省") if place.level == regions.PROVINCE else rest


def _short(name: str) -> str:
    """西湖区 -> 西湖, 新疆维吾尔自治区 -> 新疆; a name of two characters stays whole."""
    cut = ENDINGS.sub("", name)
    return cut if len(cut) > 1 else name


def _with_ancestors(place: Region) -> list[Region]:
    found = (regions.region(code) for code in regions.ancestry(place.code))
    return [level for level in found if level]
