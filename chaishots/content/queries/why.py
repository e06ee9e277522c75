"""Why a lesson is public, or is not, at this moment: each reason with what to do about it.

Knows content, the replicas, and who holds which lock. Says only what it can tell from Postgres, and how sure that is.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
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
from chaishots.content.publish_refusals import reason
from chaishots.content.queries.publisher_health import Publishing, Writes, probe_publishing
from chaishots.database.connection import Connection
from chaishots.database.errors import Trouble

REASONS: Final = (
    *("public", "end_overdue", "end_refused", "draft", "archived", "program_archived", "not_due", "overdue"),
    *("refused", "release_refused", "program_lacks_posters", "lacks_thumbnails", "lacks_content_url"),
    *("no_leader", "table_locked", "writes_refused", "locked"),
)
"""Every code that a reason may have; docs/ERRORS.md says what each means. New ones may come."""

_LESSON: Final = f"""
    select lesson.id, lesson.title, lesson.status, lesson.publish_at, lesson.published_at, lesson.archive_at,
           {reason("lesson")} as publish_error,
           lesson.content_language_primary, lesson.content_urls, lesson.thumbnails,
           program.id as program_id, program.title as program_title, program.status as program_status,
           program.published_at as program_published_at, program.language_primary, program.posters,
           lesson.release_id, release.name as release_name, release.status as release_status,
           {reason("release")} as release_error, clock_timestamp() as now
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
      left join release on release.id = lesson.release_id
     where lesson.id = $1
"""

# The locks that the publisher asks for, in its own way: whoever keeps it waiting keeps this from finding the row.
_FREE: Final = {
    "release": "select true from release where id = $1 for update skip locked",
    "lesson": "select true from lesson where id = $1 for update skip locked",
    "program": "select true from program where id = $1 for no key update skip locked",
}

# lesson_of_release (release_id); a release waits for each of its lessons.
_OF_RELEASE: Final = "select id from lesson where release_id = $1 and status = 'scheduled' order by id <> $2, id"

# A transaction that locked a row wrote its number there, and holds the lock on that number until it ends. Where the row
# names none (several share the lock, or a savepoint took it), those that could have locked a row of the table remain.
_HOLDERS: Final = """
    with suspect as (
        select lock.pid, bool_or(lock.locktype = 'transactionid') as is_certain
          from pg_locks lock
         where lock.granted and lock.pid <> pg_backend_pid()
           and (lock.locktype = 'transactionid' and lock.transactionid = (select xmax from {table} where id = $1)
                or lock.locktype = 'relation' and lock.relation = '{table}'::regclass
                   and lock.database = (select oid from pg_database where datname = current_database())
                   and lock.mode in ('RowShareLock', 'RowExclusiveLock'))
         group by lock.pid
    )
    select suspect.pid, suspect.is_certain, session.application_name, session.xact_start, session.state
      from suspect join pg_stat_activity session on session.pid = suspect.pid
     order by suspect.is_certain desc, session.xact_start nulls last, suspect.pid limit 1
"""

# lesson_scheduled (publish_at, id).
_AHEAD: Final = """
    select count(*) from lesson
     where status = 'scheduled' and publish_error is null and (publish_at, id) < ($1, $2)
