"""The database's clock, as the terminal knows it between two looks: only Postgres decides what is due."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the database's time: its own last word, and this machine's monotonic clock since."""

    def __init__(self) -> None:
        self._said = datetime.now(UTC)
        self._heard_at = time.monotonic()

    def set(self, now: datetime) -> None:
        """Take what the database just said."""
        self._said, self._heard_at = now.astimezone(UTC), time.monotonic()

    def now(self) -> datetime:
        """The database's time, in UTC."""
        return self._said + timedelta(seconds=time.monotonic() - self._heard_at)
