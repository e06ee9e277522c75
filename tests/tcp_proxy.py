"""A way to Postgres that a test can cut without a word in either direction, make slow, or break off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, quote, urlsplit

Way = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class CutWay:
    """A port that leads to Postgres; what goes over it is lost for as long as the way is cut, and nobody is told."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._there, self._back = asyncio.Event(), asyncio.Event()
        self.delay_seconds = 0.0
        """How long each piece is on its way, in each direction."""
        self.piece_bytes = 0
        """How large a piece is at most; 0: as it comes."""
        self._there.set()
        self._back.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.dsn = ""

    def cut(self, *, there: bool = True, back: bool = True) -> None:
        """Lose what is sent from now on, to Postgres and back, of those who are connected and who try to be."""
        for way, is_cut in ((self._there, there), (self._back, back)):
            if is_cut:
                way.clear()

    def heal(self) -> None:
        """Let through what comes from now on; who was connected when it was cut never hears again."""
        self.break_off()
        self._there.set()
        self._back.set()

    def break_off(self) -> None:
        """End all connections, as a firewall does that refuses them."""
        for task in self._tasks:
            task.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways."""
        task = asyncio.current_task()
        assert task is not None  # the server's, one for each connection
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Broken off is ended well: Python 3.11 prints a traceback where a task of its server was cancelled.
        with contextlib.suppress(asyncio.CancelledError), contextlib.ExitStack() as stack:
            stack.callback(writer.close)
            try:
                there = await self._connected()
            except OSError:  # nobody listens there, as after a stop
                return
            stack.callback(there[1].close)
            await asyncio.gather(self._carry(reader, there[1], self._there), self._carry(there[0], writer, self._back))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: asyncio.Event) -> None:
        with contextlib.suppress(ConnectionError):
            try:
                while data := await reader.read(65_536):
                    step = self.piece_bytes or len(data)
                    for begin in range(0, len(data), step):
                        await asyncio.sleep(self.delay_seconds)
                        await way.wait()
                        writer.write(data[begin : begin + step])
            finally:
                writer.close()

    async def _connected(self) -> Way:
        parts = urlsplit(self._dsn)
        if parts.hostname:
            return await asyncio.open_connection(parts.hostname, parts.port or 5432)
        folder = parse_qs(parts.query)["host"][0]
        return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{parse_qs(parts.query).get('port', ['5432'])[0]}")


@contextlib.asynccontextmanager
async def cut_way(dsn: str, kind: type[CutWay] = CutWay) -> AsyncIterator[CutWay]:
    """A way to this Postgres that can be cut; its `dsn` leads over it."""
    way = kind(dsn)
    server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    parts = urlsplit(dsn)
    user = f"{quote(parts.username)}:{quote(parts.password or '')}@" if parts.username else ""
    way.dsn = f"postgresql://{user}127.0.0.1:{port}{parts.path}?sslmode=disable"
    try:
        yield way
    finally:
        server.close()
        way.break_off()
        if way._tasks:
            await asyncio.wait(way._tasks)
            await asyncio.sleep(0)  # in which their sockets are closed
