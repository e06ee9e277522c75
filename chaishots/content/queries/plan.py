"""What else happens by itself beside lessons going public: scheduled ends and releases, for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.publish_refusals import reason
from chaishots.content.queries.search import Search
from chaishots.content.queries.tree import LessonRow, lessons_by_id
from chaishots.database.connection import Connection


@dataclass(frozen=True)
class ReleaseRow:
    """A release that is not over: open, or scheduled; then its lessons go out at publish_at, at once."""

    id: UUID
    title: str
    status: ReleaseStatus
    publish_at: datetime | None
    publish_error: str | None
    lessons: int
    version: int


# Of releases that are not over there are few: lesson_of_release (release_id) for each.
_RELEASES: Final = f"""
    select id, name as title, status, publish_at, {reason("release")} as publish_error,
           (select count(*) from lesson where release_id = release.id)::integer as lessons, version
      from release where status in ('open', 'scheduled') and ($2::uuid[] is null or id = any($2))
     order by publish_at nulls last, id limit $1
"""
# lesson_end (archive_at, id).
_ENDS: Final = """
    select id from lesson where archive_at is not null and status in ('scheduled', 'published')
     order by archive_at, id limit $1
"""


async def releases(
    connection: Connection, *, limit: int, search: Search | None = None, only: Sequence[UUID] | None = None
) -> list[ReleaseRow]:
    """The releases that are not over, the soonest first, those without a time last.

    Args:
        only: of these ids; those that are gone or over are left out.
    """
    rows = await connection.fetch(_RELEASES, limit, only)
    found = [_release(row) for row in rows]
    return [one for one in found if not search or one.id in search.ids or search.matches(one.title, one.status)]


async def ends(connection: Connection, *, limit: int, search: Search | None = None) -> list[LessonRow]:
    """The lessons that will be archived by themselves, and those that should have been, the soonest first."""
    ids = [row["id"] for row in await connection.fetch(_ENDS, limit)]
    found = {lesson.id: lesson for lesson in await lessons_by_id(connection, ids)}
    lessons = [found[key] for key in ids if key in found]
    return [one for one in lessons if not search or one.id in search.ids or search.matches(_text(one), one.status)]


def _release(row: Any) -> ReleaseRow:  # Any: a record of _RELEASES
    values: dict[str, Any] = dict(row)
    values["status"] = ReleaseStatus(values["status"])
    return ReleaseRow(**values)


def _text(lesson: LessonRow) -> str:
    return f"{lesson.title} {lesson.program_title}"
