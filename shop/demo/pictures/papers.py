"""The paper a still life stands on: a wall, a table and the light of a window, one mood per category."""

from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFilter

from shop.demo.pictures.canvas import LIGHT, SHADE, Frame, Pen, Scene, Thing
from shop.demo.pictures.colours import mix, rgb

SIDE = 800
SMALL = 4  # the background is soft: it is painted four times smaller


@dataclass(frozen=True)
class Paper:
    wall: str
    table: str


PAPERS = {
    "apricot": Paper("#F7E3CB", "#EDCDA9"),
    "sage": Paper("#DFE7D3", "#C6D4B7"),
    "jade": Paper("#D5E2D8", "#B9CFC0"),
    "oat": Paper("#F1E8DA", "#E0D1BA"),
    "wheat": Paper("#F4E4C4", "#E5CC9E"),
    "rose": Paper("#F3DEDA", "#E6C4BF"),
    "clay": Paper("#EBD3C2", "#D9B49B"),
    "mist": Paper("#DDE6EA", "#C2D1D9"),
    "sky": Paper("#D6E3EC", "#B8CEDC"),
    "lilac": Paper("#E4DFEC", "#CDC5DC"),
    "linen": Paper("#EFEBE3", "#DAD2C4"),
    "butter": Paper("#F8EDC6", "#EBD99B"),
    "mint": Paper("#D9EBE2", "#BBD9CB"),
    "stone": Paper("#E3E2DD", "#CBC9C1"),
}


def standing(
    paper: str,
    *,
    width: int = SIDE,
    height: int = SIDE,
    horizon: float = 0.68,
    fill: float = 0.75,
    zoom: float = 1.6,
) -> Scene:
    """Return a scene seen from the side: a wall, and a table from `horizon` (a share of the height) down.

    Its things are enlarged, at most `zoom` times, until they fill the share `fill` of its width.
    """
    tints = PAPERS[paper]
    image = _lit_wall(tints.wall, width, height)
    line = height * horizon
    room = Frame(width * 0.75, height * 0.71, (width / 2 - 10, height * 0.54), height * 0.93, line + height * 0.17)
    scene = Scene(width, height, image, replace(room, zoom=zoom, width=width * fill))
    table = Pen(0, line)
    table.fill([(0, 0), (width, 0), (width, height), (0, height)], tints.table, tone="side", strength=0.32)
    table.fill([(0, -1), (width, -1), (width, 3), (0, 3)], "#FFFFFF", alpha=0.3, soft=1)
    scene.lay(Thing(line, table.shapes, shadow=0))
    return scene


def lying(paper: str, sheet: str = "", *, turn: float = -7) -> Scene:
    """Return a scene seen from above: a sheet of `paper`, and askew on it a second one if `sheet` names it."""
    scene = Scene(SIDE, SIDE, _lit_wall(PAPERS[paper].table, SIDE, SIDE), Frame(600, 590, (414, 396), SIDE, 0))
    if sheet:
        page = Pen(400, 400, turn=turn)
        edges = [(-285.0, -560.0), (640.0, -560.0), (640.0, 560.0), (-285.0, 560.0)]
        page.fill(edges, PAPERS[sheet].wall, tone="side", strength=0.2)
        scene.lay(Thing(400, page.shapes, lying=True, shadow=0.7))
    return scene


def _lit_wall(colour: str, width: int, height: int) -> Image.Image:
    size = (width // SMALL, height // SMALL)
    base = rgb(colour)
    wall = Image.new("RGB", size, base)
    glow = Image.radial_gradient("L").resize((size[0] * 2, size[0] * 2))
    corner = glow.crop(
        (round(size[0] * 0.62), round(size[0] * 0.72), round(size[0] * 0.62) + size[0], round(size[0] * 0.72) + size[1])
    )
    wall.paste(mix(base, SHADE, 0.22), (0, 0), corner.point(lambda level: round(level * 0.75)))
    wall.paste(mix(base, LIGHT, 0.85), (0, 0), _window(size))
    return wall


def _window(size: tuple[int, int]) -> Image.Image:
    """Return the light of a window with a cross bar, thrown slantwise on the wall."""
    width, height = size
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    for column in (0, 1):
        for row in (0, 1):
            left, top = width * (0.06 + 0.27 * column), height * (0.02 + 0.34 * row) + width * 0.05 * column
            pane = [(left, top), (left + width * 0.24, top + width * 0.045)]
            pane += [(left + width * 0.31, top + height * 0.345), (left + width * 0.07, top + height * 0.3)]
            draw.polygon([(x + row * width * 0.078, y) for x, y in pane], fill=150)
    return mask.filter(ImageFilter.GaussianBlur(width * 0.014))
