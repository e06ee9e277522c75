"""The same reads from different servers, in alternation: what the catalog's rate is compared with.

Alternation: whatever else the machine does falls on all of them alike, so ratios hold where rates do not.
"""

import gzip
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bench.client import Answer, fetched
from bench.servers import bare_app, nginx_before, nginx_with_files, replica
from bench.wrk import Load, load

LIST: Final = "/catalog/programs"
LIST_PAGE: Final = f"{LIST}?limit=20"
COLD: Final = {"CHAISHOTS_CACHE_BYTES": "0"}
_GZIP: Final = {"Accept-Encoding": "gzip"}
_WARM_UP_SECONDS: Final = 1


class PeerMissing(Exception):
    """The server to compare with does not answer; the text says what to do."""


class Reading(StrEnum):
    """What is read."""

    LIST = "list, 20 programs"
    LIST_GZIP = "list, 20 programs, gzip"
    PROGRAM = "one program"
    UNCHANGED = "304, of the list"


class Case(StrEnum):
    """Who answers."""

    BARE = "bare ASGI app"
    WARM = "this, warm"
    PEER = "peer"
    COLD = "this, cold"
    PROXY = "this behind nginx"
    FILE = "nginx, file"


@dataclass(frozen=True)
class Request:
    """A URL and the headers sent with it."""

    url: str
    headers: dict[str, str]


Plan = dict[Reading, dict[Case, Request]]
Rates = dict[Reading, dict[Case, list[Load]]]


@dataclass(frozen=True)
class Sizes:
    """Bytes of the answers measured, without headers."""

    list: int
    list_gzip: int
    program: int


@asynccontextmanager
async def everybody(dsn: str, program: str, folder: Path, against: str | None) -> AsyncGenerator[tuple[Plan, Sizes]]:
    """Start all servers, and give what is to be asked of whom.

    Args:
        dsn: a database with the standard data. program: the id of one in it.
        folder: for nginx' files. against: the peer's URL, when it is to be measured too.
    """
    detail = f"{LIST}/{program}"
    async with AsyncExitStack() as stack:
        warm, _ = await stack.enter_async_context(replica(dsn))
        cold, _ = await stack.enter_async_context(replica(dsn, **COLD))
        proxy = await stack.enter_async_context(nginx_before(folder / "proxy", warm, unbounded=True))
        page, page_gzip = await fetched(warm, LIST_PAGE), await fetched(warm, LIST_PAGE, _GZIP)
        one = await fetched(warm, detail)
        bodies = {LIST: page.body, f"{LIST}.gz": page_gzip.body, detail: one.body}
        assert gzip.decompress(page_gzip.body) == page.body
        files = await stack.enter_async_context(nginx_with_files(folder / "files", bodies))

        plan: Plan = {reading: {} for reading in Reading}
        for case, url in ((Case.WARM, warm), (Case.FILE, files), (Case.PROXY, proxy)):
            etag = (await fetched(url, LIST_PAGE)).header("etag")
            plan[Reading.LIST][case] = Request(url + LIST_PAGE, {})
            plan[Reading.LIST_GZIP][case] = Request(url + LIST_PAGE, _GZIP)
            plan[Reading.PROGRAM][case] = Request(url + detail, {})
            plan[Reading.UNCHANGED][case] = Request(url + LIST_PAGE, {"If-None-Match": etag})
        # A hit of the cache as the bare application's answer: bytes and headers are then the same.
        for reading, asked in ((reading, plan[reading][Case.WARM]) for reading in Reading):
            answer = await fetched(warm, asked.url.removeprefix(warm), asked.headers)
            bare = await stack.enter_async_context(bare_app(answer))
            plan[reading][Case.BARE] = Request(bare + asked.url.removeprefix(warm), asked.headers)
        plan[Reading.LIST][Case.COLD] = Request(cold + LIST_PAGE, {})
        plan[Reading.PROGRAM][Case.COLD] = Request(cold + detail, {})
        if against:
            plan[Reading.LIST][Case.PEER] = Request(against + LIST_PAGE, {})
            plan[Reading.PROGRAM][Case.PEER] = Request(f"{against}{LIST}/{await _newest(against)}", {})
        yield plan, Sizes(len(page.body), len(page_gzip.body), len(one.body))


async def measured(plan: Plan, *, rounds: int, seconds: float) -> Rates:
    """Each of the plan's loads, once a round, after a round that only warms up."""
    # In the order of Case, whoever is compared with each other side by side.
    turns = [(reading, case, plan[reading][case]) for reading in plan for case in Case if case in plan[reading]]
    for _, _, asked in turns:
        await load(asked.url, seconds=_WARM_UP_SECONDS, headers=asked.headers)
    rates: Rates = {reading: {case: [] for case in plan[reading]} for reading in plan}
    for _ in range(rounds):
        for reading, case, asked in turns:
            seen = await load(asked.url, seconds=seconds, headers=asked.headers)
            rates[reading][case].append(seen)
            print(f"  {reading:24} {case:18} {seen.rate:>10,.0f}/s  p99 {seen.p99_ms:.1f} ms", flush=True)
    return rates


async def _newest(against: str) -> str:
    try:
        answer: Answer = await fetched(against, LIST_PAGE)
    except OSError:
        raise PeerMissing(f"Nothing answers at {against}: start that server first, or name none.") from None
    return json.loads(answer.body)["programs"][0]["id"]
