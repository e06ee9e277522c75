"""What all screens share: how the database is reached and whether it is, its clock, and how everything stands."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from chaishots.content.queries import agenda
from chaishots.content.queries.agenda import Outlook, Planned
from chaishots.content.queries.publishing import publishing
from chaishots.database.connection import STATEMENT_SECONDS, Connection, reading
from chaishots.database.replicas import Replica
from chaishots.database.troubles import DatabaseAway, DatabaseTrouble, Trouble
from chaishots.tui.options import Options
from chaishots.tui.state.clock import Clock

LOOK_SECONDS: Final = 3
"""How long one look at how everything stands may take before the database counts as away."""

T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """Who leads, what is next, what is overdue: one look.

    trouble: why Postgres does not take what is to be published; None when it does.
    """

    replicas: list[Replica]
    outlook: Outlook
    upcoming: list[Planned]
    refused: list[Planned]
    trouble: Trouble | None = None

    @property
    def leader(self) -> Replica | None:
        """The replica that publishes; None when nobody does at this moment."""
        return next((replica for replica in self.replicas if replica.leads), None)


@dataclass(frozen=True)
class Changed:
    """What has changed: some programs, each with all that is in it; or anything at all."""

    programs: frozenset[UUID] = frozenset()
    everything: bool = False

    def __or__(self, other: "Changed") -> "Changed":
        return Changed(self.programs | other.programs, self.everything or other.everything)

    def __bool__(self) -> bool:
        return self.everything or bool(self.programs)


@dataclass(frozen=True)
class Handover:
    """The lead went from one replica to another, as this terminal saw it."""

    at: datetime
    before: str | None
    after: str
    without_s: float
    """How long nobody was seen to lead; the looks are some time apart, so this is not exact."""


@dataclass
class Session:
    """The state that the screens share.

    away_since: when a read first failed, by the session's clock; None while reads are answered.
    trouble: why it did, unless the database is just away.
    frozen: whether the picture stands still; `behind` counts the changes that it does not show.
    reached: set once the pool is open; whoever reads waits for it.
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

    @property
    def is_away(self) -> bool:
        """Whether the last read failed."""
        return self.away_since is not None

    async def read(self, ask: Callable[[Connection], Awaitable[T]], *, seconds: float = STATEMENT_SECONDS) -> T:
        """What a read of content gives. Raises: DatabaseTrouble, which the session keeps in mind."""
        await self.reached.wait()
        try:
            async with reading(seconds) as connection:
                return await ask(connection)
        except DatabaseTrouble as error:
            self.note_away(None if isinstance(error, DatabaseAway) else error.trouble)
            raise

    async def look(self) -> bool:
        """Look how everything stands; whether the database has come back with it. Raises: DatabaseTrouble."""
        self.standing = await self.read(_look, seconds=LOOK_SECONDS)
        self.clock.set(self.standing.outlook.now)
        self._keep_handover(self.standing)
        came_back, self.away_since, self.trouble = self.away_since is not None, None, None
        return came_back

    def _keep_handover(self, standing: Standing) -> None:
        now, leader = standing.outlook.now, standing.leader
        if leader is None:
            return
        if self._led_until is not None and leader.name != self._led_by:
            gap = (now - self._led_until).total_seconds()
            self.handovers.append(Handover(now, self._led_by, leader.name, gap))
        self._led_by, self._led_until = leader.name, now

    def note_away(self, trouble: Trouble | None = None) -> None:
        """Keep in mind that the database is away or, with a trouble, answers no reads; since now if not before."""
        self.trouble = trouble
        self.away_since = self.away_since or self.clock.now()


async def _look(connection: Connection) -> Standing:
    standing = await publishing(connection)
    return Standing(
        standing.replicas,
        await agenda.outlook(connection),
        await agenda.upcoming(connection, limit=1),
        await agenda.refused(connection, limit=1),
        standing.trouble,
    )
