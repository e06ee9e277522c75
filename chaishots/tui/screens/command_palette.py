"""The palette: programs by name, besides every command that the app has."""

from typing import TYPE_CHECKING, Final

from textual.command import DiscoveryHit, Hit, Hits, Provider

from chaishots.content.queries import tree
from chaishots.content.queries.search import read_search
from chaishots.content.queries.tree import ProgramRow
from chaishots.database.troubles import DatabaseTrouble
from chaishots.tui.rendering.formatting import plain

if TYPE_CHECKING:
    from chaishots.tui.app import Operator

_PROGRAMS: Final = 12


class Titles(Provider):
    """Programs whose titles have what was typed."""

    async def discover(self) -> Hits:
        """The newest programs, before anything is typed."""
        for program in await self._found(""):
            yield DiscoveryHit(plain(program.title), lambda found=program: self._open(found), help="Open this program")

    async def search(self, query: str) -> Hits:
        """The programs that are found, each as good as the matcher says."""
        matcher = self.matcher(query)
        for program in await self._found(query):
            title = plain(program.title)
            score = matcher.match(title) or 0.5
            yield Hit(
                score, matcher.highlight(title), lambda found=program: self._open(found), help="Open this program"
            )

    def _open(self, program: ProgramRow) -> None:
        self._operator.open_program(program.id)

    async def _found(self, query: str) -> list[ProgramRow]:
        wanted = read_search(query)
        try:
            return await self._operator.desk.read(
                lambda connection: tree.find_programs(connection, wanted, limit=_PROGRAMS)
            )
        except DatabaseTrouble:
            return []

    @property
    def _operator(self) -> "Operator":
        from chaishots.tui.app import Operator

        assert isinstance(self.app, Operator)  # the only app that has this provider
        return self.app
