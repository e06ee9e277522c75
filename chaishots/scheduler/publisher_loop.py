"""The publisher's loop: stand by, lead, publish what is due, sleep until the next moment; begin again after a loss.

The leader sleeps until the next moment, or until content changes, or for the safety poll, whichever comes first.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext, suppress
from dataclasses import replace
from functools import partial
from math import inf
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg

from chaishots.content.queries.publisher_health import WRITTEN
from chaishots.database.backoff import Backoff
from chaishots.database.connection import session
from chaishots.database.errors import DatabaseBusy, DatabaseRefuses, DatabaseTrouble, Kind, trouble_of
from chaishots.database.hung_sessions import end_silent_sessions
from chaishots.database.lock_holders import holder_of
from chaishots.database.replicas import Stranger, name_in_trouble
from chaishots.database.session_reset import tidy
from chaishots.logs import named_logger
from chaishots.metrics import ARCHIVED, CHANGES_APPLIED, CHANGES_REFUSED, PUBLISH_LATENESS, PUBLISHED, REFUSED
from chaishots.scheduler.batch_limits import TimeLimits
from chaishots.scheduler.batch_outcome import ONCE_MORE, Batch
from chaishots.scheduler.election import Leadership, is_named, show_trouble, show_well, stand_for_election
from chaishots.scheduler.feed_numbering import FEED_DAYS, numbering
from chaishots.scheduler.publisher import is_due, publish_due, warm_up
from chaishots.scheduler.refusal_reasons import Refusal
from chaishots.scheduler.session_enders import LostSession

_PASS_SECONDS: Final = 30
"""Bounds what a batch may take on a connection that may have been cut; the server has ended the lead long before."""
_RETRY_SECONDS: Final = (0.02, 1.0)
"""The first and the longest wait before another look at due lessons whose rows are locked."""
_LINES_AT_ONCE: Final = 20
"""Lines of the log that are written before requests have their turn again: about a millisecond."""
_IN_PLACE: Final = (Kind.DISK_FULL, Kind.PERMISSION, Kind.SCHEMA)
"""What another session would be refused as well: then the lead and its session are kept, and asked again."""
_IN_PLACE_SECONDS: Final = (0.5, 10)
"""The longest wait before asking again; and how long that goes on until another session, or replica, has its turn."""
_SILENT_SECONDS: Final = 30
"""How often the leader looks for sessions that were left in the middle of a statement."""
_A_FAULT: Final = "other"
"""Shown in place of a SQLSTATE when it was no error of Postgres' that keeps a replica from publishing."""

_Lines: TypeAlias = deque[Callable[[], object]]

_log = named_logger("publisher")


async def publish_on_time(
    dsn: str,
    *,
    replica: str,
    lease_seconds: float,
    poll_seconds: float,
    feed_days: int = FEED_DAYS,
    activity_days: int | None = None,
    beside: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
) -> None:
    """Stand for election; publish, and number what was committed, while leading.

    For ever, whatever error is met: the next try begins anew.

    Args:
        dsn: a URL that goes to Postgres itself, past any transaction pooler.
        replica: this replica's name: the actor in the history of what it publishes.
        poll_seconds: the longest that the leader sleeps without looking.
        feed_days: for how many days the feed tells what went away.
        activity_days: for how many the history is kept; None: for ever.
        beside: what else is done for as long as it leads; it must not end the lead, nor hold up its end.
    """
    backoff = Backoff(_log, "publisher")
    in_trouble: str | None = None
    lost: LostSession | None = None
    while True:
        lead: _Lead | None = None
        try:
            async with (
                stand_for_election(
                    dsn,
                    replica=replica,
                    lease_seconds=lease_seconds,
                    in_trouble=in_trouble,
                    on_standby=partial(_note_standby, backoff),
                ) as leadership,
                numbering(dsn, replica=replica, feed_days=feed_days, activity_days=activity_days),
                beside(),
            ):
                lead = _Lead(leadership, replica, backoff, lost, is_shown=in_trouble is not None)
                await lead.keep(poll_seconds)
        except Exception as error:  # noqa: BLE001  # whatever it is, failing is a state of this part and not its end
            pause, in_trouble = backoff.note_failure(error), _sqlstate_to_show(error)
        else:
            pause = 0.0  # it never returns, nor does it end unasked
        if lead is not None:
            lost = lead.lost
        await _rest(dsn, replica, in_trouble, pause)


