"""Why a program, term or release is public, or is not, at this moment; and what became of what was deleted."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.errors import NotFound
from chaishots.content.lifecycle import ProgramStatus, ReleaseStatus
from chaishots.content.queries.find_by_name import Thing
from chaishots.content.queries.publisher_health import probe_publishing
from chaishots.content.queries.row_locks import Row, find_lock
from chaishots.content.queries.why_answer import NOTHING, NOTHING_FORETOLD, Reason, Why
from chaishots.content.queries.why_history import PastSteps, read_past_steps
from chaishots.content.queries.why_lesson import of_publishing, why
from chaishots.content.queries.why_scheduled_changes import of_changes
from chaishots.content.stored_refusals import reason
from chaishots.database.connection import Connection
from chaishots.times import lasting, tell_time

_COUNTS: Final = """
    select count(*) filter (where lesson.status = 'published') as published,
           count(*) filter (where lesson.status = 'scheduled') as scheduled,
           count(*) filter (where lesson.status = 'draft') as drafts,
           count(*) filter (where lesson.status = 'archived') as archived,
           min(lesson.publish_at) filter (where lesson.status = 'scheduled') as next_at
      from lesson join term on term.id = lesson.term_id where {condition}
"""
_PROGRAM: Final = f"""
    select program.id, program.title, program.id as program_id, program.title as program_title, program.status,
           program.published_at, chaishots_has_required_variants(posters, language_primary) as is_ready, counted.*
      from program cross join lateral ({_COUNTS.format(condition="term.program_id = program.id")}) as counted
     where program.id = $1
"""
_TERM: Final = f"""
    select wanted.id, coalesce(wanted.title, 'Term ' || wanted.term_number) as title, program.id as program_id,
           program.title as program_title, program.status, program.published_at,
           chaishots_has_required_variants(posters, language_primary) as is_ready, counted.*
      from term wanted join program on program.id = wanted.program_id
           cross join lateral ({_COUNTS.format(condition="lesson.term_id = wanted.id")}) as counted
     where wanted.id = $1
"""
# lesson_of_release (release_id).
_RELEASE: Final = f"""
    select id, name as title, status, publish_at, publish_zone, published_at, reverted_at, reverted_by,
           {reason("release")} as publish_error,
           clock_timestamp() as now,
           (select count(*) from lesson where release_id = release.id) as lessons
      from release where id = $1
"""
# The lessons of a release that cannot go public as they are, or that were refused. lesson_of_release (release_id).
_IN_THE_WAY: Final = f"""
    select lesson.id, lesson.title, {reason("lesson")} as publish_error, program.title as program_title,
           program.status as program_status
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.release_id = $1
       and ({reason("lesson")} is not null or program.status = 'archived'
            or program.status = 'draft' and not chaishots_has_required_variants(posters, language_primary))
     order by lesson.title, lesson.id limit 10
