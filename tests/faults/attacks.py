"""Load that means harm, on this machine's loopback alone: `python -m tests.faults.attacks NAME PORT SECONDS`.

Prints how many times each thing was done. Raw sockets: it has to cost less than what it does.
"""

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

HOST: Final = "127.0.0.1"
_READ: Final = b"GET /catalog/programs?limit=1 HTTP/1.1\r\nhost: chai\r\n"
_NAMES: Final = "&".join(f"{number}=" for number in range(1_500)).encode()
_H2: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000006040000000000000400000000")

counted: Counter[str] = Counter()


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        async with asyncio.timeout(5):
            return await asyncio.open_connection(HOST, port)
    except OSError:
        counted["refused"] += 1
        await asyncio.sleep(0.01)
        return None


async def _asked(port: int, request: bytes, *, reads: bool = True) -> None:
    """One connection, one request, the beginning of its answer; then the client is gone."""
    if (connection := await _connected(port)) is None:
        return
    reader, writer = connection
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            head = await reader.read(4_096) if reads else b""
        counted[head[9:12].decode("latin1") or "closed"] += 1
    except OSError:
        counted["cut or late"] += 1
    finally:
        writer.transport.abort() if not reads else writer.close()


async def unread_bodies(port: int, _: int) -> None:
    await _asked(port, _READ + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 12)


async def closed(port: int, _: int) -> None:
    await _asked(port, _READ + b"\r\n")


async def many_names(port: int, _: int) -> None:
    await _asked(port, b"GET /catalog/programs?" + _NAMES + b" HTTP/1.1\r\nhost: chai\r\n\r\n")


async def junk_tokens(port: int, number: int) -> None:
    await _asked(port, _READ + b"authorization: Bearer junk%d\r\n\r\n" % (number % 50))


async def slashes(port: int, _: int) -> None:
    await _asked(port, b"GET //catalog/programs HTTP/1.1\r\nhost: chai\r\n\r\n")


async def health_flood(port: int, _: int) -> None:
    await _asked(port, b"GET /health HTTP/1.1\r\nhost: chai\r\n\r\n")


async def http2(port: int, _: int) -> None:
    await _asked(port, _H2)


async def first_reads(port: int, number: int) -> None:
    a, b, c = number % 26, number // 26 % 26, number // 676 % 26
    language = bytes([97 + a, 97 + b, 97 + c])
    path = b"GET /catalog/programs?limit=100&prefer=%b HTTP/1.1\r\nhost: chai\r\n\r\n" % language
    await _asked(port, path)


async def unread_answers(port: int, _: int) -> None:
    """Large pages, asked for again and again and never read; the connection is held until it is cut."""
    if (connection := await _connected(port)) is None:
        return
    reader, writer = connection
    reader._transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
    try:
        for _turn in range(20):
            writer.write(b"GET /catalog/programs?limit=100 HTTP/1.1\r\nhost: chai\r\n\r\n")
        await asyncio.sleep(8)
        counted["held"] += 1
    finally:
        writer.transport.abort()


async def idle(port: int, _: int) -> None:
    """A connection that asks once and stays, until the server closes it."""
    if (connection := await _connected(port)) is None:
        return
    reader, writer = connection
    try:
        writer.write(_READ + b"\r\n")
        await reader.read(4_096)
        counted["opened"] += 1
        while await reader.read(65_536):
            pass
        counted["closed by the server"] += 1
    except OSError:
        counted["cut"] += 1
    finally:
        writer.transport.abort()


async def dripped_heads(port: int, _: int) -> None:
    """A request whose head comes in drops, and never to its end, until the server closes it."""
    if (connection := await _connected(port)) is None:
        return
    _, writer = connection
    try:
        writer.write(_READ)
        counted["opened"] += 1
        while not writer.transport.is_closing():
            writer.write(b"x: y\r\n")
            await writer.drain()
            await asyncio.sleep(2)
        counted["closed by the server"] += 1
    except OSError:
        counted["cut"] += 1
    finally:
        writer.transport.abort()


@dataclass(frozen=True)
class Attack:
    """What is done over and over, by how many at a time, and how often a second at most; 0: as often as can be."""

    once: Callable[[int, int], Awaitable[None]]
    width: int
    rate: float = 0


ATTACKS: Final[dict[str, Attack]] = {
    "unread_bodies": Attack(unread_bodies, 50, 1_667),
    "closed": Attack(closed, 50, 334),
    "first_reads": Attack(first_reads, 500),
    "many_names": Attack(many_names, 20, 52),
    "idle": Attack(idle, 10_000, 1_000),
    "dripped_heads": Attack(dripped_heads, 2_000, 500),
    "unread_answers": Attack(unread_answers, 200, 100),
    "junk_tokens": Attack(junk_tokens, 50, 300),
    "slashes": Attack(slashes, 50, 300),
    "health_flood": Attack(health_flood, 50, 300),
    "http2": Attack(http2, 50, 100),
}


async def _attack(attack: Attack, port: int, seconds: float) -> None:
    began = time.monotonic()
    numbers = itertools.count()

    async def one() -> None:
        while (now := time.monotonic()) < began + seconds:
            number = next(numbers)
            if attack.rate and (due := began + number / attack.rate) > now:
                await asyncio.sleep(due - now)
            await attack.once(port, number)

    tasks = [asyncio.create_task(one()) for _ in range(attack.width)]
    await asyncio.wait(tasks, timeout=seconds + 1)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


if __name__ == "__main__":
    name, on_port, for_seconds = sys.argv[1:]
    asyncio.run(_attack(ATTACKS[name], int(on_port), float(for_seconds)))
    print(dict(counted))
