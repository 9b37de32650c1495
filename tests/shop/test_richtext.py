"""Descriptions: what may stay, what must go, and that cleaning twice is cleaning once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.lib import richtext


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p onclick='x()' style='color:red' class='a'>杯</p>", "<p>杯</p>"),
        ("<script>x()</script><style>p{}</style>杯", "杯"),
        ("<iframe src='http://a'></iframe><form><input></form>杯", "杯"),
        ("<a href='javascript:x()'>点</a>", '<a rel="noopener noreferrer">点</a>'),
        ("<a href='https://a.example/'>点</a>", '<a href="https://a.example/" rel="noopener noreferrer">点</a>'),
        (
            "<table><tr><td colspan='2'>表</td></tr></table>",
            '<table><tbody><tr><td colspan="2">表</td></tr></tbody></table>',
        ),
        ("<span><font color=red>字</font></span>", "字"),
        ("<svg><script>x()</script></svg>", ""),
        ("<p>没有关上", "<p>没有关上</p>"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)
def test_only_allowed_elements_stay(written: str, kept: str) -> None:
    assert richtext.sanitise(written) == kept


def test_pictures_of_other_hosts_go_and_are_named_with_the_empty_blocks_they_leave() -> None:
    foreign = '<img src="https://a.example/1.jpg" alt="a>b">'
    html = f'<div><p>{foreign}</p><p><br></p></div><p>字<img src="//b.example/2.jpg"></p>'

    cleaned = richtext.clean(html)

    assert cleaned.html == "<p>字</p>"
    assert cleaned.dropped_pictures == ["https://a.example/1.jpg", "//b.example/2.jpg"]


def test_our_own_pictures_stay() -> None:
    html = '<p><img src="/media/products/1.webp" alt="杯"></p>'

    assert richtext.clean(html) == richtext.Cleaned(html, [])
    assert richtext.clean('<img src="/media/../secret">').dropped_pictures == ["/media/../secret"]
    assert richtext.clean('<img src="data:image/png;base64,xx">').html == ""


@given(st.text(st.sampled_from("<>/ \"'=&;abpimgsrcdiv杯\n"), max_size=80))
def test_what_was_cleaned_stays_as_it_is(text: str) -> None:
    once = richtext.sanitise(text)

    assert richtext.sanitise(once) == once
