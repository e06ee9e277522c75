"""Releases: lessons that go public together, with changes and ends. What an editor does with them.

Each command is one transaction under the lock of the release. The database has all that is in it follow, or none.
`version` is what the editor last read; None means that the newest is fine.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import lifecycle
from chaishots.content.editing.load_and_save import OFFSET, database_now, delete, facts_of, insert, save
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.errors import (
    ContentError,
    InvalidContent,
    InvalidTransition,
    NotFound,
    NotPublishable,
    RowFault,
    RowsRefused,
    twice,
)
from chaishots.content.lifecycle import Obstacle, ReleaseStatus, Status
from chaishots.content.models import Lesson, Release
from chaishots.database.orm import query

_SLICE: Final = 500
# By id, as whoever locks many.
_LOCK: Final = "select id from lesson where release_id = $1 and id = any($2) order by id for no key update"
# Those that lack something, by the rules of `lifecycle.schedule_obstacles`, which says it of each; all are locked.
_HOLD: Final = """
    with held as materialized (
        select * from lesson where release_id = $1 order by id for no key update)
    select array(
        select id from held
         where chaishots_has_required_variants(thumbnails, content_language_primary) is not true
            or not content_urls ? content_language_primary or archive_at <= $2) as lacking
      from (select count(*) from held) as locked
"""
_MOVE: Final = "update lesson set release_id = $2 where id = any($1)"
_END: Final = """
    insert into change (object_type, object_id, release_id, patch, scheduled_by)
    select 'lesson', id, $1, '{"status": "archived"}', $3 from unnest($2::uuid[]) as wanted (id)
     where not exists (select from change where release_id = $1 and change.object_id = wanted.id
                          and change.status = 'scheduled' and change.patch ? 'status')
     order by id
"""


async def create_release(name: str, lesson_ids: Sequence[UUID] = (), *, actor: str) -> Release:
    """Create an open release, with these lessons or none. Raises: InvalidContent, RowsRefused as `add_lessons`."""
    async with changing(actor) as transaction:
        made = await insert(Release, {"name": name}, transaction)
        return await _add(made, lesson_ids, transaction) if lesson_ids else made


async def rename_release(release_id: UUID, name: str, *, version: int | None = None, actor: str) -> Release:
    """Give a release another name. Raises: NotFound, VersionConflict, InvalidContent."""
    async with changing(actor) as transaction:
        found = await lock(Release, release_id, transaction, version=version)
        found.name = name
        return await save(found, ["name"], transaction)


async def add_lessons(
    release_id: UUID, lesson_ids: Sequence[UUID], *, version: int | None = None, actor: str
) -> Release:
    """Add lessons, all or none: drafts, or scheduled ones of no release. They take the state and time of the release.

    In an open release they are drafts: one that had a time of its own has it no more.

    Raises: NotFound, VersionConflict, InvalidTransition when the release is published or cancelled; RowsRefused, naming
        each lesson that cannot be, by its place in `lesson_ids`.
    """
    async with changing(actor) as transaction:
        found = await lock(Release, release_id, transaction, version=version)
        if not lifecycle.RELEASE_TRANSITIONS[found.status]:
            raise InvalidTransition(f"The release is {found.status}: make another one for these lessons.")
        return await _add(found, lesson_ids, transaction)


async def end_lessons(
    release_id: UUID, lesson_ids: Sequence[UUID], *, version: int | None = None, actor: str
) -> Release:
    """Have public lessons go down with a release, all or none: each gets a change of the release that archives it.

    One that has such a change already keeps it. An end is taken out as any change is: cancelled, or moved elsewhere.

    Raises: NotFound, VersionConflict, InvalidTransition when the release is published or cancelled; RowsRefused, naming
        each lesson that cannot be, by its place in `lesson_ids`.
    """
    if faults := twice(lesson_ids, "lesson_ids"):
        raise RowsRefused(faults)
    async with changing(actor) as transaction:
        found = await lock(Release, release_id, transaction, version=version)
        if not lifecycle.RELEASE_TRANSITIONS[found.status]:
            raise InvalidTransition(f"The release is {found.status}: make another one for these lessons.")
        lessons = {lesson.id: lesson for lesson in await _lessons(transaction, id__in=list(lesson_ids))}
        for place, lesson_id in enumerate(lesson_ids):
            if (lesson := lessons.get(lesson_id)) is None:
                faults.append(RowFault(place, "id", "There is no lesson with this id."))
            elif lesson.status not in (Status.SCHEDULED, Status.PUBLISHED) or lesson.release_id == release_id:
                text = f"{lesson.title} is {lesson.status}: only what is public by then can be taken down."
                faults.append(RowFault(place, "status", text))
        if faults:
            raise RowsRefused(faults)
        await query(transaction, _END, release_id, list(lessons), actor)
        await found.refresh_from_db(using_db=transaction)
        return found


async def take_out_lesson(release_id: UUID, lesson_id: UUID, *, version: int | None = None, actor: str) -> Release:
    """Take a lesson out of a release; if it was scheduled, it is a draft again.

    Raises: NotFound, VersionConflict, InvalidTransition when it was published with the release.
    """
    return await take_out_lessons(release_id, [lesson_id], version=version, actor=actor)


async def take_out_lessons(
    release_id: UUID, lesson_ids: Sequence[UUID], *, version: int | None = None, actor: str
) -> Release:
    """Take lessons out of a release, all or none. Raises: as `take_out_lesson`."""
    async with changing(actor) as transaction:
        found = await lock(Release, release_id, transaction, version=version)
        held = await query(transaction, _LOCK, release_id, list(lesson_ids))
        if len(held) < len(set(lesson_ids)):
            raise NotFound("The release has no lesson with this id.", field="lesson_id")
        await query(transaction, _MOVE, list(lesson_ids), None)
        await found.refresh_from_db(using_db=transaction)
        return found


async def schedule_release(
    release_id: UUID, publish_at: datetime, zone: str | None = None, *, version: int | None = None, actor: str
) -> Release:
    """Schedule a release and all its lessons, or give a scheduled one another time.

    Args:
        publish_at: with its offset, and yet to come by the database's clock.
        zone: the IANA zone in which that was written; None: nobody named one.
    Raises: NotFound, VersionConflict, InvalidTransition, InvalidContent, NotPublishable naming every lesson that lacks
        something. What programs lack may still be added until the time comes.
    """
    if publish_at.tzinfo is None:
        raise InvalidContent(OFFSET, field="publish_at")
    async with changing(actor) as transaction:
        found = await lock(Release, release_id, transaction, version=version)
        _require(found, ReleaseStatus.SCHEDULED)
        if publish_at <= await database_now(transaction):
            raise InvalidContent("This time has passed: choose a later one.", field="publish_at")
        found.status, found.publish_at, found.publish_zone = ReleaseStatus.SCHEDULED, publish_at, zone
        [held] = await query(transaction, _HOLD, release_id, publish_at)
        lessons = await _lessons(transaction, id__in=held["lacking"])
        obstacles = [
            Obstacle(f"lessons.{lesson.id}.{obstacle.field}", f"{lesson.title}: {obstacle.text}")
            for lesson in lessons
            for obstacle in _obstacles(lesson, found)
        ]
        if obstacles:
            raise NotPublishable(obstacles)
        return await save(found, ["status", "publish_at", "publish_zone"], transaction)


async def unschedule_release(release_id: UUID, *, version: int | None = None, actor: str) -> Release:
    """Open a scheduled release again; its lessons become drafts.

    Raises: NotFound, VersionConflict, InvalidTransition.
    """
    async with changing(actor) as transaction:
        found = await lock(Release, release_id, transaction, version=version)
        _require(found, ReleaseStatus.OPEN)
        found.status, found.publish_at = ReleaseStatus.OPEN, None
        return await save(found, ["status", "publish_at"], transaction)


async def cancel_release(release_id: UUID, *, version: int | None = None, actor: str) -> Release:
    """Call a release off for good: its lessons are drafts of no release. The history tells which they were.

    Raises: NotFound, VersionConflict, InvalidTransition.
    """
    async with changing(actor) as transaction:
        found = await lock(Release, release_id, transaction, version=version)
        _require(found, ReleaseStatus.CANCELLED)
        found.status = ReleaseStatus.CANCELLED
        return await save(found, ["status"], transaction)


async def delete_release(release_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete an open or cancelled release; its lessons stay as drafts.

    Raises: NotFound, VersionConflict, InvalidTransition.
    """
    await delete(Release, release_id, version=version, actor=actor)


