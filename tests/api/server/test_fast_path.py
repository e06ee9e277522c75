"""Reads answered on the connection itself: as Hypercorn would, and nothing but what is plainly one of them."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chaishots.api.app import create_app
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.delivery.cached_answer import Answer
from chaishots.api.delivery.read_request import ReadRequest
from chaishots.api.request_tasks import RequestTasks
from chaishots.api.server import fast_path, server
from chaishots.api.server.server import serve
from chaishots.api.server.sockets import bound_sockets
from chaishots.database.connection import Connection
from chaishots.storage.folder_or_bucket import Store
from tests.api.conftest import REPLICA, Served
from tests.api.delivery.test_asgi_app import locked
from tests.builders import a_public_program
from tests.cluster import eventually
from tests.conftest import Database

LIST = "/catalog/programs"
NOBODY = UUID(int=0)


class Line:
    """A connection on which bytes are said as they are, and whole answers read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, to_head: bool = False) -> tuple[bytes, bytes]:
        """Head and body of the next answer."""
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\ncontent-length: (\d+)\r\n", head)
            return head, await self.reader.readexactly(0 if to_head or not length else int(length[1]))


@asynccontextmanager
async def a_line(served: Served) -> AsyncGenerator[Line]:
    """A connection to the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.client.base_url.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):  # the server may have cut it
            await writer.wait_closed()


@pytest.fixture
def by_hypercorn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that Hypercorn has made of what came."""
    paths: list[str] = []
    serves = Delivery.__call__

    async def noted(self, scope, receive, send) -> None:  # pyright: ignore
        paths.append(scope["path"])
        await serves(self, scope, receive, send)

    monkeypatch.setattr(Delivery, "__call__", noted)
    return paths


def request(path: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    """A request without a body."""
    return "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/{version}", "Host: chai", *lines, "")).encode()


def told(head: bytes) -> list[bytes]:
    """What a head says, but for what differs from one answer to the next.

    Last-Modified is told once its second is over, which may be between two answers; test_layer has it.
    """
    varying = (b"date:", b"x-request-id:", b"connection:", b"last-modified:")
    return [line for line in head.split(b"\r\n") if not line.lower().startswith(varying)]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "line"),
    [
        (LIST, "Accept: */*"),
        (LIST, "Accept-Encoding: gzip, br"),
        (f"{LIST}?limit=1&fields=title", "accept-encoding: GZIP;q=0.5"),
        ("/catalog/%70rograms?limit=2", "Accept: */*"),
        (f"{LIST}/PROGRAM", 'If-None-Match: "other", *'),
        (f"{LIST}/PROGRAM?prefer=hi", "If-Modified-Since: Wed, 25 Nov 2099 00:00:00 GMT"),
        (f"{LIST}/{NOBODY}", "Accept: */*"),
        (f"/catalog/lessons/{NOBODY}", "Connection: keep-alive"),
        ("/catalog/topics", "Content-Length: 0"),
    ],
)
async def test_an_answer_is_the_same_as_by_way_of_hypercorn(
    whole: Served, sql: Connection, by_hypercorn: list[str], path: str, line: str, method: str
) -> None:
    path = path.replace("PROGRAM", str(await a_public_program(sql)))
    await whole.has_heard(sql)
    await whole.client.get(path)  # then both are hits
    by_hypercorn.clear()
    async with a_line(whole) as here, a_line(whole) as there:
        await here.say(request(path, line, method=method))
        head, body = await here.answer(to_head=method == "HEAD")
        assert by_hypercorn == []
        await there.say(request(path, line, "X-Padding: 1", method=method, version="1.0"))
        other_head, other_body = await there.answer(to_head=method == "HEAD")
        assert len(by_hypercorn) == 1

    assert told(head) == told(other_head)
    assert body == other_body
    assert re.search(rb"\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", head)
    assert re.search(rb"\r\nx-request-id: [0-9a-f]{32}\r\n", head)


def without_length(lines: list[bytes]) -> list[bytes]:
    """A head, whatever the length of the body: figures in it may have a digit more or less in the next answer."""
    return [b"content-length" if line.lower().startswith(b"content-length: ") else line for line in lines]


def as_of_one_look(body: bytes) -> dict[str, Any]:
    """What /health tells, but for what its next look at Postgres finds otherwise."""
    return json.loads(body) | dict.fromkeys(("heard_at", "feed_behind_s", "clock_off_s"), "of the look")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_probe_is_answered_here_as_by_way_of_hypercorn(
    whole: Served, by_hypercorn: list[str], method: str
) -> None:
    async with a_line(whole) as here, a_line(whole) as there:
        await here.say(request("/health", method=method))
        head, body = await here.answer(to_head=method == "HEAD")
        assert by_hypercorn == []
        await there.say(request("/health", method=method, version="1.0"))
        other_head, other_body = await there.answer(to_head=method == "HEAD")
        assert by_hypercorn == ["/health"]
    assert head.startswith(b"HTTP/1.1 200 ")
    assert without_length(told(head)) == without_length(told(other_head))
    if method == "GET":
        assert as_of_one_look(body) == as_of_one_look(other_body)


