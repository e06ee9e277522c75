"""Which replica publishes: the one whose session holds the advisory lock.

Knows one Postgres session and its lease. Must not know lessons, HTTP, the terminal, or any clock but Postgres'.

What Postgres decides. There is one lock for a schema (`advisory_locks.PUBLISHER`); a session holds it until the session
ends, and nothing in here ever unlocks. A replica is therefore in one of two states, and which one is read from
pg_locks, never remembered here:

- *Standby*: its session waits for the lock, in turns of `_TURN_MS` at most. A statement that waited for days would
  hold a snapshot, and VACUUM could clean nothing behind it.
- *Leader*: its session holds the lock, and publishes through that very session. To lose the one is to lose the other,
  so a leader that was left behind cannot write.

What ends a leadership. The process dies or closes the socket: Postgres ends the session at once. The process hangs or
is paused: it no longer pings, and the session outlives its last statement by the lease (`idle_session_timeout`, or
`idle_in_transaction_session_timeout` inside a transaction; where neither strikes, a standby does, see
`database/hung_sessions.py`). The network is cut: `tcp_user_timeout` and
`client_connection_check_interval` end what waits for a client that is gone. A wait that was cancelled may have been
granted all the same; that is why the end of a wait or of a lead is always the end of its session.

What is never done with a session. Its statements, pings and listener follow one another in one task, and one that was
given up in the middle is the session's last: it is dropped. Even so asyncpg may raise InternalClientError, "another
operation is in progress", where there is none: it read Postgres' farewell (57P01, 57P05) while nothing was asked, kept
it to itself, and the next statement came before the end of the socket did. It means what it is, a session lost.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from math import floor, inf
from typing import Final

import asyncpg

from chaishots.database.connection import Connection, session
from chaishots.database.errors import DatabaseAway, DatabaseRefuses, exception_for, trouble_of
from chaishots.database.hung_sessions import end_silent_sessions
from chaishots.database.listener import CONTENT_CHANNEL, concerns_schedule
from chaishots.database.multiple_hosts import TURNED, has_turned
from chaishots.database.replicas import Stranger, application_name, name_in_trouble, stand, stranger
from chaishots.database.session_reset import note_settings

_TURN_MS: Final = 3_000
_CAMPAIGN: Final = "select chaishots_campaign($1, $2)"
_CLOCK: Final = "select extract(epoch from clock_timestamp())::float8"
_JUMP_SECONDS: Final = 0.05
"""From one ping to the next a clock that is only steered (by at most 0.5 ms a second) is off by less than this."""
_STATEMENT_SECONDS: Final = 20
"""Postgres gives up a statement of the leader's after this; nothing of ours cuts one off before."""


class LeadershipLost(DatabaseAway):
    """The session that held the publisher's lock has ended, and the lead with it."""


