"""Draws the demo's pictures: a kolam for each program, grown from its id, and small ones for its lessons.

A sikku kolam is one line, or a few, that go around dots without touching them. Here each pair of neighbouring dots is
linked, so that the line crosses between them, or not, so that it turns back; which, the id says, for a quarter of the
grid, and the rest mirrors it. Run it to draw them anew: `python seeds/kolam.py`.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

Point = tuple[float, float]
Colour = tuple[int, int, int]

PAPER: Final[Colour] = (251, 243, 228)
CREAM: Final[Colour] = (245, 228, 197)
TEA: Final[Colour] = (92, 53, 28)
DARK_TEA: Final[Colour] = (58, 32, 18)
SAFFRON: Final[Colour] = (226, 138, 30)
CLAY: Final[Colour] = (178, 74, 34)

# For each program: the ground, from its top to its foot, the line, and the dots.
SCHEMES: Final = (
    (PAPER, CREAM, TEA, SAFFRON),
    ((236, 158, 52), (214, 118, 28), PAPER, DARK_TEA),
    ((104, 62, 34), DARK_TEA, (250, 214, 150), SAFFRON),
    ((194, 88, 42), (150, 58, 28), PAPER, (255, 196, 92)),
    (CREAM, (236, 206, 158), CLAY, TEA),
    (DARK_TEA, (34, 19, 11), SAFFRON, PAPER),
)
PROGRAMS: Final = tuple(
    f"0192f6a0-1a00-7c0{number}-8{letter * 2}{number}-5e000000000{number}" for number, letter in enumerate("abcdef", 1)
)
MOTIFS: Final = 3
"""Kolams for the lessons of a program; its lessons take them in turn."""
_FOLDER: Final = Path(__file__).parent / "pictures"
_OVERSAMPLED: Final = 3
_STEPS: Final = 14
_CORNERS: Final = 1.15
"""How far out the dots reach: 1 makes a diamond, 2 the whole grid."""


class Kolam:
    """Which neighbours are linked, on a grid that mirrors itself from left to right and from top to foot."""

    def __init__(self, seed: str, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        chance = random.Random(seed)  # noqa: S311  # a drawing, no secret
        self._right = {(x, y): chance.random() < 0.8 for y in range(rows) for x in range(columns - 1)}
        self._down = {(x, y): chance.random() < 0.8 for y in range(rows - 1) for x in range(columns)}

    def has(self, x: int, y: int) -> bool:
        """Whether there is a dot: the corners of the grid are left out, so that the whole is a medallion."""
        if not (0 <= x < self.columns and 0 <= y < self.rows):
            return False
        across = abs(2 * x - self.columns + 1) / self.columns
        down = abs(2 * y - self.rows + 1) / self.rows
        return across + down <= _CORNERS

    def is_linked(self, x: int, y: int, dx: int, dy: int) -> bool:
        """Whether the line crosses between a dot and its neighbour."""
        if not (self.has(x, y) and self.has(x + dx, y + dy)):
            return False
        x, y = min(x, x + dx), min(y, y + dy)
        if dx:
            return self._right[min(x, self.columns - 2 - x), min(y, self.rows - 1 - y)]
        return self._down[min(x, self.columns - 1 - x), min(y, self.rows - 2 - y)]

    def strokes(self) -> Iterator[list[Point]]:
        """The line, as quarters around each dot; a dot is 2 from the next."""
        for y in range(self.rows):
            for x in filter(lambda x: self.has(x, y), range(self.columns)):
                for (ax, ay), (bx, by) in (((0, -1), (1, 0)), ((1, 0), (0, 1)), ((0, 1), (-1, 0)), ((-1, 0), (0, -1))):
                    begin, out = self._end(x, y, (ax, ay), (bx, by))
                    end, back = self._end(x, y, (bx, by), (ax, ay))
                    yield [(2 * x + px, 2 * y + py) for px, py in _bezier(begin, out, back, end)]

    def _end(self, x: int, y: int, side: tuple[int, int], towards: tuple[int, int]) -> tuple[Point, Point]:
        """Where a quarter meets one side of its dot, and the handle there: straight across, or around the dot."""
        (sx, sy), (tx, ty) = side, towards
        if self.is_linked(x, y, sx, sy):
            return (sx, sy), (sx + 0.42 * (tx - sx), sy + 0.42 * (ty - sy))
        reach = 0.62
        return (sx * reach, sy * reach), (sx * reach + 0.36 * tx, sy * reach + 0.36 * ty)


def _bezier(begin: Point, out: Point, back: Point, end: Point) -> Iterator[Point]:
    for step in range(_STEPS + 1):
        t = step / _STEPS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        points = (begin, out, back, end)
        yield (
            sum(weight * point[0] for weight, point in zip(weights, points, strict=True)),
            sum(weight * point[1] for weight, point in zip(weights, points, strict=True)),
        )


def drawn(seed: str, scheme: int, size: tuple[int, int], grid: tuple[int, int]) -> Image.Image:
    """A kolam in the middle of its ground."""
    top, foot, line, dot = SCHEMES[scheme]
    width, height = size[0] * _OVERSAMPLED, size[1] * _OVERSAMPLED
    ground = Image.linear_gradient("L").resize((width, height))
    picture = Image.composite(Image.new("RGB", (width, height), foot), Image.new("RGB", (width, height), top), ground)
    draw = ImageDraw.Draw(picture)
    kolam = Kolam(seed, *grid)
    spacing = min(width / (2 * grid[0] + 1.6), height / (2 * grid[1] + 1.6))
    left, upper = width / 2 - spacing * (grid[0] - 1), height / 2 - spacing * (grid[1] - 1)

    def placed(point: Point) -> Point:
        return left + point[0] * spacing, upper + point[1] * spacing

    thick = max(3, round(spacing * 0.17))
    _halo(draw, kolam, placed, line, top, foot, thick)
    for y in range(grid[1]):
        for x in filter(lambda x: kolam.has(x, y), range(grid[0])):
            _spot(draw, placed((2 * x, 2 * y)), spacing * 0.15, dot)
    for stroke in kolam.strokes():
        points = [placed(point) for point in stroke]
        draw.line(points, fill=line, width=thick, joint="curve")
        for end in (points[0], points[-1]):
            _spot(draw, end, thick / 2 - 0.5, line)
    return picture.resize(size, Image.Resampling.LANCZOS)


def _halo(draw: ImageDraw.ImageDraw, kolam: Kolam, placed, line: Colour, top: Colour, foot: Colour, thick: int) -> None:
    """A breath of the line's colour under it, as of powder on a floor."""
    middle = [(a + b) // 2 for a, b in zip(top, foot, strict=True)]
    soft = tuple((9 * a + b) // 10 for a, b in zip(middle, line, strict=True))
    for stroke in kolam.strokes():
        draw.line([placed(point) for point in stroke], fill=soft, width=round(thick * 2.6), joint="curve")


def _spot(draw: ImageDraw.ImageDraw, at: Point, radius: float, colour: Colour) -> None:
    draw.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=colour)


def main() -> None:
    """Draw them all, into seeds/pictures.

    Few dots: a poster of a phone's width, in AVIF, fits the 14 kB that a server may send before it hears back.
    """
    _FOLDER.mkdir(exist_ok=True)
    for scheme, program in enumerate(PROGRAMS):
        name = f"program-{scheme + 1}"
        _save(drawn(program, scheme, (560, 840), (7, 9)), f"{name}-portrait")
        _save(drawn(program, scheme, (800, 450), (11, 7)), f"{name}-landscape")
        for motif in range(1, MOTIFS + 1):
            seed = f"{program} {motif}"
            _save(drawn(seed, scheme, (320, 480), (5, 7)), f"{name}-lesson-{motif}-portrait")
            _save(drawn(seed, scheme, (400, 225), (9, 5)), f"{name}-lesson-{motif}-landscape")


def _save(picture: Image.Image, name: str) -> None:
    picture.save(_FOLDER / f"{name}.webp", quality=60, method=6)


if __name__ == "__main__":
    main()
