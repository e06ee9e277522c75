"""Serving the application with Hypercorn, and stopping without cutting anybody off.

Hypercorn's own `serve` waits without bound for open connections on Python 3.12 and later (pgjones/hypercorn#308), so
the accepting and the end are ours; every connection's protocol is Hypercorn's, but for what `fast_lane.py` answers.
"""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Final

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from chaishots.api.delivery import Delivery
from chaishots.api.fast_lane import FastLane, LaneReader

DRAIN_SECONDS: Final = 8
"""How long requests in flight may take once we are asked to stop; promise 6 gives the whole stop 10 s."""
IDLE_SECONDS: Final = 75
"""How long a connection on which nothing is asked stays open."""
_ABORT_SECONDS: Final = 0.5
_BACKLOG: Final = 1024


async def serve(
    app: ASGIFramework, sockets: list[socket.socket], *, stop: asyncio.Event, reads: Delivery | None = None
) -> None:
    """Serve until `stop` is set; then take nothing new, and return once what is in flight was answered.

    Idle connections are closed at once, requests get DRAIN_SECONDS, what is left then is cut.

    Args:
        reads: answers reads of the catalog, on the connection itself; without it they take the way of all requests.
    """
    loop = asyncio.get_running_loop()
    lane = FastLane(reads) if reads else None
    config, context = _config(), WorkerContext(None)
    connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # start_server calls this in a task of its own
        connections[task] = writer
        try:
            server = TCPServer(ASGIWrapper(app), loop, config, context, {}, reader, writer)
            if isinstance(reader, LaneReader):
                reader.attach(server, writer)
            await server
        finally:
            del connections[task]

    def protocol() -> asyncio.StreamReaderProtocol:
        # As asyncio.start_server, with a reader of our own.
        return asyncio.StreamReaderProtocol(LaneReader(lane) if lane else asyncio.StreamReader(), connected)

    servers = [await loop.create_server(protocol, sock=listening, backlog=_BACKLOG) for listening in sockets]
    try:
        await stop.wait()
    finally:
        for server in servers:
            server.close()
        deadline = loop.time() + DRAIN_SECONDS
        if lane is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await lane.close()
        await context.terminated.set()
    if connections:
        await asyncio.wait(connections, timeout=deadline - loop.time())
    for task, writer in list(connections.items()):
        writer.transport.abort()
        task.cancel()
    if connections:
        with suppress(TimeoutError):
            await asyncio.wait(connections, timeout=_ABORT_SECONDS)


def _config() -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    config.keep_alive_timeout = IDLE_SECONDS
    return config
