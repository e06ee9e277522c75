"""What warm reads lose while the catalog changes: of the list, as lessons go out; of one program, as others change.

    python -m bench.drops [SECONDS] [ROUNDS]

One replica, which leads, on a Postgres of its own with the standard catalog. Each figure is reads a second (wrk) while
it changes by those while it does not, in alternation. A list that lessons go out into grows by them, so it is read
before and afterwards too, and compared with the mean of both. The programs that change are others than the one that is
read, and public; then only drafts change.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from bench import behaviour
from bench.data import STANDARD_PROGRAMS, a_catalog, newest_program_in
from bench.servers import replica
from bench.wrk import load
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from tests.builders import a_lesson, a_term

PER_SECOND: Final = 50
EDITS: Final = 30
_OTHERS: Final = """
    select lesson.id from lesson join term on term.id = lesson.term_id
     where term.program_id <> $1 and lesson.status = 'published' order by lesson.id limit 1000
"""


async def main(postgres: str, seconds: float, rounds: int) -> None:
    """Measure, and print the figures."""
    for _ in range(rounds):
        seen = await behaviour.publishing(
            await a_catalog(postgres, STANDARD_PROGRAMS), per_second=PER_SECOND, seconds=seconds
        )
        assert seen.afterwards is not None
        print(
            f"the list, {seen.per_second:.0f} lessons a second published: {seen.meanwhile.rate:,.0f} a second, "
            f"{seen.kept:.2f} × of {seen.alone.rate:,.0f} before and {seen.afterwards.rate:,.0f} afterwards; "
            f"what it does not show yet is {seen.age_p99_ms:.0f} ms old (p99), {seen.age_max_ms:.0f} ms at most"
        )
    dsn = await a_catalog(postgres, STANDARD_PROGRAMS)
    program = await newest_program_in(dsn)
    sql = await asyncpg.connect(dsn)
    others = [row["id"] for row in await sql.fetch(_OTHERS, UUID(str(program)))]
    drafts = [await a_lesson(sql, await a_term(sql)) for _ in range(10)]
    async with replica(dsn) as (url, _):
        await _compare(sql, f"{url}/catalog/programs/{program}", "one program, others change", others, seconds, rounds)
        await _compare(sql, f"{url}/catalog/programs?limit=20", "the list, drafts change", drafts, seconds, rounds)
    await sql.close()


async def _compare(sql: Connection, url: str, what: str, lessons: list[UUID], seconds: float, rounds: int) -> None:
    await load(url, seconds=1)
    alone: list[float] = []
    meanwhile: list[float] = []
    for _ in range(rounds):
        alone.append((await load(url, seconds=seconds)).rate)
        async with _editing(sql, lessons):
            meanwhile.append((await load(url, seconds=seconds)).rate)
    ratio = statistics.median(meanwhile) / statistics.median(alone)
    print(f"{what}, {EDITS} a second: {ratio:.2f} × of {statistics.median(alone):,.0f} a second")


@asynccontextmanager
async def _editing(sql: Connection, lessons: list[UUID]) -> AsyncIterator[None]:
    """Change so many lessons a second, one after the other, as long as the block lasts."""

    async def edit() -> None:
        began = time.monotonic()
        for number in range(1_000_000):
            await sql.execute(
                "update lesson set title = $2 where id = $1", lessons[number % len(lessons)], f"Title {number}"
            )
            await asyncio.sleep(began + (number + 1) / EDITS - time.monotonic())

    editing = asyncio.create_task(edit())
    yield
    editing.cancel()
    await asyncio.gather(editing, return_exceptions=True)


if __name__ == "__main__":
    given = [float(each) for each in sys.argv[1:]]
    seconds, rounds = given + [5, 3][len(given) :]
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        asyncio.run(main(stack.enter_context(embedded_postgres(place / "postgres")), seconds, int(rounds)))
