"""Why a lesson is public or not: every reason, in the order of gravity, each with what to do about it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chaishots.content.errors import NotFound
from chaishots.content.queries.why_answer import Reason, Why
from chaishots.content.queries.why_lesson import why
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection, session
from chaishots.database.replicas import application_name
from chaishots.scheduler.publisher import publish_due
from chaishots.times import lasting
from tests.builders import (
    A_MOMENT_AGO,
    AN_HOUR,
    a_lesson,
    a_program,
    a_public_program,
    a_release,
    a_term,
    database_now,
    lessons_due,
)
from tests.conftest import Database

Make = Callable[[Connection], Awaitable[UUID]]


@asynccontextmanager
async def a_leader(database: Database) -> AsyncIterator[None]:
    """A replica called brew that leads, and does nothing."""
    async with session(database.dsn, application_name=application_name("brew", "publisher")) as connection:
        await connection.execute("select pg_advisory_lock($1)", PUBLISHER)
        yield


@asynccontextmanager
async def psql(database: Database) -> AsyncIterator[Connection]:
    """Somebody at work in psql."""
    connection = await asyncpg.connect(database.dsn, server_settings={"application_name": "psql"})
    try:
        yield connection
    finally:
        await connection.close()


def codes(answer: Why) -> list[str]:
    """What the reasons are, the gravest first."""
    return [reason.code for reason in answer.reasons]


async def only_reason(sql: Connection, lesson: UUID) -> Reason:
    """The one reason that there is."""
    (reason,) = (await why(sql, lesson)).reasons
    return reason


async def _of_archived_program(sql: Connection, **columns: object) -> UUID:
    program = await a_public_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), **columns)
    await sql.execute("update program set status = 'archived' where id = $1", program)
    return lesson


async def _of_bare_program(sql: Connection, due_in: timedelta) -> UUID:
    return await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=due_in)


async def _a_draft(sql: Connection) -> UUID:
    return await a_lesson(sql)


async def _a_bare_draft(sql: Connection) -> UUID:
    term = await a_term(sql, await a_program(sql, posters={}))
    return await a_lesson(sql, term, content_urls={}, thumbnails={})


async def _an_archived_one(sql: Connection) -> UUID:
    return await a_lesson(sql, status="archived")


async def _all_archived(sql: Connection) -> UUID:
    return await _of_archived_program(sql, status="archived")


async def _published_and_archived(sql: Connection) -> UUID:
    return await _of_archived_program(sql, status="published")


async def _scheduled_and_archived(sql: Connection) -> UUID:
    return await _of_archived_program(sql, due_in=AN_HOUR)


async def _scheduled_without_posters(sql: Connection) -> UUID:
    return await _of_bare_program(sql, AN_HOUR)


async def _not_yet_refused(sql: Connection) -> UUID:
    return await _of_bare_program(sql, A_MOMENT_AGO)


async def _refused(sql: Connection) -> UUID:
    lesson = await _of_bare_program(sql, A_MOMENT_AGO)
    await publish_due(sql, actor="replica-1")
    return lesson


async def _in_an_open_release(sql: Connection) -> UUID:
    return await a_lesson(sql, release_id=await a_release(sql))


async def _of_a_refused_release(sql: Connection) -> UUID:
    bare = await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})))
    lesson = await a_lesson(sql)
    release = await a_release(sql)
    await sql.execute("update lesson set release_id = $2 where id = any($1)", [lesson, bare], release)
    await sql.execute("update release set status = 'scheduled', publish_at = now() where id = $1", release)
    await publish_due(sql, actor="replica-1")
    return lesson


@pytest.mark.parametrize(
    ("make", "reasons"),
    [
        (_a_draft, ["draft"]),
        (_a_bare_draft, ["draft", "program_lacks_posters", "lacks_thumbnails", "lacks_content_url"]),
        (_an_archived_one, ["archived"]),
        (_all_archived, ["archived", "program_archived"]),
        (_published_and_archived, ["program_archived"]),
        (_scheduled_and_archived, ["program_archived", "not_due", "no_leader"]),
        (_scheduled_without_posters, ["program_lacks_posters", "not_due", "no_leader"]),
        (_not_yet_refused, ["program_lacks_posters"]),
        (_refused, ["refused", "program_lacks_posters"]),
        (_in_an_open_release, ["draft"]),
        (_of_a_refused_release, ["release_refused"]),
    ],
)
async def test_every_reason_is_told_the_gravest_first(sql: Connection, make: Make, reasons: list[str]) -> None:
    answer = await why(sql, await make(sql))

    assert not answer.is_public
    assert codes(answer) == reasons
    assert all(reason.text and reason.action for reason in answer.reasons)


async def test_what_lacks_is_named_in_what_to_do(sql: Connection) -> None:
    answer = await why(sql, await _refused(sql))

    assert [reason.text for reason in answer.reasons] == [
        "It was refused when it was due: Add these posters to the program in en: portrait, landscape.",
        "Its program is a draft and lacks posters that a public one needs.",
    ]
    assert answer.reasons[1].action == "Add these posters to the program in en: portrait, landscape."


async def test_a_lesson_that_is_not_due_says_for_how_long_and_who_set_that(
    sql: Connection, fresh_database: Database
) -> None:
    lesson = await a_lesson(sql, due_in=timedelta(hours=3, minutes=20, seconds=30))
    publish_at = await sql.fetchval("select publish_at from lesson where id = $1", lesson)

    async with a_leader(fresh_database):
        told = (await only_reason(sql, lesson)).text
    user, at = await sql.fetchrow("select actor, at from activity where object_id = $1", lesson) or ("", publish_at)

    assert told == (
        f"It is not due for 3 h 20 min: until {publish_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"set by {user}, {at:%Y-%m-%d %H:%M:%S} UTC."
    )


async def test_a_public_lesson_says_since_when(sql: Connection) -> None:
    at = datetime(2026, 1, 31, 9, tzinfo=UTC)
    term = await a_term(sql, await a_program(sql, status="published", published_at=at - AN_HOUR))
    answer = await why(sql, await a_lesson(sql, term, status="published", published_at=at))

    assert answer.is_public
    assert answer.document()["reasons"] == [
        {
            "code": "public",
            "text": "It is public since 2026-01-31 09:00:00 UTC, in en.",
            "action": "Nothing has to be done.",
        }
    ]


async def test_a_public_lesson_says_until_when(sql: Connection) -> None:
    ends = datetime(2100, 1, 1, tzinfo=UTC)
    lesson = await a_lesson(sql, status="published", archive_at=ends)

    assert ", until 2100-01-01 00:00:00 UTC, set by " in (await only_reason(sql, lesson)).text


async def test_a_public_lesson_that_should_have_ended_says_so(sql: Connection) -> None:
    ended = await database_now(sql) - AN_HOUR
    lesson = await a_lesson(sql, status="published", archive_at=ended)

    late, cause = (await why(sql, lesson)).reasons

    assert late.code == "end_overdue"
    assert "was due 1 h ago" in late.text
    assert cause.text.startswith("It cannot be taken down by itself: no replica leads")


async def test_an_end_that_waits_for_a_lock_names_who_has_it(sql: Connection, fresh_database: Database) -> None:
    lesson = await a_lesson(sql, status="published", archive_at=await database_now(sql) - AN_HOUR)

    async with a_leader(fresh_database), psql(fresh_database) as other, other.transaction():
        await other.execute("select from lesson where id = $1 for update", lesson)
        late, cause = (await why(sql, lesson)).reasons

    assert [late.code, cause.code] == ["end_overdue", "locked"]
    assert f"process {other.get_server_pid()} (psql" in cause.text


async def test_who_took_it_down_is_told_and_whether_its_end_did(sql: Connection) -> None:
    by_hand, by_end = [await a_lesson(sql, status="published") for _ in range(2)]
    await sql.execute("update lesson set status = 'archived' where id = $1", by_hand)
    await sql.execute("update lesson set archive_at = now() - interval '1 s' where id = $1", by_end)
    await publish_due(sql, actor="replica-1")

    told = [(await only_reason(sql, lesson)).text for lesson in (by_hand, by_end)]

    user = await sql.fetchval("select current_user")
    assert told[0].startswith(f"It is archived, taken down by {user}, ")
    assert told[1].startswith("It is archived, as its scheduled end had come, taken down by replica-1, ")
    assert all(" It was public first " in text for text in told)


async def test_what_came_back_says_since_when_and_since_when_first(sql: Connection) -> None:
    first = datetime(2026, 1, 31, 9, tzinfo=UTC)
    term = await a_term(sql, await a_program(sql, published_at=first))
    lesson = await a_lesson(sql, term, status="published", published_at=first)
    for status in ("archived", "draft", "published"):
        await sql.execute("update lesson set status = $2 where id = $1", lesson, status)

    told = (await only_reason(sql, lesson)).text

    at = await sql.fetchval("select at from activity where object_id = $1 order by seq desc limit 1", lesson)
    assert told == (
        f"It is public since {at:%Y-%m-%d %H:%M:%S} UTC, for the first time since 2026-01-31 09:00:00 UTC, in en."
    )


async def test_what_readers_may_still_see_is_told(sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published", is_paid=True)

    assert codes(await why(sql, lesson, cached_s=60)) == ["public", "paid", "cached"]
    assert codes(await why(sql, lesson)) == ["public", "paid"]


async def test_a_lesson_that_there_is_not_is_not_found(sql: Connection) -> None:
    with pytest.raises(NotFound):
        await why(sql, uuid4())


# Overdue --------------------------------------------------------------------------------------------------------------
async def test_an_overdue_lesson_without_a_leader_says_so(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=-42 * timedelta(seconds=1))

    reason = await only_reason(sql, lesson)

    assert reason.code == "no_leader"
    assert reason.text.startswith("It has been due for 42 s: no replica leads (0 stand by)")
    assert "chaishots serve" in reason.action


async def test_a_first_moment_that_is_yet_to_come_tells_of_a_clock_that_was_set_back(sql: Connection) -> None:
    term = await a_term(sql, await a_public_program(sql))
    lesson = await a_lesson(sql, term, status="published", published_at=await database_now(sql) + AN_HOUR)
    reason = await only_reason(sql, lesson)
    assert "is yet to come: Postgres' clock was set back." in reason.text
    assert "archive it" in reason.action


async def test_an_overdue_lesson_with_a_leader_says_what_comes_before_it(
    sql: Connection, fresh_database: Database
) -> None:
    await lessons_due(sql, 3, due_in=-AN_HOUR)
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)

    async with a_leader(fresh_database):
        reason = await only_reason(sql, lesson)

    assert reason.code == "overdue"
    assert "brew leads, and 3 lessons are due before it" in reason.text


async def test_a_locked_row_names_who_locked_it_for_certain(sql: Connection, fresh_database: Database) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)

    async with a_leader(fresh_database), psql(fresh_database) as other, other.transaction():
        await other.execute("select from lesson where id = $1 for update", lesson)
        reason = await only_reason(sql, lesson)

    assert reason.code == "locked"
    assert f"process {other.get_server_pid()} (psql, idle in transaction since " in reason.text
    assert "UTC), its transaction open for" in reason.text
    assert "not certain" not in reason.text
    assert f"pg_terminate_backend({other.get_server_pid()})" in reason.action


async def test_a_row_that_several_share_names_the_likeliest_and_says_that_it_is_not_certain(
    sql: Connection, fresh_database: Database
) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)

    async with (
        a_leader(fresh_database),
        psql(fresh_database) as one,
        psql(fresh_database) as two,
        one.transaction(),
        two.transaction(),
    ):
        for connection in (one, two):
            await connection.execute("select from lesson where id = $1 for share", lesson)
        reason = await only_reason(sql, lesson)

    assert reason.code == "locked"
    assert f"which one is not certain. The oldest that may have locked it is process {one.get_server_pid()} " in (
        reason.text
    )


async def test_a_locked_draft_program_keeps_its_lesson_waiting(sql: Connection, fresh_database: Database) -> None:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), due_in=A_MOMENT_AGO)

    async with a_leader(fresh_database), psql(fresh_database) as other, other.transaction():
        await other.execute("update program set title = 'Changed' where id = $1", program)
        reason = await only_reason(sql, lesson)
        batch = await publish_due(sql, actor="replica-1")

    assert batch.is_empty
    assert "Its draft program's row is locked by another transaction: process" in reason.text


async def test_a_lesson_waits_for_a_locked_one_of_its_release(sql: Connection, fresh_database: Database) -> None:
    release = await a_release(sql)
    lesson, other = [await a_lesson(sql, release_id=release) for _ in range(2)]
    await sql.execute("update release set status = 'scheduled', publish_at = now() where id = $1", release)

    async with a_leader(fresh_database), psql(fresh_database) as editing, editing.transaction():
        await editing.execute("update lesson set title = 'Edited' where id = $1", other)
        reason = await only_reason(sql, lesson)
        batch = await publish_due(sql, actor="replica-1")

    assert batch.is_empty
    assert reason.code == "locked"
    assert f"A row of its release is locked by another transaction: process {editing.get_server_pid()}" in reason.text


async def test_asking_why_holds_no_lock_afterwards(sql: Connection, fresh_database: Database) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)

    async with a_leader(fresh_database), psql(fresh_database) as other, other.transaction():
        await why(other, lesson)
        batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == [lesson]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (0.4, "0 s"), (119, "119 s"), (120, "2 min"), (3_600, "1 h"), (172_900, "2 d"), (187_200, "2 d 4 h")],
)
def test_a_length_of_time_is_told_as_people_say_it(seconds: float, text: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == text


async def test_a_lesson_of_a_release_names_it_and_is_not_told_to_be_published_by_itself(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await a_release(sql, name="Spring")
    await sql.execute("update lesson set release_id = $2 where id = $1", lesson, release)
    await sql.execute(
        "update release set status = 'scheduled', publish_at = now() + $2 where id = $1", release, AN_HOUR
    )
    reason = (await why(sql, lesson)).reasons[0]
    assert "Spring" in reason.text
    assert reason.action.startswith("Wait; or give the release another time")


async def test_what_lacks_something_is_not_told_to_be_published_before_it_has_it(sql: Connection) -> None:
    draft = (await why(sql, await _a_bare_draft(sql))).reasons[0]
    scheduled = (await why(sql, await _scheduled_without_posters(sql))).reasons[1]
    assert draft.action == "Put right what else is told here, then: Schedule or publish it."
    assert scheduled.action == "Put right what else is told here before that, or give it another time."
