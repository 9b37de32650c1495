"""`make demo` as a person meets it: it opens, says where, keeps what was done, and ends when asked."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from shop.demo.processes import is_free
from tests.environment import free_port

pytestmark = pytest.mark.embedded
SECONDS_TO_OPEN = 170


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


class Demo:
    """A running demo and what it has printed."""

    def __init__(self, folder: Path) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "SANDBOX_URL"}}
        with self.log.open("w") as log:
            ports = ["--port", str(self.port), "--sandbox-port", str(self.sandbox_port)]
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", *ports],
                env={**environment, "DEMO": "1", "VAR_DIR": str(folder), "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_until_open(self) -> None:
        began = time.monotonic()
        while "The shop is open" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - began < SECONDS_TO_OPEN, self.said()
            time.sleep(0.2)

    def get(self, path: str) -> str:
        answer = requests.get(self.site + path, timeout=20)
        answer.raise_for_status()
        return answer.text


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    demo = Demo(folder)
    try:
        yield demo
    finally:
        demo.process.send_signal(signal.SIGINT)
        demo.process.wait(20)


def test_the_first_start_fills_and_opens_the_shop(folder: Path) -> None:
    with running(folder) as demo:
        demo.wait_until_open()

        assert f"{demo.site}/admin/" in demo.said()
        assert f"http://127.0.0.1:{demo.sandbox_port}/" in demo.said()
        assert '<a class="' in demo.get("/goods/")
        wait_for_sweeps(demo)

    assert demo.process.returncode == 0
    assert is_free(demo.port)
    assert is_free(demo.sandbox_port)


def wait_for_sweeps(demo: Demo) -> None:
    """Return when the worker has run a sweep and nothing is degraded."""
    deadline = time.monotonic() + 60
    while (told := json.loads(demo.get("/health/ready")))["status"] != "ok":
        assert time.monotonic() < deadline, told
        time.sleep(1)


def test_the_second_start_keeps_the_shop_and_its_ports_are_taken(folder: Path) -> None:
    goods = all_goods(folder)

    with running(folder) as demo:
        demo.wait_until_open()
        another = subprocess.run(
            [sys.executable, "manage.py", "demo", "--port", str(demo.port), "--sandbox-port", str(free_port())],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "VAR_DIR": str(folder)},
        )

    assert "First start" not in demo.said()
    assert all_goods(folder) == goods
    assert another.returncode == 1
    assert f"Port {demo.port} is in use." in another.stderr
    assert "Traceback" not in another.stderr


def all_goods(folder: Path) -> list[tuple[int, str, str]]:
    """Return the rows of the shop, read past Django."""
    with closing(sqlite3.connect(folder / "tuanpu.sqlite3")) as connection:
        rows = connection.execute("SELECT id, code, name FROM catalog_product ORDER BY id").fetchall()
    assert len(rows) >= 60
    return rows
