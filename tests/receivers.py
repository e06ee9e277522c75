"""Receivers of webhooks on real sockets, which verify what they get and answer as a test has it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

from chaishots.outbound.allowed_urls import Reach
from chaishots.outbound.public_addresses import networks

HERE = Reach(http=True, allowed=networks("127.0.0.0/8"))

Answer = Callable[["Delivered"], int | bytes | Awaitable[int | bytes]]


@dataclass
class Delivered:
    """One request that a receiver got: its headers in lower case, its body, and how many there were before."""

    headers: dict[str, str]
    body: bytes
    before: int

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        """What it says."""
        return json.loads(self.body)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that it brings."""
        return self.message["data"].get("events", [])


@dataclass
class Receiver:
    """A receiver, with all that it got, and what it took for good: the messages that it answered well, each once."""

    answer: Answer
    url: str = ""
    got: list[Delivered] = field(default_factory=list)
    taken: dict[str, Delivered] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events that it took, in order."""
        return [event for delivered in self.taken.values() for event in delivered.events]

    async def has(self, look: Callable[["Receiver"], bool], *, within: float = 20) -> None:
        """Wait until this holds."""
        async with asyncio.timeout(within):
            while not look(self):
                self.news.clear()
                await self.news.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = (line.partition(":") for line in head.split("\r\n")[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in lines}
            body = await reader.readexactly(int(headers["content-length"]))
            delivered = Delivered(headers, body, len(self.got))
            self.got.append(delivered)
            self.news.set()
            answer = self.answer(delivered)
            answered = answer if isinstance(answer, int | bytes) else await answer
            if isinstance(answered, int):
                if 200 <= answered < 300:
                    self.taken.setdefault(delivered.id, delivered)
                answered = f"HTTP/1.1 {answered} Said\r\nContent-Length: 0\r\n\r\n".encode()
            writer.write(answered)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.news.set()
            writer.close()


@asynccontextmanager
async def receiving(answer: Answer = lambda _: 200) -> AsyncIterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver = Receiver(answer)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()


def verify(delivered: Delivered, secret: str) -> Any:
    """What it says, verified. Raises: WebhookVerificationError."""
    return Webhook(secret).verify(delivered.body, delivered.headers)
