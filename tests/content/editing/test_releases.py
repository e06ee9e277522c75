"""What an editor does with releases, what is refused, and what a release tells of itself."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chaishots.content.editing import releases
from chaishots.content.editing.lessons import (
    archive_lesson,
    change_lesson,
    publish_lesson,
    restore_lesson,
    schedule_lesson,
    unschedule_lesson,
)
from chaishots.content.editing.many_lessons import Planned, schedule_lessons
from chaishots.content.errors import (
    ContentError,
    InvalidContent,
    InvalidTransition,
    NotFound,
    NotPublishable,
    RowsRefused,
    VersionConflict,
)
from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.paging import Window
from chaishots.content.queries import releases as queries
from chaishots.database.connection import Connection, reading
from chaishots.scheduler.publisher import publish_due
from tests import builders
from tests.builders import A_MOMENT_AGO, AN_HOUR, a_lesson, history, row

pytestmark = pytest.mark.usefixtures("database")

ASHA = "asha"
LATER = datetime(2100, 1, 1, 9, 30, tzinfo=UTC)
EVEN_LATER = LATER + AN_HOUR

Act = Callable[[UUID], Awaitable[Any]]


async def a_release(*lessons: UUID, publish_at: datetime | None = None) -> UUID:
    """A release of these lessons; scheduled when there is a time."""
    made = await releases.create_release("Diwali", actor=ASHA)
    if lessons:
        await releases.add_lessons(made.id, lessons, actor=ASHA)
    if publish_at is not None:
        await releases.schedule_release(made.id, publish_at, actor=ASHA)
    return made.id


async def published(sql: Connection, release: UUID) -> None:
    """Let the time of a scheduled release come."""
    await sql.execute("update release set publish_at = now() where id = $1", release)
    await publish_due(sql, actor="replica-1")


async def standing(sql: Connection, lesson: UUID) -> tuple[str, datetime | None, UUID | None]:
    """A lesson's status, time and release."""
    found = await row(sql, "lesson", lesson)
    return found["status"], found["publish_at"], found["release_id"]


async def told(release: UUID) -> dict[str, Any]:
    """What a release tells of itself."""
    async with reading() as connection:
        return json.loads((await queries.release(connection, release)).text)


async def test_a_new_release_is_open_and_has_no_lessons() -> None:
    shown = await told(await a_release())

    assert (shown["name"], shown["status"], shown["lessons"], shown["edits"]) == ("Diwali", "open", [], [])


async def test_scheduling_a_release_schedules_all_its_lessons(sql: Connection) -> None:
    lessons = [await a_lesson(sql) for _ in range(3)]

    release = await a_release(*lessons, publish_at=LATER)

    assert [await standing(sql, lesson) for lesson in lessons] == [("scheduled", LATER, release)] * 3


async def test_another_time_of_a_release_moves_its_lessons(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson, publish_at=LATER)

    await releases.schedule_release(release, EVEN_LATER, actor=ASHA)

    assert await standing(sql, lesson) == ("scheduled", EVEN_LATER, release)
    assert (await history(sql, release))[-1] == "release.reschedule"


async def test_a_release_is_scheduled_whole_or_not_at_all_and_every_lesson_that_lacks_something_is_named(
    sql: Connection,
) -> None:
    fine, bare, empty = (
        await a_lesson(sql),
        await a_lesson(sql, title="Bare", thumbnails={}),
        await a_lesson(sql, title="Empty", content_urls={}),
    )
    release = await a_release(fine, bare, empty)

    with pytest.raises(NotPublishable) as refused:
        await releases.schedule_release(release, LATER, actor=ASHA)

    assert {obstacle.field for obstacle in refused.value.obstacles} == {
        f"lessons.{bare}.thumbnails",
        f"lessons.{empty}.content_urls",
    }
    assert await standing(sql, fine) == ("draft", None, release)


