"""A merchant's notify address that only listens: what came, and what it shall answer."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Delivery:
    """One POST that arrived."""

    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Receiver:
    """Listens with `with Receiver() as receiver:`. `answers` are given in turn, then 204; a None is never answered."""

    answers: list[int | None] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        receiver, self._gone = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.deliveries.append(Delivery(dict(self.headers), body, time.monotonic()))
                status = receiver.answers.pop(0) if receiver.answers else 204
                if status is None:
                    receiver._gone.wait(30)
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/pay/wechat/notify/"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, count: int, *, seconds: float = 10) -> None:
        """Return as soon as so many deliveries have come; fail when they do not."""
        give_up = time.monotonic() + seconds
        while len(self.deliveries) < count:
            assert time.monotonic() < give_up, f"{len(self.deliveries)} of {count} notices came"
            time.sleep(0.01)
