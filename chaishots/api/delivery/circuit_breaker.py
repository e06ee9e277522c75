"""Decides whether to ask the database. While it is away, only one request in a while tries it.

Pure: moments by the monotonic clock in, decisions out. Which error tells of a database that is away is
`renderer.py`'s; how old answers are given meanwhile, `render_or_serve_stale.py`'s.
"""

from typing import Final

RETRY_SECONDS: Final = 0.25
"""How long a database that was away is not asked again, by any request."""


class CircuitBreaker:
    """Open while the database is thought to be away; closed by whatever shows that it is there."""

    __slots__ = ("_retry_at", "is_open")

    def __init__(self) -> None:
        self.is_open = False
        self._retry_at = 0.0

    def open(self, now: float) -> None:
        """Take note that the database was found away."""
        self.is_open = True
        self._retry_at = now + RETRY_SECONDS

    def close(self) -> None:
        """Take note that it is there."""
        self.is_open = False

    def is_resting(self, now: float) -> bool:
        """Whether nobody is to ask yet."""
        return self.is_open and now < self._retry_at

    def may_ask(self, now: float) -> bool:
        """Whether the database may be asked now; while it is away, by one in a while."""
        if not self.is_open:
            return True
        if now < self._retry_at:
            return False
        self._retry_at = now + RETRY_SECONDS
        return True
