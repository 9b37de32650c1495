"""What a good of the demo shop is: its words, its prices in fen and the drawing that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Version:
    """One SKU: the specs it stands for, its prices in fen and its stock."""

    specs: tuple[str, ...]
    price: int
    stock: int
    market_price: int = 0
    floor: int = 5
    daily: int | None = None  # set: the stock returns to this number every midnight


@dataclass(frozen=True)
class Good:
    """One good; `picture` names its drawing in the album."""

    code: str
    picture: str
    category: tuple[str, ...]  # from the root down
    name: str
    point: str
    text: tuple[str, ...]
    facts: Mapping[str, str]
    versions: tuple[Version, ...]
    points: tuple[str, ...] = ()
    spec_names: tuple[str, ...] = ()
    unit: str = "件"
    keywords: str = ""
    virtual_sold: int = 0
    on_sale: bool = True
    sort: int = 100
    per_order: int = 0  # how many one order may hold; 0 is any number
    more_pictures: tuple[str, ...] = field(default=())

    @property
    def detail_html(self) -> str:
        """The description as the product page shows it."""
        paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in self.text)
        items = "".join(f"<li>{point}</li>" for point in self.points)
        return paragraphs + (f"<ul>{items}</ul>" if items else "")


def single(price: int, stock: int, *, market: int = 0, floor: int = 5, daily: int | None = None) -> tuple[Version, ...]:
    """Return the one SKU of a good without specs."""
    return (Version((), price, stock, market, floor, daily),)


def choices(offers: Mapping[str, tuple[int, int]], *, market: int = 0, floor: int = 5) -> tuple[Version, ...]:
    """Return one SKU per choice of `{value: (price, stock)}`; `market` is what each costs more elsewhere."""
    return tuple(
        Version((value,), price, stock, price + market if market else 0, floor)
        for value, (price, stock) in offers.items()
    )


def grid(
    first: Mapping[str, int],
    second: Mapping[str, int],
    stocks: tuple[int, ...],
    *,
    market: int = 0,
    floor: int = 5,
) -> tuple[Version, ...]:
    """Return one SKU per pair of specs: the price of the second plus what the first adds to it.

    `stocks` go through the pairs row by row.
    """
    pairs = [(a, b, added + price) for a, added in first.items() for b, price in second.items()]
    return tuple(
        Version((a, b), price, stock, price + market if market else 0, floor)
        for (a, b, price), stock in zip(pairs, stocks, strict=True)
    )
