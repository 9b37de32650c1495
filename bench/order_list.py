"""The merchant's list of orders in a shop with a hundred thousand of them, beside the same list of a thousand."""

from urllib.parse import urlencode

from django.core.management import call_command
from django.db import connection

from bench import load, shop
from bench.place import Place
from members.models import Member
from orders.models import Order

SEEDED = 1_000
TIMES = 100
REQUESTS = 16
LIST = "/admin/orders/order/"
PER_PAGE = 20
AIM = 2.0  # times what the same view costs with few orders
STEP = 10_000_000  # between the numbers of the rows of one copy and the next


def report(place: Place) -> list[str]:
    """Measure the list with few and with many orders."""
    call_command("seed", orders=SEEDED, seed=2, verbosity=0)
    merchant = Member.objects.create_superuser("bench-merchant", password="a-dull-password")  # noqa: S106
    cookies = shop.cookies_of(merchant)
    few = {name: cost(place, address, cookies) for name, address in views().items()}
    multiply()
    many = {name: cost(place, address, cookies) for name, address in views().items()}
    head = f"{'orders':18}{SEEDED:>8}{Order.objects.count():>9}   CPU ms by the number of orders, aim: {AIM:.1f} times"
    return [head, *[f"{name:18}{few[name]:>8.1f}{many[name]:>9.1f}{many[name] / few[name]:>10.1f}" for name in few]]


def views() -> dict[str, str]:
    """Return what is asked for: the list, a tab, pages at the top and far down, an order by its number, a receiver."""
    count, order = Order.objects.count(), Order.objects.order_by("pk")[SEEDED // 2]
    return {
        "all": LIST,
        "one tab": f"{LIST}?tab=completed",
        "page 20": f"{LIST}?p=20",
        "page far down": f"{LIST}?p={count * 9 // 10 // PER_PAGE}",
        "number": f"{LIST}?q={order.no}",
        "name": f"{LIST}?{urlencode({'q': order.receiver_name or order.member.nickname})}",
        "nobody's name": f"{LIST}?q=B0000000000",
    }


def cost(place: Place, address: str, cookies: dict[str, str]) -> float:
    """Return the CPU milliseconds of one view."""
    request = load.get(address, cookies)
    place.measured([request] * 4)
    return place.measured([request] * REQUESTS).cpu_ms


def multiply() -> None:
    """Copy the orders with their lines and payments until there are TIMES as many."""
    made = f"'9' || lpad((g * {STEP} + {{}})::text, 17, '0')"
    copy("orders_order", {"no": made, "idempotency_key": made, "pickup_code": "NULL"})
    copy("orders_orderline", {"order_id": f"order_id + g * {STEP}"})
    copy("orders_payment", {"order_id": f"order_id + g * {STEP}", "out_trade_no": made, "transaction_id": "NULL"})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # which PostgreSQL does by itself a minute later


def copy(table: str, changes: dict[str, str]) -> None:
    """Copy all rows of `table` TIMES - 1 times with `changes`."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
        columns = [column.name for column in described]
        changes = {name: change.format(f"{table}.id") for name, change in changes.items()}
        values = ", ".join({"id": f"id + g * {STEP}", **changes}.get(name, name) for name in columns)
        names = ", ".join(columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, {TIMES - 1}) AS g"  # noqa: S608  # our own names
        )
