"""Placing an order of three lines through the checkout, against the same order written by hand through psycopg."""

import re

from bench import load, shop
from bench.by_hand import ByHand
from bench.place import Place
from orders.models import Order

ORDERS = 240
AIM = 0.3


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
    shop.fill_carts(people, skus)
    limit = ByHand(Order.objects.latest("pk"), people[1:]).measured()
    ratio, faster = limit.cpu_ms / ours.cpu_ms, ours.per_second / limit.per_second
    head = f"{'placing':18}{'CPU ms':>8}{'by hand':>9}{'orders/s':>9}{'by hand/s':>10}{'CPU':>7}{'speed':>7}{'aim':>6}"
    figures = f"{ours.cpu_ms:>8.2f}{limit.cpu_ms:>9.2f}{ours.per_second:>9.0f}{limit.per_second:>10.0f}"
    return [head, f"{'3 lines, member':18}{figures}{ratio:>7.0%}{faster:>7.0%}{AIM:>6.0%}"]


def shown_sum(port: int, person: shop.Shopper, query: str = "") -> int:
    """Return what the checkout says that the cart of `person` costs, in fen."""
    page = load.Connection(port).ask(load.get(f"/checkout/{query}", person.cookies)).body.decode()
    found = re.search(r'name="expected" value="(\d+)"', page)
    if found is None:
        raise SystemExit("The checkout shows no sum.")
    return int(found[1])
