"""Towels, cushions, blankets and clothes; standing things stand on the origin, lying ones lie around it."""

from shop.demo.pictures.canvas import Pen
from shop.demo.pictures.colours import shade
from shop.demo.pictures.shapes import arc


def folded(
    pen: Pen, colour: str, *, width: float = 320, height: float = 62, stripe: str = "", fringe: bool = False
) -> None:
    """Draw one folded cloth seen from its fold; several stacked make a pile."""
    half = width / 2
    body = pen.fill(
        [
            *arc(-half + height / 2, -height / 2, height / 2, height / 2, 90, 270, 16),
            *arc(half - 8, -height + 8, 8, 8, 270, 360, 6),
            *arc(half - 8, -8, 8, 8, 0, 90, 6),
        ],
        colour,
        tone="down",
        strength=0.8,
    )
    pen.line([(-half + height * 0.34, -height / 2), (half - 4, -height / 2)], shade(colour, -0.32), 3, alpha=0.6)
    pen.line([(-half + height * 0.4, -height / 2 - 4), (half - 4, -height / 2 - 4)], shade(colour, 0.4), 2, alpha=0.6)
    if stripe:
        for x in (half * 0.5, half * 0.62):
            pen.box(x, -height - 2, x + 12, 2, stripe, radius=0, alpha=0.9, clip=body)
    if fringe:
        for i in range(7):
            pen.line(
                [(half - 2, -height + 6 + i * height / 7), (half + 24, -height + 9 + i * height / 7)],
                shade(colour, 0.15),
                4,
            )


def rolled(pen: Pen, colour: str, *, r: float = 62, length: float = 150) -> None:
    """Draw a rolled towel from its end."""
    for i in range(10, 0, -1):
        pen.at(i * length / 10, -i * length / 34).ellipse(0, -r, r, r, colour, tone="down", strength=0.7)
    for size, tint in ((1.0, 0.0), (0.8, 0.3), (0.68, -0.06), (0.5, 0.3), (0.38, -0.06), (0.22, 0.25), (0.12, -0.1)):
        pen.ellipse((1 - size) * 6, -r, r * size, r * size, shade(colour, tint), tone="side", strength=0.4)


def cushion(pen: Pen, colour: str, *, half: float = 170, pattern: str = "", ink: str = "#FFFFFF") -> None:
    """Draw a cushion standing on its edge; `pattern` is "", "stripe", "check" or "dot"."""
    a, b = half, half * 0.9
    body = pen.blob(
        [(-a, -2 * a), (0, -a - b - 4), (a, -2 * a), (b + 4, -a), (a, 0), (0, -a + b + 4), (-a, 0), (-b - 4, -a)],
        colour,
        tone="ball",
        strength=0.7,
    )
    step = half / 3
    for i in range(-3, 4):
        if pattern in ("stripe", "check"):
            pen.box(i * step - 7, -2 * a, i * step + 7, 0, ink, radius=0, alpha=0.42, clip=body)
        if pattern == "check":
            pen.box(-a, -a + i * step - 7, a, -a + i * step + 7, ink, radius=0, alpha=0.42, clip=body)
        if pattern == "dot":
            for j in range(-3, 4):
                pen.ellipse(i * step + (step / 2 if j % 2 else 0), -a + j * step, 10, 10, ink, alpha=0.75, clip=body)
    pen.blob(
        [(-a * 0.5, -a * 1.5), (-a * 0.1, -a * 1.6), (-a * 0.3, -a * 1.1), (-a * 0.66, -a)],
        "#FFFFFF",
        alpha=0.14,
        soft=20,
        clip=body,
    )


