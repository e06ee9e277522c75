"""How far the feed is behind what was committed: nobody numbers while there is no leader, or Postgres does not let it.

Told by whichever replica is asked, out of the tables alone. Must not know who numbers.
"""

from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from chaishots.database.connection import Connection
from chaishots.database.lock_holders import FEED_TABLES, holder_of

BEHIND_AFTER_SECONDS: Final = 10
"""Longer than a new leader takes."""

_BOUND: Final = "set local lock_timeout = '100ms'"
# By the history's key (seq): of the first line that the feed has not seen.
_STANDING: Final = """
    select state.position, coalesce(extract(epoch from clock_timestamp() - (
             select at from activity where seq > state.line order by seq limit 1))::float, 0) as behind_s
      from feed_state as state
"""


@dataclass(frozen=True)
class FeedStanding:
    """How the feed stands; None: Postgres does not tell.

    position: of its last change. behind_s: since when the first change waits that it does not tell yet. in_the_way: who
    has one of its tables locked, and how to end that, in sentences; looked for while it is behind.
    """

    position: int | None = None
    behind_s: float | None = None
    in_the_way: str | None = None

    @property
    def is_behind(self) -> bool:
        """Whether those who follow it are not told what they should be."""
        return self.behind_s is None or self.behind_s > BEHIND_AFTER_SECONDS


async def feed_standing(connection: Connection) -> FeedStanding:
    """Look how the feed stands; nobody is waited for."""
    try:
        async with connection.transaction():
            await connection.execute(_BOUND)
            row = await connection.fetchrow(_STANDING)
    except asyncpg.PostgresError:
        return await _with_holder(connection, FeedStanding())
    # Emptied by somebody: the leader begins anew.
    return await _with_holder(connection, FeedStanding(**row) if row else FeedStanding(0, 0.0))


async def _with_holder(connection: Connection, standing: FeedStanding) -> FeedStanding:
    if not standing.is_behind or connection.is_in_transaction():
        return standing
    holder = await holder_of(connection, FEED_TABLES)
    return replace(standing, in_the_way=f"{holder} {holder.action}") if holder else standing
