"""Shares one look at Postgres between all probes and scrapes of about the same time, so that a flood costs no more.

Who wishes waits only briefly for it while the last one is recent, and is answered though the server, or Postgres, has
much else to do. Knows nothing of what is looked at.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from chaishots.api.request_tasks import RequestTasks

A_SECOND: Final = 10
"""Looks a second, and as many at once: who asks seldom has one of its own."""
RECENT_SECONDS: Final = 1
"""How old, from its beginning, what is told may be while a new look is under way."""

T = TypeVar("T")


class Looks(Generic[T]):
    """One look at a time. Each is a task of its own: whoever asked for it may leave, and the others still see it."""

    def __init__(self, look: Callable[[], Awaitable[T]], tasks: RequestTasks) -> None:
        self._tasks = tasks
        self._look = look
        self._under_way: asyncio.Task[T] | None = None
        self._last: asyncio.Task[T] | None = None
        self._last_began_at = self._began_at = 0.0
        self._allowed = float(A_SECOND)
        self._counted_at = time.monotonic()

    def at_hand(self) -> T | None:
        """What the last look saw, when there have been as many as there may be; None when a look is to be waited for.

        Raises: what the look raised.
        """
        if self._under_way is not None or self._last is None or self._may_look():
            return None
        return self._last.result()

    async def share(self, *, within_s: float | None = None) -> T:
        """What a look sees: one that is under way, or a new one.

        Args:
            within_s: how long it is waited for while the last one is recent; what that saw is told then. None: as long
                as it takes.
        Raises: what the look raises.
        """
        if self._under_way is None:
            if self._last is not None and not self._may_look():
                return self._last.result()
            self._allowed -= 1
            self._begin()
        look = self._under_way
        assert look is not None
        if within_s is not None and self._last is not None and self._is_recent():
            await asyncio.wait({look}, timeout=within_s)
            if not look.done() and self._is_recent():
                return self._last.result()
        return await asyncio.shield(look)

    def _may_look(self) -> bool:
        now = time.monotonic()
        self._allowed = min(A_SECOND, self._allowed + (now - self._counted_at) * A_SECOND)
        self._counted_at = now
        return self._allowed >= 1

    def _is_recent(self) -> bool:
        return time.monotonic() - self._last_began_at < RECENT_SECONDS

    def _begin(self) -> None:
        self._began_at = time.monotonic()
        self._under_way = self._tasks.start(self._run(), name="looks")
        self._under_way.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        self._under_way = None
        if not task.cancelled():
            task.exception()  # those who asked may all have left
            self._last, self._last_began_at = task, self._began_at

    async def _run(self) -> T:
        return await self._look()
