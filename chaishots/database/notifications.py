"""Hearing of changes as they are committed: one session that listens, for as long as the process runs.

What is heard is that something changed, never what it is worth: a notification tells the table, and whoever wants to
know more asks. While the session is away nothing is heard, and subscribers are told just that.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from chaishots.database.connection import session
from chaishots.database.troubles import DatabaseAway
from chaishots.observability import named_logger

CONTENT_CHANNEL: Final = "chaishots_content"
"""Where the triggers on the content tables tell of each change; the payload is the table's name."""
_PING_SECONDS: Final = 2
"""A connection that was cut without a word is found out within this and the time of one ping."""
_RECONNECT_SECONDS: Final = (0.05, 2.0)
"""The first and the longest wait, less up to a half by chance, before Postgres is tried again."""

_log = named_logger("listener")


@dataclass(frozen=True)
class Heard:
    """What the listener tells its subscribers.

    tables: the tables that changed; empty when only the connection came or went.
    is_listening: whether changes are heard from here on. After a return, anything may have changed meanwhile.
    """

    is_listening: bool
    tables: frozenset[str] = field(default_factory=frozenset[str])


Subscriber = Callable[[Heard], None]


class Listener:
    """The one session of the process that listens to changes of content."""

    def __init__(self, dsn: str, *, application_name: str) -> None:
        """Take a URL that goes to Postgres itself: a transaction pooler passes no notification on."""
        self._dsn = dsn
        self._application_name = application_name
        self._subscribers: list[Subscriber] = []
        self._losses = 0
        self.is_listening = False
        self.alive_at = 0.0
        """When, by the monotonic clock, the session last gave a sign of life."""

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have a function called with all that is heard, in the loop, at once; it must not block nor raise.

        Returns: what ends the subscription.
        """
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def run(self) -> None:
        """Listen for ever; a lost connection is told of at once, and had again as soon as Postgres is."""
        while True:
            try:
                await self._listen()
            except DatabaseAway as away:
                first, longest = _RECONNECT_SECONDS
                pause = min(longest, first * 2 ** min(self._losses, 16))
                pause *= random.uniform(0.5, 1)  # noqa: S311  # spreads replicas, no secret
                self._losses += 1
                _log.warning("listener.lost", reason=str(away), retry_s=round(pause, 2))
                await asyncio.sleep(pause)

    async def _listen(self) -> None:
        ended = asyncio.Event()

        def changed(_: object, __: int, ___: str, payload: object) -> None:
            self._tell(Heard(is_listening=True, tables=frozenset([str(payload)])))

        def closed(_: object) -> None:
            # Not by the waiter, which runs later: until then, what was heard would pass for all there was.
            self._stop_listening()
            ended.set()

        async with session(self._dsn, application_name=self._application_name) as connection:
            connection.add_termination_listener(closed)
            try:
                await connection.add_listener(CONTENT_CHANNEL, changed)
                self._losses = 0
                self._tell(Heard(is_listening=True))
                while not ended.is_set():
                    try:
                        async with asyncio.timeout(_PING_SECONDS):
                            await ended.wait()
                    except TimeoutError:
                        async with asyncio.timeout(_PING_SECONDS):
                            await connection.execute("select 1")
                        self.alive_at = time.monotonic()
            except Exception as error:
                raise DatabaseAway("The listening session ended.") from error
            finally:
                connection.remove_termination_listener(closed)
                self._stop_listening()
        raise DatabaseAway("The listening session ended.")

    def _stop_listening(self) -> None:
        if self.is_listening:
            self._tell(Heard(is_listening=False))

    def _tell(self, heard: Heard) -> None:
        self.is_listening = heard.is_listening
        if heard.is_listening:
            self.alive_at = time.monotonic()
        for subscriber in tuple(self._subscribers):
            subscriber(heard)
