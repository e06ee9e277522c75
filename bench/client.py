"""A plain HTTP/1.1 client: light enough that what is measured is the server, and exact about bytes and headers.

It takes answers that say their length, which is what all servers measured here send.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_PATIENCE_SECONDS: Final = 30


@dataclass(frozen=True)
class Answer:
    """One answer; the names of headers in small letters."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, empty when there is none."""
        return dict(self.headers).get(name, "")


class Client:
    """One connection that is kept open, and opened anew where the server ends it (Hypercorn: after 1,000 answers)."""

    def __init__(self, host: str | None, port: int | None) -> None:
        self._address = host, port
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def open(self) -> None:
        """Connect. Raises: OSError when nobody listens."""
        self._reader, self._writer = await asyncio.open_connection(*self._address, limit=2**20)

    def close(self) -> None:
        """End the connection."""
        self._writer.close()

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Ask for a path with its query, and read the whole answer."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\n{lines}\r\n".encode())
        async with asyncio.timeout(_PATIENCE_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *given = head.rstrip("\r\n").split("\r\n")
            told = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in given)]
            answer = Answer(int(status.split()[1]), told, b"")
            length = 0 if answer.status == 304 else int(answer.header("content-length"))
            body = await self._reader.readexactly(length)
        if answer.header("connection").lower() == "close":
            self.close()
            await self.open()
        return Answer(answer.status, told, body)


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Client]:
    """Connect to the server of a URL. Raises: OSError when nobody listens."""
    parts = urlsplit(url)
    client = Client(parts.hostname, parts.port)
    await client.open()
    try:
        yield client
    finally:
        client.close()


async def fetched(url: str, path: str, headers: dict[str, str] | None = None) -> Answer:
    """One answer, over a connection of its own."""
    async with connected(url) as client:
        return await client.get(path, headers)
