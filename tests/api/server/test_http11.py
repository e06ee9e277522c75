"""What HTTP/1.1 asks (RFC 9112), byte for byte over raw sockets; and no proxy before us takes it for something else."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bench.servers import nginx_before
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.delivery.render_or_serve_stale import RenderOrStale
from chaishots.api.log_limits import Seldom
from chaishots.api.server.http11 import Http11
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.api.delivery.test_asgi_app import locked
from tests.api.server.test_connection_limit import nothing_is_left
from tests.builders import a_public_program
from tests.cluster import eventually

LIVE = b"GET /health/live HTTP/1.1\r\n"
LIST = b"GET /catalog/topics HTTP/1.1\r\n"
POST = b"POST /cms/topics HTTP/1.1\r\nHost: a\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


CASES: dict[str, tuple[bytes, tuple[int, ...], bool]] = {
    # Lines
    "a line too many before": (b"\r\n\r\n" + LIVE + b"Host: a\r\n\r\n" + NEXT, (200, 404), False),
    "LF alone": (LIVE.replace(b"\r", b"") + b"Host: a\n\n" + NEXT, (200, 404), False),
    "CR alone between lines": (b"GET /health/live HTTP/1.1\rHost: a\r\r" + NEXT, (400,), True),
    "CR alone in a value": (LIVE + b"Host: a\r\nX: a\rb\r\n\r\n" + NEXT, (400,), True),
    "CR alone that hides a length": (POST + b"X: a\rContent-Length: 45\r\n\r\n" + NEXT, (400,), True),
    "NUL in a value": (LIVE + b"Host: a\r\nX: a\0b\r\n\r\n" + NEXT, (400,), True),
    "a folded line": (LIVE + b"Host: a\r\nX: a\r\n b\r\n\r\n" + NEXT, (200, 404), False),
    "a folded line that looks like a length": (
        LIVE + b"Host: a\r\nX: a\r\n Content-Length: 45\r\n\r\n" + NEXT,
        (200, 404),
        False,
    ),
    "a folded length": (POST + b"Content-Length:\r\n 5\r\n\r\nabcde" + NEXT, (401, 404), False),
    "a folded first line": (LIVE + b" Host: a\r\nHost: a\r\n\r\n" + NEXT, (400,), True),
    "a space before the colon": (LIVE + b"Host : a\r\n\r\n" + NEXT, (400,), True),
    "a tab before the colon of a coding": (POST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", (400,), True),
    "no colon": (LIVE + b"Host: a\r\nX\r\n\r\n" + NEXT, (400,), True),
    "no name": (LIVE + b"Host: a\r\n: a\r\n\r\n" + NEXT, (400,), True),
    # First lines
    "two spaces": (b"GET  /health/live HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "a tab": (b"GET\t/health/live HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "a method in lower case": (b"get /health/live HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "a method nobody knows": (b"BREW /health/live HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, (405, 404), False),
    "no version": (b"GET /health/live\r\n\r\n", (400,), True),
    "a version in lower case": (b"GET /health/live http/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "HTTP/1.0": (b"GET /health/live HTTP/1.0\r\n\r\n" + NEXT, (200,), True),
    "HTTP/1.0 with a Host": (b"GET /health/live HTTP/1.0\r\nHost: a\r\n\r\n" + NEXT, (200,), True),
    "HTTP/1.0 with a coding": (b"POST /cms/topics HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + NEXT, (400,), True),
    "HTTP/1.2": (b"GET /health/live HTTP/1.2\r\nHost: a\r\n\r\n" + NEXT, (200, 404), False),
    "HTTP/0.9 by name": (b"GET /health/live HTTP/0.9\r\n\r\n", (505,), True),
    # Host
    "no Host": (LIVE + b"\r\n" + NEXT, (400,), True),
    "two Hosts": (LIVE + b"Host: a\r\nHost: a\r\n\r\n" + NEXT, (400,), True),
    "an empty Host": (LIVE + b"Host:\r\n\r\n" + NEXT, (200, 404), False),
    "a Host with a path": (LIVE + b"Host: a/b\r\n\r\n" + NEXT, (400,), True),
    "a Host with a user": (LIST + b"Host: b@a\r\n\r\n" + NEXT, (400,), True),
    "a Host of two": (LIST + b"Host: a, b\r\n\r\n" + NEXT, (400,), True),
    "a Host with a port": (LIVE + b"Host: [::1]:80\r\n\r\n" + NEXT, (200, 404), False),
    # Targets
    "a whole address": (b"GET http://b/health/live HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, (200, 404), False),
    "a whole address in capitals": (b"GET HTTP://b:80/health/live HTTP/1.1\r\nHost: a\r\n\r\n", (200,), False),
    "a whole address without a Host": (b"GET http://b/health/live HTTP/1.1\r\n\r\n", (400,), True),
    "a whole address with a user": (b"GET http://u@b/health/live HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "a whole address of nobody": (b"GET http:///health/live HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "another scheme": (b"GET ftp://b/health/live HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "an authority": (b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "a tunnel": (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT, (400,), True),
    "a refusal of a head": (LIVE.replace(b"GET", b"HEAD") + b"Host: a/b\r\n\r\n" + NEXT, (400,), True),
    "a star": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    "no slash": (b"GET health/live HTTP/1.1\r\nHost: a\r\n\r\n", (400,), True),
    # Lengths
    "one length twice": (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde" + NEXT, (401, 404), False),
    "two lengths": (POST + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\nabcde" + NEXT, (400,), True),
    "two lengths in one": (POST + b"Content-Length: 5, 0\r\n\r\nabcde" + NEXT, (400,), True),
    "a length with a sign": (POST + b"Content-Length: +5\r\n\r\nabcde" + NEXT, (400,), True),
    "a length with a line below": (POST + b"Content-Length: 0_5\r\n\r\nabcde" + NEXT, (400,), True),
    "a length in hexadecimal": (POST + b"Content-Length: 0x5\r\n\r\nabcde" + NEXT, (400,), True),
    "an empty length": (POST + b"Content-Length:\r\n\r\n" + NEXT, (400,), True),
    "a length beyond measure": (POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", (400,), True),
    "a length of a read": (LIVE + b"Host: a\r\nContent-Length: 5\r\n\r\nabcde" + NEXT, (200, 404), False),
    "a length and a coding": (POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + NEXT, (401,), True),
    "a coding and a length": (POST + CHUNKED + b"Content-Length: 100\r\n\r\n0\r\n\r\n" + NEXT, (401,), True),
    # Codings
    "pieces": (POST + CHUNKED + b"\r\n5\r\nabcde\r\n0\r\n\r\n" + NEXT, (401, 404), False),
    "a coding in capitals": (POST + CHUNKED.upper() + b"\r\n5\r\nabcde\r\n0\r\n\r\n" + NEXT, (401, 404), False),
    "another coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + NEXT, (501,), True),
    "a coding twice": (POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n" + NEXT, (501,), True),
    "a coding that is none": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + NEXT, (501,), True),
    "a coding with a mark": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + NEXT, (400,), True),
    "pieces with extensions": (POST + CHUNKED + b'\r\n5;a=b;c="d"\r\nabcde\r\n0;e\r\n\r\n' + NEXT, (401, 404), False),
    "an extension over two lines": (POST + CHUNKED + b"\r\n5;a\nb\r\nabcde\r\n0\r\n\r\n" + NEXT, (400,), True),
    "a piece shorter than told": (POST + CHUNKED + b"\r\n5\r\nabcdefg\r\n0\r\n\r\n" + NEXT, (400,), True),
    "a piece with a sign": (POST + CHUNKED + b"\r\n+5\r\nabcde\r\n0\r\n\r\n" + NEXT, (400,), True),
    "a piece in 0x": (POST + CHUNKED + b"\r\n0x5\r\nabcde\r\n0\r\n\r\n" + NEXT, (400,), True),
    "a piece beyond measure": (POST + CHUNKED + b"\r\n" + b"f" * 40 + b"\r\nabcde\r\n0\r\n\r\n", (400,), True),
    "pieces by LF alone": (POST + CHUNKED + b"\r\n5\nabcde\n0\n\n" + NEXT, (400,), True),
    "trailers": (POST + CHUNKED + b"\r\n5\r\nabcde\r\n0\r\nX: a\r\n\r\n" + NEXT, (401, 404), False),
    "trailers that would let in": (
        POST + CHUNKED + b"\r\n0\r\nAuthorization: Bearer a\r\nContent-Length: 45\r\n\r\n" + NEXT,
        (401, 404),
        False,
    ),
    # More than one, and what is expected
    "three at once": (LIVE + b"Host: a\r\n\r\n" + LIST + b"Host: a\r\n\r\n" + NEXT, (200, 200, 404), False),
    "three reads at once": ((LIST + b"Host: a\r\n\r\n") * 3, (200, 200, 200), False),
    "the last but one closes": (LIVE + b"Host: a\r\nConnection: close\r\n\r\n" + NEXT, (200,), True),
    "one that expects": (
        POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde" + NEXT,
        (100, 401, 404),
        False,
    ),
    "one that expects more": (POST + b"Expect: 200-ok\r\nContent-Length: 5\r\n\r\nabcde" + NEXT, (401, 404), False),
    "HTTP/1.0 that expects": (
        b"POST /cms/topics HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde",
        (401,),
        True,
    ),
    "an upgrade": (LIVE + b"Host: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" + NEXT, (200, 404), False),
}


async def answers_to(port: int | None, data: bytes, *, says_so: bool = True) -> tuple[list[int], bytes]:
    """The statuses of all that is answered; the client says it all, with `says_so` that it says no more, and reads."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        if says_so:
            writer.write_eof()
        async with asyncio.timeout(10):
            answered = await reader.read()
    except ConnectionError:
        answered = b""
    finally:
        writer.close()
    return [int(status) for status in re.findall(rb"(?:\A|(?<=[\r\n}\]>]))HTTP/1\.1 (\d{3}) ", answered)], answered


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bytes]]:
    """Method, path and Host of every request that reaches the application."""
    reached: list[tuple[str, str, bytes]] = []
    serves = Delivery.__call__

    async def noted(self, scope, receive, send) -> None:  # pyright: ignore
        reached.append((scope["method"], scope["path"], dict(scope["headers"]).get(b"host", b"")))
        await serves(self, scope, receive, send)

    monkeypatch.setattr(Delivery, "__call__", noted)
    return reached


