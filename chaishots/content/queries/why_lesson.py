"""Why a lesson is public, or is not, at this moment: each reason with what to do about it.

Knows content, its history, the replicas, and who holds which lock. Says only what it can tell from Postgres, and how
sure that is. Advises only what is not refused then.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.errors import NotFound
from chaishots.content.lifecycle import (
    LessonFacts,
    ProgramFacts,
    ProgramStatus,
    ReleaseStatus,
    Status,
    program_obstacle,
    schedule_obstacles,
)
from chaishots.content.queries.publisher_health import Publishing, Writes, probe_publishing
from chaishots.content.queries.row_locks import Row, find_lock
from chaishots.content.queries.why_answer import NOTHING, NOTHING_FORETOLD, Reason, Why
from chaishots.content.queries.why_history import PastSteps, Step, read_past_steps
from chaishots.content.queries.why_scheduled_changes import of_changes
from chaishots.content.stored_refusals import reason
from chaishots.database.connection import Connection
from chaishots.times import lasting, tell_time

_LESSON: Final = f"""
    select lesson.id, lesson.title, lesson.status, lesson.publish_at, lesson.publish_zone, lesson.published_at,
           lesson.archive_at, lesson.archive_zone,
           {reason("lesson")} as publish_error, lesson.is_paid, lesson.content_languages_available as languages,
           lesson.content_language_primary, lesson.content_urls, lesson.thumbnails,
           greatest(lesson.updated_at, program.updated_at) as changed_at,
           program.id as program_id, program.title as program_title, program.status as program_status,
           program.published_at as program_published_at, program.language_primary, program.posters,
           lesson.release_id, release.name as release_name, release.status as release_status,
           {reason("release")} as release_error, clock_timestamp() as now
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
      left join release on release.id = lesson.release_id
     where lesson.id = $1
"""

# lesson_of_release (release_id); a release waits for each of its lessons.
_OF_RELEASE: Final = "select id from lesson where release_id = $1 and status = 'scheduled' order by id <> $2, id"

# Those of its release that were refused. lesson_of_release (release_id).
_CULPRITS: Final = f"""
    select lesson.title, lesson.id from lesson
     where release_id = $1 and {reason("lesson")} is not null order by lesson.title, lesson.id limit 3
"""

# lesson_scheduled (publish_at, id).
_AHEAD: Final = """
    select count(*) from lesson
     where status = 'scheduled' and publish_error is null and (publish_at, id) < ($1, $2)
