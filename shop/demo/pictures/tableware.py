"""Bowls, cups, plates, pots and pans, boards and baskets; each stands on the pen's origin."""

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.colours import shade
from shop.demo.pictures.shapes import Points, arc, smooth

WOOD = "#C99A66"


def bowl(
    pen: Pen, colour: str, *, inside: str = "", half: float = 150, height: float = 120, stripe: str = ""
) -> Points:
    """Draw a bowl; return the outline of its opening, so that food can be heaped in it."""
    pen.lathe(
        [(half, -height), (half * 0.95, -height * 0.62), (half * 0.72, -height * 0.22), (half * 0.42, -4)],
        colour,
        bend=0.2,
    )
    if stripe:
        pen.fill(
            [
                *arc(0, -height * 0.8, half * 0.975, half * 0.2, 0, 180),
                *arc(0, -height * 0.68, half * 0.955, half * 0.2, 180, 0),
            ],
            stripe,
            tone="round",
        )
    pen.ellipse(0, -height, half, half * 0.24, shade(colour, 0.2), tone="side", strength=0.5)
    return pen.ellipse(
        0, -height + 3, half - 9, half * 0.24 - 6, inside or shade(colour, -0.1), tone="inside", strength=0.7
    )


def plate(pen: Pen, colour: str, *, half: float = 210) -> None:
    pen.ellipse(0, 4, half * 0.6, half * 0.16, shade(colour, -0.2))
    pen.ellipse(0, -12, half, half * 0.25, colour, tone="side", strength=0.5)
    pen.ellipse(0, -10, half * 0.74, half * 0.17, shade(colour, -0.05), tone="inside", strength=0.35)


def cup(
    pen: Pen,
    colour: str,
    *,
    drink: str = "",
    half: float = 82,
    height: float = 130,
    handle: bool = True,
    foot: float = 0.8,
    glass: bool = False,
) -> None:
    """Draw a cup or mug; a `glass` one shows its drink through the side."""
    if handle:
        outer = arc(half + 8, -height * 0.54, 46, height * 0.32)
        pen.fill(
            [*outer, *reversed(arc(half + 4, -height * 0.54, 28, height * 0.2))], shade(colour, -0.08), tone="side"
        )
    body = [(half, -height), (half * 0.98, -height * 0.5), (half * foot, -6)]
    if glass:
        pen.lathe(body, "#EFF2EC", bend=0.16, strength=0.4)
        pen.lathe([(half - 7, -height * 0.84), (half - 8, -height * 0.5), (half * foot - 6, -12)], drink, strength=0.7)
        pen.ellipse(0, -height * 0.84, half - 7, (half - 7) * 0.2, shade(drink, 0.2), tone="side")
        pen.box(-half * 0.74, -height * 0.8, -half * 0.58, -20, "#FFFFFF", radius=9, alpha=0.5, soft=2)
        return
    pen.lathe(body, colour, bend=0.16)
    pen.ellipse(0, -height, half, half * 0.2, shade(colour, 0.25), tone="side", strength=0.6)
    pen.ellipse(0, -height + 2, half - 7, half * 0.2 - 5, shade(colour, -0.18), tone="inside")
    if drink:
        pen.ellipse(0, -height + 6, half - 12, half * 0.2 - 8, drink, tone="side", strength=0.6)


def teapot(pen: Pen, colour: str, *, knob: str = "", half: float = 125) -> None:
    """Draw a round teapot, spout to the left, handle to the right."""
    dark = shade(colour, -0.06)
    pen.fill([*arc(half + 6, -108, 62, 66), *reversed(arc(half, -108, 42, 46))], dark, tone="side")
    pen.blob(
        [
            (-half * 0.78, -66),
            (-half * 1.2, -108),
            (-half * 1.5, -168),
            (-half * 1.66, -176),
            (-half * 1.62, -156),
            (-half * 1.34, -84),
            (-half * 0.8, -30),
        ],
        dark,
        tone="side",
    )
    pen.blob(
        [
            (0, -178),
            (half * 0.62, -166),
            (half, -110),
            (half * 0.92, -50),
            (half * 0.55, 0),
            (0, 8),
            (-half * 0.55, 0),
            (-half * 0.92, -50),
            (-half, -110),
            (-half * 0.62, -166),
        ],
        colour,
        tone="ball",
    )
    pen.ellipse(0, -168, half * 0.56, 18, dark, tone="side")
    pen.blob(
        [(-half * 0.5, -172), (-half * 0.3, -192), (0, -198), (half * 0.3, -192), (half * 0.5, -172), (0, -162)],
        colour,
        tone="side",
    )
    pen.ellipse(0, -206, 18, 15, knob or dark, tone="ball")


