"""What is coming and what should have come, as operators see it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chaishots.content.overdue import OVERDUE_AFTER_SECONDS
from chaishots.content.queries import upcoming_and_overdue
from chaishots.content.queries.upcoming_and_overdue import Counts, Planned
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_term, database_now, row

JUST_NOW = timedelta(0)
LATE = timedelta(seconds=-OVERDUE_AFTER_SECONDS - 1)


def ids(planned: list[Planned]) -> list[UUID]:
    """The lessons, in their order."""
    return [lesson.lesson_id for lesson in planned]


async def not_scheduled(sql: Connection, moment: timedelta) -> None:
    """A lesson of every other state, each with a publish_at."""
    for status in ("draft", "published", "archived"):
        await a_lesson(sql, status=status, publish_at=await database_now(sql) + moment)


# The outlook ---------------------------------------------------------------------------------------------------------
async def test_without_a_schedule_nothing_comes_and_nothing_is_late(sql: Connection) -> None:
    outlook = await upcoming_and_overdue.outlook(sql)

    assert (outlook.next_publish_at, outlook.overdue, outlook.oldest_overdue_s) == (None, 0, 0.0)


async def test_the_outlook_is_by_the_databases_clock(sql: Connection) -> None:
    before = await database_now(sql)
    outlook = await upcoming_and_overdue.outlook(sql)

    assert before <= outlook.now <= await database_now(sql)


async def test_the_next_moment_is_the_soonest_yet_to_come(sql: Connection) -> None:
    await a_lesson(sql, due_in=2 * AN_HOUR)
    soonest = await a_lesson(sql, due_in=AN_HOUR)
    await a_lesson(sql, due_in=LATE)

    outlook = await upcoming_and_overdue.outlook(sql)
    assert outlook.next_publish_at == (await row(sql, "lesson", soonest))["publish_at"]


@pytest.mark.parametrize("moment", [AN_HOUR, LATE], ids=["to come", "late"])
async def test_only_scheduled_lessons_count(sql: Connection, moment: timedelta) -> None:
    await not_scheduled(sql, moment)

    outlook = await upcoming_and_overdue.outlook(sql)

    assert (outlook.next_publish_at, outlook.overdue) == (None, 0)


@pytest.mark.parametrize(
    ("due_in", "overdue"),
    [
        pytest.param(AN_HOUR, 0, id="to come"),
        pytest.param(JUST_NOW, 0, id="due this moment"),
        pytest.param(LATE, 1, id="3 s late"),
        pytest.param(-AN_HOUR, 1, id="an hour late"),
    ],
)
async def test_a_lesson_is_overdue_when_it_is_more_than_two_seconds_late(
    sql: Connection, due_in: timedelta, overdue: int
) -> None:
    await a_lesson(sql, due_in=due_in)

    assert (await upcoming_and_overdue.outlook(sql)).overdue == overdue


async def test_the_oldest_of_the_overdue_tells_how_late_it_is(sql: Connection) -> None:
    await a_lesson(sql, due_in=LATE)
    await a_lesson(sql, due_in=-AN_HOUR)

    outlook = await upcoming_and_overdue.outlook(sql)

    assert outlook.overdue == 2
    assert 3_600 <= outlook.oldest_overdue_s < 3_660


async def test_a_refused_lesson_is_overdue_as_well(sql: Connection) -> None:
    await a_lesson(sql, due_in=LATE, publish_error="No poster.")

    assert (await upcoming_and_overdue.outlook(sql)).overdue == 1


# What is coming ------------------------------------------------------------------------------------------------------
async def test_what_is_coming_comes_soonest_first(sql: Connection) -> None:
    third, first, second = [await a_lesson(sql, due_in=hours * AN_HOUR) for hours in (3, 1, 2)]

    assert ids(await upcoming_and_overdue.upcoming(sql, limit=10)) == [first, second, third]


async def test_what_comes_at_the_same_moment_comes_by_its_id(sql: Connection) -> None:
    moment = await database_now(sql) + AN_HOUR
    lessons = [await a_lesson(sql, status="scheduled", publish_at=moment) for _ in range(5)]

    assert ids(await upcoming_and_overdue.upcoming(sql, limit=10)) == sorted(lessons)


async def test_no_more_is_told_of_what_is_coming_than_was_asked_for(sql: Connection) -> None:
    soonest = [await a_lesson(sql, due_in=hours * AN_HOUR) for hours in (1, 2, 3)][:2]

    assert ids(await upcoming_and_overdue.upcoming(sql, limit=2)) == soonest


async def test_what_is_due_or_not_scheduled_is_not_coming(sql: Connection) -> None:
    await a_lesson(sql, due_in=JUST_NOW)
    await a_lesson(sql, due_in=LATE)
    await not_scheduled(sql, AN_HOUR)

    assert await upcoming_and_overdue.upcoming(sql, limit=10) == []


@pytest.mark.parametrize(
    ("status", "columns"),
    [
        pytest.param("draft", {"posters": {}}, id="a draft without posters"),
        pytest.param("archived", {}, id="an archived one"),
    ],
)
async def test_what_its_program_will_keep_back_is_coming_all_the_same(
    sql: Connection, status: str, columns: dict[str, Any]
) -> None:
    program = await a_program(sql, status=status, **columns)
    lesson = await a_lesson(sql, await a_term(sql, program), due_in=AN_HOUR)

    (planned,) = await upcoming_and_overdue.upcoming(sql, limit=10)

    assert (planned.lesson_id, planned.program_status) == (lesson, status)


async def test_a_planned_lesson_has_what_tells_it_from_the_others(sql: Connection) -> None:
    program = await a_program(sql, title="Physics")
    term = await a_term(sql, program, term_number=2)
    lesson = await a_lesson(sql, term, lesson_number=5, title="Waves", due_in=AN_HOUR)

    assert await upcoming_and_overdue.upcoming(sql, limit=10) == [
        Planned(
            lesson_id=lesson,
            title="Waves",
            program_title="Physics",
            program_status="draft",
            term_number=2,
            lesson_number=5,
            publish_at=(await row(sql, "lesson", lesson))["publish_at"],
            publish_zone=None,
            publish_error=None,
            late_s=0.0,
        )
    ]


# What is late --------------------------------------------------------------------------------------------------------
async def test_what_is_overdue_comes_oldest_first_refused_or_not(sql: Connection) -> None:
    late = await a_lesson(sql, due_in=LATE)
    oldest = await a_lesson(sql, due_in=-AN_HOUR, publish_error="No poster.")
    older = await a_lesson(sql, due_in=2 * LATE)

    assert ids(await upcoming_and_overdue.overdue(sql, limit=10)) == [oldest, older, late]


async def test_no_more_is_told_of_what_is_overdue_than_was_asked_for(sql: Connection) -> None:
    await a_lesson(sql, due_in=LATE)
    oldest = await a_lesson(sql, due_in=-AN_HOUR)

    assert ids(await upcoming_and_overdue.overdue(sql, limit=1)) == [oldest]


async def test_what_is_on_time_or_not_scheduled_is_not_overdue(sql: Connection) -> None:
    await a_lesson(sql, due_in=JUST_NOW)
    await a_lesson(sql, due_in=AN_HOUR)
    await not_scheduled(sql, LATE)

    assert await upcoming_and_overdue.overdue(sql, limit=10) == []


async def test_an_overdue_lesson_tells_how_late_it_is(sql: Connection) -> None:
    await a_lesson(sql, due_in=-AN_HOUR)

    (overdue,) = await upcoming_and_overdue.overdue(sql, limit=10)

    assert 3_600 <= overdue.late_s < 3_660


async def test_as_many_are_listed_as_overdue_as_the_outlook_counts(sql: Connection) -> None:
    for due_in in (JUST_NOW, LATE, -AN_HOUR, AN_HOUR):
        await a_lesson(sql, due_in=due_in)

    outlook = await upcoming_and_overdue.outlook(sql)
    assert len(await upcoming_and_overdue.overdue(sql, limit=10)) == outlook.overdue == 2


# What is refused -----------------------------------------------------------------------------------------------------
async def test_what_is_refused_comes_oldest_first_with_its_reason(sql: Connection) -> None:
    await a_lesson(sql, due_in=LATE, publish_error="Archived.")
    await a_lesson(sql, due_in=-AN_HOUR, publish_error="No poster.")
    await a_lesson(sql, due_in=LATE)

    refused = await upcoming_and_overdue.refused(sql, limit=10)

    assert [lesson.publish_error for lesson in refused] == ["No poster.", "Archived."]


async def test_no_more_is_told_of_what_is_refused_than_was_asked_for(sql: Connection) -> None:
    for _ in range(3):
        await a_lesson(sql, due_in=LATE, publish_error="No poster.")

    assert len(await upcoming_and_overdue.refused(sql, limit=2)) == 2


async def test_a_refused_lesson_that_was_edited_is_refused_no_longer(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=LATE, publish_error="No poster.")

    await sql.execute("update lesson set title = 'New' where id = $1", lesson)

    assert await upcoming_and_overdue.refused(sql, limit=10) == []


# Counts --------------------------------------------------------------------------------------------------------------
async def test_nothing_is_counted_where_nothing_is(sql: Connection) -> None:
    assert await upcoming_and_overdue.counts(sql) == Counts(draft=0, scheduled=0, published=0, archived=0, programs=0)


async def test_lessons_are_counted_by_their_state_and_programs_whatever_theirs(sql: Connection) -> None:
    term = await a_term(sql)
    moment = await database_now(sql) + AN_HOUR
    for number, status in enumerate(("draft", "scheduled", "published", "archived"), start=1):
        for _ in range(number):
            await a_lesson(sql, term, status=status, publish_at=moment)
    await a_program(sql, status="archived")

    assert await upcoming_and_overdue.counts(sql) == Counts(draft=1, scheduled=2, published=3, archived=4, programs=2)
