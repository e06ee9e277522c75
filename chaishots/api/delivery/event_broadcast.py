"""The feed, live: what is new is read once and sent to all who listen.

Who comes with a cursor is first brought up to date (`event_catch_up.py`), a page at a time as he takes it, out of the
database; and then is one of the many, who get the same bytes (`event_bytes.py`). Who does not take what he is sent is
let go: with the id of what he had last he comes back, and misses nothing. Must not know connections, nor HTTP but for
its pieces.
"""

import asyncio
import time
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

from chaishots.api.delivery.event_bytes import Piece, bookmark, event_of, greeting, reset
from chaishots.api.delivery.event_catch_up import PAGE, read_missed
from chaishots.api.request_tasks import RequestTasks
from chaishots.content.catalog import feed
from chaishots.content.catalog.feed import Change, Cursor
from chaishots.content.errors import CursorExpired
from chaishots.database.backoff import Backoff
from chaishots.database.connection import reading
from chaishots.database.listener import Heard, Listener
from chaishots.database.pool_shares import Share, current_share
from chaishots.logs import named_logger
from chaishots.metrics import LISTENERS, LISTENERS_DROPPED

MOST_LISTENERS: Final = 5_000
BEAT_SECONDS: Final = 15
_PACE_SECONDS: Final = 0.02
"""How soon after it has sent something it sends again: what comes meanwhile goes together."""
_UNSENT_BYTES: Final = 512 * 1024
"""How much may wait for a client, beside what the kernel keeps for it, before it is let go."""
_AT_ONCE: Final = 100
"""Listeners that are written to before the loop has its turn: about a millisecond."""
_CATCHING_UP: Final = 2
"""How many are brought up to date at the same time; each takes a connection of the pool for a page."""

_log = named_logger("events")
_slow, _failed = LISTENERS_DROPPED.labels("slow"), LISTENERS_DROPPED.labels("failed")


class Client(Protocol):
    """Whoever listens, as far as the broadcast knows."""

    def write(self, piece: Piece) -> None:
        """Send, as soon as it goes."""

    def unsent(self) -> int:
        """How many bytes wait to be taken."""
        ...

    async def taken(self) -> None:
        """Wait until most of what was sent is taken. Raises: ConnectionError when it will not be."""

    def end(self) -> None:
        """End the stream, once all is sent."""

    def cut(self) -> None:
        """End it now."""


