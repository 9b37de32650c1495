"""One order by hand: what the shop's rules ask of placing, in the fewest plain statements, through psycopg.

Who asks (session, member), whether the form came before, what the merchant's settings allow, the cart at the prices of
the moment, an address that is the member's own with the store that sends, order, lines and event, the cart without
them, stock moves, and the stock under locks in pk order. No decision is made of what is read, nothing is encrypted and
no page is answered: a limit to be compared with, not a shop.
"""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from typing import LiteralString

import psycopg
from django.conf import settings
from django.db import connection

from bench import load, shop, timing
from bench.place import Cost, postmaster
from orders.models import Order

Row = tuple[object, ...]
READ: list[LiteralString] = [
    "SELECT session_data FROM django_session WHERE session_key = %(session)s AND expire_date > now()",
    "SELECT id, password, is_active, is_staff FROM members_member WHERE id = %(member)s",
    "SELECT no FROM orders_order WHERE member_id = %(member)s AND idempotency_key = %(no)s",
]
READ_WITHIN: list[LiteralString] = [
    "SELECT express_enabled, freight_amount, freight_free_over, pay_timeout_minutes FROM shop_shopsettings",
    """SELECT c.sku_id, c.units, s.price, s.stock, s.is_active, s.spec_text, s.code, p.name, p.status, p.limit_kind,
              (SELECT image FROM catalog_productimage WHERE product_id = p.id ORDER BY sort_order, id LIMIT 1)
       FROM orders_cartitem c JOIN catalog_sku s ON s.id = c.sku_id JOIN catalog_product p ON p.id = s.product_id
       WHERE c.member_id = %(member)s AND c.is_selected ORDER BY c.added_at DESC, c.id DESC""",
    """SELECT a.receiver_name, a.receiver_phone, a.region_code, a.region_path, a.detail, s.id
       FROM members_address a, shop_store s
       WHERE a.id = %(address)s AND a.member_id = %(member)s AND s.is_headquarters""",
]
WRITE: list[LiteralString] = [
    """DELETE FROM orders_cartitem WHERE member_id = %(member)s
       AND sku_id IN (SELECT sku_id FROM orders_orderline WHERE order_id = %(order)s)""",
    """INSERT INTO catalog_stockmove (sku_id, delta, kind, source, actor_id, at)
       SELECT sku_id, -units, 'order', 'order-line:' || id, %(member)s, now()
       FROM orders_orderline WHERE order_id = %(order)s""",
    """SELECT 1 FROM catalog_sku WHERE id IN (SELECT sku_id FROM orders_orderline WHERE order_id = %(order)s)
       ORDER BY id FOR NO KEY UPDATE""",
    """UPDATE catalog_sku s SET stock = stock - l.units FROM orders_orderline l
       WHERE l.order_id = %(order)s AND s.id = l.sku_id AND s.stock >= l.units""",
]
COPIED = ("orders_order", "orders_orderline", "orders_orderevent")


class ByHand:
    """Orders like `model`, one for each of `people`, whose carts hold what it holds."""

    def __init__(self, model: Order, people: Sequence[shop.Shopper]) -> None:
        self.numbers = itertools.count(1)
        self.model, self.people = model.pk, people
        self.columns = {table: columns_of(table) for table in COPIED}

    def measured(self) -> Cost:
        """Write with as many connections as the shop has clients; count the CPU of the database and our own."""
        opened = [psycopg.connect(**connection.get_connection_params()) for _ in range(load.CONNECTIONS)]
        for one in opened:
            one.autocommit = True
        waiting, counted = iter(self.people), [postmaster()]
        before, began = timing.cpu_seconds(counted) + time.process_time(), time.monotonic()
        threads = [threading.Thread(target=self._write_many, args=(one, waiting)) for one in opened]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        spent = timing.cpu_seconds(counted) + time.process_time() - before
        for one in opened:
            one.close()
        return Cost(cpu_ms=spent * 1000 / len(self.people), per_second=len(self.people) / seconds)

    def _write_many(self, opened: "psycopg.Connection[Row]", waiting: Iterator[shop.Shopper]) -> None:
        for person in waiting:
            with opened.cursor() as cursor:
                self._place(opened, cursor, person)

    def _place(self, opened: "psycopg.Connection[Row]", cursor: "psycopg.Cursor[Row]", person: shop.Shopper) -> None:
        no = f"B{next(self.numbers):017d}"
        facts: dict[str, object] = {
            "session": person.cookies[settings.SESSION_COOKIE_NAME],
            "member": person.member.pk,
            "address": person.address,
            "no": no,
        }
        read(cursor, READ, facts)
        with opened.transaction():
            read(cursor, READ_WITHIN, facts)
            own = {"no": no, "idempotency_key": no, "member_id": person.member.pk}
            facts["order"] = self._copy(cursor, "orders_order", own, key="id")
            self._copy(cursor, "orders_orderline", {"order_id": facts["order"]}, key="order_id")
            event = {"order_id": facts["order"], "actor_id": person.member.pk}
            self._copy(cursor, "orders_orderevent", event, key="order_id")
            for statement in WRITE:
                cursor.execute(statement, facts)

    def _copy(self, cursor: "psycopg.Cursor[Row]", table: str, changes: dict[str, object], *, key: str) -> object:
        """Copy the model's rows of `table` with `changes`; return the number of the first."""
        columns = self.columns[table]
        wanted = ", ".join("%s" if column in changes else column for column in columns)
        values = [changes[column] for column in columns if column in changes]
        sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {wanted} FROM {table} WHERE {key} = %s RETURNING id"  # noqa: S608  # our own names
        cursor.execute(sql, [*values, self.model])
        return (cursor.fetchone() or (None,))[0]


def read(cursor: "psycopg.Cursor[Row]", statements: Sequence[LiteralString], facts: dict[str, object]) -> None:
    """Ask and take what comes; an answer without a row ends the run, but for the order that is not there yet."""
    for statement in statements:
        found = cursor.execute(statement, facts).fetchall()
        if not found and "orders_order" not in statement:
            raise SystemExit(f"By hand nothing is found: {statement}")


def columns_of(table: str) -> list[str]:
    """Return the columns of `table` but its number."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    return [column.name for column in described if column.name != "id"]
