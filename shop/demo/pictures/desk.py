"""Stationery and the things of the bathroom; lying things lie around the origin."""

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.colours import shade
from shop.demo.pictures.marks import lines, mark


def notebook(
    pen: Pen,
    colour: str,
    *,
    strap: str = "",
    sign: str = "",
    ink: str = "#FBF4E6",
    width: float = 260,
    height: float = 370,
) -> None:
    """Draw a closed notebook lying around the origin."""
    w, h = width / 2, height / 2
    pen.box(-w + 6, -h + 8, w + 9, h + 9, "#F4EEE0", radius=8, tone="side", strength=0.3)
    pen.box(-w, -h, w, h, colour, radius=12, tone="side", strength=0.6)
    pen.box(-w, -h, -w + 30, h, shade(colour, -0.14), radius=10, alpha=0.8)
    if strap:
        pen.box(w - 52, -h - 3, w - 36, h + 4, strap, radius=2, tone="down", strength=0.4)
    if sign:
        mark(pen.at(8, -h * 0.3), sign, ink, size=44)
        lines(pen.at(8, h * 0.2), ink, width=110)


def open_book(pen: Pen, *, paper: str = "#FCF8EE", rule: str = "#CFC6B4", cover: str = "#5B7A6B") -> None:
    """Draw an open notebook with ruled pages."""
    pen.box(-272, -186, 272, 190, cover, radius=12)
    for side in (-1, 1):
        pen.blob(
            [
                (0, -172),
                (side * 130, -184),
                (side * 258, -176),
                (side * 260, 0),
                (side * 258, 178),
                (side * 130, 172),
                (0, 182),
            ],
            paper,
            tone="side",
            strength=0.3,
        )
        for i in range(9):
            y = -130 + i * 34
            pen.line([(side * 30, y), (side * 232, y)], rule, 2.5)
    pen.blob(
        [(-14, -176), (14, -176), (20, 0), (14, 180), (-14, 180), (-20, 0)], shade(paper, -0.4), alpha=0.35, soft=7
    )


def writing_pen(pen: Pen, colour: str, *, metal: str = "#D9BC76", length: float = 430) -> None:
    """Draw a fountain pen lying along the x axis, its nib to the left."""
    half = length / 2
    pen.fill([(-half, 0), (-half + 66, -15), (-half + 70, 15)], metal, tone="down")
    pen.line([(-half + 4, 0), (-half + 50, 0)], shade(metal, -0.5), 2)
    pen.box(-half + 60, -18, 30, 18, colour, radius=9, tone="down")
    pen.box(0, -24, half, 24, colour, radius=18, tone="down")
    pen.box(-4, -24, 12, 24, metal, radius=3, tone="down")
    pen.box(46, -32, half - 24, -22, metal, radius=5, tone="down")
    pen.box(-half + 80, -12, half - 30, -7, "#FFFFFF", radius=3, alpha=0.35, soft=1)


def pencil(pen: Pen, colour: str, *, length: float = 400) -> None:
    """Draw a pencil lying along the x axis, its point to the left."""
    half = length / 2
    pen.fill([(-half, 0), (-half + 58, -15), (-half + 58, 15)], "#EBCB9B", tone="down")
    pen.fill([(-half, 0), (-half + 19, -5), (-half + 19, 5)], colour)
    pen.fill([(-half + 52, -15), (half, -15), (half, 15), (-half + 52, 15)], colour, tone="down", strength=0.9)
    pen.fill([(-half + 52, -5), (half, -5), (half, 4), (-half + 52, 4)], shade(colour, 0.3), alpha=0.7)


def tape(pen: Pen, colour: str, *, r: float = 74, pattern: str = "#FFFFFF") -> None:
    """Draw a roll of paper tape lying around the origin."""
    pen.ellipse(5, 9, r, r, shade(colour, -0.25))
    pen.ellipse(0, 0, r, r, colour, tone="side")
    for i in range(14):
        pen.at(0, 0, turn=i * 360 / 14).ellipse(0, -r * 0.84, 5, 5, pattern, alpha=0.8)
    pen.ellipse(0, 0, r * 0.68, r * 0.68, "#E3CFA6", tone="side")
    pen.ellipse(0, 0, r * 0.58, r * 0.58, "#A98F63", tone="inside")


def envelope(pen: Pen, colour: str, *, seal: str = "#B5493B", width: float = 330, height: float = 220) -> None:
    w, h = width / 2, height / 2
    pen.box(-w, -h, w, h, colour, radius=6, tone="side", strength=0.4)
    pen.fill([(-w, h), (0, 6), (w, h)], shade(colour, 0.25), alpha=0.8)
    pen.fill([(-w, -h), (0, 36), (w, -h)], shade(colour, -0.08), tone="side", strength=0.4)
    pen.line([(-w, -h), (0, 36), (w, -h)], shade(colour, -0.3), 2, alpha=0.5)
    pen.ellipse(0, 30, 28, 28, seal, tone="ball")
    mark(pen.at(0, 30), "heart", shade(seal, -0.35), size=13)