async def test_a_lesson_that_joins_a_scheduled_release_is_scheduled_with_it(sql: Connection) -> None:
    release, lesson = await a_release(publish_at=LATER), await a_lesson(sql)

    await releases.add_lessons(release, [lesson], actor=ASHA)

    assert await standing(sql, lesson) == ("scheduled", LATER, release)


async def test_a_scheduled_lesson_that_joins_an_open_release_has_its_own_time_no_more(sql: Connection) -> None:
    release, lesson = await a_release(), await a_lesson(sql, due_in=AN_HOUR)

    await releases.add_lessons(release, [lesson], actor=ASHA)

    assert await standing(sql, lesson) == ("draft", None, release)


async def test_a_lesson_that_is_taken_out_is_a_draft(sql: Connection) -> None:
    stays, goes = await a_lesson(sql), await a_lesson(sql)
    release = await a_release(stays, goes, publish_at=LATER)

    await releases.take_out_lesson(release, goes, actor=ASHA)

    assert await standing(sql, goes) == ("draft", None, None)
    assert await standing(sql, stays) == ("scheduled", LATER, release)


async def test_unscheduling_makes_drafts_of_the_lessons_and_keeps_them_in_the_release(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson, publish_at=LATER)

    await releases.unschedule_release(release, actor=ASHA)

    assert await standing(sql, lesson) == ("draft", None, release)
    assert (await row(sql, "release", release))["status"] == "open"


async def test_cancelling_makes_drafts_of_the_lessons_which_may_join_another_release(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson, publish_at=LATER)

    await releases.cancel_release(release, actor=ASHA)

    assert await standing(sql, lesson) == ("draft", None, None)
    assert (await history(sql, release))[-2:] == ["release.cancel", "release.remove_lesson"]
    another = await a_release(lesson, publish_at=EVEN_LATER)
    assert await standing(sql, lesson) == ("scheduled", EVEN_LATER, another)


async def test_an_open_release_is_deleted_and_its_lessons_stay(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson)

    await releases.delete_release(release, actor=ASHA)

    assert await standing(sql, lesson) == ("draft", None, None)


async def test_a_lesson_that_was_published_with_a_release_and_is_restored_has_left_it(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await published(sql, await a_release(lesson, publish_at=LATER))

    await archive_lesson(lesson, actor=ASHA)
    await restore_lesson(lesson, actor=ASHA)
    await schedule_lesson(lesson, LATER, actor=ASHA)

    assert await standing(sql, lesson) == ("scheduled", LATER, None)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda key: schedule_lesson(key, EVEN_LATER, actor=ASHA), id="another time"),
        pytest.param(lambda key: unschedule_lesson(key, actor=ASHA), id="no time"),
        pytest.param(lambda key: publish_lesson(key, actor=ASHA), id="now"),
    ],
)
async def test_a_lesson_of_a_release_takes_no_step_of_its_own(sql: Connection, act: Act) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson, publish_at=LATER)

    with pytest.raises(InvalidTransition, match="take it out of the release first"):
        await act(lesson)

    assert await standing(sql, lesson) == ("scheduled", LATER, release)


async def test_a_lesson_of_a_release_among_many_to_schedule_is_named_by_its_row(sql: Connection) -> None:
    lesson, free = await a_lesson(sql), await a_lesson(sql)
    release = await a_release(lesson, publish_at=LATER)

    with pytest.raises(RowsRefused) as refused:
        await schedule_lessons([Planned(free, EVEN_LATER), Planned(lesson, EVEN_LATER)], actor=ASHA)

    assert [(fault.row, fault.field) for fault in refused.value.faults] == [(1, "release_id")]
    assert await standing(sql, lesson) == ("scheduled", LATER, release)
    assert (await standing(sql, free))[0] == "draft"