"""
_ROWS: Final = "select id, title from lesson where release_id = $1 and status = 'scheduled' order by id"


async def explain(
    connection: Connection, thing: Thing, *, cached_s: float = 0, foretold: Mapping[UUID, str] = NOTHING_FORETOLD
) -> Why:
    """Why a thing is public, or is not. See `why`. Raises: NotFound when it went meanwhile."""
    if thing.deleted_at is not None:
        return Why(thing.id, thing.title, False, [_deleted(thing)], thing.kind)
    if thing.kind == "lesson":
        return await why(connection, thing.id, cached_s=cached_s, foretold=foretold)
    if thing.kind == "release":
        return await _explain_release(connection, thing.id, foretold)
    row = await _row(connection, _PROGRAM if thing.kind == "program" else _TERM, thing)
    past = await read_past_steps(connection, [row["program_id"]])
    is_public = row["status"] == ProgramStatus.PUBLISHED and row["published"] > 0
    reasons = [_public_program(row, past)] if is_public else _hidden_program(row, past, thing.kind)
    if row["scheduled"] and not row["is_ready"] and row["status"] == ProgramStatus.DRAFT:
        text = f"{_whose(row, thing.kind)} lacks posters, without which none of its lessons goes public."
        reasons.append(Reason("program_lacks_posters", text, "Add its posters in its own language."))
    reasons += await of_changes(connection, thing.id, foretold)
    return Why(thing.id, row["title"], is_public, reasons, thing.kind)


async def _row(connection: Connection, sql: str, thing: Thing) -> asyncpg.Record:
    row = await connection.fetchrow(sql, thing.id)
    if row is None:
        raise NotFound(f"There is no {thing.kind} with this id.", field="id")
    return row


def _deleted(thing: Thing) -> Reason:
    assert thing.deleted_at is not None  # who asks knows
    text = f"It was deleted by {thing.deleted_by}, {tell_time(thing.deleted_at)}."
    if thing.kind == "release":
        return Reason("deleted", text, "Make another release of its lessons, which were not deleted with it.")
    return Reason("deleted", text, f"To bring it back as a draft: chaishots restore {thing.id}")


def _public_program(row: asyncpg.Record, past: PastSteps) -> Reason:
    again = past.published_again(row["program_id"])
    since, first = row["published_at"], ""
    if again is not None and again.at > since:
        since, first = again.at, f", for the first time since {tell_time(since)}"
    text = f"It is public since {tell_time(since)}{first}, with {_lessons(row['published'])}; {_rest(row)}."
    return Reason("public", text, NOTHING)


def _hidden_program(row: asyncpg.Record, past: PastSteps, kind: str) -> list[Reason]:
    reasons: list[Reason] = []
    if row["status"] == ProgramStatus.ARCHIVED:
        down = past.taken_down(row["program_id"])
        text = (
            f"{_whose(row, kind)} is archived{f', {down.told()}' if down else ''}, and hidden with all that is in it."
        )
        reasons.append(Reason("program_archived", text, "Restore the program."))
    if row["published"]:
        return reasons
    text = f"None of its lessons is public; {_rest(row)}."
    if row["next_at"] is not None:
        return [*reasons, Reason("not_due", f"{text} The next is due {tell_time(row['next_at'])}.", "Wait.")]
    has_any = row["drafts"] or row["archived"]
    action = "Schedule or publish one: the program follows." if has_any else "Add a lesson."
    return [*reasons, Reason("draft", text, action)]


def _whose(row: asyncpg.Record, kind: str) -> str:
    return "It" if kind == "program" else f"Its program, {row['program_title']},"


def _rest(row: asyncpg.Record) -> str:
    return f"{row['scheduled']} scheduled, {row['drafts']} drafts, {row['archived']} archived"


async def _explain_release(connection: Connection, release_id: UUID, foretold: Mapping[UUID, str]) -> Why:
    row = await _row(connection, _RELEASE, Thing("release", release_id, ""))
    past = await read_past_steps(connection, [release_id])
    in_the_way = await connection.fetch(_IN_THE_WAY, release_id)
    status = ReleaseStatus(row["status"])
    match status:
        case ReleaseStatus.PUBLISHED:
            text = f"It went public {tell_time(row['published_at'])}, with {_lessons(row['lessons'])}"
            reasons = [Reason("public", f"{text}.", "Ask of a lesson to know how it stands now.")]
            if row["reverted_at"] is not None:
                text = f"{text}, and was taken back by {row['reverted_by']}, {tell_time(row['reverted_at'])}."
                action = "Ask of a lesson to know how it stands now; restore those that are to be public again."
                reasons = [Reason("archived", text, action)]
        case ReleaseStatus.CANCELLED:
            text = "It is cancelled."
            reasons = [Reason("draft", text, "Make another release, or schedule its lessons one by one.")]
        case ReleaseStatus.OPEN:
            text = f"It has no time yet, and {_lessons(row['lessons'])}."
            reasons = [Reason("draft", text, "Schedule it." if row["lessons"] else "Add lessons, then schedule it.")]
            reasons += _blocking(in_the_way, None)
        case ReleaseStatus.SCHEDULED:
            reasons = await _of_time(connection, row, past, _blocking(in_the_way, foretold.get(release_id)))
    is_public = status is ReleaseStatus.PUBLISHED and row["reverted_at"] is None
    return Why(release_id, row["title"], is_public, reasons, "release")


def _blocking(lessons: Sequence[asyncpg.Record], change: str | None) -> list[Reason]:
    reasons = [
        Reason(
            "release_refused",
            f"{lesson['title']} ({lesson['id']}) holds it up: "
            + (
                f"its program, {lesson['program_title']}, is archived."
                if lesson["program_status"] == ProgramStatus.ARCHIVED
                else lesson["publish_error"] or f"its program, {lesson['program_title']}, lacks posters."
            ),
            "Put that right, or take this lesson out of the release.",
        )
        for lesson in lessons
    ]
    if change is not None:
        text = f"A change in it will be refused when it is due, as things are, and the release with it: {change}"
        reasons.append(Reason("release_refused", text, "Put that right, or take this change out of the release."))
    return reasons


async def _of_time(
    connection: Connection, row: asyncpg.Record, past: PastSteps, blocking: list[Reason]
) -> list[Reason]:
    set_by = past.moment_of(row["id"])
    at = tell_time(row["publish_at"], written_in=row["publish_zone"])
    at = f"{at}{f', set {set_by.told()}' if set_by else ''}"
    due_in = row["publish_at"] - row["now"]
    standing = await probe_publishing(connection)
    if due_in > timedelta(0):
        text = f"It is not due for {lasting(due_in)}: until {at}, with {_lessons(row['lessons'])}."
        action = "Put right what else is told here before that." if blocking else "Wait, or give it another time."
        nor = "Nor could it be published when it is due, as things are"
        return [*blocking, Reason("not_due", text, action), *of_publishing(standing, nor)]
    if row["publish_error"] is not None or blocking:
        text = f"It was due {at}, and was refused as a whole: {row['publish_error'] or 'see below.'}"
        again = "Put that right: it is tried again by itself."
        return [Reason("release_refused", text, again), *blocking]
    waiting = f"It has been due for {lasting(-due_in)}"
    if told := of_publishing(standing, waiting):
        return told
    lessons = await connection.fetch(_ROWS, row["id"])
    rows = [Row("release", row["id"], "Its row")]
    rows += [Row("lesson", found["id"], f"Its lesson {found['title']} ({found['id']})") for found in lessons]
    locked = await find_lock(connection, rows, f"{waiting}.", row["now"])
    leader = standing.leader.name if standing.leader else ""
    waits = Reason("overdue", f"{waiting}; {leader} leads.", f"Wait a moment; if it stays, read the log of {leader}.")
    return [locked or waits]


def _lessons(number: int) -> str:
    return "1 lesson" if number == 1 else f"{number:,} lessons"
