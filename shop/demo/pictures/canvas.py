"""The drawing board of the demo shop: still lifes on coloured paper, in soft light from the upper left.

Coordinates are those of the finished picture, 800 to a side. A `Pen` records filled polygons in its own turned and
scaled coordinates; when a thing is put on the scene its silhouette throws a shadow first, then its shapes are painted.
Everything is painted at twice the size and reduced at the end, which is what makes the edges smooth.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import TypedDict, Unpack

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from shop.demo.pictures.colours import RGB, mix, rgb
from shop.demo.pictures.shapes import Point, Points, arc, rounded, smooth, turned_profile

OVERSAMPLE = 2
SHADOW_SCALE = 0.25  # shadows are soft, so a quarter of the size is enough
LIGHT = rgb("#FFF6E6")
SHADE = rgb("#3A2230")


class Style(TypedDict, total=False):
    """How a shape is painted; every part may be left out."""

    tone: str  # "flat", or where the light falls: "round", "ball", "down", "side", "inside"
    alpha: float  # 1 is opaque
    soft: float  # radius in picture units over which the edge fades
    clip: Points | None  # a second outline; only what lies inside both is painted
    strength: float  # how far the tone goes towards light and dark


@dataclass(frozen=True)
class Shape:
    points: Points
    colour: RGB
    tone: str = "flat"
    alpha: float = 1.0
    soft: float = 0.0
    clip: Points | None = None
    strength: float = 1.0

    @property
    def casts(self) -> bool:
        """Whether the shape is solid enough to throw a shadow."""
        return self.alpha > 0.3 and not self.soft and self.clip is None


@dataclass(frozen=True)
class Thing:
    """What a pen recorded: shapes that throw one shadow together."""

    foot: float
    shapes: list[Shape]
    lying: bool = False
    shadow: float = 1

    def moved(self, zoom: float, dx: float, dy: float) -> "Thing":
        """Return this thing enlarged by `zoom` and then moved."""

        def placed(points: Points) -> Points:
            return [(x * zoom + dx, y * zoom + dy) for x, y in points]

        shapes = [
            replace(shape, points=placed(shape.points), soft=shape.soft * zoom, clip=shape.clip and placed(shape.clip))
            for shape in self.shapes
        ]
        return replace(self, foot=self.foot * zoom + dy, shapes=shapes)


@dataclass(frozen=True)
class Pen:
    """Records shapes in coordinates of its own: moved to (x, y), scaled, turned clockwise by degrees."""

    x: float = 0
    y: float = 0
    scale: float = 1
    turn: float = 0
    flip: bool = False
    shapes: list[Shape] = field(default_factory=list)

    def at(self, x: float, y: float, *, scale: float = 1, turn: float = 0, flip: bool = False) -> "Pen":
        """Return a pen for a part of the same thing, placed within this pen's coordinates."""
        ((px, py),) = self._placed([(x, y)])
        turned = -turn if self.flip else turn
        return Pen(px, py, self.scale * scale, self.turn + turned, self.flip != flip, self.shapes)

    def fill(self, points: Sequence[Point], colour: str, **style: Unpack[Style]) -> Points:
        """Paint a polygon; return it in the scene's coordinates, ready to be another shape's clip."""
        placed = self._placed(points)
        style["soft"] = style.get("soft", 0) * self.scale
        self.shapes.append(Shape(placed, rgb(colour), **style))
        return placed

    def blob(self, points: Sequence[Point], colour: str, **style: Unpack[Style]) -> Points:
        return self.fill(smooth(points), colour, **style)

    def ellipse(self, cx: float, cy: float, rx: float, ry: float, colour: str, **style: Unpack[Style]) -> Points:
        return self.fill(arc(cx, cy, rx, ry), colour, **style)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, colour: str, *, radius: float = 8, **style: Unpack[Style]
    ) -> Points:
        return self.fill(rounded(x0, y0, x1, y1, radius), colour, **style)

    def line(self, points: Sequence[Point], colour: str, width: float, **style: Unpack[Style]) -> None:
        """Paint a polyline with round ends."""
        for (x0, y0), (x1, y1) in pairwise(points):
            length = math.hypot(x1 - x0, y1 - y0) or 1
            dx, dy = (y1 - y0) / length * width / 2, (x0 - x1) / length * width / 2
            self.fill([(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)], colour, **style)
        for x, y in points:
            self.fill(arc(x, y, width / 2, width / 2, count=12), colour, **style)

    def curve(self, points: Sequence[Point], colour: str, width: float, **style: Unpack[Style]) -> None:
        self.line(smooth(points, closed=False), colour, width, **style)

    def lathe(self, profile: Sequence[Point], colour: str, *, bend: float = 0.16, **style: Unpack[Style]) -> Points:
        """Paint a turned body from `[(half width, y)]`, top first; `bend` is how much of its foot is seen."""
        return self.fill(turned_profile(profile, bend), colour, **({"tone": "round"} | style))

    def shine(
        self, points: Sequence[Point], *, alpha: float = 0.5, soft: float = 3, clip: Points | None = None
    ) -> None:
        self.fill(smooth(points), "#FFFFFF", alpha=alpha, soft=soft, clip=clip)

    def _placed(self, points: Sequence[Point]) -> Points:
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        mirror = -self.scale if self.flip else self.scale
        return [
            (
                self.x + x * mirror * cos - y * self.scale * sin,
                self.y + x * mirror * sin + y * self.scale * cos,
            )
            for x, y in points
        ]


