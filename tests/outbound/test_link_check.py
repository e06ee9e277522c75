"""Whether URLs answer: asked for on real sockets, in bounds, and never at a private address by way of another."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chaishots.outbound import connections, name_lookup
from chaishots.outbound.link_check import AT_ONCE_A_HOST, MOST_REDIRECTS, Link, Verdict, check_links

Answer = Callable[[str, str], bytes | Awaitable[bytes]]


class Site:
    """A small HTTP server that counts what it is asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                method, path, *_ = head.decode().split()
                self.asked.append(f"{method} {path}")
                answered = self.answer(method, path)
                writer.write(answered if isinstance(answered, bytes) else await answered)
                self.at_once -= 1
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_site(answer: Answer, host: str = "127.0.0.1") -> AsyncIterator[Site]:
    site = Site(answer)
    server = await asyncio.start_server(site.serve, host, 0)
    site.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield site
    finally:
        server.close()


def said(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Said", "Content-Length: 0", *headers, "", ""]).encode()


async def check(*urls: str, **bounds: Any) -> dict[str, Link]:
    checking = check_links(urls, user_agent="tests", **{"allow_private": True, **bounds})
    return {link.url: link async for link in checking}


async def check_one(url: str, **bounds: Any) -> Link:
    return (await check(url, **bounds))[url]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.ANSWERS),
        (204, Verdict.ANSWERS),
        (416, Verdict.ANSWERS),
        (401, Verdict.BROKEN),
        (404, Verdict.BROKEN),
        (410, Verdict.BROKEN),
        (500, Verdict.BROKEN),
        (599, Verdict.BROKEN),
        (429, Verdict.UNSURE),
        (503, Verdict.UNSURE),
    ],
)
async def test_a_status_is_judged(status: int, verdict: Verdict) -> None:
    async with a_site(lambda *_: said(status)) as site:
        link = await check_one(site.url)
    assert (link.verdict, link.status) == (verdict, status)
    assert link.reason.startswith(str(status)) == (verdict is not Verdict.ANSWERS)


async def test_who_knows_get_alone_is_asked_for_one_byte() -> None:
    async with a_site(lambda method, _: said(405) if method == "HEAD" else said(206)) as site:
        assert (await check_one(site.url)).verdict is Verdict.ANSWERS
        assert site.asked == ["HEAD /", "GET /"]


async def test_a_body_is_not_read() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" + b"x" * 100_000
    async with a_site(lambda method, _: said(501) if method == "HEAD" else endless) as site:
        assert (await check_one(site.url)).verdict is Verdict.ANSWERS


async def test_each_url_is_asked_for_once_and_a_host_by_two_at_a_time() -> None:
    gate = asyncio.Event()

    async def slowly() -> bytes:
        if not gate.is_set():
            gate.set() if site.at_once == AT_ONCE_A_HOST else await gate.wait()
        return said(200)

    async with a_site(lambda *_: slowly()) as site:
        urls = [f"{site.url}/{number}" for number in range(10)]
        assert len(await check(*urls, *urls)) == 10
        assert set(Counter(site.asked).values()) == {1}
        assert site.most_at_once == AT_ONCE_A_HOST


async def test_redirects_are_followed_so_far() -> None:
    def answer(_: str, path: str) -> bytes:
        left = int(path.rpartition("/")[2])
        return said(302, f"Location: /{left - 1}") if left else said(200)

    async with a_site(answer) as site:
        assert (await check_one(f"{site.url}/{MOST_REDIRECTS}")).verdict is Verdict.ANSWERS
        too_far = await check_one(f"{site.url}/{MOST_REDIRECTS + 1}")
    assert (too_far.verdict, "redirects" in too_far.reason) == (Verdict.BROKEN, True)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://127.0.0.1/", "javascript:0", "http://", "http://[", "http://\xe9/"]
)
async def test_what_is_no_url_of_the_web_is_not_followed(location: str) -> None:
    async with a_site(lambda *_: said(301, f"Location: {location}")) as site:
        assert (await check_one(site.url)).verdict is Verdict.BROKEN


async def test_who_never_answers_is_given_up() -> None:
    async with a_site(lambda *_: asyncio.sleep(60, b"")) as site:
        link = await check_one(site.url, seconds=0.2)
    assert (link.verdict, link.reason) == (Verdict.BROKEN, "It does not answer within 0.2 s.")


@pytest.mark.parametrize(
    ("answer", "word"), [(b"SSH-2.0-x\r\n\r\n", "."), (b"", "."), (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000, ".")]
)
async def test_what_is_no_http_is_broken(answer: bytes, word: str) -> None:
    async def once() -> bytes:
        return answer

    async with a_site(lambda *_: once()) as site:
        link = await check_one(site.url, seconds=1)
    assert link.verdict is Verdict.BROKEN
    assert link.reason.endswith(word)


async def test_a_closed_port_an_unknown_name_and_http_where_tls_is_due_are_told_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def speak_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said(400))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak_at_once, "127.0.0.1", 0) as plain:
        spoken = f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}/"
        told = await check(f"http://127.0.0.1:{port}/", "http://nowhere.invalid/", spoken, seconds=5)
    reasons = [link.reason for link in told.values()]
    assert "Its host refuses the connection." in reasons
    assert "There is no host of this name." in reasons
    assert "It speaks no TLS that is spoken here." in reasons


# Private addresses


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1", "[::ffff:7f00:1]"]
)
async def test_a_private_address_is_never_connected_to_however_it_is_spelled(host: str) -> None:
    async with a_site(lambda *_: said(200)) as site:
        link = await check_one(f"http://{host}:{site.url.rpartition(':')[2]}/", allow_private=False)
        assert (link.verdict, site.asked) == (Verdict.BROKEN, [])


async def test_what_a_public_address_leads_on_to_is_judged_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "is_public", lambda address: address == "127.0.0.1")
    async with (
        a_site(lambda *_: said(200), "127.0.0.2") as inner,
        a_site(lambda *_: said(302, f"Location: {inner.url}/secret")) as outer,
    ):
        link = await check_one(outer.url, allow_private=False)
        assert (outer.asked, inner.asked) == (["HEAD /"], [])
    assert link.reason == "127.0.0.2 is not public: nobody outside can open it."


async def test_a_name_that_leads_elsewhere_the_second_time_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "is_public", lambda address: address == "127.0.0.1")
    asked: list[str] = []

    def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async with a_site(lambda *_: said(200)) as site:
        monkeypatch.setattr(name_lookup.socket, "getaddrinfo", rebinding)
        link = await check_one(site.url.replace("127.0.0.1", "rebinding.example"), allow_private=False)
        assert (link.verdict, asked, site.asked) == (Verdict.ANSWERS, ["rebinding.example"], ["HEAD /"])


async def test_of_a_host_with_both_the_public_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "is_public", lambda address: address == "127.0.0.1")

    def both(_: str, port: int, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("127.0.0.2", "127.0.0.1")]

    async with a_site(lambda *_: said(200)) as site:
        monkeypatch.setattr(name_lookup.socket, "getaddrinfo", both)
        link = await check_one(site.url.replace("127.0.0.1", "both.example"), allow_private=False)
    assert link.verdict is Verdict.ANSWERS
