"""Still lifes of bread, cakes, nuts and sweets."""

from shop.demo.pictures import baked, produce, tableware, vessels
from shop.demo.pictures.album import drawing
from shop.demo.pictures.canvas import Scene
from shop.demo.pictures.colours import shade
from shop.demo.pictures.papers import lying, standing
from shop.demo.pictures.shapes import arc


@drawing
def toast_loaf() -> Scene:
    scene = standing("wheat")
    with scene.thing(420, 660) as pen:
        tableware.board(pen, width=640)
    with scene.thing(330, 636, scale=1.22) as pen:
        baked.toast_loaf(pen)
    return scene


@drawing
def country_loaf() -> Scene:
    scene = standing("clay")
    with scene.thing(400, 676) as pen:
        tableware.board(pen, width=620, colour="#B98A58")
    with scene.thing(400, 652, scale=1.26) as pen:
        baked.boule(pen)
    return scene


@drawing
def croissants() -> Scene:
    scene = standing("oat")
    with scene.thing(440, 588, scale=0.98, turn=3) as pen:
        baked.croissant(pen, colour="#BD7430")
    with scene.thing(390, 690, scale=1.16, turn=-3) as pen:
        baked.croissant(pen)
    return scene


@drawing
def bagels() -> Scene:
    scene = standing("mist")
    with scene.thing(400, 690) as pen:
        tableware.plate(pen, "#F4F0E6", half=290)
    for x, y, colour, seed in (
        (290, 650, "#C07A3A", "#FBF0D8"),
        (510, 650, "#8A5A3A", "#E9D3A8"),
        (398, 684, "#CF8E46", "#3B3634"),
        (404, 572, "#B86F33", "#FBF0D8"),
    ):
        with scene.thing(x, y, scale=1.12) as pen:
            baked.bagel(pen, colour=colour, seed=seed)
    return scene


@drawing
def roll_cake() -> Scene:
    scene = standing("butter")
    with scene.thing(400, 684) as pen:
        tableware.plate(pen, "#FDFAF2", half=300)
    with scene.thing(330, 668, scale=1.3) as pen:
        baked.roll_cake(pen)
    return scene


@drawing
def chiffon_cake() -> Scene:
    scene = standing("rose")
    with scene.thing(400, 690) as pen:
        tableware.plate(pen, "#E6EDE6", half=290)
    with scene.thing(390, 664, scale=1.2) as pen:
        baked.cake_slice(pen, sponge="#EFD091")
        produce.strawberry(pen.at(20, -236, turn=18), r=44)
    return scene


@drawing
def palmiers() -> Scene:
    scene = lying("sage", "oat", turn=8)
    for x, y, turn in ((260, 250, -18), (480, 230, 14), (360, 410, 4), (570, 420, -24), (250, 560, 20), (470, 590, -8)):
        with scene.thing(x, y, turn=turn, lying=True) as pen:
            baked.palmier(pen, r=98)
    return scene


@drawing
def mung_cakes() -> Scene:
    scene = standing("jade")
    with scene.thing(400, 700) as pen:
        tableware.plate(pen, "#F8F5EA", half=300)
    for x, y, colour in ((400, 610, "#E7CF7C"), (288, 656, "#D3D99A"), (512, 656, "#C4CF87"), (400, 690, "#DDE0A6")):
        with scene.thing(x, y, scale=1.16) as pen:
            baked.mooncake(pen, colour=colour, height=56)
    return scene


@drawing
def cookie_tin() -> Scene:
    scene = lying("sky", "mist", turn=-6)
    with scene.thing(400, 400, lying=True) as pen:
        pen.ellipse(0, 0, 270, 270, "#2F5F6F", tone="side")
        pen.ellipse(0, 0, 252, 252, "#F6EEDC", tone="inside", strength=0.5)
    spots = [(0, 0), *arc(0, 0, 160, 160, 0, 300, count=6)]
    for i, (x, y) in enumerate(spots):
        with scene.thing(400 + x, 400 + y, turn=i * 40, lying=True) as pen:
            baked.cookie(pen, colour="#D9A35C" if i % 2 else "#8A5A3C", chips="#5A3524" if i % 2 else "#F3E3C4", r=78)
    return scene


@drawing
def daily_nuts() -> Scene:
    scene = standing("oat")
    with scene.thing(330, 640, scale=1.24) as pen:
        inside = vessels.jar(pen, "#9A6A3C", "#C9A36B", label="", fill=0.84)
        produce.scatter(
            pen.at(0, -108), "almond cashew walnut hazelnut raisin", 70, width=150, height=160, seed=2, scale=0.74
        )
        pen.box(-76, -176, -60, -30, "#FFFFFF", radius=9, alpha=0.4, soft=2, clip=inside)
    with scene.thing(560, 704) as pen:
        produce.heap(pen, "almond cashew walnut raisin", half=120, height=56, seed=3, count=34)
    return scene


