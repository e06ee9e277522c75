"""Titles in Indic scripts, with emoji and from right to left: whole and in their place, as seen in tmux."""

import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from chaishots.database.connection import Connection
from chaishots.tui.host.cell_measure import measure_as_terminals_do
from tests.conftest import Database
from tests.tui.tmux import TITLES, fill, in_tmux, token_name

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here")
BORDER = "▏"


def borders(lines: list[str]) -> set[int]:
    """The columns in which the border between list and details stands."""
    measure_as_terminals_do()
    return {cell_len(line.partition(BORDER)[0]) for line in lines if BORDER in line}


async def test_no_title_is_cut_or_moves_what_stands_beside_it(
    sql: Connection, fresh_database: Database, tmp_path: Path
) -> None:
    await fill(sql)
    async with in_tmux(fresh_database.dsn, tmp_path, (200, 60)) as tmux:
        await tmux.sees(*TITLES.values())  # the programs
        for title in reversed(TITLES.values()):
            # Open it; then its lesson: in the list, in the header, as the details' heading.
            await tmux.press("g")
            await tmux.press("/")
            await tmux.type(title)
            await tmux.sees(f"/ {title}", "1 program")
            await tmux.press("Enter")
            lines = await tmux.sees(f"{BORDER} {title} 1", f"{title} 2")
            assert len(borders(lines)) == 1
            await tmux.press("s")
            await tmux.sees(f"“{title} 1”", "Esc  cancel")
            await tmux.press("Escape")
            await tmux.misses("Esc  cancel")
            await tmux.press("P")
            await tmux.sees(f"“{title} 1”", "cannot be taken back")
            await tmux.press("n")
            await tmux.misses("cannot be taken back")
            await tmux.press("Escape")
            await tmux.sees(*TITLES.values())  # all programs again
        await tmux.press("2")
        lines = await tmux.sees("The next 24 hours", *(f"{title} 1" for title in TITLES.values()))
        assert len(borders(lines)) == 1
        await tmux.press("4")
        lines = await tmux.sees("lesson.create", *(f"{title} 1" for title in TITLES.values()))
        assert len(borders(lines)) == 1
        await tmux.press("6")
        lines = await tmux.sees("for ever", *map(token_name, TITLES.values()))
        assert len(borders(lines)) == 1


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_smaller_windows_cut_titles_between_syllables_and_keep_their_columns(
    sql: Connection, fresh_database: Database, tmp_path: Path, size: tuple[int, int]
) -> None:
    await fill(sql)
    async with in_tmux(fresh_database.dsn, tmp_path, size) as tmux:
        for key, shown in (("1", "○ draft"), ("2", "00:59"), ("4", "token.create"), ("6", "never used")):
            await tmux.press(key)
            lines = await tmux.sees(shown, TITLES["Telugu"][:8])
            measure_as_terminals_do()
            assert max(map(cell_len, lines)) <= size[0]
            assert len(borders(lines)) <= 1
            counts = {cell_len(line[: line.index("1◔")]) for line in lines if "1◔" in line}
            assert len(counts) <= 1
