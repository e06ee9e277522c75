"""Releases in windows, and windows of what is in one: what blocks its lessons, what was edited since it was scheduled.

For the terminal: whatever a release holds, each read is bounded.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content.lifecycle import LessonFacts, ProgramFacts, ProgramStatus, ReleaseStatus, publish_obstacles
from chaishots.content.queries.releases import EDITED
from chaishots.content.queries.search_filter import Search
from chaishots.content.queries.terminal_schedule import ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow, lessons_by_id
from chaishots.content.stored_refusals import is_refused, reason
from chaishots.database.connection import Connection

COUNTED: Final = 1_000
"""As many blocked lessons of a release are counted; more are told as so many."""
_SLICE: Final = 500
"""Lessons that are read at once: between two slices, others have their turn."""

_PLACED: Final = "lesson join term on term.id = lesson.term_id join program on program.id = term.program_id"
_LACKS_THUMBNAILS: Final = "not chaishots_has_required_variants(lesson.thumbnails, lesson.content_language_primary)"
_PROGRAM_KEEPS: Final = """
    (program.status = 'archived' or program.status = 'draft'
     and not chaishots_has_required_variants(program.posters, program.language_primary))
"""
_ENDS_BEFORE: Final = "coalesce(lesson.archive_at <= release.publish_at, false)"
# What keeps a lesson of `release` from going public with it; the rules are the lifecycle's, which says it in words.
_IS_BLOCKED: Final = f"""
    (lesson.status in ('draft', 'scheduled') and release.status in ('open', 'scheduled')
     and ({is_refused("lesson")} or {_PROGRAM_KEEPS} or {_LACKS_THUMBNAILS}
          or not lesson.content_urls ? lesson.content_language_primary or {_ENDS_BEFORE}))
"""
# Scheduled ones by release_due (publish_at, id); of the others, an array in between is sorted. Of those that are shown:
# lesson_of_release (release_id), change_of_release (release_id).
_ORDER: Final = """
    array_position(array['scheduled', 'open', 'published', 'cancelled'], status::text),
    case status when 'scheduled' then publish_at end, published_at desc nulls last, id desc
"""
_RELEASES: Final = f"""
    select release.id, release.name as title, release.status, release.publish_at, release.publish_zone,
           release.published_at, release.reverted_at, release.reverted_by,
           {reason("release")} as publish_error, release.version,
           (select count(*) from lesson where release_id = release.id)::integer as lessons,
           (select count(*) from change where release_id = release.id)::integer as changes,
           case when release.status in ('open', 'scheduled') then (
               select count(*) from (select from {_PLACED} where lesson.release_id = release.id and {_IS_BLOCKED}
                                      limit {COUNTED}) as blocked)::integer else 0 end as blocked
      from (select * from release where {{condition}} order by {_ORDER} limit $1) as release
     order by {_ORDER}
"""
# lesson_of_release (release_id).
_IN_ORDER: Final = """
    select lesson.id, count(*) over ()::integer as total
      from release join lesson on lesson.release_id = release.id
      join term on term.id = lesson.term_id join program on program.id = term.program_id
     where release.id = $1 {condition}
     order by program.title, program.id, term.term_number, lesson.lesson_number, lesson.id limit $2
"""
_LESSONS: Final = _IN_ORDER.format(condition="")
_BLOCKED: Final = _IN_ORDER.format(condition=f"and {_IS_BLOCKED}")
# Only of those that are blocked are the facts needed that say why.
_WHY: Final = f"""
    select lesson.id, lesson.status, lesson.content_language_primary as language,
           lesson.content_urls ? lesson.content_language_primary as has_url,
           lesson.thumbnails -> lesson.content_language_primary as thumbnails,
           program.status as program_status, program.language_primary as program_language,
           program.posters -> program.language_primary as posters,
           {reason("lesson")} as publish_error, {_ENDS_BEFORE} as ends_before
      from {_PLACED} join release on release.id = lesson.release_id
     where lesson.id = any($1) and {_IS_BLOCKED}
"""
_EDITS: Final = f"""
    with {EDITED}
    select edit.seq, edit.at, edit.actor, edit.action, edit.fields, part.title
      from edit left join part on part.id = edit.lesson_id order by edit.seq desc
