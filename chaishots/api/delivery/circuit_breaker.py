"""Decides whether to ask the database: which error tells that it is away, and who tries it meanwhile, one in a while.

Pure: errors, and moments by the monotonic clock, in; decisions out. How old answers are given meanwhile, and how long a
request waits before that, is `render_or_serve_stale.py`'s.
"""

from typing import Final

from chaishots.database.errors import DatabaseBusy, DatabaseTrouble, exception_for

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


def tells_of_outage(error: Exception, *, is_cut_off: bool) -> bool:
    """Whether all who ask now would fare the same: not when we, or this one answer, took too long.

    Args:
        is_cut_off: whether the listener has asked Postgres and got no reply; so what took too long is an outage, too.
    """
    if isinstance(error, DatabaseBusy) or (took_too_long(error) and not is_cut_off):
        return False
    return isinstance(error, DatabaseTrouble) or exception_for(error) is not None


def took_too_long(error: Exception) -> bool:
    """Whether the time was up before Postgres answered: it may be away, or busy with this one thing."""
    return isinstance(error.__cause__, TimeoutError) and not isinstance(error, DatabaseBusy)
