"""Whether a kept answer is served as it is: a table of cases, by the clock of NOW."""

import math
from dataclasses import dataclass, field

import pytest

from chaishots.api.delivery.freshness import Epoch, Freshness, Known, Scope, freshness, stale_since

NOW = 1_000.0
CURRENT = Epoch()
NEVER = math.inf


@dataclass
class Answer:
    """What is known of one, rendered in the time that goes on unless told otherwise."""

    epoch: Epoch = field(default_factory=lambda: CURRENT)
    known_at: float = NOW - 5
    old_at: float = NEVER
    ends_at: float = NEVER


def ended(ago_s: float, *, renewing_for_s: float = -NEVER, gone_ago_s: float = NEVER) -> Epoch:
    """A time that ended so long ago; its answers may be served while they are renewed, for so much longer."""
    epoch = Epoch(scope=Scope(NOW - gone_ago_s))
    epoch.end(NOW - ago_s, renewing_until=NOW + renewing_for_s)
    return epoch


def part_of(longer: Epoch) -> Epoch:
    """A program's time, within one in which all may have changed."""
    return Epoch(scope=Scope(), within=longer)


def known(
    *,
    hears: bool = True,
    heard_until: float = NOW,
    renewable_after: float = -NEVER,
    is_resting: bool = False,
) -> Known:
    """The world: changes are heard, and the database is there, unless told otherwise."""
    return Known(NOW, hears, heard_until, renewable_after, is_resting, 60)


DEAF = known(hears=False, heard_until=NOW - 2)
AWAY = known(hears=False, heard_until=NOW - 2, is_resting=True)
OLD = ended(1)
BURST = ended(0.01, renewing_for_s=0.05)

CASES = {
    "of the time that goes on": (Answer(), known(), Freshness.FRESH),
    "of a program": (Answer(part_of(CURRENT)), known(), Freshness.FRESH),
    "of a program, from before all may have changed": (Answer(part_of(OLD)), known(), Freshness.RENDER),
    "of a program, in a burst of such changes": (Answer(part_of(BURST)), known(), Freshness.RENEWING),
    "of a program, when nobody knows of changes": (Answer(part_of(CURRENT)), DEAF, Freshness.RENDER),
    "that says what is over": (Answer(old_at=NOW), known(), Freshness.RENDER),
    "that will say so in a moment": (Answer(old_at=NOW + 0.001), known(), Freshness.FRESH),
    "of the time that goes on, the database away": (Answer(), known(is_resting=True), Freshness.FRESH),
    "from before a change": (Answer(OLD), known(), Freshness.RENDER),
    "from before a change in a burst": (Answer(BURST), known(), Freshness.RENEWING),
    "too long after it": (Answer(ended(0.1, renewing_for_s=0)), known(), Freshness.RENDER),
    "in a burst, but before a change by itself": (Answer(BURST), known(renewable_after=NOW), Freshness.RENDER),
    "in a burst that is no longer heard": (Answer(BURST), known(hears=False, renewable_after=NEVER), Freshness.RENDER),
    "when nobody knows of changes": (Answer(), DEAF, Freshness.RENDER),
    "when the database is away": (Answer(), AWAY, Freshness.STALE),
    "old, when the database is away": (Answer(OLD), AWAY, Freshness.STALE),
    "at a scheduled end": (Answer(ends_at=NOW), AWAY, Freshness.RENDER),
    "before a scheduled end": (Answer(ends_at=NOW + 1), AWAY, Freshness.STALE),
    "from before something was taken down": (Answer(ended(1, gone_ago_s=4)), AWAY, Freshness.RENDER),
    "from after something was taken down": (Answer(ended(1, gone_ago_s=6)), AWAY, Freshness.STALE),
    "from before all may have been": (Answer(part_of(ended(1, gone_ago_s=4))), AWAY, Freshness.RENDER),
    "as old as may be": (Answer(ended(60), known_at=NOW - 90), AWAY, Freshness.STALE),
    "older than may be": (Answer(ended(60.1), known_at=NOW - 90), AWAY, Freshness.RENDER),
    "found current by asking since": (Answer(ended(90), known_at=NOW - 10), AWAY, Freshness.STALE),
    "not heard of for longer than may be": (Answer(known_at=NOW - 90), AWAY._replace(heard_until=0), Freshness.RENDER),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_done_with_an_answer(name: str) -> None:
    answer, world, done = CASES[name]
    assert freshness(answer, world) is done


@pytest.mark.parametrize(
    ("answer", "world", "since"),
    [
        (Answer(ended(3)), AWAY, NOW - 3),
        (Answer(), AWAY, NOW - 2),
        (Answer(ended(30), known_at=NOW - 5), AWAY, NOW - 5),
        (Answer(), known(), NOW),
    ],
)
def test_it_is_stale_since_it_was_last_known_to_be_current(answer: Answer, world: Known, since: float) -> None:
    assert stale_since(answer, world) == since
