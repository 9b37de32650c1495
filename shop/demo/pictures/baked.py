"""Bread, cakes and sweets; each stands on the pen's origin unless it says otherwise."""

from collections.abc import Sequence

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.colours import shade
from shop.demo.pictures.shapes import Point, Points, arc, star

CRUST = "#B9743A"
CRUMB = "#F6E3BF"


def toast_loaf(pen: Pen, *, crust: str = "#C68443", crumb: str = CRUMB, speck: str = "") -> None:
    """Draw a tin loaf from its cut end, with its side running back to the right."""
    face = [
        (-120, 0),
        (-122, -150),
        (-150, -196),
        (-132, -250),
        (-60, -268),
        (60, -268),
        (132, -250),
        (150, -196),
        (122, -150),
        (120, 0),
    ]
    for i in range(9, 0, -1):
        pen.at(i * 13, -i * 5).fill(_soften(face), shade(crust, -0.03 * i), tone="down", strength=0.6)
    pen.fill(_soften(face), crust, tone="side")
    inner = pen.at(0, -8, scale=0.9).fill(_soften(face), crumb, tone="side", strength=0.35)
    for i in range(34):
        x, y = (i * 67) % 220 - 110, -20 - (i * 41) % 215
        pen.ellipse(x, y, 4 + i % 3, 3, speck or shade(crumb, -0.14), alpha=0.8 if speck else 0.6, clip=inner)


def boule(pen: Pen, *, crust: str = "#A9652F", r: float = 180) -> None:
    """Draw a round country loaf, floured and scored."""
    body = pen.blob(
        [
            (0, -r * 1.06),
            (r * 0.62, -r * 0.94),
            (r * 1.02, -r * 0.48),
            (r * 0.9, -r * 0.06),
            (0, 6),
            (-r * 0.9, -r * 0.06),
            (-r * 1.02, -r * 0.48),
            (-r * 0.62, -r * 0.94),
        ],
        crust,
        tone="ball",
    )
    pen.ellipse(-r * 0.14, -r * 0.8, r * 0.6, r * 0.24, "#FBF1DE", alpha=0.5, soft=14, clip=body)
    for i, x in enumerate((-0.44, -0.12, 0.2, 0.52)):
        cut = pen.at(x * r, -r * (0.6 - abs(i - 1.5) * 0.05), turn=24)
        cut.ellipse(0, 0, r * 0.085, r * 0.36, "#EFD3A0", tone="side", clip=body)
        cut.ellipse(-r * 0.05, 0, r * 0.04, r * 0.35, shade(crust, -0.32), alpha=0.8, clip=body)


def croissant(pen: Pen, *, colour: str = "#C98239") -> None:
    """Draw a croissant, its horns to the left and right."""
    parts = [
        (-205, -38, 48, 36, -50),
        (205, -38, 48, 36, 50),
        (-150, -78, 62, 62, -34),
        (150, -78, 62, 62, 34),
        (-80, -104, 74, 84, -16),
        (80, -104, 74, 84, 16),
        (0, -112, 78, 92, 0),
    ]
    for x, y, rx, ry, turn in parts:
        piece = pen.at(x, y, turn=turn)
        outline = piece.ellipse(0, 0, rx, ry, colour, tone="ball")
        for dx in (-0.5, -0.1, 0.34):
            piece.curve(
                [(dx * rx - 6, -ry * 0.9), (dx * rx + 9, 0), (dx * rx - 6, ry * 0.9)],
                shade(colour, -0.28),
                4,
                alpha=0.55,
                clip=outline,
            )


def bagel(pen: Pen, *, colour: str = "#C07A3A", seed: str = "#FBF0D8", r: float = 112) -> None:
    """Draw a bagel lying flat, seen slightly from above."""
    pen.fill([*arc(0, -r * 0.5, r, r * 0.62)], colour, tone="ball")
    pen.ellipse(0, -r * 0.62, r * 0.3, r * 0.15, shade(colour, -0.45), tone="inside")
    for i in range(22):
        spot = arc(0, -r * 0.6, r * (0.52 + 0.1 * (i % 3)), r * (0.3 + 0.05 * (i % 3)), i * 47, i * 47, count=2)[0]
        pen.at(*spot, turn=i * 53).ellipse(0, 0, 6, 3.2, seed)


def cake_slice(pen: Pen, *, sponge: str = "#F0CE86", cream: str = "#FDF6E8", top: str = "#FDF6E8") -> None:
    """Draw a slice of layer cake, its point towards us."""
    pen.fill([(-170, -60), (20, 14), (20, -146), (-170, -206)], sponge, tone="side", strength=0.5)
    pen.fill([(20, 14), (176, -84), (176, -226), (20, -146)], shade(sponge, -0.14), tone="side", strength=0.4)
    for low in (-0.36, -0.7):
        pen.fill(
            [
                (-170, -60 + 146 * low),
                (20, 14 + 160 * low),
                (176, -84 + 142 * low),
                (176, -84 + 142 * low - 15),
                (20, 14 + 160 * low - 17),
                (-170, -60 + 146 * low - 15),
            ],
            cream,
        )
    pen.fill([(-170, -206), (20, -146), (176, -226), (30, -268)], top, tone="side", strength=0.3)
    pen.fill([(-170, -206), (20, -146), (176, -226), (176, -210), (20, -126), (-170, -190)], cream)


