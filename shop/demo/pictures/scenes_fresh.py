"""Still lifes of fruit, vegetables, milk and eggs."""

from shop.demo.pictures import baked, produce, tableware, vessels
from shop.demo.pictures.album import drawing
from shop.demo.pictures.canvas import Pen, Scene
from shop.demo.pictures.colours import shade
from shop.demo.pictures.papers import lying, standing
from shop.demo.pictures.shapes import arc, leaf


@drawing
def fuji_apples() -> Scene:
    scene = standing("apricot")
    for x, y, scale, colour in ((505, 596, 1.0, "#B93A34"), (292, 622, 1.12, "#C8402F"), (438, 680, 1.2, "#D1492F")):
        with scene.thing(x, y, scale=scale) as pen:
            produce.apple(pen, colour)
    return scene


@drawing
def navel_oranges() -> Scene:
    scene = standing("butter")
    with scene.thing(300, 610) as pen:
        produce.orange(pen, r=112)
    with scene.thing(540, 630) as pen:
        produce.orange(pen, "#EE8A25", r=98)
    with scene.thing(408, 700) as pen:
        produce.half_orange(pen, r=104)
    with scene.thing(596, 704, lying=True) as pen:
        pen.at(0, 0, turn=70).fill(leaf(120, 56, 12), "#6C8F45", tone="side")
    return scene


@drawing
def blueberries() -> Scene:
    scene = standing("lilac")
    with scene.thing(400, 660) as pen:
        tableware.bowl(pen, "#F5EFE4", half=210, height=170, inside="#3D4C7C")
        _berry_heap(pen.at(0, -172))
    for x, y in ((140, 660), (196, 704), (640, 700), (612, 654)):
        with scene.thing(x, y) as pen:
            produce.berry(pen.at(0, -24), r=29)
    with scene.thing(676, 716, lying=True) as pen:
        pen.at(0, 0, turn=-60).fill(leaf(96, 44, 8), "#6F9160", tone="side")
    return scene


def _berry_heap(pen: Pen) -> None:
    for row, (count, y, half) in enumerate(((6, -34, 120), (7, -10, 156), (7, 12, 150), (5, 30, 100))):
        for i in range(count):
            x = -half + 2 * half * i / (count - 1)
            produce.berry(
                pen.at(x, y - 14 * (1 - (x / 170) ** 2), turn=i * 50 + row * 31),
                "#51649E" if (i + row) % 3 else "#414F86",
                r=32,
            )


@drawing
def strawberries() -> Scene:
    scene = standing("rose")
    with scene.thing(400, 664) as pen:
        tableware.bowl(pen, "#FBF7EF", half=200, height=150, stripe="#8FB3A0")
        for x, y, turn in (
            (-120, -176, -26),
            (-40, -206, 12),
            (48, -204, -14),
            (126, -176, 24),
            (-84, -160, 18),
            (0, -168, -6),
            (84, -160, 8),
        ):
            produce.strawberry(pen.at(x, y, turn=turn), r=56)
    with scene.thing(166, 716) as pen:
        produce.strawberry(pen.at(0, -44, turn=-64), r=50)
    with scene.thing(656, 708) as pen:
        produce.strawberry(pen.at(0, -46, turn=40), r=48)
    return scene


@drawing
def bananas() -> Scene:
    scene = lying("mint", "butter")
    with scene.thing(290, 190, lying=True) as pen:
        for turn, size in ((26, 1.42), (8, 1.5), (-10, 1.52), (-28, 1.44)):
            produce.banana(pen.at(0, 0, turn=turn, scale=size))
        pen.blob([(-34, -34), (34, -38), (44, 8), (0, 26), (-40, 8)], "#8E8440", tone="side")
    return scene


@drawing
def tomatoes() -> Scene:
    scene = standing("sage")
    with scene.thing(310, 600) as pen:
        produce.tomato(pen, r=92)
    with scene.thing(512, 612) as pen:
        produce.tomato(pen, "#CE3B2B", r=98)
    with scene.thing(416, 690) as pen:
        produce.tomato(pen, "#E2503A", r=104)
    with scene.thing(606, 700) as pen:
        produce.tomato(pen, "#E8A33B", r=56)
    with scene.thing(224, 700) as pen:
        produce.tomato(pen, "#D8452F", r=54)
    return scene


@drawing
def pak_choi() -> Scene:
    scene = standing("oat")
    with scene.thing(516, 640, turn=9, scale=1.12) as pen:
        produce.greens(pen, leaves="#437B38")
    with scene.thing(310, 676, turn=-7, scale=1.28) as pen:
        produce.greens(pen)
    return scene


