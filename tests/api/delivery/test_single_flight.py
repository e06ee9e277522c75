"""One run at a time for each key, and each who waits has a future of his own."""

import asyncio

import pytest

from chaishots.api.delivery.single_flight import Flights
from chaishots.api.request_tasks import RequestTasks


class Runs:
    """Runs that end when they are told to, each with its number."""

    def __init__(self) -> None:
        self.begun = 0
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        self.has_begun.set()
        number = self.begun
        await self.may_end.wait()
        return number


async def test_who_asks_in_the_same_state_shares_a_run_and_who_asks_later_shares_the_next() -> None:
    states, runs = [object()], Runs()
    flights: Flights[int] = Flights(RequestTasks(), concerns=lambda: states[-1])
    first, shares_first = flights.join("key", runs)
    second, shares_second = flights.join("key", runs)
    await asyncio.wait_for(runs.has_begun.wait(), 5)
    states.append(object())
    third, shares_third = flights.join("key", runs)
    fourth, shares_fourth = flights.join("key", runs)
    runs.may_end.set()

    assert await asyncio.wait_for(asyncio.gather(first, second, third, fourth), 5) == [1, 1, 2, 2]
    assert (shares_first, shares_second, shares_third, shares_fourth) == (False, True, False, True)
    assert not flights.is_under_way("key")


async def test_in_no_state_nobody_shares_a_run_that_has_begun() -> None:
    runs = Runs()
    flights: Flights[int] = Flights(RequestTasks(), concerns=lambda: None)
    first, _ = flights.join("key", runs)
    second, _ = flights.join("key", runs)
    runs.may_end.set()
    assert await asyncio.wait_for(asyncio.gather(first, second), 5) == [1, 2]


async def test_who_leaves_takes_the_result_from_nobody() -> None:
    runs, state = Runs(), object()
    flights: Flights[int] = Flights(RequestTasks(), concerns=lambda: state)
    first, _ = flights.join("key", runs)
    second, _ = flights.join("key", runs)
    first.cancel()
    runs.may_end.set()
    assert await asyncio.wait_for(second, 5) == 1


async def test_a_run_that_fails_fails_for_all_who_wait_and_the_next_is_begun() -> None:
    states = [object()]
    flights: Flights[int] = Flights(RequestTasks(), concerns=lambda: states[-1])
    goes_on = asyncio.Event()

    async def failing() -> int:
        await goes_on.wait()
        if len(states) == 1:
            states.append(object())
            raise ZeroDivisionError
        return len(states)

    first, _ = flights.join("key", failing)
    second, _ = flights.join("key", failing)
    goes_on.set()
    for waiting in (first, second):
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(waiting, 5)
    assert await asyncio.wait_for(flights.join("key", failing)[0], 5) == 2