def memo(pen: Pen, colour: str, *, size: float = 150, written: bool = False) -> None:
    """Draw a pad of sticky notes lying around the origin, one corner lifting."""
    h = size / 2
    pen.box(-h + 4, -h + 6, h + 4, h + 6, shade(colour, -0.16), radius=2)
    pen.fill([(-h, -h), (h, -h), (h, h - 34), (h - 34, h), (-h, h)], colour, tone="side", strength=0.4)
    pen.fill([(h - 34, h), (h - 30, h - 30), (h, h - 34)], shade(colour, 0.5), tone="side")
    if written:
        lines(pen.at(-6, -h * 0.4), shade(colour, -0.55), width=size * 0.62, count=3, gap=26)


def calendar(pen: Pen, colour: str, *, accent: str = "#C4553F") -> None:
    """Draw a desk calendar standing on the origin."""
    pen.fill([(150, -6), (196, -26), (150, -300), (120, -300)], shade(colour, -0.4))
    pen.fill([(-190, 0), (170, 0), (140, -310), (-160, -310)], colour, tone="side", strength=0.4)
    pen.fill([(-172, -20), (151, -20), (126, -286), (-146, -286)], "#FCF9F0")
    pen.fill([(-156, -196), (134, -196), (126, -286), (-146, -286)], accent, tone="side", strength=0.4)
    pen.ellipse(70, -240, 24, 24, "#F8DFA4")
    pen.fill([(-148, -196), (-80, -250), (-20, -214), (40, -262), (134, -196)], shade(accent, -0.3), alpha=0.8)
    for row in range(4):
        for column in range(7):
            spread = 1 + (3 - row) * -0.03
            pen.ellipse(
                (-126 + column * 39) * spread - 8,
                -166 + row * 40,
                9,
                9,
                accent if (row, column) == (1, 4) else "#B9B4A6",
            )
    for i in range(9):
        pen.box(-136 + i * 31, -324, -126 + i * 31, -294, "#8E8A80", radius=5, tone="round")


def soap(pen: Pen, colour: str, *, width: float = 210, height: float = 56, sign: str = "leaf") -> None:
    """Draw a bar of soap standing on the origin, seen slightly from above."""
    w, rise = width / 2, 44
    pen.box(-w, -height - rise / 2, w, 0, shade(colour, -0.22), radius=22, tone="down", strength=0.5)
    pen.box(-w, -height - rise, w, -height + rise * 0.5, colour, radius=26, tone="side", strength=0.5)
    pen.box(
        -w + 14,
        -height - rise + 9,
        w - 14,
        -height + rise * 0.5 - 9,
        shade(colour, 0.2),
        radius=18,
        tone="side",
        strength=0.3,
    )
    mark(pen.at(0, -height - rise * 0.24), sign, shade(colour, -0.4), size=19)


def comb(pen: Pen, *, colour: str = "#B5793F", width: float = 330) -> None:
    """Draw a wooden comb lying around the origin, its teeth down."""
    half = width / 2
    pen.blob(
        [(-half, 0), (-half * 0.9, -62), (0, -96), (half * 0.9, -62), (half, 0), (half, 18), (-half, 18)],
        colour,
        tone="down",
    )
    count = 23
    for i in range(count):
        x = -half + 9 + i * (width - 18) / (count - 1)
        pen.box(x - 4, 10, x + 4, 108 - abs(i - count // 2) * 0.8, colour, radius=4, tone="round")
    pen.curve([(-half * 0.7, -34), (0, -62), (half * 0.7, -34)], shade(colour, -0.3), 4, alpha=0.7)


def toothbrush(pen: Pen, *, colour: str = "#D8B47C", bristle: str = "#F6F1E4", length: float = 430) -> None:
    """Draw a bamboo toothbrush lying along the x axis, its head to the left."""
    half = length / 2
    pen.blob(
        [
            (-half, -12),
            (-half + 110, -13),
            (-half + 150, -9),
            (half - 80, -15),
            (half, -12),
            (half + 6, 0),
            (half, 12),
            (half - 80, 15),
            (-half + 150, 9),
            (-half + 110, 13),
            (-half, 12),
        ],
        colour,
        tone="down",
    )
    for i in range(8):
        pen.box(-half + 10 + i * 12, -44, -half + 20 + i * 12, -10, bristle, radius=3, tone="round", strength=0.6)


def balm(pen: Pen, colour: str, *, body: str = "#F3EBDD", half: float = 34, height: float = 150) -> None:
    """Draw an open lip balm standing on the origin."""
    pen.fill(
        [
            (-half * 0.72, -height),
            (half * 0.72, -height - 44),
            (half * 0.72, -height + 34),
            (-half * 0.72, -height + 34),
        ],
        colour,
        tone="round",
    )
    pen.lathe([(half * 0.9, -height + 22), (half * 0.9, -height * 0.5)], "#D9BC76", bend=0.2)
    pen.lathe([(half, -height * 0.62), (half, -4)], body, bend=0.2)
