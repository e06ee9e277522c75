"""Looks that are shared: as few as are told, as fresh as can be had soon, and never older than a second."""

import asyncio

import pytest

from chaishots.api.delivery import probe_cache
from chaishots.api.delivery.probe_cache import A_SECOND, Looks
from chaishots.api.request_tasks import RequestTasks


class Sight:
    """Something to look at, which a look may have to wait for."""

    def __init__(self) -> None:
        self.times = 0
        self.is_free = asyncio.Event()
        self.is_free.set()
        self.fails = False
        self.looks = Looks(self._look, RequestTasks())

    async def _look(self) -> int:
        self.times += 1
        seen = self.times
        await self.is_free.wait()
        if self.fails:
            raise ConnectionError
        return seen


async def test_a_look_is_had_anew_where_nothing_keeps_it() -> None:
    sight = Sight()
    assert [await sight.looks.share() for _ in range(3)] == [1, 2, 3]


async def test_one_look_is_shared_by_all_who_come_while_it_goes_on() -> None:
    sight = Sight()
    assert await asyncio.gather(*(sight.looks.share() for _ in range(50))) == [1] * 50


async def test_a_look_that_takes_long_keeps_nobody_waiting_while_the_last_one_is_recent() -> None:
    sight = Sight()
    await sight.looks.share()
    sight.is_free.clear()
    async with asyncio.timeout(probe_cache.RECENT_SECONDS):
        assert await asyncio.gather(*(sight.looks.share(within_s=0.01) for _ in range(50))) == [1] * 50
    assert sight.times == 2, "and it goes on meanwhile"
    sight.is_free.set()
    assert await sight.looks.share() == 2


async def test_what_is_no_longer_recent_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sight = Sight()
    await sight.looks.share()
    sight.is_free.clear()
    monkeypatch.setattr(probe_cache, "RECENT_SECONDS", 0)
    asking = asyncio.create_task(sight.looks.share(within_s=0.01))
    await asyncio.wait({asking}, timeout=0.2)
    assert not asking.done()
    sight.is_free.set()
    assert await asking == 2


async def test_a_failure_is_told_and_not_what_was_seen_before() -> None:
    sight = Sight()
    await sight.looks.share()
    sight.fails = True
    with pytest.raises(ConnectionError):
        await sight.looks.share()
    sight.is_free.clear()
    with pytest.raises(ConnectionError):
        await sight.looks.share(within_s=0.01)
    assert sight.times == 3


async def test_who_leaves_takes_no_look_away_from_others() -> None:
    sight = Sight()
    sight.is_free.clear()
    first, second = (asyncio.create_task(sight.looks.share()) for _ in range(2))
    await asyncio.wait({first, second}, timeout=0.01)
    first.cancel()
    sight.is_free.set()
    assert await second == 1


async def test_a_flood_costs_some_looks_a_second_and_what_was_seen_lies_ready() -> None:
    sight = Sight()
    assert sight.looks.at_hand() is None
    seen = [await sight.looks.share() for _ in range(20 * A_SECOND)]
    assert A_SECOND <= sight.times <= A_SECOND + 2
    assert seen[-1] == sight.times
    assert sight.looks.at_hand() in (None, sight.times), "none when the next look may begin already"
