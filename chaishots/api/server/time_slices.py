"""Work that can wait goes in slices: however much of it comes at once, the loop soon turns to what cannot.

A loop does all that is ready before it looks for what has become ready since. When 500 connections ask at once for what
takes 0.3 ms each, whoever comes next, to whom the answer lies ready, waits 150 ms. Must not know what is done.
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