def _note_standby(backoff: Backoff, stranger: Stranger | None) -> None:
    if stranger is None:
        backoff.note_success()
    else:
        backoff.note_failure(DatabaseBusy(stranger.trouble()))


def _sqlstate_to_show(error: Exception) -> str | None:
    trouble = trouble_of(error)
    return None if trouble.kind in (Kind.AWAY, Kind.LOGIN) else trouble.sqlstate or _A_FAULT


async def _rest(dsn: str, replica: str, in_trouble: str | None, seconds: float) -> None:
    """Wait; while Postgres answers, with a session whose name tells everybody why."""
    async with AsyncExitStack() as stack:
        if in_trouble is not None:
            with suppress(DatabaseTrouble):
                name = name_in_trouble(replica, in_trouble)
                await stack.enter_async_context(session(dsn, application_name=name))
        await asyncio.sleep(seconds)


class _Lead:
    """What is done with a lead: publish what is due, sleep until the next moment."""

    def __init__(
        self, leadership: Leadership, replica: str, backoff: Backoff, lost: LostSession | None, *, is_shown: bool
    ) -> None:
        """`lost`: at what the session of this replica's lead before has ended."""
        self._leadership = leadership
        self._session = leadership.session
        self._replica = replica
        self._backoff = backoff
        self._is_shown = is_shown
        self._is_told = False
        self._untold: _Lines = deque()
        self._untold_refusals: dict[UUID, Refusal] = {}
        self._time_limits = TimeLimits.after(lost)
        self._refused_since: float | None = None
        self._in_vain = 0
        self._is_warm = False
        self._looks_at = 0.0
        self._is_looked = self._is_settled = False

    @property
    def lost(self) -> LostSession | None:
        """At what the session ended; None when that was nothing due."""
        return self._time_limits.lost

    async def keep(self, poll_seconds: float) -> None:
        """Lead until something ends it, which is raised."""
        wake, own_change = asyncio.Event(), asyncio.Event()

        def note_own_change() -> None:
            # Before the look is over, it is not known what that has to say.
            own_change.set()
            if self._is_looked and not self._is_settled:
                wake.set()

        if not self._backoff.is_failing:
            self._tell_that_it_leads()
        try:
            await self._leadership.listen(wake.set, note_own_change)
            while True:
                # Before the look, so that a change made during it wakes us again.
                wake.clear()
                own_change.clear()
                self._is_looked = self._is_settled = False
                pause = await self._step()
                self._is_looked = True
                if own_change.is_set() and not self._is_settled:
                    wake.set()
                if pause > 0:
                    ends_at = time.monotonic() + min(pause, poll_seconds)
                    # Now, for at the moment when something is due it would be a way to Postgres more.
                    async with asyncio.timeout(_PASS_SECONDS):
                        await self._end_silent_sessions()
                        await tidy(self._session)
                        await self._time_limits.limit_batch(self._session)
                    seconds = max(0.0, ends_at - time.monotonic())
                    await self._leadership.wait(wake, seconds=seconds, is_over=partial(is_due, self._session))
        finally:
            if self.lost and self.lost.refusal and self.lost.refusal.told:
                self._take_note(replace(ONCE_MORE, refused=[self.lost.refusal.told]))
            while self._untold:
                self._untold.popleft()()

    async def _end_silent_sessions(self) -> None:
        # What is due may be locked by one of them; and there may be no standby, which looks more often.
        if time.monotonic() >= self._looks_at:
            self._looks_at = time.monotonic() + _SILENT_SECONDS
            with suppress(asyncpg.QueryCanceledError):  # in the time that a batch has
                await end_silent_sessions(self._session)

    async def _step(self) -> float:
        """Do what is due; how long to sleep then, at most."""
        try:
            # What the batch before did is told while Postgres is at work on this one.
            batch, _ = await asyncio.gather(self._pass(), _tell(self._untold))
        except Exception as error:
            if self._session.is_closed():
                raise
            match trouble_of(error).kind:
                case Kind.CROSSED | Kind.SLOW:
                    return await self._report_holder(error)
                case kind if kind in _IN_PLACE:
                    return await self._report_refusal(error)
                case _:
                    raise
        if batch.trouble is not None:
            await _tell(self._untold)
            return await self._report_refusal(DatabaseRefuses(batch.trouble))
        await self._is_well()
        self._is_settled = batch.is_settled
        self._in_vain = self._in_vain + 1 if batch.is_empty else 0
        if batch.is_full:
            return 0
        await _tell(self._untold)
        pause = inf if batch.seconds_to_next is None else batch.seconds_to_next
        if batch.is_held:
            # Due, and yet not to be had: somebody holds the rows locked. What falls due meanwhile is not held up.
            return min(pause, _backoff(self._in_vain - 1)) if self._in_vain else 0
        return pause

    async def _pass(self) -> Batch:
        async with asyncio.timeout(_PASS_SECONDS):
            if not self._is_warm:
                await warm_up(self._session)
                self._is_warm = True
            batch = await publish_due(
                self._session, actor=self._replica, untold=self._untold_refusals, time_limits=self._time_limits
            )
            self._take_note(batch)
            return batch

    def _take_note(self, batch: Batch) -> None:
        _count(batch)
        self._untold.extend(_lines(batch))

    async def _report_holder(self, error: Exception) -> float:
        """Say who is in the way. Nothing of the batch was written, what was due still is, and the lead is kept."""
        holder = None
        async with asyncio.timeout(_PASS_SECONDS):
            with suppress(asyncpg.QueryCanceledError):  # in the time that a batch has
                holder = await holder_of(self._session, WRITTEN)
        self._backoff.note_failure(DatabaseBusy(holder.explain(trouble_of(error))) if holder else error)
        self._in_vain += 1
        return _backoff(self._in_vain - 1)

    async def _report_refusal(self, error: Exception) -> float:
        """Say what Postgres refuses everybody. What was due still is, and is tried again soon, at first in place."""
        now = time.monotonic()
        self._refused_since = self._refused_since or now
        longest, in_place = _IN_PLACE_SECONDS
        if now - self._refused_since > in_place:
            raise error
        pause = self._backoff.note_failure(error)
        async with asyncio.timeout(_PASS_SECONDS):
            await show_trouble(self._session, self._replica, trouble_of(error).sqlstate or _A_FAULT)
        self._is_shown = True
        return min(pause, longest)

    async def _is_well(self) -> None:
        self._backoff.note_success()
        self._refused_since = None
        self._tell_that_it_leads()
        # A trigger of a user's own may have named the session otherwise, by which everybody knows who leads.
        if self._is_shown or not is_named(self._session, self._replica):
            self._is_shown = False
            async with asyncio.timeout(_PASS_SECONDS):
                await show_well(self._session, self._replica)

    def _tell_that_it_leads(self) -> None:
        if not self._is_told:
            self._is_told = True
            _log.info("publisher.leads")


