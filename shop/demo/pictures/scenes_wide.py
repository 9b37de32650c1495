"""The wide pictures: banners of the home page and the fronts of the stores."""

from dataclasses import dataclass

from shop.demo.pictures import baked, cloth, garden, produce, tableware, vessels
from shop.demo.pictures.album import drawing
from shop.demo.pictures.canvas import Pen, Scene
from shop.demo.pictures.colours import shade
from shop.demo.pictures.marks import mark
from shop.demo.pictures.papers import standing
from shop.demo.pictures.shapes import arc

BANNER = (1200, 560)  # as wide as the home page shows it: 750 by 350
FRONT = (960, 480)


@drawing
def banner_market() -> Scene:
    """Draw a morning's fruit and vegetables in a row."""
    scene = _banner("sage")
    with scene.thing(820, 380, turn=8, scale=0.9) as pen:
        produce.greens(pen)
    with scene.thing(640, 396, turn=-8, scale=0.9) as pen:
        produce.corn(pen)
    with scene.thing(300, 400, scale=1.1) as pen:
        tableware.basket(pen, half=210, height=130)
        for i, x in enumerate((-130, -45, 45, 130)):
            produce.apple(pen.at(x, -90 - (i % 2) * 14), ("#C8402F", "#D9892F", "#B93A34", "#C8402F")[i], r=52)
        pen.fill(arc(0, -128, 200, 30, 0, 180), "#C79A5B", tone="side")
    with scene.thing(980, 430) as pen:
        produce.pumpkin(pen, r=130)
    for x, y, colour in ((560, 452, "#D8452F"), (650, 462, "#E2503A"), (736, 456, "#E8A33B")):
        with scene.thing(x, y) as pen:
            produce.tomato(pen, colour, r=52)
    return scene


@drawing
def banner_tea() -> Scene:
    """Draw an afternoon: a pot of tea, a tin, bread and a vase."""
    scene = _banner("apricot")
    with scene.thing(1010, 392, scale=0.8) as pen:
        for turn, bow in ((-20, -20), (2, 4), (22, 22)):
            garden.sprig(pen.at(0, -200, turn=turn), "#8FA99C", length=280, bow=bow, size=54)
        garden.vase(pen, "#F4F0E6", half=96, height=230)
    with scene.thing(806, 396) as pen:
        vessels.tin(pen, "#3E7257", sign="leaf", height=240)
    with scene.thing(200, 400, scale=0.92) as pen:
        vessels.jar(pen, "#E39A1F", "#F2E2B8", sign="flower", ink="#C07A12")
    with scene.thing(500, 410, scale=1.24) as pen:
        tableware.teapot(pen, "#4F6F63", knob="#C9A35C")
    with scene.thing(890, 470, scale=0.84) as pen:
        baked.croissant(pen)
    for x, y in ((330, 462), (640, 470)):
        with scene.thing(x, y) as pen:
            tableware.cup(pen, "#F7F3E8", drink="#C9A24B", half=62, height=76, handle=False, foot=0.6)
    return scene


@drawing
def banner_home() -> Scene:
    """Draw a corner of a home: cushions, towels, a plant and the wash stand."""
    scene = _banner("rose")
    with scene.thing(200, 420, scale=0.94) as pen:
        garden.flowerpot(pen, "#C4764E", half=104, height=150)
        garden.snake_plant(pen.at(0, -150))
    with scene.thing(520, 410) as pen:
        cloth.cushion(pen, "#C98F6B", half=140)
    with scene.thing(400, 436) as pen:
        cloth.cushion(pen, "#5F7F73", half=146, pattern="check", ink="#EFE6D2")
    with scene.thing(1010, 414) as pen:
        vessels.pump(pen, "#7FA493", ink="#5F8574")
    with scene.thing(780, 430) as pen:
        for i, colour in enumerate(("#8FA9B5", "#F3EDE0", "#D9B7A4", "#A9BBA0")):
            cloth.folded(pen.at((i % 2) * 8 - 4, -i * 60), colour, width=310 - i * 8, height=60)
    with scene.thing(630, 470) as pen:
        tableware.cup(pen, "#7E93A8", drink="#6B432E", half=66, height=120, foot=0.92)
    return scene


@dataclass(frozen=True)
class Front:
    """The colours of a store's front."""

    wall: str
    awning: str
    door: str
    sign: str
    mark: str


@drawing
def store_lake() -> Scene:
    return _store("mist", Front("#EFE6D6", "#1F6F54", "#3E5F54", "#2F4F45", "leaf"))


@drawing
def store_bridge() -> Scene:
    return _store("apricot", Front("#F3E9DE", "#B5573F", "#7A4A38", "#7C3B2E", "flower"))


