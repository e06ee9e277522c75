"""Does work that can wait in short slices, so that the loop soon gets to work that cannot.

An asyncio loop runs everything that is ready before it looks for more. If 500 connections ask at once for something
that takes 0.3 ms, the next request waits 150 ms, even if its answer is in memory. Must not know what the work is.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable


class Slices:
    """A queue of things to do, first come, first served, for some of the time of each turn of the loop."""

    def __init__(self, seconds: float) -> None:
        """Take how long a slice may be; what is begun is finished."""
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_due = False

    def add(self, do: Callable[[], None]) -> None:
        """Have it done in its turn. What it raises, the loop logs; the others are done."""
        self._waiting.append(do)
        self._come_back()

    def _do_some(self) -> None:
        self._is_due = False
        until = time.perf_counter() + self._seconds
        try:
            while self._waiting:
                self._waiting.popleft()()
                if time.perf_counter() >= until:
                    break
        finally:
            self._come_back()

    def _come_back(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._do_some)
