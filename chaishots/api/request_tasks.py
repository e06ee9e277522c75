"""Owns the tasks that requests begin. None of them outlives the server.

Some work is of use to other requests too, such as a render or a read of Postgres. It goes on after its request, so the
request cannot own it. The supervisor's TaskGroup cannot own it either: there, one failure ends all. So the supervisor
makes this owner, which starts these tasks and the connections; the server ends them when it ends. Must not know what
they do.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart import Request
from quart.asgi import ASGIHTTPConnection

TASKS: Final = "TASKS"
"""Where the application's configuration has who starts them."""

T = TypeVar("T")

_END_SECONDS: Final = 0.5
"""How long what was cancelled may take to end."""


class RequestTasks:
    """Those that are under way."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()  # Any: what each gives is for who started it

    def start(self, run: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Start a task; who starts it sees to what it raises."""
        task = asyncio.get_running_loop().create_task(run, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def end(self) -> None:
        """Cancel all, those included that others start meanwhile, and wait until they have ended."""
        deadline = asyncio.get_running_loop().time() + _END_SECONDS
        while self._tasks and (left_s := deadline - asyncio.get_running_loop().time()) > 0:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)


class RequestConnection(ASGIHTTPConnection):
    """Quart's two tasks for a request; cancelled, it takes them along, where Quart's own would leave them behind."""

    _receiver: "asyncio.Task[Any] | None" = None
    _handler: "asyncio.Task[Any] | None" = None

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the request."""
        try:
            await super().__call__(receive, send)
        finally:
            begun = [task for task in (self._receiver, self._handler) if task is not None]
            for task in begun:
                task.cancel()
            if begun:
                await asyncio.wait(begun)

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        """Receive the body, and that the client has left."""
        self._receiver = asyncio.current_task()
        await super().handle_messages(request, receive)

    async def handle_request(self, request: Request, send: ASGISendCallable) -> None:
        """Answer."""
        self._handler = asyncio.current_task()
        await super().handle_request(request, send)
