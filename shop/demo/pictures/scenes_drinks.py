"""Still lifes of tea and coffee."""

from shop.demo.pictures import produce, tableware, vessels
from shop.demo.pictures.album import drawing
from shop.demo.pictures.canvas import Pen, Scene
from shop.demo.pictures.colours import shade
from shop.demo.pictures.garden import daisy
from shop.demo.pictures.marks import mark
from shop.demo.pictures.papers import lying, standing
from shop.demo.pictures.shapes import leaf


@drawing
def longjing() -> Scene:
    scene = standing("jade")
    with scene.thing(316, 640, scale=1.22) as pen:
        vessels.tin(pen, "#3E7257", sign="leaf")
    with scene.thing(560, 672) as pen:
        tableware.cup(pen, "#FFFFFF", drink="#C9D58B", half=86, height=170, handle=False, glass=True)
        for x, y, turn in ((-30, -60, 12), (8, -90, -18), (34, -50, 24), (-6, -36, -4)):
            pen.at(x, y, turn=turn).fill(leaf(48, 13), "#6E8B3D", alpha=0.85)
    with scene.thing(330, 724, lying=True) as pen:
        produce.scatter(pen, "tea", 22, width=230, height=36, seed=4)
    return scene


@drawing
def jasmine_tea() -> Scene:
    scene = standing("sage")
    with scene.thing(470, 640, scale=1.2) as pen:
        vessels.tin(pen, "#F3EEDF", lid="#DCCFA9", sign="flower", ink="#9DB38C", height=270)
    with scene.thing(250, 676) as pen:
        tableware.cup(pen, "#F8F5EC", drink="#D9C77C", half=92, height=110, handle=False, foot=0.55)
    for x, y, r in ((604, 708, 44), (380, 714, 36), (662, 668, 30)):
        with scene.thing(x, y, lying=True) as pen:
            daisy(pen, r=r, heart="#E3D59A")
    return scene


@drawing
def keemun() -> Scene:
    scene = standing("clay")
    with scene.thing(300, 640, scale=1.2) as pen:
        vessels.tin(pen, "#7C2E2B", lid="#C79B55", sign="hill", ink="#F1D9A8", height=270)
    with scene.thing(548, 668) as pen:
        tableware.cup(pen, "#FFFFFF", drink="#A6482A", half=96, height=140, glass=True)
    with scene.thing(380, 724, lying=True) as pen:
        produce.scatter(pen, "blacktea", 20, width=240, height=34, seed=9)
    return scene


@drawing
def puer_cake() -> Scene:
    scene = lying("wheat", "oat", turn=-9)
    with scene.thing(400, 390, lying=True) as pen:
        pen.ellipse(0, 0, 250, 250, "#F4EAD2", tone="side", strength=0.6)
        for i in range(20):
            pen.at(0, 0, turn=i * 18).line([(0, -236), (0, -150)], "#C9B88F", 3, alpha=0.4)
        pen.ellipse(0, 0, 122, 122, "#9B3B2E", tone="side", strength=0.5)
        pen.ellipse(0, 0, 106, 106, "#F4EAD2")
        mark(pen, "hill", "#9B3B2E", size=66)
    with scene.thing(624, 628, lying=True) as pen:
        pen.blob([(-70, -40), (0, -64), (80, -30), (70, 40), (0, 60), (-76, 30)], "#4C3124", tone="ball")
        produce.scatter(pen, "blacktea", 16, width=150, height=100, seed=3)
    return scene


@drawing
def osmanthus_oolong() -> Scene:
    scene = standing("butter")
    with scene.thing(330, 640) as pen:
        vessels.carton(pen, "#D9A441", width=260, height=300, depth=90, sign="flower", ink="#FFF6DC", panel="#B98428")
    with scene.thing(584, 676) as pen:
        tableware.cup(pen, "#F7F3E8", drink="#C98B32", half=92, height=130)
        pen.curve([(-60, -128), (-100, -90), (-96, -58)], "#F0E8D2", 4)
        pen.box(-120, -62, -74, -6, "#FCF7E8", radius=4, tone="side", strength=0.3)
        mark(pen.at(-97, -34), "flower", "#D9A441", size=15)
    with scene.thing(250, 726, lying=True) as pen:
        produce.scatter(pen, "petal", 18, width=210, height=30, seed=6, scale=0.55)
    return scene


@drawing
def coffee_beans() -> Scene:
    scene = standing("clay")
    with scene.thing(370, 646, scale=1.2) as pen:
        vessels.pouch(pen, "#3F4A45", sign="bean", ink="#E9C48C", panel="#59665F")
        pen.ellipse(0, -352 * 0.9, 13, 13, "#2C3430", tone="ball")
    with scene.thing(560, 690) as pen:
        produce.heap(pen, "coffee", half=140, height=80, seed=5, count=60)
    with scene.thing(250, 722, lying=True) as pen:
        produce.scatter(pen, "coffee", 9, width=220, height=34, seed=8)
    return scene


@drawing
def drip_bags() -> Scene:
    scene = standing("mist")
    with scene.thing(330, 634) as pen:
        vessels.carton(pen, "#5E7F8E", width=270, height=280, depth=90, sign="sun", ink="#F7E3B4", panel="#4C6B79")
    with scene.thing(580, 676) as pen:
        tableware.cup(pen, "#F5F1E8", drink="#5A3522", half=96, height=130)
    for x, turn, colour in ((200, -8, "#D7B27C"), (300, 6, "#B9C7BD")):
        with scene.thing(x, 722, turn=turn) as pen:
            _sachet(pen, colour)
    return scene


def _sachet(pen: Pen, colour: str) -> None:
    pen.box(-52, -130, 52, 0, colour, radius=4, tone="side", strength=0.6)
    pen.box(-52, -132, 52, -118, shade(colour, -0.14), radius=2)
    pen.box(-52, -12, 52, 2, shade(colour, -0.14), radius=2)
    mark(pen.at(0, -66), "bean", "#FBF4E6", size=22)


@drawing
def cold_brew() -> Scene:
    scene = standing("sky")
    for x, y, scale, label in ((520, 616, 0.94, "#F1D9B2"), (290, 652, 1.06, "#F7F2E6")):
        with scene.thing(x, y, scale=scale) as pen:
            vessels.bottle(
                pen, "#4A2B1E", "#2E2A28", label=label, sign="drop", ink="#6B432E", half=80, height=360, neck=30
            )
    with scene.thing(606, 704) as pen:
        tableware.cup(pen, "#FFFFFF", drink="#7A4A2C", half=74, height=150, handle=False, glass=True)
        for x, y in ((-24, -96), (20, -108)):
            pen.at(x, y, turn=x).box(-22, -22, 22, 22, "#F3E9DC", radius=6, alpha=0.55)
    return scene
