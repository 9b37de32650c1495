"""The processes of a shop: gunicorn as deploy/ has it, and a Redis where one is installed."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WORKERS = "2"
STARTING = 30  # seconds


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def gunicorn(application: str, **environment: str) -> Iterator[tuple[int, int]]:
    """Run `application` with the production's configuration; yields its port and the pid of the master."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "--config", "deploy/gunicorn.conf.py"]
    settings = {"GUNICORN_BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": WORKERS} | environment
    with running(command, port, settings) as pid:
        yield port, pid


@contextmanager
def redis(folder: str) -> Iterator[tuple[str, list[int]]]:
    """Run a Redis that keeps nothing; yields its address and its pid, or nothing where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        yield "", []
        return
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with running(command, port, {}) as pid:
        yield f"redis://127.0.0.1:{port}/0", [pid]


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[int]:
    """Run `command` until it listens on `port`, and end it afterwards; what it says goes to a file under var/."""
    log = Path(os.environ["VAR_DIR"]) / f"{Path(command[0]).name}-{port}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=said, stderr=said)
    try:
        wait_for(port, process, log)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once `port` answers; a process that gave up ends the run with its last words."""
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"{process.args!r} does not listen:\n{log.read_text()[-2000:]}")
