"""Everything that is to come, one line each, soonest first: publishes, ends, changes and releases.

What goes with a release is told by the release alone. What is overdue or refused is among them: it is still to come.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from chaishots.content import paging
from chaishots.content.answer_format import compact, plain
from chaishots.content.queries.scheduled_changes import TITLE
from chaishots.content.stored_refusals import reason
from chaishots.database.connection import Connection


class MomentKind(StrEnum):
    """What happens at a moment of the schedule."""

    CHANGE = "change"
    END = "end"
    PUBLISH = "publish"
    RELEASE = "release"


@dataclass(frozen=True)
class ScheduledMoment:
    """Something that is to come.

    zone: the IANA zone in which the moment was written, where one was named. id: of the lesson, change or release.
    object_type, object_id: what a change is of; else as kind and id. error: why the publisher could not do it.
    """

    at: datetime
    zone: str | None
    kind: MomentKind
    id: UUID
    object_type: str
    object_id: UUID
    title: str
    program_id: UUID | None
    program_title: str | None
    error: str | None
    updated_at: datetime
    version: int


_COLUMNS: Final = "at, zone, kind, id, object_type, object_id, title, program_id, error, updated_at, version"
# What each kind is read from, and its moment; by lesson_scheduled (publish_at, id), lesson_end (archive_at, id),
# change_moment (apply_at, id) and release_due (publish_at, id).
_KINDS: Final = {
    MomentKind.PUBLISH: (
        "lesson",
        "publish_at",
        f"""lesson.publish_zone, 'publish', lesson.id, 'lesson', lesson.id, lesson.title, term.program_id,
            {reason("lesson")}, lesson.updated_at, lesson.version
            from lesson join term on term.id = lesson.term_id
           where lesson.status = 'scheduled' and lesson.release_id is null""",
    ),
    MomentKind.END: (
        "lesson",
        "archive_at",
        f"""lesson.archive_zone, 'end', lesson.id, 'lesson', lesson.id, lesson.title, term.program_id,
            {reason("lesson")}, lesson.updated_at, lesson.version
            from lesson join term on term.id = lesson.term_id
           where lesson.archive_at is not null and lesson.status in ('scheduled', 'published')""",
    ),
    MomentKind.CHANGE: (
        "change",
        "apply_at",
        f"""change.publish_zone, 'change', change.id, change.object_type, change.object_id, coalesce({TITLE}, ''),
            coalesce(
                (select id from program where program.id = change.object_id),
                (select program_id from term where term.id = change.object_id),
                (select program_id from lesson join term on term.id = term_id where lesson.id = change.object_id)),
            {reason("change")}, change.updated_at, change.version
            from change where change.status = 'scheduled' and change.release_id is null""",
    ),
    MomentKind.RELEASE: (
        "release",
        "publish_at",
        f"""release.publish_zone, 'release', release.id, 'release', release.id, release.name, null::uuid,
            {reason("release")}, release.updated_at, release.version
            from release where release.status = 'scheduled'""",
    ),
}
_NO_PUBLISH: Final = tuple(kind for kind in MomentKind if kind is not MomentKind.PUBLISH)
COUNTED: Final = 1_000
"""So many are counted at most."""
_OTHERS: Final = tuple(field.name for field in fields(ScheduledMoment) if field.name != "kind")
_FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), "", UUID(int=0))
_LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)


def _statement(kinds: Sequence[MomentKind]) -> str:
    # Each part gives as many as are asked for at most, by its own index: none is sorted whole.
    parts = [
        f"""(select {table}.{moment} as at, {rest}
                and {table}.{moment} >= greatest($2::timestamptz, $4::timestamptz)
                and {table}.{moment} < $3::timestamptz
                and ({table}.{moment}, '{kind}', {table}.id) > ($4, $5::text, $6::uuid)
              order by {table}.{moment}, {table}.id limit $1)"""
        for kind in kinds
        for table, moment, rest in (_KINDS[kind],)
    ]
    return f"""
        select found.*, program.title as program_title
          from ({" union all ".join(parts)}) as found ({_COLUMNS}) left join program on program.id = found.program_id
         order by at, kind, id limit $1
    """


# Of what is only counted, Postgres computes no column. The same indexes.
_NUMBERS: Final = (
    f"""(select count(*) from (
            select {rest} and {table}.{moment} >= $1 and {table}.{moment} < $2 limit {COUNTED}) as found)"""
    for table, moment, rest in (_KINDS[kind] for kind in _NO_PUBLISH)
)
_COUNT: Final = f"select least({COUNTED}, {' + '.join(_NUMBERS)})"


async def scheduled_moments(
    connection: Connection,
    *,
    limit: int,
    kinds: Sequence[MomentKind] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    behind: tuple[datetime, str, UUID] = _FIRST,
) -> list[ScheduledMoment]:
    """What is to come from one moment up to another, the first so many.

    Args:
        kinds: which; none: all.
        behind: the moment, kind and id behind which they begin.
    """
    statement = _statement(kinds or list(MomentKind))
    rows = await connection.fetch(statement, limit, since or _FIRST[0], until or _LAST, *behind)
    return [ScheduledMoment(kind=MomentKind(row["kind"]), **{name: row[name] for name in _OTHERS}) for row in rows]


async def count_all_but_publishes(
    connection: Connection, *, since: datetime | None = None, until: datetime | None = None
) -> int:
    """How many ends, changes and releases are to come from one moment up to another; COUNTED: so many or more."""
    return await connection.fetchval(_COUNT, since or _FIRST[0], until or _LAST)


async def page_of_moments(
    connection: Connection,
    window: paging.Window,
    *,
    kinds: Sequence[MomentKind] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> paging.Page:
    """The same in pages. Raises: InvalidContent when the cursor is none of ours."""
    place = window.place(paging.moment, paging.text, UUID)
    behind = (place[0], place[1], place[2]) if place else _FIRST
    found = await scheduled_moments(
        connection, limit=window.limit + 1, kinds=kinds, since=since, until=until, behind=behind
    )
    shown = found[: window.limit]
    documents = [compact(plain(asdict(one))) for one in shown]
    if len(found) <= window.limit:
        return paging.Page(documents, None)
    return paging.Page(documents, paging.cursor(shown[-1].at.isoformat(), shown[-1].kind.value, str(shown[-1].id)))
