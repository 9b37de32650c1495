"""Several processes in one terminal: each line of theirs behind its name, all of them ended together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

PATIENCE = 8.0  # seconds from SIGTERM to SIGKILL


class ProcessEnded(Exception):
    """One of the processes ended although nobody asked it to; the message says which and how."""


@dataclass
class Together:
    """Processes that live and die together.

    They run in sessions of their own, so that Ctrl-C reaches only the parent, which then ends them in order.
    """

    output: IO[str]
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    printers: list[threading.Thread] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `command` under `name`."""
        process = subprocess.Popen(  # noqa: S603  our own programs
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.running[name] = process
        printer = threading.Thread(target=self._print, args=(name, process), daemon=True)
        printer.start()
        self.printers.append(printer)

    def _print(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101  start() made it a pipe
        with process.stdout as lines:
            for line in lines:
                self.output.write(f"{name:>8} | {line}")
                self.output.flush()

    def check(self) -> None:
        """Raise ProcessEnded when one of them is gone."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise ProcessEnded(f"{name} ended with {describe(process.returncode)}, so the others were ended too.")

    def stop(self) -> None:
        """Ask all of them to end, and kill those that have not after `PATIENCE` seconds."""
        for process in self.running.values():
            signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            signal_group(process, signal.SIGKILL)
            process.wait()
        for printer in self.printers:
            printer.join(1)


def signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to `process`, or with SIGKILL to all that it has left behind."""
    with suppress(ProcessLookupError, PermissionError):
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def describe(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def python(*arguments: str) -> list[str]:
    """Return the command that runs this very Python, its output not held back."""
    return [sys.executable, "-u", *arguments]


def is_free(port: int) -> bool:
    """Tell whether somebody could listen on the loopback `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
