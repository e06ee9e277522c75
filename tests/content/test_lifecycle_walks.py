"""Editors and the publisher in any order: no transition outside the table, nothing unpublished in the catalog.

Hypothesis chooses the commands; every one runs against Postgres, and after each the whole story is checked.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chaishots.content.catalog import statements
from chaishots.content.editing.lessons import (
    archive_lesson,
    publish_lesson,
    restore_lesson,
    schedule_lesson,
    unschedule_lesson,
)
from chaishots.content.editing.programs import archive_program, change_program, restore_program
from chaishots.content.errors import ContentError
from chaishots.content.lifecycle import LESSON_TRANSITIONS, PROGRAM_TRANSITIONS, ProgramStatus, Status
from chaishots.database.connection import Connection
from chaishots.database.pool import open_pool
from chaishots.scheduler.publisher import publish_due
from tests.builders import ASSETS, a_lesson, a_program, a_term
from tests.conftest import EMPTY, Database

PROGRAMS, LESSONS = 2, 4
STEPS = [
    unschedule_lesson,
    publish_lesson,
    archive_lesson,
    restore_lesson,
]


class Walk(RuleBasedStateMachine):
    """Two programs of two lessons each, walked through by editors and passes of the publisher."""

    dsn: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open = AsyncExitStack()
        self.first_published: dict[UUID, datetime] = {}

    @initialize(bare=st.booleans())
    def begin(self, bare: bool) -> None:
        self.run(self._begin(bare=bare))

    async def _begin(self, *, bare: bool) -> None:
        await self.open.enter_async_context(open_pool(self.dsn, application_name="chaishots:tests:pool"))
        self.sql: Connection = await asyncpg.connect(self.dsn)
        await self.sql.execute(EMPTY)
        self.programs = [await a_program(self.sql, posters={} if bare else ASSETS) for _ in range(PROGRAMS)]
        terms = [await a_term(self.sql, program) for program in self.programs]
        self.lessons = [await a_lesson(self.sql, terms[place % PROGRAMS]) for place in range(LESSONS)]

    def teardown(self) -> None:
        if hasattr(self, "sql"):
            self.run(self._end())
        self.runner.close()

    async def _end(self) -> None:
        await self.sql.close()
        await self.open.aclose()

    @rule(lesson=st.integers(0, LESSONS - 1), step=st.sampled_from(STEPS))
    def step(self, lesson: int, step: Callable[..., Awaitable[Any]]) -> None:
        self.edit(step(self.lessons[lesson], actor="asha"))

    @rule(lesson=st.integers(0, LESSONS - 1), minutes=st.integers(1, 60))
    def schedule(self, lesson: int, minutes: int) -> None:
        async def scheduled() -> None:
            at = await self.sql.fetchval("select clock_timestamp()") + timedelta(minutes=minutes)
            await schedule_lesson(self.lessons[lesson], at, actor="asha")

        self.edit(scheduled())

    @rule(program=st.integers(0, PROGRAMS - 1), archive=st.booleans())
    def hide_or_bring_back(self, program: int, archive: bool) -> None:
        command = archive_program if archive else restore_program
        self.edit(command(self.programs[program], actor="asha"))

    @rule(program=st.integers(0, PROGRAMS - 1), there=st.booleans())
    def posters(self, program: int, there: bool) -> None:
        posters: dict[str, Any] = ASSETS if there else {"en": None}
        self.edit(change_program(self.programs[program], {"posters": posters}, actor="asha"))

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.run(
            self.sql.execute(
                "update lesson set publish_at = publish_at - make_interval(mins => $1) where status = 'scheduled'",
                minutes,
            )
        )

    @rule()
    def publisher_passes(self) -> None:
        self.run(publish_due(self.sql, actor="replica-1"))

    @invariant()
    def the_story_holds(self) -> None:
        if hasattr(self, "sql"):
            self.run(self._check())

    async def _check(self) -> None:
        lessons = await self.sql.fetch(
            """select lesson.id, lesson.status, lesson.published_at, program.status as program_status
                 from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id"""
        )
        for lesson in lessons:
            if lesson["published_at"] is not None:
                assert self.first_published.setdefault(lesson["id"], lesson["published_at"]) == lesson["published_at"]
            told = await self._told(lesson["id"])
            assert told[-1] == lesson["status"]
            assert all(Status(after) in LESSON_TRANSITIONS[Status(before)] for before, after in _steps(told))
        for program in self.programs:
            told = await self._told(program)
            steps = _steps(told)
            assert all(ProgramStatus(after) in PROGRAM_TRANSITIONS[ProgramStatus(before)] for before, after in steps)
        public = {
            str(lesson["id"])
            for lesson in lessons
            if (lesson["status"], lesson["program_status"]) == ("published", "published")
        }
        assert await self._shown() == public
        assert not [
            lesson for lesson in lessons if (lesson["status"], lesson["program_status"]) == ("published", "draft")
        ]

    async def _told(self, key: UUID) -> list[str]:
        lines = await self.sql.fetch(
            "select after ->> 'status' as status from activity where object_id = $1 and after ? 'status' order by seq",
            key,
        )
        return [line["status"] for line in lines]

    async def _shown(self) -> set[str]:
        page = json.loads((await statements.programs(self.sql, limit=100)).document)
        return {lesson["id"] for program in page["programs"] for term in program["terms"] for lesson in term["lessons"]}

    def edit(self, command: Awaitable[Any]) -> None:
        """Run a command that the rules may refuse; anything but a refusal of theirs fails the walk."""

        async def attempt() -> None:
            with suppress(ContentError):
                await command

        self.run(attempt())

    def run(self, work: Awaitable[Any]) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(30):
                await work

        self.runner.run(bounded())


def _steps(told: list[str]) -> list[tuple[str, str]]:
    return [(before, after) for before, after in itertools.pairwise(told) if before != after]


def test_no_order_of_edits_and_passes_breaks_the_lifecycle(fresh_database: Database) -> None:
    walk = type("WalkHere", (Walk,), {"dsn": fresh_database.dsn})
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
