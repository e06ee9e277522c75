"""The Schedule screen as time passes: what a second costs with many lessons, and what becomes overdue meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.database.connection import Connection
from chaishots.tui.screens import schedule
from chaishots.tui.screens.schedule import ScheduleScreen
from tests import builders
from tests.builders import AN_HOUR
from tests.tui.conftest import Sit

LESSONS = 500


async def test_the_time_that_is_left_goes_on_from_the_first_second_on(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger", due_in=AN_HOUR)
    async with sit((80, 24)) as hands:
        await hands.press("2")
        await hands.reads("Ginger")
        await hands.settled()

        def left() -> str:
            return next(line for line in hands.text().splitlines() if "Ginger  A program" in line)[2:10]

        before, since = left(), hands.app.session.clock.now()
        await hands.sees(lambda: hands.app.session.clock.now() - since > timedelta(seconds=1))
        hands.here.tick()
        await hands.pilot.pause()
        assert left() < before


async def test_a_second_that_passes_asks_of_no_lesson_twice_whether_it_is_late(
    sit: Sit, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    term = await builders.a_term(sql)
    await builders.lessons_due(sql, LESSONS, term=term, due_in=AN_HOUR)
    asked = 0

    def counting(is_late: Callable[..., bool]) -> Callable[..., bool]:
        def counted(lesson: LessonRow, *at: object) -> bool:
            nonlocal asked
            asked += 1
            return is_late(lesson, *at)

        return counted

    async with sit() as hands:
        await hands.press("2")
        await hands.sees(lambda: len(hands.titles) == LESSONS)
        monkeypatch.setattr(schedule, "is_late", counting(schedule.is_late))
        hands.here.tick()
        assert asked <= LESSONS


async def test_what_becomes_overdue_while_it_is_looked_at_moves_to_the_top(sit: Sit, sql: Connection) -> None:
    await builders.a_lesson(sql, title="Ginger", due_in=AN_HOUR)
    async with sit() as hands:
        await hands.press("2")
        await hands.sees(lambda: hands.titles == ["Ginger"])
        screen = hands.here
        assert isinstance(screen, ScheduleScreen)
        screen.session.clock.set(screen.session.clock.now() + AN_HOUR + timedelta(seconds=3))
        screen.tick()
        assert screen.rows.rows[0].text.startswith("! Overdue or blocked: 1")
