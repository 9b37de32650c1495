"""Fruit and vegetables, nuts and beans; each stands on, or lies around, the pen's origin."""

from random import Random

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.colours import shade
from shop.demo.pictures.shapes import Point, Points, arc, dice, leaf, star

STEM = "#7A5A36"
GREEN = "#5E8C4A"


def apple(pen: Pen, colour: str = "#C8402F", *, blush: str = "#E9B04A", r: float = 88) -> None:
    body = pen.blob(
        [
            (0, -r * 1.66),
            (r * 0.5, -r * 1.82),
            (r * 0.98, -r * 1.3),
            (r * 0.94, -r * 0.62),
            (r * 0.5, -r * 0.04),
            (0, -r * 0.1),
            (-r * 0.5, -r * 0.04),
            (-r * 0.94, -r * 0.62),
            (-r * 0.98, -r * 1.3),
            (-r * 0.5, -r * 1.82),
        ],
        colour,
        tone="ball",
    )
    pen.ellipse(r * 0.28, -r * 0.52, r * 0.5, r * 0.42, blush, alpha=0.4, soft=r * 0.16, clip=body)
    pen.ellipse(0, -r * 1.62, r * 0.3, r * 0.09, shade(colour, -0.45), alpha=0.6, soft=3)
    pen.curve([(0, -r * 1.6), (5, -r * 1.86), (16, -r * 2.04)], STEM, 8)
    pen.at(8, -r * 1.82, turn=62).fill(leaf(r * 0.62, r * 0.4, 8), GREEN, tone="side")
    pen.shine(
        [(-r * 0.5, -r * 1.46), (-r * 0.28, -r * 1.5), (-r * 0.42, -r * 1.14), (-r * 0.62, -r * 1.1)], alpha=0.5, soft=5
    )


def orange(pen: Pen, colour: str = "#F0922B", *, r: float = 84) -> None:
    pen.ellipse(0, -r, r, r * 0.98, colour, tone="ball")
    random = dice(7)
    for _ in range(26):
        x, y = random.uniform(-0.7, 0.7) * r, random.uniform(-0.7, 0.7) * r
        pen.ellipse(x, y - r, 2.2, 2.2, shade(colour, -0.25), alpha=0.5)
    pen.blob(star(0, -r * 1.74, 13, 7, 5), "#6F7F3C")
    pen.shine(
        [(-r * 0.5, -r * 1.5), (-r * 0.26, -r * 1.6), (-r * 0.34, -r * 1.3), (-r * 0.56, -r * 1.2)], alpha=0.42, soft=6
    )


def half_orange(pen: Pen, colour: str = "#F0922B", *, flesh: str = "#F7B04F", r: float = 84) -> None:
    pen.ellipse(0, -r, r, r, colour, tone="side")
    pen.ellipse(0, -r, r * 0.92, r * 0.92, "#FCEFD6")
    for i in range(9):
        wedge = pen.at(0, -r, turn=i * 40)
        wedge.blob(
            [
                (0, -r * 0.1),
                (r * 0.22, -r * 0.62),
                (r * 0.15, -r * 0.84),
                (-r * 0.15, -r * 0.84),
                (-r * 0.22, -r * 0.62),
            ],
            flesh,
            tone="side",
        )


def berry(pen: Pen, colour: str = "#4A5C93", *, r: float = 26) -> None:
    """Draw a blueberry around the origin."""
    pen.ellipse(0, 0, r, r * 0.96, colour, tone="ball")
    pen.fill(star(2, -r * 0.3, r * 0.4, r * 0.22, 5), shade(colour, -0.45))
    pen.ellipse(2, -r * 0.3, r * 0.14, r * 0.1, shade(colour, -0.65))


