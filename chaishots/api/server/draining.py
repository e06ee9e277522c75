"""Stops the server without cutting off requests: what happens after SIGTERM, once the supervisor asks for it.

Nothing new is accepted, idle connections are closed at once, requests in flight get DRAIN_SECONDS, and what is left
then is cut. Hypercorn's own server waits without bound on Python 3.12 and later (pgjones/hypercorn#308).
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from hypercorn.asyncio.worker_context import WorkerContext

from chaishots.api.server.accepting import Acceptor
from chaishots.api.server.connection_limit import Connections

DRAIN_SECONDS: Final = 8
"""How long requests in flight may take once we are asked to stop; promise 6 gives the whole stop 10 s."""
_CUT_SECONDS: Final = 0.5
"""How long what was cut may take to end."""


async def drain(acceptors: Iterable[Acceptor], connections: Connections, context: WorkerContext) -> None:
    """Take nothing new, and return once what is in flight was answered, or the time for that is over."""
    deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
    for acceptor in acceptors:
        acceptor.close()
    await context.terminated.set()
    connections.close_when_idle()
    if not await connections.have_all_ended(deadline):
        connections.cut()
        await connections.have_all_ended(asyncio.get_running_loop().time() + _CUT_SECONDS)
