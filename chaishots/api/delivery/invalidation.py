"""Makes answers old when content changes. An epoch is a time in which nothing changed of what an answer shows.

A change that names programs ends the epoch of each, and that of lists and all else that shows several; one that names
none is of a draft, and ends none; any other ends all. While the listener is cut off there is no epoch. `freshness.py`
decides by these what may be served. Must not know what an answer is.
"""

import itertools
import math
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID
from weakref import WeakValueDictionary

from chaishots.api.delivery.freshness import Epoch, Scope
from chaishots.database.listener import AHEAD_SECONDS, Heard, Listener

BURST_CHANGES: Final = 10
BURST_SECONDS: Final = 1
"""So many changes within so long follow one another, as do those of many lessons in one; one by itself, or a few, are
read at once."""
GRACE_SECONDS: Final = 0.08
"""Some three renders of a page; with the way of a notification well within the 150 ms that a reader may be behind."""
REMEMBERED_CHANGES: Final = 1_000
"""Changes that named programs, for renders that began before: more than come while a statement may take."""
SILENT_SECONDS: Final = 0.4
"""How long a reply takes for Postgres to be taken for away, where something else was waited for in vain."""
TELLING_SECONDS: Final = 0.1
"""How long who has written something waits until it is heard of; it takes some 2 ms."""
_DEAF_SECONDS: Final = 5
"""How old the last sign of life may be before operators are told that no changes are heard: one asked twice in vain."""


class Beginning(NamedTuple):
    """What went on when a render began: the epochs, and how many changes had named programs."""

    era: Epoch
    lists: Epoch
    feed: Epoch
    number: int


class _Named(NamedTuple):
    """A change that named programs, and what became of their answers."""

    number: int
    programs: frozenset[UUID]
    at: float
    renewing_until: float
    is_gone: bool


