"""Shares one read of Postgres between all requests that need it at about the same time, so that a flood costs no more.

Knows nothing of what is looked at.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from chaishots.api.request_tasks import RequestTasks

TASKS: Final = "TASKS"
"""Where the application's configuration has who starts the looks."""
A_SECOND: Final = 10
"""Looks a second, and as many at once: who asks seldom has one of its own, and none is older than 0.1 s."""

T = TypeVar("T")


class Looks(Generic[T]):
    """One look at a time. Each is a task of its own: whoever asked for it may leave, and the others still see it."""

    def __init__(self, look: Callable[[], Awaitable[T]], tasks: RequestTasks) -> None:
        self._tasks = tasks
        self._look = look
        self._last: asyncio.Task[T] | None = None
        self._allowed = float(A_SECOND)
        self._counted_at = time.monotonic()

    async def share(self) -> T:
        """What a look sees: one that is under way, or a new one, or what the last one saw when there are too many.

        Raises: what the look raises.
        """
        if self._last is None or (self._last.done() and self._may_look()):
            self._last = self._tasks.start(self._run(), name="looks")
            self._last.add_done_callback(_retrieved)
        return await asyncio.shield(self._last)

    def _may_look(self) -> bool:
        now = time.monotonic()
        self._allowed = min(A_SECOND, self._allowed + (now - self._counted_at) * A_SECOND)
        self._counted_at = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    async def _run(self) -> T:
        return await self._look()


def _retrieved(task: asyncio.Task[T]) -> None:
    if not task.cancelled():
        task.exception()  # those who asked may all have left
