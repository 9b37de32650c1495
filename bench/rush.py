"""Two hundred buyers at the same moment, fifty pieces of one SKU."""

from bench import load, shop
from bench.place import Place
from bench.placing import shown_sum
from catalog.models import Sku
from orders.models import OrderLine

BUYERS = 200
PIECES = 50
KNOWN = {"302 orders", "200", "302 cart"}  # paying, the checkout with a sentence, the cart with one


def report(place: Place) -> list[str]:
    """Let all buy at once; exactly as many as there are pieces get one, and nobody gets a page of an error."""
    people = shop.shoppers(BUYERS + 1)
    sku = shop.stocked(shop.LINES + 1)[-1]
    Sku.objects.filter(pk=sku.pk).update(stock=PIECES)
    expected = shown_sum(place.port, people[0], f"?sku={sku.pk}&units=1")
    requests = [
        load.post("/checkout/", shop.order_form(person, expected=expected, sku=sku.pk, units=1), person.cookies)
        for person in people[1:]
    ]
    before = OrderLine.objects.filter(sku=sku).count()
    tally = load.drive(place.port, requests, connections=BUYERS)
    sold = OrderLine.objects.filter(sku=sku).count() - before
    left = Sku.objects.get(pk=sku.pk).stock
    sold_words = f"{BUYERS} buyers at once, {PIECES} pieces: {sold} sold, {left} left"
    if (sold, left) != (PIECES, 0) or tally.endings["302 orders"] != PIECES or set(tally.endings) - KNOWN:
        raise SystemExit(f"{sold_words}, answers {dict(tally.endings)}.")
    speed = f"{BUYERS / tally.seconds:.0f} answers/s, the slowest after {tally.slowest:.1f} s"
    return [f"rush     {sold_words}, no error page, {speed}"]
