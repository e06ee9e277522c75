"""A way to Postgres that a test can cut without a word, as a network does that drops packets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, quote, urlsplit

Way = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class CutWay:
    """A port that leads to Postgres; what goes over it is lost for as long as the way is cut, and nobody is told."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.dsn = ""

    def cut(self) -> None:
        """Lose what is sent from now on, of those who are connected and of those who try to be."""
        self._open.clear()

    def heal(self) -> None:
        """Let through what comes from now on; who was connected when it was cut never hears again."""
        for task in self._tasks:
            task.cancel()
        self._open.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways."""
        there = await self._connected()
        for one, other in ((reader, there[1]), (there[0], writer)):
            task = asyncio.create_task(self._carry(one, other))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            try:
                while data := await reader.read(65_536):
                    await self._open.wait()
                    writer.write(data)
            finally:
                writer.close()

    async def _connected(self) -> Way:
        parts = urlsplit(self._dsn)
        if parts.hostname:
            return await asyncio.open_connection(parts.hostname, parts.port or 5432)
        folder = parse_qs(parts.query)["host"][0]
        return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{parse_qs(parts.query).get('port', ['5432'])[0]}")


@contextlib.asynccontextmanager
async def cut_way(dsn: str) -> AsyncIterator[CutWay]:
    """A way to this Postgres that can be cut; its `dsn` leads over it."""
    way = CutWay(dsn)
    server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    parts = urlsplit(dsn)
    user = f"{quote(parts.username)}:{quote(parts.password or '')}@" if parts.username else ""
    way.dsn = f"postgresql://{user}127.0.0.1:{port}{parts.path}?sslmode=disable"
    try:
        yield way
    finally:
        server.close()
        for task in tuple(way._tasks):
            task.cancel()