async def test_to_archive_a_lesson_takes_it_out_of_its_release(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await a_release(lesson, publish_at=LATER)

    await archive_lesson(lesson, actor=ASHA)

    assert (await standing(sql, lesson))[::2] == ("archived", None)


async def test_lessons_join_all_or_none_and_each_that_cannot_is_named_by_its_place(sql: Connection) -> None:
    elsewhere = await a_lesson(sql)
    await a_release(elsewhere)
    fine, public, bare = (
        await a_lesson(sql),
        await a_lesson(sql, status="published"),
        await a_lesson(sql, thumbnails={}),
    )
    release = await a_release(publish_at=LATER)

    with pytest.raises(RowsRefused) as refused:
        await releases.add_lessons(release, [fine, public, elsewhere, uuid4(), bare], actor=ASHA)

    assert [(fault.row, fault.field) for fault in refused.value.faults] == [
        (1, "status"),
        (2, "release_id"),
        (3, "id"),
        (4, "thumbnails"),
    ]
    assert await standing(sql, fine) == ("draft", None, None)


async def test_a_lesson_that_is_in_the_release_already_stays_in_it(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson)

    await releases.add_lessons(release, [lesson], actor=ASHA)

    assert len((await told(release))["lessons"]) == 1


async def test_a_lesson_that_is_named_twice_is_refused_with_both_rows(sql: Connection) -> None:
    lesson, other = await a_lesson(sql), await a_lesson(sql)
    release = await a_release()

    with pytest.raises(RowsRefused) as refused:
        await releases.add_lessons(release, [lesson, other, lesson], actor=ASHA)

    assert [fault.row for fault in refused.value.faults] == [0, 2]


CHANGES: dict[str, Act] = {
    "rename": lambda key: releases.rename_release(key, "Holi", actor=ASHA),
    "add": lambda key: releases.add_lessons(key, [uuid4()], actor=ASHA),
    "schedule": lambda key: releases.schedule_release(key, EVEN_LATER, actor=ASHA),
    "unschedule": lambda key: releases.unschedule_release(key, actor=ASHA),
    "cancel": lambda key: releases.cancel_release(key, actor=ASHA),
    "delete": lambda key: releases.delete_release(key, actor=ASHA),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_release_that_is_not_there_is_not_found(change: str) -> None:
    with pytest.raises(NotFound):
        await CHANGES[change](uuid4())


@pytest.mark.parametrize("change", sorted(CHANGES.keys() - {"rename"}))
@pytest.mark.parametrize("status", ["published", "cancelled"])
async def test_what_is_published_or_cancelled_is_final(sql: Connection, status: str, change: str) -> None:
    release = await a_release(await a_lesson(sql), publish_at=LATER)
    if status == "published":
        await published(sql, release)
    else:
        await releases.cancel_release(release, actor=ASHA)
        if change == "delete":
            await releases.delete_release(release, actor=ASHA)
            return

    with pytest.raises(InvalidTransition):
        await CHANGES[change](release)


@pytest.mark.parametrize(
    ("publish_at", "said"), [(LATER.replace(tzinfo=None), "offset"), (datetime(2020, 1, 1, tzinfo=UTC), "passed")]
)
async def test_a_time_needs_an_offset_and_has_to_come(publish_at: datetime, said: str) -> None:
    release = await a_release()

    with pytest.raises(InvalidContent, match=said):
        await releases.schedule_release(release, publish_at, actor=ASHA)


async def test_a_change_meant_for_another_version_is_refused(sql: Connection) -> None:
    release, lesson = await a_release(), await a_lesson(sql)
    seen = (await told(release))["version"]
    await releases.add_lessons(release, [lesson], version=seen, actor=ASHA)

    with pytest.raises(VersionConflict):
        await releases.schedule_release(release, LATER, version=seen, actor=ASHA)


@pytest.mark.parametrize("name", ["", "   ", "x" * 301])
async def test_a_release_needs_a_name(name: str) -> None:
    with pytest.raises(ContentError) as refused:
        await releases.create_release(name, actor=ASHA)

    assert refused.value.field == "name"


async def test_a_release_tells_what_was_edited_in_it_since_it_was_scheduled_and_by_whom(sql: Connection) -> None:
    lesson, joins, leaves = [await a_lesson(sql) for _ in range(3)]
    await change_lesson(lesson, {"title": "Before"}, actor="ravi")
    release = await a_release(lesson, leaves, publish_at=LATER)

    await change_lesson(lesson, {"title": "After", "is_paid": True}, actor="meera")
    await releases.rename_release(release, "Holi", actor="ravi")
    await change_lesson(joins, {"title": "Not yet in it"}, actor="meera")
    await releases.add_lessons(release, [joins], actor="asha")
    await releases.take_out_lesson(release, leaves, actor="asha")

    edits = (await told(release))["edits"]
    assert [(edit["action"], edit["actor"], edit["lesson_id"], edit["fields"]) for edit in edits] == [
        ("release.remove_lesson", "asha", str(leaves), ["lesson_id"]),
        ("release.add_lesson", "asha", str(joins), ["lesson_id"]),
        ("release.change", "ravi", None, ["name"]),
        ("lesson.change", "meera", str(lesson), ["is_paid", "title"]),
    ]


async def test_another_time_begins_another_account_of_edits(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson, publish_at=LATER)
    await change_lesson(lesson, {"title": "Between"}, actor="meera")

    await releases.schedule_release(release, EVEN_LATER, actor=ASHA)

    assert (await told(release))["edits"] == []


async def test_a_published_release_tells_the_edits_before_it_went_out_only(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(lesson, publish_at=LATER)
    await sql.execute("update release set publish_at = now() where id = $1", release)
    await change_lesson(lesson, {"title": "Just in time"}, actor="meera")
    await publish_due(sql, actor="replica-1")
    await change_lesson(lesson, {"title": "Too late"}, actor="ravi")

    assert [edit["actor"] for edit in (await told(release))["edits"]] == ["meera"]


async def test_releases_are_listed_by_status_page_by_page_the_newest_first(sql: Connection) -> None:
    made = [await a_release(await a_lesson(sql)) for _ in range(3)]
    await a_release(publish_at=LATER)

    async with reading() as connection:
        first = await queries.releases(connection, Window(2), status=ReleaseStatus.OPEN)
        second = await queries.releases(connection, Window(2, first.next_cursor), status=ReleaseStatus.OPEN)

    shown = [json.loads(document) for document in [*first.documents, *second.documents]]
    assert [release["id"] for release in shown] == [str(key) for key in reversed(made)]
    assert [release["lesson_count"] for release in shown] == [1, 1, 1]
    assert second.next_cursor is None


async def test_a_release_by_psql_is_held_to_the_same_rules(sql: Connection) -> None:
    release = await sql.fetchval("insert into release (name) values ('Diwali') returning id")
    lesson = await a_lesson(sql, release_id=release)

    await sql.execute("update release set status = 'scheduled', publish_at = $1", LATER)
    assert await standing(sql, lesson) == ("scheduled", LATER, release)
    await sql.execute("update release set publish_at = publish_at - interval '1 hour'")
    assert await standing(sql, lesson) == ("scheduled", LATER - timedelta(hours=1), release)
    await sql.execute("update release set status = 'published'")

    assert (await standing(sql, lesson))[0] == "published"
    assert (await row(sql, "lesson", lesson))["published_at"] == (await row(sql, "release", release))["published_at"]


async def test_a_release_that_psql_publishes_goes_out_whole_or_stays(sql: Connection) -> None:
    bare = await builders.a_term(sql, await builders.a_program(sql, posters={}))
    fine, blocked = await a_lesson(sql), await a_lesson(sql, bare)
    await a_release(fine, blocked, publish_at=LATER)

    with pytest.raises(asyncpg.CheckViolationError):
        await sql.execute("update release set status = 'published'")

    assert [(await standing(sql, lesson))[0] for lesson in (fine, blocked)] == ["scheduled", "scheduled"]


async def test_a_due_lesson_of_no_release_goes_out_beside_them(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)
    await a_release(await a_lesson(sql), publish_at=LATER)

    assert [done.lesson_id for done in (await publish_due(sql, actor="replica-1")).published] == [lesson]
