"""Several calls at once: their results in order, and nothing left over when one fails."""

import asyncio

import pytest

from chaishots.concurrency import run_all


async def test_results_come_in_the_order_of_the_arguments_and_no_more_run_at_once_than_may() -> None:
    running, most = 0, 0

    async def run(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(10 - number):
            await asyncio.sleep(0)
        running -= 1
        return number * number

    assert await run_all(run, range(10), at_once=3) == [number * number for number in range(10)]
    assert most == 3


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_when_one_fails_or_the_caller_leaves_the_others_have_ended_by_then(*, is_cancelled: bool) -> None:
    started, ended = asyncio.Event(), list[str]()

    async def run(name: str) -> None:
        if name == "bad" and not is_cancelled:
            await started.wait()
            raise ValueError(name)
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # an end that takes more than a turn of the loop
            ended.append(name)

    running = asyncio.create_task(run_all(run, ["one", "bad", "two"], at_once=3))
    await started.wait()
    if is_cancelled:
        running.cancel()
    with pytest.raises(asyncio.CancelledError if is_cancelled else ValueError):
        await running

    assert {"one", "two"} <= {*ended}
