"""Personal data and keys never reach a log, whichever way they try; ordinary facts do."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.test import Client

from shop import logs
from tests.factories import make_member

CANARIES = {
    "phone": "13812345678",
    "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    "address": "浙江省杭州市西湖区文三路478号华星时代广场3幢602室",
    "receiver": "欧阳金丝雀",
    "identity card": "11010519491231002X",
    "key": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7canary",
}
PEM = f"-----BEGIN PRIVATE KEY-----\n{CANARIES['key']}\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Lend what the production configuration writes."""
    stream = io.StringIO()
    configuration = logs.configure(readable=False, level="INFO")
    formatter = configuration["formatters"]["structured"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        formatter["()"](foreign_pre_chain=formatter["foreign_pre_chain"], processors=formatter["processors"])
    )
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def leaks(text: str) -> list[str]:
    return [name for name, canary in CANARIES.items() if canary in text or json.dumps(canary)[1:-1] in text]


def test_named_values_are_hidden(lines: io.StringIO) -> None:
    log = structlog.get_logger("shop")

    address, buyers = {"detail": CANARIES["address"]}, [{"openid": CANARIES["openid"]}]
    log.info(
        "order placed", order="T1", receiver=CANARIES["receiver"], phone=13812345678, address=address, buyers=buyers
    )

    event = json.loads(lines.getvalue())

    assert leaks(lines.getvalue()) == []
    assert event["event"] == "order placed"
    assert event["order"] == "T1"
    assert event["receiver"] == event["phone"] == event["address"] == "[hidden]"
    assert event["buyers"] == [{"openid": "[hidden]"}]


def test_texts_of_any_library_are_searched(lines: io.StringIO) -> None:
    other = logging.getLogger("some.library")

    other.warning("sent to %s for %s at %s", CANARIES["phone"], CANARIES["openid"], CANARIES["address"])
    other.warning('body: {"receiver": "%s", "total": 100}', CANARIES["receiver"])
    other.warning("GET /goods/?q=%s&page=2", CANARIES["phone"])
    other.warning("card %s, key %s", CANARIES["identity card"], PEM)

    assert leaks(lines.getvalue()) == []
    assert '\\"total\\": 100' in lines.getvalue()
    assert "page=2" in lines.getvalue()


def test_tracebacks_are_searched(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"cannot deliver to {CANARIES['phone']}, openid={CANARIES['openid']}")
    except ValueError:
        structlog.get_logger("shop").exception("delivery failed")
        logging.getLogger("some.library").exception("delivery failed")

    events = [json.loads(line) for line in lines.getvalue().splitlines()]

    assert leaks(lines.getvalue()) == []
    assert [event["level"] for event in events] == ["error", "error"]
    assert all("ValueError: cannot deliver to [hidden]" in event["exception"] for event in events)


def test_a_line_carries_the_request_id(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        logging.getLogger("some.library").warning("slow")

    assert json.loads(lines.getvalue())["request_id"] == "r-1"


def test_health_checks_that_went_well_are_not_logged(lines: io.StringIO) -> None:
    log = structlog.get_logger("shop")

    log.info("request_finished", code=200, request="GET /health/ready")
    log.info("request_finished", code=503, request="GET /health/ready")
    log.info("request_finished", code=200, request="GET /goods/")

    assert [json.loads(line)["code"] for line in lines.getvalue().splitlines()] == [503, 200]


@pytest.mark.parametrize(
    "value",
    [
        "T2026112100001234",
        "20261121120000123456",
        199900,
        "订单已支付",
        "4200002345202611211234567890",
        "a" * 28,
        None,
        True,
    ],
)
def test_ordinary_facts_stay(value: Any) -> None:
    assert logs.without_personal_data("order", value) == value


def test_the_demo_writes_readable_lines() -> None:
    rendered = logs.renderer(True)(None, "info", {"event": "paid", "order": "T1"})

    assert "paid" in rendered
    assert "order=T1" in str(rendered)


@pytest.mark.django_db
def test_the_line_of_a_request_names_the_member_by_number(client: Client, lines: io.StringIO) -> None:
    member = make_member()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")

    client.get("/")
    Client().get("/")

    finished = [json.loads(line) for line in lines.getvalue().splitlines() if "request_finished" in line]
    assert [event["user_id"] for event in finished] == [member.pk, None]
