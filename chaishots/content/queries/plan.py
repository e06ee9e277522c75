"""What else happens by itself beside lessons going public: ends, releases and changes, for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.publish_refusals import reason
from chaishots.content.queries.changes import EDITED_SINCE, TITLE
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
    changes: int
    version: int


@dataclass(frozen=True)
class ChangeRow:
    """A scheduled change that goes by itself; title is of what it changes, fields what it sets there.

    edited: how often somebody has edited the same fields by hand since it got its moment.
    """

    id: UUID
    object_type: str
    title: str
    fields: str
    apply_at: datetime
    publish_zone: str | None
    error: str | None
    edited: int
    version: int


# Of releases that are not over there are few: lesson_of_release (release_id) for each.
_RELEASES: Final = f"""
    select id, name as title, status, publish_at, {reason("release")} as publish_error,
           (select count(*) from lesson where release_id = release.id)::integer as lessons,
           (select count(*) from change where release_id = release.id)::integer as changes, version
      from release where status in ('open', 'scheduled') and ($2::uuid[] is null or id = any($2))
     order by publish_at nulls last, id limit $1
"""
# change_moment (apply_at, id). What goes with a release stands in that.
_CHANGES: Final = f"""
    select change.id, change.object_type, coalesce({TITLE}, '') as title, change.apply_at, change.publish_zone,
           (select string_agg(key, ', ' order by key) from jsonb_object_keys(change.patch) as key) as fields,
           {reason("change")} as error, cardinality({EDITED_SINCE}) as edited, change.version
      from change
     where change.status = 'scheduled' and change.release_id is null and ($2::uuid[] is null or change.id = any($2))
     order by change.apply_at, change.id limit $1
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


async def changes(
    connection: Connection, *, limit: int, search: Search | None = None, only: Sequence[UUID] | None = None
) -> list[ChangeRow]:
    """The changes that will be applied by themselves, and those that should have been, the soonest first.

    Args:
        only: of these ids; those that were applied or cancelled are left out.
    """
    found = [ChangeRow(**row) for row in await connection.fetch(_CHANGES, limit, only)]
    return [
        one
        for one in found
        if not search or one.id in search.ids or search.matches(f"{one.title} {one.fields}", "scheduled")
    ]


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
