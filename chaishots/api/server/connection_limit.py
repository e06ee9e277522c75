"""All connections of a server together: how many there may be, who is idle, and how they end.

They stay below a ceiling, which is lowered for a while when the process can open nothing more. What is read and sent on
each is `connection.py`'s.
"""

import asyncio
import math
import resource
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import AppWrapper

from chaishots.api.log_limits import Seldom
from chaishots.api.request_tasks import RequestTasks
from chaishots.api.server.fast_path import FastPath
from chaishots.api.server.time_slices import Slices
from chaishots.logs import named_logger
from chaishots.metrics import CONNECTIONS, CONNECTIONS_CLOSED

MOST_CONNECTIONS: Final = 16_384
_SLICE_SECONDS: Final = 0.001
_OWN_DESCRIPTORS: Final = 128
"""What a process has open beside its clients' connections: the pool, listener, publisher, logs; with room."""
_SPARE_DESCRIPTORS: Final = 16
_SPARED_SECONDS: Final = 60
"""How many are given back when none is left, so that the process itself can open some; and for how long."""

_log = named_logger("api")
_seldom = Seldom(seconds=1)
_too_many = CONNECTIONS_CLOSED.labels("too_many")


def ceiling() -> int:
    """How many connections there may be: what the limit on descriptors (RLIMIT_NOFILE) leaves, less a reserve."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(16, min(MOST_CONNECTIONS, limit - max(_OWN_DESCRIPTORS, limit // 8)))


class OpenConnection(Protocol):
    """What is asked of each."""

    def close(self) -> None:
        """Close once all is sent."""

    def cut(self) -> None:
        """End it now, whatever is under way."""


class Connections:
    """All connections of a server, and the tasks that serve them."""

    def __init__(
        self,
        app: Callable[..., object],
        config: Config,
        context: WorkerContext,
        fast_path: FastPath | None,
        tasks: RequestTasks,
    ) -> None:
        self.app: AppWrapper = ASGIWrapper(app)  # pyright: ignore[reportArgumentType]  # an ASGI application
        self.config = config
        self.context = context
        self.fast_path = fast_path
        self.most = ceiling()
        self.loop = asyncio.get_running_loop()
        self.cold = Slices(_SLICE_SECONDS)
        """Reads of the catalog that may not be at hand."""
        self.exchanges = Slices(_SLICE_SECONDS)
        """What Hypercorn is to serve."""
        self._open: set[OpenConnection] = set()
        self._tasks = tasks
        self._serving: set[asyncio.Task[None]] = set()
        self._idle: dict[OpenConnection, float] = {}
        """The longest idle first: since when, by the loop's clock."""
        self._is_stopping = False
        self._all_ended = asyncio.Event()
        self._restores_at = math.inf
        CONNECTIONS.set_function(lambda: len(self._open))

    def opened(self, connection: OpenConnection) -> bool:
        """Take it among those that are open; False when there are too many already, and none is idle."""
        if len(self._open) >= self.most and not self._has_made_room():
            return False
        self._open.add(connection)
        return True

    def ended(self, connection: OpenConnection) -> None:
        """It is closed on either side."""
        self._idle.pop(connection, None)
        self._open.discard(connection)
        self._look_whether_all_ended()

    def spawn(self, serving: Coroutine[Any, Any, None]) -> None:
        """Serve a connection in a task of its own; it must not raise."""
        task = self._tasks.start(serving, name="connection")
        self._serving.add(task)
        task.add_done_callback(self._task_done)

    def idle(self, connection: OpenConnection) -> None:
        """Nothing is under way on it from now on."""
        self._idle.pop(connection, None)
        if self._is_stopping:
            connection.close()
        else:
            self._idle[connection] = self.loop.time()

    def busy(self, connection: OpenConnection) -> None:
        """Something is under way on it."""
        self._idle.pop(connection, None)

    def close_idle(self, seconds: float) -> None:
        """Close what has been idle for so long."""
        since = self.loop.time() - seconds
        while self._idle:
            connection = next(iter(self._idle))
            if self._idle[connection] > since:
                break
            del self._idle[connection]
            connection.close()

    def make_room(self) -> None:
        """Close idle connections, and have fewer for a while: the process can open nothing more."""
        self._restores_at = self.loop.time() + _SPARED_SECONDS
        self.most = max(_SPARE_DESCRIPTORS, min(self.most, len(self._open)) - _SPARE_DESCRIPTORS)
        for _ in range(len(self._open) - self.most):
            self._cut_longest_idle()

    def restore_ceiling(self) -> None:
        """Have as many connections as there may be again, a while after that was too many."""
        if self.loop.time() > self._restores_at:
            self._restores_at, self.most = math.inf, ceiling()

    def close_when_idle(self) -> None:
        """Close what is idle, now and from now on."""
        self._is_stopping = True
        self.close_idle(0)
        self._look_whether_all_ended()

    def cut(self) -> None:
        """End all that are open now, whatever is under way on them."""
        for connection in list(self._open):
            connection.cut()
        for task in self._serving:
            task.cancel()

    async def have_all_ended(self, deadline: float) -> bool:
        """Whether all have ended by then, by the loop's clock; waits for it. Only after `close_when_idle`."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._all_ended.wait()
        except TimeoutError:
            return False

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self._look_whether_all_ended()

    def _look_whether_all_ended(self) -> None:
        if self._is_stopping and not self._open and not self._serving:
            self._all_ended.set()

    def _has_made_room(self) -> bool:
        has_idle = bool(self._idle)
        if (more := _seldom.again("too_many")) is not None:
            closes = "the one that is idle for longest" if has_idle else "the new one: none is idle"
            _log.warning("connections.too_many", most=self.most, closes=closes, more_since=more)
        if not has_idle:
            _too_many.inc()
        return self._cut_longest_idle()

    def _cut_longest_idle(self) -> bool:
        idle = next(iter(self._idle), None)
        if idle is None:
            return False
        del self._idle[idle]
        self._open.discard(idle)  # what it holds is given back in the loop's next turn
        idle.cut()
        _too_many.inc()
        return True
