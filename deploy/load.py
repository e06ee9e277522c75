"""Read the catalog as a crowd would, and count every request that failed: python3 deploy/load.py --help.

Standard library only, so that it runs wherever a Python 3.11 is. A request failed when its answer is not a 200 or a 304
with the whole body that was announced, when it took longer than the limit, or when its connection broke; a connection
that the server closes between two requests is opened anew, as every client does.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

ANSWER_SECONDS = 10.0


@dataclass
class Tally:
    """What was seen: milliseconds of each good answer, a count of each kind of failure."""

    milliseconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    cache: Counter[str] = field(default_factory=Counter)

    def document(self, seconds: float) -> dict[str, object]:
        """The tally as one JSON document."""
        ordered = sorted(self.milliseconds) or [0.0]
        return {
            "requests": len(self.milliseconds) + self.failures.total(),
            "failed": self.failures.total(),
            "failures": dict(self.failures),
            "cache": dict(self.cache),
            "per_second": round(len(self.milliseconds) / seconds),
            "p50_ms": round(ordered[len(ordered) // 2], 1),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)], 1),
            "longest_ms": round(ordered[-1], 1),
        }


class Failed(Exception):
    """A request without the answer it should have had."""


async def visit(
    address: tuple[str, int], requests: Iterator[bytes], tally: Tally, stop: asyncio.Event, pause: float
) -> None:
    """Send one request after another over one connection, one each `pause` seconds at most, until asked to stop."""
    stream = None
    for request in requests:
        if stop.is_set():
            break
        began = time.perf_counter()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                stream = stream or await asyncio.open_connection(*address)
                cache, goes_on = await answer(stream, request)
        except (OSError, EOFError, ValueError, Failed) as error:
            tally.failures[f"{type(error).__name__}: {error}"[:120]] += 1
            goes_on = False
        else:
            tally.milliseconds.append((time.perf_counter() - began) * 1000)
            tally.cache[cache] += 1
        if not goes_on and stream:
            stream[1].close()
            stream = None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0, pause - (time.perf_counter() - began)))
    if stream:
        stream[1].close()


async def answer(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes) -> tuple[str, bool]:
    """Read one answer whole: what the proxy's cache said, and whether the connection stays open."""
    reader, writer = stream
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    else:
        await reader.readexactly(int(headers.get("content-length", 0)))
    if status.split()[1] not in {"200", "304"}:
        raise Failed(status)
    return headers.get("cache-status", "none"), headers.get("connection") != "close"


async def crowd(options: argparse.Namespace) -> Tally:
    """Let the visitors go on for so long, or until a signal."""
    address = urlsplit(options.url)
    token = f"Authorization: Bearer {options.token}\r\n" if options.token else ""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAccept-Encoding: gzip\r\n{token}\r\n".encode()
        for path in options.paths
    ]
    pause = options.connections / options.rate if options.rate else 0
    tally, stop = Tally(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as visitors:
        for visitor in range(options.connections):
            turn = cycle(requests[visitor % len(requests) :] + requests[: visitor % len(requests)])
            visitors.create_task(visit((address.hostname or "", address.port or 80), turn, tally, stop, pause))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(options.seconds):
                await stop.wait()
        stop.set()
    return tally


def main() -> None:
    """Run, print one JSON document, and end with 1 when a request failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="where the proxy is, such as http://127.0.0.1:8000")
    parser.add_argument("paths", nargs="*", default=["/catalog/programs"], help="what to read, in turn")
    parser.add_argument("--seconds", type=float, default=10, help="for how long at most; a SIGTERM ends it earlier")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rate", type=float, help="requests a second in all (else as many as are answered)")
    parser.add_argument("--token", help="send a token, which gets every request past the proxy's cache to a replica")
    options = parser.parse_args()
    began = time.monotonic()
    tally = asyncio.run(crowd(options))
    print(json.dumps(tally.document(time.monotonic() - began)))
    sys.exit(1 if tally.failures or not tally.milliseconds else 0)


if __name__ == "__main__":
    main()
