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

from chaishots.content.catalog import preview, statements
from chaishots.content.editing.lessons import (
    archive_lesson,
    publish_lesson,
    restore_lesson,
    schedule_lesson,
    unschedule_lesson,
)
from chaishots.content.editing.programs import archive_program, change_program, restore_program
from chaishots.content.editing.releases import (
    add_lessons,
    cancel_release,
    create_release,
    end_lessons,
    schedule_release,
    take_out_lesson,
    unschedule_release,
)
from chaishots.content.editing.revert_change import revert_change
from chaishots.content.editing.revert_release import revert_release
from chaishots.content.editing.scheduled_changes import cancel_change, schedule_change
from chaishots.content.errors import ContentError
from chaishots.content.lifecycle import LESSON_TRANSITIONS, PROGRAM_TRANSITIONS, ObjectType, ProgramStatus, Status
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
    """Two programs of two lessons each and a release, walked through by editors and passes of the publisher."""

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
        self.releases = [(await create_release("Ugadi", actor="asha")).id]

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

    @rule(minutes=st.integers(1, 60), made=st.booleans())
    def move_a_release(self, minutes: int, made: bool) -> None:
        async def moved() -> None:
            if made:
                self.releases.append((await create_release("Diwali", actor="asha")).id)
            at = await self.sql.fetchval("select clock_timestamp()") + timedelta(minutes=minutes)
            await schedule_release(self.releases[-1], at, actor="asha")

        self.edit(moved())

    @rule(step=st.sampled_from([unschedule_release, cancel_release, revert_release]))
    def step_of_a_release(self, step: Callable[..., Awaitable[Any]]) -> None:
        self.edit(step(self.releases[-1], actor="asha"))

    @rule(lesson=st.integers(0, LESSONS - 1), command=st.sampled_from([add_lessons, end_lessons]))
    def join(self, lesson: int, command: Callable[..., Awaitable[Any]]) -> None:
        self.edit(command(self.releases[-1], [self.lessons[lesson]], actor="asha"))

    @rule(lesson=st.integers(0, LESSONS - 1))
    def leave(self, lesson: int) -> None:
        self.edit(take_out_lesson(self.releases[-1], self.lessons[lesson], actor="asha"))

    @rule(
        thing=st.integers(0, LESSONS + PROGRAMS - 1),
        minutes=st.integers(0, 60),
        number=st.integers(1, 9),
        posters=st.sampled_from([None, ASSETS, {"en": None}]),
    )
    def change(self, thing: int, minutes: int, number: int, posters: Any) -> None:
        async def changed() -> None:
            patch: dict[str, Any] = {"title": f"Number {number}"}
            is_lesson = thing < LESSONS
            key = self.lessons[thing] if is_lesson else self.programs[thing - LESSONS]
            if not is_lesson and posters:
                patch["posters"] = posters
            at = await self.sql.fetchval("select clock_timestamp()") + timedelta(minutes=minutes)
            when: Any = {"apply_at": at} if minutes else {"release_id": self.releases[-1]}
            kind = ObjectType.LESSON if is_lesson else ObjectType.PROGRAM
            await schedule_change(kind, key, patch, **when, actor="asha")

        self.edit(changed())

    @rule()
    def call_off_the_newest_change(self) -> None:
        async def called_off() -> None:
            newest = await self.sql.fetchval("select id from change order by id desc limit 1")
            if newest is not None:
                await cancel_change(newest, actor="asha")

        self.edit(called_off())

    @rule(back=st.integers(0, 5), force=st.booleans())
    def take_back(self, back: int, force: bool) -> None:
        async def taken_back() -> None:
            newest = await self.sql.fetchval("select max(seq) from activity")
            await revert_change(newest - back, force=force, actor="asha")

        self.edit(taken_back())

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.run(self._let_pass(minutes))

    async def _let_pass(self, minutes: int) -> None:
        for table, moment, condition in (
            ("release", "publish_at", "true"),
            ("lesson", "publish_at", "release_id is null"),
            ("change", "apply_at", "release_id is null"),
        ):
            await self.sql.execute(
                f"update {table} set {moment} = {moment} - make_interval(mins => $1) where status = 'scheduled'"
                f" and {condition}",
                minutes,
            )

    @rule(minutes=st.integers(1, 90))
    def what_was_foreseen_comes(self, minutes: int) -> None:
        self.run(self._compare_with_preview(minutes))

    async def _compare_with_preview(self, minutes: int) -> None:
        await self._publish_all()
        refused = await self.sql.fetchval("select count(*) from change where error is not null")
        at = await self.sql.fetchval("select clock_timestamp()") + timedelta(minutes=minutes)
        foreseen = _public(await preview.programs(self.sql, at, limit=100))
        await self._let_pass(minutes)
        await self._publish_all()
        # Whether the rules will take a change is known when it falls due; all else is foreseen.
        if refused == await self.sql.fetchval("select count(*) from change where error is not null"):
            assert _public((await statements.programs(self.sql, limit=100)).document) == foreseen

    async def _publish_all(self) -> None:
        while (await publish_due(self.sql, actor="replica-1")).is_full:
            pass

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
        # All of a release, or none of it; and each change once.
        assert not await self.sql.fetchval(
            """select count(*) from release join change on change.release_id = release.id
                where release.status = 'published' and change.status = 'scheduled'"""
        )
        assert not await self.sql.fetch(
            """select object_id from activity where action = 'change.apply' group by object_id having count(*) > 1"""
        )
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


def _public(document: str) -> Any:
    programs = json.loads(document)["programs"]
    return {
        program["id"]: (
            program["title"],
            [(lesson["id"], lesson["title"]) for term in program["terms"] for lesson in term["lessons"]],
        )
        for program in programs
    }


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
