"""When a message that was not taken is sent again, and when a webhook is given up. Pure.

`messages.py` keeps what comes of it: the moment of the next try, and why a webhook was paused.
"""

import random
from collections.abc import Sequence
from typing import Final

from chaishots.content.event_types import PausedReason

PAUSES_SECONDS: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
"""How long after each failure in a row it is tried again, more or less a fifth by chance; the last one goes on."""
GIVE_UP_SECONDS: Final = 3 * 24 * 3_600
"""How long a webhook fails before it is paused: 24 h would not outlive a weekend."""
LONGEST_RETRY_AFTER_SECONDS: Final = PAUSES_SECONDS[-1]
_GONE: Final = 410


def pause_seconds(tries: int, retry_after_s: float | None, pauses: Sequence[float]) -> float:
    """How long to wait before the next try.

    Args:
        tries: how many of this message have failed before this one.
        retry_after_s: what the receiver asks for, in seconds; heeded up to LONGEST_RETRY_AFTER_SECONDS.
        pauses: in seconds, as PAUSES_SECONDS.
    """
    pause = pauses[min(tries, len(pauses) - 1)] * random.uniform(0.8, 1.2)  # noqa: S311  # spreads tries, no secret
    return max(pause, min(retry_after_s or 0, LONGEST_RETRY_AFTER_SECONDS))


def why_give_up(status: int | None, failing_s: float, give_up_s: float) -> PausedReason | None:
    """Why the webhook is paused after this failure; None when the message is tried again.

    Args:
        status: what the receiver answered, 410 when it wants nothing any more; None: nobody answered.
        failing_s: how long nothing has been taken, in seconds.
        give_up_s: how long that may last.
    """
    if status == _GONE:
        return PausedReason.GONE
    return PausedReason.FAILING if failing_s >= give_up_s else None
