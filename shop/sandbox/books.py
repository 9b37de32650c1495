"""The gateway's own books, in a SQLite file that the shop never opens. Amounts are fen, times are epoch seconds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from shop.sandbox.http import moment

SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    out_trade_no TEXT PRIMARY KEY, prepay_id TEXT NOT NULL UNIQUE, transaction_id TEXT UNIQUE,
    kind TEXT NOT NULL, wish TEXT NOT NULL, total INTEGER NOT NULL CHECK (total > 0), openid TEXT NOT NULL,
    state TEXT NOT NULL, made_at REAL NOT NULL, prepared_at REAL NOT NULL, expires_at REAL, closed_at REAL,
    paid_at REAL, pay_at REAL
) STRICT;
CREATE TABLE IF NOT EXISTS refunds (
    out_refund_no TEXT PRIMARY KEY, refund_id TEXT NOT NULL UNIQUE,
    out_trade_no TEXT NOT NULL REFERENCES payments, wish TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL, fate TEXT NOT NULL, made_at REAL NOT NULL, due_at REAL NOT NULL, done_at REAL
) STRICT;
CREATE TABLE IF NOT EXISTS notices (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, event_type TEXT NOT NULL, about TEXT NOT NULL, url TEXT NOT NULL,
    resource TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL,
    made_at REAL NOT NULL, probe INTEGER NOT NULL DEFAULT 0, last_status TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS bills (token TEXT PRIMARY KEY, content BLOB NOT NULL, until REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, biz_id TEXT NOT NULL, phone TEXT NOT NULL, sign_name TEXT NOT NULL,
    template TEXT NOT NULL, params TEXT NOT NULL, sent_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS warnings (seq INTEGER PRIMARY KEY, code TEXT NOT NULL, about TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS notices_due ON notices (state, due_at);
CREATE INDEX IF NOT EXISTS refunds_of ON refunds (out_trade_no);
CREATE INDEX IF NOT EXISTS messages_to ON messages (phone, sent_at);
"""
TABLES = ("refunds", "payments", "notices", "bills", "messages", "warnings")


class Books:
    """One SQLite file; every use of it is one transaction of its own."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        with closing(sqlite3.connect(path)) as db:
            db.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)
        with self.open() as db:
            db.execute("UPDATE notices SET state = 'waiting' WHERE state = 'sending'")  # it died while sending

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open a write transaction: committed at the end, undone by an exception."""
        db = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA foreign_keys=ON")
            db.execute("BEGIN IMMEDIATE")
            with db:
                yield db
        finally:
            db.close()

    def wipe(self) -> None:
        """Forget everything."""
        with self.open() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 the names are constants of this module


def warn(db: sqlite3.Connection, *, code: str, about: str) -> None:
    """Note that the merchant did what the real gateway advises against."""
    db.execute("INSERT INTO warnings (code, about) VALUES (?, ?)", (code, about))


def ledger(db: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """Return the books for an auditor: every payment and refund, and what became of the notices."""
    return {
        "payments": [_payment(row) for row in db.execute("SELECT * FROM payments ORDER BY made_at, out_trade_no")],
        "refunds": [_refund(row) for row in db.execute("SELECT * FROM refunds ORDER BY made_at, out_refund_no")],
        "notices": [_notice(row) for row in db.execute("SELECT * FROM notices ORDER BY seq")],
        "warnings": [dict(row) for row in db.execute("SELECT code, about FROM warnings ORDER BY seq")],
    }


def _payment(row: sqlite3.Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("out_trade_no", "kind", "total", "state")},
        "transaction_id": row["transaction_id"] or "",
        "paid_at": moment(row["paid_at"]),
        "closed_at": moment(row["closed_at"]),
    }


def _refund(row: sqlite3.Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("out_refund_no", "refund_id", "out_trade_no", "amount", "state")},
        "done_at": moment(row["done_at"]),
    }


def _notice(row: sqlite3.Row) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "event_type", "about", "url", "state", "attempts", "last_status")}
