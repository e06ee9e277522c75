"""Statements for answers take turns: a few at a time, and who has to wait goes along with others of its kind in one.

A database has as many hands as processors: asked for more at a time it is slower at each. And a statement that reads
several programs costs much less than one for each, on either side. So when a change has made everything old, many
programs are rendered anew in few statements, and a single one at once.

Who asks for what is held and only old comes first. What is asked for the first time takes at most half of the
statements at a time, shared between single programs or lessons, short lists and long lists, and no more of each may
wait than is answered in a second or so: anybody can ask for ever other things, and long lists shut out nothing small.
Must not know how an answer is kept.
"""

import asyncio
import math
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
LISTS_AT_A_TIME: Final = AT_A_TIME - 1
"""What is left is for what is small: a program or a lesson never waits for lists."""
FIRST_AT_A_TIME: Final = 2
FIRST_WAITING: Final = 64
"""Statements for what is asked for the first time: how many run at a time, and how many of each kind may wait."""
SHORT_LIST: Final = 20
"""Programs in a list; those of longer ones are read one list at a time, so that a processor is left for the rest."""
LONG_WAITING: Final = 16
TOO_MUCH: Final = "Too much is asked for that nobody asked for lately."
_LEAST_SECONDS: Final = 0.5
"""With less time than that left, Postgres is not asked any more."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    read: Read
    until: float
    done: "asyncio.Future[Rendering]"


class _Queue:
    """Who waits, by kind of what is read; the kind that waits longest comes first."""

    def __init__(self, *, at_a_time: int, may_wait: float = math.inf, is_first: bool = False, is_list: bool) -> None:
        """Take how many of its statements run at a time at most, and for how many there may be a wait."""
        self.at_a_time = at_a_time
        self.is_first = is_first
        self.is_list = is_list
        self.at_work = 0
        self.waiting = 0
        self.statements = 0
        """How many it takes to answer all who wait."""
        self._may_wait = may_wait
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


class Turns:
    """Who waits for an answer to be rendered: whose answer is held and old, and who asks for the first time."""

    def __init__(self) -> None:
        self._renewals = _Queue(at_a_time=AT_A_TIME, is_list=False)
        self._renewed_lists = _Queue(at_a_time=LISTS_AT_A_TIME, is_list=True)
        self._first = _Queue(at_a_time=FIRST_AT_A_TIME, may_wait=FIRST_WAITING, is_first=True, is_list=False)
        self._first_lists = _Queue(at_a_time=FIRST_AT_A_TIME, may_wait=FIRST_WAITING, is_first=True, is_list=True)
        self._long_lists = _Queue(at_a_time=1, may_wait=LONG_WAITING, is_first=True, is_list=True)
        self._queues = (self._renewals, self._renewed_lists, self._first, self._first_lists, self._long_lists)
        self._at_work: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(queue.waiting for queue in self._queues)

    def are_full_for(self, read: Read) -> bool:
        """Whether this would be refused if it was asked for, for the first time, now."""
        return self._queue_of(read, is_held=False).is_full_for(read)

    async def rendered(self, read: Read, *, is_held: bool = False) -> Rendering:
        """Render what anybody may read, within STATEMENT_SECONDS.

        Args:
            is_held: whether it was rendered before, and is only old.
        Raises: NotFound, DatabaseTrouble; Overloaded at once when too much is asked for the first time.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(read, loop.time() + STATEMENT_SECONDS, loop.create_future())
        self._queue_of(read, is_held=is_held).put(waiting)
        if len(self._at_work) < AT_A_TIME and (turn := self._next()):
            task = asyncio.create_task(self._work(turn), name="renders")
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        return await waiting.done

    def _queue_of(self, read: Read, *, is_held: bool) -> _Queue:
        if read.subject:
            return self._renewals if is_held else self._first
        if is_held:
            return self._renewed_lists
        return self._first_lists if read.programs <= SHORT_LIST else self._long_lists

    def _next(self) -> "_Turn | None":
        """Whose turn it is, taken; None when nobody waits who may be answered now."""
        lists = sum(queue.at_work for queue in self._queues if queue.is_list)
        first = sum(queue.at_work for queue in self._queues if queue.is_first)
        able = [
            queue
            for queue in self._queues
            if queue.waiting
            and queue.at_work < queue.at_a_time
            and not (queue.is_list and lists >= LISTS_AT_A_TIME)
            and not (queue.is_first and first >= FIRST_AT_A_TIME)
        ]
        if not able:
            return None
        # Renewals in the order of the queues; those who ask for the first time share what is theirs.
        queue = min(able, key=lambda queue: (queue.is_first, queue.is_first and queue.at_work))
        queue.at_work += 1
        return queue, queue.take()

    async def _work(self, turn: "_Turn | None") -> None:
        # Whoever began this has his answer from another, maybe: its share is that of all.
        current_share.set(Share.READS)
        while turn:
            queue, together = turn
            try:
                await _render(together)
            finally:
                queue.at_work -= 1
                for waiting in together:
                    waiting.done.cancel()  # of use only where no answer was given
            turn = self._next()


_Turn = tuple[_Queue, list[_Waiting]]


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
