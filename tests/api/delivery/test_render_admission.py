"""Statements take turns: a few at a time, and who waits goes along with others."""

import asyncio
from uuid import UUID

import httpx2
import pytest

from chaishots.api.delivery import render_admission
from chaishots.content.catalog.statements import TOGETHER
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.api.delivery.test_asgi_app import locked
from tests.builders import a_public_program
from tests.cluster import eventually

_HELD_UP = "select count(*) from pg_locks where relation = 'program'::regclass and not granted"


async def test_who_waits_is_read_with_others_and_each_gets_his_own(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[int] = []
    render = render_admission._render

    async def noted(together: list[render_admission._Waiting]) -> None:
        widths.append(len(together))
        await render(together)

    monkeypatch.setattr(render_admission, "_render", noted)
    programs = [await a_public_program(sql, title=f"Program {number}") for number in range(30)]
    await whole.has_heard(sql)
    asked = [*programs[:10], UUID(int=0), *programs[10:]]
    async with asyncio.TaskGroup() as tasks, locked(sql):
        answers = [tasks.create_task(whole.client.get(f"/catalog/programs/{key}")) for key in asked]
        lists = [tasks.create_task(whole.client.get(f"/catalog/programs?limit={number}")) for number in (1, 2)]
        await eventually(lambda: _have_come(whole, len(asked) + len(lists)))
        await eventually(lambda: _is_full(sql))
        assert whole.app.statistics.queued > 0

    told = {key: task.result() for key, task in zip(asked, answers, strict=True)}
    assert told.pop(UUID(int=0)).status_code == 404
    assert {key: answer.json()["title"] for key, answer in told.items()} == {
        key: f"Program {number}" for number, key in enumerate(programs)
    }
    assert [len(task.result().json()["programs"]) for task in lists] == [1, 2]
    assert sum(widths) == len(asked) + len(lists)
    assert max(widths) == TOGETHER
    assert len(widths) < len(asked) / 2


async def test_who_asks_for_the_same_while_nothing_is_kept_has_it_rendered_for_himself(
    cold: Served, sql: Connection
) -> None:
    program = await a_public_program(sql)
    async with asyncio.TaskGroup() as tasks, locked(sql):
        answers = [
            tasks.create_task(cold.client.get(path))
            for path in (f"/catalog/programs/{program}", "/catalog/programs")
            for _ in range(12)
        ]
        await eventually(lambda: _have_come(cold, len(answers)))
    assert {task.result().status_code for task in answers} == {200}
    assert cold.app.statistics.renders == len(answers)


async def test_nobody_waits_for_a_turn_longer_than_a_statement_may_take(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_admission, "STATEMENT_SECONDS", 0.5)
    async with asyncio.TaskGroup() as tasks, locked(sql):
        ways = [f"/catalog/programs?limit={number}" for number in range(1, 21)]
        answers: list[asyncio.Task[httpx2.Response]] = [tasks.create_task(whole.client.get(way)) for way in ways]
        async with asyncio.timeout(10):
            assert {(await task).status_code for task in answers} == {429}


async def test_who_waits_behind_a_locked_table_is_told_as_soon_as_who_met_it(whole: Served, sql: Connection) -> None:
    began = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as tasks, locked(sql):
        ways = ["/catalog/topics", *(f"/catalog/programs?limit={number}" for number in range(1, 11))]
        answers: list[asyncio.Task[httpx2.Response]] = [tasks.create_task(whole.client.get(way)) for way in ways]
        async with asyncio.timeout(10):
            told = [(await task).json() for task in answers]
    assert {(problem["status"], problem["code"]) for problem in told} == {(503, "database_busy")}
    assert {task.result().headers["retry-after"] for task in answers} == {"1"}
    assert asyncio.get_running_loop().time() - began < 4  # 5 and more, each two after the other


async def _have_come(served: Served, number: int) -> bool:
    return served.app.statistics.renders == number


async def _is_full(sql: Connection) -> bool:
    return await sql.fetchval(_HELD_UP) == render_admission.FIRST_AT_A_TIME


@pytest.mark.alone
async def test_what_is_held_comes_before_what_is_asked_for_the_first_time_however_much_that_is(
    whole: Served, sql: Connection
) -> None:
    await a_public_program(sql)
    await whole.client.get("/catalog/programs")
    await sql.execute("update program set title = 'Changed'")
    await whole.has_heard(sql)
    async with asyncio.TaskGroup() as tasks:
        async with locked(sql):
            first = [
                tasks.create_task(whole.client.get(f"/catalog/programs?topic=t{number}"))
                for number in range(2 * render_admission.FIRST_WAITING)
            ]
            refused = await asyncio.wait_for(_some_done(first), 10)
            renewal = tasks.create_task(whole.client.get("/catalog/programs"))
            await eventually(lambda: _held_up(sql, render_admission.FIRST_AT_A_TIME + 1))
            editors = whole.client.get("/cms/programs", headers={"Authorization": "Bearer no"})
            assert (await editors).status_code == 401
            assert (await whole.client.get("/health")).status_code == 200
        renewed = await renewal

    assert renewed.json()["programs"][0]["title"] == "Changed"
    told = [task.result() for task in first]
    assert (
        len(refused)
        == 2 * render_admission.FIRST_WAITING - render_admission.FIRST_WAITING - render_admission.FIRST_AT_A_TIME
    )
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(429, "overloaded")}
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert sum(answer.status_code == 200 for answer in told) == len(told) - len(refused)
    assert not whole.app._breaker.is_open


