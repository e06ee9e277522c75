"""Keeping up with changes: what the listener hears becomes what has changed, joined, a few times a second at most."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from chaishots.content.queries import history
from chaishots.database.notifications import Heard
from chaishots.database.troubles import DatabaseTrouble
from chaishots.tui.state.session import Changed, Session

JOIN_SECONDS: Final = 0.03
"""What is committed within this time is shown together."""
REST_SECONDS: Final = 0.12
"""The shortest time between two pictures; with what else it takes, each change is seen within 200 ms."""
_LINES: Final = 1_000
_LOOKED_BACK: Final = 1_000
"""A line of the history may be committed after one of a higher number; so far back it is looked for again."""


class LiveUpdates:
    """Reads what has changed whenever something was heard, and hands it on."""

    def __init__(self, session: Session, hand_on: Callable[[Changed], Awaitable[None]]) -> None:
        self._session = session
        self._hand_on = hand_on
        self._news = asyncio.Event()
        self._missed_some = True
        self._seen: set[int] = set()
        self._newest = 0
        self._has_looked = False
        self._kept_back = Changed()

    def hear(self, heard: Heard) -> None:
        """Take what the listener heard; a gap in its hearing makes everything be read again."""
        if not heard.tables:
            # It came or went: what was committed in between was told to nobody.
            self._missed_some = True
        self._news.set()

    def catch_up(self) -> None:
        """Have everything read again."""
        self._missed_some = True
        self._news.set()

    def thaw(self) -> None:
        """Hand on what was kept back while the picture stood still."""
        self._session.frozen, self._session.behind = False, 0
        self._news.set()

    async def run(self) -> None:
        """Follow, for as long as the terminal runs."""
        while True:
            await self._news.wait()
            await asyncio.sleep(JOIN_SECONDS)
            self._news.clear()
            try:
                await self._update()
            except DatabaseTrouble:
                self._missed_some = True  # whoever finds the database back asks to catch up
            await asyncio.sleep(REST_SECONDS)

    async def _update(self) -> None:
        missed_some, self._missed_some = self._missed_some, False
        changed = await self._changes()
        self._kept_back |= Changed(everything=True) if missed_some else changed
        if self._kept_back and not self._session.frozen:
            changed, self._kept_back = self._kept_back, Changed()
            await self._hand_on(changed)

    async def _changes(self) -> Changed:
        after = max(0, self._newest - _LOOKED_BACK)
        lines = await self._session.read(lambda connection: history.changes(connection, after=after, limit=_LINES))
        new = [line for line in lines if line.seq not in self._seen]
        first_time, self._has_looked = not self._has_looked, True
        self._seen = {line.seq for line in lines}
        self._newest = max((line.seq for line in lines), default=self._newest)
        if first_time:
            return Changed()
        if self._session.frozen:
            self._session.behind += len(new)
        everything = len(new) == len(lines) == _LINES
        return Changed(frozenset(line.program_id for line in new if line.program_id), everything or _other(new))


def _other(lines: list[history.Change]) -> bool:
    # Releases and topics have no program of their own; their lines are rare.
    return any(line.program_id is None for line in lines)