def pan(pen: Pen, colour: str, *, handle: str = WOOD, half: float = 190, inside: str = "") -> None:
    """Draw a frying pan seen from above, its handle to the lower right."""
    grip = pen.at(0, 0, turn=38)
    grip.box(half * 0.86, -17, half + 60, 17, shade(colour, -0.15), radius=10, tone="down")
    grip.box(half + 40, -22, half + 218, 22, handle, radius=22, tone="down")
    grip.ellipse(half + 192, 0, 9, 9, shade(handle, -0.55))
    pen.ellipse(0, 0, half, half, colour, tone="side")
    pen.ellipse(0, 0, half - 12, half - 12, shade(colour, -0.25), tone="inside", strength=0.8)
    pen.ellipse(4, 6, half - 32, half - 32, inside or shade(colour, -0.1), tone="side", strength=0.5)
    pen.fill(
        [*arc(0, 0, half - 44, half - 44, 190, 265), *reversed(arc(0, 0, half - 58, half - 58, 190, 265))],
        "#FFFFFF",
        alpha=0.16,
        soft=4,
    )


def pot(pen: Pen, colour: str, *, knob: str = "#D6B26A", half: float = 180, height: float = 170) -> None:
    """Draw a lidded casserole with two ears."""
    for side in (-1, 1):
        pen.box(
            side * (half - 12),
            -height + 22,
            side * (half + 44),
            -height + 52,
            shade(colour, -0.14),
            radius=15,
            tone="down",
        )
    pen.lathe([(half, -height), (half, -height * 0.4), (half * 0.93, -8)], colour, bend=0.15)
    pen.fill(
        [
            *arc(0, -height, half + 7, half * 0.17, 0, 180),
            *smooth(
                [
                    (-half - 7, -height),
                    (-half * 0.7, -height - 46),
                    (0, -height - 66),
                    (half * 0.7, -height - 46),
                    (half + 7, -height),
                ],
                closed=False,
            ),
        ],
        shade(colour, -0.05),
        tone="side",
        strength=0.9,
    )
    pen.shine(
        [
            (-half * 0.6, -height - 20),
            (-half * 0.3, -height - 46),
            (-half * 0.1, -height - 50),
            (-half * 0.36, -height - 18),
        ],
        alpha=0.4,
        soft=6,
    )
    pen.lathe([(12, -height - 84), (10, -height - 62)], knob, bend=0.3)
    pen.ellipse(0, -height - 88, 26, 14, knob, tone="ball")


def board(pen: Pen, *, colour: str = WOOD, width: float = 460, height: float = 26) -> None:
    """Draw a wooden board seen along its edge: a top face and a front edge."""
    half = width / 2
    pen.fill([(-half, 0), (half, 0), (half - 34, -52), (-half + 34, -52)], colour, tone="side", strength=0.6)
    for i in range(5):
        y = -46 + i * 9
        pen.line([(-half + 40 + i * 22, y), (half - 60 - i * 14, y)], shade(colour, -0.2), 2, alpha=0.35)
    pen.box(-half, -2, half, height - 2, shade(colour, -0.16), radius=5, tone="side", strength=0.5)


def basket(pen: Pen, colour: str = "#C79A5B", *, half: float = 190, height: float = 130) -> Points:
    """Draw a woven basket; return the outline of its opening."""
    outline = pen.lathe([(half, -height), (half * 0.96, -height * 0.5), (half * 0.82, -4)], colour, bend=0.15)
    for row in range(5):
        y = -height + 22 + row * (height - 20) / 5
        for i in range(-8, 9):
            x = i * half / 8 + (half / 16 if row % 2 else 0)
            pen.ellipse(
                x,
                y + (1 - (x / half) ** 2) * half * 0.14,
                half / 17,
                8,
                shade(colour, -0.2 if i % 2 else 0.18),
                alpha=0.75,
                clip=outline,
            )
    pen.ellipse(0, -height, half + 6, half * 0.2, shade(colour, 0.1), tone="side")
    return pen.ellipse(0, -height + 2, half - 12, half * 0.2 - 9, shade(colour, -0.5), tone="inside")


def spoon(pen: Pen, *, colour: str = WOOD, length: float = 330) -> None:
    """Draw a spoon lying from the origin upwards, its bowl at the far end."""
    pen.blob(
        [(-9, 0), (9, 0), (7, -length * 0.4), (8, -length * 0.7), (-8, -length * 0.7), (-7, -length * 0.4)],
        colour,
        tone="side",
    )
    pen.ellipse(0, -length * 0.84, 36, length * 0.17, colour, tone="side")
    pen.ellipse(1, -length * 0.84, 27, length * 0.14, shade(colour, -0.16), tone="inside")
