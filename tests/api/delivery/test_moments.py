"""What an answer tells caches of the schedule: Cache-Control never reaches past the next change of that answer."""

import re
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_change, a_lesson, a_program, a_term, database_now

SOON = timedelta(seconds=6)
USUAL = (8, 2, 60)


async def told(client: httpx2.AsyncClient, path: str) -> tuple[int, int, int]:
    """max-age, stale-while-revalidate and stale-if-error of an answer."""
    answer = await client.get(path)
    assert answer.status_code == 200
    found = re.fullmatch(
        r"public, max-age=(\d+), stale-while-revalidate=(\d+), stale-if-error=(\d+)", answer.headers["Cache-Control"]
    )
    assert found
    return int(found[1]), int(found[2]), int(found[3])


async def a_world(sql: Connection) -> tuple[UUID, UUID, UUID]:
    """A public program, its term, and its lesson."""
    program = await a_program(sql)
    term = await a_term(sql, program)
    return program, term, await a_lesson(sql, term, status="published")


async def everywhere(client: httpx2.AsyncClient, program: UUID, lesson: UUID) -> dict[str, tuple[int, int, int]]:
    """What each kind of answer tells."""
    paths = {
        "list": "/catalog/programs",
        "empty": "/catalog/programs?topic=None",
        "topics": "/catalog/topics",
        "program": f"/catalog/programs/{program}",
        "lesson": f"/catalog/lessons/{lesson}",
    }
    return {name: await told(client, path) for name, path in paths.items()}


async def test_with_nothing_scheduled_it_is_what_the_settings_say(client: httpx2.AsyncClient, sql: Connection) -> None:
    program, _, lesson = await a_world(sql)
    assert set((await everywhere(client, program, lesson)).values()) == {USUAL}


async def test_a_publish_to_come_bounds_what_it_will_change(client: httpx2.AsyncClient, sql: Connection) -> None:
    program, term, lesson = await a_world(sql)
    await a_lesson(sql, term, due_in=SOON)
    answers = await everywhere(client, program, lesson)

    for name, (fresh, revalidate, error) in answers.items():  # of the lesson beside it, the one that comes next
        assert 0 < fresh + revalidate <= 6, name
        assert error == 60


@pytest.mark.parametrize("of", ["program", "term", "lesson", "lesson that moves into it"])
async def test_a_change_to_come_bounds_all_that_shows_its_thing_and_lists(
    client: httpx2.AsyncClient, sql: Connection, of: str
) -> None:
    program, term, lesson = await a_world(sql)
    other = await a_lesson(sql, status="published")
    thing = {"program": program, "term": term, "lesson": lesson}.get(of, other)
    patch = {"term_id": str(term)} if thing == other else {"title": "New"}
    await a_change(sql, thing, patch, of=of.split()[0], apply_at=await database_now(sql) + SOON)

    for name, (fresh, revalidate, error) in (await everywhere(client, program, lesson)).items():
        assert 0 < fresh + revalidate <= 6, name
        assert error == 60


async def test_a_change_elsewhere_bounds_lists_alone(client: httpx2.AsyncClient, sql: Connection) -> None:
    program, _, lesson = await a_world(sql)
    other = await a_lesson(sql, status="published")
    await a_change(sql, other, {"title": "New"}, apply_at=await database_now(sql) + SOON)
    answers = await everywhere(client, program, lesson)

    assert sum(answers["list"][:2]) <= 6
    assert answers["program"] == answers["lesson"] == USUAL


async def test_a_publish_elsewhere_bounds_lists_alone(client: httpx2.AsyncClient, sql: Connection) -> None:
    program, _, lesson = await a_world(sql)
    await a_lesson(sql, due_in=SOON)
    answers = await everywhere(client, program, lesson)

    assert sum(answers["list"][:2]) <= 6
    assert answers["program"] == answers["lesson"] == USUAL


async def test_a_release_to_come_bounds_what_it_will_change(client: httpx2.AsyncClient, sql: Connection) -> None:
    program, term, lesson = await a_world(sql)
    release = await sql.fetchval("insert into release (name) values ('Ugadi') returning id")
    await a_lesson(sql, term, release_id=release)
    await sql.execute("update release set status = 'scheduled', publish_at = now() + $2 where id = $1", release, SOON)
    answers = await everywhere(client, program, lesson)

    assert sum(answers["list"][:2]) <= 6
    assert sum(answers["program"][:2]) <= 6


@pytest.mark.parametrize("ends_in", [SOON, timedelta(seconds=50)])
async def test_a_scheduled_end_bounds_all_that_shows_it_and_takes_stale_if_error_away(
    client: httpx2.AsyncClient, sql: Connection, ends_in: timedelta
) -> None:
    program, _, lesson = await a_world(sql)
    await sql.execute("update lesson set archive_at = now() + $2 where id = $1", lesson, ends_in)
    for name, (fresh, revalidate, error) in (await everywhere(client, program, lesson)).items():
        assert fresh + revalidate <= ends_in.total_seconds(), name
        assert error == 0, name


async def test_what_is_overdue_may_come_at_any_moment(client: httpx2.AsyncClient, sql: Connection) -> None:
    program, term, lesson = await a_world(sql)
    await a_lesson(sql, term, due_in=timedelta(seconds=-1))
    answers = await everywhere(client, program, lesson)

    assert answers["list"][:2] == answers["program"][:2] == (0, 0)


async def test_what_was_refused_waits_for_an_edit_and_bounds_nothing(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program, term, lesson = await a_world(sql)
    refused = await a_lesson(sql, term, due_in=timedelta(seconds=-1))
    await sql.execute("update lesson set publish_error = 'No.' where id = $1", refused)
    release = await sql.fetchval("insert into release (name) values ('Ugadi') returning id")
    await a_lesson(sql, term, release_id=release)
    await sql.execute("update release set status = 'scheduled', publish_at = now() where id = $1", release)
    await sql.execute("update release set publish_error = 'No.' where id = $1", release)

    assert set((await everywhere(client, program, lesson)).values()) == {USUAL}


async def test_it_counts_down_while_the_answer_is_held(client: httpx2.AsyncClient, sql: Connection) -> None:
    _, term, _ = await a_world(sql)
    await a_lesson(sql, term, due_in=timedelta(seconds=3.5))
    due_at = await database_now(sql) + timedelta(seconds=3.5)
    seen: list[int] = []
    while not seen or seen[-1] > 0:
        seen.append(sum((await told(client, "/catalog/programs"))[:2]))
        assert seen[-1] == 0 or await database_now(sql) + timedelta(seconds=seen[-1]) <= due_at
    assert set(seen) == {2, 1, 0}
    assert seen == sorted(seen, reverse=True)


async def test_a_program_of_lessons_scheduled_far_ahead_is_kept_as_usual(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    program, term, lesson = await a_world(sql)
    await a_lesson(sql, term, due_in=AN_HOUR)
    assert set((await everywhere(client, program, lesson)).values()) == {USUAL}
