"""The poster that is drawn where there is no picture: a kolam grown from an id, and the first letter of a title.

A kolam is one or more lines that wind around dots. Each dot is a tile; between two tiles the lines either cross or turn
away from each other. The id decides which, the same in all four quarters, so that every id has its own symmetrical
drawing. Knows nothing of programs, HTML or colours.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import regex

TILE: Final = 20
"""The side of a tile, in the drawing's own units."""
_OUT: Final = TILE // 2
_IN: Final = 7
"""How far from the dot a line passes where it turns away, and where it crosses."""
_CROSSINGS_OF_16: Final = 10
"""How many of sixteen borders are crossed: with more it is a lattice, with fewer it falls into rings."""
_AKSARA: Final = regex.compile(r"\X")
_SHOWN: Final = regex.compile(r"[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]")


class Shape(NamedTuple):
    """How many tiles a quarter of the drawing has."""

    columns: int
    rows: int

    @property
    def width(self) -> int:
        """Of the whole drawing."""
        return 2 * self.columns * TILE

    @property
    def height(self) -> int:
        """Of the whole drawing."""
        return 2 * self.rows * TILE


PORTRAIT: Final = Shape(2, 3)
LANDSCAPE: Final = Shape(4, 2)
"""16:8 and a little cut off above and below where a picture would be 16:9."""
BANNER: Final = Shape(6, 2)


@dataclass(frozen=True, slots=True)
class Kolam:
    """A drawing.

    path: the lines of the upper left quarter, as the `d` of an SVG path; the others mirror it.
    tone: which of TONES colours suits it.
    """

    shape: Shape
    path: str
    tone: int


TONES: Final = 6


@lru_cache(4_096)
def draw(seed: str, shape: Shape = PORTRAIT) -> Kolam:
    """The kolam of an id; the same for the same id, everywhere and always."""
    digest = hashlib.blake2b(seed.encode(), digest_size=64).digest()
    chances = iter(digest[1:])
    columns, rows = shape
    # crossed[…][x][y]: whether the border to the right of (below) the tile is crossed. What mirrors the middle may be.
    right = [[next(chances) % 16 < _CROSSINGS_OF_16 for _ in range(rows)] for _ in range(columns)]
    below = [[next(chances) % 16 < _CROSSINGS_OF_16 for _ in range(rows)] for _ in range(columns)]
    # The middle is held together, or there may be four drawings instead of one.
    right[-1][-1] = below[-1][-1] = True
    path = "".join(
        _around(
            TILE * x + _OUT,
            TILE * y + _OUT,
            (y > 0 and below[x][y - 1], right[x][y], below[x][y], x > 0 and right[x - 1][y]),
        )
        for x in range(columns)
        for y in range(rows)
    )
    return Kolam(shape, path, digest[0] % TONES)


def aksara(title: str) -> str:
    """The first letter of a title as its readers see it, with all that belongs to it; empty when it has none.

    A grapheme cluster: a conjunct with its vowel sign is one, and so is a family of emoji.
    """
    return next((cluster for cluster in _AKSARA.findall(title[:200]) if _SHOWN.search(cluster)), "")


def _around(x: int, y: int, crossed: tuple[bool, bool, bool, bool]) -> str:
    """The line around one dot, clockwise from the top; `crossed` tells of the borders above, right, below, left."""
    start = _OUT if crossed[0] else _IN
    return f"M{x} {y - start}" + "".join(_quarters(crossed)) + "z"


def _quarters(crossed: tuple[bool, bool, bool, bool]) -> Iterator[str]:
    # From the top to the right, as if the dot were at 0,0; then turned by a right angle each.
    for turn in range(4):
        begins, ends = crossed[turn], crossed[(turn + 1) % 4]
        if begins and ends:
            yield f"l{_turned(turn, (_OUT, _OUT))}"
            continue
        if begins:
            points = ((4, 4), (_IN, 6), (_IN, _OUT))
        elif ends:
            points = ((4, 0), (6, 3), (_OUT, _IN))
        else:
            points = ((4, 0), (_IN, 3), (_IN, _IN))
        yield "c" + " ".join(_turned(turn, point) for point in points)


def _turned(turn: int, point: tuple[int, int]) -> str:
    x, y = point
    for _ in range(turn):
        x, y = -y, x
    return f"{x} {y}"
