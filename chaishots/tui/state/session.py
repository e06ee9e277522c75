"""What all screens share: reading the database, whether it is away, its clock, and the standing of the system."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from chaishots.content.queries import upcoming_and_overdue
from chaishots.content.queries.publisher_health import probe_publishing
from chaishots.content.queries.upcoming_and_overdue import Outlook, Planned
from chaishots.database.connection import STATEMENT_SECONDS, Connection, reading
from chaishots.database.errors import DatabaseAway, DatabaseTrouble, Trouble
from chaishots.database.replicas import Replica
from chaishots.tui.options import Options
from chaishots.tui.state.clock import Clock

LOOK_SECONDS: Final = 3
"""How long reading the standing may take before the database counts as away."""
SOON: Final = timedelta(hours=1)
"""How far ahead the terminal tells what will be blocked."""
_FORESEEN: Final = 200
_FORESEE_SECONDS: Final = 5.0
"""How often it looks for that."""

T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """Who leads, what is next, what is overdue: one read.

    trouble: why Postgres refuses what is to be published; None when it does not. soon: lessons and changes that fall
    due within SOON and will be blocked as things are, by id, with the reason; soon_total: how many there are.
    """

    replicas: list[Replica]
    outlook: Outlook
    upcoming: list[Planned]
    refused: list[Planned]
    trouble: Trouble | None = None
    soon: Mapping[UUID, str] = field(default_factory=dict[UUID, str])
    soon_total: int = 0

    @property
    def leader(self) -> Replica | None:
        """The replica that publishes; None: nobody does at this moment."""
        return next((replica for replica in self.replicas if replica.leads), None)


@dataclass(frozen=True)
class Changed:
    """What has changed: some programs, each with everything in it; or everything."""

    programs: frozenset[UUID] = frozenset()
    everything: bool = False

    def __or__(self, other: "Changed") -> "Changed":
        return Changed(self.programs | other.programs, self.everything or other.everything)

    def __bool__(self) -> bool:
        return self.everything or bool(self.programs)


@dataclass(frozen=True)
class Handover:
    """A change of the lead from one replica to another, as this terminal saw it."""

    at: datetime
    before: str | None
    after: str
    without_s: float
    """How long this terminal saw no leader, in seconds; it looks every 2 s, so this is not exact."""


@dataclass
class Session:
    """The state that all screens share.

    away_since: when reads began to fail, by the session's clock; None while they succeed.
    trouble: why they fail; None when the database is merely away.
    frozen: whether the screen shows no changes; `behind` counts those it does not show.
    reached: set once the pool is open; every read waits for it.
    """

    options: Options
    clock: Clock = field(default_factory=Clock)
    standing: Standing | None = None
    away_since: datetime | None = None
    trouble: Trouble | None = None
    frozen: bool = False
    behind: int = 0
    handovers: deque[Handover] = field(default_factory=lambda: deque[Handover](maxlen=50))
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _led_by: str | None = None
    _led_until: datetime | None = None
    _foresee_at: float = 0.0

    @property
    def is_away(self) -> bool:
        """Whether the last read failed."""
        return self.away_since is not None

    async def read(self, ask: Callable[[Connection], Awaitable[T]], *, seconds: float = STATEMENT_SECONDS) -> T:
        """Run a read of content and return its result. Raises: DatabaseTrouble, and notes that the database is away."""
        await self.reached.wait()
        try:
            async with reading(seconds) as connection:
                return await ask(connection)
        except DatabaseTrouble as error:
            self.note_away(None if isinstance(error, DatabaseAway) else error.trouble)
            raise

    async def look(self) -> bool:
        """Read the standing; returns whether the database was away before. Raises: DatabaseTrouble."""
        before = self.standing if time.monotonic() < self._foresee_at else None
        self.standing = await self.read(lambda connection: _read_standing(connection, before), seconds=LOOK_SECONDS)
        if before is None:
            self._foresee_at = time.monotonic() + _FORESEE_SECONDS
        self.clock.set(self.standing.outlook.now)
        self._note_handover(self.standing)
        came_back, self.away_since, self.trouble = self.away_since is not None, None, None
        return came_back

    def _note_handover(self, standing: Standing) -> None:
        now, leader = standing.outlook.now, standing.leader
        if leader is None:
            return
        if self._led_until is not None and leader.name != self._led_by:
            gap = (now - self._led_until).total_seconds()
            self.handovers.append(Handover(now, self._led_by, leader.name, gap))
        self._led_by, self._led_until = leader.name, now

    def note_away(self, trouble: Trouble | None = None) -> None:
        """Note that the database is away or, with a trouble, that it answers no reads; from now on, if not before."""
        self.trouble = trouble
        self.away_since = self.away_since or self.clock.now()


async def _read_standing(connection: Connection, before: Standing | None) -> Standing:
    standing = await probe_publishing(connection)
    if before is None:
        soon, soon_total = await _foresee(connection)
    else:
        soon, soon_total = before.soon, before.soon_total
    return Standing(
        standing.replicas,
        await upcoming_and_overdue.outlook(connection),
        await upcoming_and_overdue.upcoming(connection, limit=1),
        await upcoming_and_overdue.refused(connection, limit=1),
        standing.trouble,
        soon,
        soon_total,
    )


async def _foresee(connection: Connection) -> tuple[Mapping[UUID, str], int]:
    from chaishots.content.catalog.blocked_lessons import blocked_within  # late: the first picture does not need it

    soon = await blocked_within(connection, SOON, limit=_FORESEEN)
    changes = {one.change_id: one.reason for one in soon.changes}
    return {one.lesson_id: one.reason for one in soon.lessons} | changes, soon.lessons_total + len(changes)
