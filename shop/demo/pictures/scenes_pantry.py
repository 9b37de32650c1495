"""Still lifes of rice, oil and seasoning, and of the kitchen they are used in."""

from shop.demo.pictures import produce, tableware, vessels
from shop.demo.pictures.album import drawing
from shop.demo.pictures.canvas import Pen, Scene
from shop.demo.pictures.colours import shade
from shop.demo.pictures.marks import mark
from shop.demo.pictures.papers import lying, standing
from shop.demo.pictures.shapes import arc


@drawing
def rice() -> Scene:
    scene = standing("sage")
    with scene.thing(340, 650, scale=1.26) as pen:
        vessels.sack(pen, "#F1E6CD")
    with scene.thing(588, 702) as pen:
        tableware.bowl(pen, "#6F8F84", half=112, height=84, inside="#F8F3E4")
        produce.heap(pen.at(0, -84), "rice", half=92, height=44, seed=5, count=70, ground="#EDE5CF")
    return scene


@drawing
def mixed_grains() -> Scene:
    scene = standing("clay")
    for x, y, contents, lid in (
        (226, 616, "#8E2F32", "#B98A58"),
        (574, 616, "#D9B25C", "#B98A58"),
        (400, 664, "#EADBB8", "#A87846"),
    ):
        with scene.thing(x, y, scale=1.04) as pen:
            vessels.jar(pen, contents, lid, sign="grain", ink="#8A6A3C", half=100, height=260)
    with scene.thing(640, 720, lying=True) as pen:
        produce.scatter(pen, "redbean rice", 18, width=170, height=36, seed=8)
    return scene


@drawing
def noodles() -> Scene:
    scene = lying("mist", "wheat", turn=-8)
    for x, turn, colour in ((300, -5, "#F0DDB0"), (420, 2, "#CDB58A"), (540, 8, "#E9CFA0")):
        with scene.thing(x, 400, turn=turn, lying=True) as pen:
            pen.box(-48, -270, 48, 270, shade(colour, -0.12), radius=10)
            for i in range(13):
                pen.box(
                    -46 + i * 7,
                    -270 + (i * 5) % 9,
                    -41 + i * 7,
                    270 - (i * 7) % 11,
                    shade(colour, 0.2 if i % 2 else -0.04),
                    radius=2,
                )
            pen.box(-56, -42, 56, 42, "#3F6B58", radius=5, tone="round", strength=0.7)
            mark(pen, "grain", "#F6EBCF", size=26)
    return scene


@drawing
def rapeseed_oil() -> Scene:
    scene = standing("butter")
    with scene.thing(350, 660, scale=1.16) as pen:
        vessels.bottle(pen, "#D99A22", "#3E6A4C", sign="flower", ink="#B57F17", half=100, height=420, neck=34)
    with scene.thing(572, 690) as pen:
        tableware.bowl(pen, "#F9F4E6", half=104, height=66, inside="#E5AE3A")
    return scene


@drawing
def olive_oil() -> Scene:
    scene = standing("sage")
    with scene.thing(470, 640, scale=1.14) as pen:
        vessels.bottle(
            pen, "#566B33", "#2E3428", sign="leaf", ink="#6B7A35", half=72, height=430, neck=24, shoulder=0.44
        )
    with scene.thing(286, 692) as pen:
        tableware.plate(pen, "#F7F3E8", half=150)
        for x, y, colour in ((-50, -38, "#6E7F3C"), (10, -50, "#4E5B2E"), (56, -32, "#7D8E49"), (-6, -24, "#5D6D35")):
            pen.at(x, y, turn=x).ellipse(0, 0, 33, 25, colour, tone="ball")
    return scene


@drawing
def soy_sauce() -> Scene:
    scene = standing("oat")
    for x, y, scale, cap, label in ((516, 622, 0.98, "#B4392F", "#F1DFC0"), (304, 656, 1.1, "#C79B55", "#F8F1E2")):
        with scene.thing(x, y, scale=scale) as pen:
            vessels.bottle(pen, "#3B231D", cap, label=label, sign="wave", ink="#8A3A2A", half=82, height=400)
    with scene.thing(570, 710) as pen:
        tableware.bowl(pen, "#F7F4EC", half=92, height=50, inside="#4A2A20")
    return scene


@drawing
def honey() -> Scene:
    scene = standing("wheat")
    with scene.thing(370, 650, scale=1.3) as pen:
        vessels.jar(pen, "#E39A1F", "#F2E2B8", sign="flower", ink="#C07A12", half=106, height=236)
    with scene.thing(600, 716, turn=-62, lying=True) as pen:
        pen.box(-8, -300, 8, -60, tableware.WOOD, radius=8, tone="round")
        pen.ellipse(0, -30, 40, 54, tableware.WOOD, tone="ball")
        for y in (-66, -48, -30, -12, 6):
            pen.box(-38, y, 38, y + 7, "#B9781C", radius=3, alpha=0.75)
    return scene


@drawing
def chilli_sauce() -> Scene:
    scene = standing("apricot")
    with scene.thing(360, 650, scale=1.26) as pen:
        inside = vessels.jar(pen, "#B3301F", "#3A3330", sign="star", ink="#B3301F")
        for i in range(26):
            x, y = -80 + (i * 47) % 160, -200 + (i * 31) % 60
            pen.ellipse(x, y, 5, 4, "#F3C878" if i % 3 else "#7C1C14", clip=inside)
    for x, y, turn in ((560, 700, 74), (610, 726, 100)):
        with scene.thing(x, y, turn=turn, lying=True) as pen:
            pen.blob([(-16, -60), (16, -60), (18, 0), (4, 82), (-6, 84), (-18, 0)], "#C9301F", tone="round")
            pen.curve([(0, -58), (2, -80), (12, -94)], "#6C8A3F", 8)
    return scene


