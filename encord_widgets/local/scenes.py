"""Drawings of street scenes, so that a thumbnail shows what the metadata talks about."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

__all__ = ["LIGHTS", "WEATHERS", "Scene", "draw"]

Colour = tuple[int, int, int]

WEATHERS = ("clear", "cloudy", "rain", "fog", "snow")
LIGHTS = ("day", "night", "dusk", "dawn")

_SKY: dict[str, tuple[Colour, Colour]] = {
    "day": ((88, 150, 220), (190, 220, 245)),
    "night": ((8, 12, 32), (34, 40, 72)),
    "dusk": ((56, 44, 92), (236, 130, 84)),
    "dawn": ((96, 120, 176), (250, 200, 160)),
}
_SUN: dict[str, Colour] = {
    "day": (255, 244, 190),
    "night": (226, 230, 240),
    "dusk": (255, 190, 120),
    "dawn": (255, 224, 170),
}
_CARS: tuple[Colour, ...] = ((190, 40, 40), (40, 90, 170), (235, 235, 235), (30, 30, 34), (210, 160, 40))


@dataclass(frozen=True, slots=True)
class Scene:
    """What a drawing shows.

    Args:
        weather: One of `WEATHERS`.
        light: One of `LIGHTS`.
        seed: Houses and cars follow from it.

    Example:
        >>> Scene.read(Scene("rain", "night", 3).text)
        Scene(weather='rain', light='night', seed=3)
    """

    weather: str
    light: str
    seed: int

    @property
    def text(self) -> str:
        """For keeping in the database."""
        return f"{self.weather} {self.light} {self.seed}"

    @classmethod
    def read(cls, text: str) -> Scene:
        """The reverse of `text`; an empty text is a clear day."""
        if not text:
            return cls("clear", "day", 0)
        weather, light, seed = text.split()
        return cls(weather, light, int(seed))


@dataclass(frozen=True, slots=True)
class _Canvas:
    image: Image.Image
    pen: ImageDraw.ImageDraw
    scene: Scene
    chance: random.Random
    width: int
    height: int
    horizon: int
    moment: float


def draw(scene: Scene, width: int, height: int, moment: float = 0) -> Image.Image:
    """The scene as an RGB image.

    Args:
        scene: What it shows.
        width: Pixels.
        height: Pixels.
        moment: 0 to 1, how far the cars and the weather have moved.
    """
    chance = random.Random(scene.seed)  # noqa: S311 (a drawing, no secret)
    horizon = int(height * 0.55)
    image = _sky(scene, width, height, horizon)
    canvas = _Canvas(image, ImageDraw.Draw(image), scene, chance, width, height, horizon, moment)
    _sun_and_moon(canvas)
    if scene.weather in {"cloudy", "rain", "snow"}:
        _clouds(canvas)
    _houses(canvas)
    _road(canvas)
    for near, coming, colour in sorted(_traffic(canvas), key=lambda car: car[0]):
        _car(canvas, near, colour, coming=coming)
    return _weather(canvas)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _sky(scene: Scene, width: int, height: int, horizon: int) -> Image.Image:
    top, bottom = _SKY[scene.light]
    if scene.weather != "clear":
        grey = (52, 54, 62) if scene.light == "night" else (168, 172, 178)
        top, bottom = _mix(top, grey, 0.6), _mix(bottom, grey, 0.6)
    column = Image.new("RGB", (1, height))
    for y in range(height):
        column.putpixel((0, y), _mix(top, bottom, min(1.0, y / horizon)))
    return column.resize((width, height))


def _sun_and_moon(canvas: _Canvas) -> None:
    light, chance, pen = canvas.scene.light, canvas.chance, canvas.pen
    x, size = int(canvas.width * chance.uniform(0.1, 0.9)), canvas.horizon // 7
    y = int(canvas.horizon * (0.25 if light in {"day", "night"} else 0.75))
    if canvas.scene.weather != "clear":
        return
    pen.ellipse((x - size, y - size, x + size, y + size), fill=_SUN[light])
    if light == "night":
        for _ in range(40):
            pen.point(
                (chance.randrange(canvas.width), chance.randrange(canvas.horizon)), fill=(220, 220, 235)
            )


def _clouds(canvas: _Canvas) -> None:
    chance, horizon = canvas.chance, canvas.horizon
    colour = (70, 72, 84) if canvas.scene.light == "night" else (206, 208, 214)
    for _ in range(7):
        x, y = chance.randrange(canvas.width), chance.randrange(max(1, horizon // 2))
        for part in range(4):
            size = horizon // 8 + chance.randrange(max(1, horizon // 10))
            left = x + part * size // 2
            canvas.pen.ellipse((left, y - size // 2, left + size * 2, y + size // 2), fill=colour)


def _houses(canvas: _Canvas) -> None:
    chance, pen, width, horizon = canvas.chance, canvas.pen, canvas.width, canvas.horizon
    dark = canvas.scene.light == "night"
    x = -chance.randrange(30)
    while x < width:
        wide = chance.randrange(max(8, width // 12), max(9, width // 6))
        high = chance.randrange(horizon // 4, max(horizon // 4 + 1, int(horizon * 0.8)))
        shade = chance.randrange(26, 44) if dark else chance.randrange(96, 150)
        top = horizon - high
        pen.rectangle((x, top, x + wide, horizon), fill=(shade, shade - 4, shade + 8))
        step = max(6, width // 48)
        for row in range(top + step, horizon - step, step * 2):
            for column in range(x + step, x + wide - step, step * 2):
                lit = chance.random() < (0.5 if dark else 0.15)
                colour = (246, 214, 120) if lit else _mix((shade, shade, shade), (20, 24, 34), 0.5)
                pen.rectangle((column, row, column + step // 2, row + step // 2), fill=colour)
        x += wide + chance.randrange(6)


def _road(canvas: _Canvas) -> None:
    pen, width, height, horizon = canvas.pen, canvas.width, canvas.height, canvas.horizon
    ground = {"snow": (226, 230, 238), "rain": (62, 72, 62)}.get(canvas.scene.weather, (84, 104, 72))
    asphalt = (58, 60, 66)
    if canvas.scene.light == "night":
        ground, asphalt = _mix(ground, (10, 12, 20), 0.6), (28, 29, 34)
    middle = width // 2
    pen.rectangle((0, horizon, width, height), fill=ground)
    pen.polygon(
        [(middle - width // 24, horizon), (middle + width // 24, horizon), (width, height), (0, height)],
        fill=asphalt,
    )
    for dash in range(8):
        near = (dash / 8 + canvas.moment / 8) ** 2
        y = horizon + int((height - horizon) * near)
        long, half = 2 + int(height * 0.09 * near), 1 + int(width * 0.009 * near)
        pen.rectangle((middle - half, y, middle + half, y + long), fill=(226, 222, 200))


def _traffic(canvas: _Canvas) -> list[tuple[float, bool, Colour]]:
    """How near each car is (0 to 1), whether it comes towards us, its colour."""
    chance = canvas.chance
    cars = []
    for _ in range(chance.randrange(1, 4)):
        coming = chance.choice((True, False))
        moved = canvas.moment / 2 if coming else -canvas.moment / 2
        cars.append(((chance.uniform(0.15, 0.8) + moved) % 0.95, coming, chance.choice(_CARS)))
    return cars


def _car(canvas: _Canvas, near: float, colour: Colour, *, coming: bool) -> None:
    pen, width = canvas.pen, canvas.width
    y = canvas.horizon + int((canvas.height - canvas.horizon) * near)
    x = width // 2 + (-1 if coming else 1) * int(width * (0.02 + 0.26 * near))
    wide = int(width * (0.03 + 0.17 * near))
    high = wide * 2 // 3
    if canvas.scene.light == "night":
        colour = _mix(colour, (8, 8, 14), 0.55)
    glass = _mix(colour, (20, 30, 40), 0.5)
    pen.rectangle((x - wide // 2, y - high * 2 // 3, x + wide // 2, y), fill=colour)
    pen.rectangle((x - wide // 3, y - high, x + wide // 3, y - high * 2 // 3), fill=glass)
    lamp = max(1, wide // 12)
    for left in (x - wide // 2, x + wide // 2 - lamp * 2):
        light = (255, 250, 214) if coming else (230, 40, 40)
        pen.ellipse((left, y - high // 2, left + lamp * 2, y - high // 2 + lamp * 2), fill=light)


def _weather(canvas: _Canvas) -> Image.Image:
    image, chance, weather = canvas.image, canvas.chance, canvas.scene.weather
    if weather == "fog":
        grey = (70, 72, 82) if canvas.scene.light == "night" else (206, 210, 214)
        return Image.blend(image.filter(ImageFilter.GaussianBlur(2)), Image.new("RGB", image.size, grey), 0.6)
    for _ in range({"rain": 220, "snow": 260}.get(weather, 0)):
        x = chance.randrange(canvas.width)
        y = (chance.randrange(canvas.height) + int(canvas.moment * canvas.height)) % canvas.height
        if weather == "rain":
            canvas.pen.line((x, y, x - 3, y + canvas.height // 24), fill=(176, 190, 210))
        else:
            size = chance.choice((1, 1, 2))
            canvas.pen.ellipse((x, y, x + size, y + size), fill=(250, 250, 255))
    return image