def strawberry(pen: Pen, *, colour: str = "#D43B3A", r: float = 56) -> None:
    """Draw a strawberry around the origin, its crown on top."""
    body = pen.blob(
        [
            (0, r * 1.2),
            (r * 0.66, r * 0.42),
            (r * 0.94, -r * 0.4),
            (r * 0.5, -r * 0.86),
            (-r * 0.5, -r * 0.86),
            (-r * 0.94, -r * 0.4),
            (-r * 0.66, r * 0.42),
        ],
        colour,
        tone="ball",
    )
    for row, y in enumerate((-0.45, -0.1, 0.25, 0.6)):
        for x in (-0.56, -0.19, 0.19, 0.56):
            width = 1 - max(0.0, y) * 0.9
            pen.ellipse((x + (0.18 if row % 2 else 0)) * r * width, y * r, r * 0.05, r * 0.085, "#F8DE94", clip=body)
    pen.blob(star(0, -r * 0.8, r * 0.66, r * 0.26, 6, turn=15), "#6B9A4B", tone="side")
    pen.curve([(0, -r * 0.85), (r * 0.1, -r * 1.2)], "#6B9A4B", 6)


def tomato(pen: Pen, colour: str = "#D8452F", *, r: float = 70) -> None:
    pen.blob(
        [
            (0, -r * 1.62),
            (r * 0.7, -r * 1.56),
            (r * 1.06, -r * 0.9),
            (r * 0.76, -r * 0.14),
            (0, 0),
            (-r * 0.76, -r * 0.14),
            (-r * 1.06, -r * 0.9),
            (-r * 0.7, -r * 1.56),
        ],
        colour,
        tone="ball",
    )
    pen.blob(star(0, -r * 1.52, r * 0.6, r * 0.14, 5, turn=-20), "#55803F", tone="side")
    pen.shine([(-r * 0.56, -r * 1.3), (-r * 0.3, -r * 1.4), (-r * 0.4, -r), (-r * 0.66, -r * 0.94)], alpha=0.5, soft=5)


def banana(pen: Pen, *, colour: str = "#F2C94C", length: float = 300) -> None:
    """Draw one banana hanging from the origin, curving to the right and down."""
    pen.blob(
        [
            (-8, 0),
            (8, -2),
            (26, length * 0.2),
            (length * 0.2, length * 0.6),
            (length * 0.52, length * 0.86),
            (length * 0.62, length * 0.92),
            (length * 0.6, length),
            (length * 0.46, length * 1.02),
            (length * 0.12, length * 0.84),
            (-length * 0.12, length * 0.4),
        ],
        colour,
        tone="side",
    )
    pen.curve(
        [(10, 30), (length * 0.1, length * 0.5), (length * 0.42, length * 0.88)], shade(colour, -0.28), 5, alpha=0.5
    )
    pen.ellipse(length * 0.6, length * 0.955, 12, 14, "#5C4326")
    pen.box(-10, -26, 10, 14, "#9A8A3C", radius=5, tone="round")


def greens(pen: Pen, *, leaves: str = "#4F8A3F", stalk: str = "#E7EFCB") -> None:
    """Draw a head of pak choi standing on the origin."""
    for turn, size in ((-40, 0.86), (40, 0.86), (-22, 1.0), (22, 1.0), (0, 1.08)):
        part = pen.at(0, -34, turn=turn, scale=size)
        part.blob(
            [(-26, 30), (26, 30), (20, -70), (14, -150), (-14, -150), (-20, -70)], stalk, tone="round", strength=0.6
        )
        part.blob(
            [(0, -120), (60, -160), (84, -240), (60, -312), (0, -336), (-60, -312), (-84, -240), (-60, -160)],
            leaves,
            tone="side",
        )
        part.line([(0, -110), (0, -290)], shade(stalk, -0.05), 7, alpha=0.9)
        for y in (-180, -230):
            part.line([(0, y), (44, y - 40)], stalk, 3, alpha=0.6)
            part.line([(0, y), (-44, y - 40)], stalk, 3, alpha=0.6)
    pen.blob([(-52, -20), (52, -20), (60, -50), (0, -66), (-60, -50)], stalk, tone="round", strength=0.7)
    pen.blob([(-52, -44), (52, -44), (48, 0), (0, 10), (-48, 0)], stalk, tone="round", strength=0.7)


