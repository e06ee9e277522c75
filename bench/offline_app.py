"""How much an app that keeps the whole catalog has to read again after a change.

    python -m bench.offline_app [PROGRAMS]

Makes a catalog of so many programs of 30 lessons (1,000 if not said), starts one replica, and reads all pages as
examples/offline.py does, by each order of the list: at first, when nothing changed, after one lesson has changed, one
program has come, one from the middle was taken down. Prints requests, those of them answered anew, and bytes on the
wire, heads of answers included. DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx2

from bench.data import a_catalog
from bench.servers import replica
from chaishots.content.catalog.filters import SortOrder
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from tests.builders import a_public_program
from tests.cluster import eventually

PROGRAMS = 1_000
_MIDDLE = "select id from program where status = 'published' order by published_at, id offset $1 limit 1"
_CHANGE_LESSON = """
    update lesson set title = title || ', corrected'
     where id = (select lesson.id from lesson join term on term.id = lesson.term_id
                  where program_id = $1 and status = 'published' limit 1)
"""
_TAKE_DOWN = "update program set status = 'archived' where id = $1"


@dataclass
class App:
    """An app that keeps what it has read: by address, the ETag and the cursor of the next page."""

    client: httpx2.AsyncClient
    order: SortOrder
    kept: dict[str, tuple[str, str | None]] = field(default_factory=dict[str, tuple[str, str | None]])

    async def read_all(self) -> "Read":
        """Read what there is now."""
        read, cursor, kept = Read(), "", self.kept
        self.kept = {}  # what no page leads to any more is of no use
        while cursor is not None:
            address = f"/catalog/programs?limit=100&sort={self.order}" + (f"&cursor={cursor}" if cursor else "")
            etag, _ = kept.get(address, ("", None))
            answer = await self.client.get(address, headers={"If-None-Match": etag} if etag else {})
            if answer.status_code == httpx2.codes.OK:
                kept[address] = (answer.headers["ETag"], answer.json()["next_cursor"])
                read.anew += 1
            read.requests += 1
            read.bytes += answer.num_bytes_downloaded
            read.bytes += sum(len(name) + len(value) + len(": \r\n") for name, value in answer.headers.raw)
            _, cursor = self.kept[address] = kept[address]
        return read


@dataclass
class Read:
    """What a look at the whole catalog took."""

    requests: int = 0
    anew: int = 0
    bytes: int = 0


async def measure(postgres: str, programs: int) -> None:
    """Make the catalog, and print what is read of it."""
    dsn = await a_catalog(postgres, programs)
    sql = await asyncpg.connect(dsn)
    async with replica(dsn) as (url, _):
        for encoding in ("gzip", "br"):
            headers = {"Accept-Encoding": encoding}
            async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
                for order in (SortOrder.NEWEST, SortOrder.OLDEST):
                    print(f"\n{encoding}, sort={order}")
                    await _walk(App(client, order), sql)
    await sql.close()


async def _walk(app: App, sql: Connection) -> None:
    _told("at first", await app.read_all())
    _told("nothing changed", await app.read_all())
    middle = await sql.fetchval(_MIDDLE, await sql.fetchval("select count(*) / 2 from program"))
    await _seen(app.client, f"/catalog/programs/{middle}", sql.execute(_CHANGE_LESSON, middle))
    _told("one lesson changed", await app.read_all())
    await _seen(app.client, "/catalog/programs?limit=1", a_public_program(sql))
    _told("one new program", await app.read_all())
    await _seen(app.client, f"/catalog/programs/{middle}", sql.execute(_TAKE_DOWN, middle))
    _told("one taken down", await app.read_all())


async def _seen(client: httpx2.AsyncClient, address: str, change: Awaitable[object]) -> None:
    """Make a change, and go on once the replica answers otherwise for it."""
    before = (await client.get(address)).content
    await change

    async def is_seen() -> bool:
        return (await client.get(address)).content != before

    await eventually(is_seen)


def _told(what: str, read: Read) -> None:
    print(f"{what:20} {read.requests:4} requests, {read.anew:3} anew, {read.bytes:10,} bytes", flush=True)


def main() -> None:
    """Measure, on a Postgres of its own unless one is named."""
    programs = int(sys.argv[1]) if len(sys.argv) > 1 else PROGRAMS
    with ExitStack() as stack:
        postgres = os.environ.get("DATABASE_URL")
        if postgres is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-")))
            postgres = stack.enter_context(embedded_postgres(folder / "postgres"))
        asyncio.run(measure(postgres, programs))


if __name__ == "__main__":
    main()