@pytest.mark.parametrize("name", CASES)
async def test_what_is_sent_is_taken_as_rfc_9112_asks(whole: Served, name: str) -> None:
    data, statuses, is_over = CASES[name]
    async with nothing_is_left(whole):
        seen, answered = await answers_to(whole.client.base_url.port, data)
    assert seen == list(statuses), answered
    # The client had said that it says no more: only then does an answer that leaves the connection open say nothing.
    assert (b"onnection: close" in answered) == is_over, answered


async def test_the_host_of_a_whole_address_counts_and_no_other(
    whole: Served, seen: list[tuple[str, str, bytes]]
) -> None:
    await answers_to(whole.client.base_url.port, b"GET http://b:8/next?c HTTP/1.1\r\nHost: a\r\n\r\n")
    assert seen == [("GET", "/next", b"b:8")]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed (apt-get install nginx-light)")
async def test_the_proxy_finds_no_request_fewer_than_there_are_behind_it(
    whole: Served, seen: list[tuple[str, str, bytes]], tmp_path: Path
) -> None:
    """Else who can put a request inside another one's body would have it answered to somebody else."""
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with nginx_before(tmp_path / "proxy", str(whole.client.base_url)) as url:
        port = int(url.rpartition(":")[2])
        for name, (data, _, __) in CASES.items():
            seen.clear()
            found, answered = await answers_to(port, data + last, says_so=False)
            final = [status for status in found if status != 100]
            is_of_0_9 = bool(answered) and not final  # those answers have no head
            assert len(seen) <= len(final) + is_of_0_9, (name, seen, answered)
            assert all(status in (501, 505) or status < 500 for status in final), (name, answered)


