"""The merchant's list of orders in a shop with a hundred thousand of them, beside the same list of a thousand."""

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
VIEWS = {"all": LIST, "one tab": f"{LIST}?tab=completed", "page 50": f"{LIST}?p=50", "number": f"{LIST}?q=B0000000000"}
STEP = 10_000_000  # between the numbers of the rows of one copy and the next


def report(place: Place) -> list[str]:
    """Measure the list with few and with many orders."""
    call_command("seed", orders=SEEDED, seed=2, verbosity=0)
    merchant = Member.objects.create_superuser("bench-merchant", password="a-dull-password")  # noqa: S106
    cookies = shop.cookies_of(merchant)
    few = {name: cost(place, address, cookies) for name, address in VIEWS.items()}
    multiply()
    many = {name: cost(place, address, cookies) for name, address in VIEWS.items()}
    head = f"{'orders':9}{'':9}{SEEDED:>8}{Order.objects.count():>9}   CPU ms of the list by their number"
    return [head, *[f"{name:18}{few[name]:>8.1f}{many[name]:>9.1f}{few[name] / many[name]:>11.0%}" for name in VIEWS]]


def cost(place: Place, address: str, cookies: dict[str, str]) -> float:
    """Return the CPU milliseconds of one view."""
    request = load.get(address, cookies)
    place.measured([request] * 4)
    return place.measured([request] * REQUESTS).cpu_ms


def multiply() -> None:
    """Copy the orders with their lines and payments until there are TIMES as many."""
    made = f"'B' || lpad((g * {STEP} + {{}})::text, 18, '0')"
    copy("orders_order", {"no": made, "idempotency_key": made, "pickup_code": "NULL"})
    copy("orders_orderline", {"order_id": f"order_id + g * {STEP}"})
    copy("orders_payment", {"order_id": f"order_id + g * {STEP}", "out_trade_no": made, "transaction_id": "NULL"})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
