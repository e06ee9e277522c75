"""A release goes public whole, at one moment, or not at all: beside readers, under locks, refused, and cut off."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseAway
from chaishots.scheduler.publisher import publish_due
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

_PUBLIC = "select count(*) from lesson where status = 'published'"


async def a_release(sql: Connection, *, due_in: timedelta = A_MOMENT_AGO, name: str = "Diwali") -> UUID:
    """A scheduled release, without lessons yet."""
    due = await database_now(sql) + due_in
    statement = "insert into release (name, status, publish_at) values ($1, 'scheduled', $2) returning id"
    return await sql.fetchval(statement, name, due)


async def a_release_of_many(sql: Connection, number: int) -> UUID:
    """A release that is due, of many lessons of one draft program."""
    release = await a_release(sql)
    await lessons_due(sql, number, due_in=AN_HOUR)
    await sql.execute("update lesson set release_id = $1", release)
    return release


async def a_blocked_lesson(sql: Connection, release: UUID) -> tuple[UUID, UUID]:
    """A lesson of a release whose draft program has no posters, and that program."""
    program = await a_program(sql, posters={})
    return await a_lesson(sql, await a_term(sql, program), title="Waves", release_id=release), program


async def test_the_lessons_of_a_release_go_public_at_one_moment_with_their_draft_programs(sql: Connection) -> None:
    release = await a_release(sql)
    programs = [await a_program(sql) for _ in range(3)]
    lessons = [await a_lesson(sql, await a_term(sql, program), release_id=release) for program in programs]

    batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == sorted(lessons)
    moments = {(await row(sql, "lesson", lesson))["published_at"] for lesson in lessons}
    assert moments == {(await row(sql, "release", release))["published_at"]}
    assert {(await row(sql, "program", program))["status"] for program in programs} == {"published"}
    assert (await history(sql, release))[-1] == "release.publish"
    assert await sql.fetchval("select distinct actor from activity where action like '%.publish'") == "replica-1"


async def test_a_release_tells_how_late_its_lessons_are(sql: Connection) -> None:
    await a_lesson(sql, release_id=await a_release(sql, due_in=timedelta(seconds=-5)))

    (published,) = (await publish_due(sql, actor="replica-1")).published

    assert 5_000 <= published.late_ms < 15_000


async def test_a_release_that_is_not_due_yet_stays_whole(sql: Connection) -> None:
    release = await a_release(sql, due_in=AN_HOUR)
    await a_lesson(sql, release_id=release)

    assert (await publish_due(sql, actor="replica-1")).is_empty
    assert (await row(sql, "release", release))["status"] == "scheduled"


async def test_publishing_a_release_twice_changes_nothing_the_second_time(sql: Connection) -> None:
    release = await a_release(sql)
    await a_lesson(sql, release_id=release)
    await publish_due(sql, actor="replica-1")
    before = await row(sql, "release", release)

    assert (await publish_due(sql, actor="replica-2")).is_empty
    assert await row(sql, "release", release) == before


async def test_two_that_publish_at_once_publish_a_release_once(sql: Connection, fresh_database: Database) -> None:
    release = await a_release_of_many(sql, 50)
    other = await asyncpg.connect(fresh_database.dsn)

    batches = await asyncio.gather(*(publish_due(session, actor="replica") for session in (sql, other)))
    await other.close()

    assert sum(len(batch.published) for batch in batches) == 50
    assert (await history(sql, release)).count("release.publish") == 1


async def test_a_reader_sees_no_lesson_of_a_release_or_all_of_them(sql: Connection, fresh_database: Database) -> None:
    await a_release_of_many(sql, 200)
    reader = await asyncpg.connect(fresh_database.dsn)

    async def seen_until_public() -> list[int]:
        seen = [await reader.fetchval(_PUBLIC)]
        while not seen[-1]:
            seen.append(await reader.fetchval(_PUBLIC))
        return seen

    looking = asyncio.create_task(seen_until_public())
    await publish_due(sql, actor="replica-1")
    async with asyncio.timeout(10):
        seen = await looking
    await reader.close()

    assert set(seen) <= {0, 200}
    assert seen[-1] == 200


@pytest.mark.parametrize("held", ["lesson", "program", "release"])
async def test_a_release_of_which_somebody_holds_a_row_waits_whole_and_holds_up_no_other(
    sql: Connection, fresh_database: Database, held: str
) -> None:
    release = await a_release(sql)
    program = await a_program(sql)
    lessons = [await a_lesson(sql, await a_term(sql, program), release_id=release) for _ in range(3)]
    free = await a_lesson(sql, due_in=A_MOMENT_AGO)
    key = {"lesson": lessons[1], "program": program, "release": release}[held]
    editor = await asyncpg.connect(fresh_database.dsn)
    async with editor.transaction():
        await editor.execute(f"select from {held} where id = $1 for update", key)
        first = await publish_due(sql, actor="replica-1")
    second = await publish_due(sql, actor="replica-1")
    await editor.close()

    assert [lesson.lesson_id for lesson in first.published] == [free]
    assert [lesson.lesson_id for lesson in second.published] == sorted(lessons)


async def test_a_lesson_that_is_about_to_join_a_release_keeps_it_waiting(
    sql: Connection, fresh_database: Database
) -> None:
    release = await a_release(sql)
    lessons = [await a_lesson(sql, release_id=release), await a_lesson(sql)]
    editor = await asyncpg.connect(fresh_database.dsn)
    async with editor.transaction():
        await editor.execute("update lesson set release_id = $2 where id = $1", lessons[1], release)
        first = await publish_due(sql, actor="replica-1")
    second = await publish_due(sql, actor="replica-1")
    await editor.close()

    assert first.is_empty
    assert [lesson.lesson_id for lesson in second.published] == sorted(lessons)


async def test_one_blocked_lesson_refuses_the_whole_release_and_holds_up_no_other(sql: Connection) -> None:
    release = await a_release(sql)
    fine = await a_lesson(sql, release_id=release)
    blocked, _ = await a_blocked_lesson(sql, release)
    await lessons_due(sql, 100)

    batch = await publish_due(sql, actor="replica-1")

    reason = "Add these posters to the program in en: portrait, landscape."
    assert len(batch.published) == 100
    assert [(refused.lesson_id, refused.reason) for refused in batch.refused] == [(blocked, reason)]
    assert (await row(sql, "release", release))["publish_error"] == f"Waves: {reason}"
    assert (await row(sql, "lesson", blocked))["publish_error"] == reason
    assert (await row(sql, "lesson", fine))["status"] == "scheduled"


async def test_a_refused_release_is_not_looked_at_again_until_something_changes_or_half_a_minute_has_passed(
    sql: Connection,
) -> None:
    release = await a_release(sql)
    await a_lesson(sql, release_id=release)
    await a_blocked_lesson(sql, release)
    await publish_due(sql, actor="replica-1")

    again = await publish_due(sql, actor="replica-1")

    assert again.is_empty
    assert again.seconds_to_next is not None
    assert 20 < again.seconds_to_next < 35


async def test_a_release_goes_out_once_the_program_of_its_blocked_lesson_is_mended(sql: Connection) -> None:
    release = await a_release(sql)
    await a_lesson(sql, release_id=release)
    _, program = await a_blocked_lesson(sql, release)
    await publish_due(sql, actor="replica-1")

    await sql.execute("update program set posters = $2 where id = $1", program, json.dumps(ASSETS))

    assert len((await publish_due(sql, actor="replica-1")).published) == 2
    assert (await row(sql, "release", release))["publish_error"] is None
    assert (await history(sql, release))[-3:] == ["release.refuse", "release.retry", "release.publish"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("update lesson set title = 'New' where title = 'Waves'", id="the lesson is edited"),
        pytest.param("update lesson set release_id = null where title = 'Waves'", id="it is taken out"),
        pytest.param("update lesson set status = 'archived' where title = 'Waves'", id="it is archived"),
        pytest.param("delete from lesson where title = 'Waves'", id="it is deleted"),
        pytest.param("update release set name = 'New'", id="the release is edited"),
    ],
)
async def test_a_change_asks_for_another_try_of_a_refused_release(sql: Connection, change: str) -> None:
    release = await a_release(sql)
    await a_lesson(sql, release_id=release)
    await a_blocked_lesson(sql, release)
    await publish_due(sql, actor="replica-1")

    await sql.execute(change)

    assert (await row(sql, "release", release))["publish_error"] is None


async def test_without_its_blocked_lesson_a_refused_release_goes_out(sql: Connection) -> None:
    release = await a_release(sql)
    fine = await a_lesson(sql, release_id=release)
    blocked, _ = await a_blocked_lesson(sql, release)
    await publish_due(sql, actor="replica-1")

    await sql.execute("update lesson set release_id = null where id = $1", blocked)
    batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == [fine]
    assert (await row(sql, "lesson", blocked))["status"] == "draft"


async def test_a_release_that_only_the_database_refuses_names_the_lesson_and_stays_whole(sql: Connection) -> None:
    # A rule that Python does not know, as a later migration might bring.
    await sql.execute("alter table lesson add constraint no_x check (title <> 'X' or status <> 'published')")
    release = await a_release(sql)
    fine, broken = await a_lesson(sql, release_id=release), await a_lesson(sql, title="X", release_id=release)
    free = await a_lesson(sql, due_in=A_MOMENT_AGO)

    batch = await publish_due(sql, actor="replica-1")

    assert [lesson.lesson_id for lesson in batch.published] == [free]
    assert [lesson.lesson_id for lesson in batch.refused] == [broken]
    assert "no_x" in (await row(sql, "release", release))["publish_error"]
    assert (await row(sql, "lesson", fine))["status"] == "scheduled"


async def test_a_session_that_is_killed_in_the_middle_of_a_release_leaves_none_of_it(
    sql: Connection, fresh_database: Database
) -> None:
    # The last lesson's row waits for a lock while the others are published already, in the same transaction.
    await a_release_of_many(sql, 50)
    await sql.execute(
        """
        create function wait() returns trigger language plpgsql as $$
        begin
            perform pg_advisory_xact_lock(7);
            return new;
        end $$;
        create trigger wait after update on lesson for each row when (new.title = 'Lesson 50') execute function wait();
        select pg_advisory_lock(7);
        """
    )
    leader = await asyncpg.connect(fresh_database.dsn)
    publishing = asyncio.create_task(publish_due(leader, actor="replica-1"))
    waiting = "select pid from pg_locks where locktype = 'advisory' and objid = 7 and not granted"
    async with asyncio.timeout(10):
        while (pid := await sql.fetchval(waiting)) is None:
            pass
    await sql.execute("select pg_terminate_backend($1)", pid)
    with pytest.raises(DatabaseAway):
        await publishing
    leader.terminate()
    left = await sql.fetchval(_PUBLIC)
    await sql.execute("select pg_advisory_unlock(7)")

    assert left == 0
    assert len((await publish_due(sql, actor="replica-2")).published) == 50


async def test_a_lesson_that_is_over_before_its_release_went_out_never_goes_out(sql: Connection) -> None:
    release = await a_release(sql, due_in=timedelta(minutes=-2))
    now = await database_now(sql)
    over = await a_lesson(sql, release_id=release, archive_at=now - timedelta(minutes=1))
    fine = await a_lesson(sql, release_id=release)

    batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == [fine]
    assert "lesson.publish" not in await history(sql, over)


async def test_a_release_without_lessons_is_published_at_its_time(sql: Connection) -> None:
    release = await a_release(sql)

    assert (await publish_due(sql, actor="replica-1")).is_empty
    assert (await row(sql, "release", release))["status"] == "published"


async def test_the_next_moment_may_be_a_releases(sql: Connection) -> None:
    await a_lesson(sql, release_id=await a_release(sql, due_in=AN_HOUR))

    until_next = (await publish_due(sql, actor="replica-1")).seconds_to_next

    assert until_next is not None
    assert 3_500 < until_next <= 3_600
