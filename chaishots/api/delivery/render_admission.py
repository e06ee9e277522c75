"""Limits how many render statements run at once, and reads what waits, up to 8 of one kind, in one statement.

More statements than the database has processors make each slower, and one statement for several programs costs much
less than one for each. So after a change that makes everything old, a few statements render many programs.

Answers that are in the store and old come first, and small ones before large ones, which never get all statements.
What is asked for the first time gets half of them at most, shared between the sizes, and a bounded queue: about as
many as are answered in a second, because anybody can ask for new things without end. Must not know how an answer is
kept.
"""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from chaishots.api.delivery.catalog_reads import Key, Read
from chaishots.api.request_tasks import RequestTasks
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.statements import TOGETHER, Rendering
from chaishots.database.connection import STATEMENT_SECONDS, reading
from chaishots.database.errors import DatabaseBusy, Overloaded
from chaishots.database.lock_holders import LOCK_NOT_AVAILABLE
from chaishots.database.lock_timeouts import TABLE_SECONDS
from chaishots.database.pool_shares import Share, current_share

AT_A_TIME: Final = Share.READS.value[0]
"""Statements that run at a time; the share that the pool has for them."""
SHORT_LIST: Final = 20
"""Programs in a list; longer ones are few at a time, so that a processor is left for the rest."""
LISTS_AT_A_TIME: Final = AT_A_TIME - 1
LONG_AT_A_TIME: Final = AT_A_TIME - 2
"""What is left is for what is smaller: a program or a lesson never waits for lists, nor a short list for long ones."""
FIRST_AT_A_TIME: Final = 2
FIRST_LONG_AT_A_TIME: Final = 1
FIRST_WAITING: Final = 64
FIRST_LONG_WAITING: Final = 16
"""Statements for what is asked for the first time: how many run at a time, and how many of each size may wait."""
TOO_MUCH: Final = "Too much is asked for that nobody asked for lately."
_LEAST_SECONDS: Final = 0.5
"""With less time than that left, Postgres is not asked any more."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    read: Read
    came_at: float
    done: "asyncio.Future[Rendering]"

    @property
    def until(self) -> float:
        return self.came_at + STATEMENT_SECONDS


class _Size(IntEnum):
    """How much is read in a statement, at most: of a few programs or lessons, of a short list, of a long one."""

    SMALL = 0
    SHORT = 1
    LONG = 2


_AT_A_TIME: Final = {_Size.SMALL: AT_A_TIME, _Size.SHORT: LISTS_AT_A_TIME, _Size.LONG: LONG_AT_A_TIME}
"""How many statements run at a time that read as much as this, or more."""


class _Queue:
    """Who waits, by kind of what is read; the kind that waits longest comes first."""

    def __init__(self, size: _Size, *, is_first: bool) -> None:
        self.size = size
        self.is_first = is_first
        self.at_work = 0
        self.waiting = 0
        self.statements = 0
        """How many it takes to answer all who wait."""
        self._may_wait = math.inf
        if is_first:
            self._may_wait = FIRST_LONG_WAITING if size is _Size.LONG else FIRST_WAITING
        self._kinds: dict[Key, deque[_Waiting]] = {}

    def is_full_for(self, read: Read) -> bool:
        """Whether this would have to wait for a statement of its own, and there is no place for one."""
        return self.statements >= self._may_wait and self._needs_statement(read)

    def put(self, waiting: _Waiting) -> None:
        """Raises: Overloaded when it is full."""
        if self.is_full_for(waiting.read):
            raise Overloaded(TOO_MUCH)
        self.statements += self._needs_statement(waiting.read)
        self.waiting += 1
        self._kinds.setdefault(waiting.read.kind, deque()).append(waiting)

    def _needs_statement(self, read: Read) -> bool:
        return len(self._kinds.get(read.kind, ())) % _width(read) == 0

    def take(self) -> list[_Waiting]:
        """Those who are answered in the next statement."""
        kind, queue = next(iter(self._kinds.items()))
        del self._kinds[kind]
        together = [queue.popleft() for _ in range(min(_width(queue[0].read), len(queue)))]
        if queue:
            self._kinds[kind] = queue
        self.waiting -= len(together)
        self.statements -= 1
        return together

    def take_who_came_before(self, moment: float) -> list[_Waiting]:
        """Those who have waited since then, whatever they wait for."""
        came = [waiting for queue in self._kinds.values() for waiting in queue if waiting.came_at <= moment]
        left = {kind: [waiting for waiting in queue if waiting.came_at > moment] for kind, queue in self._kinds.items()}
        self._kinds = {kind: deque(queue) for kind, queue in left.items() if queue}
        self.waiting -= len(came)
        self.statements = sum(math.ceil(len(queue) / _width(queue[0].read)) for queue in self._kinds.values())
        return came


class Admission:
    """Who waits for an answer to be rendered: whose answer is held and old, and who asks for the first time."""

    def __init__(self, tasks: RequestTasks) -> None:
        self._tasks = tasks
        self._queues = {
            (size, is_first): _Queue(size, is_first=is_first) for is_first in (False, True) for size in _Size
        }
        self._free = AT_A_TIME

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(queue.waiting for queue in self._queues.values())

    def is_full_for(self, read: Read) -> bool:
        """Whether this would be refused if it was asked for, for the first time, now."""
        return self._queue_of(read, is_held=False).is_full_for(read)

    async def render(self, read: Read, *, is_held: bool = False) -> Rendering:
        """Render what anybody may read, within STATEMENT_SECONDS.

        Args:
            is_held: whether it was rendered before, and is only old.
        Raises: NotFound, DatabaseTrouble; Overloaded at once when too much is asked for the first time.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(read, loop.time(), loop.create_future())
        self._queue_of(read, is_held=is_held).put(waiting)
        self._begin()
        return await waiting.done

    def _begin(self) -> None:
        while self._free and (turn := self._next()):
            self._free -= 1
            self._tasks.start(self._work(*turn), name="renders")

    def _queue_of(self, read: Read, *, is_held: bool) -> _Queue:
        if read.subject:
            return self._queues[_Size.SMALL, not is_held]
        return self._queues[_Size.SHORT if read.programs <= SHORT_LIST else _Size.LONG, not is_held]

    def _next(self) -> tuple[_Queue, list[_Waiting]] | None:
        """Whose turn it is, taken; None when nobody waits who may be answered now."""
        able = [queue for queue in self._queues.values() if queue.waiting and self._may_begin(queue)]
        if not able:
            return None
        # What is only old, the smallest first; who asks for the first time, the size of which the fewest are read now.
        queue = min(able, key=lambda queue: (queue.is_first, queue.is_first and queue.at_work, queue.size))
        queue.at_work += 1
        return queue, queue.take()

    def _may_begin(self, queue: _Queue) -> bool:
        if queue.is_first:
            first = [other.at_work for other in self._queues.values() if other.is_first]
            if sum(first) >= FIRST_AT_A_TIME or (queue.size is _Size.LONG and first[-1] >= FIRST_LONG_AT_A_TIME):
                return False
        return all(
            sum(other.at_work for other in self._queues.values() if other.size >= size) < _AT_A_TIME[size]
            for size in _Size
            if size <= queue.size
        )

    async def _work(self, queue: _Queue, together: list[_Waiting]) -> None:
        # Whoever began this has his answer from another, maybe: its share is that of all.
        current_share.set(Share.READS)
        try:
            if (busy := await _render(together)) is not None:
                self._give_up(busy)
        finally:
            queue.at_work -= 1
            self._free += 1
            for waiting in together:
                waiting.done.cancel()  # of use only where no answer was given
        self._begin()

    def _give_up(self, busy: DatabaseBusy) -> None:
        """Tell of a table that is locked whoever has waited for as long: else each would, when it is his turn."""
        before = asyncio.get_running_loop().time() - TABLE_SECONDS
        for queue in self._queues.values():
            came = queue.take_who_came_before(before)
            _give(came, [busy] * len(came))


def _width(read: Read) -> int:
    return TOGETHER if read.subject else 1


async def _render(together: list[_Waiting]) -> DatabaseBusy | None:
    """Answer those; what is returned is that a table was locked."""
    first = together[0]
    ids = [waiting.read.subject for waiting in together if waiting.read.subject]
    # Whoever came first has the least time left.
    left_s = first.until - asyncio.get_running_loop().time()
    try:
        if left_s < _LEAST_SECONDS:
            raise Overloaded("It was not rendered in time: too much else was.")
        async with reading(left_s) as connection:
            # Given at once: to hand the connection back takes some turns of the loop.
            _give(together, await first.read.render(connection, Reader.ANYBODY, ids))
    except Exception as error:  # noqa: BLE001  # for those who wait to see
        _give(together, [error] * len(together))
        if isinstance(error, DatabaseBusy) and error.trouble.sqlstate == LOCK_NOT_AVAILABLE:
            return error
    return None


def _give(together: list[_Waiting], found: "Sequence[Rendering | Exception]") -> None:
    for waiting, rendering in zip(together, found, strict=True):
        if waiting.done.done():
            continue
        if isinstance(rendering, Exception):
            waiting.done.set_exception(rendering)
        else:
            waiting.done.set_result(rendering)
