"""Bottles, jars, tins, pouches, boxes, sacks and tubes; each stands on the pen's origin."""

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.colours import shade
from shop.demo.pictures.marks import lines, mark
from shop.demo.pictures.shapes import Points, arc, smooth

CREAM = "#FBF4E6"


def band(pen: Pen, half: float, top: float, bottom: float, colour: str, *, bend: float = 0.14) -> Points:
    """Wrap a paper label around a turned body of half width `half`."""
    upper = arc(0, top, half, half * bend, 180, 0, count=24)
    lower = arc(0, bottom, half, half * bend, 0, 180, count=24)
    return pen.fill([*upper, *lower], colour, tone="round", strength=0.7)


def bottle(
    pen: Pen,
    colour: str,
    cap: str,
    *,
    label: str = CREAM,
    sign: str = "leaf",
    ink: str = "#4A5A4E",
    half: float = 78,
    height: float = 400,
    neck: float = 26,
    shoulder: float = 0.42,
) -> None:
    """Draw a glass bottle; `shoulder` is how far down its neck ends, as a share of the height."""
    top, turn = -height, -height * (1 - shoulder)
    pen.lathe(
        [
            (neck, top + 30),
            (neck, top + height * 0.2),
            (half * 0.72, turn - 18),
            (half, turn + 26),
            (half, -80),
            (half, -8),
        ],
        colour,
    )
    pen.box(-half * 0.72, turn + 14, -half * 0.52, -30, "#FFFFFF", radius=12, alpha=0.32, soft=3)
    pen.lathe([(neck + 5, top), (neck + 5, top + 44)], cap, bend=0.2)
    pen.ellipse(0, top, neck + 5, (neck + 5) * 0.2, shade(cap, 0.25))
    if label:
        band(pen, half, turn + 56, -44, label)
        mark(pen.at(0, (turn + 12) / 2 - 8), sign, ink, size=half * 0.4)
        lines(pen.at(0, (turn + 12) / 2 + half * 0.56), ink, width=half * 0.9)


def jar(
    pen: Pen,
    contents: str,
    lid: str,
    *,
    half: float = 98,
    height: float = 240,
    label: str = CREAM,
    sign: str = "sun",
    ink: str = "#6B4A32",
    fill: float = 0.86,
) -> Points:
    """Draw a glass jar; return the outline of what is in it."""
    pen.lathe(
        [(half * 0.86, -height + 26), (half, -height + 58), (half, -24), (half * 0.94, -4)], "#F4F3EC", strength=0.5
    )
    inside = pen.lathe([(half - 9, -height * fill), (half - 9, -24), (half * 0.86, -10)], contents, strength=0.8)
    pen.ellipse(0, -height * fill, half - 9, (half - 9) * 0.15, shade(contents, 0.22))
    pen.box(-half * 0.78, -height + 66, -half * 0.6, -34, "#FFFFFF", radius=12, alpha=0.45, soft=2)
    pen.lathe([(half * 0.9, -height - 8), (half * 0.9, -height + 34)], lid, bend=0.15)
    pen.ellipse(0, -height - 8, half * 0.9, half * 0.135, shade(lid, 0.22), tone="side")
    if label:
        band(pen, half, -height * 0.62, -height * 0.18, label)
        mark(pen.at(0, -height * 0.37), sign, ink, size=half * 0.36)
    return inside


def tin(
    pen: Pen,
    colour: str,
    *,
    lid: str = "",
    half: float = 92,
    height: float = 250,
    sign: str = "leaf",
    ink: str = CREAM,
    label: str = "",
) -> None:
    """Draw a round tin with a lid of the same metal."""
    top = lid or shade(colour, -0.12)
    pen.lathe([(half, -height + 40), (half, -4)], colour, bend=0.15)
    pen.lathe([(half + 4, -height), (half + 4, -height + 62)], top, bend=0.15)
    pen.ellipse(0, -height, half + 4, half * 0.155, shade(top, 0.28), tone="side")
    pen.ellipse(0, -height, half - 12, half * 0.115, shade(top, 0.16), tone="side")
    if label:
        band(pen, half, -height * 0.58, -height * 0.14, label, bend=0.15)
    mark(pen.at(0, -height * 0.32), sign, ink, size=half * 0.42)


def pouch(
    pen: Pen,
    colour: str,
    *,
    half: float = 118,
    height: float = 330,
    sign: str = "bean",
    ink: str = CREAM,
    panel: str = "",
    window: str = "",
) -> Points:
    """Draw a stand-up bag, crimped at the top; `window` shows the colour of what is inside. Return the window."""
    body = smooth(
        [
            (-half * 0.9, -height),
            (half * 0.9, -height),
            (half * 0.95, -height * 0.8),
            (half, -height * 0.4),
            (half * 1.02, -26),
            (half * 0.86, 0),
            (0, 12),
            (-half * 0.86, 0),
            (-half * 1.02, -26),
            (-half, -height * 0.4),
            (-half * 0.95, -height * 0.8),
        ],
        steps=6,
    )
    outline = pen.fill(body, colour, tone="round", strength=0.75)
    pen.box(
        -half * 0.9, -height - 4, half * 0.9, -height + 30, shade(colour, -0.14), radius=3, tone="side", strength=0.4
    )
    pen.line([(-half * 0.86, -height + 44), (half * 0.86, -height + 44)], shade(colour, -0.3), 2, alpha=0.5)
    pen.shine(
        [(-half * 0.8, -height * 0.78), (-half * 0.62, -height * 0.8), (-half * 0.7, -60), (-half * 0.86, -50)],
        alpha=0.28,
        soft=6,
    )
    seen: Points = []
    if panel:
        pen.box(-half * 0.66, -height * 0.8, half * 0.66, -height * 0.42, panel, radius=10, tone="side", strength=0.3)
    if window:
        seen = pen.fill(arc(0, -height * 0.2, half * 0.6, height * 0.125), window, tone="side", clip=outline)
    mark(pen.at(0, -height * 0.64), sign, ink, size=half * 0.36)
    lines(pen.at(0, -height * 0.48), ink, width=half * 0.8, count=1 if panel else 2)
    return seen