@drawing
def shiitake() -> Scene:
    scene = standing("clay")
    for x, y, r, cap in ((530, 610, 110, "#80563A"), (286, 630, 128, "#93643F"), (452, 700, 116, "#A47248")):
        with scene.thing(x, y) as pen:
            produce.mushroom(pen, cap=cap, r=r)
    return scene


@drawing
def carrots() -> Scene:
    scene = lying("mist", "linen", turn=5)
    for x, y, turn, colour in ((318, 280, 16, "#E27A2B"), (480, 290, -12, "#D96B25"), (400, 270, 2, "#EC8B38")):
        with scene.thing(x, y, turn=turn, scale=1.5, lying=True) as pen:
            produce.carrot(pen, colour=colour)
    return scene


@drawing
def sweet_corn() -> Scene:
    scene = standing("sky")
    with scene.thing(528, 640, turn=17, scale=1.14) as pen:
        produce.corn(pen)
    with scene.thing(310, 668, turn=-12, scale=1.26) as pen:
        produce.corn(pen)
    return scene


@drawing
def pumpkins() -> Scene:
    scene = standing("apricot")
    with scene.thing(526, 620) as pen:
        produce.pumpkin(pen, colour="#D98A3D", r=150)
    with scene.thing(308, 676) as pen:
        produce.pumpkin(pen, r=180)
    return scene


@drawing
def eggs() -> Scene:
    scene = standing("wheat")
    with scene.thing(400, 676) as pen:
        pen.box(-270, -112, 270, -40, "#B9AE9B", radius=20, tone="down", strength=0.5)
        for x in (-200, -100, 0, 100, 200):
            baked.egg(pen.at(x, -50), colour="#DDAA80", r=52)
        for x in (-200, -100, 0, 100, 200):
            pen.fill(arc(x, -62, 50, 44, 0, 180), "#C9BEAA", tone="side")
        pen.box(-280, -70, 280, 0, "#C9BEAA", radius=20, tone="down", strength=0.6)
    with scene.thing(660, 716) as pen:
        baked.egg(pen.at(0, 0, turn=0), colour="#EBC6A0", r=46)
    return scene


@drawing
def fresh_milk() -> Scene:
    scene = standing("sky")
    with scene.thing(330, 650, scale=1.1) as pen:
        vessels.bottle(
            pen,
            "#FBFAF5",
            "#6FA3B8",
            label="#DCEAF0",
            sign="drop",
            ink="#5C8CA3",
            half=92,
            height=410,
            neck=40,
            shoulder=0.36,
        )
    with scene.thing(548, 676) as pen:
        tableware.cup(pen, "#FFFFFF", drink="#FDFBF4", half=84, height=170, glass=True)
    return scene


@drawing
def yoghurt() -> Scene:
    scene = standing("rose")
    with scene.thing(540, 622) as pen:
        _clay_cup(pen, "#E9E4DA")
    with scene.thing(310, 664) as pen:
        _clay_cup(pen.at(0, 0, scale=1.14), "#F8F4EB")
        for x, y in ((-30, -244), (34, -252), (2, -262)):
            produce.berry(pen.at(x, y), r=24)
    with scene.thing(560, 716, turn=-76, lying=True) as pen:
        tableware.spoon(pen, length=280)
    return scene


def _clay_cup(pen: Pen, colour: str) -> None:
    pen.lathe([(106, -208), (110, -150), (92, -50), (84, -6)], colour, bend=0.16)
    vessels.band(pen, 105, -150, -66, "#E9C7C2")
    pen.ellipse(0, -208, 106, 21, shade(colour, 0.3), tone="side")
    pen.ellipse(0, -207, 97, 17, "#FFFDF7", tone="side", strength=0.3)


@drawing
def tofu() -> Scene:
    scene = standing("jade")
    with scene.thing(400, 672) as pen:
        tableware.plate(pen, "#6E8C83", half=270)
        front, top, rise = "#F6EFDC", "#FFFBEE", 60
        pen.fill([(-150, -24), (90, -24), (90, -150), (-150, -150)], front, tone="side", strength=0.4)
        pen.fill([(90, -24), (160, -24 - rise), (160, -150 - rise), (90, -150)], shade(front, -0.16))
        pen.fill([(-150, -150), (-80, -150 - rise), (160, -150 - rise), (90, -150)], top)
        pen.line([(-30, -150), (40, -150 - rise)], shade(front, -0.14), 3)
        pen.line([(-30, -150), (-30, -24)], shade(front, -0.14), 3)
        for x, y in ((-10, -190), (14, -182), (30, -196), (60, -186), (-40, -176), (-70, -170)):
            pen.at(x, y, turn=x).box(-9, -4, 9, 4, "#5E9A4B", radius=4)
    return scene