@drawing
def sea_salt() -> Scene:
    scene = standing("sky")
    with scene.thing(340, 648, scale=1.2) as pen:
        vessels.jar(pen, "#F7F5F0", "#B98A58", sign="wave", ink="#5C8CA3", label="#DCE8EE")
    with scene.thing(570, 706) as pen:
        tableware.bowl(pen, "#8A6A4A", half=112, height=70, inside="#FBFAF6")
        pen.fill([*arc(0, -72, 92, 40, 180, 360), *arc(0, -72, 92, 16, 0, 180)], "#FFFFFF", tone="side", strength=0.5)
    return scene


@drawing
def frying_pan() -> Scene:
    scene = lying("stone", "linen", turn=-5)
    with scene.thing(340, 340, lying=True) as pen:
        tableware.pan(pen, "#3F4548", half=220)
    return scene


@drawing
def casserole() -> Scene:
    scene = standing("mint")
    with scene.thing(400, 676, scale=1.2) as pen:
        tableware.pot(pen, "#3F7A68")
    return scene


@drawing
def chopping_board() -> Scene:
    scene = lying("mist", "stone", turn=6)
    with scene.thing(390, 400, turn=-12, lying=True) as pen:
        pen.box(-190, -250, 190, 250, "#B98653", radius=34, tone="side", strength=0.6)
        for i in range(7):
            x = -150 + i * 50
            pen.curve([(x, -236), (x + 12, -60), (x - 8, 100), (x + 6, 236)], shade("#B98653", -0.22), 4, alpha=0.4)
        pen.ellipse(0, -206, 22, 22, "#D8DEE0", tone="inside")
    with scene.thing(440, 470, turn=24, lying=True) as pen:
        produce.carrot(pen.at(0, -130), length=250)
    return scene


@drawing
def wooden_spoons() -> Scene:
    scene = standing("clay")
    with scene.thing(400, 670) as pen:
        for x, turn, colour in ((-64, -17, "#B98653"), (60, 15, "#D2A36C"), (-16, -5, "#C99A66"), (26, 6, "#A9764A")):
            tableware.spoon(pen.at(x * 0.6, -150, turn=turn), colour=colour, length=340)
        pen.lathe([(120, -240), (124, -120), (112, -8)], "#F3EDE0", bend=0.15)
        vessels.band(pen, 123, -170, -120, "#7C9B90")
    return scene


@drawing
def rice_bowls() -> Scene:
    scene = standing("linen")
    for x, y, colour, stripe in (
        (548, 616, "#E9E2D2", "#C08A5B"),
        (262, 620, "#DCE5E4", "#5E7F8E"),
        (404, 690, "#F5F1E6", "#4F7E72"),
    ):
        with scene.thing(x, y) as pen:
            tableware.bowl(pen, colour, half=158, height=136, stripe=stripe)
    return scene


@drawing
def mugs() -> Scene:
    scene = standing("lilac")
    with scene.thing(500, 610) as pen:
        tableware.cup(pen, "#C9866B", half=100, height=200, foot=0.92)
    with scene.thing(276, 676) as pen:
        tableware.cup(pen, "#7E93A8", drink="#6B432E", half=112, height=216, foot=0.92)
    return scene


@drawing
def teapot() -> Scene:
    scene = standing("jade")
    with scene.thing(420, 630, scale=1.3) as pen:
        tableware.teapot(pen, "#4F6F63", knob="#C9A35C")
    for x, y in ((226, 706), (600, 714)):
        with scene.thing(x, y) as pen:
            tableware.cup(pen, "#6A8A7C", drink="#C9A24B", half=58, height=70, handle=False, foot=0.6)
    return scene


@drawing
def glass_cups() -> Scene:
    scene = standing("mist")
    with scene.thing(500, 620) as pen:
        tableware.cup(pen, "#FFFFFF", drink="#F2D98B", half=96, height=230, handle=False, foot=0.86, glass=True)
        produce.half_orange(pen.at(88, -186), "#F2C23B", flesh="#F7DC7C", r=40)
    with scene.thing(300, 676) as pen:
        tableware.cup(pen, "#FFFFFF", drink="#E4B7B0", half=104, height=210, handle=False, foot=0.86, glass=True)
    return scene


@drawing
def chopsticks() -> Scene:
    scene = lying("jade", "oat", turn=-8)
    for i, colour in enumerate(("#7A4A2C", "#A9764A", "#4A3A30", "#8E5F3B")):
        with scene.thing(250 + i * 100, 400, turn=5, lying=True) as pen:
            for dx in (-13, 13):
                _chopstick(pen.at(dx, 0), colour)
            pen.box(-34, 128, 34, 164, "#EFE6D2", radius=5, tone="round")
    return scene


def _chopstick(pen: Pen, colour: str) -> None:
    pen.fill([(-10, 280), (10, 280), (5, -280), (-5, -280)], colour, tone="round")
    pen.box(-10, 240, 10, 284, "#D6B26A", radius=3, tone="round")
