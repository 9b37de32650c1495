"""Flowers, plants and their pots; each stands on the pen's origin."""

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.colours import shade
from shop.demo.pictures.shapes import arc, dice, leaf, star

STALK = "#5F8150"


def flowerpot(
    pen: Pen, colour: str = "#C4764E", *, half: float = 100, height: float = 150, saucer: bool = True
) -> None:
    """Draw a pot whose earth lies at (0, -height)."""
    if saucer:
        pen.lathe([(half * 0.96, -16), (half * 0.86, -2)], shade(colour, -0.12), bend=0.14)
    pen.lathe([(half * 0.93, -height + 26), (half * 0.84, -height * 0.4), (half * 0.7, -12)], colour, bend=0.15)
    pen.lathe([(half, -height), (half, -height + 34)], shade(colour, 0.06), bend=0.16)
    pen.ellipse(0, -height, half, half * 0.17, shade(colour, 0.22), tone="side")
    pen.ellipse(0, -height + 2, half - 11, half * 0.13, "#5A4335", tone="inside")


def vase(pen: Pen, colour: str, *, half: float = 84, height: float = 230) -> None:
    pen.lathe(
        [
            (half * 0.5, -height),
            (half * 0.46, -height * 0.82),
            (half * 0.96, -height * 0.5),
            (half, -height * 0.3),
            (half * 0.62, -6),
        ],
        colour,
        bend=0.16,
    )
    pen.ellipse(0, -height, half * 0.5, half * 0.12, shade(colour, -0.3), tone="inside")
    pen.box(-half * 0.72, -height * 0.5, -half * 0.56, -height * 0.2, "#FFFFFF", radius=8, alpha=0.35, soft=4)


def tulip(pen: Pen, colour: str, *, length: float = 260) -> None:
    pen.curve([(0, 0), (8, -length * 0.5), (0, -length)], STALK, 10)
    pen.at(4, -length * 0.2, turn=-24).fill(leaf(length * 0.62, 46, -26), "#7C9C62", tone="side")
    head = pen.at(0, -length)
    head.blob(
        [(0, 12), (40, -8), (46, -62), (30, -112), (0, -92), (-30, -112), (-46, -62), (-40, -8)],
        shade(colour, -0.16),
        tone="side",
    )
    head.blob([(0, 12), (30, -6), (24, -66), (0, -118), (-24, -66), (-30, -6)], colour, tone="ball")
    for side in (-1, 1):
        head.blob(
            [(0, 12), (side * 36, 4), (side * 52, -54), (side * 36, -104), (side * 12, -56)],
            shade(colour, 0.08 if side < 0 else -0.06),
            tone="side",
        )


def rose(pen: Pen, colour: str, *, r: float = 52) -> None:
    """Draw the head of a rose around the origin."""
    for i in range(5):
        petal = pen.at(0, 0, turn=i * 72 + 20)
        petal.ellipse(0, -r * 0.42, r * 0.66, r * 0.62, shade(colour, -0.08), tone="side")
    pen.ellipse(0, 0, r * 0.74, r * 0.72, colour, tone="ball")
    for i, size in enumerate((0.56, 0.42, 0.28)):
        curl = pen.at(0, 0, turn=i * 115)
        curl.fill(
            [
                *arc(0, 0, r * size, r * size, 190, 400, 28),
                *reversed(arc(r * 0.04, r * 0.05, r * size * 0.8, r * size * 0.8, 190, 400, 28)),
            ],
            shade(colour, -0.3),
            alpha=0.8,
        )
    pen.ellipse(0, 0, r * 0.13, r * 0.12, shade(colour, -0.4))


def daisy(pen: Pen, colour: str = "#FDF8EC", *, r: float = 44, heart: str = "#E7A93B") -> None:
    """Draw the head of a daisy around the origin."""
    for i in range(12):
        pen.at(0, 0, turn=i * 30).ellipse(0, -r * 0.62, r * 0.17, r * 0.4, colour if i % 2 else shade(colour, -0.07))
    pen.ellipse(0, 0, r * 0.3, r * 0.28, heart, tone="ball")


def sprig(pen: Pen, colour: str, *, length: float = 300, pairs: int = 7, size: float = 46, bow: float = 20) -> None:
    """Draw a eucalyptus-like sprig: round leaves in pairs along a stalk."""
    pen.curve([(0, 0), (bow * 0.4, -length * 0.5), (bow, -length)], shade(colour, -0.25), 6)
    for i in range(pairs):
        t = 0.2 + 0.8 * i / (pairs - 1)
        x, y, width = bow * t * t, -length * t, size * (1.1 - 0.5 * t)
        for side in (-1, 1):
            pen.at(x, y, turn=side * 62).ellipse(
                0, -width * 0.62, width * 0.44, width * 0.56, shade(colour, 0.1 * side), tone="side", strength=0.7
            )
    pen.at(bow, -length).ellipse(0, -10, size * 0.2, size * 0.3, colour)


def bouquet_wrap(pen: Pen, paper: str, *, ribbon: str = "#B5493B") -> None:
    """Draw the paper cone of a bouquet whose flowers stand above y = -250."""
    pen.fill(
        [(-190, -330), (-90, -390), (0, -350), (90, -390), (190, -330), (60, -20), (-60, -20)],
        shade(paper, -0.12),
        tone="side",
    )
    pen.fill([(-190, -300), (-60, -250), (40, -20), (-62, -10)], paper, tone="side", strength=0.6)
    pen.fill([(190, -300), (40, -236), (-40, -20), (62, -10)], shade(paper, -0.05), tone="side", strength=0.6)
    pen.box(-58, -112, 58, -88, ribbon, radius=4, tone="round")
    for side in (-1, 1):
        pen.blob([(0, -100), (side * 46, -134), (side * 72, -108), (side * 40, -88)], ribbon, tone="side")
        pen.curve([(side * 4, -96), (side * 26, -50), (side * 20, -14)], ribbon, 10)


