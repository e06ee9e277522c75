"""Runs one call at a time for each key. Whoever asks for the same key meanwhile gets its result.

Knows nothing of what is run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from chaishots.api.request_tasks import RequestTasks

T = TypeVar("T")
Run = Callable[[], Awaitable[T]]


class _Flight(Generic[T]):
    """A run that is under way, and the one that follows it when somebody waits for a later one."""

    def __init__(self, concerns: Callable[[], object | None]) -> None:
        self.concerns = concerns
        self.waiting: list[asyncio.Future[T]] = []
        self.following: list[asyncio.Future[T]] = []
        self.began_under = concerns()


class Flights(Generic[T]):
    """The runs under way. Each is a task of its own: whoever waits may leave, and the others still get the result."""

    def __init__(self, tasks: RequestTasks, *, concerns: Callable[[], object | None]) -> None:
        """Take what tells the state of the world: who asks may share a run that began in the same state.

        State None: freshness is unknown, so nobody shares a run that has begun. All who come meanwhile share the next.
        """
        self._concerns = concerns
        self._under_way: dict[Hashable, _Flight[T]] = {}
        self._tasks = tasks

    def is_under_way(self, key: Hashable) -> bool:
        """Whether there is a run for this key."""
        return key in self._under_way

    def join(
        self, key: Hashable, run: Run[T], concerns: Callable[[], object | None] | None = None
    ) -> "tuple[asyncio.Future[T], bool]":
        """What will be the result, and whether it is that of a run that somebody else asked for.

        `concerns`: what tells the state of the world for this key, where it is another.

        The future is the caller's own: it may be awaited, and cancelled, without regard to others.
        """
        own: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = _Flight(concerns or self._concerns)
            flight.waiting.append(own)
            self._tasks.start(self._fly(key, flight, run), name="single flight")
            return own, False
        is_shareable = flight.began_under is not None and flight.began_under is flight.concerns()
        waiting = flight.waiting if is_shareable else flight.following
        waiting.append(own)
        return own, len(waiting) > 1

    async def _fly(self, key: Hashable, flight: _Flight[T], run: Run[T]) -> None:
        try:
            while flight.waiting:
                try:
                    result = await run()
                except Exception as error:  # noqa: BLE001  # for those who wait to see
                    for waiting in _present(flight.waiting):
                        waiting.set_exception(error)
                        waiting.exception()  # whoever asked may not look
                else:
                    for waiting in _present(flight.waiting):
                        waiting.set_result(result)
                flight.waiting, flight.following = flight.following, []
                flight.began_under = flight.concerns()
        finally:
            del self._under_way[key]
            for waiting in _present([*flight.waiting, *flight.following]):
                waiting.cancel()


def _present(waiting: "list[asyncio.Future[T]]") -> "list[asyncio.Future[T]]":
    return [future for future in waiting if not future.done()]
