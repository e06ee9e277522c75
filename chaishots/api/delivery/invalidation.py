"""Makes answers old when content changes. An epoch is a time in which nothing changed.

Each notification of a change ends an epoch and begins the next. While the listener is cut off there is no epoch.
`freshness.py` decides by these what may be served. Must not know what an answer is.
"""

import math
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Final

from chaishots.api.delivery.freshness import Epoch
from chaishots.database.listener import AHEAD_SECONDS, Heard, Listener

BURST_CHANGES: Final = 10
BURST_SECONDS: Final = 1
"""So many changes within so long follow one another; one by itself, or a few, are read at once."""
GRACE_SECONDS: Final = 0.06
"""Some three renders of a page; with the way of a notification well within the 150 ms that a reader may be behind."""
_DEAF_SECONDS: Final = 5
"""How old the last sign of life may be before operators are told that no changes are heard: one asked twice in vain."""


class Epochs:
    """The epoch that goes on, and what is known of those that ended. Moments are by the monotonic clock.

    current: the newest epoch; it may have ended, when nothing is heard. ended: how many changes ended one.
    feed: the newest one for what shows the feed; that the feed came on ends it too.
    renewable_after: what ended by then, with the last change that came by itself, is rendered before it is served.
    gone_at: when something was last taken down, or withheld.
    """

    __slots__ = ("_heard_at", "_listener", "current", "ended", "feed", "gone_at", "renewable_after")

    def __init__(self, listener: Listener, *, now: float) -> None:
        """Begin with no epoch; one that does not run yet hears nothing."""
        self._listener = listener
        self._heard_at: deque[float] = deque(maxlen=BURST_CHANGES)
        self.current = Epoch(ended_at=now)
        self.feed = Epoch(ended_at=now)
        self.ended = 0
        self.renewable_after = math.inf
        self.gone_at = -math.inf

    def under_way(self, now: float) -> Epoch | None:
        """The epoch that goes on; None when nobody knows whether anything changed."""
        epoch = self.current
        return epoch if epoch.ended_at is None and self._listener.hears(now) else None

    def heard_until(self, now: float) -> float:
        """Until when all that was committed has been heard, as far as the current epoch goes."""
        return self._listener.alive_at if self.current.ended_at is None and not self._listener.hears(now) else now

    def is_silent(self, now: float) -> bool:
        """Whether changes should be heard, and it is not known that all were: then `catch_up` is to be awaited.

        After half of the time that this takes, the listener is asked ahead of need, and nobody waits.
        """
        if self.current.ended_at is not None or now - self._listener.alive_at <= AHEAD_SECONDS:
            return False
        self._listener.look_ahead()
        return not self._listener.hears(now)

    async def catch_up(self) -> None:
        """Wait until all that was committed was heard, for at most a second."""
        await self._listener.has_heard()

    def hear(self, heard: Heard, now: float) -> None:
        """Take what the listener tells, at once."""
        if not heard.is_listening:
            # Nothing was heard since its last sign of life: from then on, all may have changed.
            self.current.ended_at = self.feed.ended_at = self._listener.alive_at
            self.renewable_after = math.inf
            return
        if heard.is_of_feed:
            self.feed = _following(self.feed, now)
            return
        if heard.is_gone:
            self.gone_at = now
        if heard.tables:
            self._heard_at.append(now)
            if len(self._heard_at) == BURST_CHANGES and now - self._heard_at[0] <= BURST_SECONDS:
                self.current.renewing_until = self.feed.renewing_until = now + GRACE_SECONDS
        elif heard.is_untold:
            # Nobody told of it in time anyway.
            self.current.renewing_until = self.feed.renewing_until = now + GRACE_SECONDS
        else:
            self.renewable_after = now
        self._begin(now)

    def end(self, now: float) -> None:
        """Make all that is kept old, for good: something was written here, and whoever wrote it reads it here."""
        if self.current.ended_at is None:
            self.renewable_after = now
            self._begin(now)

    def is_of_current_server(self, snapshot: str, now: float) -> bool:
        """Whether a snapshot is of the server whose changes are heard, and not of one whose place that has taken."""
        server = self._listener.server
        return server is None or self.under_way(now) is None or snapshot.startswith(server)

    def is_deaf(self, now: float) -> bool:
        """Whether operators are to be told that no changes are heard."""
        return self.current.ended_at is not None or now - self._listener.alive_at >= _DEAF_SECONDS

    def heard_at(self, now: float) -> datetime | None:
        """The moment until which all that was committed has been heard; None while nothing was ever heard."""
        if self._listener.alive_at == -math.inf:
            return None
        return datetime.now(UTC) - timedelta(seconds=now - self._listener.alive_at)

    def _begin(self, now: float) -> None:
        self.ended += 1
        self.current, self.feed = _following(self.current, now), _following(self.feed, now)


def _following(epoch: Epoch, now: float) -> Epoch:
    if epoch.ended_at is None:
        epoch.ended_at = now
    return Epoch()