class Epochs:
    """The epochs that go on, and what is known of those that ended. Moments are by the monotonic clock.

    ended: how many changes ended one.
    renewable_after: what ended by then, with the last change that came by itself, is rendered before it is served.
    """

    __slots__ = (
        *("_all", "_era", "_feed", "_heard_at", "_listener", "_lists", "_named", "_number", "_programs"),
        *("ended", "renewable_after"),
    )

    def __init__(self, listener: Listener, *, now: float) -> None:
        """Begin with no epoch; one that does not run yet hears nothing."""
        self._listener = listener
        self._heard_at: deque[float] = deque(maxlen=BURST_CHANGES)
        self._all, self._lists, self._feed = Scope(), Scope(), Scope()
        # Kept by the answers that were rendered in their epochs, and as long as one of these is.
        self._programs: WeakValueDictionary[UUID, Scope] = WeakValueDictionary()
        self._era = Epoch(now, scope=self._all)
        self._named: deque[_Named] = deque(maxlen=REMEMBERED_CHANGES)
        self._number = 0
        self.ended = 0
        self.renewable_after = math.inf

    def hears(self, now: float) -> bool:
        """Whether all that was committed until a second ago has been heard."""
        return self._era.ended_at is None and self._listener.hears(now)

    def begin(self) -> Beginning:
        """Take note of what goes on, before a statement begins."""
        return Beginning(self._era, self._lists.current(self._era), self._feed.current(self._era), self._number)

    def epoch_of(self, began: Beginning, program: UUID | None, *, follows_feed: bool = False) -> Epoch:
        """The epoch in which a statement began that showed this program alone; None: several, or a list.

        It has ended when anything was heard since that concerns what was shown.
        """
        if program is None:
            return began.feed if follows_feed else began.lists
        scope = self._programs.get(program) or self._programs.setdefault(program, Scope())
        first = None
        for told in reversed(self._named):
            if told.number <= began.number:
                break
            if program in told.programs:
                first = told
                scope.gone_at = max(scope.gone_at, told.at if told.is_gone else -math.inf)
        if first is None and self._number - began.number > REMEMBERED_CHANGES:
            # One that is not remembered any more may have named it, and even have told that it is gone.
            first = self._named[0]
            scope.gone_at = first.at
        if first is not None:
            epoch = Epoch(scope=scope, within=began.era)
            epoch.end(first.at, renewing_until=first.renewing_until)
            return epoch
        return scope.current(self._era) if began.era is self._era else Epoch(scope=scope, within=began.era)

    def changed_since(self, began: Beginning) -> frozenset[UUID] | None:
        """The programs that changed since then, as far as was heard; None when any may have."""
        is_known = began.era is self._era and self._era.ended_at is None
        if not is_known or self._number - began.number > REMEMBERED_CHANGES:
            return None
        since = itertools.takewhile(lambda told: told.number > began.number, reversed(self._named))
        return frozenset[UUID]().union(*(told.programs for told in since))

    def under_way(self, now: float, *, follows_feed: bool = False) -> Epoch | None:
        """The epoch of lists, or of the feed, that goes on; None when nobody knows whether anything changed."""
        return (self._feed if follows_feed else self._lists).current(self._era) if self.hears(now) else None

    def heard_until(self, now: float) -> float:
        """Until when all that was committed has been heard, as far as the current epochs go."""
        return self._listener.alive_at if self._era.ended_at is None and not self._listener.hears(now) else now

    def is_silent(self, now: float) -> bool:
        """Whether changes should be heard, and it is not known that all were: then `catch_up` is to be awaited.

        After half of the time that this takes, the listener is asked ahead of need, and nobody waits.
        """
        if self._era.ended_at is not None or now - self._listener.alive_at <= AHEAD_SECONDS:
            return False
        self._listener.look_ahead()
        return not self._listener.hears(now)

    def ask(self) -> None:
        """Have it found out whether Postgres replies; nobody waits for it."""
        self._listener.look_ahead()

    def is_cut_off(self, now: float) -> bool:
        """Whether Postgres was asked, and does not reply: that no changes are heard may mean that nobody asked."""
        return self._listener.is_asked_in_vain(now, for_s=SILENT_SECONDS)

    async def catch_up(self) -> None:
        """Wait until all that was committed was heard, for at most a second."""
        await self._listener.has_heard()

    async def catch_up_with_own(self) -> None:
        """Hear of what was written here, before whoever wrote it is answered, as he reads it here; else all is old."""
        if await self._listener.has_heard_since(time.monotonic(), within_s=TELLING_SECONDS):
            self.renewable_after = max(self.renewable_after, time.monotonic())
        else:
            self.end(time.monotonic())

    def hear(self, heard: Heard, now: float) -> None:
        """Take what the listener tells, at once."""
        if not heard.is_listening:
            # Nothing was heard since its last sign of life: from then on, all may have changed.
            self._era.end(self._listener.alive_at)
            self.renewable_after = math.inf
        elif heard.is_of_feed:
            self._feed.current(self._era).end(now)
        elif heard.programs is None or heard.programs:
            self._end(heard, now, renewing_until=self._renewing_until(heard, now))

    def end(self, now: float) -> None:
        """Make all that is kept old, for good: something was written here, and whoever wrote it reads it here."""
        if self._era.ended_at is None:
            self.renewable_after = now
            self._end(Heard(is_listening=True), now)

    def is_of_current_server(self, snapshot: str, now: float) -> bool:
        """Whether a snapshot is of the server whose changes are heard, and not of one whose place that has taken."""
        server = self._listener.server
        return server is None or not self.hears(now) or snapshot.startswith(server)

    def is_deaf(self, now: float) -> bool:
        """Whether operators are to be told that no changes are heard."""
        return self._era.ended_at is not None or now - self._listener.alive_at >= _DEAF_SECONDS

    def heard_at(self, now: float) -> datetime | None:
        """The moment until which all that was committed has been heard; None while nothing was ever heard."""
        if self._listener.alive_at == -math.inf:
            return None
        return datetime.now(UTC) - timedelta(seconds=now - self._listener.alive_at)

    def _renewing_until(self, heard: Heard, now: float) -> float:
        """Until when what is old by this may be served, while it is rendered anew."""
        if heard.tables:
            self._heard_at.extend(itertools.repeat(now, BURST_CHANGES if heard.is_many else 1))
            if len(self._heard_at) < BURST_CHANGES or now - self._heard_at[0] > BURST_SECONDS:
                return -math.inf
        elif not heard.is_untold:
            self.renewable_after = now
            return -math.inf
        # In a burst; or nobody told of it in time anyway.
        return now + GRACE_SECONDS

    def _end(self, heard: Heard, now: float, *, renewing_until: float = -math.inf) -> None:
        self.ended += 1
        if heard.programs is None:
            if heard.is_gone:
                self._all.gone_at = now
            self._era.end(now, renewing_until=renewing_until)
            self._era = Epoch(scope=self._all)
            return
        self._number += 1
        self._named.append(_Named(self._number, heard.programs, now, renewing_until, heard.is_gone))
        known = [scope for program in heard.programs if (scope := self._programs.get(program))]
        for scope in (self._lists, self._feed, *known):
            if heard.is_gone:
                scope.gone_at = now
            scope.current(self._era).end(now, renewing_until=renewing_until)
