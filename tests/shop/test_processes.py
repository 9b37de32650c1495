"""Processes that live together in one terminal end together, and say why."""

import io
import socket
import time
from collections.abc import Iterator

import pytest

from shop.demo import processes
from shop.demo.processes import ProcessEnded, Together, is_free, python

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


@pytest.fixture
def together() -> Iterator[Together]:
    together = Together(output=io.StringIO())
    yield together
    together.stop()


def wait_for(together: Together, text: str) -> None:
    deadline = time.monotonic() + 20
    while text not in together.output.getvalue():  # type: ignore[attr-defined]
        assert time.monotonic() < deadline, together.output.getvalue()  # type: ignore[attr-defined]
        time.sleep(0.02)


def test_every_line_stands_behind_the_name_of_its_process(together: Together) -> None:
    together.start("web", python("-c", "print('one'); print('two'); import time; time.sleep(60)"), {})

    wait_for(together, "     web | two\n")
    together.check()

    assert together.output.getvalue() == "     web | one\n     web | two\n"  # type: ignore[attr-defined]


def test_a_process_that_ends_is_named_and_takes_the_others_with_it(together: Together) -> None:
    together.start("web", python("-c", "import time; time.sleep(60)"), {})
    together.start("worker", python("-c", "raise SystemExit(3)"), {})
    together.running["worker"].wait(20)

    with pytest.raises(ProcessEnded, match="worker ended with status 3, so the others were ended too"):
        together.check()
    together.stop()

    assert all(process.returncode is not None for process in together.running.values())


def test_a_process_that_does_not_listen_is_killed(together: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.2)
    together.start("web", python("-c", STUBBORN), {})
    wait_for(together, "deaf")

    together.stop()

    assert together.running["web"].returncode == -9


def test_a_port_where_somebody_listens_is_not_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        assert not is_free(port)

    assert is_free(port)
