"""The command palette: finds programs by title, beside the commands that the app offers itself."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.message import Message

from chaishots.content.queries import terminal_tree
from chaishots.content.queries.search_filter import read_search
from chaishots.content.queries.terminal_tree import ProgramRow
from chaishots.database.errors import DatabaseTrouble
from chaishots.tui.rendering.formatting import plain
from chaishots.tui.screens.base import MainScreen

_PROGRAMS: Final = 12


@dataclass
class ProgramChosen(Message):
    """The operator chose a program in the palette."""

    program_id: UUID


class ProgramSearch(Provider):
    """Offers programs whose titles hold what was typed."""

    async def discover(self) -> Hits:
        """The newest programs, before anything is typed."""
        for program in await self._find_programs(""):
            # As a Text: Textual takes a string for markup, and a title may hold anything.
            title = Text(plain(program.title))
            yield DiscoveryHit(title, lambda found=program: self._open(found), help="Open this program")

    async def search(self, query: str) -> Hits:
        """The programs found, ranked by Textual's matcher."""
        matcher = self.matcher(query)
        for program in await self._find_programs(query):
            title = plain(program.title)
            score = matcher.match(title) or 0.5
            yield Hit(
                score, _highlight(title, query), lambda found=program: self._open(found), help="Open this program"
            )

    def _open(self, program: ProgramRow) -> None:
        self.app.post_message(ProgramChosen(program.id))  # pyright: ignore[reportUnknownMemberType]

    async def _find_programs(self, query: str) -> list[ProgramRow]:
        if not isinstance(self.screen, MainScreen):
            return []  # a dialog is open: it is answered first
        wanted = read_search(query)
        try:
            return await self.screen.session.read(
                lambda connection: terminal_tree.find_programs(connection, wanted, limit=_PROGRAMS)
            )
        except DatabaseTrouble:
            return []


def _highlight(title: str, query: str) -> Text:
    """A title in which the words of a query are marked, each with the vowel signs behind it."""
    shown = Text(title)
    for word in query.split():
        if found := re.search(rf"{re.escape(word)}[\u200c\u200d]*", title, re.IGNORECASE):
            end = found.end()
            while end < len(title) and unicodedata.category(title[end]).startswith("M"):
                end += 1
            shown.stylize("bold underline", found.start(), end)
    return shown
