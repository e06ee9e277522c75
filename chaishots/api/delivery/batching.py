"""Statements for answers take turns: a few at a time, and who has to wait goes along with others of its kind in one.

A database has as many hands as processors: asked for more at a time it is slower at each. And a statement that reads
several programs costs much less than one for each, on either side. So when a change has made everything old, many
programs are rendered anew in few statements, and a single one at once.

What is asked for the first time comes after what is held and only old, in no more than half of the statements at a
time, and no more of it may wait than is answered in a second or so: anybody can ask for ever other things. Must not
know how an answer is kept.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from chaishots.api.delivery.queries import Key, Read
from chaishots.content.catalog.projection import Reader
from chaishots.content.catalog.statements import TOGETHER, Rendering
from chaishots.database.connection import STATEMENT_SECONDS, Share, current_share, reading
from chaishots.database.troubles import Overloaded

AT_A_TIME: Final = Share.READS.value[0]
"""Statements that run at a time; the share that the pool has for them."""
FIRST_AT_A_TIME: Final = 2
FIRST_WAITING: Final = 64
"""Statements for what is asked for the first time: how many run at a time, and how many may wait."""
_LEAST_SECONDS: Final = 0.5
"""With less time than that left, Postgres is not asked any more."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    read: Read
    until: float
    done: "asyncio.Future[Rendering]"


class _Queue:
    """Who waits, by kind of what is read; the kind that waits longest comes first."""

    def __init__(self) -> None:
        self._kinds: dict[Key, deque[_Waiting]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._kinds.values()))

    @property
    def statements(self) -> int:
        """How many statements it takes to answer them."""
        return sum(-(-len(queue) // _width(queue[0].read)) for queue in self._kinds.values())

    def put(self, waiting: _Waiting) -> None:
        self._kinds.setdefault(waiting.read.kind, deque()).append(waiting)

    def withdraw(self, waiting: _Waiting) -> None:
        """Take back what was put there last."""
        queue = self._kinds[waiting.read.kind]
        queue.pop()
        if not queue:
            del self._kinds[waiting.read.kind]

    def take(self) -> list[_Waiting]:
        """Those who are answered in the next statement."""
        kind, queue = next(iter(self._kinds.items()))
        del self._kinds[kind]
        together = [queue.popleft() for _ in range(min(_width(queue[0].read), len(queue)))]
        if queue:
            self._kinds[kind] = queue
        return together


class Turns:
    """Who waits for an answer to be rendered: whose answer is held and old, and who asks for the first time."""

    def __init__(self) -> None:
        self._renewals = _Queue()
        self._first = _Queue()
        self._at_work: set[asyncio.Task[None]] = set()
        self._free = AT_A_TIME
        self._free_for_first = FIRST_AT_A_TIME

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._renewals) + len(self._first)

    async def rendered(self, read: Read, *, is_held: bool = False) -> Rendering:
        """Render what anybody may read, within STATEMENT_SECONDS.

        Args:
            is_held: whether it was rendered before, and is only old.
        Raises: NotFound, DatabaseTrouble; Overloaded at once when too much is asked for the first time.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(read, loop.time() + STATEMENT_SECONDS, loop.create_future())
        queue = self._renewals if is_held else self._first
        queue.put(waiting)
        if not is_held and queue.statements > FIRST_WAITING:
            queue.withdraw(waiting)
            raise Overloaded("Too much is asked for that nobody asked for lately.")
        if self._free and self._has_next():
            self._free -= 1
            task = asyncio.create_task(self._work(), name="renders")
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        return await waiting.done

    def _has_next(self) -> bool:
        return bool(len(self._renewals) or (len(self._first) and self._free_for_first))

    async def _work(self) -> None:
        # Whoever began this has his answer from another, maybe: its share is that of all.
        current_share.set(Share.READS)
        try:
            while self._has_next():
                is_first = not len(self._renewals)
                self._free_for_first -= is_first
                together = (self._first if is_first else self._renewals).take()
                try:
                    await _render(together)
                finally:
                    self._free_for_first += is_first
                    for waiting in together:
                        waiting.done.cancel()  # of use only where no answer was given
        finally:
            self._free += 1


def _width(read: Read) -> int:
    return TOGETHER if read.subject else 1


async def _render(together: list[_Waiting]) -> None:
    first = together[0]
    ids = [waiting.read.subject for waiting in together if waiting.read.subject]
    # Whoever came first has the least time left.
    left_s = first.until - asyncio.get_running_loop().time()
    try:
        if left_s < _LEAST_SECONDS:
            raise Overloaded("It was not rendered in time: too much else was.")
        async with reading(left_s) as connection:
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