"""


async def why(
    connection: Connection, lesson_id: UUID, *, cached_s: float = 0, foretold: Mapping[UUID, str] = NOTHING_FORETOLD
) -> Why:
    """Why the lesson is public, or is not, at this moment.

    Asks for the lesson's row lock, without waiting and for one statement, only when it or its end is overdue and a
    replica leads.

    Args:
        cached_s: for how long caches may keep a public answer; 0: nothing is said of them.
        foretold: why changes of it, and its release, will be refused, by their ids.
    Raises: NotFound.
    """
    row = await connection.fetchrow(_LESSON, lesson_id)
    if row is None:
        raise NotFound("There is no lesson with this id.", field="id")
    past = await read_past_steps(connection, [lesson_id, row["program_id"], row["release_id"]])
    if row["status"] == Status.PUBLISHED and row["program_status"] == ProgramStatus.PUBLISHED:
        reasons = [_public(row, past), *await _of_an_end(connection, row), *_of_the_answer(row)]
        reasons += await of_changes(connection, lesson_id, foretold)
        return Why(lesson_id, row["title"], True, [*reasons, *_of_caches(row, cached_s)])
    content = _of_content(row)
    reasons = [*await _of_status(connection, row, past, is_ready=not content), *content]
    if row["status"] == Status.SCHEDULED:
        reasons += _of_its_release(row, foretold)
        reasons += await _of_time(connection, row, past, is_blocked=bool(reasons))
    reasons += await of_changes(connection, lesson_id, foretold)
    return Why(lesson_id, row["title"], False, [*reasons, *_of_caches(row, cached_s)])


def _public(row: asyncpg.Record, past: PastSteps) -> Reason:
    since = max(row["published_at"], row["program_published_at"])
    again = [past.published_again(row["id"]), past.published_again(row["program_id"])]
    if latest := max((step.at for step in again if step and step.at > since), default=None):
        public = f"It is public since {tell_time(latest)}, for the first time since {tell_time(since)}"
    else:
        public = f"It is public since {tell_time(since)}"
    text, ends = f"{public}, in {', '.join(row['languages'])}", row["archive_at"]
    if since > row["now"]:
        text = f"It is public, and its first moment, {tell_time(since)}, is yet to come: Postgres' clock was set back."
        return Reason("public", text, "If it went out too early by that clock, archive it and schedule it again.")
    if ends is None:
        return Reason("public", f"{text}.", NOTHING)
    set_by, told_end = _told(past.end_of(row["id"])), tell_time(ends, written_in=row["archive_zone"])
    if ends > row["now"]:
        action = "Change its archive_at to keep it up for longer or shorter."
        return Reason("public", f"{text}, until {told_end}{set_by}.", action)
    late = lasting(row["now"] - ends)
    if row["publish_error"] is not None:
        text = f"{text}: its end, {told_end}{set_by}, was refused {late} ago: {row['publish_error']}"
        return Reason("end_refused", text, "Put that right: it is tried again now and then, or archive it by hand.")
    text = f"{text}, though its end, {told_end}{set_by}, was due {late} ago."
    return Reason("end_overdue", text, "See what else is told here.")


def _of_the_answer(row: asyncpg.Record) -> list[Reason]:
    if not row["is_paid"]:
        return []
    text = "The catalog shows it without its content and subtitles to whoever asks without a token, as it is paid."
    return [Reason("paid", text, "Have the app ask with a token of the role reader, or set is_paid to false.")]


def _of_caches(row: asyncpg.Record, cached_s: float) -> list[Reason]:
    until = row["changed_at"] + timedelta(seconds=cached_s)
    if row["published_at"] is None or until <= row["now"] or row["changed_at"] > row["now"]:
        return []
    text = f"Caches may show it as it was before its last change, {tell_time(row['changed_at'])}, until"
    return [Reason("cached", f"{text} {tell_time(until)}.", "Wait until then.")]


async def _of_status(connection: Connection, row: asyncpg.Record, past: PastSteps, *, is_ready: bool) -> list[Reason]:
    reasons: list[Reason] = []
    is_hidden = row["program_status"] == ProgramStatus.ARCHIVED
    if row["status"] == Status.ARCHIVED:
        first = "Restore it" if is_ready and not is_hidden else "Restore it, put right what else is told here"
        reasons.append(Reason("archived", _taken_down(row, past), f"{first}, then schedule or publish it."))
    if is_hidden:
        by = _told(past.taken_down(row["program_id"]), "archived")
        text = f"Its program, {row['program_title']}, is archived, and hidden with all that is in it{by}."
        reasons.append(Reason("program_archived", text, "Restore the program."))
    if row["status"] == Status.DRAFT:
        reasons.append(_draft(row, is_ready=is_ready and not is_hidden))
    if row["publish_error"] is not None:
        text = f"It was refused when it was due: {row['publish_error']}"
        if row["release_name"] is not None:
            text += f" With it, its whole release, {row['release_name']}, waits."
        action = "Put that right: it is tried again by itself once it or its program is changed, and now and then."
        reasons.append(Reason("refused", text, action))
    elif row["release_error"] is not None:
        culprits = await connection.fetch(_CULPRITS, row["release_id"])
        reasons.append(_release_refused(row, ", ".join(f"{found['title']} ({found['id']})" for found in culprits)))
    return reasons


def _taken_down(row: asyncpg.Record, past: PastSteps) -> str:
    was = f" It was public first {tell_time(row['published_at'])}." if row["published_at"] else ""
    down = past.taken_down(row["id"])
    if down is None:
        return f"It is archived.{was}"
    if past.is_by_its_end(down):
        return f"It is archived, as its scheduled end had come{_told(down, 'taken down')}.{was}"
    return f"It is archived{_told(down, 'taken down')}.{was}"


def _told(step: Step | None, word: str = "set") -> str:
    return f", {word} {step.told()}" if step else ""


def _draft(row: asyncpg.Record, *, is_ready: bool) -> Reason:
    first = "" if is_ready else "Put right what else is told here, then: "
    if row["release_status"] == ReleaseStatus.OPEN:
        text = f"It is a draft in the release {row['release_name']}, which has no time yet."
        return Reason(
            "draft", text, f"{first}Schedule the release, or take the lesson out of it and publish it by itself."
        )
    return Reason("draft", "It is a draft.", f"{first}Schedule or publish it.")


def _release_refused(row: asyncpg.Record, culprits: str) -> Reason:
    of = f" ({culprits})" if culprits else ""
    text = f"Its release, {row['release_name']}, was refused as a whole when it was due: {row['release_error']}{of}"
    action = "Put that right, and the release is tried again by itself; or take what was refused out of the release."
    return Reason("release_refused", text, action)


def _of_its_release(row: asyncpg.Record, foretold: Mapping[UUID, str]) -> list[Reason]:
    if row["release_error"] is not None or (change := foretold.get(row["release_id"])) is None:
        return []
    text = f"Its release, {row['release_name']}, will be refused as a whole when it is due, as things are: {change}"
    return [Reason("release_refused", text, "Put that right before; or take that change out of the release.")]


def _of_content(row: asyncpg.Record) -> list[Reason]:
    program = ProgramFacts(ProgramStatus(row["program_status"]), row["language_primary"], json.loads(row["posters"]))
    lesson = LessonFacts(
        Status(row["status"]),
        row["content_language_primary"],
        json.loads(row["content_urls"]),
        json.loads(row["thumbnails"]),
    )
    of_program = program_obstacle(program)
    return [
        Reason(*_LACKS[obstacle.field], obstacle.text)
        for obstacle in [*([of_program] if of_program else []), *schedule_obstacles(lesson)]
        if obstacle.field in _LACKS
    ]


_LACKS: Final = {
    "program.posters": ("program_lacks_posters", "Its program is a draft and lacks posters that a public one needs."),
    "thumbnails": ("lacks_thumbnails", "It lacks thumbnails that a public lesson needs."),
    "content_urls": ("lacks_content_url", "It lacks its content in its own language."),
}


async def _of_time(connection: Connection, row: asyncpg.Record, past: PastSteps, *, is_blocked: bool) -> list[Reason]:
    due_in = row["publish_at"] - row["now"]
    standing = await probe_publishing(connection)
    if due_in > timedelta(0):
        not_due = _not_due(row, lasting(due_in), _told(past.moment_of(row["id"])), is_blocked=is_blocked)
        return [not_due, *of_publishing(standing, "Nor could it be published when it is due, as things are")]
    if is_blocked:
        return []
    waiting = f"It has been due for {lasting(-due_in)}"
    if told := of_publishing(standing, waiting):
        return told
    assert standing.leader is not None  # else there would be a reason
    rows = await _rows_to_lock(connection, row)
    locked = await find_lock(connection, rows, f"{waiting}.", row["now"])
    return [locked or await _in_turn(connection, row, waiting, standing.leader.name)]


def _not_due(row: asyncpg.Record, due_in: str, set_by: str, *, is_blocked: bool) -> Reason:
    due_at = tell_time(row["publish_at"], written_in=row["publish_zone"])
    text = f"It is not due for {due_in}: until {due_at}{set_by}."
    start = "Put right what else is told here before that" if is_blocked else "Wait"
    if row["release_id"] is not None:  # which alone moves it, and publishes it
        text = f"{text} It goes public with the release {row['release_name']}."
        alone = "" if is_blocked else ", or take the lesson out of it first and publish it by itself"
        return Reason("not_due", text, f"{start}; or give the release another time{alone}.")
    if is_blocked:
        return Reason("not_due", text, f"{start}, or give it another time.")
    return Reason("not_due", text, f"{start}, give it another time, or publish it now.")


async def _of_an_end(connection: Connection, row: asyncpg.Record) -> list[Reason]:
    if row["archive_at"] is None or row["archive_at"] > row["now"] or row["publish_error"] is not None:
        return []
    standing = await probe_publishing(connection)
    if told := of_publishing(standing, "It cannot be taken down by itself"):
        return told
    own = Row("lesson", row["id"], "Its row")
    locked = await find_lock(connection, [own], "It cannot be taken down.", row["now"])
    leader = standing.leader.name if standing.leader else ""
    waits = Reason("overdue", f"{leader} leads, and takes it down in its turn.", "Wait a moment and ask again.")
    return [locked or waits]


def of_publishing(standing: Publishing, text: str) -> list[Reason]:
    """Why nothing is published at all, after the beginning of a sentence; nothing when it is."""
    trouble = standing.trouble
    if trouble is not None:
        code = "no_leader" if standing.stranger else "table_locked"
        code = "writes_refused" if standing.writes is Writes.REFUSED else code
        return [Reason(code, f"{text}: {trouble.of_writes}", trouble.action)]
    if standing.leader is not None:
        return []
    stand_by = len(standing.replicas)
    action = "Start a replica (chaishots serve), or publish what is due once by hand (chaishots publish-due)."
    if stand_by:
        action = "Ask again in some seconds: one of them has to lead by then. If none does, read the log of one."
    text = f"{text}: no replica leads ({stand_by} stand by), so nobody publishes."
    return [Reason("no_leader", text, action)]


async def _in_turn(connection: Connection, row: asyncpg.Record, waiting: str, leader: str) -> Reason:
    ahead = await connection.fetchval(_AHEAD, row["publish_at"], row["id"])
    text = f"{waiting}; {leader} leads, and {ahead} lessons are due before it."
    return Reason("overdue", text, f"Wait a moment and ask again; if it stays, read the log of {leader}.")


async def _rows_to_lock(connection: Connection, row: asyncpg.Record) -> list[Row]:
    """The rows that the publisher has to lock."""
    needed = [Row("lesson", row["id"], "Its row")]
    if row["release_id"] is not None:
        lessons = await connection.fetch(_OF_RELEASE, row["release_id"], row["id"])
        others = [Row("lesson", found["id"], _OF_ITS_RELEASE) for found in lessons if found["id"] != row["id"]]
        needed = [Row("release", row["release_id"], _OF_ITS_RELEASE), *needed, *others]
    if row["program_status"] == ProgramStatus.DRAFT:
        needed.append(Row("program", row["program_id"], "Its draft program's row"))
    return needed


_OF_ITS_RELEASE: Final = "A row of its release"
