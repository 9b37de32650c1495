"""The handbook says what the screens say, shows the pictures that `make handbook` takes, and leads nowhere in vain."""

import re
from pathlib import Path

import pytest

from tests.browser.handbook import MOST_BYTES, PICTURES, SCENES

ROOT = Path(__file__).resolve().parent.parent
HANDBOOK = ROOT / "docs" / "handbook"
PAGES = sorted(HANDBOOK.glob("*.md"))
MOST_PICTURES, MOST_BYTES_TOGETHER = 20, 1_000_000
# Words of Django's own translation, and what a merchant types as an example.
ELSEWHERE = {"保存", "添加另一个", "注销", "颜色", "尺寸"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def words_of_screens() -> str:
    """Return all that a screen can say: templates, scripts, code, and the translation of the theme."""
    folders = ["shop", "orders", "catalog", "members", "promotions", "templates", "static/js", "locale"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return "\n".join(text_of(path) for path in files if path.suffix in {".py", ".html", ".js", ".po"})


def quoted(text: str) -> set[str]:
    """Return what stands in quotation marks, in the parts between dots and marks that vary on the screen."""
    found = re.findall("“([^”]+)”", text.replace("*", ""))
    parts = [part.strip() for words in found for part in re.split("……|＋|：|。$| ", words)]
    return {part for part in parts if part}


def anchors(page: Path) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_words_in_quotation_marks_stand_on_a_screen(page: Path) -> None:
    screens = words_of_screens()

    assert sorted(part for part in quoted(text_of(page)) - ELSEWHERE if part not in screens) == []


def test_the_handbook_shows_the_pictures_that_are_taken() -> None:
    shown = [name for page in PAGES for name in re.findall(r"pictures/([\w-]+)\.webp", text_of(page))]

    assert sorted(shown) == sorted(scene.name for scene in SCENES) == sorted(path.stem for path in PICTURES.iterdir())


def test_the_pictures_are_few_and_small() -> None:
    sizes = [path.stat().st_size for path in PICTURES.iterdir()]

    assert len(sizes) <= MOST_PICTURES
    assert max(sizes) <= MOST_BYTES
    assert sum(sizes) <= MOST_BYTES_TOGETHER


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "docs" / "operations.md", *PAGES]:
        for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text_of(page)):
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append(f"{page.name}: {link}")

    assert broken == []
