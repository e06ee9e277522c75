"""One batch: what is published, what is refused, what is left, all in one transaction."""

import asyncio
import json
from datetime import timedelta

import asyncpg

from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due, warm_up
from tests.builders import (
    A_MOMENT_AGO,
    AN_HOUR,
    ASSETS,
    a_lesson,
    a_program,
    a_term,
    database_now,
    history,
    lessons_due,
    row,
)
from tests.conftest import Database


async def test_a_due_lesson_is_published_and_its_draft_program_with_it(sql: Connection) -> None:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), due_in=A_MOMENT_AGO)

    batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == [lesson]
    published, of_program = await row(sql, "lesson", lesson), await row(sql, "program", program)
    assert (published["status"], of_program["status"]) == ("published", "published")
    assert of_program["published_at"] == published["published_at"]
    actors = await sql.fetch("select distinct actor from activity where action like '%.publish'")
    assert [line["actor"] for line in actors] == ["replica-1"]


async def test_what_is_not_due_yet_stays(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=AN_HOUR)

    batch = await publish_due(sql, actor="replica-1")

    assert batch.is_empty
    assert (await row(sql, "lesson", lesson))["status"] == "scheduled"


async def test_publishing_twice_changes_nothing_the_second_time(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)
    await publish_due(sql, actor="replica-1")
    before = await row(sql, "lesson", lesson)

    again = await publish_due(sql, actor="replica-2")

    assert again.is_empty
    assert await row(sql, "lesson", lesson) == before
    assert (await history(sql, lesson)).count("lesson.publish") == 1


async def test_the_lateness_is_told_in_milliseconds(sql: Connection) -> None:
    await a_lesson(sql, due_in=timedelta(seconds=-5))

    (published,) = (await publish_due(sql, actor="replica-1")).published

    assert 5_000 <= published.late_ms < 15_000


async def test_a_lesson_whose_program_lacks_a_poster_is_refused_and_holds_up_none_of_a_thousand_others(
    sql: Connection,
) -> None:
    bare = await a_program(sql, posters={"en": {"portrait": "https://cdn.example.com/p.jpg"}})
    refused = await a_lesson(sql, await a_term(sql, bare), due_in=timedelta(minutes=-1))
    await lessons_due(sql, 1_000)

    first, second = [await publish_due(sql, actor="replica-1") for _ in range(2)]

    assert len(first.published) + len(second.published) == 1_000
    left = await row(sql, "lesson", refused)
    assert (left["status"], left["publish_error"]) == (
        "scheduled",
        "Add these posters to the program in en: landscape.",
    )
    assert (await row(sql, "program", bare))["status"] == "draft"


async def test_a_refused_lesson_is_published_once_its_program_has_the_poster(sql: Connection) -> None:
    bare = await a_program(sql, posters={})
    lesson = await a_lesson(sql, await a_term(sql, bare), due_in=A_MOMENT_AGO)
    await publish_due(sql, actor="replica-1")

    await sql.execute("update program set posters = $2 where id = $1", bare, json.dumps(ASSETS))
    batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == [lesson]
    assert (await row(sql, "lesson", lesson))["publish_error"] is None
    assert await history(sql, lesson) == ["lesson.create", "lesson.refuse", "lesson.retry", "lesson.publish"]


async def test_a_refused_lesson_is_not_looked_at_again_until_something_changes_or_half_a_minute_has_passed(
    sql: Connection,
) -> None:
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=A_MOMENT_AGO)
    await publish_due(sql, actor="replica-1")

    again = await publish_due(sql, actor="replica-1")

    assert again.is_empty
    assert again.seconds_to_next is not None
    assert 20 < again.seconds_to_next < 35


async def test_a_lesson_of_an_archived_program_is_refused_and_the_program_stays_archived(sql: Connection) -> None:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), due_in=A_MOMENT_AGO)
    await sql.execute("update program set status = 'archived' where id = $1", program)

    (refused,) = (await publish_due(sql, actor="replica-1")).refused

    assert refused.lesson_id == lesson
    assert refused.reason == "Restore the program first: it is archived."
    assert (await row(sql, "program", program))["status"] == "archived"


async def test_one_that_only_the_database_refuses_holds_up_no_other(sql: Connection) -> None:
    # A rule that Python does not know, as a later migration might bring.
    await sql.execute("alter table lesson add constraint no_x check (title <> 'X' or status <> 'published')")
    refused = await a_lesson(sql, title="X", due_in=A_MOMENT_AGO)
    fine = await a_lesson(sql, due_in=A_MOMENT_AGO)

    batch = await publish_due(sql, actor="replica-1")

    assert [lesson.lesson_id for lesson in batch.published] == [fine]
    assert [lesson.lesson_id for lesson in batch.refused] == [refused]
    assert "no_x" in (await row(sql, "lesson", refused))["publish_error"]


