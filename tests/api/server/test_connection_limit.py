"""Connections: each ends, whatever its client sends, keeps back, or does not read; and there are never too many."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import psutil
import pytest
from structlog.testing import capture_logs

from chaishots.api.server import connection, connection_limit, hypercorn_exchange, server
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.api.server.test_fast_path import Line, a_line, request, serving_again
from tests.builders import a_public_program
from tests.cluster import eventually

PIECES = b"1\r\nx\r\n" * 12
CHUNKED = "Transfer-Encoding: chunked"
LIST = "/catalog/programs?limit=1"


def open_at(port: int | None) -> tuple[int, int]:
    """How many tasks there are, and how many descriptors of the server's side of its connections."""
    accepted = [each for each in psutil.Process().net_connections("tcp") if each.laddr.port == port and each.raddr]
    return len(asyncio.all_tasks()), len(accepted)


@asynccontextmanager
async def nothing_is_left(served: Served, port: int | None = None) -> AsyncGenerator[None]:
    """What is done inside leaves neither tasks nor descriptors, of this port or else of the one that is served."""
    port = port or served.client.base_url.port
    before = open_at(port)
    yield

    async def is_as_before() -> bool:
        tasks, files = open_at(port)
        return tasks <= before[0] and files <= before[1]

    await eventually(is_as_before)


