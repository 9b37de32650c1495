"""Placing an order of three lines against the same rows written by hand through psycopg."""

import itertools
import uuid

from django.db import connection
from django.utils import timezone

from bench.timing import cpu_ms
from catalog.models import Product, Sku
from members.models import Address, Member
from members.services import save_address
from orders import services as orders
from orders.models import Order
from shop.lib import regions

PLENTY = 1_000_000
LINES = 3


def report() -> str:
    """Return CPU milliseconds per order of both ways, and their ratio."""
    skus = stocked()
    member = Member.objects.shoppers().order_by("pk")[0]
    address = save_address(member=member, address=new_address(), now=timezone.now())
    place = cpu_ms(lambda: placed(member, address.pk, skus))
    by_hand = ByHand(Order.objects.latest("pk"))
    limit = cpu_ms(by_hand.write)
    return f"placing   member  {place:7.2f} {limit:9.2f} {limit / place:10.0%}   (bare: the same rows by hand)"


def new_address() -> Address:
    """Return an address that a parcel can go to."""
    place = regions.all_regions()["330106"]
    return Address(
        receiver_name="王小明",
        receiver_phone="13800000000",
        region_code=place.code,
        region_path=place.path,
        detail="文三路 90 号",
    )


def stocked() -> list[Sku]:
    """Give three SKUs stock without end; the throw-away shop is never audited."""
    skus = list(Sku.objects.active().filter(product__in=Product.objects.on_sale()).order_by("pk")[:LINES])
    Sku.objects.filter(pk__in=[sku.pk for sku in skus]).update(stock=PLENTY)
    Product.objects.filter(skus__in=skus).update(limit_kind="none", limit_units=0, min_units=1)
    return skus


def placed(member: Member, address_id: int, skus: list[Sku]) -> Order:
    """Place one order as the checkout does."""
    return orders.place(
        member=member,
        items=[(sku.pk, 1) for sku in skus],
        delivery=orders.Express(address_id=address_id),
        idempotency_key=uuid.uuid4().hex,
        now=timezone.now(),
    )


class ByHand:
    """The rows of one order, copied by hand: order, lines, event, moves and stock, in one transaction."""

    TABLES = ("orders_order", "orders_orderline", "orders_orderevent")

    def __init__(self, order: Order) -> None:
        self.numbers = itertools.count(1)
        self.order = order.pk
        with connection.cursor() as cursor:
            self.columns = {
                table: [
                    column.name
                    for column in connection.introspection.get_table_description(cursor, table)
                    if column.name != "id"
                ]
                for table in self.TABLES
            }

    def write(self) -> None:
        """Write one more order like the one it was made from."""
        number = f"B{next(self.numbers):017d}"
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(*self.copy("orders_order", {"no": number, "idempotency_key": number}, key="id"))
            (new,) = cursor.fetchone()
            cursor.execute(*self.copy("orders_orderline", {"order_id": new}, key="order_id"))
            cursor.execute(*self.copy("orders_orderevent", {"order_id": new}, key="order_id"))
            cursor.execute(
                "INSERT INTO catalog_stockmove (sku_id, delta, kind, source, at)"
                " SELECT sku_id, -units, 'order', 'order-line:' || id, now() FROM orders_orderline WHERE order_id = %s",
                [new],
            )
            cursor.execute(
                "UPDATE catalog_sku s SET stock = stock - l.units FROM orders_orderline l"
                " WHERE l.order_id = %s AND s.id = l.sku_id AND s.stock >= l.units",
                [new],
            )
            cursor.execute("COMMIT")

    def copy(self, table: str, changes: dict[str, object], *, key: str) -> tuple[str, list[object]]:
        """Return the statement that copies the first order's rows of `table` with `changes`, and its parameters."""
        columns = self.columns[table]
        wanted = ", ".join("%s" if column in changes else column for column in columns)
        values = [changes[column] for column in columns if column in changes]
        sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {wanted} FROM {table} WHERE {key} = %s RETURNING id"  # noqa: S608  # our own names
        return sql, [*values, self.order]
