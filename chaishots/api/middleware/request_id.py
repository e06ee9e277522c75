"""Gives every request an id, in its answer and in every log line about it. Plain ASGI, around everything else.

A line also names the client: who is connected, which may be a proxy, and whom the nearest proxy names in
X-Forwarded-For. That is logged and never decides anything: without a proxy in front, anybody may write it.
"""

import os
import re
from collections.abc import Iterator
from typing import Final

import structlog
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope

# What a caller or a proxy may name a request; anything else could forge log lines or headers.
_GIVEN: Final = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_ADDRESS: Final = re.compile(rb"[0-9A-Fa-f.:]{2,45}")

HEADER: Final = b"x-request-id"
_DRAWN: Final = 256


def named(given: bytes) -> bytes:
    """The request's name: the given one, when it can be taken, or a new one."""
    return given if given and _GIVEN.fullmatch(given) else new_name()


def _make_names() -> Iterator[bytes]:
    while True:
        # Many at once: to ask the kernel for each takes as long as much of the answer to it.
        drawn = os.urandom(16 * _DRAWN).hex().encode()
        for begin in range(0, len(drawn), 32):
            yield drawn[begin : begin + 32]


new_name: Final = _make_names().__next__
"""Make a name for a request: 128 bits by chance, in hexadecimal digits."""


class RequestIds:
    """Take the X-Request-ID that came with the request, or make one, and send it back."""

    def __init__(self, app: ASGIFramework) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = named(next((value for name, value in scope["headers"] if name == HEADER), b""))

        async def send_named(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event["headers"], (HEADER, request_id)]
            await send(event)

        with structlog.contextvars.bound_contextvars(request_id=request_id.decode(), **_who(scope)):
            await self._app(scope, receive, send_named)


def _who(scope: HTTPScope) -> dict[str, str]:
    client = scope["client"]
    who = {"client": client[0]} if client else {}
    forwarded = next((value for name, value in scope["headers"] if name == b"x-forwarded-for"), b"")
    # The last one: it was added by the proxy that is connected to us, what stands before it by the client.
    named_last = forwarded.rpartition(b",")[2].strip()
    if _ADDRESS.fullmatch(named_last):
        who["forwarded_for"] = named_last.decode()
    return who
