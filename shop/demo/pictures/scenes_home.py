"""Still lifes of cloth, paper and the bathroom shelf."""

from shop.demo.pictures import cloth, desk, vessels
from shop.demo.pictures.album import drawing
from shop.demo.pictures.canvas import Scene
from shop.demo.pictures.colours import shade
from shop.demo.pictures.garden import daisy, sprig, vase
from shop.demo.pictures.marks import mark
from shop.demo.pictures.papers import lying, standing
from shop.demo.pictures.tableware import board


@drawing
def towels() -> Scene:
    scene = standing("mist")
    with scene.thing(400, 680) as pen:
        for i, colour in enumerate(("#8FA9B5", "#F3EDE0", "#D9B7A4", "#A9BBA0")):
            cloth.folded(
                pen.at((i % 2) * 10 - 5, -i * 84),
                colour,
                width=460 - i * 10,
                height=84,
                stripe="#FFFFFF" if i % 2 == 0 else "#C9BBA2",
            )
    return scene


@drawing
def washcloths() -> Scene:
    scene = standing("sage")
    for x, y, colour in (
        (290, 612, "#E9DFCB"),
        (470, 612, "#B9C7AE"),
        (210, 690, "#C9A893"),
        (380, 690, "#F1EBDD"),
        (550, 690, "#8FA694"),
    ):
        with scene.thing(x, y) as pen:
            cloth.rolled(pen, colour, r=76)
    return scene


@drawing
def cushions() -> Scene:
    scene = standing("oat")
    with scene.thing(500, 650) as pen:
        cloth.cushion(pen, "#C98F6B", half=190)
    with scene.thing(310, 690) as pen:
        cloth.cushion(pen, "#5F7F73", half=200, pattern="check", ink="#EFE6D2")
    return scene


@drawing
def throw_blanket() -> Scene:
    scene = standing("rose")
    with scene.thing(400, 680) as pen:
        pen.box(-260, -300, 260, -230, "#A9764A", radius=12, tone="down")
        for x in (-230, 210):
            pen.box(x, -250, x + 22, 0, "#96663F", radius=6, tone="round")
    with scene.thing(390, 640, scale=1.08, shadow=0.4) as pen:
        cloth.draped(pen, "#D8A79B", stripe="#F7EADF")
    return scene


@drawing
def bed_linen() -> Scene:
    scene = standing("lilac")
    with scene.thing(400, 686) as pen:
        for i, (colour, width) in enumerate((("#9FA8C4", 520), ("#E7E5EE", 500), ("#B9BFD6", 480))):
            cloth.folded(pen.at(0, -i * 100), colour, width=width, height=100)
        cloth.folded(pen.at(-10, -300), "#F4F2F6", width=400, height=70)
        cloth.folded(pen.at(6, -370), "#9FA8C4", width=380, height=66)
    return scene


@drawing
def apron() -> Scene:
    scene = lying("wheat", "linen", turn=5)
    with scene.thing(400, 430, turn=-4, lying=True) as pen:
        cloth.apron(pen, "#7A8F6F", pocket="#6B8060")
    return scene


@drawing
def tote_bag() -> Scene:
    scene = standing("mint")
    with scene.thing(400, 690, scale=1.24) as pen:
        face = cloth.tote(pen)
        mark(face, "leaf", "#F6EFD9", size=56)
    return scene


@drawing
def slippers() -> Scene:
    scene = lying("clay", "oat", turn=9)
    for x, turn, flip in ((290, -7, True), (510, 7, False)):
        with scene.thing(x, 400, turn=turn, flip=flip, scale=1.26, lying=True) as pen:
            cloth.slipper(pen, "#7F9AA6")
    return scene


@drawing
def notebooks() -> Scene:
    scene = lying("sky", "linen", turn=-6)
    with scene.thing(486, 372, turn=14, lying=True) as pen:
        desk.notebook(pen, "#C9866B", strap="#8A4F38", width=290, height=410)
    with scene.thing(316, 420, turn=-7, lying=True) as pen:
        desk.notebook(pen, "#2F5F54", strap="#C9A35C", sign="leaf", width=290, height=410)
    return scene


@drawing
def planner() -> Scene:
    scene = lying("rose", "linen", turn=7)
    with scene.thing(400, 390, turn=-6, lying=True) as pen:
        desk.open_book(pen, cover="#A85F55")
    with scene.thing(470, 600, turn=-18, lying=True) as pen:
        desk.writing_pen(pen, "#3F4A55", length=360)
    return scene


@drawing
def fountain_pen() -> Scene:
    scene = lying("mist", "butter", turn=-12)
    for y, colour in ((270, "#2F5F54"), (400, "#8A3A3A"), (530, "#34465E")):
        with scene.thing(400, y, turn=-22, scale=1.16, lying=True) as pen:
            desk.writing_pen(pen, colour)
    return scene


@drawing
def pencils() -> Scene:
    scene = lying("butter", "sky", turn=10)
    colours = ("#C4553F", "#E3A23C", "#6F9A5B", "#4F86A0", "#6A6799", "#B5728C")
    for i, colour in enumerate(colours):
        with scene.thing(400 + (i % 2) * 22, 230 + i * 68, turn=-6 + i * 1.4, scale=1.22, lying=True) as pen:
            desk.pencil(pen, colour)
    return scene


