"""Statements for answers take turns: a few at a time, and who has to wait goes along with others of its kind in one.

A database has as many hands as processors: asked for more at a time it is slower at each. And a statement that reads
several programs costs much less than one for each, on either side. So when a change has made everything old, many
programs are rendered anew in few statements, and a single one at once. Must not know how an answer is kept.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from chaishots.api.reads import Key, Read
from chaishots.content.catalog import TOGETHER, Rendering
from chaishots.content.catalog_view import Reader
from chaishots.database.connection import STATEMENT_SECONDS, reading

AT_A_TIME: Final = 4
"""Statements that run at a time; fewer than the pool has connections, which editors need too."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    read: Read
    until: float
    done: "asyncio.Future[Rendering]"


class Turns:
    """Who waits for an answer to be rendered, by kind of what is read; the kind that waits longest comes first."""

    def __init__(self) -> None:
        self._waiting: dict[Key, deque[_Waiting]] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self._free = AT_A_TIME

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._waiting.values()))

    async def rendered(self, read: Read) -> Rendering:
        """Render what anybody may read, within STATEMENT_SECONDS. Raises: NotFound, DatabaseAway."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(read, loop.time() + STATEMENT_SECONDS, loop.create_future())
        self._waiting.setdefault(read.kind, deque()).append(waiting)
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._work(), name="renders")
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        return await waiting.done

    async def _work(self) -> None:
        try:
            while self._waiting:
                together = self._next()
                try:
                    await _render(together)
                finally:
                    for waiting in together:
                        waiting.done.cancel()  # of use only where no answer was given
        finally:
            self._free += 1

    def _next(self) -> list[_Waiting]:
        kind, queue = next(iter(self._waiting.items()))
        del self._waiting[kind]
        width = TOGETHER if queue[0].read.subject else 1
        together = [queue.popleft() for _ in range(min(width, len(queue)))]
        if queue:
            self._waiting[kind] = queue
        return together


async def _render(together: list[_Waiting]) -> None:
    first = together[0]
    ids = [waiting.read.subject for waiting in together if waiting.read.subject]
    try:
        # Whoever came first has the least time left.
        async with reading(first.until - asyncio.get_running_loop().time()) as connection:
            found = await first.read.render(connection, Reader.ANYBODY, ids)
    except Exception as error:  # noqa: BLE001  # for those who wait to see
        found = [error] * len(together)
    for waiting, rendering in zip(together, found, strict=True):
        if waiting.done.done():
            continue
        if isinstance(rendering, Exception):
            waiting.done.set_exception(rendering)
        else:
            waiting.done.set_result(rendering)
