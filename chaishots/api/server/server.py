"""Serving the application with Hypercorn, from the sockets on.

The accepting (`accepting.py`), the end (`draining.py`) and the connections (`connection.py`) are ours. What is said on
them is Hypercorn's (`hypercorn_exchange.py`, `http11.py`), but for what `fast_path.py` answers.
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

from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.middleware.cors_and_api_version import VERSION
from chaishots.api.request_tasks import RequestTasks
from chaishots.api.server.accepting import Acceptor
from chaishots.api.server.connection import Connection
from chaishots.api.server.connection_limit import Connections
from chaishots.api.server.draining import drain
from chaishots.api.server.fast_path import FastPath

IDLE_SECONDS: Final = 75
"""How long a connection on which nothing is asked stays open."""


async def serve(
    app: ASGIFramework,
    sockets: list[socket.socket],
    *,
    stop: asyncio.Event,
    tasks: RequestTasks,
    reads: Delivery | None = None,
) -> None:
    """Serve until `stop` is set; then take nothing new, and return once what is in flight was answered.

    Args:
        tasks: starts what requests begin, the connections among them; all of it has ended when this returns.
        reads: answers reads of the catalog, on the connection itself; without it they take the way of all requests.
    """
    context = WorkerContext(None)
    connections = Connections(app, _config(), context, FastPath(reads) if reads else None, tasks)
    make = partial(Connection, connections)
    acceptors = [Acceptor(listening, make, connections.make_room, tasks) for listening in sockets]
    try:
        while not stop.is_set():
            connections.close_idle(IDLE_SECONDS)
            connections.restore_ceiling()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(1, IDLE_SECONDS / 4)):
                    await stop.wait()
        if reads is not None:
            reads.broadcast.end()
        await drain(acceptors, connections, context)
    finally:
        for acceptor in acceptors:
            acceptor.close()
        connections.cut()
        await tasks.end()


class _Config(Config):
    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        return [*super().response_headers(protocol), (b"x-content-type-options", b"nosniff"), VERSION]


def _config() -> Config:
    config = _Config()
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    return config
