"""Which replica publishes: the one whose session holds the advisory lock.

Knows one Postgres session and its lease. Must not know lessons, HTTP, the terminal, or any clock but Postgres'.

What Postgres decides. There is one lock (`replicas.PUBLISHER_LOCK`); a session holds it until the session ends, and
nothing in here ever unlocks. A replica is therefore in one of two states, and which one is read from pg_locks, never
remembered here:

- *Standby*: its session waits for the lock, in turns of `_TURN_MS`. A statement that waited for days would hold a
  snapshot, and VACUUM could clean nothing behind it.
- *Leader*: its session holds the lock, and publishes through that very session. To lose the one is to lose the other,
  so a leader that was left behind cannot write.

What ends a leadership. The process dies or closes the socket: Postgres ends the session at once. The process hangs or
is paused: it no longer pings, and the session outlives its last statement by the lease (`idle_session_timeout`, or
`idle_in_transaction_session_timeout` inside a transaction). The network is cut: `tcp_user_timeout` and
`client_connection_check_interval` end what waits for a client that is gone. A wait that was cancelled may have been
granted all the same; that is why the end of a wait or of a lead is always the end of its session.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

from chaishots.database.connection import Connection, session
from chaishots.database.notifications import CONTENT_CHANNEL
from chaishots.database.replicas import PUBLISHER_LOCK, application_name
from chaishots.database.troubles import DatabaseAway

_TURN_MS: Final = 2_000
_CAMPAIGN: Final = "select chaishots_campaign($1, $2)"


class LeadershipLost(Exception):
    """The session that held the publisher's lock has ended, and the lead with it."""


class Leadership:
    """The lead, for as long as its session lives."""

    def __init__(self, connection: Connection, *, lease_seconds: float) -> None:
        self.session = connection
        self._ping_seconds = lease_seconds / 4

    async def listen(self, on_change: Callable[[], object]) -> None:
        """Call back after every change of content, by whomever, and once when the session ends."""

        def changed(*_: object) -> None:
            on_change()

        self.session.add_termination_listener(changed)
        await self.session.add_listener(CONTENT_CHANNEL, changed)

    async def wait(self, wake: asyncio.Event, *, seconds: float) -> None:
        """Keep the lead until `wake` is set, for so many seconds at most.

        Raises: LeadershipLost when the session turns out to have ended.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not wake.is_set() and (left := deadline - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(left, self._ping_seconds)):
                    await wake.wait()
            except TimeoutError:
                if left > self._ping_seconds:
                    await self._ping()

    async def _ping(self) -> None:
        try:
            async with asyncio.timeout(self._ping_seconds):
                await self.session.execute("select 1")
        except Exception as error:
            raise LeadershipLost("The publisher's session ended; standing for election again.") from error


@asynccontextmanager
async def elected(dsn: str, *, replica: str, lease_seconds: float) -> AsyncGenerator[Leadership]:
    """Stand for election, and lead for as long as the block lasts.

    Args:
        dsn: a URL that goes to Postgres itself: behind a transaction pooler a session's lock would be stranded.
        lease_seconds: how long Postgres waits for a sign of life before it ends the session.
    Raises: DatabaseAway when Postgres is not reached, or gone before the lead was had.
    """
    lease = f"{round(lease_seconds * 1000)}ms"
    async with session(
        dsn,
        application_name=application_name(replica, "publisher"),
        idle_session_timeout=lease,
        idle_in_transaction_session_timeout=lease,
        client_connection_check_interval="1s",
        tcp_user_timeout=lease,
    ) as connection:
        try:
            while not await _campaign(connection, seconds=_TURN_MS / 1000 + lease_seconds):
                pass
        except Exception as error:
            raise DatabaseAway("The publisher's session ended while standing by.") from error
        yield Leadership(connection, lease_seconds=lease_seconds)


async def _campaign(connection: Connection, *, seconds: float) -> bool:
    async with asyncio.timeout(seconds):
        return await connection.fetchval(_CAMPAIGN, PUBLISHER_LOCK, _TURN_MS)
