"""How long a part of the process waits after an error, and what it logs meanwhile.

The same for every part that runs as long as the process, and for every error. Knows kinds of trouble. Must not know
what a part does.
"""

import random
import time
from dataclasses import dataclass
from typing import Any, Final

from structlog.typing import FilteringBoundLogger

from chaishots.database.errors import DatabaseTrouble, Kind, Trouble, exception_for, trouble_of

AGAIN_SECONDS: Final = 60
"""The same trouble is told again no sooner than this, with how often it was met meanwhile."""
_AWAY_SECONDS: Final = (0.1, 2.0)
"""The first and the longest wait for a database that is not there, less up to a half by chance."""
_REFUSES_SECONDS: Final = (0.2, 1.0)
"""The same for one that refuses: whoever has mended that sees it go on within a second."""
_OTHER_SECONDS: Final = (0.2, 5.0)
"""The same after a fault of ours, or one that nobody knows."""


@dataclass
class _Told:
    """When a trouble was told last, and how often it was met since."""

    at: float
    untold: int = 0


class Backoff:
    """One part's failing: one line when it begins, one a minute while it lasts, one when it is over."""

    def __init__(self, log: FilteringBoundLogger, part: str) -> None:
        """Log what becomes of a part under its name: `<part>.lost`, `.refused`, `.waits`, `.failed`, `.well`."""
        self._log = log
        self._part = part
        self._failures = 0
        self._since = 0.0
        self._is_told = False
        self._told: dict[str, _Told] = {}

    @property
    def is_failing(self) -> bool:
        """Whether an error came after the last time that all was well."""
        return self._failures > 0

    def note_failure(self, error: Exception, **details: Any) -> float:  # Any: what a line of the log takes
        """Take note of an error; how many seconds to wait before the next try.

        Args:
            details: what else the line is to say.
        """
        now = time.monotonic()
        if not self._failures:
            self._since = now
        trouble = trouble_of(error)
        is_fault = not isinstance(error, DatabaseTrouble) and exception_for(error) is None and trouble.sqlstate is None
        first, longest = _SECONDS.get(trouble.kind, _OTHER_SECONDS)
        pause = min(longest, first * 2 ** min(self._failures, 16))
        pause *= random.uniform(0.5, 1)  # noqa: S311  # spreads replicas, no secret
        self._failures += 1
        told = self._told.get(key := f"{trouble.kind}:{trouble.sqlstate}:{type(error).__name__}")
        if told is not None and now - told.at < AGAIN_SECONDS:
            told.untold += 1
            return pause
        details |= {"retry_s": round(pause, 2)} | ({"again": told.untold} if told is not None and told.untold else {})
        self._told = {k: v for k, v in self._told.items() if now - v.at < AGAIN_SECONDS} | {key: _Told(now)}
        self._is_told = True
        if is_fault:
            self._log.error(f"{self._part}.failed", reason=trouble.reason, exc_info=error, **details)
        else:
            self._log.warning(f"{self._part}.{_EVENTS.get(trouble.kind, 'refused')}", **_words(trouble), **details)
        return pause

    def note_success(self) -> None:
        """Take note that the part does its work."""
        if self._failures and self._is_told:
            took = time.monotonic() - self._since
            self._log.info(f"{self._part}.well", after_s=round(took, 2), tries=self._failures)
        self._failures, self._is_told = 0, False


_SECONDS: Final = {
    **dict.fromkeys((Kind.AWAY, Kind.LOGIN), _AWAY_SECONDS),
    **dict.fromkeys((Kind.READ_ONLY, Kind.DISK_FULL, Kind.PERMISSION, Kind.SCHEMA), _REFUSES_SECONDS),
}
_EVENTS: Final = {Kind.AWAY: "lost", Kind.LOGIN: "lost", Kind.CROSSED: "waits", Kind.SLOW: "waits"}


def _words(trouble: Trouble) -> dict[str, str]:
    words = {"reason": trouble.of_writes, "kind": trouble.kind.value}
    return words if trouble.kind is Kind.AWAY else words | {"action": trouble.action}
