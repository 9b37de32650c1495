"""What every test run needs before Django reads its settings; loaded by pytest through `-p tests.environment`.

`pytest --postgres ...` runs on PostgreSQL: the server that `DATABASE_URL` names, or one started for this run. Without
it, and without such a `DATABASE_URL`, a run is on SQLite, in memory. Files that tests write go to a folder of its own.
"""

import atexit
import os
import shutil
import socket
import tempfile
from contextlib import ExitStack

import pytest

from tests import databases

os.environ.setdefault("DEMO", "1")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs a loop in the thread that also asks the database
os.environ["DJANGO_LIVE_TEST_SERVER_ADDRESS"] = "127.0.0.1"  # the sandbox sends plain notices to loopback only

ORIGIN = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on a real PostgreSQL instead of SQLite")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    closing = ExitStack()
    atexit.register(closing.close)  # pytest's own last hook does not run when Django cannot start
    choose_database(early_config, closing)
    make_own_place(closing)


def choose_database(config: pytest.Config, closing: ExitStack) -> None:
    """Point `DATABASE_URL` at PostgreSQL when it was asked for; workers of pytest-xdist inherit the answer."""
    config.stash[ORIGIN] = "SQLite, in memory"
    if not (config.known_args_namespace.postgres or databases.given()):
        os.environ.pop("DATABASE_URL", None)
        return
    try:
        lent = closing.enter_context(databases.server())
    except databases.NoPostgres as error:
        raise pytest.UsageError(str(error)) from error
    os.environ["DATABASE_URL"] = lent.url
    config.stash[ORIGIN] = lent.origin


def make_own_place(closing: ExitStack) -> None:
    """Give this process a folder for files and a port for its sandbox gateway, shared with no other process."""
    folder = tempfile.mkdtemp(prefix="tuanpu-tests-")
    closing.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["VAR_DIR"] = folder
    os.environ["SANDBOX_URL"] = f"http://127.0.0.1:{free_port()}"
    os.environ["SITE_URL"] = "http://127.0.0.1:9"  # nobody: notices of a test must not reach a demo that runs beside it


def free_port() -> int:
    """Return a loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.stash[ORIGIN]}"
