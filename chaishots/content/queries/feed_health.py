"""How far the feed is behind what was committed: nobody numbers while there is no leader, or Postgres does not let it.

Told by whichever replica is asked, out of the tables alone. Must not know who numbers.
"""

from dataclasses import dataclass
from typing import Final

import asyncpg

from chaishots.database.connection import Connection

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

    position: of its last change. behind_s: since when the first change waits that it does not tell yet.
    """

    position: int | None = None
    behind_s: float | None = None

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
        return FeedStanding()
    # Emptied by somebody: the leader begins anew.
    return FeedStanding(**row) if row else FeedStanding(0, 0.0)
