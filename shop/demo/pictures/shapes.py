"""Outlines as lists of points: everything that is drawn becomes a polygon first."""

import math
from collections.abc import Sequence
from random import Random

Point = tuple[float, float]
Points = list[Point]


def arc(cx: float, cy: float, rx: float, ry: float, start: float = 0, end: float = 360, count: int = 56) -> Points:
    """Return points of an ellipse from `start` to `end` degrees, 0 to the right and 90 downwards."""
    steps = [math.radians(start + (end - start) * i / (count - 1)) for i in range(count)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in steps]


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 10) -> Points:
    """Return a Catmull-Rom curve through `points`."""
    count = len(points)
    spans = count if closed else count - 1
    result: Points = []
    for i in range(spans):
        p0, p1, p2, p3 = (_neighbour(points, i + k, closed=closed) for k in (-1, 0, 1, 2))
        result += [_between(p0, p1, p2, p3, step / steps) for step in range(steps)]
    return result if closed else [*result, points[-1]]


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> Points:
    """Return a rectangle with round corners."""
    r = min(radius, abs(x1 - x0) / 2, abs(y1 - y0) / 2)
    if r <= 0:
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    corners = [(x0 + r, y0 + r, 180), (x1 - r, y0 + r, 270), (x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90)]
    return [point for cx, cy, start in corners for point in arc(cx, cy, r, r, start, start + 90, count=8)]


def turned_profile(profile: Sequence[Point], bend: float) -> Points:
    """Return the outline of a turned body from `[(half width, y)]`, top first, with a rounded foot and mouth."""
    side = smooth(profile, closed=False, steps=10)
    top, foot = side[0], side[-1]
    mouth = arc(0, top[1], top[0], top[0] * bend, 180, 360, count=24)
    base = arc(0, foot[1], foot[0], foot[0] * bend, 0, 180, count=24)
    return [*mouth, *side, *base, *[(-half, y) for half, y in reversed(side)]]


def leaf(length: float, width: float, bow: float = 0) -> Points:
    """Return a leaf from (0, 0) upwards to (bow, -length)."""
    return smooth(
        [
            (0, 0),
            (width * 0.42 + bow * 0.2, -length * 0.28),
            (width * 0.44 + bow * 0.6, -length * 0.62),
            (bow, -length),
            (-width * 0.44 + bow * 0.6, -length * 0.62),
            (-width * 0.42 + bow * 0.2, -length * 0.28),
        ],
        steps=6,
    )


def star(cx: float, cy: float, outer: float, inner: float, rays: int, *, turn: float = 0) -> Points:
    """Return a star; smoothed it is a flower or a crown."""
    return [
        (
            cx + (outer if i % 2 == 0 else inner) * math.cos(math.pi * i / rays + math.radians(turn)),
            cy + (outer if i % 2 == 0 else inner) * math.sin(math.pi * i / rays + math.radians(turn)),
        )
        for i in range(rays * 2)
    ]


def dice(seed: int) -> Random:
    """Return a source of chance that falls the same way every time."""
    return Random(seed)  # noqa: S311  it strews nuts and guards nothing


def _neighbour(points: Sequence[Point], i: int, *, closed: bool) -> Point:
    count = len(points)
    return points[i % count] if closed else points[max(0, min(count - 1, i))]


def _between(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    x, y = (
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p0, p1, p2, p3, strict=True)
    )
    return x, y
