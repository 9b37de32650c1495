"""Notifications: written with what they tell, sent, and sent again on WeChat's schedule until the merchant says 2xx."""

import json
import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from shop.sandbox import signing
from shop.sandbox.clock import rfc3339
from shop.sandbox.gateway import Gateway

# Seconds after each failed try; 15 repeats in 24 hours and 4 minutes.
SCHEDULE = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
ANSWER_WITHIN = 5  # real seconds
TICK = 0.1  # real seconds between two looks at what is due
DAY = 86400
HELD = "held"
LEAD = 0.4  # real seconds between shuffled notices, more than one takes to be sent
SUMMARIES = {"TRANSACTION": "支付成功", "REFUND": "退款通知"}

logger = logging.getLogger(__name__)


def write(
    gateway: Gateway,
    db: sqlite3.Connection,
    *,
    event_type: str,
    about: str,
    url: str,
    resource: dict[str, Any],
) -> None:
    """Write the notice of an event into the books, bent by whatever faults wait for it."""
    operation = "payment_notice" if event_type.startswith("TRANSACTION") else "refund_notice"
    now = gateway.clock.now()
    late = gateway.faults.take(name="late_notice", operation=operation)
    shuffled = gateway.faults.take(name="shuffled_notices", operation=operation)
    lost = gateway.faults.take(name="never_deliver", operation=operation)
    twice = gateway.faults.take(name="duplicate_notice", operation=operation)
    row = (
        str(uuid.uuid4()),
        event_type,
        about,
        url,
        json.dumps(_bend(gateway, operation, resource), ensure_ascii=False),
        "lost" if lost else HELD if shuffled else "waiting",
        now + (float(late.options.get("seconds", DAY)) if late else 0),
        now,
        int(gateway.faults.take(name="signtest_probe", operation=operation) is not None),
    )
    for _ in range(int(twice.options.get("copies", 2)) if twice else 1):
        db.execute(
            "INSERT INTO notices (id, event_type, about, url, resource, state, due_at, made_at, probe)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
    if shuffled and shuffled.count == 0:
        release(gateway, db)
    gateway.wake.set()


def release(gateway: Gateway, db: sqlite3.Connection) -> None:
    """Let the held notices go, the last first, each with a little lead over the next."""
    held = db.execute("SELECT seq FROM notices WHERE state = ? ORDER BY seq DESC", (HELD,)).fetchall()
    for rank, row in enumerate(held):
        due_at = gateway.clock.now() + rank * LEAD
        db.execute("UPDATE notices SET state = 'waiting', due_at = ? WHERE seq = ?", (due_at, row["seq"]))


def compose(
    gateway: Gateway,
    row: sqlite3.Row,
    *,
    probe: bool = False,
    key: RSAPrivateKey | None = None,
    serial: str = "",
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a notice, freshly sealed and signed; `key` and `serial` are for forgers."""
    original_type = "transaction" if row["event_type"].startswith("TRANSACTION") else "refund"
    sealed = signing.seal(plain=row["resource"].encode(), associated_data=original_type, key=gateway.account.apiv3_key)
    body = json.dumps(
        {
            "id": row["id"],
            "create_time": rfc3339(row["made_at"]),
            "resource_type": "encrypt-resource",
            "event_type": row["event_type"],
            "summary": SUMMARIES[row["event_type"].partition(".")[0]],
            "resource": {"original_type": original_type, **sealed},
        },
        ensure_ascii=False,
    ).encode()
    headers = signing.signed_headers(
        body=body, serial=serial or gateway.account.public_key_id, key=key or gateway.keys.gateway, probe=probe
    )
    return {**headers, "Content-Type": "application/json", "User-Agent": "Mozilla/4.0"}, body


def last_about(db: sqlite3.Connection, about: str) -> sqlite3.Row | None:
    """Return the newest notice about a payment or refund, if any was written."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM notices WHERE about = ? ORDER BY seq DESC LIMIT 1", (about,)
    ).fetchone()
    return row


def post(url: str, *, headers: Mapping[str, str], body: bytes) -> str:
    """Deliver bytes to the merchant; return the status of the answer, or the kind of silence."""
    try:
        answer = requests.post(url, headers=headers, data=body, timeout=ANSWER_WITHIN, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return str(answer.status_code)


def deliver(gateway: Gateway, *, about: str | None = None, everything: bool = False) -> int:
    """Send, one after the other, the notices that are due (or all that wait, or those about one number); count them.

    What the notifier's own threads are sending at this moment is waited for.
    """
    rows = _claim(gateway, about=about, everything=everything)
    for row in rows:
        _attempt(gateway, row)
    give_up = time.monotonic() + 2 * ANSWER_WITHIN
    while _is_sending(gateway, about) and time.monotonic() < give_up:
        time.sleep(0.01)
    return len(rows)


def _is_sending(gateway: Gateway, about: str | None) -> bool:
    with gateway.books.open() as db:
        sql = "SELECT 1 FROM notices WHERE state = 'sending' AND (?1 IS NULL OR about = ?1) LIMIT 1"
        return db.execute(sql, (about,)).fetchone() is not None


def _claim(gateway: Gateway, *, about: str | None = None, everything: bool = False) -> list[sqlite3.Row]:
    """Take what shall be sent now out of everybody else's hands."""
    until = float("inf") if everything or about else gateway.clock.now()
    with gateway.books.open() as db:
        if everything:
            release(gateway, db)
        rows = db.execute(
            "SELECT * FROM notices WHERE state = 'waiting' AND due_at <= ?1 AND (?2 IS NULL OR about = ?2)"
            " ORDER BY due_at, seq",
            (until, about),
        ).fetchall()
        for row in rows:
            db.execute("UPDATE notices SET state = 'sending' WHERE seq = ?", (row["seq"],))
    return rows


def _attempt(gateway: Gateway, row: sqlite3.Row) -> None:
    """Send one notice once and write down what came of it. A probe is sent beforehand and counts for nothing."""
    if row["probe"]:
        headers, body = compose(gateway, row, probe=True)
        answered = post(row["url"], headers=headers, body=body)
        with gateway.books.open() as db:
            db.execute("UPDATE notices SET probe = 0, last_status = ? WHERE seq = ?", (f"probe {answered}", row["seq"]))
    headers, body = compose(gateway, row)
    status = post(row["url"], headers=headers, body=body)
    attempts = row["attempts"] + 1
    state, due_at = "delivered", row["due_at"]
    if status not in {"200", "204"}:
        state, due_at = "given_up", row["due_at"]
        if attempts <= len(SCHEDULE):
            state, due_at = "waiting", gateway.clock.now() + gateway.clock.wait(SCHEDULE[attempts - 1])
    with gateway.books.open() as db:
        db.execute(
            "UPDATE notices SET state = ?, due_at = ?, attempts = ?, last_status = ?"
            " WHERE seq = ? AND state = 'sending'",
            (state, due_at, attempts, status, row["seq"]),
        )


def _bend(gateway: Gateway, operation: str, resource: dict[str, Any]) -> dict[str, Any]:
    """Return what the notice says, which a fault may make untrue."""
    bent = json.loads(json.dumps(resource))
    if gateway.faults.take(name="other_merchant", operation=operation):
        bent["mchid"] = "1900000999"
    for name, more in (("amount_plus_1", 1), ("amount_minus_1", -1)):
        if gateway.faults.take(name=name, operation=operation):
            bent["amount"]["total" if operation == "payment_notice" else "refund"] += more
    return dict(bent)


class Notifier(threading.Thread):
    """Does what is due, over and over: `chores` first, then the notices, several at a time."""

    def __init__(self, gateway: Gateway, *, chores: list[Callable[[Gateway], None]]) -> None:
        super().__init__(name="notifier", daemon=True)
        self.gateway = gateway
        self.chores = chores

    def run(self) -> None:
        """Run until the process ends."""
        with ThreadPoolExecutor(4, "notice") as pool:
            while True:
                self.gateway.wake.wait(TICK)
                self.gateway.wake.clear()
                try:
                    for chore in self.chores:
                        chore(self.gateway)
                    for row in _claim(self.gateway):
                        pool.submit(_attempt, self.gateway, row)
                except Exception:
                    logger.exception("the notifier stumbled and goes on")