def carton(
    pen: Pen,
    colour: str,
    *,
    width: float = 200,
    height: float = 250,
    depth: float = 70,
    sign: str = "leaf",
    ink: str = CREAM,
    panel: str = "",
) -> None:
    """Draw a box seen from its corner: front, right side and top."""
    left, right, rise = -width / 2 - depth / 2, width / 2 - depth / 2, depth * 0.36
    pen.fill(
        [(right, 0), (right + depth, -rise), (right + depth, -height - rise), (right, -height)],
        shade(colour, -0.24),
        tone="down",
        strength=0.5,
    )
    pen.fill(
        [(left, -height), (left + depth, -height - rise), (right + depth, -height - rise), (right, -height)],
        shade(colour, 0.3),
    )
    pen.fill([(left, 0), (right, 0), (right, -height), (left, -height)], colour, tone="side", strength=0.5)
    if panel:
        pen.box(left + width * 0.14, -height * 0.86, right - width * 0.14, -height * 0.14, panel, radius=10)
    middle = pen.at((left + right) / 2, -height * 0.56)
    mark(middle, sign, ink, size=min(width, height) * 0.2)
    lines(middle.at(0, min(width, height) * 0.3), ink, width=width * 0.4)


def sack(
    pen: Pen,
    colour: str,
    *,
    tie: str = "#B08A4E",
    half: float = 150,
    height: float = 330,
    sign: str = "grain",
    ink: str = "#6E7F4F",
) -> None:
    """Draw a cloth sack tied at the neck with a string."""
    neck = -height * 0.8
    pen.blob(
        [
            (-58, neck + 6),
            (-84, -height),
            (-30, -height - 14),
            (6, -height + 4),
            (44, -height - 16),
            (88, -height + 2),
            (58, neck + 6),
        ],
        shade(colour, -0.08),
        tone="side",
    )
    pen.blob(
        [
            (-54, neck),
            (54, neck),
            (half * 0.84, neck + 60),
            (half, -height * 0.36),
            (half * 0.97, -36),
            (half * 0.7, 0),
            (0, 10),
            (-half * 0.7, 0),
            (-half * 0.97, -36),
            (-half, -height * 0.36),
            (-half * 0.84, neck + 60),
        ],
        colour,
        tone="round",
        strength=0.7,
    )
    for x in (-34, 0, 34):
        pen.curve([(x, neck + 4), (x * 1.5, neck + 40), (x * 1.9, neck + 74)], shade(colour, -0.25), 3, alpha=0.5)
    pen.box(-60, neck - 9, 60, neck + 9, tie, radius=9, tone="round")
    pen.curve([(20, neck + 4), (36, neck + 40), (26, neck + 66)], tie, 5)
    pen.curve([(24, neck + 4), (58, neck + 34), (60, neck + 56)], tie, 5)
    mark(pen.at(0, -height * 0.36), sign, ink, size=half * 0.36)


def tube(
    pen: Pen, colour: str, cap: str, *, half: float = 52, height: float = 300, sign: str = "flower", ink: str = CREAM
) -> None:
    """Draw a tube of cream standing on its cap."""
    pen.blob(
        [
            (-half * 1.14, -height),
            (half * 1.14, -height),
            (half * 1.05, -height * 0.7),
            (half * 0.9, -66),
            (-half * 0.9, -66),
            (-half * 1.05, -height * 0.7),
        ],
        colour,
        tone="round",
        strength=0.7,
    )
    pen.box(
        -half * 1.2, -height - 6, half * 1.2, -height + 18, shade(colour, -0.1), radius=3, tone="side", strength=0.5
    )
    pen.lathe([(half * 0.74, -70), (half * 0.8, -4)], cap, bend=0.14)
    mark(pen.at(0, -height * 0.62), sign, ink, size=half * 0.55)
    lines(pen.at(0, -height * 0.42), ink, width=half)


def pump(
    pen: Pen,
    colour: str,
    *,
    label: str = CREAM,
    sign: str = "drop",
    ink: str = "#5E6B62",
    half: float = 88,
    height: float = 270,
    head: str = "#3D4541",
) -> None:
    """Draw a bottle with a dispenser pump."""
    pen.lathe([(30, -height - 30), (34, -height - 4)], head, bend=0.2)
    pen.box(-7, -height - 92, 7, -height - 30, shade(head, 0.15), radius=4, tone="round")
    pen.blob(
        [
            (-26, -height - 112),
            (20, -height - 112),
            (26, -height - 92),
            (-22, -height - 90),
            (-70, -height - 84),
            (-74, -height - 96),
        ],
        head,
        tone="down",
    )
    pen.lathe([(36, -height), (half * 0.8, -height + 16), (half, -height + 54), (half, -30), (half * 0.95, -4)], colour)
    pen.box(-half * 0.72, -height + 60, -half * 0.54, -34, "#FFFFFF", radius=12, alpha=0.35, soft=3)
    band(pen, half, -height * 0.68, -height * 0.16, label)
    mark(pen.at(0, -height * 0.42), sign, ink, size=half * 0.38)
    lines(pen.at(0, -height * 0.22), ink, width=half * 0.9)