async def test_a_row_that_somebody_holds_locked_is_left_and_the_others_go_out(
    sql: Connection, fresh_database: Database
) -> None:
    held, free = await a_lesson(sql, due_in=A_MOMENT_AGO), await a_lesson(sql, due_in=A_MOMENT_AGO)
    editor = await asyncpg.connect(fresh_database.dsn)
    async with editor.transaction():
        await editor.execute("select from lesson where id = $1 for update", held)
        first = await publish_due(sql, actor="replica-1")
    second = await publish_due(sql, actor="replica-1")
    await editor.close()

    assert [lesson.lesson_id for lesson in first.published] == [free]
    assert [lesson.lesson_id for lesson in second.published] == [held]


async def test_a_draft_program_that_somebody_holds_locked_keeps_only_its_own_lessons_waiting(
    sql: Connection, fresh_database: Database
) -> None:
    program = await a_program(sql)
    held = await a_lesson(sql, await a_term(sql, program), due_in=A_MOMENT_AGO)
    free = await a_lesson(sql, due_in=A_MOMENT_AGO)
    editor = await asyncpg.connect(fresh_database.dsn)
    async with editor.transaction():
        await editor.execute("update program set description = 'New' where id = $1", program)
        first = await publish_due(sql, actor="replica-1")
    second = await publish_due(sql, actor="replica-1")
    await editor.close()

    assert [lesson.lesson_id for lesson in first.published] == [free]
    assert [lesson.lesson_id for lesson in second.published] == [held]


async def test_the_oldest_go_first_when_there_are_more_than_a_batch_takes(sql: Connection) -> None:
    late = await a_lesson(sql, due_in=timedelta(seconds=-1))
    later = await a_lesson(sql, due_in=timedelta(seconds=-3))
    latest = await a_lesson(sql, due_in=timedelta(seconds=-9))

    batches = [await publish_due(sql, actor="replica-1", limit=2) for _ in range(2)]

    assert [[lesson.lesson_id for lesson in batch.published] for batch in batches] == [[latest, later], [late]]
    assert [batch.is_full for batch in batches] == [True, False]


async def test_a_lesson_is_taken_down_at_its_scheduled_end(sql: Connection) -> None:
    now = await database_now(sql)
    lesson = await a_lesson(sql, status="published", archive_at=now - timedelta(seconds=1))

    (archived,) = (await publish_due(sql, actor="replica-1")).archived

    assert archived.lesson_id == lesson
    assert (await row(sql, "lesson", lesson))["status"] == "archived"


async def test_a_lesson_that_is_over_before_it_went_out_never_goes_out(sql: Connection) -> None:
    now = await database_now(sql)
    lesson = await a_lesson(
        sql, status="scheduled", publish_at=now - timedelta(minutes=2), archive_at=now - timedelta(minutes=1)
    )

    batch = await publish_due(sql, actor="replica-1")

    assert not batch.published
    assert await history(sql, lesson) == ["lesson.create", "lesson.archive"]


async def test_a_lesson_that_goes_public_a_second_time_keeps_its_first_published_at(sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    first = (await row(sql, "lesson", lesson))["published_at"]
    for status in ("archived", "draft"):
        await sql.execute("update lesson set status = $2 where id = $1", lesson, status)
    await sql.execute("update lesson set status = 'scheduled', publish_at = now() where id = $1", lesson)

    (published,) = (await publish_due(sql, actor="replica-1")).published

    assert published.late_ms < 10_000
    assert (await row(sql, "lesson", lesson))["published_at"] == first


async def test_the_next_moment_is_the_sooner_of_a_publish_and_an_end(sql: Connection) -> None:
    assert (await publish_due(sql, actor="replica-1")).seconds_to_next is None
    await a_lesson(sql, due_in=AN_HOUR)
    until_publish = (await publish_due(sql, actor="replica-1")).seconds_to_next
    await a_lesson(sql, status="published", archive_at=await database_now(sql) + timedelta(minutes=1))
    until_end = (await publish_due(sql, actor="replica-1")).seconds_to_next

    assert until_publish is not None
    assert 3_500 < until_publish <= 3_600
    assert until_end is not None
    assert 50 < until_end <= 60


async def test_a_batch_is_one_message_there_and_one_back(sql: Connection) -> None:
    lessons = [await a_lesson(sql, due_in=A_MOMENT_AGO) for _ in range(3)]
    await a_lesson(sql, status="published", archive_at=await database_now(sql) - timedelta(seconds=1))
    release = await sql.fetchval(
        "insert into release (name, status, publish_at) values ('Diwali', 'scheduled', now()) returning id"
    )
    lessons.append(await a_lesson(sql, release_id=release))
    await warm_up(sql)
    asked: list[str] = []
    with sql.query_logger(lambda query: asked.append(query.query)):
        batch = await publish_due(sql, actor="replica-1")
        await asyncio.sleep(0)  # what was asked is told in the next turn of the loop

    assert sorted(lesson.lesson_id for lesson in batch.published) == sorted(lessons)
    assert len(batch.archived) == 1
    assert asked == ["select * from chaishots_publish_due($1, $2)"]