def apron(pen: Pen, colour: str, *, pocket: str = "", strap: str = "#8A6A48") -> None:
    """Draw an apron lying flat around the origin."""
    pen.curve([(-70, -236), (-66, -322), (0, -352), (66, -322), (70, -236)], strap, 13)
    for side in (-1, 1):
        pen.curve([(side * 168, -40), (side * 230, -20), (side * 262, 60), (side * 232, 130)], strap, 11)
    pen.fill(
        [(-84, -246), (84, -246), (96, -180), (172, -60), (182, 260), (-182, 260), (-172, -60), (-96, -180)],
        colour,
        tone="side",
        strength=0.6,
    )
    for x in (-110, 10, 120):
        pen.curve([(x, -20), (x + 10, 120), (x - 4, 256)], shade(colour, -0.22), 9, alpha=0.22)
    pen.fill([(-96, 20), (96, 20), (90, 140), (-90, 140)], pocket or shade(colour, -0.1), tone="side", strength=0.4)
    pen.line([(0, 24), (0, 138)], shade(colour, -0.3), 3, alpha=0.6)
    pen.line([(-176, 246), (176, 246)], shade(colour, -0.25), 2, alpha=0.6)


def tote(pen: Pen, colour: str = "#EFE4CC", *, ink: str = "#1F6F54", handle: str = "") -> Pen:
    """Draw a cloth bag standing on the origin; return a pen at the middle of its face."""
    for x0, tint in ((-8, -0.22), (0, 0.0)):
        pen.curve(
            [(-82 + x0, -318), (-70 + x0, -440), (0 + x0, -476), (70 + x0, -440), (82 + x0, -318)],
            shade(handle or colour, tint - 0.08),
            17,
        )
    pen.blob(
        [
            (-168, -330),
            (0, -322),
            (168, -330),
            (178, -170),
            (182, -12),
            (150, 6),
            (0, 10),
            (-150, 6),
            (-182, -12),
            (-178, -170),
        ],
        colour,
        tone="side",
        strength=0.8,
    )
    pen.line([(-166, -304), (166, -304)], shade(colour, -0.25), 3, alpha=0.5)
    for x in (-120, 70, 130):
        pen.curve([(x, -280), (x + 14, -150), (x, -20)], shade(colour, -0.2), 9, alpha=0.18)
    pen.ellipse(0, -160, 84, 84, ink, alpha=0.94)
    return pen.at(0, -160)


def slipper(pen: Pen, colour: str, *, sole: str = "#E7D6B8") -> None:
    """Draw one slipper lying around the origin, its toe up."""
    pen.blob(
        [
            (0, -190),
            (66, -160),
            (84, -60),
            (62, 60),
            (66, 150),
            (0, 196),
            (-66, 150),
            (-62, 60),
            (-84, -60),
            (-66, -160),
        ],
        shade(sole, -0.22),
    )
    inner = pen.blob(
        [
            (0, -182),
            (58, -152),
            (74, -60),
            (54, 60),
            (58, 144),
            (0, 186),
            (-58, 144),
            (-54, 60),
            (-74, -60),
            (-58, -152),
        ],
        sole,
        tone="side",
        strength=0.5,
    )
    pen.ellipse(0, 110, 34, 46, shade(sole, -0.12), alpha=0.8, soft=4, clip=inner)
    pen.blob(
        [(0, -196), (72, -162), (92, -66), (84, 6), (0, -26), (-84, 6), (-92, -66), (-72, -162)], colour, tone="side"
    )
    pen.curve([(-82, 0), (0, -30), (82, 0)], shade(colour, 0.35), 7)


def draped(pen: Pen, colour: str, *, stripe: str = "") -> None:
    """Draw a blanket thrown over an invisible edge, with a fringe."""
    body = pen.blob(
        [
            (-190, -330),
            (0, -346),
            (190, -330),
            (206, -180),
            (196, -40),
            (120, -20),
            (40, -40),
            (-60, -18),
            (-150, -36),
            (-200, -30),
            (-208, -180),
        ],
        colour,
        tone="side",
    )
    for x in (-130, -40, 60, 140):
        pen.curve([(x, -326), (x + 16, -190), (x - 6, -40)], shade(colour, -0.35), 20, alpha=0.22, soft=8, clip=body)
    if stripe:
        for y in (-120, -94):
            pen.curve([(-210, y), (-80, y + 12), (40, y - 4), (210, y + 6)], stripe, 12, clip=body)
    for i in range(22):
        left = -192 + i * 18.4
        pen.line([(left, -34 + (i % 3) * 4), (left + (i % 2) * 5 - 2, 10 + (i % 3) * 4)], shade(colour, 0.12), 6)