"""


@dataclass(frozen=True)
class Reason:
    """One reason, as a code for programs and a text for people, and what to do about it."""

    code: str
    text: str
    action: str


@dataclass(frozen=True)
class Why:
    """Whether a lesson is public at this moment; the reasons why not, the gravest first, or the one why it is."""

    lesson_id: UUID
    title: str
    is_public: bool
    reasons: Sequence[Reason]

    def document(self) -> dict[str, Any]:  # Any: JSON
        """The answer for programs, as JSON takes it."""
        return {
            **asdict(self),
            "lesson_id": str(self.lesson_id),
            "reasons": [asdict(reason) for reason in self.reasons],
        }


async def why(connection: Connection, lesson_id: UUID) -> Why:
    """Why the lesson is public, or is not, at this moment.

    Asks for the lesson's row lock, without waiting and for one statement, only when it is overdue and a replica leads.

    Raises: NotFound.
    """
    row = await connection.fetchrow(_LESSON, lesson_id)
    if row is None:
        raise NotFound("There is no lesson with this id.", field="id")
    if row["status"] == Status.PUBLISHED and row["program_status"] == ProgramStatus.PUBLISHED:
        return Why(lesson_id, row["title"], True, [_public(row), *await _of_an_end(connection, row)])
    content = _of_content(row)
    reasons = [*_of_status(row, is_ready=not content), *content]
    if row["status"] == Status.SCHEDULED:
        reasons += await _of_time(connection, row, is_blocked=bool(reasons))
    return Why(lesson_id, row["title"], False, reasons)


def lasting(length: timedelta) -> str:
    """A length of time as people say it: `42 s`, `5 min`, `3 h 20 min`, `2 d 4 h`."""
    whole = timedelta(seconds=max(0, round(length.total_seconds())))
    hours, minutes = whole.seconds // 3600, whole.seconds % 3600 // 60
    if whole.days:
        return f"{whole.days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes >= 2 else f"{whole.seconds} s"


def _public(row: asyncpg.Record) -> Reason:
    since = max(row["published_at"], row["program_published_at"])
    ends = row["archive_at"]
    if ends is None:
        return Reason("public", f"It is public since {_utc(since)}.", "Nothing has to be done.")
    if ends > row["now"]:
        text = f"It is public since {_utc(since)}, until {_utc(ends)}."
        return Reason("public", text, "Change its archive_at to keep it up for longer or shorter.")
    late = lasting(row["now"] - ends)
    if row["publish_error"] is not None:
        text = (
            f"It is public since {_utc(since)}: its end, {_utc(ends)}, was refused {late} ago: {row['publish_error']}"
        )
        return Reason("end_refused", text, "Put that right: it is tried again now and then, or archive it by hand.")
    text = f"It is public since {_utc(since)}, though its end, {_utc(ends)}, was due {late} ago."
    return Reason("end_overdue", text, "See that a replica leads (chaishots status), or archive the lesson by hand.")


def _of_status(row: asyncpg.Record, *, is_ready: bool) -> list[Reason]:
    reasons: list[Reason] = []
    if row["status"] == Status.ARCHIVED:
        first = "Restore it" if is_ready else "Restore it, put right what else is told here"
        reasons.append(Reason("archived", "It is archived.", f"{first}, then schedule or publish it."))
    if row["program_status"] == ProgramStatus.ARCHIVED:
        text = f"Its program, {row['program_title']}, is archived, and hidden with all that is in it."
        reasons.append(Reason("program_archived", text, "Restore the program."))
    if row["status"] == Status.DRAFT:
        is_ready = is_ready and row["program_status"] != ProgramStatus.ARCHIVED
        reasons.append(_draft(row, is_ready=is_ready))
    if row["publish_error"] is not None:
        text = f"It was refused when it was due: {row['publish_error']}"
        reasons.append(
            Reason(
                "refused",
                text,
                "Put that right: it is tried again by itself once it or its program is changed, and now and then.",
            )
        )
    elif row["release_error"] is not None:
        reasons.append(_release_refused(row))
    return reasons


def _draft(row: asyncpg.Record, *, is_ready: bool) -> Reason:
    first = "" if is_ready else "Put right what else is told here, then: "
    if row["release_status"] == ReleaseStatus.OPEN:
        text = f"It is a draft in the release {row['release_name']}, which has no time yet."
        return Reason(
            "draft", text, f"{first}Schedule the release, or take the lesson out of it and publish it by itself."
        )
    return Reason("draft", "It is a draft.", f"{first}Schedule or publish it.")


def _release_refused(row: asyncpg.Record) -> Reason:
    text = f"Its release, {row['release_name']}, was refused as a whole when it was due: {row['release_error']}"
    action = "Put that right, and the release is tried again by itself; or take what was refused out of the release."
    return Reason("release_refused", text, action)


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


async def _of_time(connection: Connection, row: asyncpg.Record, *, is_blocked: bool) -> list[Reason]:
    due_in = row["publish_at"] - row["now"]
    standing = await probe_publishing(connection)
    if due_in > timedelta(0):
        not_due = _not_due(row, lasting(due_in), is_blocked=is_blocked)
        return [not_due, *_of_writes(standing, "Nor could it be published when it is due, as things are")]
    if is_blocked:
        return []
    late = lasting(-due_in)
    if told := _of_writes(standing, f"It has been due for {late}"):
        return told
    if standing.leader is None:
        return [_without_leader(late, len(standing.replicas))]
    return [await _find_lock(connection, row, late) or await _in_turn(connection, row, late, standing.leader.name)]


def _not_due(row: asyncpg.Record, due_in: str, *, is_blocked: bool) -> Reason:
    text = f"It is not due for {due_in}: until {_utc(row['publish_at'])}."
    if row["release_id"] is not None:  # which alone moves it, and publishes it
        text = f"{text} It goes public with the release {row['release_name']}."
        action = "give the release another time, or take the lesson out of it first and publish it by itself."
        start = "Put right what else is told here before that" if is_blocked else "Wait"
        return Reason("not_due", text, f"{start}; or {action}")
    if is_blocked:
        return Reason("not_due", text, "Put right what else is told here before that, or give it another time.")
    return Reason("not_due", text, "Wait, give it another time, or publish it now.")


async def _of_an_end(connection: Connection, row: asyncpg.Record) -> list[Reason]:
    if row["archive_at"] is None or row["archive_at"] > row["now"]:
        return []
    return _of_writes(await probe_publishing(connection), "It cannot be taken down by itself")


def _of_writes(standing: Publishing, text: str) -> list[Reason]:
    trouble: Trouble | None = standing.trouble
    if trouble is None:
        return []
    code = "no_leader" if standing.stranger else "table_locked"
    code = "writes_refused" if standing.writes is Writes.REFUSED else code
    return [Reason(code, f"{text}: {trouble.of_writes}", trouble.action)]


def _without_leader(late: str, standing: int) -> Reason:
    text = f"It has been due for {late}, and no replica leads ({standing} stand by), so nobody publishes."
    action = "Start a replica (chaishots serve), or publish what is due once by hand (chaishots publish-due)."
    return Reason("no_leader", text, action)


async def _in_turn(connection: Connection, row: asyncpg.Record, late: str, leader: str) -> Reason:
    ahead = await connection.fetchval(_AHEAD, row["publish_at"], row["id"])
    text = f"It has been due for {late}; {leader} leads, and {ahead} lessons are due before it."
    return Reason("overdue", text, f"Wait a moment and ask again; if it stays, read the log of {leader}.")


async def _find_lock(connection: Connection, row: asyncpg.Record, late: str) -> Reason | None:
    for table, key in await _rows_to_lock(connection, row):
        if not await _is_free(connection, table, key):
            holder = await connection.fetchrow(_HOLDERS.format(table=table), key)
            return _locked_by(
                _WHOSE[table] if key in (row["id"], row["program_id"]) else _OF_ITS_RELEASE, late, holder, row
            )
    return None


async def _rows_to_lock(connection: Connection, row: asyncpg.Record) -> list[tuple[str, UUID]]:
    """The rows that the publisher has to lock, by table and id."""
    needed = [("lesson", row["id"])]
    if row["release_id"] is not None:
        lessons = await connection.fetch(_OF_RELEASE, row["release_id"], row["id"])
        needed = [("release", row["release_id"]), *(("lesson", lesson["id"]) for lesson in lessons)]
    if row["program_status"] == ProgramStatus.DRAFT:
        needed.append(("program", row["program_id"]))
    return needed


async def _is_free(connection: Connection, table: str, key: UUID) -> bool:
    attempt = connection.transaction()
    await attempt.start()
    try:
        return await connection.fetchval(_FREE[table], key) is not None
    finally:
        await attempt.rollback()


_WHOSE: Final = {"lesson": "Its row", "program": "Its draft program's row"}
_OF_ITS_RELEASE: Final = "A row of its release"


def _locked_by(whose: str, late: str, holder: asyncpg.Record | None, row: asyncpg.Record) -> Reason:
    text = f"It has been due for {late}. {whose} is locked by another transaction"
    if holder is None:
        return Reason("locked", f"{text}, which has ended meanwhile or does not show itself.", "Ask again.")
    named = f"process {holder['pid']} ({holder['application_name'] or 'without a name'}{_since(holder, row['now'])})"
    if holder["is_certain"]:
        text = f"{text}: {named}."
    else:
        text = f"{text}; which one is not certain. The oldest that may have locked it is {named}."
    action = f"Have that transaction end, or end it: select pg_terminate_backend({holder['pid']}). The lesson follows."
    return Reason("locked", text, action)


def _since(holder: asyncpg.Record, now: datetime) -> str:
    if holder["xact_start"] is None:  # another database user's, and we may not look
        return ""
    open_for = lasting(now - holder["xact_start"])
    return f", {holder['state']}, its transaction open for {open_for}, since {_utc(holder['xact_start'])}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
