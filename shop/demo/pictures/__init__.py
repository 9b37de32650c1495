"""Every picture of the demo shop, drawn by itself: `draw(name)` gives a WebP of 800 by 800."""

from shop.demo.pictures import (  # noqa: F401  importing a module of scenes puts its drawings into the album
    scenes_bakery,
    scenes_drinks,
    scenes_fresh,
    scenes_garden,
    scenes_home,
    scenes_pantry,
    scenes_wide,
)
from shop.demo.pictures.album import ALBUM


def draw(name: str) -> bytes:
    """Return the picture `name` as WebP; the same bytes every time."""
    return ALBUM[name]().webp()
