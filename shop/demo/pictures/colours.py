"""Colours as the drawings write them, and how two of them mix."""

RGB = tuple[int, int, int]


def rgb(text: str) -> RGB:
    """Read `#RRGGBB`."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """Return `one` with `share` (0 to 1) of `other` in it."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(one, other, strict=True))
    return r, g, b


def shade(text: str, share: float) -> str:
    """Return `text` darker (share below 0) or lighter (above 0), as `#RRGGBB`."""
    target = (255, 250, 240) if share > 0 else (52, 30, 38)
    return "#{:02X}{:02X}{:02X}".format(*mix(rgb(text), target, abs(share)))
