"""Decides whether an answer in the store may be served as it is. Pure: moments in, a decision out.

How long nothing may be heard before no answer is FRESH is `HEARD_SECONDS` of `database/listener.py`. Moments are by the
monotonic clock, never (inf) when there is none.
"""

import math
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple, Protocol
from weakref import ref


class Freshness(Enum):
    """What is done with an answer that is kept.

    FRESH: it is served. RENEWING: it is served while it is rendered anew; it is old by a moment, in a burst of changes.
    STALE: it is served, and says that it may be old; the database is away. RENDER: it is not served as it is.
    """

    FRESH = auto()
    RENEWING = auto()
    STALE = auto()
    RENDER = auto()


class Scope:
    """What is changed together: the answers of one program, or all lists.

    gone_at: when something of it was last taken down, or withheld.
    """

    __slots__ = ("__weakref__", "_latest", "gone_at")

    def __init__(self, gone_at: float = -math.inf) -> None:
        self._latest: Callable[[], Epoch | None] = lambda: None
        self.gone_at = gone_at

    def current(self, within: "Epoch") -> "Epoch":
        """The epoch that goes on; one of another time than this ended with it."""
        # Not kept by the scope: a scope lasts as long as answers of it, and their epochs, do.
        latest = self._latest()
        if latest is None or latest.ended_at is not None:
            latest = Epoch(scope=self, within=within)
            self._latest = ref(latest)
        return latest


class Epoch:
    """A time in which nothing of a scope changed, as far as was heard.

    It may be part of a longer one, with which it ends: one in which it was always known what a change concerns.
    """

    __slots__ = ("__weakref__", "_ended_at", "_renewing_until", "_within", "scope")

    def __init__(
        self, ended_at: float | None = None, *, scope: Scope | None = None, within: "Epoch | None" = None
    ) -> None:
        self._ended_at = ended_at
        self._renewing_until = -math.inf
        self._within = within
        self.scope = scope or Scope()

    @property
    def ended_at(self) -> float | None:
        """When it ended; None: it goes on."""
        if self._ended_at is not None or self._within is None:
            return self._ended_at
        return self._within.ended_at

    @property
    def renewing_until(self) -> float:
        """Until when its answers may be served after its end, while they are rendered anew."""
        if self._ended_at is not None or self._within is None:
            return self._renewing_until
        return self._within.renewing_until

    @property
    def gone_at(self) -> float:
        """When something of what its answers show was last taken down, or withheld."""
        return max(self.scope.gone_at, -math.inf if self._within is None else self._within.gone_at)

    def end(self, at: float, *, renewing_until: float = -math.inf) -> None:
        """End it, unless it has ended."""
        if self.ended_at is None:
            self._ended_at, self._renewing_until = at, renewing_until


class Times(Protocol):
    """What is known of an answer.

    epoch: the time in which it was rendered, of what it shows. known_at: when it was last known to be current, beside
    what was heard. old_at: when it says something that is over. ends_at: the next scheduled end of something it shows.
    """

    epoch: Epoch
    known_at: float
    old_at: float
    ends_at: float


class Known(NamedTuple):
    """What is known of the world.

    hears: whether all that was committed until a second ago has been heard; else nobody knows whether anything changed.
    heard_until: until when all that was committed has been heard.
    renewable_after: what ended by then, with the last change that came by itself, is rendered before it is served.
    is_resting: whether the database was found away just now, and nobody is to ask it yet.
    stale_if_error_s: how long an answer may be served after it was last known to be current.
    """

    now: float
    hears: bool
    heard_until: float
    renewable_after: float
    is_resting: bool
    stale_if_error_s: float


def freshness(answer: Times, known: Known) -> Freshness:
    """What to do with an answer that is kept."""
    ended_at = answer.epoch.ended_at
    if ended_at is None:
        if known.hears and known.now < answer.old_at:
            return Freshness.FRESH
    elif ended_at > known.renewable_after and known.now < answer.epoch.renewing_until:
        return Freshness.RENEWING
    if known.is_resting and is_usable(answer, known):
        return Freshness.STALE
    return Freshness.RENDER


def is_usable(answer: Times, known: Known) -> bool:
    """Whether an answer that may be old may be served while the database is away."""
    if known.now >= answer.ends_at or answer.known_at < answer.epoch.gone_at:
        return False
    return known.now - stale_since(answer, known) <= known.stale_if_error_s


def stale_since(answer: Times, known: Known) -> float:
    """Until when it was known to be current."""
    ended_at = known.heard_until if answer.epoch.ended_at is None else answer.epoch.ended_at
    return max(answer.known_at, ended_at)
