"""The process: a threaded WSGI server over the gateway's three sides, and the notifier beside it."""

import logging
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from shop.sandbox import control, mch, pages, payments, refunds, sms
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import MAX_BODY, Answer, Request
from shop.sandbox.notices import Notifier

logger = logging.getLogger(__name__)


class ThreadedServer(ThreadingMixIn, WSGIServer):
    """One thread per request; a hanging one keeps nobody waiting and ends with the process."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which may take seconds."""
        socket_address = self.server_address
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class QuietHandler(WSGIRequestHandler):
    """Hands the raw request line and the connection on, and writes no log line per request."""

    def get_environ(self) -> dict[str, Any]:
        """Add what WSGI leaves out: the address as it was signed, and the socket, to be torn down on demand."""
        return {**super().get_environ(), "sandbox.target": self.path, "sandbox.connection": self.connection}

    def address_string(self) -> str:
        """Return the address without asking the name service."""
        return str(self.client_address[0])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def application(gateway: Gateway) -> WSGIApplication:
    """Return the WSGI application of the gateway."""

    def respond(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _request(environ)
        try:
            answer = _side(request)(gateway, request)
        except (ConnectionResetError, BrokenPipeError):
            raise
        except Exception:
            logger.exception("%s %s", request.method, request.path)
            answer = Answer(500, b"the sandbox broke; see its log")
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    return respond


def serve(gateway: Gateway, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until the process is stopped; `ready` hears the address, whose port the system chose if `port` is 0."""
    with ThreadedServer((host, port), QuietHandler) as server:
        server.set_app(application(gateway))
        Notifier(gateway, chores=[payments.pay_due, refunds.finish_due]).start()
        ready(f"http://{host}:{server.server_port}")
        server.serve_forever(poll_interval=0.5)


def _side(request: Request) -> Callable[[Gateway, Request], Answer]:
    if request.path.startswith(f"{mch.PREFIX}/"):
        return mch.answer
    if request.path.startswith(f"{control.PREFIX}/") or request.path == control.PREFIX:
        return control.answer
    if request.method == "POST" and request.path in {"/sms", "/sms/"}:
        return sms.answer
    return pages.answer


def _request(environ: WSGIEnvironment) -> Request:
    path, _, query = environ["sandbox.target"].partition("?")
    length = environ.get("CONTENT_LENGTH", "")
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        headers=headers,
        body=environ["wsgi.input"].read(min(int(length), MAX_BODY) if length.isdigit() else 0),
        origin=f"http://{headers.get('host', '')}",
        remote=environ["REMOTE_ADDR"],
        connection=environ["sandbox.connection"],
    )