@dataclass(frozen=True)
class Frame:
    """The part of the picture its things shall fill: they are moved and enlarged together until they do."""

    width: float
    height: float
    middle: Point
    lowest: float  # where the foot of the foremost thing may stand at most, and at least
    highest: float
    zoom: float = 1.6


class Scene:
    """A sheet of coloured paper on which things are put, back to front."""

    def __init__(self, width: int, height: int, background: Image.Image, frame: Frame) -> None:
        self.width, self.height, self.frame = width, height, frame
        self.image = background  # grows to the painting size when the picture is finished
        self.papers: list[Thing] = []
        self.things: list[Thing] = []

    @contextmanager
    def thing(
        self,
        x: float,
        y: float,
        *,
        scale: float = 1,
        turn: float = 0,
        flip: bool = False,
        lying: bool = False,
        shadow: float = 1,
    ) -> Iterator[Pen]:
        """Yield a pen whose origin is where the thing stands; `lying` things are seen from above."""
        pen = Pen(x, y, scale, turn, flip)
        yield pen
        self.things.append(Thing(y, pen.shapes, lying, shadow))

    def lay(self, paper: "Thing") -> None:
        """Put a sheet or a table under everything, where it is: papers do not take part in the framing."""
        self.papers.append(paper)

    def webp(self, most: int = 15_000) -> bytes:
        """Return the finished picture; its quality is lowered until it has at most `most` bytes."""
        picture = self.finished()
        for quality in (80, 70, 60, 48):
            buffer = BytesIO()
            picture.save(buffer, "WEBP", quality=quality, method=3)
            if buffer.tell() <= most:
                break
        return buffer.getvalue()

    def finished(self) -> Image.Image:
        """Frame the things, paint them back to front and reduce the picture to its size."""
        size = (self.width * OVERSAMPLE, self.height * OVERSAMPLE)
        self.image = self.image.resize(size, Image.Resampling.BILINEAR)
        zoom, dx, dy = self._framing()
        for thing in [*self.papers, *(thing.moved(zoom, dx, dy) for thing in self.things)]:
            if thing.shadow:
                self._throw_shadow(thing)
            for shape in thing.shapes:
                self._paint_shape(shape)
        return self.image.reduce(OVERSAMPLE)

    def _framing(self) -> tuple[float, float, float]:
        points = [point for thing in self.things for shape in thing.shapes if shape.casts for point in shape.points]
        if not points:
            return 1, 0, 0
        xs, ys = [x for x, _ in points], [y for _, y in points]
        width, height, frame = max(xs) - min(xs), max(ys) - min(ys), self.frame
        zoom = min(frame.width / width, frame.height / height, frame.zoom)
        foot = max(frame.highest, min(frame.lowest, frame.middle[1] + height * zoom / 2))
        return zoom, frame.middle[0] - (max(xs) + min(xs)) / 2 * zoom, foot - max(ys) * zoom

    def _throw_shadow(self, thing: Thing) -> None:
        body, strength = self._silhouette(thing), thing.shadow
        if thing.lying:
            self._darken(_moved(body, 3.5, 5).filter(ImageFilter.GaussianBlur(5)), 0.27 * strength)
            self._darken(_moved(body, 1, 1.5).filter(ImageFilter.GaussianBlur(1.2)), 0.25 * strength)
            return
        foot = thing.foot * SHADOW_SCALE
        lean, flatten = 0.85, 0.24
        fallen = body.transform(
            body.size,
            Image.Transform.AFFINE,
            (1, lean / flatten, -lean * foot / flatten, 0, 1 / flatten, foot * (1 - 1 / flatten)),
            Image.Resampling.BILINEAR,
        )
        self._darken(fallen.filter(ImageFilter.GaussianBlur(4.5)), 0.30 * strength)
        ground = _moved(body, 2, 2.5).filter(ImageFilter.GaussianBlur(2.5))
        self._darken(ImageChops.multiply(ground, _fade(body.size, foot)), 0.42 * strength)

    def _silhouette(self, thing: Thing) -> Image.Image:
        mask = Image.new("L", (round(self.width * SHADOW_SCALE), round(self.height * SHADOW_SCALE)), 0)
        draw = ImageDraw.Draw(mask)
        for shape in thing.shapes:
            if shape.casts:
                draw.polygon([(x * SHADOW_SCALE, y * SHADOW_SCALE) for x, y in shape.points], fill=255)
        return mask

    def _darken(self, mask: Image.Image, strength: float) -> None:
        box = mask.getbbox()
        if not box:
            return
        factor = OVERSAMPLE / SHADOW_SCALE
        grown = mask.crop(box).point(lambda level: round(level * strength))
        size = (round((box[2] - box[0]) * factor), round((box[3] - box[1]) * factor))
        self.image.paste(
            SHADE, (round(box[0] * factor), round(box[1] * factor)), grown.resize(size, Image.Resampling.BILINEAR)
        )

    def _paint_shape(self, shape: Shape) -> None:
        margin = shape.soft * 3 + 2
        xs, ys = [x for x, _ in shape.points], [y for _, y in shape.points]
        left, top = max(0, math.floor(min(xs) - margin)), max(0, math.floor(min(ys) - margin))
        right = min(self.width, math.ceil(max(xs) + margin))
        bottom = min(self.height, math.ceil(max(ys) + margin))
        if right <= left or bottom <= top:
            return
        box = (left, top, right, bottom)
        mask = _mask(shape.points, box, soft=shape.soft, level=round(255 * shape.alpha))
        if shape.clip is not None:
            mask = ImageChops.multiply(mask, _mask(shape.clip, box, soft=0, level=255))
        corner = (left * OVERSAMPLE, top * OVERSAMPLE)
        if shape.tone == "flat":
            self.image.paste(shape.colour, (*corner, corner[0] + mask.width, corner[1] + mask.height), mask)
            return
        tile = _lit_tile(shape.colour, shape.tone, shape.strength)
        self.image.paste(tile.resize(mask.size, Image.Resampling.BILINEAR), corner, mask)