async def _add(found: Release, lesson_ids: Sequence[UUID], transaction: TransactionalDBClient) -> Release:
    if faults := twice(lesson_ids, "lesson_ids"):
        raise RowsRefused(faults)
    lessons = {lesson.id: lesson for lesson in await _lessons(transaction, id__in=list(lesson_ids))}
    for place, lesson_id in enumerate(lesson_ids):
        try:
            faults += [
                RowFault(place, obstacle.field, obstacle.text)
                for obstacle in _obstacles(_joining(lesson_id, lessons, found), found)
            ]
        except ContentError as refused:
            faults.append(RowFault(place, refused.field, str(refused)))
    if faults:
        raise RowsRefused(faults)
    new = [key for key, lesson in lessons.items() if lesson.release_id is None]
    await query(transaction, _MOVE, new, found.id)
    await found.refresh_from_db(using_db=transaction)
    return found


def _joining(lesson_id: UUID, lessons: dict[UUID, Lesson], joined: Release) -> Lesson:
    lesson = lessons.get(lesson_id)
    if lesson is None:
        raise NotFound("There is no lesson with this id.", field="id")
    if lesson.status not in (Status.DRAFT, Status.SCHEDULED):
        raise InvalidTransition(f"{lesson.title} is {lesson.status}: only a draft joins a release.", field="status")
    if lesson.release_id not in (None, joined.id):
        raise InvalidTransition(
            f"{lesson.title} is in another release ({lesson.release_id}): take it out there first.", field="release_id"
        )
    return lesson


def _obstacles(lesson: Lesson, joined: Release) -> list[Obstacle]:
    if joined.status is not ReleaseStatus.SCHEDULED or joined.publish_at is None:
        return []
    obstacles = lifecycle.schedule_obstacles(facts_of(lesson))
    if lesson.archive_at is not None and lesson.archive_at <= joined.publish_at:
        obstacles.append(Obstacle("archive_at", "Its scheduled end comes before this time: move one of the two."))
    return obstacles


def _require(found: Release, becomes: ReleaseStatus) -> None:
    if becomes not in lifecycle.RELEASE_TRANSITIONS[found.status]:
        raise InvalidTransition(f"The release is {found.status} and cannot become {becomes}.", field="status")


async def _lessons(transaction: TransactionalDBClient, **conditions: Any) -> list[Lesson]:
    # By id, so that two who lock the same lessons wait for each other instead of locking each other out; in slices,
    # between which others have their turn: to make 5,000 models at once takes a fifth of a second.
    found: list[Lesson] = []
    while True:
        after = {"id__gt": found[-1].id} if found else {}
        lessons = Lesson.filter(**conditions, **after).order_by("id").limit(_SLICE)
        part = await lessons.select_for_update(no_key=True).using_db(transaction)
        found += part
        if len(part) < _SLICE:
            return found
