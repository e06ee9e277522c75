"""One run at a time for each key, while all who ask for the same wait for it.

Knows nothing of what is run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
Run = Callable[[], Awaitable[T]]


class _Flight(Generic[T]):
    """A run that is under way, and the one that follows it when somebody waits for a later one."""

    def __init__(self, done: "asyncio.Future[T]") -> None:
        self.done = done
        self.following: asyncio.Future[T] | None = None
        self.began_under: object | None = None


class Flights(Generic[T]):
    """The runs under way. Each is a task of its own: whoever waits may leave, and the others still get the result."""

    def __init__(self, *, concerns: Callable[[], object | None]) -> None:
        """Take what tells the state of the world: who asks may share a run that began in the same state.

        In the state None nobody knows whether anything changed, and every run may be too old for who asks now.
        """
        self._concerns = concerns
        self._under_way: dict[Hashable, _Flight[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def is_under_way(self, key: Hashable) -> bool:
        """Whether there is a run for this key."""
        return key in self._under_way

    def join(self, key: Hashable, run: Run[T]) -> "tuple[asyncio.Future[T], bool]":
        """What will be the result, and whether it is that of a run that somebody else asked for.

        Wait for it with `asyncio.wait`: to await it and be cancelled would cancel it for all.
        """
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = _Flight(asyncio.get_running_loop().create_future())
            flight.began_under = self._concerns()
            task = asyncio.create_task(self._fly(key, flight, run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return flight.done, False
        if flight.began_under is not None and flight.began_under is self._concerns():
            return flight.done, True
        if flight.following is None:
            flight.following = asyncio.get_running_loop().create_future()
            return flight.following, False
        return flight.following, True

    async def _fly(self, key: Hashable, flight: _Flight[T], run: Run[T]) -> None:
        try:
            while True:
                try:
                    flight.done.set_result(await run())
                except Exception as error:  # noqa: BLE001  # for those who wait to see
                    flight.done.set_exception(error)
                    flight.done.exception()  # they may all have left
                if flight.following is None:
                    break
                flight.done, flight.following = flight.following, None
                flight.began_under = self._concerns()
        finally:
            del self._under_way[key]
            for waited_for in (flight.done, flight.following):
                if waited_for is not None and not waited_for.done():
                    waited_for.cancel()