def monstera(pen: Pen, *, seed: int = 3) -> None:
    """Draw the leaves of a monstera growing from the origin."""
    for x, y, turn, size, tint in (
        (-120, -190, -42, 1.0, -0.1),
        (130, -170, 46, 0.95, -0.06),
        (-50, -280, -14, 1.15, 0.02),
        (76, -300, 20, 1.1, 0.08),
        (0, -150, 4, 0.85, 0.0),
    ):
        pen.curve([(0, 0), (x * 0.4, y * 0.6), (x, y)], STALK, 8)
        _split_leaf(pen.at(x, y, turn=turn, scale=size), shade("#3F7A50", tint))


def _split_leaf(pen: Pen, colour: str) -> None:
    outline = pen.blob(
        [
            (0, 14),
            (46, 30),
            (86, -10),
            (84, -80),
            (46, -142),
            (0, -172),
            (-46, -142),
            (-84, -80),
            (-86, -10),
            (-46, 30),
        ],
        colour,
        tone="side",
    )
    pen.line([(0, 10), (0, -160)], shade(colour, 0.3), 4, alpha=0.8)
    for y in (-10, -48, -86, -122):
        for side in (-1, 1):
            pen.line([(0, y + 12), (side * 60, y - 16)], shade(colour, 0.3), 3, alpha=0.6, clip=outline)
            pen.blob(
                [(side * 96, y - 2), (side * 48, y + 6), (side * 44, y - 2), (side * 96, y - 22)],
                shade(colour, -0.5),
                alpha=0.55,
                clip=outline,
            )


def snake_plant(pen: Pen) -> None:
    """Draw the upright leaves of a snake plant growing from the origin."""
    for x, turn, length in ((-52, -15, 270), (54, 16, 250), (-26, -7, 350), (30, 8, 320), (0, 1, 390)):
        blade = pen.at(x, 6, turn=turn)
        edge = blade.fill(leaf(length, 58), "#B9C36B", tone="side")
        blade.at(0, -6, scale=0.95).fill(leaf(length, 44), "#3F6B4A", tone="side")
        for i in range(9):
            y = -30 - i * length / 11
            blade.curve([(-24, y), (0, y - 9), (24, y)], "#7FA06C", 5, alpha=0.6, clip=edge)


def trailing(pen: Pen, *, colour: str = "#6FA45A") -> None:
    """Draw a pothos: heart-shaped leaves rising from and hanging about the origin."""
    random = dice(11)
    for sx, sy in (
        (-150, 120),
        (150, 140),
        (-90, 40),
        (110, 30),
        (-70, -90),
        (70, -110),
        (0, -140),
        (-130, -20),
        (130, -40),
    ):
        pen.curve([(0, 0), (sx * 0.5, min(sy, 0) * 0.6 - 40), (sx, sy)], STALK, 5)
        heart = pen.at(sx, sy, turn=random.uniform(-40, 40) + (180 if sy > 60 else 0), scale=random.uniform(0.95, 1.2))
        tint = shade(colour, random.uniform(-0.16, 0.16))
        heart.blob(
            [(0, 14), (30, 24), (48, -4), (34, -44), (0, -80), (-34, -44), (-48, -4), (-30, 24)], tint, tone="side"
        )
        heart.line([(0, 10), (0, -66)], "#D8E5A8", 4, alpha=0.7)


def succulent(pen: Pen, colour: str, *, r: float = 76, tip: str = "#D98C86") -> None:
    """Draw a rosette around the origin, seen slightly from above."""
    for ring, (count, reach) in enumerate(((8, 1.0), (7, 0.78), (6, 0.54), (4, 0.32))):
        for i in range(count):
            petal = pen.at(0, -ring * 7, turn=i * 360 / count + ring * 22)
            petal.blob(
                [(0, 0), (r * 0.3, -r * reach * 0.62), (0, -r * reach), (-r * 0.3, -r * reach * 0.62)],
                shade(colour, 0.09 * ring - 0.12),
                tone="side",
            )
            if ring < 2:
                petal.ellipse(0, -r * reach * 0.92, r * 0.06, r * 0.07, tip)


def cactus(pen: Pen, *, colour: str = "#5B8C62", half: float = 50, height: float = 150) -> None:
    body = pen.lathe(
        [(half * 0.5, -height), (half * 0.94, -height * 0.8), (half, -height * 0.4), (half * 0.8, 4)], colour, bend=0.6
    )
    for x in (-0.6, -0.2, 0.2, 0.6):
        pen.curve(
            [(x * half * 0.6, -height * 1.05), (x * half, -height * 0.5), (x * half * 0.8, 0)],
            shade(colour, -0.3),
            3,
            alpha=0.6,
            clip=body,
        )
        for y in (-0.85, -0.6, -0.35, -0.1):
            pen.fill(star(x * half + 6, y * height, 5, 2, 4), "#F6EFD6", alpha=0.9, clip=body)
    pen.blob(star(0, -height * 1.14, 22, 11, 6), "#E58A93", tone="side")