class Leadership:
    """The lead, for as long as its session lives."""

    def __init__(self, connection: Connection, dsn: str, *, lease_seconds: float) -> None:
        self.session = connection
        self._dsn = dsn
        self._ping_seconds = lease_seconds / 4
        # Later than Postgres gives up a lock (`lock_timeout`): a table that is locked is no session lost.
        self._ask_seconds = lease_seconds * 0.75
        self._clock_offset: float | None = None

    async def listen(self, on_change: Callable[[], object], on_own_change: Callable[[], object] | None = None) -> None:
        """Call back after every change of what is scheduled, or may be, by whomever, and once when the session ends.

        Args:
            on_own_change: called instead after what this session itself has changed.
        Raises: LeadershipLost, what asyncpg does, or TimeoutError, where the way of the session is gone without a word.
        """
        own = self.session.get_server_pid()

        def changed(_: object, pid: int, __: object, payload: object) -> None:
            if concerns_schedule(str(payload)):
                (on_own_change if on_own_change and pid == own else on_change)()

        def ended(_: object) -> None:
            on_change()

        self.session.add_termination_listener(ended)
        async with asyncio.timeout(self._ask_seconds):
            await self.session.add_listener(CONTENT_CHANNEL, changed)
        await self._ping()

    async def wait(
        self, wake: asyncio.Event, *, seconds: float, is_over: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        """Keep the lead until `wake` is set, for so many seconds at most; less when Postgres' clock turns out to jump.

        Args:
            is_over: asked with each sign of life, for what nobody has told: whether the wait is to end.
        Raises: LeadershipLost when the session turns out to have ended.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not wake.is_set() and (left := deadline - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(left, self._ping_seconds)):
                    await wake.wait()
            except TimeoutError:
                if left > self._ping_seconds and (await self._ping() or (is_over and await self._ask(is_over))):
                    return
                if await has_turned(self.session, self._dsn):
                    raise LeadershipLost(TURNED) from None

    async def _ask(self, is_over: Callable[[], Awaitable[bool]]) -> bool:
        try:
            async with asyncio.timeout(self._ask_seconds):
                return await is_over()
        except Exception as error:
            if self.session.is_closed() or isinstance(error, TimeoutError):
                raise LeadershipLost(trouble_of(error)) from error
            return True  # what is the matter, the next look tells

    async def _ping(self) -> bool:
        """Show a sign of life; whether Postgres' clock was set forward or back since the last one."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        try:
            async with asyncio.timeout(self._ping_seconds):
                clock = await self.session.fetchval(_CLOCK)
        except asyncpg.QueryCanceledError:
            return False  # a machine that is busy, and the short time that a batch has: an answer, and a sign of life
        except Exception as error:
            raise LeadershipLost(trouble_of(error)) from error
        half_way = (loop.time() - asked_at) / 2
        offset = clock - (asked_at + half_way)
        before, self._clock_offset = self._clock_offset, offset
        return before is not None and abs(offset - before) > _JUMP_SECONDS + half_way


@asynccontextmanager
async def stand_for_election(
    dsn: str,
    *,
    replica: str,
    lease_seconds: float,
    in_trouble: str | None = None,
    on_standby: Callable[[Stranger | None], object] = lambda _: None,
) -> AsyncGenerator[Leadership]:
    """Stand for election, and lead for as long as the block lasts.

    Args:
        dsn: a URL that goes to Postgres itself: behind a transaction pooler a session's lock would be stranded.
        lease_seconds: how long Postgres waits for a sign of life before it ends the session.
        in_trouble: the SQLSTATE of what kept this replica from publishing last; shown until another
            replica is found to lead, or `show_well` is called.
        on_standby: called after each turn of waiting in which another one led, or a stranger held the lock.
    Raises: DatabaseAway when Postgres is not reached, or gone before the lead was had; DatabaseRefuses when the session
        is one that Postgres would let write nothing.
    """
    lease = f"{round(lease_seconds * 1000)}ms"
    is_shown = in_trouble is not None

    async def stand_by(connection: Connection) -> None:
        nonlocal is_shown
        on_standby(await stranger(connection))
        if is_shown:
            await show_well(connection, replica)
            is_shown = False

    async with session(
        dsn,
        application_name=name_in_trouble(replica, in_trouble) if in_trouble else application_name(replica, "publisher"),
        idle_session_timeout=lease,
        idle_in_transaction_session_timeout=lease,
        lock_timeout=f"{round(lease_seconds * 500)}ms",
        statement_timeout=f"{_STATEMENT_SECONDS}s",
        client_connection_check_interval="1s",
        tcp_user_timeout=lease,
    ) as connection:
        try:
            await _have_the_lock(connection, dsn, lease_seconds=lease_seconds, on_standby=stand_by)
        except Exception as error:
            if told := exception_for(error):
                raise told from error
            raise
        yield Leadership(connection, dsn, lease_seconds=lease_seconds)


async def show_trouble(connection: Connection, replica: str, sqlstate: str) -> None:
    """Have the session named after the trouble that it is in, for everybody to see."""
    await _name(connection, name_in_trouble(replica, sqlstate))


async def show_well(connection: Connection, replica: str) -> None:
    """Have the session that was named after a trouble named as usual again."""
    await _name(connection, application_name(replica, "publisher"))


async def _name(connection: Connection, name: str) -> None:
    await connection.execute("select set_config('application_name', $1, false)", name)
    note_settings(connection, {"application_name": name})


def is_named(connection: Connection, replica: str) -> bool:
    """Whether the session has its usual name: Postgres tells each change of it unasked."""
    return connection.get_settings().application_name == application_name(replica, "publisher")


async def _have_the_lock(
    connection: Connection, dsn: str, *, lease_seconds: float, on_standby: Callable[[Connection], Awaitable[None]]
) -> None:
    async with asyncio.timeout(lease_seconds):
        standing = await stand(connection, lease_ms=round(lease_seconds * 1000))
    if standing.is_read_only:
        where = "a standby in recovery" if standing.is_in_recovery else "the session is read-only by its settings"
        raise DatabaseRefuses(trouble_of(asyncpg.ReadOnlySQLTransactionError(where)))
    while True:
        async with asyncio.timeout(_TURN_MS / 1000 + lease_seconds):
            seconds = await end_silent_sessions(connection)
            turn_seconds = min(_TURN_MS / 1000, lease_seconds, inf if seconds is None else seconds)
            # Rounded up, and never 0, which would be a wait without an end.
            if await connection.fetchval(_CAMPAIGN, standing.lock, floor(turn_seconds * 1000) + 1):
                return
            await on_standby(connection)
        if await has_turned(connection, dsn):
            raise DatabaseAway(TURNED)