@drawing
def memo_pads() -> Scene:
    scene = lying("lilac", "linen", turn=-9)
    for x, y, turn, colour, written in (
        (296, 280, -8, "#F3CF6B", True),
        (500, 270, 7, "#EBA9A0", False),
        (310, 490, 5, "#A9C9B4", False),
        (520, 500, -6, "#A9C3DC", True),
    ):
        with scene.thing(x, y, turn=turn, lying=True) as pen:
            desk.memo(pen, colour, size=196, written=written)
    return scene


@drawing
def washi_tapes() -> Scene:
    scene = lying("mint", "linen", turn=6)
    for x, y, colour in (
        (270, 260, "#E39A8B"),
        (470, 230, "#E9C46A"),
        (620, 350, "#8FB3A0"),
        (330, 440, "#8FA9C7"),
        (510, 500, "#C9A2BE"),
        (260, 610, "#D9A066"),
    ):
        with scene.thing(x, y, turn=x % 60, lying=True) as pen:
            desk.tape(pen, colour, r=92)
    return scene


@drawing
def envelopes() -> Scene:
    scene = lying("clay", "linen", turn=-7)
    for x, y, turn, colour, seal in (
        (470, 290, 12, "#C9D3C0", "#4F7E72"),
        (330, 400, -9, "#EBC9B4", "#A8473B"),
        (460, 530, 5, "#F4EAD2", "#B5803A"),
    ):
        with scene.thing(x, y, turn=turn, lying=True, scale=1.1) as pen:
            desk.envelope(pen, colour, seal=seal)
    return scene


@drawing
def desk_calendar() -> Scene:
    scene = standing("butter")
    with scene.thing(390, 664, scale=1.26) as pen:
        desk.calendar(pen, "#E7D3AC", accent="#4F7E72")
    return scene


@drawing
def hand_soap() -> Scene:
    scene = standing("linen")
    with scene.thing(400, 700) as pen:
        board(pen, width=420, colour="#C9A36B")
    for x, y, colour, sign in (
        (404, 674, "#C99577", "sun"),
        (392, 604, "#8FAB78", "leaf"),
        (406, 534, "#E3C680", "flower"),
    ):
        with scene.thing(x, y, scale=1.4, shadow=0.45) as pen:
            desk.soap(pen, colour, sign=sign, height=40)
    return scene


@drawing
def body_wash() -> Scene:
    scene = standing("mint")
    with scene.thing(520, 620) as pen:
        vessels.pump(pen, "#C7A98F", label="#F7EEE0", sign="moon", ink="#9A7455")
    with scene.thing(300, 676, scale=1.16) as pen:
        vessels.pump(pen, "#7FA493", sign="leaf", ink="#5F8574")
    return scene


@drawing
def shampoo() -> Scene:
    scene = standing("sky")
    with scene.thing(470, 640, scale=1.16) as pen:
        vessels.pump(pen, "#5E7F8E", sign="wave", ink="#5E7F8E", height=310, half=82)
    with scene.thing(270, 690) as pen:
        vessels.bottle(
            pen, "#A9C0C7", "#F4F0E4", sign="wave", ink="#5E7F8E", half=64, height=220, neck=26, shoulder=0.3
        )
    return scene


@drawing
def hand_cream() -> Scene:
    scene = standing("rose")
    for x, y, colour, sign, scale in (
        (250, 630, "#D98F8A", "flower", 1.04),
        (550, 630, "#8FA694", "leaf", 1.04),
        (400, 676, "#E7C07A", "sun", 1.2),
    ):
        with scene.thing(x, y, scale=scale) as pen:
            vessels.tube(pen, colour, "#F4EEE2", sign=sign)
    return scene


@drawing
def lip_balm() -> Scene:
    scene = standing("lilac")
    for x, y, colour, body in (
        (280, 640, "#D9827B", "#EBDCD2"),
        (520, 640, "#E9B06F", "#DCE3D6"),
        (400, 690, "#B5566B", "#F6F0E6"),
    ):
        with scene.thing(x, y, scale=1.75) as pen:
            desk.balm(pen, colour, body=body)
    return scene


@drawing
def wooden_comb() -> Scene:
    scene = lying("jade", "linen", turn=8)
    with scene.thing(390, 400, turn=-16, scale=1.42, lying=True) as pen:
        desk.comb(pen)
    for x, y in ((220, 600), (600, 220)):
        with scene.thing(x, y, lying=True) as pen:
            daisy(pen, r=50)
    return scene


@drawing
def toothbrushes() -> Scene:
    scene = lying("mint", "sky", turn=-7)
    for y, bristle in ((240, "#F6F1E4"), (350, "#A9C9B4"), (460, "#E9B9A8"), (570, "#A9C3DC")):
        with scene.thing(410, y, turn=-9, scale=1.26, lying=True) as pen:
            desk.toothbrush(pen, bristle=bristle)
    return scene


@drawing
def bath_salt() -> Scene:
    scene = standing("lilac")
    with scene.thing(340, 646, scale=1.22) as pen:
        vessels.jar(pen, "#C5B3D6", "#B98A58", sign="moon", ink="#8A74A8", label="#F6F1F8")
    with scene.thing(566, 640) as pen:
        vase(pen, "#F1EBDD", half=64, height=170)
        for turn, bow in ((-14, -20), (4, 10), (20, 26)):
            sprig(pen.at(0, -160, turn=turn), shade("#9A8BBE", -0.05), length=220, size=30, bow=bow)
    return scene
