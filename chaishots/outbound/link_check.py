"""Whether URLs answer: each is asked for once, politely, and nothing of what it leads to is read.

A few at once, fewer of one host, each within its time; HEAD, then GET for the first byte where HEAD is not answered
well.
Redirects are followed, each judged like the first. Must not know what the URLs are for.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpcore2

from chaishots.outbound.allowed_urls import PrivateAddress
from chaishots.outbound.connections import explain, open_pool

AT_ONCE: Final = 16
AT_ONCE_A_HOST: Final = 2
SECONDS: Final = 10
"""How long one URL may take, its redirects included."""
MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NO_URL: Final = "It is, or leads to, what is no URL of the web."
_ASKS_TO_WAIT: Final = frozenset({429, 503})


class Verdict(StrEnum):
    """What is to be thought of a URL. unsure: its host asks us to come later."""

    ANSWERS = "answers"
    BROKEN = "broken"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Link:
    """A URL, and how it answered. status: None when nobody did. reason: a sentence, empty when it answers."""

    url: str
    verdict: Verdict
    status: int | None
    reason: str


class _Broken(Exception):
    pass


async def check_links(
    urls: Iterable[str], *, user_agent: str, allow_private: bool = False, seconds: float = SECONDS
) -> AsyncGenerator[Link]:
    """Ask for each URL; what came of it, as it comes."""
    lanes = _lanes(urls)
    done: asyncio.Queue[Link | None] = asyncio.Queue(maxsize=AT_ONCE)
    async with open_pool(most_connections=AT_ONCE, allow_private=allow_private) as pool:
        asking = _Asking(pool, user_agent, seconds)

        async def work() -> None:
            while lanes:
                for url in lanes.popleft():
                    await done.put(await asking.check(url))

        async def work_all() -> None:
            try:
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(AT_ONCE):
                        tasks.create_task(work())
            finally:
                await done.put(None)

        working = asyncio.create_task(work_all())
        try:
            while (link := await done.get()) is not None:
                yield link
            await working
        finally:
            working.cancel()
            await asyncio.wait([working])


def _lanes(urls: Iterable[str]) -> deque[list[str]]:
    # What is in one lane is asked for one after the other; a host has no more lanes than may ask it at once.
    by_host: dict[str, list[str]] = {}
    for url in dict.fromkeys(urls):
        by_host.setdefault(urlsplit(url).netloc.lower(), []).append(url)
    lanes = (each[start::AT_ONCE_A_HOST] for each in by_host.values() for start in range(AT_ONCE_A_HOST))
    return deque(filter(None, lanes))


class _Asking:
    def __init__(self, pool: httpcore2.AsyncConnectionPool, user_agent: str, seconds: float) -> None:
        self._pool = pool
        self._headers: list[tuple[bytes | str, bytes | str]] = [("User-Agent", user_agent), ("Accept", "*/*")]
        self._seconds = seconds

    async def check(self, url: str) -> Link:
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._ask("HEAD", url)
                if status >= HTTPStatus.BAD_REQUEST and status not in _ASKS_TO_WAIT:
                    # Some servers know GET alone.
                    status = await self._ask("GET", url)
        except TimeoutError:
            return Link(url, Verdict.BROKEN, None, f"It does not answer within {self._seconds:g} s.")
        except (_Broken, PrivateAddress) as error:
            return Link(url, Verdict.BROKEN, None, str(error))
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
            return Link(url, Verdict.BROKEN, None, explain(error))
        return _judged(url, status)

    async def _ask(self, method: str, url: str) -> int:
        for _ in range(MOST_REDIRECTS + 1):
            status, location = await self._send(method, url)
            if status not in _REDIRECTS or location is None:
                return status
            try:
                url = urljoin(url, location)
            except ValueError:
                raise _Broken(_NO_URL) from None
            if not url.startswith(("http://", "https://")) or not url.isascii():
                raise _Broken(_NO_URL)
        raise _Broken(f"It leads on and on: more than {MOST_REDIRECTS} redirects.")

    async def _send(self, method: str, url: str) -> tuple[int, str | None]:
        headers = [*self._headers, *([("Range", "bytes=0-0")] if method == "GET" else [])]
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        try:
            # Nothing of the body is read; a connection that still has some is closed.
            async with self._pool.stream(method, url, headers=headers, extensions={"timeout": waits}) as response:
                location = next((value for name, value in response.headers if name.lower() == b"location"), None)
                return response.status, None if location is None else location.decode("latin-1")
        except (httpcore2.UnsupportedProtocol, ValueError) as error:
            raise _Broken(_NO_URL) from error


def _judged(url: str, status: int) -> Link:
    if status < HTTPStatus.BAD_REQUEST:
        return Link(url, Verdict.ANSWERS, status, "")
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # an empty file has no first byte
        return Link(url, Verdict.ANSWERS, status, "")
    known = {each.value: each.phrase for each in HTTPStatus}
    if status in _ASKS_TO_WAIT:
        return Link(url, Verdict.UNSURE, status, f"{status} {known[status]}: check it again later.")
    return Link(url, Verdict.BROKEN, status, f"{status} {known.get(status, 'Unknown')}.")
