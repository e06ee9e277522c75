"""HTTP/1.1 as it is spoken here: Hypercorn's, on h11, with what we refuse, and an end for every request.

No HTTP/2 in clear and no upgrades, to WebSockets neither: nobody needs them, and each is a way past a proxy's bounds.
What Hypercorn refuses by itself gets a problem document too. A request that is answered before its end is read on
within bounds, so that its answer arrives, and the connection can go on. Must not know what is asked for.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from typing import Final
from urllib.parse import urlsplit

import h11
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.events import Body, EndBody, Request, Response, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol
from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream

from chaishots.api.errors import PROBLEM_TYPE, problem
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.metrics import REQUESTS

_CLOSE: Final = (b"connection", b"close")
_CODES: Final = {
    400: "bad_request",
    431: "header_too_large",
    500: "internal_error",
    501: "not_implemented",
    505: "http_version",
}
_DETAILS: Final = {
    400: "This is no request that can be read: check its first line, its Host and its length.",
    431: "The head of the request is larger than 16 kB: send less.",
    500: "Something went wrong here; tell the operator the X-Request-ID of this answer.",
    501: "This transfer coding is not understood: send chunked, or a Content-Length.",
    505: "Ask by HTTP/1.1: HTTP/2 is not spoken here, nor anything else.",
}

Headers = list[tuple[bytes, bytes]]


def refusal(status: int, request_id: bytes) -> tuple[Headers, bytes]:
    """Headers and body of what a request is answered that does not become one; the connection ends with it."""
    told = problem(status, _CODES.get(status, "bad_request"), _DETAILS.get(status, _DETAILS[400]))
    body = told.text.encode()
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (HEADER, request_id),
        _CLOSE,
    ]
    return headers, body


class Http11(H11Protocol):
    """What is said on one connection."""

    connection: h11.Connection  # pyright: ignore[reportIncompatibleVariableOverride]  # it never becomes WebSockets'
    lingers: Callable[..., None]
    """Read on, within bounds, what belongs to a request that is answered; `is_last`: and close then."""

    _is_lingering = False
    _is_over = False
    _closes = False

    async def handle(self, event: Event) -> None:
        """Take what was read; after the last request of the connection it is dropped."""
        if not (self._is_over and isinstance(event, RawData)):
            await super().handle(event)

    async def stream_send(self, event: StreamEvent) -> None:
        """Send what a request is answered."""
        if isinstance(event, Response) and self._closes:
            event = replace(event, headers=[*event.headers, _CLOSE])
        await super().stream_send(event)

    async def _handle_events(self) -> None:
        while not self._is_over:
            if self.connection.they_are_waiting_for_100_continue:
                await self._send_h11_event(h11.InformationalResponse(status_code=100, headers=[]))
            try:
                event = self.connection.next_event()
            except h11.RemoteProtocolError as error:
                await self._refuse(error.error_status_hint)
                break
            if isinstance(event, h11.Request):
                await self._begin(event)
            elif event is h11.PAUSED:
                await self.can_read.clear()
                await self.can_read.wait()
            elif isinstance(event, h11.Data) and self.stream is not None:
                await self.stream.handle(Body(stream_id=STREAM_ID, data=event.data))
            elif isinstance(event, h11.EndOfMessage) and self.stream is not None:
                await self.stream.handle(EndBody(stream_id=STREAM_ID))
                if self._is_lingering:
                    self._is_lingering = False
                    await super()._maybe_recycle()
            else:
                break

    async def _begin(self, request: h11.Request) -> None:
        await self.send(Updated(idle=False))
        if not request.http_version.startswith(b"1."):
            await self._refuse(505, request.headers)
            return
        path = _path(request.method, request.target)
        if path is None:
            await self._refuse(400, request.headers)
            return
        names = {name for name, _ in request.headers}
        # Whoever sends both means two things, and what follows may be part of either (RFC 9112, 6.1).
        self._closes = b"content-length" in names and b"transfer-encoding" in names
        self.stream = _Stream(
            self.app,
            self.config,
            self.context,
            self.task_group,
            self.ssl,
            self.client,
            self.server,
            self.stream_send,
            STREAM_ID,
        )
        await self.stream.handle(
            Request(
                stream_id=STREAM_ID,
                headers=list(request.headers),
                http_version=request.http_version.decode(),
                method=request.method.decode("ascii").upper(),
                raw_path=path,
                state=self.connection_state,
            )
        )
        self.keep_alive_requests += 1

    async def _refuse(self, status: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Answer what cannot be a request, and end the connection once that has arrived."""
        self._is_over = True
        if self.connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            REQUESTS["OTHER", "unmatched", status] += 1
            given = next((value for name, value in headers if name == HEADER), b"")
            told, body = refusal(status, named(given))
            told = list(chain(told, self.config.response_headers("h11")))
            await self._send_h11_event(h11.Response(status_code=status, headers=told))
            await self._send_h11_event(h11.Data(data=body))
            await self._send_h11_event(h11.EndOfMessage())
            self.lingers(is_last=True)
            await self._close_stream()
        else:
            await self.send(Closed())

    async def _maybe_recycle(self) -> None:
        if self.connection.their_state is not h11.SEND_BODY or self._is_over or self.context.terminated.is_set():
            await super()._maybe_recycle()
            return
        if self.stream is not None:
            await self.stream.handle(StreamClosed(stream_id=STREAM_ID))  # from now on it drops what it is given
        self._is_lingering = True
        self.lingers(is_last=self.connection.our_state is not h11.DONE)


class _Stream(HTTPStream):
    """One request and its answer."""

    async def _send_error_response(self, status_code: int) -> None:
        given = next((value for name, value in self.scope["headers"] if name == HEADER), b"")
        headers, body = refusal(status_code, named(given))
        await self.send(Response(stream_id=self.stream_id, headers=headers, status_code=status_code))
        if self.scope["method"] != "HEAD":
            await self.send(Body(stream_id=self.stream_id, data=body))
        await self.send(EndBody(stream_id=self.stream_id))
        self.state = ASGIHTTPState.CLOSED


def _path(method: bytes, target: bytes) -> bytes | None:
    """The path and query that a request's target names; None when it is none of RFC 9112's forms that we take."""
    if target.startswith(b"/"):
        return target
    if target == b"*":
        return b"/" if method == b"OPTIONS" else None
    if not target.lower().startswith((b"http://", b"https://")):
        return None
    try:
        parts = urlsplit(target.partition(b"#")[0])
    except ValueError:
        return None
    return (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
