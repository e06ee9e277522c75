"""The database's clock between two reads of it, as Postgres alone decides what is due."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The database's last time, plus what this machine's monotonic clock counted since."""

    def __init__(self) -> None:
        self._said = datetime.now(UTC)
        self._heard_at = time.monotonic()

    def set(self, now: datetime) -> None:
        """Set the time that the database just gave."""
        self._said, self._heard_at = now.astimezone(UTC), time.monotonic()

    def now(self) -> datetime:
        """The database's time, in UTC."""
        return self._said + timedelta(seconds=time.monotonic() - self._heard_at)
