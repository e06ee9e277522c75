"""The viewer's pages beside what they are measured by: the bare application, and the list of the catalog.

    python -m bench.pages

On the standard data, in alternation: the rate of the warm home page, a program's and a lesson's against the bare
application's for the same bytes; and what one answer takes that is rendered anew, home page and list. DATABASE_URL
names the Postgres; else embedded.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final

from bench.client import connected, fetched
from bench.compared_servers import COLD, LIST_PAGE
from bench.data import STANDARD_PROGRAMS, a_catalog, newest_program_in
from bench.servers import bare_app, replica
from bench.wrk import load
from chaishots.database.embedded import embedded_postgres

ROUNDS: Final = 5
LOAD_SECONDS: Final = 3.0
COLD_ANSWERS: Final = 40
_GZIP: Final = {"Accept-Encoding": "gzip"}  # as every browser


async def pages(dsn: str) -> dict[str, str]:
    """The paths of a home page, a program's page and a lesson's."""
    async with replica(dsn) as (url, _):
        program = json.loads((await fetched(url, f"/catalog/programs/{await newest_program_in(dsn)}")).body)
    lesson = program["terms"][0]["lessons"][0]["id"]
    return {"home": "/en/", "program": f"/en/programs/{program['slug']}", "lesson": f"/en/lessons/{lesson}"}


async def warm(dsn: str, paths: dict[str, str]) -> None:
    """Print each page's rate, and the bare application's for its bytes."""
    async with AsyncExitStack() as stack:
        ours, _ = await stack.enter_async_context(replica(dsn))
        for name, path in paths.items():
            answer = await fetched(ours, path, _GZIP)
            assert answer.status == 200, (path, answer.status)
            async with bare_app(answer) as bare:
                rates: dict[str, list[float]] = {ours: [], bare: []}
                for url in (ours, bare) * (ROUNDS + 1):
                    rates[url].append((await load(url + path, seconds=LOAD_SECONDS, headers=_GZIP)).rate)
            # The first of each warms it up.
            page, plain = (statistics.median(rates[url][1:]) for url in (ours, bare))
            print(f"{name}, {len(answer.body):,} bytes: {page:,.0f}/s, bare {plain:,.0f}/s, {page / plain:.2f} x")


async def cold(dsn: str, home: str) -> None:
    """Print what the home page and the list cost when nothing is kept."""
    took: dict[str, list[float]] = {home: [], LIST_PAGE: []}
    async with replica(dsn, **COLD) as (url, _), connected(url) as client:
        for path in (home, LIST_PAGE) * (ROUNDS + 1):
            began = time.perf_counter()
            for _ in range(COLD_ANSWERS):
                await client.get(path, _GZIP)
            took[path].append((time.perf_counter() - began) / COLD_ANSWERS * 1000)
    page, listed = (statistics.median(took[path][1:]) for path in (home, LIST_PAGE))
    print(f"cold home {page:.1f} ms, cold list of 20 {listed:.1f} ms, {page / listed:.2f} x")


async def main(postgres: str) -> None:
    """Make the content, and print the figures."""
    dsn = await a_catalog(postgres, STANDARD_PROGRAMS)
    paths = await pages(dsn)
    await warm(dsn, paths)
    await cold(dsn, paths["home"])


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(Path(folder) / "postgres"))
        asyncio.run(main(url))
