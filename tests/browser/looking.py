"""Looking at a page as a stern reader would: its markup, what axe says, what runs over, hides or is too small."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import html5lib
from playwright.sync_api import Page, Response, ViewportSize

from tests.browser.conftest import DESK, PHONE, axe_violations, runs_over

SMALLEST: ViewportSize = {"width": 320, "height": 568}
MEASURES = (Path(__file__).parent / "looking.js").read_text()
SEVERE = {"serious", "critical"}
# What is no translation's business: names, units and abbreviations that people write in Latin letters.
LATIN = """
    android api app authenticator cm cookie csv ctrl enter esc excel gif google gsw icp id ios ip jpeg jpg kb kg mb ml
    mm pdf png qr sku tab totp tuanpu url vip webp wechat xlsx
"""


@dataclass(frozen=True)
class Strictness:
    """What is asked of a page: on the theme's own pages only what is ours to mend."""

    markup: bool = True
    thumbs: bool = True  # targets of 44 px, nothing behind a bar that stays
    impacts: frozenset[str] | None = None  # of axe's findings, those of these impacts; None for all


OURS = Strictness()
THEME = Strictness(markup=False, thumbs=False, impacts=frozenset(SEVERE))


def answers_of(page: Page) -> list[Response]:
    """Return a list that fills with what the server answers to `page`, so that its last is the page shown."""
    answers: list[Response] = []

    def note(response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == page.main_frame:
            answers.append(response)

    page.on("response", note)
    return answers


def faults_on_a_phone(page: Page, answer: Response, strictness: Strictness = OURS) -> list[str]:
    """List what is wrong with the page that is shown, in a line each; leave it at the width of a phone."""
    faults = [f"HTML: {fault}" for fault in markup_faults(answer.text())] if strictness.markup else []
    if strictness.thumbs:
        faults += faults_of_width(page, SMALLEST)
    faults += faults_of_width(page, PHONE)
    seen: dict[str, Any] = page.evaluate(MEASURES, strictness.thumbs)
    faults += [f"smaller than 44 px: {fault}" for fault in seen["targets"]]
    faults += [f"hidden: {fault}" for fault in seen["hidden"]]
    faults += [f"not Chinese: {word}" for word in foreign_words(seen["texts"])]
    return faults + axe_findings(page, strictness)


def faults_on_a_desk(page: Page, strictness: Strictness = OURS) -> list[str]:
    """List what is wrong with the page on a wide screen only, in a line each; leave it there."""
    faults = faults_of_width(page, DESK)
    faults += [f"hidden on a desk: {fault}" for fault in page.evaluate(MEASURES, strictness.thumbs)["hidden"]]
    return faults + [f"{fault} (desk)" for fault in axe_findings(page, strictness)]


def faults_of_width(page: Page, viewport: ViewportSize) -> list[str]:
    page.set_viewport_size(viewport)
    return [f"runs over the edge at {viewport['width']} px"] if runs_over(page) else []


def markup_faults(html: str) -> list[str]:
    """Return what a strict parser says first about `html`."""
    try:
        html5lib.HTMLParser(strict=True).parse(html)
    except html5lib.html5parser.ParseError as error:
        return [str(error)]
    return []


def foreign_words(texts: Iterable[str]) -> list[str]:
    """Return the Latin words of `texts` that are no names, codes, addresses or units."""
    found = set()
    for token in re.findall(r"[A-Za-z0-9_./@+:%*-]+", " ".join(texts)):
        if not re.search(r"[0-9_./@+:%*]", token.rstrip(".:*")):
            found |= set(re.findall(r"[A-Za-z]{2,}", token))
    return sorted(word for word in found if word.lower() not in LATIN.split())


def axe_findings(page: Page, strictness: Strictness) -> list[str]:
    """List what axe holds against the page and we have to mend."""
    violations = [one for one in axe_violations(page) if not strictness.impacts or one["impact"] in strictness.impacts]
    return [f"axe {fault['id']}: {node['html'][:160]}" for fault in violations for node in fault["nodes"]]


def keep_picture(page: Page, name: str) -> None:
    """Keep the whole page as a picture in the folder that PICTURES names, if it names one."""
    if folder := os.environ.get("PICTURES"):
        take_picture(page, Path(folder) / f"{name}.png")


def take_picture(page: Page, path: Path) -> None:
    """Take a picture of the whole page and leave no trace in it.

    Hiding the caret would leave an empty style attribute on each field, which the policy stops when htmx copies it.
    """
    page.screenshot(path=path, full_page=True, caret="initial")
