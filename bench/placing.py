"""Placing an order of three lines through the checkout, against the same rows written by hand through psycopg."""

import itertools
import re
import threading
import time

import psycopg
from django.db import connection

from bench import load, shop, timing
from bench.place import Cost, Place, postmaster
from catalog.models import Sku
from orders.models import Order

ORDERS = 240
BY_HAND = 960


def report(place: Place) -> list[str]:
    """Return CPU milliseconds per order of both ways, and their ratio."""
    people = shop.shoppers(ORDERS + 1)
    skus = shop.stocked(shop.LINES)
    shop.fill_carts(people, skus)
    expected = shown_sum(place.port, people[0])
    before = Order.objects.count()
    requests = [load.post("/checkout/", shop.order_form(p, expected=expected), p.cookies) for p in people[1:]]
    ours = place.measured(requests, wanted="302 orders")
    if Order.objects.count() != before + ORDERS:
        raise SystemExit(f"{ORDERS} orders were asked for, {Order.objects.count() - before} are there.")
    limit = ByHand(Order.objects.latest("pk"), skus).measured()
    ratio, faster = limit.cpu_ms / ours.cpu_ms, ours.per_second / limit.per_second
    head = f"{'placing':18}{'CPU ms':>8}{'by hand':>9}{'orders/s':>9}{'by hand/s':>10}{'CPU':>7}{'speed':>7}{'aim':>6}"
    figures = f"{ours.cpu_ms:>8.2f}{limit.cpu_ms:>9.2f}{ours.per_second:>9.0f}{limit.per_second:>10.0f}"
    return [head, f"{'3 lines, member':18}{figures}{ratio:>7.0%}{faster:>7.0%}{0.3:>6.0%}"]


def shown_sum(port: int, person: shop.Shopper, query: str = "") -> int:
    """Return what the checkout says that the cart of `person` costs, in fen."""
    page = load.Connection(port).ask(load.get(f"/checkout/{query}", person.cookies)).body.decode()
    found = re.search(r'name="expected" value="(\d+)"', page)
    if found is None:
        raise SystemExit("The checkout shows no sum.")
    return int(found[1])


class ByHand:
    """The rows of one order, copied by hand: order, lines, event, moves and stock, in one transaction."""

    TABLES = ("orders_order", "orders_orderline", "orders_orderevent")

    def __init__(self, order: Order, skus: list[Sku]) -> None:
        self.numbers = itertools.count(1)
        self.order = order.pk
        self.columns = {table: columns_of(table) for table in self.TABLES}

    def measured(self) -> Cost:
        """Write with as many connections as the shop has clients; count the CPU of the database and our own."""
        opened = [psycopg.connect(**connection.get_connection_params()) for _ in range(load.CONNECTIONS)]
        for one in opened:
            one.autocommit = True
        counted = [postmaster()]
        before, began = timing.cpu_seconds(counted) + time.process_time(), time.monotonic()
        threads = [threading.Thread(target=self._write_many, args=(one,)) for one in opened]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        spent = timing.cpu_seconds(counted) + time.process_time() - before
        for one in opened:
            one.close()
        return Cost(cpu_ms=spent * 1000 / BY_HAND, per_second=BY_HAND / seconds)

    def _write_many(self, opened: "psycopg.Connection[tuple[object, ...]]") -> None:
        for _ in range(BY_HAND // load.CONNECTIONS):
            with opened.transaction(), opened.cursor() as cursor:
                self._write(cursor)

    def _write(self, cursor: "psycopg.Cursor[tuple[object, ...]]") -> None:
        """Write one more order like the one it was made from."""
        number = f"B{next(self.numbers):017d}"
        cursor.execute(*self._copy("orders_order", {"no": number, "idempotency_key": number}, key="id"))
        (new,) = cursor.fetchone() or (None,)
        cursor.execute(*self._copy("orders_orderline", {"order_id": new}, key="order_id"))
        cursor.execute(*self._copy("orders_orderevent", {"order_id": new}, key="order_id"))
        cursor.execute(
            "INSERT INTO catalog_stockmove (sku_id, delta, kind, source, at)"
            " SELECT sku_id, -units, 'order', 'order-line:' || id, now() FROM orders_orderline WHERE order_id = %s",
            [new],
        )
        cursor.execute(
            "SELECT 1 FROM catalog_sku WHERE id IN (SELECT sku_id FROM orders_orderline WHERE order_id = %s)"
            " ORDER BY id FOR UPDATE",
            [new],
        )
        cursor.execute(
            "UPDATE catalog_sku s SET stock = stock - l.units FROM orders_orderline l"
            " WHERE l.order_id = %s AND s.id = l.sku_id AND s.stock >= l.units",
            [new],
        )

    def _copy(self, table: str, changes: dict[str, object], *, key: str) -> tuple[str, list[object]]:
        """Return the statement that copies the first order's rows of `table` with `changes`, and its parameters."""
        columns = self.columns[table]
        wanted = ", ".join("%s" if column in changes else column for column in columns)
        values = [changes[column] for column in columns if column in changes]
        sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {wanted} FROM {table} WHERE {key} = %s RETURNING id"  # noqa: S608  # our own names
        return sql, [*values, self.order]


def columns_of(table: str) -> list[str]:
    """Return the columns of `table` but its number."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    return [column.name for column in described if column.name != "id"]
