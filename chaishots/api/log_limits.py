"""Limits how often the same line is logged, so that a thousand failing requests a second log one line a second."""

import time
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Seldom:
    """How often each kind of thing is told, at most once in so many seconds."""

    seconds: float
    _told_at: dict[str, float] = field(default_factory=dict[str, float])
    _untold: defaultdict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))

    def again(self, kind: str) -> int | None:
        """How many of this kind were not told since the last that was; None when this one is not to be told either.

        Args:
            kind: one of few: each that was ever given is remembered.
        """
        now = time.monotonic()
        if kind in self._told_at and now - self._told_at[kind] < self.seconds:
            self._untold[kind] += 1
            return None
        self._told_at[kind] = now
        return self._untold.pop(kind, 0)
