"""Listens for changes (Postgres' LISTEN and NOTIFY) on one session, for as long as the process runs.

A notification names the table that changed, and the programs that this concerns (migration 34); whoever wants to know
more asks. While the session is away, subscribers are told that nothing is heard.

That nothing was heard means that nothing changed only while it is known that it would have been heard. So the session
is asked now and again: Postgres sends what there is to hear before it replies, so once the reply is there, all that was
committed before it was asked has been heard. `alive_at` is the last such moment. An idle process asks every 2 s; one
that serves, every half second, ahead of need; nobody waits, but for the first after a silence.

With each reply comes what is told of changes by nobody: Postgres' own counters of the content's tables, which move too
where triggers are off (a restore, replication, `session_replication_role = replica`). They are told late, after up to
10 s, by a session that is idle, so a change that only they show is known of within half a minute. That the tables are
others, as after a restore, is known with the next reply.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from chaishots.database.connection import Connection, session
from chaishots.database.connections_exhausted import tell_crowding
from chaishots.database.errors import DatabaseAway, trouble_of
from chaishots.database.multiple_hosts import TURNED, has_turned
from chaishots.database.pool import leave_server
from chaishots.database.timeouts_without_loop_lag import LoopTimer
from chaishots.logs import named_logger

CONTENT_CHANNEL: Final = "chaishots_content"
"""Where the triggers on the content tables tell of each change: `table:program,program gone`. After the colon are the
programs whose answers it changes, none for a draft's; without one, it may concern all. `gone` is there when something
that was public is taken down or withheld from now on, `edited` when lessons are neither scheduled nor have an end, and
else `many` when one statement changed 50 and more."""
FEED_CHANNEL: Final = "chaishots_feed"
"""Where the feed tells that it has come on; the payload is its last position, which nobody needs."""
GONE: Final = "gone"
EDITED: Final = "edited"
MANY: Final = "many"
_LESSON_OF_NOBODY: Final = "lesson:"
PICTURES: Final = "picture"
"""The table that is told of when a picture comes that content names already."""
PICTURE_FILES: Final = "picture_files"
"""No table, but told as one: the files of a picture, by its id, that were removed from the store."""
HEARD_SECONDS: Final = 1.0
"""For how long after it was asked a session that replied is known to have told all."""
AHEAD_SECONDS: Final = 0.5
"""How old the last such moment is to be for the session to be asked again, ahead of need."""
_IDLE_SECONDS: Final = 2.0
_REPLY_SECONDS: Final = 2.0
"""How long a reply may take; what takes longer was cut without a word."""
_LONGEST_SECONDS: Final = 10.0
"""For a reply, however late our own loop is."""
_SETTLED_SECONDS: Final = 10.0
"""How long after a change was heard of Postgres' counters may still be moving because of it."""
_UNSETTLED_SECONDS: Final = 20.0
"""How long changes may follow one another before all is taken to have changed by something that nobody told of."""
_RECONNECT_SECONDS: Final = (0.05, 2.0)
"""The first and the longest wait, less up to a half by chance, before Postgres is tried again."""
_LASTED_SECONDS: Final = 5.0
"""How long a session has to have lasted for the next loss to be a first one."""
_TELL_SECONDS: Final = 60
"""How often the log tells the same reason."""

_CONTENT: Final = ("program", "topic", "program_topic", "term", "lesson", "release", "change")
# The tables by their own numbers: those that a restore made anew are told at once, since they are others for sure. By
# those of their files too, for a truncate.
_PING: Final = f"""
    select pg_postmaster_start_time()::text as server,
           string_agg(content.oid::text, ',' order by content.oid) as tables,
           string_agg(concat_ws(' ', content.relfilenode, pg_stat_get_tuples_inserted(content.oid),
               pg_stat_get_tuples_updated(content.oid), pg_stat_get_tuples_deleted(content.oid)),
               ',' order by content.oid) as counters
      from unnest(array['{"', '".join(_CONTENT)}']) as name
      join pg_class as content on content.oid = to_regclass(name)
"""

_log = named_logger("listener")


class _Seen(NamedTuple):
    """What Postgres tells of the content's tables: which they are, and how many rows were written; None without any."""

    tables: str | None
    counters: str | None


