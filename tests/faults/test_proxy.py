"""The proxy, with what is hostile, too much, or meant for nobody: `deploy/nginx.conf` before a real replica."""

import asyncio
import contextlib
import json
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from bench.servers import nginx_before
from chaishots import API_VERSION
from chaishots.api.middleware.cors_and_api_version import EXPOSED, FOR_EVERYBODY, READING
from chaishots.database.connection import Connection
from tests.api.server.test_fast_path import request
from tests.builders import a_public_program
from tests.cluster import Cluster, free_port

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="nginx is not installed (apt-get install nginx-light)"
)

LIST = "/catalog/programs"
KEPT = "nginx; hit"


@pytest.fixture
async def proxy(cluster: Cluster, sql: Connection, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the proxy, which stands before one replica."""
    await a_public_program(sql)
    (replica,) = await cluster.start(1)
    async with before(f"127.0.0.1:{replica.port}", tmp_path) as client:
        yield client


@asynccontextmanager
async def before(upstream: str, folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a proxy that stands before this."""
    async with (
        nginx_before(folder / "proxy", f"http://{upstream}") as url,
        httpx2.AsyncClient(base_url=url, timeout=30, limits=httpx2.Limits(max_connections=None)) as client,
    ):
        yield client


async def said(client: httpx2.AsyncClient, data: bytes) -> tuple[int, bytes, bytes]:
    """Status, head and body of what is answered to these bytes; the connection ends after it, or goes on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    try:
        writer.write(data)
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", head)
            return int(head[9:12]), head, await reader.readexactly(int(length[1]) if length else 0)
    finally:
        writer.close()


def is_told(status: int, head: bytes, body: bytes) -> bool:
    """Whether it is a problem document of this status, with a request id, kept by nobody."""
    assert re.search(rb"\r\nX-Request-ID: [0-9a-f]{32}\r\n", head), head
    assert b"Content-Type: application/problem+json\r\n" in head, head
    assert b"Cache-Control: no-store\r\n" in head, head
    return json.loads(body)["status"] == status


REFUSED = {
    "nonsense": (b"nonsense\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two lengths": (request(LIST, "Content-Length: 1", "Content-Length: 2"), 400),
    "a large line of head": (request(LIST, "X: " + "x" * 40_000), 431),
    "a long address": (request(f"{LIST}?q=" + "x" * 40_000), 414),
    "TRACE": (request(LIST, method="TRACE"), 405),
    "POST": (request(LIST, "Content-Length: 2097152", method="POST"), 405),
    "DELETE beside /cms": (request("/cmsx", method="DELETE"), 405),
    "a body": (request(LIST, "Content-Length: 100"), 413),
    "a body in pieces": (request(LIST, "Transfer-Encoding: chunked") + b"5\r\nabcde\r\n0\r\n\r\n", 413),
    "a coding": (request(LIST, "Transfer-Encoding: gzip"), 501),
    "another version": (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
}


async def test_what_the_proxy_refuses_itself_is_a_problem_document(proxy: httpx2.AsyncClient) -> None:
    for name, (data, status) in REFUSED.items():
        seen, head, body = await said(proxy, data)
        assert (name, seen) == (name, status)
        assert is_told(status, head, body)
        assert b"\r\nAccess-Control-Allow-Origin: *\r\n" in head
        assert f"\r\nAPI-Version: {API_VERSION}\r\n".encode() in head
        if status == 405:
            assert b"Allow: GET, HEAD\r\n" in head


async def test_pages_of_any_origin_read_what_comes_through_the_proxy(proxy: httpx2.AsyncClient) -> None:
    origin = {"Origin": "https://app.example.com"}
    for _ in range(3):  # from a replica, then out of what is kept
        found = await proxy.get(LIST, headers=origin)
        unchanged = await proxy.get(LIST, headers={**origin, "If-None-Match": found.headers["etag"]})
        for answer in found, unchanged, await proxy.get(f"{LIST}?limit=0", headers=origin):
            assert answer.headers.get_list("access-control-allow-origin") == ["*"]
            assert answer.headers.get_list("access-control-expose-headers") == [EXPOSED[1].decode()]
            assert answer.headers.get_list("api-version") == [API_VERSION]
    asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    asked = await proxy.options(LIST, headers={**origin, **asks})
    direct = {name.decode(): value.decode() for name, value in (*FOR_EVERYBODY, *READING)}
    assert asked.status_code == 204
    assert {name: asked.headers[name] for name in direct} == direct
    assert (await proxy.options(LIST)).status_code == 405  # no browser's


@pytest.mark.parametrize("line", [b"HEAD / HTTP/3.0", b"HEAD / HTTP/0.9", b"X" * 300 + b" / HTTP/2.0"])
async def test_what_the_proxy_cannot_read_is_refused_once(proxy: httpx2.AsyncClient, line: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.base_url.port)
    writer.write(line + b"\r\nHost: a\r\n\r\n")
    async with asyncio.timeout(10):
        answered = await reader.read()
    writer.close()
    assert re.match(rb"HTTP/1\.1 (400|405|505) ", answered), answered
    assert b"Content-Type: application/problem+json\r\n" in answered


async def test_who_speaks_http_1_0_need_name_no_host(proxy: httpx2.AsyncClient) -> None:
    for path in (LIST, "/health", "/catalog/topics"):
        status, head, _ = await said(proxy, f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert status == 200, head


async def test_a_condition_that_does_not_hold_is_a_412_kept_or_not(proxy: httpx2.AsyncClient, cluster: Cluster) -> None:
    for client in (cluster.replicas[0].http, proxy):
        for _ in range(3):
            answer = await client.get(LIST, headers={"If-Match": '"x"'})
            assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
            assert answer.headers["x-request-id"]
            etag = (await client.get(LIST)).headers["etag"]
            assert (await client.get(LIST, headers={"If-Match": etag})).status_code == 200


GOES_ON = {
    "412 by what is kept": request(LIST, 'If-Match: "x"'),
    "412 of a replica": request("/cms/topics", 'If-Match: "x"'),
    "405": request(LIST, method="PUT"),
    "413": request(LIST, "Content-Length: 5") + b"abcde",
    "404": request("/nowhere"),
    "422": request(f"{LIST}?limit=0"),
    "304": request(LIST, "If-None-Match: *"),
    "401": request("/cms/topics"),
    "503": request("/metrics"),
}


@pytest.mark.parametrize("asked", GOES_ON.values(), ids=GOES_ON.keys())
async def test_a_connection_that_is_said_to_go_on_does(proxy: httpx2.AsyncClient, asked: bytes) -> None:
    for _ in range(3):
        await said(proxy, request(LIST))  # kept from the second time on
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.base_url.port)
        async with asyncio.timeout(10):
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", head)
            await reader.readexactly(int(length[1]) if length and b" 304 " not in head[:16] else 0)
            ends = re.search(rb"(?i)\r\nconnection: close\r\n", head) is not None
            if not ends:
                # Were it ended, that would be seen now.
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        assert await reader.read(1) is None
                writer.write(request("/health"))
                assert (await reader.readuntil(b"\r\n"))[:12] == b"HTTP/1.1 200"
            else:
                assert await reader.read() == b""
        writer.close()


async def test_one_answer_is_kept_once_however_it_is_asked_for(proxy: httpx2.AsyncClient) -> None:
    async def is_kept(address: str) -> bool:
        status, head, _ = await said(proxy, request(address))
        assert status in (200, 404, 422), address
        return KEPT.encode() in head

    assert [await is_kept(f"{LIST}?limit=5&language=en") for _ in range(3)] == [False, False, True]
    assert await is_kept(f"{LIST}?language=en&limit=5")
    assert [await is_kept(f"{LIST}?view=card&sort=oldest&limit=5&language=en") for _ in range(3)] == [
        False,
        False,
        True,
    ]
    assert await is_kept(f"{LIST}?language=en&limit=5&sort=newest&view=card") is False
    assert await is_kept("/catalog/%70rograms?limit=5&language=en") is False
    for odd in (
        "//catalog/programs?limit=5",
        "/catalog/./programs?limit=5",
        f"{LIST}?limit=05",
        f"{LIST}?limit=5&limit=5",
        f"{LIST}?5&en&&&&",
        f"{LIST}?limit=5&x=1",
        f"{LIST}?LIMIT=5",
        f"{LIST}?limit=5&language=en#a",
    ):
        assert [odd, *[await is_kept(odd) for _ in range(3)]] == [odd, False, False, False]


async def test_pages_are_kept_like_the_catalog_and_their_503_is_a_page(
    proxy: httpx2.AsyncClient, cluster: Cluster
) -> None:
    for path in (
        "/te/",
        "/en/?language=en",
        "/assets/" + re.findall(r"/assets/(pages\.\w+\.js)", (await proxy.get("/te/")).text)[0],
    ):
        answers = [await proxy.get(path) for _ in range(4)]
        assert {answer.status_code for answer in answers} == {200}
        assert KEPT in answers[-1].headers["cache-status"]
        assert answers[-1].text == (await cluster.replicas[0].http.get(path)).text
    chosen = [
        (await proxy.get("/", headers={"Accept-Language": tag})).headers["location"] for tag in ("hi", "te", "hi")
    ]
    assert chosen == ["/hi/", "/te/", "/hi/"]
    cluster.replicas[0].kill()
    away = await proxy.get("/hi/?topic=unheard")
    assert (away.status_code, away.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert (await proxy.get("/catalog/topics")).headers["content-type"] == "application/problem+json"


async def test_a_range_is_not_cut_from_what_is_kept(proxy: httpx2.AsyncClient) -> None:
    for _ in range(3):
        answer = await proxy.get(LIST, headers={"Range": "bytes=9999999-"})
        assert answer.status_code == 200


class Stub:
    """What stands where replicas do: it counts what is asked, and answers always the same, as one that may be kept."""

    def __init__(self, status: bytes) -> None:
        self._answer = (
            b"HTTP/1.1 %b\r\ncontent-length: 2\r\ncache-control: public, max-age=60\r\nconnection: close\r\n\r\n{}"
            % status
        )
        self.heads: list[str] = []

    @property
    def asked(self) -> int:
        return len(self.heads)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self._answer)
        await writer.drain()
        writer.close()


@pytest.mark.parametrize(
    ("path", "status", "tries", "seen", "code"),
    [
        (LIST, b"429 ", 1, 429, "overloaded"),
        (LIST, b"503 ", 2, 503, "unavailable"),
        ("/cms/programs", b"503 ", 1, 503, None),
    ],
    ids=["asked too much", "its Postgres is away", "what Postgres refuses, it refuses to all"],
)
async def test_only_what_another_replica_may_answer_is_asked_of_it(
    tmp_path: Path, path: str, status: bytes, tries: int, seen: int, code: str | None
) -> None:
    stub, ports = Stub(status), (free_port(), free_port())
    servers = [await asyncio.start_server(stub.answer, "127.0.0.1", port) for port in ports]
    replicas = "".join(f"server 127.0.0.1:{port};" for port in ports)
    async with (
        nginx_before(tmp_path / "proxy", "replicas", more=f"upstream replicas {{ {replicas} }}") as url,
        httpx2.AsyncClient(base_url=url, timeout=30) as client,
    ):
        answer = await client.get(path)
    assert (answer.status_code, answer.json().get("code"), stub.asked) == (seen, code, tries)
    for server in servers:
        server.close()


@pytest.mark.parametrize("path", [LIST, "/", "/te/", "/cms/programs", "/health", "/catalog/events"])
async def test_what_a_replica_is_told_of_a_client_is_the_proxys_word(tmp_path: Path, path: str) -> None:
    stub, port = Stub(b"200 OK"), free_port()
    server = await asyncio.start_server(stub.answer, "127.0.0.1", port)
    lies = {
        "X-Client-Address": "192.0.2.1",
        "X-Forwarded-For": "192.0.2.2",
        "X-Forwarded-Proto": "gopher",
        "X-Request-ID": "a b",
        "Accept-Encoding": "*, x",
        "Connection": "X-Request-ID, Host",
    }
    async with before(f"127.0.0.1:{port}", tmp_path) as client:
        answer = await client.get(path, headers={**lies, "Host": "chai.example"})
    told = dict(line.split(": ", 1) for line in stub.heads[0].split("\r\n")[1:] if line)
    assert told["Host"] == "chai.example"
    assert told["X-Request-ID"] == answer.headers["X-Request-ID"] != lies["X-Request-ID"]
    assert told["X-Forwarded-For"] == "192.0.2.2, 192.0.2.2"  # the last by the proxy, which believes 127.0.0.1
    assert told["X-Forwarded-Proto"] == "http"
    assert "Accept-Encoding" not in told  # what is kept for who takes none must have none
    assert told.get("X-Client-Address") in (None, "192.0.2.2")
    server.close()


async def test_who_asks_for_ever_other_things_is_bounded_and_keeps_nobody_from_what_is_kept(tmp_path: Path) -> None:
    stub, port = Stub(b"200 OK"), free_port()
    server = await asyncio.start_server(stub.answer, "127.0.0.1", port)

    async def asks(client: httpx2.AsyncClient, first: int) -> list[int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        named = "X-Client-Address: 192.0.2.%d"  # believed, it would be a bound for each
        numbers = range(first, first + 150)
        writer.write(b"".join(request(f"{LIST}/x{number}", named % (number % 200)) for number in numbers))
        statuses: list[int] = []
        for _ in range(150):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", head)
            assert length
            body = await reader.readexactly(int(length[1]))
            statuses.append(int(head[9:12]))
            assert statuses[-1] == 200 or (b"Retry-After: 1\r\n" in head and json.loads(body)["code"] == "overloaded")
        writer.close()
        return statuses

    async with before(f"127.0.0.1:{port}", tmp_path) as client, asyncio.timeout(20):
        for _ in range(2):
            await client.get(LIST)
        began = asyncio.get_running_loop().time()
        answered = await asyncio.gather(*(asks(client, 150 * number) for number in range(8)))
        took = asyncio.get_running_loop().time() - began
        assert {status for statuses in answered for status in statuses} == {200, 429}
        assert stub.asked <= 2 + 401 + took * 100
        assert KEPT in (await client.get(LIST)).headers["cache-status"]
    server.close()


async def test_who_asks_too_much_writes_the_error_log_no_fuller(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stub, port = Stub(b"200 OK"), free_port()
    server = await asyncio.start_server(stub.answer, "127.0.0.1", port)
    async with before(f"127.0.0.1:{port}", tmp_path) as client:
        answers = await asyncio.gather(*(client.get("/cms/topics") for _ in range(100)))
    server.close()
    refused = sum(answer.status_code == 429 for answer in answers)
    assert refused > 10
    assert capfd.readouterr().err.count("limiting") == 0, "the access log has their status"


async def test_who_sends_bodies_that_nobody_reads_writes_nothing_to_the_error_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stub, port = Stub(b"200 OK"), free_port()
    server = await asyncio.start_server(stub.answer, "127.0.0.1", port)
    pieces = request("/cmsx", "Transfer-Encoding: chunked") + b"5\r\nabcde\r\n0\r\n\r\n"
    paths = (LIST, "/te/", "/health", "/catalog/events", "/pictures/x")
    async with before(f"127.0.0.1:{port}", tmp_path) as client:
        statuses = [(await said(client, pieces.replace(b"/cmsx", path.encode(), 1)))[0] for path in paths]
        statuses += [(await said(client, request(path, "Content-Length: 5") + b"abcde"))[0] for path in paths]
        with_none = [(await said(client, request(path, "Content-Length: 0")))[0] for path in paths]
        posted = await client.post("/cms/programs", content=b"{}")
    server.close()
    assert statuses == [413] * 10
    assert (with_none, posted.status_code) == ([200] * 5, 200)
    assert "[error]" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "path", ["/cms/schedule.ics?token=chai_secret_of_a_team_calendar", "/preview/chai_secret_of_a_team_calendar/te/"]
)
async def test_no_secret_of_an_address_stands_in_a_log_though_nobody_answers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    async with before(f"127.0.0.1:{free_port()}", tmp_path) as client:
        assert (await client.get(path)).status_code >= 500
        assert (await client.get("/cms/topics")).status_code >= 500
    logged = "".join(capfd.readouterr())
    assert "/cms/topics" in logged
    assert "chai_secret" not in logged


class Slow(Stub):
    """What takes connections and answers after so many seconds, or when its test is over."""

    def __init__(self, seconds: float, over: asyncio.Event) -> None:
        super().__init__(b"200 OK")
        self._seconds = seconds
        self._over = over

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                await self._over.wait()
        with contextlib.suppress(ConnectionError):
            await super().answer(reader, writer)
            await writer.wait_closed()


@pytest.mark.parametrize(
    ("seconds", "path", "within"),
    [((60, 0), LIST, 2), ((60, 0), "/te/", 2), ((60, 0), "/health", 3), ((2.5, 2.5), LIST, 6), ((2.5,), "/te/", 6)],
    ids=["one hangs", "a page", "a probe", "it takes long", "there is but one, and it takes long"],
)
async def test_a_replica_that_hangs_costs_little_and_what_takes_long_is_waited_for(
    tmp_path: Path, seconds: tuple[float, ...], path: str, within: float
) -> None:
    ports, over = [free_port() for _ in seconds], asyncio.Event()
    servers = [
        await asyncio.start_server(Slow(its, over).answer, "127.0.0.1", port)
        for its, port in zip(seconds, ports, strict=True)
    ]
    replicas = "".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
    async with (
        nginx_before(tmp_path / "proxy", "replicas", more=f"upstream replicas {{ {replicas} }}", workers="1") as url,
        httpx2.AsyncClient(base_url=url, timeout=30) as client,
    ):
        for turn in range(len(ports)):  # each of them is the first to be asked once
            began = time.monotonic()
            answer = await client.get(f"{path}?cursor={turn}")
            assert answer.status_code == 200
            assert time.monotonic() - began < within
    over.set()
    for server in servers:
        server.close()
    await asyncio.gather(*(task for task in asyncio.all_tasks() if "Slow.answer" in repr(task)))


@pytest.mark.parametrize("path", ["/cms/topics", LIST], ids=["past the cache", "by way of it"])
@pytest.mark.parametrize(
    ("sender", "claims", "client"),
    [
        ("127.0.0.2", "203.0.113.9", "127.0.0.2"),
        ("127.0.0.2", "203.0.113.9, 127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "192.0.2.1, 203.0.113.9", "203.0.113.9"),
    ],
    ids=["a stranger claims another's", "a stranger claims the balancer's", "the balancer tells who came to it"],
)
async def test_a_replica_sees_the_client_s_own_address_whatever_the_client_claims(
    cluster: Cluster, tmp_path: Path, path: str, sender: str, claims: str, client: str
) -> None:
    (replica,) = await cluster.start(1)
    async with (
        nginx_before(tmp_path / "proxy", f"http://127.0.0.1:{replica.port}") as url,  # trusts 127.0.0.1
        httpx2.AsyncClient(
            base_url=url, transport=httpx2.AsyncHTTPTransport(local_address=sender), timeout=30
        ) as stranger,
    ):
        lies = {
            "X-Forwarded-For": claims,
            "X-Client-Address": claims,
            "X-Real-IP": claims,
            "Forwarded": f"for={claims}",
        }
        answer = await stranger.get(path, headers={**lies, "Authorization": f"Bearer chai_{'x' * 43}"})
    assert answer.status_code == 401
    (refused,) = replica.logged("login.refused")
    assert refused["forwarded_for"] == client


async def test_a_picture_s_bytes_reach_the_replica_which_judges_them(proxy: httpx2.AsyncClient) -> None:
    for size, status in ((10 << 20, 401), (12 << 20, 413)):
        answer = await proxy.post("/cms/pictures", content=bytes(size), headers={"Content-Type": "image/png"})
        assert (answer.status_code, answer.json()["status"]) == (status, status)


async def test_a_picture_is_kept_under_its_one_address_and_parts_are_cut_from_it(tmp_path: Path) -> None:
    stub, port, picture = Stub(b"200 OK\r\naccept-ranges: bytes"), free_port(), f"/pictures/{'5a' * 32}"
    server = await asyncio.start_server(stub.answer, "127.0.0.1", port)

    async def is_kept(client: httpx2.AsyncClient, path: str) -> bool:
        return KEPT in [await client.get(path) for _ in range(4)][-1].headers["cache-status"]

    async with before(f"127.0.0.1:{port}", tmp_path) as client:
        kept = [await is_kept(client, f"{picture}{end}") for end in (".webp", "-320.webp", "-1280.avif")]
        part = await client.get(f"{picture}.webp", headers={"Range": "bytes=1-1"})
        asked = stub.asked
        odd = (".webp?x=1", ".webp?limit=5", ".jpg", "-0.webp", ".web%70", ".webp/")
        others = [await is_kept(client, f"{picture}{end}") for end in odd]
    server.close()
    assert (kept, others, asked) == ([True] * 3, [False] * len(odd), 6)
    assert (part.status_code, part.content, KEPT in part.headers["cache-status"]) == (206, b"}", True)
