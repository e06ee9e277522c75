"""For how long caches between us and readers may keep an answer. Pure: moments in, a header's value out."""

import math
from dataclasses import dataclass
from typing import Final

_ROUNDING_S: Final = 1
"""Caches count in whole seconds, and nginx to the end of the last: 0.93 s past the moment were seen behind it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What downstream caches may do, in seconds: keep an answer as fresh, or as stale while we fail."""

    max_age: int
    stale_if_error: int


def directives(next_change_at: float, next_end_at: float, limits: Limits, now: float) -> tuple[bytes, float]:
    """Cache-Control, and until when it says what is so (RFC 9111; stale-… RFC 5861).

    What may be kept as fresh and be served while it is fetched anew is together at most `max_age`, and never reaches
    past the next scheduled change: who takes something down by hand can rely on the one, who plans on the other.

    Args:
        next_change_at, next_end_at: of what the answer shows, by the clock of `now`; never (inf) when there is none.
    """
    changes_at, ends_at = next_change_at - _ROUNDING_S, next_end_at - _ROUNDING_S
    left = changes_at - now
    together = max(0, min(limits.max_age, math.floor(min(left, limits.max_age))))
    revalidate = together // 5
    fresh = together - revalidate
    error = limits.stale_if_error if ends_at - now >= fresh + limits.stale_if_error else 0
    until = changes_at - (limits.max_age if left > limits.max_age else math.floor(left)) if left > 0 else math.inf
    if error:
        until = min(until, ends_at - fresh - error)
    return b"public, max-age=%d, stale-while-revalidate=%d, stale-if-error=%d" % (fresh, revalidate, error), until
