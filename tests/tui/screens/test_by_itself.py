"""What happens by itself, seen and steered in the terminal: ends, releases, what will be blocked; several at once."""

from datetime import timedelta

from chaishots.database.connection import Connection
from tests import builders
from tests.builders import AN_HOUR
from tests.tui.conftest import Sit, Wire


async def test_an_end_stands_in_the_schedule_and_is_taken_away_there(sit: Sit, sql: Connection) -> None:
    lesson = await builders.a_lesson(sql, title="Ginger", due_in=AN_HOUR)
    await sql.execute("update lesson set archive_at = now() + interval '2 hours' where id = $1", lesson)
    async with sit() as hands:
        await hands.press("2")
        await hands.reads("× ends Ginger")
        await hands.press("j", "E")
        await hands.type("never")
        await hands.press("enter")
        await hands.sees(lambda: "has no end any more" in hands.told)
        assert await sql.fetchval("select archive_at from lesson") is None


async def test_a_release_is_seen_scheduled_and_called_off(sit: Sit, sql: Connection) -> None:
    release = await builders.a_release(sql, name="దీపావళి")
    lesson = await builders.a_lesson(sql, title="Ginger", release_id=release)
    async with sit() as hands:
        await hands.press("2")
        await hands.reads("release దీపావళి")
        await hands.press("s")
        await hands.type("+2h")
        await hands.press("enter")
        await hands.sees(lambda: "goes out" in hands.told)
        await hands.sees(lambda: hands.titles == ["దీపావళి", "Ginger"])
        await hands.reads("A program  with దీ")
        await hands.press("A")
        await hands.reads("Call off the release")
        await hands.press("y")
        await hands.sees(lambda: "is called off" in hands.told)
        assert await sql.fetchval("select status from lesson where id = $1", lesson) == "draft"


async def test_what_will_be_blocked_is_told_before(sit: Sit, sql: Connection) -> None:
    program = await builders.a_program(sql, posters={})
    await builders.a_lesson(sql, await builders.a_term(sql, program), due_in=timedelta(minutes=30))
    async with sit() as hands:
        await hands.reads("1 will be blocked within the hour")
        await hands.press("2")
        await hands.reads("! will be")
        await hands.press("P")
        await hands.sees(lambda: hands.dialog == "Blocked")  # before anything is asked


async def test_all_lessons_of_a_term_are_marked_at_once_and_archived_together(sit: Sit, sql: Connection) -> None:
    term = await builders.a_term(sql)
    for title in ("Ginger", "Cardamom", "Clove"):
        await builders.a_lesson(sql, term, title=title)
    async with sit() as hands:
        await hands.press("l")
        await hands.sees(lambda: len(hands.titles) == 5)
        await hands.press("j", "space")
        await hands.reads("3 marked")
        await hands.press("A")
        await hands.reads("3 lessons?")
        await hands.press("y")
        await hands.sees(lambda: "3 lessons are archived" in hands.told)
        assert await sql.fetchval("select count(*) from lesson where status = 'archived'") == 3
        assert not hands.here.rows.marks


async def test_a_range_is_shown_before_it_is_marked(sit: Sit, sql: Connection) -> None:
    await builders.lessons_due(sql, 4, term=await builders.a_term(sql), due_in=AN_HOUR)
    async with sit() as hands:
        await hands.press("2")
        await hands.sees(lambda: len(hands.titles) == 4)
        await hands.press("V", "j", "j")
        await hands.reads("V ends the range")
        assert hands.text().count("·00:") == 3 or hands.text().count("· 00:") == 3 or hands.text().count("·0") == 3
        await hands.press("V")
        await hands.reads("3 marked")


async def test_an_id_finds_the_lesson_and_its_program(sit: Sit, sql: Connection) -> None:
    program = await builders.a_program(sql, title="Spices")
    lesson = await builders.a_lesson(sql, await builders.a_term(sql, program), title="Ginger")
    await builders.a_lesson(sql, title="Another")
    async with sit() as hands:
        for wanted in (lesson, program):
            await hands.finds(str(wanted))
            assert "Ginger" in hands.titles
            assert "Another" not in hands.titles
            await hands.press("escape")


async def test_a_state_that_there_is_not_is_told(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql)
    async with sit() as hands:
        await hands.press("slash")
        await hands.type("state:sheduled")
        await hands.reads("There is no state sheduled")


async def test_nothing_claims_health_while_the_database_is_away(sit: Sit, wire: Wire) -> None:
    async with sit(dsn=wire.dsn) as hands:
        await hands.press("3")
        await hands.reads("nothing is overdue")
        await wire.cut()
        await hands.reads("is not known now")
        assert "nothing is overdue" not in hands.text()
