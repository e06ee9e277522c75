"""Time limits for what others are to reply, which count no time in which our own event loop was late.

A reply that came in time lies in the socket's buffer while the loop is busy with something else, and a limit by the
clock alone strikes first when the loop comes round again: then a server that is busy takes Postgres for away. Knows the
loop alone.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

_TICK_SECONDS: Final = 0.1
"""Of a turn that takes longer, no more than this counts."""


class LoopTimer:
    """Calls a function once the loop has had so many seconds; busy or not, it does when `longest` is over."""

    def __init__(self, seconds: float, call: Callable[[], object], *, longest: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._call = call
        self._left = seconds
        self._until = self._loop.time() + longest
        self._next = self._wait()

    @property
    def has_counted_all(self) -> bool:
        """Whether the loop has had all of the seconds."""
        return self._left <= 0

    def cancel(self) -> None:
        """Call nothing any more."""
        self._next.cancel()

    def _wait(self) -> asyncio.TimerHandle:
        seconds = min(_TICK_SECONDS, self._left)
        return self._loop.call_later(seconds, self._tick, seconds)

    def _tick(self, seconds: float) -> None:
        self._left -= seconds
        if self._left <= 0 or self._loop.time() >= self._until:
            self._call()
        else:
            self._next = self._wait()


@asynccontextmanager
async def timeout_of_loop(seconds: float, *, longest: float) -> AsyncGenerator[LoopTimer]:
    """As asyncio.timeout, by a LoopTimer.

    Raises: TimeoutError; the timer tells whether the loop has had all of the seconds.
    """
    async with asyncio.timeout(None) as timeout:
        timer = LoopTimer(seconds, lambda: timeout.reschedule(0), longest=longest)
        try:
            yield timer
        finally:
            timer.cancel()
