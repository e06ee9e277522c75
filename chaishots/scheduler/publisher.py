"""Publishing what is due: a batch in one call of the database, through the session that it is given.

Knows lessons, releases and Postgres' clock. Must not know who leads, or when to wake. The steps are taken in the
database (`chaishots_publish_due`), in one statement: each is conditional on what the rows are when they are locked, so
that running a batch twice changes nothing the second time, and whatever one lesson or release is refused for is found
there, in savepoints, without holding up the others. What was refused is explained here, and told in a second call, once
nothing else is due.
"""

import json
import time
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content.errors import error_for_constraint
from chaishots.content.lifecycle import ProgramFacts, ProgramStatus, program_obstacle
from chaishots.content.refusals import is_refused
from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseRefuses, Kind, Trouble, exception_for, trouble_of, trouble_of_state

BATCH: Final = 1_000
_NOBODY: Final = UUID(int=0)
_NOBODYS_FAULT: Final = (Kind.READ_ONLY, Kind.DISK_FULL, Kind.PERMISSION, Kind.SCHEMA)
"""What Postgres refuses everybody alike, until somebody mends it."""
_THE_DATABASES: Final = (*_NOBODYS_FAULT, Kind.AWAY, Kind.LOGIN, Kind.CROSSED, Kind.SLOW)
"""What is not for a lesson to mend: it is tried again as soon as Postgres takes it."""
_TOLD_AT_ONCE: Final = (1_000, 200)
"""Refusals that are told in one transaction, of 0.1 ms each; and when something falls due meanwhile, which then waits.

Each look passes by all that are not told yet, so that they are not told a few at a time.
"""
_SOON_SECONDS: Final = 0.2
_FAR_SECONDS: Final = 0.005
"""What a nearer database's answer takes is not worth a look that comes too early."""