async def test_who_says_that_he_says_no_more_gets_his_answer(whole: Served, sql: Connection) -> None:
    await a_public_program(sql)
    port = whole.client.base_url.port
    asked = b"GET /catalog/programs HTTP/1.1\r\nHost: a\r\nX-Padding: %b\r\n\r\n" % (b"x" * 2_000)
    async with nothing_is_left(whole):
        async with locked(sql):
            answers = [asyncio.create_task(answers_to(port, asked)) for _ in range(3)]
            await eventually(lambda: are_waiting(whole, 1))
        for statuses, answered in await asyncio.gather(*answers):
            assert statuses == [200]
            assert answered.endswith(b"}")


async def are_waiting(served: Served, renders: int) -> bool:
    return served.app.statistics.renders >= renders


async def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (Delivery, "__call__"),
        (Delivery, "answer"),
        (RenderOrStale, "obtain"),
        (Http11, "_begin"),
        (Http11, "stream_send"),
    ],
)
async def test_a_fault_of_ours_is_a_problem_and_stands_in_the_log_by_its_request_id(
    whole: Served, monkeypatch: pytest.MonkeyPatch, place: type, name: str
) -> None:
    monkeypatch.setattr(place, name, broken)
    monkeypatch.setattr(Seldom, "again", lambda *_: 0)  # each is told
    request = LIST if name in ("answer", "obtain") else LIVE
    with capture_logs([merge_contextvars]) as lines:
        statuses, answered = await answers_to(whole.client.base_url.port, request + b"Host: a\r\n\r\n")
    assert statuses == [500]
    assert b"content-type: application/problem+json" in answered
    told = [line for line in lines if line["log_level"] == "error" and line["exc_info"]]
    assert told
    assert all(f"x-request-id: {line['request_id']}\r\n".encode() in answered for line in told)
