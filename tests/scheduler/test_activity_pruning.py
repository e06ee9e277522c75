"""The history kept for so many days: what goes, what stays whatever its age, and that nothing else may delete."""

from datetime import timedelta
from uuid import UUID

import pytest

from chaishots.content.editing.restore_deleted import bring_back
from chaishots.content.errors import NotFound
from chaishots.database.connection import Connection
from chaishots.scheduler.feed_numbering import number_all, numbering
from tests.builders import (
    AN_HOUR,
    a_change,
    a_lesson,
    a_program,
    a_public_program,
    a_release,
    a_term,
    database_now,
    history,
)
from tests.cluster import eventually
from tests.conftest import Database

DAYS = 30
_STEP = "select * from chaishots_prune_activity($1, $2, $3)"


async def _made_old(sql: Connection, *, days: int = DAYS + 1) -> None:
    """Have all lines be older than what is kept, and numbered."""
    await number_all(sql)
    async with sql.transaction():
        await sql.execute("set local session_replication_role = replica")
        await sql.execute("update activity set at = at - $1::interval", timedelta(days=days))


async def _pruned(sql: Connection, *, days: int = DAYS, most: int = 1_000) -> int:
    """How many lines went, in as many steps as it takes."""
    behind, pruned = 0, 0
    before = await database_now(sql) - timedelta(days=days)
    while behind is not None:
        step = await sql.fetchrow(_STEP, before, behind, most)
        assert step is not None
        behind, pruned = step["looked_to"], pruned + step["pruned"]
    return pruned


async def _retitled(sql: Connection, thing: UUID, title: str) -> None:
    await sql.execute("update lesson set title = $2 where id = $1", thing, title)


@pytest.mark.parametrize("most", [1, 3, 1_000])
async def test_what_is_older_goes_in_steps_and_what_is_younger_stays(sql: Connection, most: int) -> None:
    lesson = await a_lesson(sql)
    for number in range(5):
        await _retitled(sql, lesson, f"Title {number}")
    await _made_old(sql)
    await _retitled(sql, lesson, "Now")
    left = await sql.fetchval("select count(*) from activity")
    pruned = await _pruned(sql, most=most)
    assert (await history(sql, lesson), pruned) == (["lesson.change"], left - 1)
    assert await _pruned(sql, most=most) == 0


async def test_nothing_of_the_last_day_goes_whatever_is_asked(sql: Connection) -> None:
    await a_lesson(sql)
    await number_all(sql)
    lines = await sql.fetchval("select count(*) from activity")
    await sql.execute("select chaishots_prune_activity(now() + interval '1 year', 0, 1000)")
    assert await sql.fetchval("select count(*) from activity") == lines > 0


@pytest.mark.usefixtures("database")
async def test_what_was_deleted_comes_back_whole_however_long_ago_that_was(sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    lessons = [await a_lesson(sql, term) for _ in range(2)]
    await sql.execute("delete from program where id = $1", program)
    await _made_old(sql)
    assert await _pruned(sql) > 0

    back = await bring_back(program, actor="asha")

    assert (back.terms, back.lessons) == (1, len(lessons))
    await _made_old(sql)
    await _pruned(sql)
    # Behind a line that stays, all stays: whoever takes something back finds what came since.
    assert await history(sql, lessons[0]) == ["lesson.delete", "lesson.create"]
    with pytest.raises(NotFound):
        await bring_back(UUID(int=7), actor="asha")


async def test_what_the_feed_has_not_come_to_stays_and_the_newest_of_what_it_tells(sql: Connection) -> None:
    program = await a_public_program(sql)
    await _made_old(sql)
    lesson = await a_lesson(sql)
    async with sql.transaction():
        await sql.execute("set local session_replication_role = replica")
        await sql.execute("update activity set at = at - interval '90 days'")
    await _pruned(sql)
    assert await history(sql, lesson) == ["lesson.create"]
    assert len(await history(sql, program)) == 1

    await number_all(sql)
    await _pruned(sql)
    assert await history(sql, lesson) == []
    public = await sql.fetchval("select count(*) from feed where is_public")
    # As docs/DEPLOY.md has it: all that is public is told once more.
    position = await sql.fetchval("select position from feed_state")
    await sql.execute("delete from feed_gap; update feed_state set line = 0")
    await number_all(sql)
    assert await sql.fetchval("select count(*) from feed where position > $1", position) == public == 2


async def test_what_takes_a_release_or_a_change_to_come_back_stays(sql: Connection) -> None:
    release = await a_release(sql)
    of_release, changed, later, other = [await a_lesson(sql) for _ in range(4)]
    await sql.execute("update lesson set release_id = $2 where id = $1", of_release, release)
    await a_change(sql, changed, {"title": "By the release"}, release_id=release, apply_at=None)
    await a_change(sql, later, {"title": "Later"}, apply_at=await database_now(sql) + AN_HOUR)
    kept = [await history(sql, one) for one in (release, of_release, changed, later)]
    await _made_old(sql)
    assert await _pruned(sql) > 0
    assert [await history(sql, one) for one in (release, of_release, changed, later)] == kept
    assert await history(sql, other) == []


async def test_the_leader_prunes_beside_numbering_where_the_setting_wishes_it(
    sql: Connection, fresh_database: Database
) -> None:
    lesson = await a_lesson(sql)
    await _made_old(sql)

    async def is_pruned() -> bool:
        return await history(sql, lesson) == []

    async with numbering(fresh_database.dsn, replica="one", feed_days=90):
        await eventually(lambda: sql.fetchval("select exists (select from pg_stat_activity where query ~ 'feed')"))
        assert not await is_pruned()
    async with numbering(fresh_database.dsn, replica="one", feed_days=90, activity_days=DAYS):
        await eventually(is_pruned)


async def test_nobody_else_deletes_not_even_by_a_function_that_is_named_alike(sql: Connection) -> None:
    await a_lesson(sql)
    await _made_old(sql)
    await sql.execute("""
        create function chaishots_prune_activity_too() returns void language sql as 'delete from activity';
        create function chaishots_prune_activity(text) returns void language sql as 'delete from activity'""")
    for call in ("chaishots_prune_activity_too()", "chaishots_prune_activity('x')"):
        with pytest.raises(Exception, match="only ever added to"):
            await sql.execute(f"select {call}")
