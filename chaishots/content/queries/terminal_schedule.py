"""What else happens by itself beside lessons going public: ends, releases and changes, for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content.lifecycle import ChangeStatus, ReleaseStatus
from chaishots.content.queries.scheduled_changes import CLASHES, EDITED_SINCE, TITLE
from chaishots.content.queries.search_filter import Search
from chaishots.content.queries.terminal_tree import LessonRow, lessons_by_id
from chaishots.content.stored_refusals import reason
from chaishots.database.connection import Connection


@dataclass(frozen=True)
class ReleaseRow:
    """A release; of one that is scheduled, the lessons go out at publish_at, at once.

    blocked: how many of its lessons could not go out as things are; None where nobody has looked. reverted_at: when it
    was taken back, by reverted_by.
    """

    id: UUID
    title: str
    status: ReleaseStatus
    publish_at: datetime | None
    publish_error: str | None
    lessons: int
    changes: int
    version: int
    published_at: datetime | None = None
    blocked: int | None = None
    publish_zone: str | None = None
    reverted_at: datetime | None = None
    reverted_by: str | None = None


@dataclass(frozen=True)
class ChangeRow:
    """A scheduled change; title is of what it changes, fields what it sets there.

    apply_at: its moment, or that of its release; None while that has none.
    edited: how often somebody has edited the same fields by hand since it got its moment.
    is_end: whether it takes a lesson down. clashes: how much of what it wants something else has now.
    """

    id: UUID
    object_type: str
    title: str
    fields: str
    apply_at: datetime | None
    publish_zone: str | None
    error: str | None
    edited: int
    version: int
    status: ChangeStatus = ChangeStatus.SCHEDULED
    release_id: UUID | None = None
    is_end: bool = False
    clashes: int = 0


# Of releases that are not over there are few: lesson_of_release (release_id) for each.
_RELEASES: Final = f"""
    select id, name as title, status, publish_at, publish_zone, {reason("release")} as publish_error,
           (select count(*) from lesson where release_id = release.id)::integer as lessons,
           (select count(*) from change where release_id = release.id)::integer as changes, version
      from release where status in ('open', 'scheduled')
     order by publish_at nulls last, id limit $1
"""
# By themselves: change_moment (apply_at, id). With a release: change_of_release (release_id).
_CHANGES: Final = f"""
    select change.id, change.object_type, coalesce({TITLE}, '') as title, change.apply_at, change.publish_zone,
           (select string_agg(key, ', ' order by key) from jsonb_object_keys(change.patch) as key) as fields,
           case change.status when 'scheduled' then {reason("change")} else change.error end as error,
           cardinality({EDITED_SINCE}) as edited, change.version, change.status, change.release_id,
           change.patch ? 'status' as is_end, cardinality({CLASHES}) as clashes
      from change where {{condition}} order by change.apply_at, change.id limit $1
"""
_BY_THEMSELVES: Final = _CHANGES.format(condition="change.status = 'scheduled' and change.release_id is null")
_BY_ID: Final = _CHANGES.format(condition="change.id = any($2)")
_OF_RELEASE: Final = _CHANGES.format(condition="change.release_id = $2")
# lesson_end (archive_at, id).
_ENDS: Final = """
    select id from lesson where archive_at is not null and status in ('scheduled', 'published')
     order by archive_at, id limit $1
"""


async def releases(connection: Connection, *, limit: int, search: Search | None = None) -> list[ReleaseRow]:
    """The releases that are not over, the soonest first, those without a time last."""
    rows = await connection.fetch(_RELEASES, limit)
    found = [_release(row) for row in rows]
    return [one for one in found if not search or search.matches(one.title, one.status, ids=[one.id])]


async def changes(connection: Connection, *, limit: int, search: Search | None = None) -> list[ChangeRow]:
    """The changes that will be applied by themselves, and those that should have been, the soonest first."""
    found = [_change(row) for row in await connection.fetch(_BY_THEMSELVES, limit)]
    return [
        one for one in found if not search or search.matches(f"{one.title} {one.fields}", "scheduled", ids=[one.id])
    ]


async def changes_by_id(connection: Connection, change_ids: Sequence[UUID]) -> list[ChangeRow]:
    """These changes, whatever became of them; those that are gone are left out."""
    return [_change(row) for row in await connection.fetch(_BY_ID, len(change_ids), change_ids)]


async def changes_of_release(connection: Connection, release_id: UUID, *, limit: int) -> list[ChangeRow]:
    """What a release changes and ends beside its lessons."""
    return [_change(row) for row in await connection.fetch(_OF_RELEASE, limit, release_id)]


async def ends(connection: Connection, *, limit: int, search: Search | None = None) -> list[LessonRow]:
    """The lessons that will be archived by themselves, and those that should have been, the soonest first."""
    ids = [row["id"] for row in await connection.fetch(_ENDS, limit)]
    found = {lesson.id: lesson for lesson in await lessons_by_id(connection, ids)}
    lessons = [found[key] for key in ids if key in found]
    return [
        one
        for one in lessons
        if not search or search.matches(_text(one), one.status, ids=[one.id, one.term_id, one.program_id])
    ]


def _release(row: Any) -> ReleaseRow:  # Any: a record of _RELEASES
    values: dict[str, Any] = dict(row)
    values["status"] = ReleaseStatus(values["status"])
    return ReleaseRow(**values)


def _change(row: Any) -> ChangeRow:  # Any: a record of _CHANGES
    values: dict[str, Any] = dict(row)
    values["status"] = ChangeStatus(values["status"])
    return ChangeRow(**values)


def _text(lesson: LessonRow) -> str:
    return f"{lesson.title} {lesson.program_title}"