def mushroom(pen: Pen, *, cap: str = "#9A6A44", r: float = 84) -> None:
    pen.lathe([(r * 0.26, -r * 0.9), (r * 0.3, -r * 0.3), (r * 0.36, -4)], "#F1E4CC", bend=0.25)
    pen.ellipse(0, -r * 0.86, r * 0.92, r * 0.24, "#E5D2B2", tone="side")
    top = pen.fill(
        [*arc(0, -r * 0.88, r, r * 0.92, 180, 360), *arc(0, -r * 0.88, r, r * 0.2, 0, 180)], cap, tone="ball"
    )
    for x, y in ((-0.4, -1.3), (0.1, -1.5), (0.5, -1.2), (-0.05, -1.1), (-0.66, -1.05)):
        pen.line([(x * r - 12, y * r), (x * r + 12, y * r + 5)], "#F3E3C6", 5, alpha=0.8, clip=top)


def carrot(pen: Pen, *, colour: str = "#E8812F", length: float = 270) -> None:
    """Draw a carrot whose crown is at the origin and whose tip points down."""
    for turn in (-30, -10, 12, 32):
        frond = pen.at(0, 0, turn=turn)
        frond.curve([(0, 0), (4, -70), (0, -150)], "#5F8F45", 7)
        for y in (-60, -90, -120, -150):
            frond.ellipse(-12, y, 17, 8, "#6FA152")
            frond.ellipse(12, y - 8, 17, 8, "#5F8F45")
    pen.blob(
        [
            (-40, 4),
            (0, -12),
            (40, 4),
            (38, length * 0.3),
            (20, length * 0.75),
            (0, length),
            (-20, length * 0.75),
            (-38, length * 0.3),
        ],
        colour,
        tone="round",
    )
    for low, x in ((0.2, -20), (0.36, 12), (0.52, -8), (0.68, 6)):
        pen.line([(x - 12, low * length), (x + 10, low * length + 2)], shade(colour, -0.25), 3, alpha=0.6)


def corn(pen: Pen) -> None:
    """Draw an ear of corn standing slantwise on the origin."""
    body = pen.blob(
        [(-52, -40), (-58, -170), (-40, -300), (0, -356), (40, -300), (58, -170), (52, -40), (0, -10)],
        "#F3C84B",
        tone="round",
    )
    for row in range(17):
        for column in range(-4, 5):
            x = column * 14 + (7 if row % 2 else 0)
            pen.ellipse(x, -340 + row * 18, 6.4, 7.6, "#FBE08A" if column < 1 else "#DDA632", alpha=0.7, clip=body)
    for side in (-1, 1):
        pen.blob(
            [(0, 10), (side * 50, -10), (side * 92, -130), (side * 78, -262), (side * 52, -150), (side * 20, -50)],
            "#8DB255" if side < 0 else "#7BA246",
            tone="side",
        )
    pen.blob([(-30, 6), (30, 6), (36, -60), (0, -150), (-36, -60)], "#9CC063", tone="round")


def pumpkin(pen: Pen, *, colour: str = "#5C7F4B", r: float = 150) -> None:
    for dx, rx in ((-0.62, 0.4), (0.62, 0.4), (-0.34, 0.44), (0.34, 0.44), (0, 0.42)):
        pen.ellipse(dx * r, -r * 0.62, rx * r, r * (0.62 - abs(dx) * 0.1), colour, tone="round")
    for x, y in ((-0.4, -0.8), (0.2, -0.9), (0.5, -0.5), (-0.2, -0.4), (0.05, -0.62), (-0.66, -0.56)):
        pen.ellipse(x * r, y * r, 5, 13, "#A9BF86", alpha=0.7)
    pen.blob(
        [(-16, -r * 1.14), (-12, -r * 1.36), (14, -r * 1.44), (22, -r * 1.34), (16, -r * 1.14)], "#B59D62", tone="round"
    )


