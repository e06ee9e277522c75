"""From where on a client of the events goes on, and how it gets what it missed, before it is one of the many.

What it had last (`Last-Event-ID`, which browsers send when they come back) goes before the cursor in its address, which
it came with the first time. One that is too old, or of another history, is told `reset`, and goes on from now. Who is
sent what is new afterwards is in `event_broadcast.py`, what is sent in `event_bytes.py`.
"""

from collections.abc import Callable
from typing import Final

from chaishots.api.delivery.event_bytes import Piece, reset
from chaishots.content.catalog import feed
from chaishots.content.catalog.feed import Cursor
from chaishots.content.errors import CursorExpired
from chaishots.database.connection import reading

PAGE: Final = 100
"""Changes that are read and sent at once: some 150 kB."""


def resume_after(last_event_id: str | None, cursor: str | None) -> Cursor | None:
    """The place in the feed after which a client's events begin; None: from now on.

    Args:
        last_event_id: the header. cursor: the parameter of the address.
    Raises: InvalidContent when it is no cursor.
    """
    last = last_event_id or cursor
    return Cursor.of(last) if last else None


async def read_missed(after: Cursor | None, write: Callable[[Piece], None]) -> feed.Changes:
    """The next page of what a client missed; it is written `reset` first when its cursor leads nowhere any more."""
    async with reading() as connection:
        if after is None:
            after = await feed.head(connection)
        try:
            return await feed.changes(connection, after, limit=PAGE)
        except CursorExpired as error:
            after = await feed.head(connection)
            write(Piece(reset(after, str(error))))
            return await feed.changes(connection, after, limit=PAGE)
