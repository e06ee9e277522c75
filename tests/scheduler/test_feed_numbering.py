"""The feed's order: whatever is committed when, a reader who goes on from where he was misses nothing."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chaishots.content.catalog.feed import Cursor, changes
from chaishots.database.connection import Connection
from chaishots.scheduler import feed_numbering
from chaishots.scheduler.feed_numbering import number_all, numbering
from tests.builders import a_lesson, a_program, a_public_program, a_term
from tests.cluster import eventually
from tests.conftest import Database


async def read_on(sql: Connection, after: Cursor | None, *, limit: int = 1_000) -> tuple[list[dict[str, Any]], Cursor]:
    """All that is new after a cursor, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = await changes(sql, after, limit=limit)
        found += [json.loads(change.document) for change in page.changes]
        after = page.next
        if not page.has_more:
            return found, after


def ids(found: list[dict[str, Any]]) -> list[UUID]:
    """What they are about, in order."""
    return [UUID(change["id"]) for change in found]


@asynccontextmanager
async def another(database: Database) -> AsyncIterator[Connection]:
    """One more session."""
    connection = await asyncpg.connect(database.dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def a_public_lesson(sql: Connection, **columns: Any) -> UUID:
    """A lesson that everybody sees."""
    return await a_lesson(sql, await a_term(sql, await a_public_program(sql)), status="published", **columns)


async def test_what_becomes_public_is_told_once_a_program_before_its_lessons(sql: Connection) -> None:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program))
    await number_all(sql)
    nothing, head = await read_on(sql, None)

    await sql.execute("update lesson set status = 'published' where id = $1", lesson)
    await number_all(sql)
    found, after = await read_on(sql, head)

    assert nothing == []
    assert ids(found) == [program, lesson]
    assert [change["type"] for change in found] == ["program", "lesson"]
    assert await number_all(sql) == after.position
    assert (await read_on(sql, after))[0] == []


async def test_a_line_that_is_committed_after_one_behind_it_is_told_when_it_is_there(
    fresh_database: Database, sql: Connection
) -> None:
    early, late = await a_public_lesson(sql), await a_public_lesson(sql)
    await number_all(sql)
    _, head = await read_on(sql, None)

    async with another(fresh_database) as slow, slow.transaction():
        await slow.execute("update lesson set title = 'Written first' where id = $1", late)
        await sql.execute("update lesson set title = 'Committed first' where id = $1", early)
        await number_all(sql)
        first, head = await read_on(sql, head)
    await number_all(sql)
    second, _ = await read_on(sql, head)

    assert early in ids(first)
    assert late not in ids(first)
    assert late in ids(second)
    assert await sql.fetchval("select count(*) from feed_gap") == 0


async def test_a_gap_is_given_up_once_nobody_can_fill_it(fresh_database: Database, sql: Connection) -> None:
    lesson = await a_public_lesson(sql)
    async with another(fresh_database) as other, another(fresh_database) as holding:
        begun = other.transaction()
        await begun.start()
        await other.execute("update lesson set title = 'Never' where id = $1", lesson)
        hold = holding.transaction()
        await hold.start()
        await holding.execute("create temporary table held ()")
        await a_public_lesson(sql)
        await number_all(sql)
        gaps = await sql.fetch("select first_line, last_line from feed_gap")
        await begun.rollback()
        await hold.rollback()

    async def is_given_up() -> bool:
        await number_all(sql)
        return await sql.fetchval("select count(*) from feed_gap") == 0

    assert len(gaps) == 1
    await eventually(is_given_up)  # other tests' transactions on the same server are waited for, too


@pytest.mark.parametrize(
    "statement",
    [
        "update lesson set status = 'archived' where id = $1",
        "delete from lesson where id = $1",
        "delete from term where id = (select term_id from lesson where id = $1)",
        "delete from program where id = (select program_id from term join lesson on lesson.term_id = term.id"
        " where lesson.id = $1)",
        "update program set status = 'archived' where id = (select program_id from term join lesson"
        " on lesson.term_id = term.id where lesson.id = $1)",
    ],
)
async def test_what_was_public_and_went_away_leaves_a_tombstone(sql: Connection, statement: str) -> None:
    lesson = await a_public_lesson(sql)
    await number_all(sql)
    _, head = await read_on(sql, None)

    await sql.execute(statement, lesson)
    await number_all(sql)
    found, _ = await read_on(sql, head)

    assert {"type": "lesson", "id": str(lesson), "deleted": True} in found


async def test_what_was_never_public_is_never_told(sql: Connection) -> None:
    public = await a_term(sql, await a_public_program(sql))
    draft = await a_program(sql)
    shown = await sql.fetchval(
        "insert into program (title, language_primary, languages_available, posters, status)"
        " select title, language_primary, languages_available, posters, 'published'"
        " from program where id = $1 returning id",
        draft,
    )
    await number_all(sql)
    _, head = await read_on(sql, None)

    hidden = [draft, shown, await a_lesson(sql, public), await a_lesson(sql, await a_term(sql, draft))]
    await sql.execute("update lesson set title = 'Another' where id = any($1)", hidden)
    await sql.execute("update program set title = 'Another' where id = any($1)", hidden)
    await sql.execute("update program set status = 'archived' where id = $1", shown)
    await sql.execute("delete from lesson where id = any($1)", hidden)
    await sql.execute("delete from program where id = any($1)", hidden)
    await number_all(sql)
    found, _ = await read_on(sql, head)

    assert set(ids(found)).isdisjoint(hidden)


