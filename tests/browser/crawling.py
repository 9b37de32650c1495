"""Going through the shop as one role does, from page to page over its links, and looking at each at two widths."""

import re
import shutil
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import ConsoleMessage, Error, Page, Response

from tests.browser.conftest import DESK, PHONE, is_complaint
from tests.browser.looking import OURS, THEME, answers_of, faults_on_a_desk, faults_on_a_phone, take_picture
from tests.databases import ROOT

SCREENS = ROOT / "var" / "screens"
MOST_ALIKE = 2  # pages of one view with the same names in the query
MOST_OF_A_VIEW = 6  # pages of one view
MOST_ASKED = 30  # further links to one view that are asked for their status alone
LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.href)"


@dataclass
class Crawl:
    """One walk: where it may go, what it has seen, what it holds against the pages."""

    page: Page
    role: str
    ground: str  # a regular expression of the paths whose pages are this role's business
    faults: list[str] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)  # names of views
    waiting: deque[tuple[str, str]] = field(default_factory=deque)  # (link, page that has it)
    met: set[str] = field(default_factory=set)
    alike: Counter[tuple[str, frozenset[str]]] = field(default_factory=Counter)
    of_view: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    kinds: set[tuple[str, str]] = field(default_factory=set)  # (view, fault without its numbers)
    answers: list[Response] = field(init=False)

    def __post_init__(self) -> None:
        self.answers = answers_of(self.page)
        self.page.on("response", self.note_broken_part)
        self.page.on("console", self.note_complaint)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    @property
    def folder(self) -> Path:
        return SCREENS / self.role

    def note_broken_part(self, response: Response) -> None:
        """Hold a picture, a style or a script that is not there against the page."""
        is_part = not response.request.is_navigation_request() and self.is_own(response.url)
        if response.status >= 400 and is_part and not is_limit(response):
            self.hold(f"{response.request.resource_type} {path_of(response.url)} answers {response.status}")

    def note_complaint(self, message: ConsoleMessage) -> None:
        """Hold against the page what the browser logs: a script that failed, a thing that the policy stopped."""
        if is_complaint(message):
            self.hold(f"console: {message.text[:200]}")

    def is_own(self, url: str) -> bool:
        return urlsplit(url).netloc == urlsplit(self.page.url).netloc

    def hold(self, *faults: str) -> None:
        """Hold `faults` against the page that is shown; what its view was blamed for before, is said once."""
        view, path = view_at(self.page.url), path_of(self.page.url)
        for fault in faults:
            kind = (view, re.sub(r"\d+", "0", fault))
            if kind not in self.kinds:
                self.kinds.add(kind)
                self.note(f"{view} {path}: {fault}")

    def note(self, *faults: str) -> None:
        """Remember faults, and write them beside the pictures at once."""
        self.faults += faults
        with (self.folder / "findings.txt").open("a") as file:
            file.writelines(f"{fault}\n" for fault in faults)

    def look(self, special: str = "") -> None:
        """Look at the page that is shown, keep its pictures, remember its links."""
        view = view_at(self.page.url)
        self.visited.add(view)
        self.met.add(self.page.url.partition("#")[0])
        self.of_view[view] += 1
        strictness = THEME if path_of(self.page.url).startswith("/admin/") else OURS
        for screen, viewport in {"desk": DESK, "phone": PHONE}.items():
            self.page.set_viewport_size(viewport)
            self.keep_picture(view, special, screen)
        self.hold(*faults_on_a_phone(self.page, self.answers[-1], strictness))
        self.hold(*faults_on_a_desk(self.page, strictness))
        self.page.set_viewport_size(PHONE)
        self.remember(self.page.evaluate(LINKS))

    def keep_picture(self, view: str, special: str, screen: str) -> None:
        name = "-".join(filter(None, [view.replace(":", "_"), special or str(self.of_view[view]), screen]))
        take_picture(self.page, self.folder / f"{name}.png")

    def remember(self, links: Iterable[str]) -> None:
        for link in (link.partition("#")[0] for link in links):
            if link.startswith("http") and self.is_own(link) and link not in self.met:
                self.met.add(link)
                self.waiting.append((link, path_of(self.page.url)))

    def follow_links(self) -> None:
        """Go on, broadest first, until each kind of page has been seen often enough."""
        while self.waiting:
            link, source = self.waiting.popleft()
            view = view_at(link)
            shape = (view, frozenset(parse_qs(urlsplit(link).query, keep_blank_values=True)))
            is_new = self.alike[shape] < MOST_ALIKE and self.of_view[view] < MOST_OF_A_VIEW
            if is_new and re.match(self.ground, path_of(link)):
                self.alike[shape] += 1
                self.open(link, source)
            elif self.asked[view] < MOST_ASKED:
                self.asked[view] += 1
                self.ask(link, source)

    def open(self, link: str, source: str) -> None:
        known = len(self.answers)
        try:
            self.page.goto(link)
        except Error:  # a download has no page
            self.visited.add(view_at(link))
            self.ask(link, source)
            return
        if self.answers[known:] and self.answers[-1].status >= 400:
            self.note(f"{source}: broken link to {path_of(link)}: {self.answers[-1].status}")
        self.visited.add(view_at(link))
        is_page = "text/html" in self.answers[-1].headers.get("content-type", "")
        if is_page and re.match(self.ground, path_of(self.page.url)):
            self.look()

    def ask(self, link: str, source: str) -> None:
        answer = self.page.request.get(link, max_redirects=0)
        if answer.status >= 400:
            self.note(f"{source}: broken link to {path_of(link)}: {answer.status}")


def is_limit(response: Response) -> bool:
    """Say whether it is the answer to one who asked too often, which the page shows: a state of it, not a fault."""
    return response.status == 429 and response.request.resource_type == "xhr"


def view_at(url: str) -> str:
    """Name the view behind an address; addresses without one are all alike."""
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return "none"


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
