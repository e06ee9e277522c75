"""Makes Rich and Textual count the cells of a text as terminals do, and cut it between syllables.

Rich counts nothing for the vowel signs that stand beside their letter (Unicode's spacing marks, Mc); terminals give
each a cell, as wcwidth does. So Telugu, Hindi, Bengali and Tamil would be drawn wider than their room, and cut there.
Uses private names of Rich; tests/tui/host/test_cell_measure.py names each.
"""

# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from rich import cells
from rich._unicode_data import load
from rich.cells import CellSpan, CellTable, _cell_len, split_graphemes

_VIRAMA: Final = 9
"""The combining class of the sign that joins two consonants."""
_SYLLABLE_CELLS: Final = 6
"""The widest syllable that is kept whole; whatever somebody wrote, a line can be cut."""

_PICTURES: Final = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINS_NO_PICTURES: Final = re.compile(f"(?<![{_PICTURES}\ufe0f])\u200d|\u200d(?![{_PICTURES}])")
"""Joiners but in joined emoji: Rich takes the letter behind any joiner for a part of the one before."""
_NO_JOINER: Final = "\u200c"


def measure_as_terminals_do() -> None:
    """From now on, in this process; a second call does no harm."""
    if cells.load_cell_table is not _load_with_marks:
        ours = {
            "load_cell_table": _load_with_marks,
            "_cell_len": _count_cells,
            "split_graphemes": _split_syllables,
            "_split_text": _split_at,
        }
        for name, replacement in ours.items():
            setattr(cells, name, replacement)
        cells.get_character_cell_size.cache_clear()
        cells.cached_cell_len.cache_clear()


@cache
def _load_with_marks(unicode_version: str = "auto") -> CellTable:
    table = load(unicode_version)
    return table._replace(widths=[part for entry in table.widths for part in _without_spacing_marks(*entry)])


def _without_spacing_marks(first: int, last: int, width: int) -> Iterator[tuple[int, int, int]]:
    # What the table does not name is one cell wide.
    if width:
        yield first, last, width
        return
    start = first
    for code in range(first, last + 2):
        if code > last or unicodedata.category(chr(code)) == "Mc":
            if start < code:
                yield start, code - 1, 0
            start = code + 1


def _count_cells(text: str, unicode_version: str) -> int:
    return _cell_len(_JOINS_NO_PICTURES.sub(_NO_JOINER, text), unicode_version)


def _split_syllables(text: str, unicode_version: str = "auto") -> tuple[list[CellSpan], int]:
    letters, width = split_graphemes(_JOINS_NO_PICTURES.sub(_NO_JOINER, text), unicode_version)
    syllables: list[CellSpan] = []
    for start, end, size in letters:
        if syllables and _continues(text, start) and syllables[-1][2] + size <= _SYLLABLE_CELLS:
            syllables[-1] = syllables[-1][0], end, syllables[-1][2] + size
        else:
            syllables.append((start, end, size))
    return syllables, width


def _continues(text: str, place: int) -> bool:
    letter = unicodedata.category(text[place])
    return letter == "Mc" or (letter == "Lo" and unicodedata.combining(text[place - 1]) == _VIRAMA)


def _split_at(text: str, cell_position: int, unicode_version: str = "auto") -> tuple[str, str]:
    # Rich's own takes it that nothing is wider than two cells.
    before = 0
    for start, end, size in _split_syllables(text, unicode_version)[0]:
        if before + size > cell_position:
            left = max(0, cell_position - before)
            cut = f"{text[:start]}{' ' * left}", f"{' ' * (size - left)}{text[end:]}"
            return cut if left else (text[:start], text[start:])
        before += size
    return text, ""
