"""Events for a client whose connection is not ours to write to: over HTTP/2, or where a request came in pieces.

Whoever else listens is written to as he is (`server/connection.py`).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from chaishots.api.delivery.event_broadcast import Broadcast
from chaishots.api.delivery.event_bytes import Piece
from chaishots.content.catalog.feed import Cursor


class Stream:
    """Events for a client whose connection is not ours to write to, as HTTP/2 is not."""

    def __init__(self, broadcast: Broadcast, after: Cursor | None) -> None:
        self._broadcast = broadcast
        self._after = after
        self._unsent: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._taken = asyncio.Event()
        self._is_over = False

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        """What is sent, as long as the client is there."""
        self._broadcast.join(self, self._after)
        try:
            while self._unsent or not self._is_over:
                while self._unsent:
                    yield self._unsent.popleft()
                self._taken.set()
                self._news.clear()
                if not self._is_over:
                    await self._news.wait()
        finally:
            self._broadcast.leave(self)
            self._is_over = True
            self._taken.set()

    def write(self, piece: Piece) -> None:
        """Send, as soon as it goes."""
        self._taken.clear()
        self._unsent.append(piece.data)
        self._news.set()

    def unsent(self) -> int:
        """How many bytes wait to be taken."""
        return sum(map(len, self._unsent))

    async def taken(self) -> None:
        """Wait until what was sent is taken. Raises: ConnectionError when it will not be."""
        await self._taken.wait()
        if self._is_over:
            raise ConnectionResetError("the client is gone")

    def end(self) -> None:
        """End the stream, once all is sent."""
        self._is_over = True
        self._news.set()

    def cut(self) -> None:
        """End it now."""
        self._unsent.clear()
        self.end()