def nut(pen: Pen, kind: str) -> None:
    """Draw one nut, bean or piece of dried fruit around the origin."""
    colour, rx, ry = NUTS[kind]
    if kind == "cashew":
        pen.blob(
            [(-26, 8), (-18, -16), (4, -24), (24, -12), (28, 6), (18, 10), (8, -4), (-8, -2), (-12, 14), (-20, 18)],
            colour,
            tone="ball",
        )
        return
    pen.ellipse(0, 0, rx, ry, colour, tone="ball")
    if kind == "coffee":
        pen.curve([(-rx * 0.8, 3), (-rx * 0.2, -3), (rx * 0.2, 3), (rx * 0.8, -3)], shade(colour, -0.6), 3)
    if kind == "walnut":
        pen.curve([(0, -ry), (-4, 0), (0, ry)], shade(colour, -0.4), 3)
        for side in (-1, 1):
            pen.curve([(side * 8, -ry * 0.7), (side * 14, -2), (side * 8, ry * 0.7)], shade(colour, -0.3), 2.5)
    if kind == "almond":
        pen.line([(-rx * 0.6, 0), (rx * 0.7, 0)], shade(colour, -0.25), 2, alpha=0.7)
    if kind == "pistachio":
        pen.ellipse(3, 1, rx * 0.66, ry * 0.4, "#8FA84B", tone="side")


def mango_strip(pen: Pen, *, colour: str = "#EDA535") -> None:
    """Draw a strip of dried mango around the origin."""
    pen.blob(
        [(-76, -6), (-40, -22), (0, -15), (44, -24), (78, -4), (60, 18), (10, 13), (-36, 21), (-70, 14)],
        colour,
        tone="down",
    )
    pen.curve([(-50, -2), (0, 2), (54, -6)], shade(colour, 0.45), 4, alpha=0.6)


NUTS = {
    "cashew": ("#EED3A2", 28.0, 16.0),
    "almond": ("#B4703C", 27.0, 15.0),
    "walnut": ("#C49459", 29.0, 26.0),
    "pistachio": ("#E5D2A8", 25.0, 17.0),
    "hazelnut": ("#9C6233", 20.0, 20.0),
    "coffee": ("#553323", 22.0, 15.0),
    "raisin": ("#5E2F3D", 17.0, 11.0),
    "hawthorn": ("#B93A34", 22.0, 21.0),
    "date": ("#8A3A2A", 34.0, 21.0),
    "redbean": ("#8E2F32", 16.0, 11.0),
    "rice": ("#F8F3E4", 12.0, 5.0),
    "tea": ("#4F6B3C", 26.0, 5.0),
    "blacktea": ("#4A2C22", 26.0, 5.0),
    "sesame": ("#3B3634", 19.0, 19.0),
    "petal": ("#F3EBD9", 19.0, 10.0),
}


def scatter(pen: Pen, kinds: str, count: int, *, width: float, height: float, seed: int, scale: float = 1) -> None:
    """Strew nuts of `kinds` (names parted by spaces) over an oval around the origin, back to front."""
    random = dice(seed)
    names = kinds.split()
    for x, y in sorted(_spots(random, count, width, height), key=lambda spot: spot[1]):
        nut(pen.at(x, y, turn=random.uniform(0, 180), scale=scale * random.uniform(0.88, 1.1)), random.choice(names))


def heap(
    pen: Pen, kinds: str, *, half: float, height: float, seed: int, count: int = 46, scale: float = 1, ground: str = ""
) -> Points:
    """Heap nuts of `kinds` into a mound on the origin; return its outline."""
    names = kinds.split()
    outline = pen.fill(
        [*arc(0, 0, half, height, 180, 360), *arc(0, 0, half, half * 0.2, 0, 180)],
        ground or shade(NUTS[names[0]][0], -0.35),
    )
    random = dice(seed)
    spots: list[Point] = []
    for i in range(count):
        angle, reach = random.uniform(180, 360), (i / count) ** 0.5
        x, y = arc(0, 0, half * reach, height * reach, angle, angle, count=2)[0]
        spots.append((x, y + random.uniform(0, half * 0.14)))
    for x, y in sorted(spots, key=lambda spot: spot[1]):
        nut(pen.at(x, y, turn=random.uniform(0, 180), scale=scale), random.choice(names))
    return outline


def _spots(random: Random, count: int, width: float, height: float) -> list[Point]:
    """Return spots within an oval that keep a little distance from one another."""
    spots: list[Point] = []
    for _ in range(count * 12):
        x, y = random.uniform(-1, 1), random.uniform(-1, 1)
        near = any((x - a) ** 2 + (y - b) ** 2 < 1.6 / count for a, b in spots)
        if x * x + y * y <= 1 and not near and len(spots) < count:
            spots.append((x, y))
    return [(x * width / 2, y * height / 2) for x, y in spots]