@dataclass(frozen=True)
class Heard:
    """What the listener tells its subscribers.

    tables: the tables that changed; empty when the connection came or went, or something nobody told of changed.
    programs: those whose answers changed, and no others' did, but for lists; None: any may have.
    is_listening: whether changes are heard from here on. After a return, anything may have changed meanwhile.
    is_gone: whether something that was public was taken down, or is withheld from now on.
    is_many: whether many lessons changed at once, as they do in a backlog.
    is_untold: whether something has changed, some while ago, of which no trigger told.
    picture_id: whose files were removed.
    is_of_feed: whether what was heard is that the feed has come on.
    """

    is_listening: bool
    tables: frozenset[str] = field(default_factory=frozenset[str])
    programs: frozenset[UUID] | None = None
    is_gone: bool = False
    is_many: bool = False
    is_untold: bool = False
    picture_id: str | None = None
    is_of_feed: bool = False


Subscriber = Callable[[Heard], None]


def concerns_nobody(payload: str) -> bool:
    """Whether a notification tells of what is in no answer: what neither is nor was public, nor is scheduled."""
    return _read(payload).programs == frozenset()


def concerns_schedule(payload: str) -> bool:
    """Whether what a notification tells of may have something published, archived or applied sooner or later.

    A lesson that is scheduled, or has an end, always names its program.
    """
    return payload != _LESSON_OF_NOBODY and not payload.endswith(f" {EDITED}")


def _read(payload: str) -> Heard:
    """What a notification of a change says. Any user of the database may send anything: that may concern all."""
    about, _, told = payload.partition(" ")
    table, colon, named = about.partition(":")
    try:
        programs = frozenset(map(UUID, named.split(","))) if named else frozenset[UUID]()
    except ValueError:
        colon, programs = "", frozenset[UUID]()
    return Heard(
        is_listening=True,
        tables=frozenset([table]),
        programs=programs if colon else None,
        is_gone=told == GONE,
        is_many=told == MANY,
        picture_id=told if table == PICTURE_FILES else None,
    )


