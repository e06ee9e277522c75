"""A refusal that stands in no publish_error yet is the same to everybody who shows it or reckons with it."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chaishots.content.catalog import next_moments
from chaishots.content.catalog.rehearsal import rehearse
from chaishots.content.queries import cms_content, releases, terminal_tree, upcoming_and_overdue
from chaishots.content.queries.why_lesson import why
from chaishots.content.stored_refusals import FIRST_PAUSE, LONGEST_PAUSE
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests.builders import A_MOMENT_AGO, a_lesson, a_program, a_release, a_term, database_now

_RULE = "alter table lesson add constraint no_x check (title <> 'X') not valid"


@pytest.fixture
async def refused(sql: Connection) -> tuple[UUID, UUID, UUID]:
    """A program, its term and a lesson whose row refuses every update: the reason stands in refusal alone."""
    program = await a_program(sql, status="published")
    term = await a_term(sql, program)
    lesson = await a_lesson(sql, term, title="X", due_in=A_MOMENT_AGO)
    await sql.execute(_RULE)
    await publish_due(sql, actor="replica-1")
    assert await sql.fetchval("select publish_error is null from lesson where id = $1", lesson)
    return program, term, lesson


async def test_all_that_show_a_lesson_show_that_it_was_refused(
    sql: Connection, refused: tuple[UUID, UUID, UUID]
) -> None:
    program, term, lesson = refused
    until = await database_now(sql) + timedelta(hours=1)

    rehearsal = await rehearse(sql, until)
    (by_id,), (by_term,) = (
        await terminal_tree.lessons_by_id(sql, [lesson]),
        await terminal_tree.lessons(sql, [(term, 10)]),
    )
    (of_program,) = await terminal_tree.programs(sql, limit=1, only=[program])
    (planned,) = await terminal_tree.planned(sql, limit=10)
    (blocked,) = await upcoming_and_overdue.refused(sql, limit=10)
    document = (await cms_content.lesson(sql, lesson)).text
    answer = await why(sql, lesson)

    assert rehearsal.steps == []
    assert "no_x" in rehearsal.blocked[0].reason
    for shown in (by_id, by_term, planned, blocked):
        assert "no_x" in (shown.publish_error or "")
    assert of_program.tally.refused == 1
    assert "no_x" in document
    assert [reason.code for reason in answer.reasons] == ["refused"]


async def test_the_catalog_waits_for_none_of_it(sql: Connection, refused: tuple[UUID, UUID, UUID]) -> None:
    del refused
    assert await sql.fetchval(f"select next_publish_at from (select {next_moments.ANY_NEXT}) as next") is None


async def test_a_release_whose_refusal_is_untold_shows_it(sql: Connection) -> None:
    release = await a_release(sql, status="scheduled", publish_at=await database_now(sql))
    await a_lesson(sql, release_id=release)
    await sql.execute("alter table release add constraint no_more check (name <> 'A release') not valid")
    await publish_due(sql, actor="replica-1")

    document = (await releases.release(sql, release)).text

    assert await sql.fetchval("select publish_error is null from release")
    assert "no_more" in document


async def test_one_that_was_edited_since_is_no_longer_refused(
    sql: Connection, refused: tuple[UUID, UUID, UUID]
) -> None:
    _, _, lesson = refused
    await sql.execute("update lesson set title = 'Y' where id = $1", lesson)

    (shown,) = await terminal_tree.lessons_by_id(sql, [lesson])

    assert shown.publish_error is None
    assert (await rehearse(sql, await database_now(sql) + timedelta(hours=1))).blocked_total == 0


@pytest.mark.parametrize("tries", [0, 1, 2, 6, 7, 8, 1_000_000])
async def test_the_pause_in_the_database_is_the_one_that_has_a_name_here(sql: Connection, tries: int) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(tries, 20), LONGEST_PAUSE)

    pauses = [await sql.fetchval("select chaishots_pause($1)", tries) for _ in range(20)]

    assert pause <= min(pauses)
    assert max(pauses) <= pause * 1.1


def test_the_documentation_tells_the_pauses() -> None:
    text = " ".join((Path(__file__).parents[2] / "docs" / "ARCHITECTURE.md").read_text().split())

    assert (timedelta(seconds=30), timedelta(hours=1)) == (FIRST_PAUSE, LONGEST_PAUSE)
    assert "tried again after 30 s, then twice as long each time, up to an hour" in text
