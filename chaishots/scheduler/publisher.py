"""Publishing what is due: a batch in one call of the database, through the session that it is given.

Knows lessons, releases, scheduled changes and Postgres' clock. Must not know who leads, or when to wake. The steps are
taken in the database (`chaishots_publish_due`, to be read in `migrations/functions/publish_due.sql`), in one statement:
each is conditional on what the rows are when they are locked, so that running a batch twice changes nothing the second
time, and whatever one of them is refused for is found there, in savepoints, without holding up the others. What was
refused is explained here, and told in a second call, once nothing else is due. Where Postgres gave up, because
something due hangs, that is put aside, and tried by itself later.
"""

import time
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content.stored_refusals import is_refused
from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseRefuses, Kind, exception_for, trouble_of
from chaishots.scheduler.batch_limits import BATCH, TimeLimits
from chaishots.scheduler.batch_outcome import ONCE_MORE, Batch, batch_of, facts_of
from chaishots.scheduler.given_up_statements import Hang, gave_up, hang_of
from chaishots.scheduler.refusal_reasons import Refusal, hung, refusals_of, require_their_own_fault
from chaishots.scheduler.session_enders import LostSession, names_of, put_aside, refusal_if_session_ends

_NOBODY: Final = UUID(int=0)
_HANGS_AT_TELLING: Final = 20
"""So many, and it is rather Postgres that hangs."""
_TOLD_AT_ONCE: Final = (1_000, 200)
"""Refusals that are told in one transaction, of 0.1 ms each; and when something falls due meanwhile, which then waits.

Each look passes by all that are not told yet, so that they are not told a few at a time.
"""
_SOON_SECONDS: Final = 0.2

_PUBLISH_DUE: Final = "select * from chaishots_publish_due($1, $2)"
# lesson_due (publish_at, id), release_due (publish_at, id), lesson_end_due (archive_at, id), change_due (apply_at, id).
_IS_DUE: Final = f"""
    select exists (select from lesson
                    where status = 'scheduled' and publish_error is null and release_id is null and publish_at <= now()
                      and (archive_at is null or archive_at > now()) and not {is_refused("lesson")})
        or exists (select from release
                    where status = 'scheduled' and publish_error is null and publish_at <= now()
                      and not {is_refused("release")})
        or exists (select from lesson
                    where archive_at is not null and status in ('scheduled', 'published') and publish_error is null
                      and archive_at <= now() and not {is_refused("lesson")})
        or exists (select from change
                    where status = 'scheduled' and error is null and release_id is null and apply_at <= now()
                      and not {is_refused("change")})
"""
_PUBLISH_ALONE: Final = "select * from chaishots_publish_alone($1, $2)"
_PUT_ASIDE: Final = "select is_news from chaishots_put_aside($1, $2, $3)"
_PUT_ASIDE_FOR: Final = (
    "Postgres gave up a batch in which it was; it is tried by itself, as soon as the others are out."
)
_TELL_REFUSED: Final = "select * from chaishots_tell_refused($1, $2, $3, $4, $5)"
_WARM_UP_CHANGES: Final = """
    select chaishots_sort_out_changes('{}'), chaishots_patch('lesson', '{}', '{}'), chaishots_patch('term', '{}', '{}'),
           chaishots_patch('program', '{}', '{}'), (select count(*) from chaishots_apply_changes('{}', now()))
"""
_TAKE_STEP: Final = "select chaishots_isolate($1, $2, clock_timestamp(), clock_timestamp())"


async def publish_due(
    session: Connection,
    *,
    actor: str,
    limit: int = BATCH,
    untold: MutableMapping[UUID, Refusal] | None = None,
    time_limits: TimeLimits | None = None,
) -> Batch:
    """Archive what has reached its end, apply the changes that are due, and publish: lessons, and releases, each whole.

    Args:
        session: the leader's own, so that a leader that lost the lock cannot write; safe on any other. In no
            transaction: what is published is to be seen when this returns.
        actor: who the history says it was: the replica.
        limit: lessons and changes, 1 to 1,000, of each kind; bounds how long their rows stay locked. A release goes out
            whole.
        untold: what earlier batches have left to be told, kept between the calls: as long as more is due, that goes
            first. Without it, all that was refused is told before this returns.
        time_limits: the session's, kept between the calls: sets the limits of its statements, so that what hangs keeps
            the others waiting for about a second. Without it, the limits that the session has.
    Returns: what was published, refused, archived and applied. What another transaction holds locked, or whose draft
        program it does, is left for the next batch; of a release, all of its lessons with them. What fails,
        for whatever reason, is told in its publish_error, tried again after a change or a pause, and holds up nobody.
    Raises: a DatabaseTrouble when the session ended, or Postgres refuses all of it, the reasons included: nothing was
        written then.
    """
    try:
        return await _Call(session, actor, {} if untold is None else untold, time_limits).publish(
            limit, is_told_at_once=untold is None
        )
    except Exception as error:
        if told := exception_for(error):
            raise told from error
        raise


