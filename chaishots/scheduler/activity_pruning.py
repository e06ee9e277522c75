"""The history, which is the table `activity`, kept for so many days only: what the leader does when a setting wishes
it, a small step at a time.

What has to stay whatever its age, the database knows (`chaishots_prune_activity`). Must not know what a line says.
"""

import time
from typing import Final

from chaishots.database.connection import Connection
from chaishots.logs import named_logger

LINES: Final = 1_000
"""Lines that are looked at in one transaction; that many take some 20 ms."""
_EVERY_SECONDS: Final = 3_600
_STEP: Final = "select * from chaishots_prune_activity(now() - make_interval(days => $1), $2, $3)"

_log = named_logger("history")


class ActivityPruning:
    """Where a leader has come to with it."""

    def __init__(self, days: int | None) -> None:
        """days: None keeps everything."""
        self._days = days
        self._behind = 0
        self._pruned = 0
        self._begins_at = 0.0

    @property
    def is_wanted(self) -> bool:
        """Whether there is a step to be taken now."""
        return self._days is not None and time.monotonic() >= self._begins_at

    async def step(self, connection: Connection) -> None:
        """Look at some lines, the oldest first, and let go of those that nothing needs."""
        step = await connection.fetchrow(_STEP, self._days, self._behind, LINES)
        assert step is not None  # it always has its row
        self._pruned += step["pruned"]
        if step["looked_to"] is not None:
            self._behind = step["looked_to"]
            return
        if self._pruned:
            _log.info("history.pruned", lines=self._pruned, days=self._days)
        self._behind = self._pruned = 0
        self._begins_at = time.monotonic() + _EVERY_SECONDS
