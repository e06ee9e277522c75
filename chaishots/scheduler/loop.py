"""The publisher's life: stand by, lead, publish what is due, sleep until the next moment; from the start, after a loss.

The leader sleeps until the next moment, or until content changes, or for the safety poll, whichever comes first.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

import asyncpg

from chaishots.database.troubles import DatabaseAway
from chaishots.metrics import ARCHIVED, PUBLISH_LATENESS, PUBLISHED, REFUSED
from chaishots.observability import named_logger
from chaishots.scheduler.election import Leadership, LeadershipLost, elected
from chaishots.scheduler.publisher import Batch, publish_due, warm_up

_PASS_SECONDS: Final = 30
"""Bounds what a batch may take on a connection that may have been cut; the server has ended the lead long before."""
_RETRY_SECONDS: Final = (0.02, 1.0)
"""The first and the longest wait before another look at due lessons whose rows are locked."""
_RECONNECT_SECONDS: Final = (0.1, 2.0)
"""The first and the longest wait, less up to a half by chance, before the database is tried again."""
_LINES_AT_ONCE: Final = 20
"""Lines of the log that are written before requests have their turn again: about a millisecond."""

_Lines: TypeAlias = deque[Callable[[], object]]

_log = named_logger("publisher")


async def publish_on_time(dsn: str, *, replica: str, lease_seconds: float, poll_seconds: float) -> None:
    """Stand for election and publish while leading, for ever; a lost database is waited for.

    Args:
        dsn: a URL that goes to Postgres itself, past any transaction pooler.
        replica: this replica's name: the actor in the history of what it publishes.
        poll_seconds: the longest that the leader sleeps without looking.
    """
    losses = 0
    while True:
        try:
            async with elected(dsn, replica=replica, lease_seconds=lease_seconds) as leadership:
                losses = 0
                _log.info("publisher.leads")
                await _lead(leadership, replica=replica, poll_seconds=poll_seconds)
        except (LeadershipLost, DatabaseAway) as lost:
            pause = _backoff(_RECONNECT_SECONDS, losses) * random.uniform(0.5, 1)  # noqa: S311  # spreads replicas, no secret
            losses += 1
            _log.warning("publisher.lost", reason=str(lost), retry_s=round(pause, 2))
            await asyncio.sleep(pause)


async def _lead(leadership: Leadership, *, replica: str, poll_seconds: float) -> None:
    wake = asyncio.Event()
    in_vain = 0
    untold: _Lines = deque()
    try:
        await leadership.listen(wake.set)
        await warm_up(leadership.session)
        while True:
            # Before the look, so that a change made during it wakes us again.
            wake.clear()
            # What the batch before did is told while Postgres is at work on this one.
            batch, _ = await asyncio.gather(_pass(leadership, replica, untold), _tell(untold))
            in_vain = in_vain + 1 if batch.is_empty else 0
            if batch.is_full:
                continue
            await _tell(untold)
            pause = poll_seconds if batch.seconds_to_next is None else min(batch.seconds_to_next, poll_seconds)
            if batch.is_held:
                # Due, and yet not to be had: somebody holds the rows locked. What falls due meanwhile is not held up.
                pause = min(pause, _backoff(_RETRY_SECONDS, in_vain - 1)) if in_vain else 0
            if pause > 0:
                await leadership.wait(wake, seconds=pause)
    except Exception as error:
        raise LeadershipLost("The publisher's session ended; standing for election again.") from error
    finally:
        while untold:
            untold.popleft()()


async def _pass(leadership: Leadership, replica: str, untold: _Lines) -> Batch:
    async with asyncio.timeout(_PASS_SECONDS):
        try:
            batch = await publish_due(leadership.session, actor=replica)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError) as error:
            # An editor's transaction crossed ours; nothing was written, and what was due still is.
            _log.warning("publisher.crossed", reason=str(error))
            batch = Batch((), (), (), is_full=False, is_held=True)
        _count(batch)
        untold.extend(_lines(batch))
        return batch


def _count(batch: Batch) -> None:
    for lesson in batch.published:
        PUBLISH_LATENESS.observe(lesson.late_ms / 1000)
    PUBLISHED.inc(len(batch.published))
    ARCHIVED.inc(len(batch.archived))
    REFUSED.inc(len(batch.refused))


async def _tell(untold: _Lines) -> None:
    while untold:
        for _ in range(min(_LINES_AT_ONCE, len(untold))):
            untold.popleft()()
        await asyncio.sleep(0)


def _lines(batch: Batch) -> Iterator[Callable[[], object]]:
    """The lines of the log about a batch, each to be written by calling it."""
    for event, lessons in (("lesson.published", batch.published), ("lesson.archived", batch.archived)):
        for lesson in lessons:
            late_ms = round(lesson.late_ms, 1)
            yield partial(_log.info, event, lesson=str(lesson.lesson_id), title=lesson.title, late_ms=late_ms)
    for lesson in batch.refused:
        yield partial(
            _log.error, "lesson.refused", lesson=str(lesson.lesson_id), title=lesson.title, reason=lesson.reason
        )


def _backoff(seconds: tuple[float, float], tries: int) -> float:
    first, longest = seconds
    return min(longest, first * 2 ** min(tries, 16))
