"""What all tests share: which of them run on which database, and what would only cost time."""

import os
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection

from catalog.selectors import versions
from shop.lib import fragments
from tests import visiting, wiping
from tests.fixtures_sandbox import sandbox, sandbox_process, wechat  # noqa: F401 fixtures for every test

LEFT_OUT = pytest.StashKey[list[str]]()

hypothesis.settings.register_profile("house", deadline=None)  # a busy machine is no wrong answer
hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with nothing in the memory of this process but the name of the shop, as one that has served a page.

    What is counted must not hang on how fast a test is.
    """
    fragments.forget()
    fragments.keep(versions.NAME, "", ("团铺",))
    monkeypatch.setattr(versions, "LIFETIME", 60)


def pytest_configure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    wiping.install()
    visiting.install()
    settings.WHITENOISE_AUTOREFRESH = True  # look a file up when it is asked for, not all of them for every client


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and say so, what does not belong to this run: see the markers in pyproject.toml."""
    reasons = {}
    if connection.vendor != "postgresql":
        reasons["races"] = "run on PostgreSQL only: pytest --postgres"
        reasons["browser"] = "run on one database, PostgreSQL: pytest --postgres"
    else:
        reasons["embedded"] = "run on one database, SQLite: pytest"
    if os.environ.get("ALREADY_ON_SQLITE"):
        reasons["no_database"] = "ran on SQLite before"
        mark_without_database(items)
    for mark in ("chaos", "crawl"):
        if mark not in config.option.markexpr:
            reasons[mark] = f"run by make {mark}"
    left_out = {mark: [item for item in items if item.get_closest_marker(mark)] for mark in reasons}
    dropped = {item for group in left_out.values() for item in group}
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=list(dropped))
    config.stash[LEFT_OUT] = [
        f"{len(group)} tests marked {mark} {reasons[mark]}" for mark, group in left_out.items() if group
    ]
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = config.stash[LEFT_OUT]


def mark_without_database(items: list[pytest.Item]) -> None:
    """Mark the tests that may not open a connection: for them the database makes no difference."""
    for item in items:
        opened = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
        if not opened and not item.get_closest_marker("django_db"):
            item.add_marker("no_database")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist has left out; all of them collect the same."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(f"NOTE: {line}")
