"""A real Chromium before a running shop and its gateway.

`visit()` opens a page of its own for each person, on a phone unless told otherwise. When the test is over, no page may
have logged an error: a script that failed and a thing that the content security policy stopped fail the test.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import LazySettings
from django.conf import settings as shop_settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, ViewportSize, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from members.models import Member
from tests.databases import ROOT
from tests.sandbox import Sandbox

PHONE: ViewportSize = {"width": 375, "height": 812}
DESK: ViewportSize = {"width": 1280, "height": 800}
PATIENCE = 20_000  # milliseconds for anything to appear
SCREENSHOTS = ROOT / "var" / "screenshots"
PAGES = pytest.StashKey[list[Page]]()
expect.set_options(timeout=PATIENCE)

Visit = Callable[..., Page]


def find_chromium(playwright: Playwright) -> str | None:
    """Return a Chromium: the one `CHROMIUM` names, an installed one, or Playwright's own."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))]
    candidates.append(playwright.chromium.executable_path)
    return next((path for path in candidates if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the browser once. Without one the tests are skipped, except in CI, where that is a failure."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            give_up = pytest.fail if os.environ.get("CI") else pytest.skip
            give_up("No Chromium found. Install one (apt install chromium) or set CHROMIUM to its path.")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(live_server: LiveServer, sandbox: Sandbox, settings: LazySettings) -> str:
    """Run the shop before an empty gateway and return its address."""
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def visit(chromium: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open pages: `visit(viewport=DESK, javascript=False)`, each with cookies of its own."""
    pages: list[Page] = []
    request.node.stash[PAGES] = pages
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if is_complaint(message):
            errors.append(f"{message.location.get('url')}: {message.text}")

    def open_page(*, viewport: ViewportSize = PHONE, javascript: bool = True) -> Page:
        context = chromium.new_context(
            base_url=site,
            viewport=viewport,
            java_script_enabled=javascript,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=viewport is PHONE,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert errors == []


def is_complaint(message: ConsoleMessage) -> bool:
    """Say whether the browser logs an error; that a page answered with 404 is for the test to judge."""
    return message.type == "error" and not re.search(r"status (of|error code) [45]\d\d", message.text, re.IGNORECASE)


@pytest.fixture
def phone(visit: Visit) -> Page:
    return visit()


@pytest.fixture
def desk(visit: Visit) -> Page:
    return visit(viewport=DESK)


@pytest.fixture
def phone_without_js(visit: Visit) -> Page:
    return visit(javascript=False)


@pytest.fixture
def sign_in(site: str) -> Callable[[Page, Member], None]:
    """Give the browser behind a page the session of a member, without the way through the sign-in page."""

    def give_session(page: Page, member: Member) -> None:
        client = Client()
        client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
        name = shop_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])

    return give_session


def axe_faults(page: Page) -> list[str]:
    """List what axe holds against the page, in a line each."""
    return [f"{fault['id']}: {node['html']}" for fault in axe_violations(page) for node in fault["nodes"]]


def axe_violations(page: Page) -> list[dict[str, Any]]:
    """Run axe, which is brought into each document once."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations: list[dict[str, Any]] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
    )
    return violations


def runs_over(page: Page) -> bool:
    """Whether the page, with all its styles, is wider than the screen."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Keep a picture of every page of a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        pages: list[Page] = item.stash.get(PAGES, [])
        for number, page in enumerate(pages):
            page.screenshot(path=SCREENSHOTS / f"{item.name}-{number}.png")
    return report
