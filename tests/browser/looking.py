"""Looking at a page as a stern reader would: its markup, what axe says, what runs over the edge."""

import os
from pathlib import Path

import html5lib
from playwright.sync_api import Page, Response, ViewportSize

from tests.browser.conftest import DESK, PHONE, axe_faults, runs_over

SMALLEST: ViewportSize = {"width": 320, "height": 568}


def answers_of(page: Page) -> list[Response]:
    """Return a list that fills with what the server answers to `page`, so that its last is the page shown."""
    answers: list[Response] = []

    def note(response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == page.main_frame:
            answers.append(response)

    page.on("response", note)
    return answers


def faults_of(page: Page, answer: Response, name: str) -> list[str]:
    """List all that is wrong with the page that is shown, in a line each; leave it at the width of a phone."""
    faults = [f"HTML: {fault}" for fault in markup_faults(answer.text())]
    page.set_viewport_size(SMALLEST)
    if runs_over(page):
        faults.append("runs over the edge")
    for width, viewport in {"desk": DESK, "phone": PHONE}.items():
        page.set_viewport_size(viewport)
        faults += [f"axe on a {width}: {fault}" for fault in axe_faults(page)]
        keep_picture(page, f"{name}-{width}")
    return faults


def markup_faults(html: str) -> list[str]:
    """Return what a strict parser says first about `html`."""
    try:
        html5lib.HTMLParser(strict=True).parse(html)
    except html5lib.html5parser.ParseError as error:
        return [str(error)]
    return []


def keep_picture(page: Page, name: str) -> None:
    """Keep the whole page as a picture in the folder that PICTURES names, if it names one."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
