import pytest

from chaishots.api.pages.drawn_poster import BANNER, LANDSCAPE, PORTRAIT, TONES, aksara, draw


@pytest.mark.parametrize(
    ("title", "letter"),
    [
        ("తెలుగు", "తె"),
        ("క్షమ", "క్ష"),
        ("శ్రీ", "శ్రీ"),
        ("हिन्दी", "हि"),
        ("स्त्री", "स्त्री"),
        ("  “A proper cup”", "A"),
        ("\u202eعربي", "ع"),
        ("👩‍👩‍👧‍👦 family", "👩‍👩‍👧‍👦"),
        ("e\u0301t", "e\u0301"),
        ("5 cups", "5"),
        ("<b>", "b"),
        ("…!?", ""),
        ("", ""),
    ],
)
def test_the_letter_of_a_title_is_what_its_readers_see_as_one(title: str, letter: str) -> None:
    assert aksara(title) == letter


def test_an_id_has_one_kolam_in_each_shape_and_another_id_another() -> None:
    seeds = [f"0192f6a0-1a00-7c01-8a11-{number:012}" for number in range(200)]
    for shape in (PORTRAIT, LANDSCAPE, BANNER):
        drawn = [draw(seed, shape) for seed in seeds]
        assert drawn == [draw.__wrapped__(seed, shape) for seed in seeds]
        assert len({kolam.path for kolam in drawn}) > 150
        assert {kolam.tone for kolam in drawn} == set(range(TONES))


def test_the_lines_of_neighbouring_tiles_meet() -> None:
    # A line that crosses a border ends in its middle; there, the tile on the other side has to begin one.
    ends = _points(draw("meet", LANDSCAPE).path)
    crossings = {(x, y) for x, y in ends if (x % 20 == 0) != (y % 20 == 0)}
    inner = {(x, y) for x, y in crossings if 0 < x < 80 and 0 < y < 40}
    assert inner
    assert all(ends.count(point) == 2 * ends.count(point) // 2 >= 2 for point in inner)
    assert not any(x == 0 or y == 0 for x, y in crossings)


def _points(path: str) -> list[tuple[int, int]]:
    """Where the pieces of each closed line end."""
    import re

    points: list[tuple[int, int]] = []
    for line in path.split("z")[:-1]:
        x, y = map(int, re.match(r"M(\d+) (-?\d+)", line).groups())  # pyright: ignore[reportOptionalMemberAccess]
        for piece in re.findall(r"[lc]([-\d ]+)", line):
            dx, dy = map(int, piece.split()[-2:])
            x, y = x + dx, y + dy
            points.append((x, y))
    return points
