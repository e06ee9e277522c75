"""The network between a process and Postgres, and the driver at its end: what of asyncpg's connection is used.

TCP as it is: each way keeps its order, what is cut waits and arrives when it is healed, the end of a socket is heard of
only where something comes through. What a paused process was sent waits for it.
"""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg

from tests.scheduler.simulation.world import Process, World

if TYPE_CHECKING:
    from tests.scheduler.simulation.postgres import Postgres, Session

_LATENCY_SECONDS: Final = (0.0001, 0.002)
_FAREWELL_SECONDS: Final = 0.001
"""Between Postgres' last words to a session and the end of its socket."""

Reply: TypeAlias = Any  # what a statement gives, or the error that it is


class Way:
    """A process's way to Postgres, which can be cut in each direction, and be slow."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.delay_seconds = 0.0
        self._is_cut = {"there": False, "back": False}
        self._held: dict[str, list[Callable[[], None]]] = {"there": [], "back": []}
        self._unheard: list[Callable[[], None]] = []
        self._last = {"there": 0.0, "back": 0.0}
        self.age = 0
        """How often all connections that went this way were forgotten."""

    def forget(self) -> None:
        """Drop for ever, without a word, what belongs to connections of before, as a restarted firewall does."""
        self.age += 1

    def cut(self, *, there: bool, back: bool) -> None:
        """Let nothing through from now on."""
        self._is_cut = {"there": there, "back": back}

    @property
    def is_whole(self) -> bool:
        """Whether what is sent comes through, both ways."""
        return not any(self._is_cut.values())

    def heal(self) -> None:
        """Let everything through again, what was sent meanwhile first."""
        self._is_cut = {"there": False, "back": False}
        self.delay_seconds = 0.0
        held = [do for direction in ("there", "back") for do in self._held[direction]]
        self._held = {"there": [], "back": []}
        unheard, self._unheard = self._unheard, []
        for do in (*held, *unheard):
            self._world.at(self._world.now, do)

    def send(self, direction: str, do: Callable[[], None], *, age: int) -> None:
        """Have something happen at the other end, once it has arrived, of a connection that is of this age."""
        latency = self._world.chance.uniform(*_LATENCY_SECONDS) + self.delay_seconds
        arrives_at = self._last[direction] = max(self._last[direction], self._world.now + latency)
        self._world.at(arrives_at, lambda: self._arrive(direction, do, age))

    def acknowledge(self, do: Callable[[], None]) -> None:
        """Let Postgres know that something has arrived here, as soon as that comes through."""
        if self._is_cut["there"]:
            self._unheard.append(do)
        else:
            do()

    def _arrive(self, direction: str, do: Callable[[], None], age: int) -> None:
        if self._is_cut[direction]:
            self._held[direction].append(lambda: self._arrive(direction, do, age))
        elif age == self.age:
            do()


class Link:
    """A connection, as the program has it: asyncpg's."""

    def __init__(self, process: Process, way: Way, name: str) -> None:
        self._process = process
        self._way = way
        self._age = way.age
        self.session: Session | None = None
        self.asks: str | None = None
        self.alive_at = process.time()
        """When the last statement that was answered was sent."""
        self._waiter: asyncio.Future[Reply] | None = None
        self._is_closed = self._has_farewell = False
        self._listeners: list[Callable[..., object]] = []
        self._at_the_end: list[Callable[[Any], object]] = []
        self._settings = SimpleNamespace(application_name=name)
        self.half_sent: Callable[[], None] | None = None

    # What the program calls.

    async def execute(self, sql: str, *arguments: object) -> str:
        return await self._ask(sql, arguments)

    async def fetch(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        return await self._ask(sql, arguments)

    async def fetchrow(self, sql: str, *arguments: object) -> dict[str, Any]:
        return await self._ask(sql, arguments)

    async def fetchval(self, sql: str, *arguments: object) -> Any:
        return await self._ask(sql, arguments)

    async def add_listener(self, _: str, callback: Callable[..., object]) -> None:
        await self._ask("listen", ())
        self._listeners.append(callback)

    def add_termination_listener(self, callback: Callable[[Any], object]) -> None:
        self._at_the_end.append(callback)

    def get_server_pid(self) -> int:
        assert self.session is not None  # the program has it only once it is connected
        return self.session.pid

    def get_server_version(self) -> SimpleNamespace:
        return SimpleNamespace(major=18)

    def get_settings(self) -> SimpleNamespace:
        return self._settings

    def is_closed(self) -> bool:
        return self._is_closed

    def terminate(self) -> None:
        if self._is_closed:
            return
        self._end(asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"))
        if not self._process.is_dead:
            self.hang_up()

    # What the network does.

    def hang_up(self) -> None:
        """Tell Postgres that the socket is closed, by the process or by the system that survives it."""
        if (session := self.session) is not None:
            self._way.send("there", session.hear_end, age=self._age)

    def send_back(self, do: Callable[[], None], on_arrival: Callable[[], None] = lambda: None) -> None:
        """Have the program do something with what Postgres sends, when it runs; the system takes it even before."""

        def arrive() -> None:
            self._way.acknowledge(on_arrival)
            if not self._process.is_closed():
                self._process.call_soon(do)

        self._way.send("back", arrive, age=self._age)

    def take_reply(self, reply: Reply, notes: list[tuple[int, str]], sent_at: float) -> None:
        """What Postgres sends at the end of a statement: what it has to tell of changes, and then the reply."""
        self.take_notes(notes)
        if self._is_closed or self._waiter is None:
            return
        self.alive_at, self.asks = sent_at, None
        if self._waiter.done():
            return
        if isinstance(reply, Exception):
            self._waiter.set_exception(reply)
        else:
            self._waiter.set_result(reply)

    def take_notes(self, notes: list[tuple[int, str]]) -> None:
        """What Postgres tells of changes."""
        for pid, payload in notes if not self._is_closed else ():
            for callback in self._listeners:
                self._process.call_soon(callback, self, pid, "chaishots_content", payload)

    def take_name(self, name: str) -> None:
        """Postgres tells a session what it is called now."""
        self._settings.application_name = name

    def take_farewell(self) -> None:
        """Postgres' last words: who asks nothing hears them, and keeps them."""
        if self._waiter is None:
            self._has_farewell = True

    def take_end(self) -> None:
        """The socket has ended."""
        if not self._is_closed:
            self._end(asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"))

    async def _ask(self, sql: str, arguments: tuple[object, ...]) -> Reply:
        if self._is_closed:
            raise asyncpg.InterfaceError("connection is closed")
        if self._has_farewell or self._waiter is not None:
            raise asyncpg.InternalClientError("cannot perform operation: another operation is in progress")
        session = self.session
        assert session is not None  # the program has it only once it is connected
        self.asks, sent_at = sql, self._process.time()
        self._waiter = self._process.create_future()
        if (halts := self.half_sent) is not None and "chaishots_publish_due" in sql:
            self.half_sent = None
            self._way.send("there", session.hear_half, age=self._age)
            halts()
        self._send_rest(lambda: session.hear(sql, arguments, sent_at))
        try:
            return await self._waiter
        finally:
            # Where this is called off the statement goes on, and the connection is of no use any more.
            if not self._waiter.cancelled():
                self._waiter = None

    def _send_rest(self, do: Callable[[], None]) -> None:
        # A process that was stopped in the middle sends the rest when it runs again.
        if self._process.is_paused:
            self._process.call_soon(lambda: self._way.send("there", do, age=self._age))
        else:
            self._way.send("there", do, age=self._age)

    def _end(self, error: Exception) -> None:
        self._is_closed = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        if not self._process.is_closed():
            for callback in self._at_the_end:
                self._process.call_soon(callback, self)


async def connect(process: Process, way: Way, postgres: "Postgres", settings: dict[str, str], seconds: float) -> Link:
    """Connect as asyncpg does. Raises: OSError when nobody listens, and TimeoutError."""
    link = Link(process, way, settings["application_name"])
    let_in: asyncio.Future[None] = process.create_future()

    def answer(error: Exception | None) -> None:
        if let_in.done():
            return
        if error is None:
            let_in.set_result(None)
        else:
            let_in.set_exception(error)

    way.send("there", lambda: postgres.accept(link, settings, answer), age=way.age)
    try:
        async with asyncio.timeout(seconds):
            await let_in
    except BaseException:
        link.terminate()
        raise
    return link
