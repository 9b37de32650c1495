"""The harness itself: a page opens in Chromium, with scripts and without."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import runs_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_home_page_opens_on_a_phone(phone: Page) -> None:
    phone.goto("/")

    expect(phone.locator("main")).to_be_visible()
    assert not runs_over(phone)


def test_the_home_page_opens_without_scripts(phone_without_js: Page) -> None:
    phone_without_js.goto("/")

    expect(phone_without_js.locator("main")).to_be_visible()
