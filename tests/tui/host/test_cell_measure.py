"""Rich counts cells as terminals do; each figure here was asked of tmux 3.3a, and of wcwidth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich import cells
from rich.cells import CellTable, cell_len, chop_cells, set_cell_size

from chaishots.tui.host.cell_measure import measure_as_terminals_do

TEXTS = st.text(st.sampled_from("aక్షమితెలుగु हिन्दीकহৌতமிழ்கொ\u200c\u200d☕\ufe0f👨🇮🇳سلا…"), max_size=30)


@pytest.fixture(autouse=True, scope="module")
def measured() -> None:
    """As in the terminal."""
    measure_as_terminals_do()


@pytest.mark.parametrize(
    ("text", "takes"),
    [("త్రి", 2), ("తెలుగు", 5), ("हिन्दी कहानियाँ", 13), ("বাংলা কৌ", 8), ("தமிழ் கொ", 7), ("سلام", 4), ("☕️", 2), ("🇮🇳", 2)],
)
def test_a_vowel_sign_beside_its_letter_takes_a_cell(text: str, takes: int) -> None:
    assert cell_len(text) == takes


@pytest.mark.parametrize(
    ("text", "cut"),
    [("కిక్షి", [1, 1, 3]), ("कहानियाँ", [1, 1, 3, 3, 5, 5, 7]), ("தமிழ்", [1, 1, 3, 4]), ("ab", [1, 2])],
)
def test_a_text_is_cut_between_syllables(text: str, cut: list[int]) -> None:
    assert [cell_len(set_cell_size(text, room).rstrip()) for room in range(1, cell_len(text) + 1)][: len(cut)] == cut


@given(TEXTS, st.integers(1, 40))
def test_a_text_made_to_fit_takes_what_it_should(text: str, room: int) -> None:
    assert cell_len(set_cell_size(text, room)) == room


@given(TEXTS, st.integers(8, 40))
def test_a_text_broken_into_lines_loses_nothing(text: str, room: int) -> None:
    lines = chop_cells(text, room)
    assert "".join(lines) == text or not cell_len(text)
    assert all(cell_len(line) <= room for line in lines)


def test_rich_still_has_what_is_replaced() -> None:
    assert {"load_cell_table", "_cell_len", "split_graphemes", "_split_text"} <= vars(cells).keys()
    assert {"unicode_version", "widths", "narrow_to_wide"} == set(CellTable._fields)