def roll_cake(pen: Pen, *, sponge: str = "#E8BE6C", cream: str = "#FDF5E4", skin: str = "#A8682F") -> None:
    """Draw a rolled cake from its cut end."""
    for i in range(12, 0, -1):
        pen.at(i * 15, -i * 4).ellipse(0, -96, 104, 96, skin, tone="down", strength=0.6)
    pen.ellipse(0, -96, 104, 96, skin)
    pen.ellipse(0, -96, 98, 90, sponge, tone="side", strength=0.4)
    coil = [arc(0, -96, 82 - i * 2.1, 76 - i * 1.95, i * 24, i * 24, count=2)[0] for i in range(36)]
    pen.line(coil, cream, 15)


def palmier(pen: Pen, *, colour: str = "#CE8D43", r: float = 66) -> None:
    """Draw a butterfly pastry around the origin."""
    heart = [
        (0, -0.42),
        (0.5, -0.92),
        (1.06, -0.66),
        (1.14, -0.06),
        (0.66, 0.48),
        (0, 0.98),
        (-0.66, 0.48),
        (-1.14, -0.06),
        (-1.06, -0.66),
        (-0.5, -0.92),
    ]
    for size, tint in ((1.0, -0.06), (0.9, 0.14), (0.8, -0.14), (0.7, 0.22)):
        pen.blob([(x * r * size, y * r * size) for x, y in heart], shade(colour, tint), tone="side", strength=0.6)
    for side in (-1, 1):
        curl = pen.at(side * r * 0.42, -r * 0.16)
        for size, tint in ((0.42, -0.12), (0.33, 0.16), (0.2, -0.04)):
            curl.ellipse(0, 0, r * size, r * size * 1.1, shade(colour, tint))
    pen.curve([(0, -r * 0.34), (0, r * 0.1), (0, r * 0.6)], shade(colour, -0.28), r * 0.05)


def mooncake(pen: Pen, *, colour: str = "#D3D99A", r: float = 78, height: float = 44) -> None:
    """Draw a pressed pastry, like those of mung bean or osmanthus."""
    pen.lathe([(r, -height), (r * 1.02, -height * 0.5), (r, -4)], colour, bend=0.3)
    pen.ellipse(0, -height, r, r * 0.36, shade(colour, 0.2), tone="side", strength=0.5)
    top = pen.at(0, -height)
    for i in range(8):
        x, y = arc(0, 0, r * 0.52, r * 0.19, i * 45, i * 45, count=2)[0]
        top.ellipse(x, y, r * 0.17, r * 0.085, shade(colour, -0.16))
    top.ellipse(0, 0, r * 0.2, r * 0.08, shade(colour, -0.22))


def cookie(pen: Pen, *, colour: str = "#D79F57", chips: str = "#5A3524", r: float = 62) -> None:
    """Draw a round biscuit around the origin, seen from above."""
    pen.blob(star(0, 0, r, r * 0.95, 9), colour, tone="ball", strength=0.7)
    for x, y in ((-0.4, -0.3), (0.2, -0.5), (0.5, 0.1), (-0.1, 0.1), (-0.5, 0.4), (0.2, 0.5)):
        pen.ellipse(x * r, y * r, r * 0.12, r * 0.11, chips, tone="ball")


def sweet(pen: Pen, colour: str) -> None:
    """Draw a wrapped sweet around the origin."""
    for side in (-1, 1):
        pen.blob([(side * 30, 0), (side * 66, -26), (side * 58, 0), (side * 66, 26)], shade(colour, 0.3), tone="side")
    pen.box(-38, -25, 38, 25, colour, radius=16, tone="down")
    pen.line([(-16, -20), (-16, 20)], "#FFFFFF", 5, alpha=0.5)
    pen.line([(14, -20), (14, 20)], "#FFFFFF", 5, alpha=0.5)


def egg(pen: Pen, *, colour: str = "#E3B48C", r: float = 44) -> None:
    pen.blob(
        [
            (0, -r * 2.6),
            (r * 0.62, -r * 2.1),
            (r, -r * 1.1),
            (r * 0.72, -r * 0.2),
            (0, 0),
            (-r * 0.72, -r * 0.2),
            (-r, -r * 1.1),
            (-r * 0.62, -r * 2.1),
        ],
        colour,
        tone="ball",
    )


def _soften(points: Sequence[Point]) -> Points:
    """Round the corners of a polygon a little."""
    result: Points = []
    for i, corner in enumerate(points):
        result += [_towards(corner, points[i - 1], share) for share in (0.36, 0.2, 0.09, 0.02)]
        result += [_towards(corner, points[(i + 1) % len(points)], share) for share in (0.02, 0.09, 0.2, 0.36)]
    return result


def _towards(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
