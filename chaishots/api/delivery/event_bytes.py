"""Events as they are sent (server-sent events, WHATWG HTML 9.2): bytes, in pieces that HTTP/1.1 can send as they are.

Must not know who listens (`event_broadcast.py`), nor from where on (`event_catch_up.py`).
"""

import json
import random
from dataclasses import replace
from typing import Final

from chaishots.api.delivery.cached_answer import Header
from chaishots.content.catalog.feed import Change, Cursor

HEADERS: Final[tuple[Header, ...]] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that would wait until it has enough passes it on at once
)
_RETRY_MS: Final = (1_000, 8_000)
"""When clients come back after a stream has ended: each at another time, so that a deploy brings not all at once."""


def event_of(change: Change) -> bytes:
    """A change as an event: `lesson.published`, `.changed`, `.removed`, and the same of programs."""
    # JSON as Postgres writes it has no line break.
    return f"id: {_id(change.after)}\nevent: {change.kind}.{change.happened}\ndata: {change.document}\n\n".encode()


def _id(after: Cursor) -> str:
    """The same for everybody: also for who began with nothing, and then is told once more of what was gone by then."""
    return str(replace(after, began_at=0))


def bookmark(after: Cursor) -> bytes:
    """An id without data: a sign of life, and where to go on."""
    return f"id: {_id(after)}\n\n".encode()


def greeting() -> bytes:
    """What begins each stream: when to come back after it has ended, in milliseconds."""
    return f"retry: {random.randint(*_RETRY_MS)}\n".encode()  # noqa: S311  # spreads clients, no secret


def reset(after: Cursor, why: str) -> bytes:
    """Tells that the copy has to be made anew; what follows are the events from now on.

    In a stream that goes on: on any status but 200 a browser would give up for good.
    """
    return f"id: {after}\nevent: reset\ndata: {json.dumps({'code': 'cursor_expired', 'detail': why})}\n\n".encode()


class Piece:
    """Part of a stream, made once for all whom it is sent to.

    data: as it is. chunk: as HTTP/1.1 sends part of a body whose length nobody knows (RFC 9112, 7.1).
    """

    __slots__ = ("chunk", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.chunk = b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK: Final = b"0\r\n\r\n"
