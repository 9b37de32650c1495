"""The small printed marks of labels and boxes: the shop's packaging speaks in shapes, not in words."""

from collections.abc import Callable

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.shapes import arc, leaf, smooth, star


def mark(pen: Pen, kind: str, colour: str, *, size: float = 40) -> None:
    """Print the mark `kind` around the pen's origin, `size` to its edge."""
    MARKS[kind](pen.at(0, 0, scale=size / 40), colour)


def lines(pen: Pen, colour: str, *, width: float = 80, count: int = 2, gap: float = 14) -> None:
    """Print a few thin lines below one another, each shorter: a text seen from afar."""
    for i in range(count):
        half = width / 2 * (1 - 0.28 * i)
        pen.line([(-half, i * gap), (half, i * gap)], colour, 4, alpha=0.75)


def _leaf(pen: Pen, colour: str) -> None:
    for turn in (-38, 0, 38):
        pen.at(0, 24, turn=turn).fill(leaf(62, 26), colour)


def _sun(pen: Pen, colour: str) -> None:
    pen.ellipse(0, 0, 20, 20, colour)
    for i in range(10):
        ray = pen.at(0, 0, turn=i * 36)
        ray.line([(0, -28), (0, -37)], colour, 5)


def _drop(pen: Pen, colour: str) -> None:
    pen.blob([(0, -40), (20, -2), (22, 16), (0, 36), (-22, 16), (-20, -2)], colour)


def _flower(pen: Pen, colour: str) -> None:
    for i in range(5):
        petal = pen.at(0, 0, turn=i * 72)
        petal.ellipse(0, -22, 13, 17, colour)
    pen.ellipse(0, 0, 9, 9, "#F6D37A")


def _bean(pen: Pen, colour: str) -> None:
    bean = pen.at(0, 0, turn=28)
    bean.ellipse(0, 0, 25, 36, colour)
    bean.curve([(3, -32), (-7, -10), (7, 10), (-3, 32)], "#FFFFFF", 4, alpha=0.7)


def _hill(pen: Pen, colour: str) -> None:
    pen.fill([*smooth([(-40, 26), (-18, -10), (0, -30), (18, -6), (40, 26)], closed=False)], colour, alpha=0.9)
    pen.ellipse(24, -26, 9, 9, colour)


def _wave(pen: Pen, colour: str) -> None:
    for y in (-18, 0, 18):
        pen.curve([(-38, y), (-19, y - 10), (0, y), (19, y + 10), (38, y)], colour, 6)


def _grain(pen: Pen, colour: str) -> None:
    pen.line([(0, 38), (0, -14)], colour, 4)
    for y in (-22, -4, 14):
        for side in (-1, 1):
            pen.at(0, y + 18, turn=38 * side).ellipse(0, -20, 8, 15, colour)
    pen.ellipse(0, -30, 8, 14, colour)


def _ring(pen: Pen, colour: str) -> None:
    pen.fill([*arc(0, 0, 36, 36), *reversed(arc(0, 0, 29, 29))], colour)
    pen.ellipse(0, 0, 15, 15, colour)


def _moon(pen: Pen, colour: str) -> None:
    pen.fill([*arc(0, 0, 36, 36, 60, 300), *reversed(arc(15, 0, 27, 30, 66, 294))], colour)


def _heart(pen: Pen, colour: str) -> None:
    pen.blob([(0, -14), (16, -32), (36, -16), (22, 14), (0, 36), (-22, 14), (-36, -16), (-16, -32)], colour)


def _star(pen: Pen, colour: str) -> None:
    pen.blob(star(0, 0, 40, 18, 8), colour)


MARKS: dict[str, Callable[[Pen, str], None]] = {
    "leaf": _leaf,
    "sun": _sun,
    "drop": _drop,
    "flower": _flower,
    "bean": _bean,
    "hill": _hill,
    "wave": _wave,
    "grain": _grain,
    "ring": _ring,
    "moon": _moon,
    "heart": _heart,
    "star": _star,
}