_PUBLISH_DUE: Final = "select * from chaishots_publish_due($1, $2)"
# lesson_due (publish_at, id), release_due (publish_at, id), lesson_end_due (archive_at, id).
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
"""
# How the pauses until the next try grow stands in this function: migration 10, `refusals_retried`.
_TELL_REFUSED: Final = "select * from chaishots_tell_refused($1, $2, $3, $4, $5)"
_TAKE_STEP: Final = "select chaishots_isolate($1, $2, clock_timestamp(), clock_timestamp())"


@dataclass(frozen=True, slots=True)
class Published:
    """A lesson that went public, and how late it could be seen, in milliseconds after its publish_at."""

    lesson_id: UUID
    title: str
    publish_at: datetime
    late_ms: float


@dataclass(frozen=True, slots=True)
class Archived:
    """A lesson that was taken down at its scheduled end, and how late, in milliseconds after its archive_at."""

    lesson_id: UUID
    title: str
    archive_at: datetime
    late_ms: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A lesson that is due and cannot be published, or archived, and what to do about it.

    Or a release, by its id and name, when nobody can say which of its lessons it is.
    """

    lesson_id: UUID
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was done, by publish_at, lessons of releases last, and when to look again.

    refused: those of which that is news; what is tried again in vain is told once.
    is_full: more may be due, and can be had at once. is_held: something that is due could not be had, because another
    transaction holds its row, or that of its draft program. seconds_to_next: until something yet to come falls due, by
    Postgres' clock; zero or less when it did meanwhile; None when nothing is to come. trouble: for which Postgres
    refused the rest, everybody alike.
    """

    published: Sequence[Published]
    refused: Sequence[Refused]
    archived: Sequence[Archived]
    is_full: bool
    is_held: bool = False
    seconds_to_next: float | None = None
    trouble: Trouble | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed."""
        return not (self.published or self.refused or self.archived)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something to be told as refused: as a lesson or a release, in that version.

    awaits_database: whether it is rather the database's trouble.
    """

    object_id: UUID
    version: int
    told: Refused | None
    reason: str
    sqlstate: str | None
    awaits_database: bool


async def publish_due(
    session: Connection, *, actor: str, limit: int = BATCH, untold: MutableMapping[UUID, Refusal] | None = None
) -> Batch:
    """Archive what has reached its end and publish what is due, with draft programs, and releases, each whole.

    Args:
        session: the leader's own, so that a leader that lost the lock cannot write; safe on any other. In no
            transaction: what is published is to be seen when this returns.
        actor: who the history says it was: the replica.
        limit: lessons, 1 to 1,000, of each kind; bounds how long their rows stay locked. A release goes out whole.
        untold: what earlier batches have left to be told, kept between the calls: as long as more is due, that goes
            first. Without it, all that was refused is told before this returns.
    Returns: what was published, refused and archived. Lessons whose rows, or whose draft program's row, another
        transaction holds locked are left for the next batch; of a release, all of its lessons with them. What fails,
        for whatever reason, is told in its publish_error, tried again after a change or a pause, and holds up nobody.
    Raises: a DatabaseTrouble when the session ended, or Postgres refuses all of it, the reasons included: nothing was
        written then.
    """
    sent_at = time.monotonic()
    try:
        lines = await _lines(session, actor, limit)
    except Exception as error:
        if told := exception_for(error):
            raise told from error
        raise
    batch = _batch(lines, time.monotonic() - sent_at)
    refusals = {refusal.object_id: refusal for refusal in _refusals(lines)}
    if untold is not None:
        untold.update(refusals)
        if batch.is_full and _facts(lines)["are_noted"]:
            return batch
        at_once = _TOLD_AT_ONCE[batch.seconds_to_next is not None and batch.seconds_to_next < _SOON_SECONDS]
        refusals = {key: untold.pop(key) for key in [*untold][:at_once]}
    if refusals:
        batch = await _note_refusals(session, actor, batch, [*refusals.values()])
    if batch.is_empty and batch.trouble is not None:
        raise DatabaseRefuses(batch.trouble)
    return replace(batch, is_full=True) if untold else batch


async def is_due(session: Connection) -> bool:
    """Whether anything is due that was not refused: what was written without a word, as a restored dump is, too."""
    return await session.fetchval(_IS_DUE)


async def warm_up(session: Connection) -> None:
    """Have Postgres plan every statement of a batch, and compile the triggers, with no row to change.

    Without it the first lesson of a new leader waits for that: on two busy cores 39 ms in the median, instead of 13.
    """
    await session.fetch(_IS_DUE)
    await session.fetch(_PUBLISH_DUE, "", 0)
    for step in ("archive", "publish"):
        await session.fetch(_TAKE_STEP, [_NOBODY], step)
    await session.fetch(_TELL_REFUSED, "", [], [], [], [])


async def _lines(session: Connection, actor: str, limit: int) -> Sequence[asyncpg.Record]:
    try:
        return await session.fetch(_PUBLISH_DUE, actor, limit)
    except asyncpg.PostgresError as error:
        if session.is_closed() or trouble_of(error).kind is not Kind.CROSSED:
            raise
        # An editor's transaction crossed ours; nothing was written, and it is gone now.
        return await session.fetch(_PUBLISH_DUE, actor, limit)


def _batch(lines: Sequence[asyncpg.Record], took_s: float) -> Batch:
    facts = _facts(lines)
    around_s: float = max(0.0, took_s - facts["took_s"])
    # Seen when the commit was done, which is after the last that the database could tell: when it is heard of here.
    seen_at = lines[-1]["moment"] + timedelta(seconds=around_s)
    seconds_to_next: float | None = facts["seconds_to_next"]
    if seconds_to_next is not None and around_s / 2 > _FAR_SECONDS:
        seconds_to_next -= around_s / 2  # it was on its way for so long
    return Batch(
        published=[Published(*_seen(line, seen_at)) for line in lines if line["what"] == "published"],
        refused=(),
        archived=[Archived(*_seen(line, seen_at)) for line in lines if line["what"] == "archived"],
        is_full=facts["is_full"],
        is_held=facts["is_held"],
        seconds_to_next=seconds_to_next,
        trouble=next((_trouble(line) for line in lines if line["what"] == "trouble"), None),
    )


def _facts(lines: Sequence[asyncpg.Record]) -> dict[str, Any]:  # Any: JSON
    return json.loads(lines[-1]["facts"])


def _trouble(line: asyncpg.Record) -> Trouble:
    facts = json.loads(line["facts"])
    return trouble_of_state(facts["errcode"], facts["message"])


def _seen(line: asyncpg.Record, seen_at: datetime) -> tuple[UUID, str, datetime, float]:
    return line["id"], line["title"], line["moment"], (seen_at - line["moment"]) / timedelta(milliseconds=1)


async def _note_refusals(session: Connection, actor: str, batch: Batch, told: Sequence[Refusal]) -> Batch:
    by_id = {refusal.object_id: refusal for refusal in told}
    try:
        async with session.transaction():
            noted = await session.fetch(
                _TELL_REFUSED,
                actor,
                [refusal.object_id for refusal in told],
                [refusal.version for refusal in told],
                [refusal.reason for refusal in told],
                [refusal.object_id for refusal in told if refusal.awaits_database],
            )
            if batch.is_empty and not any(note["is_told"] for note in noted):
                _require_their_own_fault(told)
    except Exception as error:
        if session.is_closed() or batch.is_empty:
            if refused := exception_for(error):
                raise refused from error
            raise
        # What was done stands, and is to be told; what could not be is met again by the next batch.
        return replace(batch, is_held=True)
    news = [refused for note in noted if note["is_news"] and (refused := by_id[note["id"]].told) is not None]
    # One that somebody has taken in between is met again by the next batch.
    return replace(batch, refused=news, is_held=batch.is_held or len(noted) < len(told))


def _require_their_own_fault(refusals: Sequence[Refusal]) -> None:
    """Raise what refuses all of them, their very reasons included: a full disk, say, is the fault of none of them."""
    sqlstates = {refusal.sqlstate for refusal in refusals if refusal.sqlstate}
    if len(sqlstates) == 1 and (trouble := trouble_of_state(sqlstates.pop())).kind in _NOBODYS_FAULT:
        raise DatabaseRefuses(trouble)


def _refusals(lines: Sequence[asyncpg.Record]) -> Iterator[Refusal]:
    of_releases: dict[str, list[Refused]] = {}
    waiting: set[str] = set()
    for line in lines:
        facts: dict[str, Any] = json.loads(line["facts"]) if line["facts"] else {}  # Any: JSON
        match line["what"]:
            case "failed" | "blocked":
                refused = Refused(line["id"], line["title"], _blocked(facts) or _failed(facts))
                waits = _awaits_database(facts)
                if release := facts.get("release"):
                    of_releases.setdefault(release, []).append(refused)
                    waiting |= {release} if waits else set()
                    waits = False  # it is tried with its release
                yield Refusal(line["id"], line["version"], refused, refused.reason, facts.get("errcode"), waits)
            case "release":
                culprits = of_releases.get(str(line["id"]), [])
                reason = _named_by_reason(culprits) or _failed(facts)
                told = None if culprits else Refused(line["id"], line["title"], reason)
                waits = str(line["id"]) in waiting or (not culprits and _awaits_database(facts))
                yield Refusal(line["id"], line["version"], told, reason, facts.get("errcode"), waits)
            case _:
                pass


def _awaits_database(facts: dict[str, Any]) -> bool:
    errcode: str | None = facts.get("errcode")
    return errcode is not None and not facts["is_raised"] and trouble_of_state(errcode).kind in _THE_DATABASES


def _named_by_reason(refused: Sequence[Refused]) -> str:
    by_reason = groupby(sorted(refused, key=lambda lesson: lesson.reason), key=lambda lesson: lesson.reason)
    return " ".join(f"{', '.join(lesson.title for lesson in lessons)}: {reason}" for reason, lessons in by_reason)


def _blocked(facts: dict[str, Any]) -> str | None:
    if "status" not in facts:
        return None
    language: str = facts["language"]
    posters = {language: facts["posters"]} if facts["posters"] else {}
    obstacle = program_obstacle(ProgramFacts(ProgramStatus(facts["status"]), language, posters))
    return obstacle.text if obstacle else None


def _failed(facts: dict[str, Any]) -> str:
    if reason := facts.get("reason"):
        return reason
    message = " ".join(facts.get("message", "").split()).rstrip(".")
    return str(
        error_for_constraint(facts.get("rule")) or f"The database refused it: {message} ({facts.get('errcode')})."
    )