async def test_who_wants_the_connection_closed_is_answered_here_too_and_it_is_closed(
    whole: Served, sql: Connection, by_hypercorn: list[str]
) -> None:
    """As nginx asks: each request on a connection of its own."""
    await a_public_program(sql)
    await whole.has_heard(sql)
    for path in (LIST, LIST, "/health"):  # rendered, and then at hand
        async with a_line(whole) as line:
            await line.say(request(path, "Connection: Close"))
            head, body = await line.answer()
            assert await line.reader.read() == b""
        assert b"\r\nconnection: close\r\n" in head
        assert body
    assert by_hypercorn == []


async def test_a_connection_is_read_on_whatever_was_answered_before(
    whole: Served, sql: Connection, by_hypercorn: list[str]
) -> None:
    await a_public_program(sql)
    async with a_line(whole) as line:
        for path in (LIST, "/health/live", LIST, f"{LIST}?limit=0", f"{LIST}?limit=1", "/nowhere", "/catalog/topics"):
            await line.say(request(path))
            head, body = await line.answer()
            assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 404", b"HTTP/1.1 422"))
            assert body
    assert by_hypercorn == ["/health/live", LIST, "/nowhere"]


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (request(LIST, "Authorization: Bearer nothing"), [401]),
        (request(LIST, version="1.0"), [200]),
        (request(LIST, "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n", [200]),
        (request(LIST, "Content-Length: 2") + b"{}", [200]),
        (request(LIST, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"), [200]),
        (request(f"{LIST}?limit=0") + request(f"{LIST}?limit=1"), [422, 200]),
        (request(f"{LIST}?sort=title"), [422]),
        (request(f"{LIST}?limit=%ff"), [422]),
        (request(LIST, "Host: another"), [400]),
        (f"GET {LIST} HTTP/1.1\r\n\r\n".encode(), [400]),
        (f"GET {LIST} HTTP/1.1\r\nHost: chai\r\nA : b\r\n\r\n".encode(), [400]),
        (f"GET {LIST}\r\n\r\n".encode(), [400]),
    ],
)
async def test_what_is_not_plainly_one_read_is_left_to_hypercorn(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch, data: bytes, statuses: list[int]
) -> None:
    await a_public_program(sql)
    monkeypatch.setattr(fast_path.FastPath, "at_hand", None)  # whoever calls it fails
    async with a_line(whole) as line:
        await line.say(data)
        assert [int((await line.answer())[0].split()[1]) for _ in statuses] == statuses


async def test_what_follows_a_piece_of_a_request_belongs_to_it_whatever_it_looks_like(
    whole: Served, sql: Connection
) -> None:
    """Else who can write a header of somebody's request could put a request of his own between two of them."""
    await a_public_program(sql)
    async with a_line(whole) as line:
        await line.say(request("/health/live") + b"GET /health/live HTTP/1.1\r\nX-Note: ")
        assert (await line.answer())[1]
        await line.say(request(LIST))
        head, _ = await line.answer()
    assert head.startswith(b"HTTP/1.1 200"), "the second question about its health, with an odd header"
    assert b"cache-status" not in head


async def test_a_head_in_pieces_is_put_together(whole: Served, sql: Connection, by_hypercorn: list[str]) -> None:
    await a_public_program(sql)
    async with a_line(whole) as line:
        data = request(LIST)
        await line.say(data[:30])
        # Another connection's answer tells that the server has come around to the first piece, long before.
        await whole.client.get("/health/live")
        await line.say(data[30:])
        assert b'"programs"' in (await line.answer())[1]
    assert by_hypercorn[-1] == LIST


async def test_who_says_that_nothing_more_will_come_is_answered(whole: Served, sql: Connection) -> None:
    await a_public_program(sql)
    for path in (LIST, f"{LIST}?limit=1"):
        for _ in range(2):  # rendered, and then at hand
            async with a_line(whole) as line:
                line.writer.write(request(path))
                line.writer.write_eof()
                assert b'"programs"' in (await line.answer())[1]
                assert await line.reader.read() == b""


async def test_many_requests_that_come_at_once_are_answered_here_in_their_order(
    whole: Served, sql: Connection, by_hypercorn: list[str]
) -> None:
    await a_public_program(sql)
    await whole.has_heard(sql)
    await whole.client.get(f"{LIST}?limit=1")
    by_hypercorn.clear()
    paths = [f"{LIST}?limit=1", "/health"] * 200
    refused = request(f"{LIST}?limit=999")
    async with a_line(whole) as line:
        await line.say(b"".join(map(request, paths)) + refused[:20])
        bodies = [(await line.answer())[1] for _ in paths]
        assert by_hypercorn == []
        await line.say(refused[20:])
        head, _ = await line.answer()

    assert [b'"programs"' in body for body in bodies] == [True, False] * 200
    assert (head[:12], by_hypercorn) == (b"HTTP/1.1 422", [LIST])


async def test_several_requests_that_come_while_one_is_answered_are_answered_in_their_order(
    whole: Served, sql: Connection
) -> None:
    await a_public_program(sql)
    async with a_line(whole) as line:
        async with locked(sql):
            await line.say(request(LIST))
            await eventually(_condition(lambda: whole.app.statistics.renders == 1))
            await line.say(request("/catalog/topics") + request("/health/live"))
            await line.say(request(f"{LIST}?limit=0"))
        for expected in (b'"programs"', b'"topics"', b'"ok"', b'"invalid_request"'):
            assert expected in (await line.answer())[1]


async def test_who_asks_again_in_the_same_bytes_is_understood_at_once_though_nothing_is_held(
    cold: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = await a_public_program(sql)
    parsed: list[bytes] = []
    parses = fast_path._only_request

    def noted(data: bytes) -> object:
        parsed.append(data)
        return parses(data)

    monkeypatch.setattr(fast_path, "_only_request", noted)
    asking = request(f"{LIST}/{program}", "Accept: */*")
    async with a_line(cold) as line:
        for times in range(1, 6):
            await line.say(asking)
            head, body = await line.answer()
            assert head.startswith(b"HTTP/1.1 200 ")
            assert str(program).encode() in body
            # The first tells that its first line is answered, the second what the whole head means.
            assert len(parsed) == min(times, 2)
        await line.say(request(f"{LIST}/{program}", "Accept: text/html"))
        await line.answer()
        assert len(parsed) == 3, "other bytes are looked at anew"


async def test_a_fault_of_ours_in_what_lies_ready_is_a_problem_and_the_connection_goes_on(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_public_program(sql)
    at_hand = Delivery.at_hand

    def failing(self: Delivery, asked: ReadRequest) -> Answer | None:
        if b"x-fail" in asked.headers:
            raise ZeroDivisionError
        return at_hand(self, asked)

    monkeypatch.setattr(Delivery, "at_hand", failing)
    async with a_line(whole) as line:
        for _ in range(3):  # from the second time on, the address is known as one whose answer lies ready
            await line.say(request(LIST, "X-Fail: 1"))
            assert (await line.answer())[0].startswith(b"HTTP/1.1 500")
            await line.say(request(LIST))
            assert (await line.answer())[0].startswith(b"HTTP/1.1 200")


async def test_a_connection_in_use_is_not_closed_as_idle(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_public_program(sql)
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.4)
    async with serving_again(whole) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        line = Line(reader, writer)
        loop = asyncio.get_running_loop()
        until = loop.time() + 1.2
        while loop.time() < until:
            await line.say(request(LIST))
            assert (await line.answer())[0].startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(5):
            assert await reader.read() == b"", "idle at last, it is closed"
        writer.close()


async def test_who_waits_for_an_answer_when_the_server_stops_gets_it(
    database: Database, sql: Connection, tmp_path: Path
) -> None:
    await a_public_program(sql)
    stop = asyncio.Event()
    sockets = bound_sockets("127.0.0.1", 0)
    sockets[0].listen()  # so that nobody has to wait for the server to do so
    requests = RequestTasks()
    app = create_app(replica=REPLICA, store=Store(str(tmp_path)), tasks=requests)
    address = sockets[0].getsockname()
    running = asyncio.create_task(serve(app, sockets, stop=stop, tasks=requests, reads=app))
    reader, writer = await asyncio.open_connection(*address)
    idle_reader, idle_writer = await asyncio.open_connection(*address)
    try:
        line = Line(reader, writer)
        async with locked(sql):
            await line.say(request(LIST))
            await eventually(_condition(lambda: app.statistics.renders == 1))
            stop.set()
            await eventually(_condition(lambda: not any(listening.fileno() >= 0 for listening in sockets)))
        head, body = await line.answer()
        assert head.startswith(b"HTTP/1.1 200")
        assert b'"programs"' in body
        async with asyncio.timeout(5):
            assert await reader.read() == await idle_reader.read() == b""
            await running
    finally:
        running.cancel()
        for each in (writer, idle_writer):
            each.close()


@asynccontextmanager
async def serving_again(served: Served, *, send_bytes: int | None = None) -> AsyncGenerator[int]:
    """The same application, by a server with settings of its own. Gives the port.

    Args:
        send_bytes: how much the kernel takes for a client that takes nothing.
    """
    stop = asyncio.Event()
    sockets = bound_sockets("127.0.0.1", 0)
    if send_bytes:
        sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_bytes)
    sockets[0].listen()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(served.app, sockets, stop=stop, tasks=RequestTasks(), reads=served.app))
        yield sockets[0].getsockname()[1]
        stop.set()


def _condition(holds: Callable[[], bool]):  # as eventually takes it
    async def look() -> bool:
        return holds()

    return look