@drawing
def almonds() -> Scene:
    scene = standing("apricot")
    with scene.thing(370, 650, scale=1.2) as pen:
        vessels.pouch(pen, "#C9793F", sign="leaf", panel="#B26731")
    with scene.thing(560, 704) as pen:
        produce.heap(pen, "almond", half=136, height=62, seed=6, count=38)
    return scene


@drawing
def cashews() -> Scene:
    scene = standing("mint")
    with scene.thing(400, 676) as pen:
        tableware.bowl(pen, "#4F7E72", half=220, height=150, inside="#D8B884")
        produce.heap(pen.at(0, -148), "cashew", half=180, height=84, seed=4, count=60, scale=1.15)
    with scene.thing(180, 716, lying=True) as pen:
        produce.scatter(pen, "cashew", 5, width=150, height=40, seed=2)
    return scene


@drawing
def pistachios() -> Scene:
    scene = standing("sage")
    with scene.thing(360, 650, scale=1.2) as pen:
        vessels.pouch(pen, "#7F9A5B", sign="star", window="#E5D2A8", ink="#FBF6DF")
    with scene.thing(566, 700) as pen:
        produce.heap(pen, "pistachio", half=132, height=66, seed=8, count=40)
    return scene


@drawing
def dried_strawberries() -> Scene:
    scene = standing("rose")
    with scene.thing(350, 650, scale=1.2) as pen:
        vessels.pouch(pen, "#E29AA0", sign="heart", panel="#D17F88")
    for x, y, turn in ((520, 664, 20), (600, 690, -30), (520, 720, 60)):
        with scene.thing(x, y) as pen:
            produce.strawberry(pen.at(0, -40, turn=turn), r=44, colour="#C9354A")
    return scene


@drawing
def dried_mango() -> Scene:
    scene = standing("butter")
    with scene.thing(350, 650, scale=1.2) as pen:
        vessels.pouch(pen, "#E9A93C", sign="sun", window="#F3B84E", ink="#FFF7DF")
    for x, y, turn in ((560, 664, -14), (620, 690, 24), (540, 706, 8), (610, 728, -10)):
        with scene.thing(x, y, turn=turn, lying=True) as pen:
            produce.mango_strip(pen)
    return scene


@drawing
def hawthorn() -> Scene:
    scene = standing("linen")
    with scene.thing(330, 646, scale=1.2) as pen:
        vessels.jar(pen, "#A83B33", "#D9B77C", sign="flower", ink="#A83B33", label="#FBEFE2")
    with scene.thing(570, 708) as pen:
        produce.heap(pen, "hawthorn", half=120, height=72, seed=3, count=26, scale=1.2)
    return scene


@drawing
def seaweed_crisps() -> Scene:
    scene = standing("mist")
    with scene.thing(330, 644, scale=1.22) as pen:
        vessels.tin(pen, "#2F5D56", lid="#E2D3A9", sign="wave", height=280)
    for i, (x, turn) in enumerate(((520, -12), (590, 10), (556, -2))):
        with scene.thing(x, 660 + i * 28, turn=turn) as pen:
            pen.box(-66, -118, 66, -4, "#2C4A3C", radius=3, tone="side")
            for k in range(12):
                pen.ellipse(-50 + (k * 37) % 100, -106 + (k * 29) % 92, 4, 3, "#EAD9A4")
    return scene


@drawing
def nougat() -> Scene:
    scene = lying("rose", "linen", turn=7)
    colours = ["#E9A7A0", "#F1CF9A", "#A9C3A4", "#E9A7A0", "#B7C7D6", "#F1CF9A", "#A9C3A4", "#C9B2D1"]
    spots = [(250, 220), (480, 190), (340, 350), (580, 340), (220, 480), (450, 480), (310, 620), (560, 610)]
    for i, ((x, y), colour) in enumerate(zip(spots, colours, strict=True)):
        with scene.thing(x, y, turn=-30 + i * 37 % 80, scale=1.6, lying=True) as pen:
            baked.sweet(pen, colour)
    return scene


@drawing
def sesame_balls() -> Scene:
    scene = standing("stone")
    with scene.thing(540, 620, scale=1.1) as pen:
        vessels.tin(pen, "#55504C", lid="#C7A76A", sign="ring", ink="#EAD9B2", height=200)
    with scene.thing(310, 690) as pen:
        tableware.bowl(pen, "#E9E2D2", half=170, height=110, inside="#4A4542")
        for x, y in ((-90, -130), (-30, -146), (34, -144), (92, -128), (-60, -116), (0, -122), (60, -114)):
            pen.ellipse(x, y, 36, 35, "#3E3936", tone="ball")
            for k in range(5):
                pen.ellipse(x - 14 + (k * 13) % 30, y - 16 + (k * 17) % 30, 2.6, 2, shade("#3E3936", 0.5))
    return scene
