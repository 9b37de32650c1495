"""Still lifes of cut flowers and potted plants."""

from shop.demo.pictures import garden
from shop.demo.pictures.album import drawing
from shop.demo.pictures.canvas import Pen, Scene
from shop.demo.pictures.papers import standing


@drawing
def tulips() -> Scene:
    scene = standing("sky")
    with scene.thing(400, 676, scale=1.06) as pen:
        for turn, length, colour in (
            (-30, 300, "#E9A7A0"),
            (30, 300, "#F1C27A"),
            (-14, 370, "#F1C27A"),
            (15, 360, "#E07F78"),
            (0, 300, "#EDB3A6"),
        ):
            garden.tulip(pen.at(0, -190, turn=turn), colour, length=length - 40)
        garden.vase(pen, "#F4F0E6", half=106, height=250)
    return scene


@drawing
def rose_bouquet() -> Scene:
    scene = standing("linen")
    with scene.thing(400, 740, scale=1.16) as pen:
        for turn in (-46, -24, 24, 46):
            garden.sprig(pen.at(0, -240, turn=turn), "#8FA694", length=280, bow=0)
        _rose_dome(pen.at(0, -336))
        garden.bouquet_wrap(pen, "#EBD9C3", ribbon="#A8473B")
    return scene


def _rose_dome(pen: Pen) -> None:
    spots = [
        (-110, -40),
        (110, -40),
        (-56, -96),
        (56, -96),
        (0, -130),
        (-150, 16),
        (150, 16),
        (-76, -6),
        (0, -50),
        (76, -6),
        (0, 24),
    ]
    for i, (x, y) in enumerate(spots):
        garden.rose(pen.at(x, y, turn=i * 40), ("#D98A8A", "#EBB9A8", "#C4626B")[i % 3], r=50)


@drawing
def eucalyptus() -> Scene:
    scene = standing("rose")
    with scene.thing(400, 680, scale=1.08) as pen:
        for turn, length, colour in (
            (-34, 300, "#8FA99C"),
            (34, 300, "#7C9A8C"),
            (-16, 360, "#7C9A8C"),
            (18, 350, "#9BB3A4"),
            (1, 390, "#88A496"),
        ):
            garden.sprig(pen.at(0, -210, turn=turn), colour, length=length - 30, size=58, bow=turn * 0.6)
        garden.vase(pen, "#D9A993", half=104, height=240)
    return scene


@drawing
def daisies() -> Scene:
    scene = standing("mint")
    spots = [(-130, -330), (-60, -410), (10, -350), (80, -420), (140, -340), (-90, -270), (60, -280), (-10, -450)]
    with scene.thing(400, 680, scale=1.1) as pen:
        for x, y in spots:
            pen.curve([(0, -150), (x * 0.4, y * 0.6), (x, y)], garden.STALK, 6)
        for i, (x, y) in enumerate(spots):
            garden.daisy(pen.at(x, y, turn=i * 17), r=58)
        garden.vase(pen, "#5E7F8E", half=92, height=220)
    return scene


@drawing
def monstera() -> Scene:
    scene = standing("apricot")
    with scene.thing(400, 700) as pen:
        garden.flowerpot(pen, "#C4764E", half=120, height=180)
        garden.monstera(pen.at(0, -180))
    return scene


@drawing
def snake_plant() -> Scene:
    scene = standing("mist")
    with scene.thing(400, 700) as pen:
        garden.flowerpot(pen, "#F1ECE0", half=128, height=180)
        garden.snake_plant(pen.at(0, -180))
    return scene


@drawing
def pothos() -> Scene:
    scene = standing("oat")
    with scene.thing(400, 690) as pen:
        garden.flowerpot(pen, "#7E93A8", half=130, height=190)
        garden.trailing(pen.at(0, -200))
    return scene


@drawing
def succulents() -> Scene:
    scene = standing("clay")
    for x, y, pot, colour, tip in (
        (556, 620, "#E9E2D2", "#A9C3A4", "#E3A79B"),
        (250, 626, "#8FA694", "#B7A9C9", "#E9C4D0"),
        (400, 696, "#F4EEE2", "#8FB79B", "#D98C86"),
    ):
        with scene.thing(x, y) as pen:
            garden.flowerpot(pen, pot, half=96, height=120, saucer=False)
            garden.succulent(pen.at(0, -146), colour, r=104, tip=tip)
    return scene


@drawing
def cactus() -> Scene:
    scene = standing("butter")
    with scene.thing(510, 630) as pen:
        garden.flowerpot(pen, "#E9E2D2", half=92, height=120, saucer=False)
        garden.cactus(pen.at(0, -118), colour="#6F9A72", half=66, height=150)
    with scene.thing(300, 690) as pen:
        garden.flowerpot(pen, "#C98F6B", half=104, height=140, saucer=False)
        _tall_cactus(pen.at(0, -138))
    return scene


def _tall_cactus(pen: Pen) -> None:
    garden.cactus(pen.at(-56, -60, turn=-34), half=26, height=80)
    garden.cactus(pen.at(58, -90, turn=32), half=24, height=74)
    garden.cactus(pen, half=58, height=250)
