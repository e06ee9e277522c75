"""Gives every request an id, in its answer and in every log line about it. Plain ASGI, around everything else.

A line also names the client: who is connected, which may be a proxy, and whom the nearest proxy names in
X-Forwarded-For. That is logged and never decides anything: without a proxy in front, anybody may write it.
"""

import os
import re
from typing import Final

import structlog
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope

# What a caller or a proxy may name a request; anything else could forge log lines or headers.
_GIVEN: Final = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_ADDRESS: Final = re.compile(rb"[0-9A-Fa-f.:]{2,45}")

HEADER: Final = b"x-request-id"


def named(given: bytes) -> bytes:
    """The request's name: the given one, when it can be taken, or a new one."""
    return given if given and _GIVEN.fullmatch(given) else os.urandom(16).hex().encode()


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