async def test_what_is_emptied_at_once_leaves_tombstones_of_all(sql: Connection) -> None:
    lesson = await a_public_lesson(sql)
    await number_all(sql)
    _, head = await read_on(sql, None)

    await sql.execute("truncate program cascade")
    await number_all(sql)
    found, _ = await read_on(sql, head)

    assert lesson in ids(found)
    assert all(change["deleted"] for change in found)
    assert await sql.fetchval("select count(*) from feed where is_public") == 0


async def test_readers_beside_twenty_writers_miss_nothing(fresh_database: Database, sql: Connection) -> None:
    lessons = [await a_public_lesson(sql) for _ in range(40)]
    await number_all(sql)
    _, head = await read_on(sql, None)
    is_over = asyncio.Event()

    async def write(seed: int) -> None:
        chance = random.Random(seed)
        async with another(fresh_database) as session:
            for step in range(15):
                block = session.transaction()
                await block.start()
                for lesson in sorted(chance.sample(lessons, 2)):
                    await session.execute("update lesson set summary = $2 where id = $1", lesson, f"{seed} {step}")
                    await asyncio.sleep(chance.random() / 500)
                await (block.rollback if chance.random() < 0.2 else block.commit)()

    async def follow() -> dict[UUID, str]:
        copy: dict[UUID, str] = {}
        after = head
        async with another(fresh_database) as session:
            while True:
                was_over = is_over.is_set()
                found, after = await read_on(session, after, limit=7)
                copy |= {UUID(change["id"]): change["summary"] for change in found if change["type"] == "lesson"}
                if was_over:
                    return copy

    async with numbering(fresh_database.dsn, replica="brew", feed_days=90), asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(follow()) for _ in range(5)]
        async with asyncio.TaskGroup() as writers:
            for seed in range(20):
                writers.create_task(write(seed))
        await eventually(lambda: _is_numbered(sql))
        is_over.set()

    held = {row["id"]: row["summary"] for row in await sql.fetch("select id, summary from lesson where summary <> ''")}
    assert len(held) > 30
    assert all(reader.result() == held for reader in readers)


async def _is_numbered(sql: Connection) -> bool:
    return await sql.fetchval(
        "select line = (select max(seq) from activity) and not exists (select from feed_gap) from feed_state"
    )


async def test_a_transaction_that_is_held_open_keeps_nobody_waiting(fresh_database: Database, sql: Connection) -> None:
    held, other = await a_public_lesson(sql), await a_public_lesson(sql)
    await number_all(sql)
    _, head = await read_on(sql, None)

    async with numbering(fresh_database.dsn, replica="brew", feed_days=90), another(fresh_database) as holding:
        async with holding.transaction():
            await holding.execute("update lesson set title = 'Held' where id = $1", held)
            for number in range(20):
                await sql.execute("update lesson set title = $2 where id = $1", other, f"Number {number}")

                async def is_told(number: int = number) -> bool:
                    found, _ = await read_on(sql, head)
                    return any(change.get("title") == f"Number {number}" for change in found)

                await eventually(is_told)
        await eventually(lambda: _is_told(sql, head, held))


async def _is_told(sql: Connection, after: Cursor, lesson: UUID) -> bool:
    return lesson in ids((await read_on(sql, after))[0])


async def test_a_drafts_edit_is_not_looked_at_by_itself_and_is_passed_with_the_next_change(
    fresh_database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson, draft = await a_public_lesson(sql), await a_lesson(sql)
    looks: list[int | None] = []

    async def looked(connection: Connection) -> int | None:
        looks.append(await number_all(connection))
        return looks[-1]

    monkeypatch.setattr(feed_numbering, "number_all", looked)
    async with numbering(fresh_database.dsn, replica="tests", feed_days=90):
        await eventually(lambda: _is_numbered(sql))
        before = len(looks)
        for number in range(10):
            await sql.execute("update lesson set title = $2 where id = $1", draft, f"Draft {number}")
        await sql.execute("update lesson set title = 'Masala' where id = $1", lesson)
        await eventually(lambda: _is_numbered(sql))
        assert len(looks) - before <= 3  # the change, once more perhaps, and one that was due by time


async def test_only_one_session_numbers_at_a_time(fresh_database: Database, sql: Connection) -> None:
    await a_public_lesson(sql)
    async with another(fresh_database) as other, other.transaction():
        await other.fetch("select * from chaishots_number_changes(10)")

        assert await number_all(sql) is None


async def test_changes_are_numbered_in_a_transaction_of_their_own(sql: Connection) -> None:
    async with sql.transaction():
        await a_public_lesson(sql)
        with pytest.raises(asyncpg.RaiseError, match="transaction of their own"):
            await sql.fetch("select * from chaishots_number_changes(10)")


REPAIR = """delete from feed_gap; update feed_state set line = 0;"""


async def test_what_was_changed_without_triggers_is_told_once_the_history_is_read_again(sql: Connection) -> None:
    edited, gone, untouched = [await a_public_lesson(sql) for _ in range(3)]
    await number_all(sql)
    _, head = await read_on(sql, None)
    async with sql.transaction():
        await sql.execute("set local session_replication_role = replica")
        await sql.execute("update lesson set title = 'Restored' where id = $1", edited)
        await sql.execute("delete from lesson where id = $1", gone)
    await number_all(sql)
    before, head = await read_on(sql, head)

    await sql.execute(REPAIR)
    await number_all(sql)
    after, head = await read_on(sql, head)
    told = {UUID(change["id"]): change for change in after}

    assert before == []
    assert told[edited]["title"] == "Restored"
    assert told[gone] == {"type": "lesson", "id": str(gone), "deleted": True}
    assert told[untouched]["title"]
    assert await read_on(sql, head) == ([], head)


def test_the_docs_name_that_repair() -> None:
    assert REPAIR in (Path(__file__).parents[2] / "docs" / "DEPLOY.md").read_text()