"""


@dataclass(frozen=True)
class ReleaseLesson:
    """A lesson of a release. blocked: what keeps it from going public with it; empty when nothing does."""

    lesson: LessonRow
    blocked: str = ""


@dataclass(frozen=True)
class ReleaseEdit:
    """An edit since a release was scheduled. title: of the lesson that it concerns; None when it is of the release."""

    at: datetime
    actor: str
    action: str
    fields: Sequence[str]
    title: str | None


async def find_releases(
    connection: Connection, *, limit: int, search: Search | None = None, is_unfinished: bool = False
) -> list[ReleaseRow]:
    """Releases in any state: scheduled ones, the soonest first; then open, published, cancelled ones, the newest first.

    Args:
        is_unfinished: only those that can have lessons added: open and scheduled ones.
    """
    condition, values = (search or Search()).condition(
        "release.name", "release.status", "'{}'::text[]", ids="release.id", first_place=2
    )
    if is_unfinished:
        condition = f"release.status in ('open', 'scheduled') and {condition}"
    rows = await connection.fetch(_RELEASES.format(condition=condition), limit, *values)
    return [_release(row) for row in rows]


async def releases_by_id(connection: Connection, release_ids: Sequence[UUID]) -> list[ReleaseRow]:
    """These releases, in any state; those that are gone are left out."""
    sql = _RELEASES.format(condition="release.id = any($2)")
    return [_release(row) for row in await connection.fetch(sql, len(release_ids), release_ids)]


async def lessons_of_release(connection: Connection, release_id: UUID, *, limit: int) -> list[ReleaseLesson]:
    """The first lessons of a release, by program and number, with what blocks each."""
    return await _lessons(connection, [row["id"] for row in await connection.fetch(_LESSONS, release_id, limit)])


async def blocked_lessons(connection: Connection, release_id: UUID, *, limit: int) -> tuple[list[ReleaseLesson], int]:
    """The first lessons that could not go public with a release as things are, and how many there are."""
    rows = await connection.fetch(_BLOCKED, release_id, limit)
    return await _lessons(connection, [row["id"] for row in rows]), rows[0]["total"] if rows else 0


async def edits_since_scheduled(connection: Connection, release_id: UUID, *, limit: int) -> list[ReleaseEdit]:
    """What was edited of a release and its lessons since it was scheduled, or they joined it, the newest first."""
    return [
        ReleaseEdit(datetime.fromisoformat(row["at"]), row["actor"], row["action"], row["fields"], row["title"])
        for row in await connection.fetch(_EDITS, release_id, limit)
    ]


async def _lessons(connection: Connection, lesson_ids: Sequence[UUID]) -> list[ReleaseLesson]:
    found: list[ReleaseLesson] = []
    for start in range(0, len(lesson_ids), _SLICE):
        wanted = lesson_ids[start : start + _SLICE]
        lessons = {lesson.id: lesson for lesson in await lessons_by_id(connection, wanted)}
        why = {row["id"]: _why(row) for row in await connection.fetch(_WHY, wanted)}
        found += [ReleaseLesson(lessons[key], why.get(key, "")) for key in wanted if key in lessons]
    return found


def _why(row: Any) -> str:  # Any: a record of _WHY
    language, program_language = row["language"], row["program_language"]
    thumbnails = {language: json.loads(row["thumbnails"])} if row["thumbnails"] else {}
    posters = {program_language: json.loads(row["posters"])} if row["posters"] else {}
    obstacles = publish_obstacles(
        LessonFacts(row["status"], language, {language: ""} if row["has_url"] else {}, thumbnails),
        ProgramFacts(ProgramStatus(row["program_status"]), program_language, posters),
    )
    told = [obstacle.text for obstacle in obstacles]
    if row["ends_before"]:
        told.append("Its scheduled end comes before the release: move one of the two.")
    return " ".join(told) or row["publish_error"] or ""


def _release(row: Any) -> ReleaseRow:  # Any: a record of _RELEASES
    values: dict[str, Any] = dict(row)
    values["status"] = ReleaseStatus(values["status"])
    return ReleaseRow(**values)
