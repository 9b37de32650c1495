"""What a test or a demo may do to the gateway from outside, under `/__control`, from this very machine only."""

from collections.abc import Callable
from typing import Any

from shop.sandbox import books, notices, payments, refunds, signing, sms
from shop.sandbox.gateway import Gateway
from shop.sandbox.http import Answer, Refusal, Request, error_answer, json_answer

PREFIX = "/__control"
LOOPBACK = {"127.0.0.1", "::1"}
Wish = dict[str, Any]


def answer(gateway: Gateway, request: Request) -> Answer:
    """Answer one control call: JSON in, JSON out. The content type is demanded, so that no web page can post here."""
    try:
        if request.remote not in LOOPBACK:
            raise Refusal(403, "NO_AUTH", "from this machine only")
        if request.method == "GET":
            return json_answer(_look(gateway, request.path))
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise Refusal(415, "PARAM_ERROR", "application/json only")
        wish = request.json()
        action = ACTIONS.get(str(wish.pop("do", "")))
        if action is None:
            raise Refusal(400, "PARAM_ERROR", f"do: one of {', '.join(ACTIONS)}")
        return json_answer(action(gateway, wish))
    except Refusal as refusal:
        return error_answer(refusal)
    except (KeyError, TypeError, ValueError) as error:
        return error_answer(Refusal(400, "PARAM_ERROR", repr(error)))


def _look(gateway: Gateway, path: str) -> object:
    with gateway.books.open() as db:
        if path == f"{PREFIX}/ledger":
            return books.ledger(db)
        if path == f"{PREFIX}/sms":
            return sms.inbox(db)
    if path == f"{PREFIX}/faults":
        return gateway.faults.waiting()
    raise Refusal(404, "RESOURCE_NOT_EXISTS", "there are: ledger, sms, faults")


def _fault(gateway: Gateway, wish: Wish) -> object:
    name, operation, count = str(wish.pop("name")), str(wish.pop("operation", "*")), int(wish.pop("count", 1))
    gateway.faults.add(name=name, operation=operation, count=count, options=wish)
    return {}


def _clear_faults(gateway: Gateway, _: Wish) -> object:
    gateway.faults.clear()
    return {}


def _pay(gateway: Gateway, wish: Wish) -> object:
    """Pay as a person; `deliver` (default true) sends the notice before this call returns."""
    number = str(wish["out_trade_no"])
    with gateway.books.open() as db:
        transaction_id = payments.pay(gateway, db, out_trade_no=number, late=bool(wish.get("late")))
    if wish.get("deliver", True):
        notices.deliver(gateway, about=number)
    return {"transaction_id": transaction_id}


def _settle_refund(gateway: Gateway, wish: Wish) -> object:
    """Let one refund, or all that are under way, end; `state` overrules a single one's fate."""
    if "out_refund_no" not in wish:
        refunds.finish_due(gateway, everything=True)
        return {}
    with gateway.books.open() as db:
        number, state = str(wish["out_refund_no"]), str(wish.get("state", "SUCCESS"))
        refunds.finish(gateway, db, out_refund_no=number, state=state)
    return {}


def _advance(gateway: Gateway, wish: Wish) -> object:
    gateway.clock.ahead += float(wish["seconds"])
    gateway.wake.set()
    return {"now": gateway.clock.now()}


def _speed(gateway: Gateway, wish: Wish) -> object:
    speed = float(wish["speed"])
    if speed <= 0:
        raise ValueError("speed must be positive")
    gateway.clock.speed = speed
    return {}


def _reset(gateway: Gateway, _: Wish) -> object:
    gateway.faults.clear()
    gateway.clock.reset()
    gateway.books.wipe()
    return {}


def _deliver(gateway: Gateway, wish: Wish) -> object:
    """Send what is due, or with `everything` all that waits, refunds settled first."""
    everything = bool(wish.get("everything"))
    refunds.finish_due(gateway, everything=everything)
    return {"sent": notices.deliver(gateway, everything=everything)}


def _sign_notice(gateway: Gateway, wish: Wish) -> object:
    """Return, without sending it, the newest notice about a payment or refund, signed now."""
    row = _newest(gateway, str(wish["about"]))
    headers, body = notices.compose(gateway, row, **_forgery(gateway, str(wish.get("forgery", ""))))
    return {"headers": headers, "body": body.decode()}


def _forge(gateway: Gateway, wish: Wish) -> object:
    """Send the newest notice about a number with a forged signature; say what the shop answered."""
    row = _newest(gateway, str(wish["about"]))
    forgery = _forgery(gateway, str(wish.get("forgery", "foreign_key")))
    headers, body = notices.compose(gateway, row, **forgery)
    return {"status": notices.post(str(wish.get("url", row["url"])), headers=headers, body=body)}


def _newest(gateway: Gateway, about: str) -> Any:
    with gateway.books.open() as db:
        row = notices.last_about(db, about)
    if row is None:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", f"no notice about {about}")
    return row


def _forgery(gateway: Gateway, kind: str) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "": {},
        "foreign_key": {"key": signing.foreign_key()},
        "foreign_serial": {"key": signing.foreign_key(), "serial": "PUB_KEY_ID_OF_NOBODY"},
        "signtest": {"probe": True},
    }
    return kinds[kind]


ACTIONS: dict[str, Callable[[Gateway, Wish], object]] = {
    "fault": _fault,
    "clear_faults": _clear_faults,
    "pay": _pay,
    "settle_refund": _settle_refund,
    "advance": _advance,
    "speed": _speed,
    "reset": _reset,
    "deliver": _deliver,
    "sign_notice": _sign_notice,
    "forge": _forge,
}