def _mask(points: Points, box: tuple[int, int, int, int], *, soft: float, level: int) -> Image.Image:
    """Return the polygon's mask within `box` at the painting size; soft ones are drawn small and blurred."""
    scale = OVERSAMPLE if soft < 2 else 0.5
    left, top, right, bottom = box
    size = (math.ceil((right - left) * scale), math.ceil((bottom - top) * scale))
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon([((x - left) * scale, (y - top) * scale) for x, y in points], fill=level)
    if soft:
        mask = mask.filter(ImageFilter.GaussianBlur(soft * scale))
    full = ((right - left) * OVERSAMPLE, (bottom - top) * OVERSAMPLE)
    return mask if mask.size == full else mask.resize(full, Image.Resampling.BILINEAR)


@lru_cache(maxsize=512)
def _lit_tile(colour: RGB, tone: str, strength: float) -> Image.Image:
    light, dark = mix(colour, LIGHT, 0.42 * strength), mix(colour, SHADE, 0.38 * strength)
    return ImageOps.colorize(tone_tile(tone), black=dark, white=light, mid=colour)


def _moved(mask: Image.Image, dx: float, dy: float) -> Image.Image:
    return mask.transform(mask.size, Image.Transform.AFFINE, (1, 0, -dx, 0, 1, -dy), Image.Resampling.BILINEAR)


@lru_cache(maxsize=64)
def _fade(size: tuple[int, int], foot: float) -> Image.Image:
    """Return a mask that is dark on the wall and opens just above the foot of a thing."""
    column = [max(0, min(255, round((y - foot + 9) * 26))) for y in range(size[1])]
    fade = Image.new("L", (1, size[1]))
    fade.putdata(column)
    return fade.resize(size)


def _round(u: float, _v: float) -> float:
    stops = [(0.0, 0.36), (0.1, 0.62), (0.27, 0.98), (0.5, 0.58), (0.8, 0.2), (0.94, 0.08), (1.0, 0.2)]
    for (u0, t0), (u1, t1) in pairwise(stops):
        if u <= u1:
            return t0 + (t1 - t0) * (u - u0) / (u1 - u0)
    return stops[-1][1]


def _ball(u: float, v: float) -> float:
    far = math.hypot(u - 0.34, v - 0.28)
    rim = max(0.0, math.hypot(u - 0.5, v - 0.5) - 0.42) * 1.2
    return 0.96 - 1.06 * far + rim * 0.5


TONES: dict[str, Callable[[float, float], float]] = {
    "round": _round,
    "ball": _ball,
    "down": lambda _u, v: 0.82 - 0.62 * v,
    "side": lambda u, v: 0.8 - 0.42 * u - 0.18 * v,
    "inside": lambda u, v: 0.14 + 0.5 * u + 0.22 * v,
}


@lru_cache(maxsize=8)
def tone_tile(name: str) -> Image.Image:
    """Return a 64 by 64 map of light, 127 being the colour itself."""
    side = 64
    tone = TONES[name]
    tile = Image.new("L", (side, side))
    levels = [tone((i % side + 0.5) / side, (i // side + 0.5) / side) for i in range(side * side)]
    tile.putdata([max(0, min(255, round(level * 255))) for level in levels])
    return tile
