"""Columns keep to their place, however wide a terminal draws a script: an emulator of the widest and the narrowest."""

import re
import unicodedata

import pytest
from rich.cells import cell_len

from chaishots.tui.host.cell_measure import measure_as_terminals_do
from chaishots.tui.host.column_positions import anchor_columns

TITLES = ["రోజు చాయ్", "एक किलो आलू", "చాకు, పీట", "chai ☕️ time", "ไทย"]


@pytest.fixture(autouse=True)
def measured() -> None:
    """As in the terminal."""
    measure_as_terminals_do()


def drawn(written: str, *, widest: bool) -> dict[int, str]:
    """What stands in which column, on a terminal that gives each spacing mark a cell of its own, or none."""
    cells: dict[int, str] = {}
    column = 1
    for token in re.finditer(r"\x1b\[(\d+);(\d+)H|\x1b\[(\d+)G|\x1b\[[0-9;]*m|(.)", written):
        if token[2] or token[3]:
            column = int(token[2] or token[3])
        elif token[4]:
            takes = 2 if unicodedata.east_asian_width(token[4]) == "W" else 1
            takes = 0 if unicodedata.category(token[4]) in ("Mn", "Me", "Cf") else takes
            takes = takes if widest or not unicodedata.category(token[4]).startswith("M") else 0
            if takes:
                cells[column] = token[4]
            column += takes
    return cells


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("widest", [True, False])
def test_what_stands_behind_a_title_stands_in_its_column(title: str, widest: bool) -> None:
    line = f"\x1b[1;5H\x1b[1m{title}\x1b[0m|after"
    cells = drawn(anchor_columns(line), widest=widest)
    column = 5 + cell_len(title)
    assert "".join(cells[column + place] for place in range(6)) == "|after"


@pytest.mark.parametrize("title", TITLES)
def test_a_title_with_its_room_is_drawn_whole_where_it_is_drawn_widest(title: str) -> None:
    cells = drawn(anchor_columns(f"\x1b[1;1H{title}|"), widest=True)
    letters = [letter for letter in title if unicodedata.category(letter) not in ("Mn", "Me", "Cf")]
    assert [letter for _, letter in sorted(cells.items()) if letter != " "][:-1] == [x for x in letters if x != " "]


def test_what_is_sure_is_written_as_it_is() -> None:
    line = "\x1b[1;1HChai für zwei 茶 ● ▌\x1b[0m\n"
    assert anchor_columns(line) == line


def test_a_text_whose_column_is_not_known_is_left_alone() -> None:
    assert anchor_columns("రోజు") == "రోజు"