class Listener:
    """The one session of the process that listens to changes of content."""

    def __init__(self, dsn: str, *, application_name: str) -> None:
        """Take a URL that goes to Postgres itself: a transaction pooler passes no notification on."""
        self._dsn = dsn
        self._application_name = application_name
        self._subscribers: list[Subscriber] = []
        self._losses = 0
        self._reason = ""
        self._told_at = -math.inf
        self._wanted = asyncio.Event()
        self._asked_at: float | None = None
        self._next: asyncio.Future[None] | None = None
        self._heard_at = -math.inf
        self.is_listening = False
        self.alive_at = -math.inf
        """Until when, by the monotonic clock, all that was committed is known to have been heard."""
        self.server: str | None = None
        """Which server the session is with: one that was started again, or stands in for another, is another one."""

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have a function called with all that is heard, in the loop, at once; it must not block nor raise.

        Returns: what ends the subscription.
        """
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def hears(self, now: float) -> bool:
        """Whether all that was committed until a second ago has been heard."""
        return self.is_listening and now - self.alive_at <= HEARD_SECONDS

    def look_ahead(self) -> None:
        """Have the session asked now; nobody waits for it."""
        self._wanted.set()

    def is_asked_in_vain(self, now: float, *, for_s: float) -> bool:
        """Whether there is no session, or it has not replied for so long. One that nobody asks owes no reply."""
        return not self.is_listening or (self._asked_at is not None and now - self._asked_at >= for_s)

    async def has_heard(self) -> bool:
        """Whether all that was committed until a second ago has been heard; asks, and waits for at most a second.

        All who wait share one question; one that was sent a second ago, and not replied to, is waited for by nobody.
        """
        now = time.monotonic()
        until = (now if self._asked_at is None else self._asked_at) + HEARD_SECONDS
        await self._ask_until(lambda: self.hears(time.monotonic()), until)
        return self.hears(time.monotonic())

    async def has_heard_since(self, moment: float, *, within_s: float) -> bool:
        """Whether all that was committed until a moment, by the monotonic clock, has been heard; asks, and waits."""
        await self._ask_until(lambda: self.alive_at >= moment, time.monotonic() + within_s)
        return self.is_listening and self.alive_at >= moment

    async def _ask_until(self, is_heard: Callable[[], bool], until: float) -> None:
        while self.is_listening and not is_heard() and (left_s := until - time.monotonic()) > 0:
            self._wanted.set()
            if self._next is None:
                self._next = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._next}, timeout=left_s)

    async def run(self) -> None:
        """Listen for ever. Whatever happens to the session, subscribers are told at once, and another one is opened."""
        while True:
            began_at = time.monotonic()
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001  # there is none that would be a reason to listen no more
                if time.monotonic() - began_at > _LASTED_SECONDS:
                    self._losses = 0
                await asyncio.sleep(self._pause(error))

    async def _listen(self) -> None:
        def changed(_: object, __: int, ___: str, payload: object) -> None:
            self._heard_at = time.monotonic()
            self._tell(_read(str(payload)))

        def numbered(*_: object) -> None:
            # Not how far: any user of the database may send anything here.
            self._tell(Heard(is_listening=True, is_of_feed=True))

        def closed(_: object) -> None:
            # Not by the waiter, which runs later: until then, what was heard would pass for all there was.
            self._stop_listening()
            self._wanted.set()

        async with session(self._dsn, application_name=self._application_name) as connection:
            connection.add_termination_listener(closed)
            try:
                with _Within(_REPLY_SECONDS, connection):
                    await connection.add_listener(CONTENT_CHANNEL, changed)
                    await connection.add_listener(FEED_CHANNEL, numbered)
                before, alive_at = self.server, self.alive_at
                seen = await self._ask(connection)
                if before not in (None, self.server):
                    await leave_server(self._dsn, opened_before=alive_at)
                self._heard_at = self.alive_at
                self._tell(Heard(is_listening=True))
                await self._keep_asking(connection, seen)
            finally:
                connection.remove_termination_listener(closed)
                self._stop_listening()

    async def _keep_asking(self, connection: Connection, settled: _Seen) -> None:
        differs_since = math.inf
        while True:
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            if not self.is_listening:
                raise DatabaseAway("The listening session ended.")
            seen = await self._ask(connection)
            with _Within(_REPLY_SECONDS, connection):
                await tell_crowding(connection)
            if await has_turned(connection, self._dsn):
                raise DatabaseAway(TURNED)
            differs_since = min(differs_since, self.alive_at) if seen != settled else math.inf
            # Among changes that are told without end, one of which nobody tells would not be noticed otherwise.
            is_long = self.alive_at - differs_since >= _UNSETTLED_SECONDS
            is_settled = self.alive_at - self._heard_at >= _SETTLED_SECONDS
            if seen != settled and (is_settled or is_long or seen.tables != settled.tables):
                settled, differs_since = seen, math.inf
                self._tell(Heard(is_listening=True, is_untold=True))

    async def _ask(self, connection: Connection) -> _Seen:
        """Have the session reply; by then, all that was committed before has been heard."""
        asked_at = self._asked_at = time.monotonic()
        try:
            with _Within(_REPLY_SECONDS, connection):
                row = await connection.fetchrow(_PING)
            assert row is not None  # it always has its row
            self.server, self.alive_at = row["server"], asked_at
            return _Seen(row["tables"], row["counters"])
        finally:
            self._asked_at = None
            self._wanted.clear()
            self._let_look()

    def _pause(self, error: Exception) -> float:
        """How long to wait before Postgres is tried again; the log tells why, each reason now and then."""
        first, longest = _RECONNECT_SECONDS
        pause_s = min(longest, first * 2 ** min(self._losses, 16))
        pause_s *= random.uniform(0.5, 1)  # noqa: S311  # spreads replicas, no secret
        self._losses += 1
        trouble, now = trouble_of(error), time.monotonic()
        if trouble.text != self._reason or now - self._told_at >= _TELL_SECONDS:
            self._reason, self._told_at = trouble.text, now
            _log.warning("listener.lost", reason=trouble.text, action=trouble.action, retry_s=round(pause_s, 2))
        return pause_s

    def _stop_listening(self) -> None:
        if self.is_listening:
            self._tell(Heard(is_listening=False))
        self._let_look()

    def _let_look(self) -> None:
        if self._next is not None:
            self._next.set_result(None)
            self._next = None

    def _tell(self, heard: Heard) -> None:
        self.is_listening = heard.is_listening
        for subscriber in tuple(self._subscribers):
            subscriber(heard)


class _Within:
    """Ends the session when the block takes longer: a statement that is given up leaves none to go on with.

    Not `asyncio.timeout`, by which asyncpg would ask Postgres to cancel the statement, over a connection of its own. No
    time counts in which it was our own loop that was late.
    """

    def __init__(self, seconds: float, connection: Connection) -> None:
        self._seconds = seconds
        self._connection = connection

    def __enter__(self) -> None:
        self._ending = LoopTimer(self._seconds, self._connection.terminate, longest=_LONGEST_SECONDS)

    def __exit__(self, *_: object) -> None:
        self._ending.cancel()
