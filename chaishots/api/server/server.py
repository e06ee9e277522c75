"""Serving the application with Hypercorn, and stopping without cutting anybody off.

Hypercorn's own `serve` waits without bound for open connections on Python 3.12 and later (pgjones/hypercorn#308), so
the accepting and the end are ours, and so are the connections (`connection.py`). What is said on them is Hypercorn's
(`exchange.py`, `http11.py`), but for what `fast_path.py` answers.
"""

import asyncio
import logging
import socket
from contextlib import suppress
from functools import partial
from typing import Final

from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from chaishots.api.delivery.layer import Delivery
from chaishots.api.middleware.cross_origin import VERSION
from chaishots.api.server.accepting import Acceptor
from chaishots.api.server.connection import Connection
from chaishots.api.server.connections import Connections
from chaishots.api.server.fast_path import FastPath

DRAIN_SECONDS: Final = 8
"""How long requests in flight may take once we are asked to stop; promise 6 gives the whole stop 10 s."""
IDLE_SECONDS: Final = 75
"""How long a connection on which nothing is asked stays open."""
_ABORT_SECONDS: Final = 0.5


async def serve(
    app: ASGIFramework, sockets: list[socket.socket], *, stop: asyncio.Event, reads: Delivery | None = None
) -> None:
    """Serve until `stop` is set; then take nothing new, and return once what is in flight was answered.

    Idle connections are closed at once, requests get DRAIN_SECONDS, what is left then is cut.

    Args:
        reads: answers reads of the catalog, on the connection itself; without it they take the way of all requests.
    """
    loop = asyncio.get_running_loop()
    context = WorkerContext(None)
    connections = Connections(app, _config(), context, FastPath(reads) if reads else None)
    acceptors = [Acceptor(listening, partial(Connection, connections), connections.make_room) for listening in sockets]
    try:
        while not stop.is_set():
            connections.close_idle(IDLE_SECONDS)
            connections.restore_ceiling()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(1, IDLE_SECONDS / 4)):
                    await stop.wait()
    finally:
        for acceptor in acceptors:
            acceptor.close()
        deadline = loop.time() + DRAIN_SECONDS
        await context.terminated.set()
    await connections.end(deadline, _ABORT_SECONDS)


class _Config(Config):
    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        return [*super().response_headers(protocol), (b"x-content-type-options", b"nosniff"), VERSION]


def _config() -> Config:
    config = _Config()
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    return config