@drawing
def store_garden() -> Scene:
    return _store("sage", Front("#E6EADF", "#4F7E93", "#3F5F6E", "#34505E", "sun"))


def _banner(paper: str) -> Scene:
    return standing(paper, width=BANNER[0], height=BANNER[1], horizon=0.64, fill=0.84, zoom=1.4)


def _store(paper: str, front: Front) -> Scene:
    scene = standing(paper, width=FRONT[0], height=FRONT[1], horizon=0.72, fill=0.88)
    with scene.thing(480, 520) as pen:
        _house(pen, front)
    with scene.thing(180, 540, scale=0.42) as pen:
        garden.flowerpot(pen, "#C4764E", half=120, height=170, saucer=False)
        garden.monstera(pen.at(0, -170))
    with scene.thing(770, 540, scale=0.44) as pen:
        garden.flowerpot(pen, "#F1ECE0", half=120, height=170, saucer=False)
        garden.snake_plant(pen.at(0, -170))
    with scene.thing(330, 552, scale=0.5) as pen:
        tableware.basket(pen, half=150, height=110)
        for x in (-84, 0, 84):
            produce.orange(pen.at(x, -84), r=46)
        pen.fill(arc(0, -108, 142, 24, 0, 180), "#C79A5B", tone="side")
    return scene


def _house(pen: Pen, front: Front) -> None:
    """Draw the front: wall, sign, awning, a shop window and a door; it stands on the origin, 760 wide."""
    pen.box(-380, -470, 380, 0, front.wall, radius=6, tone="side", strength=0.4)
    pen.box(-394, -486, 394, -462, shade(front.wall, -0.12), radius=4, tone="down", strength=0.5)
    pen.box(-380, -26, 380, 0, shade(front.wall, -0.18), radius=0)
    pen.box(-230, -446, 230, -372, front.sign, radius=10, tone="side", strength=0.4)
    mark(pen.at(0, -409), front.mark, "#F6E7C4", size=27)
    for side in (-1, 1):
        pen.box(side * 66, -413, side * 176, -405, "#F6E7C4", radius=4, alpha=0.8)
    _shop_window(pen, front)
    pen.box(120, -296, 310, 0, shade(front.door, -0.2), radius=4)
    pen.box(132, -286, 298, 0, front.door, radius=4, tone="side", strength=0.5)
    pen.box(154, -262, 276, -96, "#F7E9BF", radius=6, tone="down", strength=0.5)
    pen.fill([(166, -250), (206, -250), (176, -108), (166, -108)], "#FFFFFF", alpha=0.35)
    pen.ellipse(148, -120, 8, 8, "#D9BC76", tone="ball")
    _awning(pen, front.awning)


def _shop_window(pen: Pen, front: Front) -> None:
    pen.box(-332, -290, 80, -62, front.door, radius=6, tone="side", strength=0.5)
    glass = pen.box(-318, -276, 66, -76, "#F8E8B8", radius=4, tone="down", strength=0.5)
    pen.box(-318, -156, 66, -148, shade(front.door, 0.2), radius=0)
    for i, (x, colour) in enumerate(
        ((-276, "#3E7257"), (-206, "#E39A1F"), (-134, "#B3301F"), (-60, "#8FA9B5"), (14, "#C98F6B"))
    ):
        shelf = pen.at(x, -157, scale=0.34)
        if i % 2:
            vessels.jar(shelf, colour, "#B98A58", label="")
        else:
            vessels.tin(shelf, colour, height=220)
    for x, scale in ((-262, 0.3), (-176, 0.26), (-90, 0.3), (-6, 0.26)):
        baked.boule(pen.at(x, -80, scale=scale * 0.66))
    pen.fill([(-300, -276), (-210, -276), (-290, -76), (-318, -76), (-318, -230)], "#FFFFFF", alpha=0.22, clip=glass)


def _awning(pen: Pen, colour: str) -> None:
    """Draw a striped awning over window and door, scalloped below."""
    count, left, width = 14, -356, 712
    step = width / count
    for i in range(count):
        x, tint = left + i * step, colour if i % 2 else "#FBF5E6"
        inner = left * 0.94 + i * step * 0.94
        pen.fill(
            [(inner, -366), (inner + step * 0.94, -366), (x + step, -290), (x, -290)], tint, tone="down", strength=0.5
        )
        pen.fill([(x, -290), (x + step, -290), *arc(x + step / 2, -290, step / 2, 22, 0, 180, 14)], shade(tint, -0.1))
    pen.box(left, -280, left + width, -258, "#3A2230", radius=4, alpha=0.16, soft=8)
