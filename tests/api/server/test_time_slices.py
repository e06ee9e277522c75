"""Slices: what can wait is done in order, and others have their turns meanwhile."""

import asyncio
import itertools
import time
from functools import partial

import pytest

from chaishots.api.server.time_slices import Slices

MOST_IN_A_SLICE = 3


async def test_who_is_not_in_the_queue_has_a_turn_after_every_slice() -> None:
    slices = Slices(0.002)
    done: list[int] = []

    def work(number: int) -> None:
        until = time.perf_counter() + 0.001
        while time.perf_counter() < until:
            pass
        done.append(number)

    for number in range(20):
        slices.add(partial(work, number))
    seen = [0]
    while seen[-1] < 20:
        await asyncio.sleep(0)
        seen.append(len(done))

    assert done == list(range(20))
    assert max(after - before for before, after in itertools.pairwise(seen)) <= MOST_IN_A_SLICE


async def test_what_fails_holds_up_nothing() -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    slices = Slices(0.01)
    done = asyncio.Event()

    def fail() -> None:
        raise ValueError

    for each in (fail, fail, done.set):
        slices.add(each)
    await asyncio.wait_for(done.wait(), 5)


@pytest.mark.parametrize("seconds", [0, 0.01])
async def test_what_is_added_meanwhile_is_done_too(seconds: float) -> None:
    slices = Slices(seconds)
    done = asyncio.Event()
    slices.add(lambda: slices.add(done.set))
    await asyncio.wait_for(done.wait(), 5)