async def test_long_lists_shut_out_nothing_that_is_small(whole: Served, sql: Connection) -> None:
    program = await a_public_program(sql)
    await whole.has_heard(sql)
    async with asyncio.TaskGroup() as tasks, locked(sql):
        long = [
            tasks.create_task(whole.client.get(f"/catalog/programs?limit=100&topic=t{number}"))
            for number in range(2 * render_admission.FIRST_WAITING)
        ]
        given = 1 + render_admission.FIRST_LONG_WAITING
        await eventually(lambda: asyncio.sleep(0, sum(task.done() for task in long) == len(long) - given))
        small = [
            tasks.create_task(whole.client.get(path))
            for path in (f"/catalog/programs/{program}", "/catalog/programs?limit=1", "/catalog/topics")
        ]
        await eventually(lambda: asyncio.sleep(0, whole.app.statistics.queued == len(small) - 1 + given - 1))
        await eventually(lambda: _held_up(sql, 2))  # one long list, and one of what is small

    assert {task.result().status_code for task in small} == {200}


async def test_a_short_list_that_is_old_waits_for_no_long_ones(whole: Served, sql: Connection) -> None:
    await a_public_program(sql)
    await whole.has_heard(sql)
    long = [f"/catalog/programs?limit={number}" for number in range(50, 56)]
    for path in (*long, "/catalog/programs"):
        await whole.client.get(path)
    await sql.execute("update program set title = 'Changed'")
    await whole.has_heard(sql)
    async with asyncio.TaskGroup() as tasks, locked(sql):
        renewals = [tasks.create_task(whole.client.get(path)) for path in long]
        await eventually(lambda: _held_up(sql, render_admission.LONG_AT_A_TIME))
        await eventually(
            lambda: asyncio.sleep(0, whole.app.statistics.queued == len(long) - render_admission.LONG_AT_A_TIME)
        )
        short = tasks.create_task(whole.client.get("/catalog/programs"))
        await eventually(lambda: _held_up(sql, render_admission.LONG_AT_A_TIME + 1))

    assert {task.result().json()["programs"][0]["title"] for task in (short, *renewals)} == {"Changed"}


async def _some_done(tasks: list[asyncio.Task[httpx2.Response]]) -> list[httpx2.Response]:
    """The answers that came while the others wait."""
    expected = len(tasks) - render_admission.FIRST_WAITING - render_admission.FIRST_AT_A_TIME
    await eventually(lambda: asyncio.sleep(0, sum(task.done() for task in tasks) == expected))
    return [task.result() for task in tasks if task.done()]


async def _held_up(sql: Connection, number: int) -> bool:
    return await sql.fetchval(_HELD_UP) == number
