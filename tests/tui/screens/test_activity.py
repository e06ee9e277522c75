"""Activity: the history, filtered by who, what and when, live."""

import pytest
from textual.widgets import Input, Static

from chaishots.content.queries import history
from chaishots.database.connection import Connection
from tests import builders
from tests.tui.conftest import Hands, Sit


async def did(sql: Connection, actor: str, statement: str, *values: object) -> None:
    """Somebody did something."""
    async with sql.transaction():
        await sql.execute("select set_config('chaishots.actor', $1, true)", actor)
        await sql.execute(statement, *values)


async def lines(sql: Connection, number: int) -> None:
    """Many lines, by somebody else, of days ago."""
    await sql.execute(
        """insert into activity (at, actor, action, object_type)
           select now() - interval '3 days', 'ravi', 'topic.create', 'topic' from generate_series(1, $1)""",
        number,
    )


def actors(hands: Hands) -> list[str]:
    """Who did what is listed."""
    return [line.actor for row in hands.here.rows.rows if (line := getattr(row, "line", None))]


def said(hands: Hands) -> str:
    """What stands beside the filter."""
    return str(hands.here.query_one("#filter-state", Static).render())


async def filters(hands: Hands, text: str) -> None:
    """Type another filter."""
    await hands.press("slash")
    await hands.sees(lambda: isinstance(hands.app.focused, Input))
    hands.here.query_one("#filter", Input).value = ""
    await hands.type(text)
    await hands.settled()


async def test_a_line_that_is_not_loaded_is_found_by_who_what_and_when(sit: Sit, sql: Connection) -> None:
    await did(sql, "ఆశా", "insert into topic (name) values ('Ginger')")
    await lines(sql, 450)
    async with sit((80, 24)) as hands:
        await hands.press("4")
        await hands.settled()
        for text in ("who:ఆశా", "ginger", "what:create when:-2h !ravi", "what:topic.create when:-2h"):
            await filters(hands, text)
            await hands.sees(lambda: actors(hands) == ["ఆశా"])
            await hands.sees(lambda: said(hands) == "1 line")
            await hands.press("enter")
        await filters(hands, "who:ravi")
        await hands.sees(lambda: said(hands) == "200 of 450 lines")
        await hands.press("enter", "G", "enter")
        await hands.sees(lambda: said(hands) == "400 of 450 lines")
        await hands.press("G", "enter")
        await hands.sees(lambda: said(hands) == "450 lines")
        await hands.press("escape")
        await hands.sees(lambda: len(hands.here.rows.rows) == 451)


async def test_more_than_are_counted_are_said_to_be_more(sit: Sit, sql: Connection) -> None:
    await lines(sql, history.COUNTED + 1)
    async with sit() as hands:
        await hands.press("4")
        await filters(hands, "ravi")
        await hands.sees(lambda: said(hands) == "200 of more than 10,000 lines")


async def test_what_comes_is_shown_if_it_fits_the_filter_and_counted(sit: Sit, sql: Connection) -> None:
    await lines(sql, 450)
    program = await builders.a_program(sql)
    async with sit() as hands:
        await hands.press("4")
        await filters(hands, "who:ravi")
        await hands.press("enter")
        await hands.sees(lambda: said(hands) == "200 of 450 lines")
        await did(sql, "ravi", "update program set title = 'అల్లం' where id = $1", program)
        await did(sql, "asha", "update program set title = 'నిమ్మ' where id = $1", program)
        await hands.sees(lambda: said(hands) == "200 of 451 lines")
        await hands.reads("program.change")
        assert set(actors(hands)) == {"ravi"}
        assert len(actors(hands)) == 200


async def test_a_filter_that_is_not_understood_is_told_and_nothing_is_lost(sit: Sit, sql: Connection) -> None:
    await did(sql, "asha", "insert into topic (name) values ('Ginger')")
    await did(sql, "ravi", "insert into topic (name) values ('Lemon')")
    async with sit((80, 24)) as hands:
        await hands.press("4")
        await filters(hands, "who:asha")
        await hands.sees(lambda: actors(hands) == ["asha"])
        await hands.type(" when:2026-13")
        await hands.sees(lambda: "“2026-13” is no time: say today" in said(hands))
        await hands.settled()
        assert hands.here.query_one("#filter", Input).value == "who:asha when:2026-13"
        assert actors(hands) == ["asha"]
        await did(sql, "asha", "insert into topic (name) values ('Mint')")
        await hands.sees(lambda: actors(hands) == ["asha", "asha"])
        assert "is no time" in said(hands)
        await filters(hands, "what:craete")
        await hands.sees(lambda: "did you mean create?" in said(hands))


async def test_the_history_of_a_thing_is_filtered_too(sit: Sit, sql: Connection) -> None:
    program = await builders.a_program(sql, title="Chai")
    await did(sql, "asha", "update program set title = 'Tea' where id = $1", program)
    await did(sql, "asha", "insert into topic (name) values ('Ginger')")
    async with sit() as hands:
        await hands.press("t")
        await hands.sees(lambda: len(actors(hands)) == 2)
        await filters(hands, "who:asha")
        await hands.sees(lambda: actors(hands) == ["asha"])


@pytest.mark.parametrize("text", ["[red]x[/]", "who:" + "ఆ" * 5_000, "%_\\", "'; drop table activity; --"])
async def test_anything_can_be_typed(sit: Sit, sql: Connection, text: str) -> None:
    await did(sql, "asha", "insert into topic (name) values ('Ginger')")
    async with sit((60, 16)) as hands:
        await hands.press("4")
        await filters(hands, text)
        await hands.press("enter", "escape")
        await hands.sees(lambda: actors(hands)[:1] == ["asha"])
