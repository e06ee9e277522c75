"""Notices name the programs that a change concerns, in time: whoever reads afterwards, and whatever else is open."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from chaishots.database.connection import Connection
from chaishots.database.listener import concerns_schedule
from tests.builders import AN_HOUR, a_lesson, a_program, a_public_program, a_term, a_topic, database_now, lessons_due
from tests.conftest import Database
from tests.database.test_history import listening

MOST_BYTES = 8_000


async def a_world(sql: Connection) -> tuple[UUID, UUID, UUID]:
    """A public program with a topic, and a draft one with a term that has a draft lesson: the two, and the term."""
    public = await a_public_program(sql)
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", public, await a_topic(sql))
    draft = await a_program(sql)
    term = await a_term(sql, draft)
    await a_lesson(sql, term)
    return public, draft, term


OF_DRAFTS = [
    "update program set title = 'New', slug = 'new' where status = 'draft'",
    "update term set title = 'New' where program_id = (select id from program where status = 'draft')",
    "insert into term (program_id, term_number) select id, 9 from program where status = 'draft'",
    "update lesson set title = 'New' where status = 'draft'",
    "delete from lesson where status = 'draft'",
    "delete from term where program_id = (select id from program where status = 'draft')",
    "delete from program where status = 'draft'",
    "insert into program_topic select (select id from program where status = 'draft'), id from topic",
    "insert into release (name) values ('New')",
]
OF_THE_PUBLIC = {
    "update program set title = 'New' where status = 'published'": "P",
    "update program set status = 'archived' where status = 'published'": "P",
    "update program set status = 'published' where status = 'draft'": "D",
    "update term set title = 'New' where program_id = (select id from program where status = 'published')": "P",
    "insert into term (program_id, term_number) select id, 9 from program where status = 'published'": "P",
    "update lesson set title = 'New' where status = 'published'": "P",
    "update lesson set status = 'archived' where status = 'published'": "P",
    "delete from lesson where status = 'published'": "P",
    """update lesson set term_id = (select id from term where program_id = $2), lesson_number = 99
        where status = 'published'""": "DP",
    "update term set program_id = $2, term_number = 99 where program_id = $1": "DP",
    "delete from program_topic": "P",
    "update lesson set status = 'scheduled', publish_at = now() + interval '1 hour' where status = 'draft'": "D",
    "update program set shows_coming_soon = true where status = 'published'": "P",
}
AT_NO_MOMENT = [
    "update lesson set title = 'New' where status = 'published' and archive_at is null",
    "update lesson set title = 'New' where status = 'draft'",
    "update lesson set status = 'archived' where status = 'draft'",
]
AT_A_MOMENT = [
    "update lesson set title = 'New' where status = 'scheduled'",
    "update lesson set title = 'New'",
    "update lesson set status = 'published' where status = 'scheduled'",
    "update lesson set status = 'draft', publish_at = null where status = 'scheduled'",
    "update lesson set status = 'scheduled', publish_at = now() + interval '1 hour' where status = 'draft'",
    "update lesson set archive_at = now() + interval '2 hours' where status = 'published' and archive_at is null",
    "update lesson set archive_at = null where archive_at is not null",
    "delete from lesson where status = 'scheduled'",
    "update program set title = 'New' where status = 'draft'",
    "update term set title = 'New'",
    "insert into release (name, status, publish_at) values ('New', 'scheduled', now() + interval '1 hour')",
]
OF_ANY = [
    "update topic set name = 'New'",
    "truncate program_topic",
    "insert into release (name, status, publish_at) values ('New', 'scheduled', now() + interval '1 hour')",
    "delete from program where status = 'published'",
]


async def named(sql: Connection, dsn: str, statement: str) -> set[str] | None:
    """The programs that the notices of a statement name, P and D; None: any may be concerned."""
    public, draft, _ = await a_world(sql)
    ids = [key for place, key in ((1, public), (2, draft)) if f"${place}" in statement]
    statement = statement if "$1" in statement else statement.replace("$2", "$1")
    async with listening(dsn) as notices:
        await sql.execute(statement, *ids)
        told = await notices.until_now(sql)
    assert told
    if any(":" not in each for each in told):
        return None
    programs = {key for each in told for key in each.partition(" ")[0].partition(":")[2].split(",") if key}
    return {{str(public): "P", str(draft): "D"}[key] for key in programs}


@pytest.mark.parametrize("statement", OF_DRAFTS)
async def test_what_is_neither_public_nor_scheduled_names_none(
    sql: Connection, fresh_database: Database, statement: str
) -> None:
    assert await named(sql, fresh_database.dsn, statement) == set()


@pytest.mark.parametrize("statement", OF_THE_PUBLIC)
async def test_what_is_or_was_or_will_be_public_names_its_program(
    sql: Connection, fresh_database: Database, statement: str
) -> None:
    assert await named(sql, fresh_database.dsn, statement) == set(OF_THE_PUBLIC[statement])


@pytest.mark.parametrize("statement", OF_ANY)
async def test_what_may_concern_any_names_none_in_particular(
    sql: Connection, fresh_database: Database, statement: str
) -> None:
    assert await named(sql, fresh_database.dsn, statement) is None


@pytest.mark.parametrize(("number", "word"), [(49, ""), (50, "many")])
async def test_a_statement_that_publishes_many_lessons_says_so(
    sql: Connection, fresh_database: Database, number: int, word: str
) -> None:
    program = await a_public_program(sql)
    await lessons_due(sql, number, term=await a_term(sql, program))
    async with listening(fresh_database.dsn) as notices:
        await sql.execute("update lesson set status = 'published' where status = 'scheduled'")
        told = await notices.until_now(sql)
    assert [each for each in told if str(program) in each] == [f"lesson:{program} {word}".rstrip()]


@pytest.mark.parametrize("statement", AT_NO_MOMENT + AT_A_MOMENT)
async def test_an_edit_of_what_is_not_scheduled_and_has_no_end_says_that_no_moment_changed(
    sql: Connection, fresh_database: Database, statement: str
) -> None:
    _, _, term = await a_world(sql)
    public = await a_term(sql, await a_public_program(sql))
    await a_lesson(sql, term, due_in=AN_HOUR)
    await a_lesson(sql, public, status="published", archive_at=await database_now(sql) + AN_HOUR)
    async with listening(fresh_database.dsn) as notices:
        await sql.execute(statement)
        told = await notices.until_now(sql)
    assert told
    assert any(concerns_schedule(each) for each in told) is (statement in AT_A_MOMENT)


async def test_a_draft_lesson_counts_in_a_program_that_shows_what_is_coming(
    sql: Connection, fresh_database: Database
) -> None:
    program = await a_public_program(sql, shows_coming_soon=True)
    term = await a_term(sql, program)
    async with listening(fresh_database.dsn) as notices:
        await a_lesson(sql, term)
        assert f"lesson:{program}" in await notices.until_now(sql)


async def test_a_transaction_names_a_hundred_programs_and_no_more(sql: Connection, fresh_database: Database) -> None:
    programs = [await a_public_program(sql) for _ in range(300)]
    async with listening(fresh_database.dsn) as notices:
        await sql.execute("update program set title = 'New' where id = any($1)", programs[:50])
        few = await notices.until_now(sql)
        async with sql.transaction():
            for program in programs:
                its = "select id from term where program_id = $1"
                await sql.execute(f"update lesson set title = 'New' where term_id in ({its})", program)
        one_by_one = await notices.until_now(sql)
        await sql.execute("update lesson set status = 'archived'")
        at_once = await notices.until_now(sql)

    assert sum(told.count("-") // 4 for told in few) == 50
    assert "lesson edited" in one_by_one
    assert len(one_by_one) < 110
    assert {"lesson edited", "lesson gone"} < set(at_once)
    assert len(at_once) < 110
    assert max(len(told) for told in [*few, *one_by_one, *at_once]) < MOST_BYTES


async def test_a_term_that_was_changed_while_its_program_was_published_names_it(
    sql: Connection, fresh_database: Database
) -> None:
    _, draft, term = await a_world(sql)
    other = await asyncpg.connect(fresh_database.dsn)
    async with listening(fresh_database.dsn) as notices:
        async with sql.transaction():
            await sql.execute("update term set title = 'New' where id = $1", term)
            await other.execute("set lock_timeout = '1s'")
            await other.execute("update program set status = 'published' where id = $1", draft)  # nobody holds it up
            await notices.until_now(other)
        assert f"term:{draft}" in await notices.until_now(sql)
    await other.close()


async def test_a_program_that_somebody_is_publishing_is_named_by_who_changes_its_term(
    sql: Connection, fresh_database: Database
) -> None:
    _, draft, term = await a_world(sql)
    other = await asyncpg.connect(fresh_database.dsn)
    async with listening(fresh_database.dsn) as notices, other.transaction():
        await other.execute("update program set status = 'published' where id = $1", draft)
        await sql.execute("set lock_timeout = '1s'")
        await sql.execute("update term set title = 'New' where id = $1", term)
        assert f"term:{draft}" in await notices.until_now(sql)
    await other.close()


async def test_who_moves_a_term_waits_for_who_takes_something_down_in_it(
    sql: Connection, fresh_database: Database
) -> None:
    public, draft, _ = await a_world(sql)
    other = await asyncpg.connect(fresh_database.dsn)
    async with listening(fresh_database.dsn) as notices:
        async with sql.transaction():
            await sql.execute("update lesson set status = 'archived' where status = 'published'")
            move = "update term set program_id = $2, term_number = 99 where program_id = $1"
            moving = asyncio.create_task(other.execute(move, public, draft))
            await asyncio.sleep(0.2)
            assert not moving.done()
        await moving
        told = await notices.until_now(sql)
    await other.close()

    moved = next(place for place, each in enumerate(told) if each.startswith("term:") and str(draft) in each)
    assert told.index(f"lesson:{public} gone") < moved


async def test_who_shows_what_is_coming_waits_for_who_edits_a_draft(sql: Connection, fresh_database: Database) -> None:
    public, _, _ = await a_world(sql)
    term = await a_term(sql, public)
    other = await asyncpg.connect(fresh_database.dsn)
    await other.execute("set lock_timeout = '100ms'")
    async with sql.transaction():
        await a_lesson(sql, term)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await other.execute("update program set shows_coming_soon = true where id = $1", public)
    await other.execute("update program set shows_coming_soon = true where id = $1", public)
    await other.close()


async def test_nobody_can_set_what_a_transaction_has_told_so_that_a_notice_is_missing(
    sql: Connection, fresh_database: Database
) -> None:
    public, _, _ = await a_world(sql)
    async with listening(fresh_database.dsn) as notices:
        for told in (f"program:{public}\n", "x" * 10_000):
            await sql.execute("select set_config('chaishots.told', $1, false)", told)
            await sql.execute("update program set title = title || '.' where id = $1", public)
            heard = await notices.until_now(sql)
            assert {"program", f"program:{public}"} & set(heard)
