"""What will be: previews show what the public will see once the time has come, and rehearsals what leads there."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest

from chaishots.content.answer_format import moment, to_milliseconds
from chaishots.content.catalog import preview, statements
from chaishots.content.catalog.blocked_lessons import BLOCKED_SHOWN
from chaishots.content.catalog.filters import Place, Selection
from chaishots.content.catalog.rehearsal import ROWS, Action, rehearse
from chaishots.content.errors import InvalidContent, NotFound
from chaishots.database.connection import Connection, reading
from chaishots.scheduler.publisher import publish_due
from tests.builders import (
    A_MOMENT_AGO,
    AN_HOUR,
    ASSETS,
    a_lesson,
    a_program,
    a_public_program,
    a_release,
    a_term,
    a_topic,
    database_now,
    lessons_due,
    row,
)

pytestmark = pytest.mark.usefixtures("database")

MINUTE = timedelta(minutes=1)
STAGE = 10 * MINUTE
ADDED = ("blocked", "blocked_total", "blocked_changes", "blocked_changes_total")


async def in_an_hour(sql: Connection) -> datetime:
    """The moment that the previews look at."""
    return await database_now(sql) + AN_HOUR


async def page(connection: Connection, at: datetime, **filters: Any) -> dict[str, Any]:
    """A page of the preview."""
    limit = filters.pop("limit", 100)
    return json.loads(await preview.programs(connection, at, limit=limit, selection=Selection(**filters)))


async def public(connection: Connection, **filters: Any) -> dict[str, Any]:
    """A page of the catalog."""
    return json.loads((await statements.programs(connection, limit=100, selection=Selection(**filters))).document)


async def time_passes(sql: Connection, length: timedelta) -> None:
    """Move every time to come by so much towards now, and let the publisher do its work."""
    await sql.execute(
        "update lesson set publish_at = publish_at - $1::interval, archive_at = archive_at - $1::interval", length
    )
    while not (await publish_due(sql, actor="replica-1")).is_empty:
        pass


async def a_mixed_world(sql: Connection) -> None:
    """Programs in every state, whose lessons fall due and end within the hour, no two in the same ten minutes."""
    now = await database_now(sql)
    public_already = await a_program(sql, title="Public already", languages_available=["en", "te"])
    term = await a_term(sql, public_already)
    await a_lesson(sql, term, title="Out", status="published")
    await a_lesson(sql, term, title="Ends", status="published", archive_at=now + 25 * MINUTE)
    await a_lesson(sql, term, title="Goes on", status="published", archive_at=now + 2 * AN_HOUR)
    await a_lesson(sql, term, title="Paid", is_paid=True, due_in=5 * MINUTE)
    await a_lesson(sql, term, title="Too late", due_in=2 * AN_HOUR)
    await a_lesson(sql, term, title="Draft")
    await a_lesson(sql, term, title="Comes and goes", due_in=15 * MINUTE, archive_at=now + 35 * MINUTE)
    empty_later = await a_program(sql, title="Empty later")
    await a_lesson(sql, await a_term(sql, empty_later), status="published", archive_at=now + 45 * MINUTE)
    opens = await a_program(sql, title="Opens")
    await a_lesson(sql, await a_term(sql, opens), title="Second", due_in=38 * MINUTE)
    await a_lesson(sql, await a_term(sql, opens), title="First", due_in=22 * MINUTE)
    await a_term(sql, opens, title="Empty")
    brief = await a_program(sql, title="Opens for what ends, shows what stays")
    term = await a_term(sql, brief)
    await a_lesson(sql, term, title="Brief", due_in=8 * MINUTE, archive_at=now + 12 * MINUTE)
    await a_lesson(sql, term, title="Stays", due_in=55 * MINUTE)
    archived = await a_public_program(sql, title="Archived")
    await a_lesson(sql, await a_term(sql, archived), title="In an archived one", due_in=28 * MINUTE)
    await sql.execute("update program set status = 'archived' where id = $1", archived)
    bare = await a_program(sql, title="Bare", posters={})
    await a_lesson(sql, await a_term(sql, bare), title="Without posters", due_in=18 * MINUTE)
    await a_lesson(sql, await a_term(sql, bare), title="Refused", due_in=A_MOMENT_AGO)
    await publish_due(sql, actor="replica-1")
    for name in ("Opens", "Public already"):
        await _about(sql, name, await a_topic(sql, f"About {name}"))


async def _about(sql: Connection, title: str, topic: UUID) -> None:
    await sql.execute("insert into program_topic select id, $2 from program where title = $1", title, topic)


def _without_clocks(document: dict[str, Any]) -> dict[str, Any]:
    programs = [_program_without_clocks(program) for program in document["programs"]]
    return {"programs": programs, "next_cursor": document["next_cursor"]}


def _program_without_clocks(program: dict[str, Any]) -> dict[str, Any]:
    # When a publisher that is moved about in time did its work is no part of what it did.
    for thing in (program, *(lesson for term in program["terms"] for lesson in term["lessons"])):
        assert thing["published_at"]
        thing |= dict.fromkeys({"published_at", "updated_at", "available_until"} & thing.keys(), "some time")
    return {key: value for key, value in program.items() if key not in ADDED}


async def test_the_preview_is_what_the_catalog_shows_once_the_time_has_come(sql: Connection) -> None:
    await a_mixed_world(sql)
    at = await in_an_hour(sql)
    foreseen = [await page(sql, at), await page(sql, at, languages=("te",)), await page(sql, at, topic="about opens")]

    for _ in range(6):
        await time_passes(sql, STAGE)

    came = [await public(sql), await public(sql, languages=("te",)), await public(sql, topic="about opens")]
    assert [_without_clocks(seen) for seen in foreseen] == [_without_clocks(seen) for seen in came]
    assert [program["title"] for program in came[0]["programs"]] == [
        "Opens",
        "Opens for what ends, shows what stays",
        "Public already",
    ]


async def test_a_program_by_itself_is_what_it_will_be(sql: Connection) -> None:
    await a_mixed_world(sql)
    at = await in_an_hour(sql)
    keys = [UUID(program["id"]) for program in (await page(sql, at))["programs"]]
    foreseen = [json.loads(await preview.program(sql, key, at)) for key in keys]

    for _ in range(6):
        await time_passes(sql, STAGE)

    came = [json.loads((await statements.program(sql, key)).document) for key in keys]
    assert [_program_without_clocks(one) for one in foreseen] == [_program_without_clocks(one) for one in came]


async def test_what_would_be_blocked_is_named_and_is_what_the_publisher_refuses(sql: Connection) -> None:
    await a_mixed_world(sql)
    seen = await page(sql, await in_an_hour(sql))

    for _ in range(6):
        await time_passes(sql, STAGE)

    refused = await sql.fetch(
        "select title, publish_error from lesson where publish_error is not null order by publish_at"
    )
    assert [(lesson["title"], lesson["reason"]) for lesson in seen["blocked"]] == [tuple(line) for line in refused]
    assert [lesson["title"] for lesson in seen["blocked"]] == ["Refused", "Without posters", "In an archived one"]
    assert seen["blocked_total"] == 3


async def test_a_lesson_and_its_draft_program_are_published_at_its_time(sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    later = await a_lesson(sql, term, due_in=AN_HOUR - MINUTE)
    first = await a_lesson(sql, term, due_in=MINUTE)
    times = {key: (await row(sql, "lesson", key))["publish_at"] for key in (first, later)}

    (seen,) = (await page(sql, await in_an_hour(sql)))["programs"]

    shown = {
        UUID(lesson["id"]): datetime.fromisoformat(lesson["published_at"]) for lesson in seen["terms"][0]["lessons"]
    }
    assert shown == {key: to_milliseconds(at) for key, at in times.items()}
    assert (seen["published_at"], seen["updated_at"]) == (moment(times[first]), moment(times[later]))


async def test_a_lesson_is_there_at_its_very_moment_and_not_before(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=MINUTE)
    publish_at = (await row(sql, "lesson", lesson))["publish_at"]

    assert (await page(sql, publish_at - timedelta(microseconds=1)))["programs"] == []
    assert len((await page(sql, publish_at))["programs"]) == 1


async def test_a_lesson_that_was_public_before_keeps_its_first_time(sql: Connection) -> None:
    term = await a_term(sql, await a_public_program(sql))
    first = datetime(2020, 1, 1, tzinfo=UTC)
    await a_lesson(sql, term, title="Again", due_in=MINUTE, published_at=first)

    (seen,) = (await page(sql, await in_an_hour(sql)))["programs"]

    again = [lesson for of in seen["terms"] for lesson in of["lessons"] if lesson["title"] == "Again"]
    assert [datetime.fromisoformat(lesson["published_at"]) for lesson in again] == [first]


async def test_what_has_ended_before_it_was_published_opens_no_program(sql: Connection) -> None:
    now = await database_now(sql)
    term = await a_term(sql)
    await a_lesson(sql, term, status="scheduled", publish_at=now - AN_HOUR, archive_at=now - MINUTE)

    rehearsal = await rehearse(sql, await in_an_hour(sql))

    assert [step.action for step in rehearsal.steps] == [Action.ARCHIVE]
    assert (await page(sql, await in_an_hour(sql)))["programs"] == []


async def test_a_refused_lesson_is_blocked_and_leaves_its_program_to_the_next(sql: Connection) -> None:
    term = await a_term(sql, await a_program(sql))
    await a_lesson(sql, term, due_in=A_MOMENT_AGO)
    await sql.execute("update lesson set publish_error = 'The database refused it.'")
    following = await a_lesson(sql, term, due_in=MINUTE)

    seen = await page(sql, await in_an_hour(sql))

    (program,) = seen["programs"]
    assert [UUID(lesson["id"]) for lesson in program["terms"][0]["lessons"]] == [following]
    assert program["published_at"] == moment((await row(sql, "lesson", following))["publish_at"])
    assert [lesson["reason"] for lesson in seen["blocked"]] == ["The database refused it."]


@pytest.mark.parametrize("posters", [ASSETS, {}], ids=["each can", "one cannot"])
async def test_a_release_is_foreseen_whole_or_not_at_all(sql: Connection, posters: dict[str, Any]) -> None:
    release = await a_release(sql)
    fine = await a_lesson(sql, await a_term(sql, await a_public_program(sql)), release_id=release)
    doubtful = await a_lesson(sql, await a_term(sql, await a_program(sql, posters=posters)), release_id=release)
    at = await in_an_hour(sql)
    await sql.execute("update release set status = 'scheduled', publish_at = $2 where id = $1", release, at)

    foreseen = await page(sql, at)
    rehearsal = await rehearse(sql, at)

    await sql.execute("update release set publish_at = now() where id = $1", release)
    await publish_due(sql, actor="replica-1")
    went_out = {lesson for lesson in (fine, doubtful) if (await row(sql, "lesson", lesson))["status"] == "published"}
    assert _lesson_ids(foreseen) & {str(fine), str(doubtful)} == {str(lesson) for lesson in went_out}
    assert {step.lesson_id for step in rehearsal.steps} == went_out
    assert {lesson.lesson_id for lesson in rehearsal.blocked} == {fine, doubtful} - went_out
    assert foreseen["blocked_total"] == 2 - len(went_out)


def _lesson_ids(shown: dict[str, Any]) -> set[str]:
    return {lesson["id"] for program in shown["programs"] for term in program["terms"] for lesson in term["lessons"]}


async def test_pages_of_a_preview_lead_on_until_the_last(sql: Connection) -> None:
    made = [str(await _program_due(sql, number * MINUTE)) for number in (1, 2, 3, 4, 5)]
    at, seen, after = await in_an_hour(sql), list[str](), None
    while True:
        found = await page(sql, at, limit=2, after=after)
        seen += [program["id"] for program in found["programs"]]
        if found["next_cursor"] is None:
            break
        after = Place.of(found["next_cursor"])
    assert seen == made[::-1]


async def _program_due(sql: Connection, due_in: timedelta) -> UUID:
    program = await a_program(sql)
    await a_lesson(sql, await a_term(sql, program), due_in=due_in)
    return program


async def test_a_program_that_will_not_be_public_says_what_blocks_it(sql: Connection) -> None:
    program = await a_program(sql, posters={})
    await a_lesson(sql, await a_term(sql, program), title="Waves", due_in=MINUTE)

    with pytest.raises(NotFound, match=r"Waves would be blocked: Add these posters to the program in en: portrait"):
        await preview.program(sql, program, await in_an_hour(sql))


async def test_a_program_that_there_is_not_is_not_found(sql: Connection) -> None:
    with pytest.raises(NotFound, match=r"No program with this id will be public at that time\.$"):
        await preview.program(sql, uuid4(), await in_an_hour(sql))


async def test_only_so_many_blocked_lessons_are_named_and_all_are_counted(sql: Connection) -> None:
    program = await a_program(sql, posters={})
    await lessons_due(sql, BLOCKED_SHOWN + 1, term=await a_term(sql, program), due_in=MINUTE)

    seen = await page(sql, await in_an_hour(sql))

    assert (len(seen["blocked"]), seen["blocked_total"]) == (BLOCKED_SHOWN, BLOCKED_SHOWN + 1)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2100, 1, 1),  # noqa: DTZ001
        datetime(9000, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(-12 * AN_HOUR)),
    ],
)
async def test_a_time_that_cannot_be_foreseen_is_refused(sql: Connection, at: datetime) -> None:
    for asked, field in (
        (preview.programs(sql, at, limit=1), "at"),
        (preview.program(sql, uuid4(), at), "at"),
        (rehearse(sql, at), "until"),
    ):
        with pytest.raises(InvalidContent) as refused:
            await asked
        assert refused.value.field == field


# What a preview leaves alone ------------------------------------------------------------------------------------------
async def test_the_catalog_is_the_same_before_between_and_after_previews(sql: Connection) -> None:
    await a_mixed_world(sql)
    at, now = await in_an_hour(sql), await public(sql)

    async with reading() as one, reading() as other:
        # Often enough for Postgres to keep one plan for all times.
        for _ in range(8):
            assert await public(one) == now
            assert await public(other) == now
            assert [program["title"] for program in (await page(one, at))["programs"]] != [
                program["title"] for program in now["programs"]
            ]
    await asyncio.gather(*(_both(at, now) for _ in range(20)))


async def _both(at: datetime, now: dict[str, Any]) -> None:
    async with reading() as connection:
        assert len((await page(connection, at))["programs"]) == 3
        assert await public(connection) == now


async def test_a_preview_writes_nothing_and_locks_no_row(sql: Connection) -> None:
    await a_mixed_world(sql)
    at = await in_an_hour(sql)
    program = (await page(sql, at))["programs"][0]
    before = await sql.fetchval("select count(*) from activity")

    async with sql.transaction(isolation="repeatable_read"):
        await page(sql, at)
        await preview.program(sql, UUID(program["id"]), at)
        await rehearse(sql, at)
        # Whoever writes a row, or locks one, is given a transaction's number.
        assert await sql.fetchval("select pg_current_xact_id_if_assigned()") is None

    assert await sql.fetchval("select count(*) from activity") == before


async def test_the_publisher_goes_through_while_a_preview_is_open(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=A_MOMENT_AGO)
    at = await in_an_hour(sql)

    async with reading() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await page(connection, at)
        await rehearse(connection, at)
        batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == [lesson]


# Rehearsals -----------------------------------------------------------------------------------------------------------
async def test_a_rehearsal_tells_every_step_in_the_order_of_time(sql: Connection) -> None:
    await a_mixed_world(sql)

    rehearsal = await rehearse(sql, await in_an_hour(sql))

    assert [(step.action.value, step.title, step.opens_program) for step in rehearsal.steps] == [
        ("publish", "Paid", False),
        ("publish", "Brief", True),
        ("archive", "Brief", False),
        ("publish", "Comes and goes", False),
        ("publish", "First", True),
        ("archive", "Ends", False),
        ("archive", "Comes and goes", False),
        ("publish", "Second", False),
        ("archive", "A lesson", False),
        ("publish", "Stays", False),
    ]
    assert rehearsal.steps_total == 10
    assert [lesson.title for lesson in rehearsal.blocked] == ["Refused", "Without posters", "In an archived one"]
    assert rehearsal.needs_attention
    json.dumps(rehearsal.document())


async def test_a_rehearsal_of_nothing_is_empty(sql: Connection) -> None:
    await a_lesson(sql, due_in=2 * AN_HOUR)

    rehearsal = await rehearse(sql, await in_an_hour(sql))

    assert (rehearsal.steps, rehearsal.steps_total, rehearsal.blocked, rehearsal.blocked_total) == ([], 0, [], 0)
    assert not rehearsal.needs_attention


async def test_a_rehearsal_lists_so_many_steps_and_counts_all(sql: Connection) -> None:
    await lessons_due(sql, ROWS + 1, due_in=MINUTE)

    rehearsal = await rehearse(sql, await in_an_hour(sql))

    assert (len(rehearsal.steps), rehearsal.steps_total) == (ROWS, ROWS + 1)
    assert [step.opens_program for step in rehearsal.steps[:2]] == [True, False]