async def said_again_and_again(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Say it for as long as the server takes it. Raises: ConnectionError."""
    async with asyncio.timeout(20):
        while True:
            writer.write(data)
            await writer.drain()


UNREAD = {
    "a read of the catalog": request(LIST, CHUNKED),
    "one that closes": request(LIST, CHUNKED, "Connection: close"),
    "nothing there": request("/nothing", CHUNKED, method="POST"),
    "a method that is not taken": request("/catalog/topics", CHUNKED, method="PUT"),
    "without a token": request("/cms/programs", CHUNKED, method="POST"),
    "a look at health": request("/health/live", CHUNKED),
    "a length that is not kept": request(LIST, "Content-Length: 100"),
    "an upgrade": request(LIST, CHUNKED, "Upgrade: websocket", "Connection: upgrade"),
}


@pytest.mark.parametrize("asked", UNREAD.values(), ids=UNREAD)
async def test_a_body_that_nobody_reads_leaves_no_connection(whole: Served, sql: Connection, asked: bytes) -> None:
    await a_public_program(sql)
    await whole.client.get(LIST)
    async with nothing_is_left(whole):
        for _ in range(30):
            async with a_line(whole) as line:
                await line.say(asked + PIECES)


async def test_a_connection_goes_on_after_a_body_that_nobody_read(whole: Served) -> None:
    async with a_line(whole) as line:
        for _ in range(3):
            await line.say(request("/nothing", CHUNKED, method="POST") + PIECES)
            assert (await line.answer())[0].startswith(b"HTTP/1.1 404")
            await line.say(PIECES + b"0\r\n\r\n")


async def test_a_body_that_never_ends_is_read_for_a_while_and_then_no_more(
    whole: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypercorn_exchange, "LINGER_SECONDS", 0.2)
    async with nothing_is_left(whole), a_line(whole) as line:
        await line.say(request("/nothing", CHUNKED, method="POST") + PIECES)
        assert (await line.answer())[0].startswith(b"HTTP/1.1 404")
        async with asyncio.timeout(5):
            assert await line.reader.read() == b""


async def test_a_body_without_a_bound_is_cut_and_its_answer_arrives(whole: Served) -> None:
    piece = b"%x\r\n%b\r\n" % (60_000, b"x" * 60_000)
    async with nothing_is_left(whole), a_line(whole) as line:
        await line.say(request("/nothing", CHUNKED, method="POST"))
        assert (await line.answer())[0].startswith(b"HTTP/1.1 404")
        with pytest.raises(ConnectionError):
            await said_again_and_again(line.writer, piece)


@pytest.mark.parametrize("asked", ["", request(LIST), b"GET /half"], ids=["nothing", "a read", "half a head"])
async def test_who_leaves_keeps_no_descriptor(whole: Served, asked: bytes) -> None:
    await whole.client.get(LIST)  # so that the pool is open
    async with nothing_is_left(whole):
        for _ in range(30):
            async with a_line(whole) as line:
                await line.say(asked or b"")
                if asked == request(LIST):
                    await line.answer()


async def test_beyond_the_ceiling_the_longest_idle_is_closed(whole: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limit, "ceiling", lambda: 3)
    async with serving_again(whole) as port:
        lines = [Line(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(3)]
        for line in (*lines, lines[0]):
            await line.say(request("/health/live"))
            await line.answer()
        lines.append(Line(*await asyncio.open_connection("127.0.0.1", port)))
        for line in (lines[3], lines[0], lines[2]):
            await line.say(request("/health/live"))
            assert (await line.answer())[0].startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(5):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await lines[1].reader.readexactly(1)
        for line in lines:
            line.writer.close()


@pytest.mark.parametrize("asked", [b"", request(LIST), request("/health/live")], ids=["nothing", "a read", "health"])
async def test_who_breaks_off_is_no_failure_to_log(whole: Served, sql: Connection, asked: bytes) -> None:
    await a_public_program(sql)
    await whole.client.get(LIST)
    with capture_logs() as lines:
        async with nothing_is_left(whole):
            for _ in range(5):
                async with a_line(whole) as line:
                    await line.say(asked)
                    if asked:
                        await line.answer()
                    to_cut = line.writer.get_extra_info("socket")
                    to_cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    line.writer.transport.abort()
    assert [line for line in lines if line["event"] == "connection.failed"] == []


def test_the_ceiling_is_below_the_limit_on_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {1024: 896, 4096: 3584, 1_048_576: 16_384, connection_limit.resource.RLIM_INFINITY: 16_384}
    for limit, most in limits.items():
        monkeypatch.setattr(connection_limit.resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert connection_limit.ceiling() == most


async def test_heads_that_come_in_drops_are_cut_and_others_are_answered_meanwhile(
    whole: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.4)

    async def drip() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", whole.client.base_url.port)
        writer.write(b"GET /catalog/programs HTTP/1.1\r\n")
        with suppress(ConnectionError):
            while not writer.transport.is_closing():
                writer.write(b"X-Drop: x\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)

    async with nothing_is_left(whole), asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(drip())
        assert (await whole.client.get(LIST)).status_code == 200


@pytest.mark.parametrize("path", [LIST, "/catalog/programs?limit=100&junk=1"], ids=["on the lane", "by Hypercorn"])
async def test_who_does_not_read_is_cut(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    await a_public_program(sql)
    await whole.client.get(LIST)
    monkeypatch.setattr(connection, "STALLED_SECONDS", 0.3)
    # The kernel takes little for it: some thousands of answers take long where the machine is busy.
    async with serving_again(whole, send_bytes=8_000) as port, nothing_is_left(whole, port):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000)
        reader.setblocking(False)
        await asyncio.get_running_loop().sock_connect(reader, ("127.0.0.1", port))
        _, writer = await asyncio.open_connection(sock=reader, limit=1)
        with pytest.raises(ConnectionError):
            await said_again_and_again(writer, request(path) * 100)
        writer.close()


@pytest.mark.parametrize("path", ["/catalog/programs?limit=40", "/openapi.json"], ids=["on the lane", "by Hypercorn"])
async def test_who_reads_slowly_gets_all_of_it(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    for _ in range(40):
        await a_public_program(sql, description="x" * 9_000)
    monkeypatch.setattr(connection, "STALLED_SECONDS", 0.2)
    async with serving_again(whole, send_bytes=8_000) as port:
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, ("127.0.0.1", port))
        began = loop.time()
        await loop.sock_sendall(slow, request(path, "Connection: close"))
        taken = 0
        while got := len(await loop.sock_recv(slow, 3_000)):
            taken += got
            await asyncio.sleep(0.005)  # as slow as it is
        slow.close()
    assert loop.time() - began > 3 * connection.STALLED_SECONDS
    assert taken > 300_000


REFUSED = {
    "no Host": (b"GET /health HTTP/1.1\r\n\r\n", 400),
    "nonsense": (b"\x16\x03\x01 nonsense\r\n\r\n", 400),
    "a large head": (b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000, 431),
    "another coding": (request("/health", "Transfer-Encoding: gzip", method="POST"), 501),
    "HTTP/2 in clear": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "another version": (b"GET /health HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    "two lengths": (request("/health", "Content-Length: 1", "Content-Length: 2", method="POST"), 400),
    "a length that is none": (request("/health", "Content-Length: -1", method="POST"), 400),
    "a space before the colon": (request("/health", "Content-Length : 1", method="POST"), 400),
    "a target that is none": (b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a tunnel": (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
}


@pytest.mark.parametrize(("asked", "status"), REFUSED.values(), ids=REFUSED)
async def test_what_is_no_request_is_a_problem_with_a_request_id(whole: Served, asked: bytes, status: int) -> None:
    async with nothing_is_left(whole), a_line(whole) as line:
        await line.say(asked)
        head, body = await line.answer()
        assert head.startswith(b"HTTP/1.1 %d" % status)
        assert b"content-type: application/problem+json" in head
        assert re.search(rb"x-request-id: [0-9a-f]{32}\r\n", head)
        assert b'"status":%d' % status in body
        async with asyncio.timeout(10):
            assert await line.reader.read() == b""


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
async def test_an_upgrade_is_ignored(whole: Served, upgrade: str) -> None:
    lines = (f"Upgrade: {upgrade}", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk")
    async with a_line(whole) as line:
        for _ in range(2):
            await line.say(request("/health/live", *lines))
            assert (await line.answer())[0].startswith(b"HTTP/1.1 200")


async def test_a_request_with_two_lengths_is_answered_and_is_the_last(whole: Served) -> None:
    async with a_line(whole) as line:
        await line.say(request("/nothing", "Content-Length: 5", CHUNKED, method="POST") + b"0\r\n\r\n" + request("/"))
        head, _ = await line.answer()
        assert head.startswith(b"HTTP/1.1 404")
        assert b"connection: close" in head
        async with asyncio.timeout(5):
            assert await line.reader.read() == b""
