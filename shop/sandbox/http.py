"""One request and one answer of the gateway, and the refusal that becomes an error answer."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from shop.sandbox.clock import rfc3339

MAX_BODY = 64 * 1024


class Refusal(Exception):
    """The gateway says no, in the words of its documentation."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message


def param_error(field_name: str, message: str) -> Refusal:
    """Return the refusal of one field."""
    return Refusal(400, "PARAM_ERROR", f"参数错误：{field_name} {message}")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What came in. `path` and `query` are as they stood on the wire, because they are what was signed."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    origin: str  # scheme and host that the caller used
    remote: str
    connection: socket.socket

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object."""
        try:
            parsed = json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, "PARAM_ERROR", "请求体不是 JSON") from error
        if not isinstance(parsed, dict):
            raise Refusal(400, "PARAM_ERROR", "请求体不是 JSON 对象")
        return parsed

    def asked(self) -> dict[str, str]:
        """Return the query's parameters, the last of each name."""
        return _last(self.query)

    def form(self) -> dict[str, str]:
        """Return the fields of a posted form, the last of each name."""
        return _last(self.body.decode(errors="replace"))


@dataclass(frozen=True)
class Answer:
    """What goes out."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(given: object, *, status: int = 200) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, json.dumps(given, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


def error_answer(refusal: Refusal) -> Answer:
    """Return a refusal as the JSON that APIv3 answers with."""
    return json_answer({"code": refusal.code, "message": refusal.message}, status=refusal.status)


def moment(epoch: float | None) -> str | None:
    """Write a time that may not have come yet."""
    return None if epoch is None else rfc3339(epoch)


def _last(encoded: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(encoded, keep_blank_values=True).items()}