class Broadcast:
    """All who listen to the feed on this replica."""

    def __init__(self, listener: Listener, tasks: RequestTasks) -> None:
        """Hear from the listener when the feed has come on; `tasks` starts what is done."""
        self._tasks = tasks
        self._live: dict[Client, int] = {}
        """Up to where each was sent, when that is further than all were."""
        self._joining: dict[Client, None] = {}
        self._head: Cursor | None = None
        self._news = asyncio.Event()
        self._turns = asyncio.Semaphore(_CATCHING_UP)
        self._backoff = Backoff(_log, "events")
        self._work: asyncio.Task[None] | None = None
        self._is_over = False
        listener.subscribe(self._hear)
        LISTENERS.set_function(lambda: len(self._live) + len(self._joining))

    @property
    def is_full(self) -> bool:
        """Whether nobody else may listen now."""
        return self._is_over or len(self._live) + len(self._joining) >= MOST_LISTENERS

    def join(self, client: Client, after: Cursor | None) -> None:
        """Have a client hear what comes after a cursor; without one, from now on."""
        self._joining[client] = None
        self._tasks.start(self._bring_up(client, after), name="listener")
        if self._work is None or self._work.done():
            self._work = self._tasks.start(self._keep_sending(), name="broadcast")

    def leave(self, client: Client) -> None:
        """Forget a client that is gone."""
        self._live.pop(client, None)
        self._joining.pop(client, None)

    def end(self) -> None:
        """End all streams: their clients come back, to another replica."""
        self._is_over = True
        for client in (*self._live, *self._joining):
            with suppress(Exception):  # of one client: the others are to end as well
                client.end()

    def _hear(self, heard: Heard) -> None:
        # Anything may have come while nothing was heard.
        if heard.is_listening and (heard.is_of_feed or not heard.tables):
            self._news.set()

    async def _bring_up(self, client: Client, after: Cursor | None) -> None:
        """Send what a client has missed, until it is where all are."""
        current_share.set(Share.TOKENS)
        try:
            client.write(Piece(greeting()))
            while client in self._joining:
                async with self._turns:
                    page = await read_missed(after, client.write)
                client.write(Piece(b"".join(map(event_of, page.changes)) or bookmark(page.next)))
                after = page.next
                if not page.has_more and self._has_joined(client, after):
                    return
                await client.taken()
        except Exception as error:  # noqa: BLE001  # of one client, which comes back
            if not isinstance(error, ConnectionError):
                self._backoff.note_failure(error)
            self.leave(client)
            client.end()

    def _has_joined(self, client: Client, after: Cursor) -> bool:
        """Make one of the many of a client that has had all that they have; it may have had more."""
        if client not in self._joining:
            return True
        if self._head is None:
            self._head = replace(after, began_at=0)
            # What was heard of before there was a head was told to nobody.
            self._news.set()
        if after.position < self._head.position:
            return False
        del self._joining[client]
        self._live[client] = after.position
        return True

    async def _keep_sending(self) -> None:
        """Send what is new to all, as long as there is anybody."""
        current_share.set(Share.TOKENS)
        beat_at = time.monotonic() + BEAT_SECONDS
        while self._live or self._joining:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0, beat_at - time.monotonic())):
                    await self._news.wait()
            try:
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + BEAT_SECONDS
                    if self._head is not None:
                        await self._send([], self._head)
                if not self._news.is_set():
                    continue
                self._news.clear()
                if await self._send_news():
                    self._news.set()
                self._backoff.note_success()
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                self._news.set()
                await asyncio.sleep(self._backoff.note_failure(error))
            await asyncio.sleep(_PACE_SECONDS)
        self._head = None

    async def _send_news(self) -> bool:
        """Send the next that is new; whether there is more."""
        if self._head is None:
            return False
        async with reading() as connection:
            try:
                page = await feed.changes(connection, self._head, limit=PAGE)
            except CursorExpired as error:
                # Another history: what they have is of none.
                self._head = await feed.head(connection)
                self._live = dict.fromkeys(self._live, self._head.position)
                await self._write(Piece(reset(self._head, str(error))))
                return True
        if page.changes:
            await self._send(page.changes, page.next)
        return page.has_more

    async def _send(self, changes: Sequence[Change], head: Cursor) -> None:
        """Send what is new to all, and to whoever has had some of it already the rest; without any, a sign of life."""
        begins = self._head.position if self._head else head.position
        # Before anybody is written to: who joins meanwhile has had this.
        self._head = head
        ahead = {client: position for client, position in self._live.items() if position > begins}
        for client, position in ahead.items():
            if rest := b"".join(event_of(change) for change in changes if change.after.position > position):
                self._give(client, Piece(rest))
            if client in self._live and position <= head.position:
                self._live[client] = 0
        await self._write(Piece(b"".join(map(event_of, changes)) or bookmark(head)), ahead)

    async def _write(self, piece: Piece, spared: Container[Client] = ()) -> None:
        for number, client in enumerate([*self._live], 1):
            if client not in self._live or client in spared:
                continue
            self._give(client, piece)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _give(self, client: Client, piece: Piece) -> None:
        """Write to a client; let it go when it takes too little, or cannot be written to."""
        try:
            client.write(piece)
            if client.unsent() <= _UNSENT_BYTES:
                return
            _slow.inc()
        except Exception as error:  # noqa: BLE001  # of one client: the others get it
            self._backoff.note_failure(error)
            _failed.inc()
        self.leave(client)
        with suppress(Exception):  # it is gone either way
            client.cut()
