"""HTTP/1.1 as it is spoken here: Hypercorn's, on h11, with what we refuse, and an end for every request.

No HTTP/2 in clear and no upgrades, to WebSockets neither: nobody needs them, and each is a way past a proxy's bounds.
What Hypercorn refuses by itself gets a problem document too. A request that is answered before its end is read on
within bounds, so that its answer arrives, and the connection can go on. Must not know what is asked for.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from typing import Final

import h11
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.events import Body, EndBody, Request, Response, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol
from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream

from chaishots.api.middleware.cors_and_api_version import FOR_EVERYBODY
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.api.problem_document import PROBLEM_TYPE, problem
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

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Za-z:.%]+\])(?::[0-9]{0,5})?")
_ABSOLUTE: Final = re.compile(
    rb"(?i:https?)://(?P<host>(?=[^:/?#])" + _HOST.pattern + rb")(?P<path>(?:[/?][^#]*)?)(?:#.*)?"
)
"""A target that names the host too (RFC 9112, 3.2.2); no user in it (RFC 9110, 4.2.4)."""

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
        *FOR_EVERYBODY,
        _CLOSE,
    ]
    return headers, body


class Http11(H11Protocol):
    """What is said on one connection."""

    connection: h11.Connection  # pyright: ignore[reportIncompatibleVariableOverride]  # it never becomes WebSockets'
    lingers: Callable[..., None]
    """Read on, within bounds, what belongs to a request that is answered; `is_last`: and close then."""

    request_id = b""
    """Of the request that was begun last."""
    _is_lingering = False
    _is_over = False
    _takes_no_more = False
    _is_head = False
    _was_sent_more = False
    _closes = False

    async def handle(self, event: Event) -> None:
        """Take what was read; after the last request of the connection it is dropped."""
        if isinstance(event, RawData):
            if self._is_over or self._takes_no_more:
                self._was_sent_more = True
                return
            if self.is_between_requests():
                event = RawData(event.data.lstrip(b"\r\n"))  # some send a line too many (RFC 9112, 2.2)
            if not event.data:
                return  # to h11, that is the end
        await super().handle(event)

    async def finish(self) -> None:
        """Take no more: the client sends nothing. It may wait for its answer still, when it has asked to the end."""
        if self.stream is not None and self.connection.their_state is h11.SEND_BODY:
            await super().handle(Closed())
        elif not self._is_over and not self._takes_no_more:
            self.connection.receive_data(b"")
            await self._handle_events()

    async def fail(self, request_id: bytes) -> None:
        """Answer that something of ours went wrong, when nothing has been answered yet."""
        await self._refuse(500, [(HEADER, request_id)], has_body=not self._is_head)

    def is_between_requests(self) -> bool:
        """Whether a request is waited for, and not a piece of one is there."""
        connection = self.connection
        return (
            connection.our_state is h11.IDLE
            and connection.their_state is h11.IDLE
            and connection.trailing_data == (b"", False)
        )

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
                if self.connection.their_state is h11.MUST_CLOSE:
                    # It was the last request (RFC 9112, 9.6): to h11, what comes after it would be a fault of its own.
                    self._takes_no_more = True
                    self._was_sent_more = bool(self.connection.trailing_data[0])
                    break
            else:
                break

    async def _begin(self, request: h11.Request) -> None:
        await self.send(Updated(idle=False))
        target = asked_target(request)
        if isinstance(target, int):
            await self._refuse(target, request.headers, has_body=request.method != b"HEAD")
            return
        path, host = target
        self._is_head = request.method == b"HEAD"
        given = next((value for name, value in request.headers if name == HEADER), b"")
        self.request_id = named(given)
        headers = [(name, host if name == b"host" else value) for name, value in request.headers if name != HEADER]
        headers.append((HEADER, self.request_id))  # so that whoever asks for it, to answer or to log, finds the same
        names = {name for name, _ in headers}
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
                headers=headers,
                http_version=request.http_version.decode(),
                method=request.method.decode(),
                raw_path=path,
                state=self.connection_state,
            )
        )
        self.keep_alive_requests += 1

    async def _refuse(self, status: int, headers: Iterable[tuple[bytes, bytes]] = (), *, has_body: bool = True) -> None:
        """Answer what cannot be a request, and end the connection once that has arrived."""
        self._is_over = True
        if self.connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            REQUESTS["OTHER", "unmatched", status] += 1
            given = next((value for name, value in headers if name == HEADER), b"")
            told, body = refusal(status, named(given))
            told = list(chain(told, self.config.response_headers("h11")))
            await self._send_h11_event(h11.Response(status_code=status, headers=told))
            if has_body:
                await self._send_h11_event(h11.Data(data=body))
            await self._send_h11_event(h11.EndOfMessage())
            self.lingers(is_last=True)
            await self._close_stream()
        else:
            await self.send(Closed())

    async def _maybe_recycle(self) -> None:
        if self._takes_no_more and self._was_sent_more and not self._is_over:
            await self._close_stream()
            self._is_over = True
            self.lingers(is_last=True)
            return
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


def asked_target(request: h11.Request) -> tuple[bytes, bytes] | int:
    """The path with its query, and the host, that a request names; or the status that it is refused with.

    What h11 lets pass of what RFC 9112 forbids (3.2, 6.1): a Host that is none, a target of another form, a coding of
    the body in HTTP/1.0, a method in lower case, which others would take for another one.
    """
    if not request.http_version.startswith(b"1."):
        return 505
    headers = dict(request.headers)
    host, target = headers.get(b"host", b""), request.target
    if request.http_version < b"1.1" and b"transfer-encoding" in headers:
        return 400
    if not _HOST.fullmatch(host) or request.method != request.method.upper():
        return 400
    if target.startswith(b"/"):
        return target, host
    if target == b"*":
        return (b"/", host) if request.method == b"OPTIONS" else 400
    if (named_whole := _ABSOLUTE.fullmatch(target)) is None:
        return 400
    path = named_whole["path"]
    return path if path.startswith(b"/") else b"/" + path, named_whole["host"]
