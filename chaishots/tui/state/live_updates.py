"""Turns notifications into changes: reads from the history what changed, and hands it on a few times a second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from chaishots.content.queries import history
from chaishots.database.errors import DatabaseTrouble
from chaishots.database.listener import Heard
from chaishots.tui.state.session import Changed, Session

JOIN_SECONDS: Final = 0.03
"""Commits within this time are shown together."""
REST_SECONDS: Final = 0.12
"""The shortest time between two updates; so each change is on the screen within 200 ms."""
_LINES: Final = 1_000
_LOOKED_BACK: Final = 1_000
"""Reads so many numbers back: a line may be committed after one with a higher number."""


class LiveUpdates:
    """Reads what has changed after each notification, and hands it on."""

    def __init__(self, session: Session, hand_on: Callable[[Changed], Awaitable[None]]) -> None:
        self._session = session
        self._hand_on = hand_on
        self._news = asyncio.Event()
        self._reads_everything = True
        self._seen: set[int] = set()
        self._newest = 0
        self._has_looked = False
        self._pending = Changed()

    def hear(self, heard: Heard) -> None:
        """Note a notification. After the listener connects again, everything is read again."""
        if not heard.tables:
            # It connected or lost its connection: nobody was notified of commits in between.
            self._reads_everything = True
        self._news.set()

    def catch_up(self) -> None:
        """Read everything again."""
        self._reads_everything = True
        self._news.set()

    def thaw(self) -> None:
        """End a freeze, and hand on what it kept back."""
        self._session.frozen, self._session.behind = False, 0
        self._news.set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            await self._news.wait()
            await asyncio.sleep(JOIN_SECONDS)
            self._news.clear()
            try:
                await self._update()
            except DatabaseTrouble:
                self._reads_everything = True  # the app calls catch_up once the database is back
            await asyncio.sleep(REST_SECONDS)

    async def _update(self) -> None:
        read_everything, self._reads_everything = self._reads_everything, False
        changed = await self._changes()
        self._pending |= Changed(everything=True) if read_everything else changed
        if self._pending and not self._session.frozen:
            changed, self._pending = self._pending, Changed()
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
        return Changed(
            frozenset(line.program_id for line in new if line.program_id), everything or _has_no_program(new)
        )


def _has_no_program(lines: list[history.Change]) -> bool:
    # Releases and topics belong to no program; their lines are rare.
    return any(line.program_id is None for line in lines)