async def is_due(session: Connection) -> bool:
    """Whether anything is due that was not refused: what was written without a word, as a restored dump is, too."""
    return await session.fetchval(_IS_DUE)


async def warm_up(session: Connection) -> None:
    """Have Postgres plan every statement of a batch, and compile the triggers, with no row to change.

    Without it the first lesson of a new leader waits for that: on two busy cores 39 ms in the median, instead of 13.
    """
    await session.fetch(_IS_DUE)
    await session.fetch(_PUBLISH_DUE, "", 0)
    for step in ("archive", "change", "publish"):
        await session.fetch(_TAKE_STEP, [_NOBODY], step)
    await session.fetch(_WARM_UP_CHANGES)
    await session.fetch(_TELL_REFUSED, "", [], [], [], [])


class _Call:
    """One call of publish_due: a batch, or what is to be tried by itself, and what is told of it."""

    def __init__(
        self, session: Connection, actor: str, untold: MutableMapping[UUID, Refusal], time_limits: TimeLimits | None
    ) -> None:
        self._session = session
        self._actor = actor
        self._untold = untold
        self._time_limits = time_limits
        self._hung_at_telling = 0

    async def publish(self, limit: int, *, is_told_at_once: bool) -> Batch:
        batch, facts = await self._batch(limit)
        is_left, is_settled = False, batch.is_settled and not facts.get("alone")
        if alone := facts.get("alone"):
            if alone["seconds"] > 0:
                batch = replace(batch, seconds_to_next=min(alone["seconds"], batch.seconds_to_next or inf))
            elif not alone["is_large"] and (batch.is_full or not batch.is_empty or self._untold):
                is_left = True
            else:
                batch, facts = await self._try_alone(alone, batch, facts)
        if not is_told_at_once and batch.is_full and facts["are_noted"]:
            return batch
        at_once = _TOLD_AT_ONCE[batch.seconds_to_next is not None and batch.seconds_to_next < _SOON_SECONDS]
        refusals = [self._untold.pop(key) for key in [*self._untold][: None if is_told_at_once else at_once]]
        if refusals:
            batch = await self._note_refusals(batch, refusals)
        is_settled = is_settled and not (refusals or self._untold or batch.is_full or batch.is_held)
        if batch.is_empty and batch.trouble is not None:
            raise DatabaseRefuses(batch.trouble)
        return replace(batch, is_full=batch.is_full or is_left or bool(self._untold), is_settled=is_settled)

    async def _batch(self, limit: int) -> tuple[Batch, dict[str, Any]]:  # Any: JSON
        time_limits = self._time_limits
        if time_limits:
            await time_limits.limit_batch(self._session)
            if suspects := time_limits.suspects:
                await put_aside(self._session, suspects)
                time_limits.suspects = None
            limit = min(limit, time_limits.lessons)
        sent_at = time.monotonic()
        try:
            lines = await self._lines(limit)
        except Exception as error:
            if time_limits and self._session.is_closed():
                time_limits.lost = LostSession(lessons=limit)
            if self._session.is_closed() or not isinstance(error, asyncpg.PostgresError):
                raise
            if not (hang := hang_of(error)):
                if time_limits and trouble_of(error).kind is Kind.SLOW and time_limits.note_no_end():
                    return ONCE_MORE, {"are_noted": True}
                raise
            await self._put_aside(hang)
            if time_limits:
                time_limits.note_hang(hang)
                if time_limits.is_over:
                    raise
            return ONCE_MORE, {"are_noted": True}
        took_s = time.monotonic() - sent_at
        batch = batch_of(lines, took_s)
        facts = facts_of(lines)
        if time_limits:
            went = len(batch.published) + len(batch.archived) + len(batch.applied)
            time_limits.note_batch(facts["took_s"], went, is_full=batch.is_full)
        self._untold.update({refusal.object_id: refusal for refusal in refusals_of(lines)})
        return batch, facts

    async def _lines(self, limit: int) -> Sequence[asyncpg.Record]:
        try:
            return await self._session.fetch(_PUBLISH_DUE, self._actor, limit)
        except asyncpg.PostgresError as error:
            if self._session.is_closed() or trouble_of(error).kind is not Kind.CROSSED or hang_of(error):
                raise
            # An editor's transaction crossed ours; nothing was written, and it is gone now.
            return await self._session.fetch(_PUBLISH_DUE, self._actor, limit)

    async def _put_aside(self, hang: Hang) -> None:
        if hang.key:
            await self._session.fetch(_PUT_ASIDE, hang.key, _PUT_ASIDE_FOR, False)

    async def _try_alone(
        self, alone: dict[str, Any], batch: Batch, facts: dict[str, Any]
    ) -> tuple[Batch, dict[str, Any]]:  # Any: JSON
        key, lessons, is_quick = UUID(alone["key"]), alone["lessons"], alone["is_large"]
        if self._time_limits and not is_quick:
            is_quick = self._time_limits.is_quick(key, lessons, batch.seconds_to_next)
        return (batch, facts) if is_quick is None else await self._publish_alone(key, lessons, is_quick=is_quick)

    async def _publish_alone(
        self, key: UUID, lessons: int, *, is_quick: bool
    ) -> tuple[Batch, dict[str, Any]]:  # Any: JSON
        if self._time_limits:
            await self._time_limits.limit_alone(self._session, lessons, is_quick=is_quick)
        suspect = await refusal_if_session_ends(self._session, key)
        sent_at = time.monotonic()
        try:
            lines = await self._session.fetch(_PUBLISH_ALONE, self._actor, key)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            hang = hang_of(error)
            if self._time_limits and self._session.is_closed():
                self._time_limits.lost = LostSession(key=key, refusal=suspect)
            if self._session.is_closed() or not isinstance(error, asyncpg.PostgresError) or not hang:
                raise
            if is_quick:
                await self._put_aside(replace(hang, key=key))
                return ONCE_MORE, {"are_noted": True}
            if self._time_limits:
                self._time_limits.note_refused(key)
            names = await names_of(self._session, [key, hang.culprit])
            self._untold.update({refusal.object_id: refusal for refusal in hung(names, hang, error)})
            return ONCE_MORE, {"are_noted": False}
        took_s = time.monotonic() - sent_at
        if self._time_limits:
            self._time_limits.note_alone(key, took_s, lessons)
        self._untold.update({refusal.object_id: refusal for refusal in refusals_of(lines)})
        return batch_of(lines, took_s), facts_of(lines)

    async def _note_refusals(self, batch: Batch, told: Sequence[Refusal]) -> Batch:
        by_id = {refusal.object_id: refusal for refusal in told}
        try:
            noted = await self._tell(told, is_nothing_done=batch.is_empty)
        except Exception:
            if self._session.is_closed() or batch.is_empty:
                raise
            # What was done stands, and is to be told; what could not be is met again by the next batch.
            return replace(batch, is_held=True)
        news = [refused for note in noted if note["is_news"] and (refused := by_id[note["id"]].told) is not None]
        # One that somebody has taken in between is met again by the next batch.
        return replace(batch, refused=news, is_held=batch.is_held or len(noted) < len(told))

    async def _tell(
        self, told: Sequence[Refusal], *, is_nothing_done: bool, is_part: bool = False
    ) -> list[dict[str, Any]]:  # Any: rows
        if self._time_limits:
            await self._time_limits.limit_telling(self._session, is_part=is_part)
        try:
            async with self._session.transaction():
                noted = await self._session.fetch(
                    _TELL_REFUSED,
                    self._actor,
                    [refusal.object_id for refusal in told],
                    [refusal.version for refusal in told],
                    [refusal.reason for refusal in told],
                    [refusal.object_id for refusal in told if refusal.awaits_database],
                )
                if is_nothing_done and not any(note["is_told"] for note in noted):
                    require_their_own_fault(told)
                return [dict(note) for note in noted]
        except asyncpg.PostgresError as error:
            self._hung_at_telling += 1
            if self._session.is_closed() or not gave_up(error) or self._hung_at_telling > _HANGS_AT_TELLING:
                raise
        # A row of these hangs at every update, and not at publishing alone.
        if len(told) == 1:
            [refusal] = told
            aside = await self._session.fetch(_PUT_ASIDE, refusal.object_id, refusal.reason, True)
            return [{"id": refusal.object_id, "is_news": line["is_news"], "is_told": False} for line in aside]
        width = (len(told) + 15) // 16
        return [
            note
            for first in range(0, len(told), width)
            for note in await self._tell(told[first : first + width], is_nothing_done=False, is_part=True)
        ]
