"""Clients over plain sockets that ask as fast as they are answered; they cost little beside the server."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

CONNECTIONS = 8
PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def ending(self) -> str:
        """Say in a word or two what it is: the status, and the first part of the address it leads to."""
        return (
            f"{self.status} {self.headers.get('location', '').partition('?')[0].strip('/').partition('/')[0]}".strip()
        )


@dataclass(slots=True)
class Tally:
    """How a crowd of requests ended: counts by status and by where it leads, and the seconds it took."""

    endings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0


def get(path: str, cookies: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a GET request."""
    return _request("GET", path, cookies or {}, b"")


def post(path: str, fields: Mapping[str, object], cookies: Mapping[str, str]) -> bytes:
    """Return the bytes of a form that is posted."""
    return _request("POST", path, cookies, urlencode(fields).encode())


def _request(method: str, path: str, cookies: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html"]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """A connection that is kept open, and opened again when the server closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> Answer:
        """Send `request` and return the answer; once more on a new connection when this one was closed meanwhile."""
        if self.socket is not None:
            try:
                return self._ask(self.socket, request)
            except ConnectionError:
                self.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._ask(self.socket, request)

    def _ask(self, opened: socket.socket, request: bytes) -> Answer:
        opened.sendall(request)
        head, _, body = self._read(opened, b"", until=b"\r\n\r\n").partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = self._read(opened, body, length=int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(first.split()[1]), headers, body)

    def _read(self, opened: socket.socket, found: bytes, *, until: bytes = b"", length: int = 0) -> bytes:
        while (until and until not in found) or len(found) < length:
            more = opened.recv(1 << 16)
            if not more:
                raise ConnectionResetError("The server closed the connection.")
            found += more
        return found

    def close(self) -> None:
        """Close the connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def drive(port: int, requests: Sequence[bytes], *, connections: int = CONNECTIONS) -> Tally:
    """Send all `requests`, `connections` at a time, each connection as fast as it is answered."""
    waiting, tally, lock = iter(requests), Tally(), threading.Lock()
    barrier = threading.Barrier(connections + 1)
    threads = [
        threading.Thread(target=_work, args=(Connection(port), waiting, tally, lock, barrier))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    tally.seconds = time.monotonic() - began
    return tally


def _work(
    connection: Connection, waiting: Iterator[bytes], tally: Tally, lock: threading.Lock, barrier: threading.Barrier
) -> None:
    barrier.wait()
    while True:
        with lock:
            request = next(waiting, None)
        if request is None:
            break
        began = time.monotonic()
        answer = connection.ask(request)
        with lock:
            tally.endings[answer.ending] += 1
            tally.slowest = max(tally.slowest, time.monotonic() - began)
    connection.close()