def _count(batch: Batch) -> None:
    for gone in (*batch.published, *batch.applied):
        PUBLISH_LATENESS.observe(gone.late_ms / 1000)
    PUBLISHED.inc(len(batch.published))
    ARCHIVED.inc(len(batch.archived))
    CHANGES_APPLIED.inc(len(batch.applied))
    changes = sum(refused.is_change for refused in batch.refused)
    CHANGES_REFUSED.inc(changes)
    REFUSED.inc(len(batch.refused) - changes)


async def _tell(untold: _Lines) -> None:
    while untold:
        for _ in range(min(_LINES_AT_ONCE, len(untold))):
            untold.popleft()()
        await asyncio.sleep(0)


def _lines(batch: Batch) -> Iterator[Callable[[], object]]:
    """The lines of the log about a batch, each to be written by calling it."""
    info, error = _log.info, _log.error  # each time it is asked for one, structlog makes a logger anew
    for event, lessons in (("lesson.published", batch.published), ("lesson.archived", batch.archived)):
        for lesson in lessons:
            late_ms = round(lesson.late_ms, 1)
            yield partial(info, event, lesson=str(lesson.lesson_id), title=lesson.title, late_ms=late_ms)
    for change in batch.applied:
        late_ms = round(change.late_ms, 1)
        yield partial(info, "change.applied", change=str(change.change_id), title=change.title, late_ms=late_ms)
    for refused in batch.refused:
        kind = "change" if refused.is_change else "lesson"
        named = {kind: str(refused.lesson_id), "title": refused.title, "reason": refused.reason}
        yield partial(error, f"{kind}.refused", **named)


def _backoff(tries: int) -> float:
    first, longest = _RETRY_SECONDS
    return min(longest, first * 2 ** min(tries, 16))
