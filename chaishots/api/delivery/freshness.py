"""Decides whether an answer in the store may be served as it is. Pure: moments in, a decision out.

How long nothing may be heard before no answer is FRESH is `HEARD_SECONDS` of `database/listener.py`. Moments are by the
monotonic clock, never (inf) when there is none.
"""

import math
from enum import Enum, auto
from typing import NamedTuple, Protocol


class Freshness(Enum):
    """What is done with an answer that is kept.

    FRESH: it is served. RENEWING: it is served while it is rendered anew; it is old by a moment, in a burst of changes.
    STALE: it is served, and says that it may be old; the database is away. RENDER: it is not served as it is.
    """

    FRESH = auto()
    RENEWING = auto()
    STALE = auto()
    RENDER = auto()


class Epoch:
    """A time in which nothing changed, as far as was heard; it goes on as long as `ended_at` is None.

    renewing_until: until when its answers may be served after its end, while they are rendered anew.
    """

    __slots__ = ("ended_at", "renewing_until")

    def __init__(self, ended_at: float | None = None) -> None:
        self.ended_at = ended_at
        self.renewing_until = -math.inf


class Times(Protocol):
    """What is known of an answer.

    epoch: the time in which it was rendered. known_at: when it was last known to be current, beside what was heard.
    old_at: when it says something that is over. ends_at: the next scheduled end of something that it shows.
    """

    epoch: Epoch
    known_at: float
    old_at: float
    ends_at: float


class Known(NamedTuple):
    """What is known of the world.

    epoch: the time that goes on now; None when nobody knows whether anything changed.
    feed: the same for answers that show the feed, which comes on a moment after what it tells of.
    heard_until: until when all that was committed has been heard.
    renewable_after: what ended by then, with the last change that came by itself, is rendered before it is served.
    gone_at: when something was last taken down, or withheld.
    is_resting: whether the database was found away just now, and nobody is to ask it yet.
    stale_if_error_s: how long an answer may be served after it was last known to be current.
    """

    now: float
    epoch: Epoch | None
    heard_until: float
    renewable_after: float
    gone_at: float
    is_resting: bool
    stale_if_error_s: float
    feed: Epoch | None = None


def freshness(answer: Times, known: Known) -> Freshness:
    """What to do with an answer that is kept."""
    is_current = known.epoch is not None and answer.epoch in (known.epoch, known.feed)
    if is_current and known.now < answer.old_at:
        return Freshness.FRESH
    if known.now < answer.epoch.renewing_until and (answer.epoch.ended_at or 0) > known.renewable_after:
        return Freshness.RENEWING
    if known.is_resting and is_usable(answer, known):
        return Freshness.STALE
    return Freshness.RENDER


def is_usable(answer: Times, known: Known) -> bool:
    """Whether an answer that may be old may be served while the database is away."""
    if known.now >= answer.ends_at or answer.known_at < known.gone_at:
        return False
    return known.now - stale_since(answer, known) <= known.stale_if_error_s


def stale_since(answer: Times, known: Known) -> float:
    """Until when it was known to be current."""
    ended_at = known.heard_until if answer.epoch.ended_at is None else answer.epoch.ended_at
    return max(answer.known_at, ended_at)
