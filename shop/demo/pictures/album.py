"""The album: every drawing of the demo shop under the name of what it shows."""

from collections.abc import Callable

from shop.demo.pictures.canvas import Scene

Drawing = Callable[[], Scene]
ALBUM: dict[str, Drawing] = {}


def drawing(draw: Drawing) -> Drawing:
    """Put a drawing into the album under its function's name."""
    ALBUM[draw.__name__] = draw
    return draw
