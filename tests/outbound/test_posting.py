"""What is posted is posted to public hosts alone, and whatever a receiver does, it is over in time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from chaishots.outbound import name_lookup
from chaishots.outbound.allowed_urls import Reach
from chaishots.outbound.name_lookup import MOST_AT_ONCE, TooManyNames, resolve
from chaishots.outbound.posting import KEPT_BYTES, Reply, open_poster
from chaishots.outbound.public_addresses import networks

Receive = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
HERE = networks("127.0.0.0/8")


def said(status: int, *headers: str, body: bytes = b"") -> Receive:
    """Answer with this."""

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        head = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(head).encode() + body)
        await writer.drain()

    return answer


@asynccontextmanager
async def receiving(receive: Receive, host: str = "127.0.0.1") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A receiver's URL, and the requests that it got."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            )
            got.append(head + await reader.readexactly(length))
            await receive(got[-1], writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, 0)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}/hook", got
    finally:
        server.close()


async def post(url: str, **bounds: Any) -> Reply:
    """Post a little."""
    reach = Reach(bounds.pop("http", True), bounds.pop("allowed", HERE))
    async with open_poster(reach, at_once=1, user_agent="tests", **bounds) as poster:
        return await poster.post(url, b'{"a": 1}', {"webhook-id": "msg_1"})


async def test_what_is_posted_arrives_whole_and_the_answer_is_told() -> None:
    async with receiving(said(202, "Retry-After: 7", body=b"thanks")) as (url, got):
        reply = await post(url)
    head, _, body = got[0].partition(b"\r\n\r\n")
    assert (reply.status, reply.reason, reply.beginning, reply.retry_after_seconds) == (202, "", b"thanks", 7)
    assert (head.partition(b"\r\n")[0], body) == (b"POST /hook HTTP/1.1", b'{"a": 1}')
    assert b"webhook-id: msg_1" in head
    assert b"Content-Type: application/json" in head


async def test_a_redirect_is_told_and_not_followed() -> None:
    async with receiving(said(200)) as (inner, asked), receiving(said(302, f"Location: {inner}")) as (url, _):
        reply = await post(url)
        assert (reply.status, asked) == (302, [])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("1e9", None), ("-1", None), ("soon", None), ("", None), ("9" * 30, 9_999_999_999)],
)
async def test_a_wish_to_wait_is_read_if_it_is_one(header: str, seconds: float | None) -> None:
    async with receiving(said(503, f"Retry-After: {header}")) as (url, _):
        assert (await post(url)).retry_after_seconds == seconds


async def test_a_wish_to_wait_may_be_a_date() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    async with receiving(said(503, f"Retry-After: {until}")) as (url, _):
        waits = (await post(url)).retry_after_seconds
    assert waits is not None
    assert 90 < waits <= 100


# Receivers that mean no good


async def a_byte_a_moment(_: bytes, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n" + b"x" * 10_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def a_slow_body(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def nothing(_: bytes, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def headers_without_end(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-more: " + b"y" * 1_000 + b"\r\n")
        await writer.drain()


async def ten_megabytes(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(100):
        writer.write(b"x" * 100_000)
        await writer.drain()


async def cut(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def no_http(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-x\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("receive", [a_byte_a_moment, nothing, headers_without_end, cut, no_http])
async def test_who_does_not_answer_is_given_up_and_told_why(receive: Receive) -> None:
    loop = asyncio.get_running_loop()
    async with receiving(receive) as (url, _):
        began = loop.time()
        reply = await post(url, seconds=0.4)
        took = loop.time() - began
    assert (reply.status, reply.reason[-1:]) == (None, ".")
    assert took < 2


async def test_of_a_body_that_comes_slowly_no_more_is_waited_for_than_there_is_time() -> None:
    async with receiving(a_slow_body) as (url, _):
        reply = await post(url, seconds=0.4)
    assert reply.status == 200
    assert 0 < len(reply.beginning) < KEPT_BYTES


async def test_of_ten_megabytes_the_beginning_is_kept() -> None:
    async with receiving(ten_megabytes) as (url, _):
        reply = await post(url)
    assert (reply.status, reply.beginning) == (200, b"x" * KEPT_BYTES)


# Where it is posted to


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:7f00:1]"])
async def test_what_is_not_public_is_not_posted_to_however_it_is_spelled(host: str) -> None:
    async with receiving(said(200)) as (url, got):
        reply = await post(url.replace("127.0.0.1", host), allowed=())
    assert (reply.status, got) == (None, [])
    assert "not public" in reply.reason


async def test_a_network_that_is_allowed_is_posted_to_and_no_other() -> None:
    async with receiving(said(200), "127.0.0.2") as (url, got):
        refused = await post(url, allowed=networks("127.0.0.1/32, fd00::/8"))
        taken = await post(url, allowed=networks("127.0.0.2/32"))
    assert (refused.status, taken.status, len(got)) == (None, 200, 1)


async def test_without_tls_nothing_is_posted_unless_that_is_allowed() -> None:
    async with receiving(said(200)) as (url, got):
        reply = await post(url, http=False)
    assert (reply.status, reply.reason, got) == (None, "It is posted to https:// alone.", [])


async def test_each_post_judges_the_address_that_it_goes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    leads_to = ["127.0.0.2", "127.0.0.1"]

    def flipping(_: str, port: int, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (leads_to.pop(), port))]

    async with (
        receiving(said(200)) as (url, got),
        open_poster(Reach(http=True, allowed=networks("127.0.0.1/32")), at_once=1, user_agent="tests") as poster,
    ):
        monkeypatch.setattr(name_lookup.socket, "getaddrinfo", flipping)
        flips = url.replace("127.0.0.1", "flipping.example")
        first, second = await poster.post(flips, b"", {}), await poster.post(flips, b"", {})
    assert (first.status, second.status, len(got)) == (200, None, 1)
    assert second.reason == "Its host is at 127.0.0.2, which is not public: nobody outside can open it."


@pytest.mark.parametrize(
    ("host", "port", "error"), [("\ud800", 80, UnicodeError), ("localhost", 10**30, OverflowError)]
)
async def test_a_look_up_that_fails_in_any_way_is_told(host: str, port: int, error: type[Exception]) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(error):
            await resolve(host, port)


async def test_names_that_are_never_resolved_hold_up_no_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = name_lookup.threading.Event()
    known = socket.getaddrinfo

    def hanging(host: str, port: int, **given: Any) -> list[Any]:
        if host.endswith(".hangs"):
            let_go.wait()
        return known("127.0.0.1", port, **given)

    monkeypatch.setattr(name_lookup.socket, "getaddrinfo", hanging)
    waiting = [asyncio.create_task(resolve(f"{number}.hangs", 1)) for number in range(MOST_AT_ONCE - 1)]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            assert await resolve("other.example", 1) == ["127.0.0.1"]
        waiting.append(asyncio.create_task(resolve("last.hangs", 1)))
        await asyncio.sleep(0)
        with pytest.raises(TooManyNames):
            await resolve("one.too.many", 1)
    finally:
        let_go.set()
        await asyncio.gather(*waiting)
