"""What warm reads lose while the catalog changes: of the list, as lessons go out; of one program, as others change.

    python -m bench.reads_during_changes [SECONDS] [ROUNDS]

Two replicas lead, each on a database of its own in one Postgres with the standard catalog; one of them is read by wrk.
Each figure is its reads a second

- while nothing changes (of the list before and afterwards, as the lessons that go out make it longer),
- *there*: while the same changes are made to the other catalog, whose list is read now and then, so that it is rendered
  as often. What the reads lose by this is lost to the machine: wrk, Postgres, who publishes and who edits have its
  processors too,
- *here*: while they are made to the catalog that is read.

What drops cost is here next to there, and that is the ratio that is asked for (0.8 and 0.95). Here next to nothing at
all is told too: on a machine of two processors it is less by what there loses. So is the processor time of an answer in
the replica, with all else that its process does, which other load on the machine moves least. What asks how old answers
are is not among what is measured; it has a run of its own.

The programs that change are others than the one that is read, and public; then only drafts change.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import psutil

from bench import behaviour
from bench.client import connected
from bench.compared_servers import LIST_PAGE
from bench.data import STANDARD_PROGRAMS, a_catalog, newest_program_in
from bench.servers import replica
from bench.wrk import load
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from tests.builders import a_lesson, a_term
from tests.cluster import eventually

PER_SECOND: Final = 50
EDITS: Final = 30
_READ_SECONDS: Final = 0.02
_WARM_UP_SECONDS: Final = 1
_OTHERS: Final = """
    select lesson.id from lesson join term on term.id = lesson.term_id
     where term.program_id <> $1 and lesson.status = 'published' order by lesson.id limit 1000
"""


# By Postgres itself, each in a transaction of its own: who edits is mostly elsewhere, and costs nothing here.
_EDITS: Final = """
    do $$
    declare
        lessons constant uuid[] := '{{{lessons}}}';
        began constant timestamptz := clock_timestamp();
        moment timestamptz;
    begin
        for number in 1 .. 1000000 loop
            update lesson set title = 'Title ' || number where id = lessons[1 + number % cardinality(lessons)];
            commit;
            moment := began + number * interval '1 s' / {per_second};
            perform pg_sleep(extract(epoch from moment - clock_timestamp()));
        end loop;
    end $$
"""


@dataclass(frozen=True)
class Catalog:
    """A catalog and the replica that leads on it."""

    sql: Connection
    url: str
    process: psutil.Process
    program: str
    others: list[UUID]
    drafts: list[UUID]


@dataclass(frozen=True)
class Seen:
    """Answers a second, and the processor time of the replica's whole process for each, in microseconds."""

    rate: float
    cost_us: float


Changing = Callable[[Catalog], AbstractAsyncContextManager[None]]


async def main(postgres: str, seconds: float, rounds: int) -> None:
    """Measure, and print the figures."""
    aged = await behaviour.publishing(
        await a_catalog(postgres, STANDARD_PROGRAMS), per_second=PER_SECOND, seconds=seconds
    )
    print(f"while lessons go out, an answer is {aged.age_p99_ms:.0f} ms old (p99), {aged.age_max_ms:.0f} at most")

    def publishing(catalog: Catalog) -> AbstractAsyncContextManager[None]:
        return _publishing(catalog.sql, seconds)

    def of_others(catalog: Catalog) -> AbstractAsyncContextManager[None]:
        return _editing(catalog.sql, catalog.others)

    def of_drafts(catalog: Catalog) -> AbstractAsyncContextManager[None]:
        return _editing(catalog.sql, catalog.drafts)

    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(_catalog(postgres)) for _ in range(2)]
        one = f"/catalog/programs/{here.program}"
        await _compare(here, there, LIST_PAGE, f"the list, {PER_SECOND} lessons a second", publishing, seconds, rounds)
        await _compare(here, there, one, f"one program, {EDITS} edits of others", of_others, seconds, rounds)
        await _compare(here, there, LIST_PAGE, f"the list, {EDITS} edits of drafts", of_drafts, seconds, rounds)


async def _compare(
    here: Catalog, there: Catalog, path: str, what: str, changing: Changing, seconds: float, rounds: int
) -> None:
    await load(here.url + path, seconds=_WARM_UP_SECONDS)
    alone: list[Seen] = []
    by_machine: list[Seen] = []
    by_drops: list[Seen] = []
    for _ in range(rounds):
        alone.append(await _read(here, path, seconds))
        async with _reading(there.url), changing(there):
            by_machine.append(await _read(here, path, seconds))
        async with changing(here):
            by_drops.append(await _read(here, path, seconds))
        alone.append(await _read(here, path, seconds))
    before, machine, drops = (_middle(seen) for seen in (alone, by_machine, by_drops))
    print(
        f"{what}: here {drops.rate:,.0f} answers a second, there {machine.rate:,.0f}, without {before.rate:,.0f}; "
        f"here next to there {drops.rate / machine.rate:.2f} ×, next to without {drops.rate / before.rate:.2f} × "
        f"(there {machine.rate / before.rate:.2f} ×); an answer took {drops.cost_us:.1f}, {machine.cost_us:.1f} and "
        f"{before.cost_us:.1f} µs"
    )


def _middle(seen: list[Seen]) -> Seen:
    return Seen(statistics.median(each.rate for each in seen), statistics.median(each.cost_us for each in seen))


async def _read(catalog: Catalog, path: str, seconds: float) -> Seen:
    used_before, began_at = _processor_seconds(catalog), time.monotonic()
    rate = (await load(catalog.url + path, seconds=seconds)).rate
    used = _processor_seconds(catalog) - used_before
    return Seen(rate, used / (rate * (time.monotonic() - began_at)) * 1_000_000)


def _processor_seconds(catalog: Catalog) -> float:
    times = catalog.process.cpu_times()
    return times.user + times.system


@asynccontextmanager
async def _catalog(postgres: str) -> AsyncIterator[Catalog]:
    dsn = await a_catalog(postgres, STANDARD_PROGRAMS)
    program = str(await newest_program_in(dsn))
    sql = await asyncpg.connect(dsn)
    others = [row["id"] for row in await sql.fetch(_OTHERS, UUID(program))]
    drafts = [await a_lesson(sql, await a_term(sql)) for _ in range(10)]
    async with replica(dsn) as (url, pid):
        yield Catalog(sql, url, psutil.Process(pid), program, others, drafts)
    await sql.close()


@asynccontextmanager
async def _publishing(sql: Connection, seconds: float) -> AsyncIterator[None]:
    """Have so many lessons a second go out while the block lasts; afterwards wait until all have."""
    lessons = await behaviour.schedule_lessons(sql, PER_SECOND, round(PER_SECOND * (seconds + _WARM_UP_SECONDS)))
    await eventually(lambda: behaviour.published_at(sql, lessons))
    yield

    async def are_out() -> bool:
        return len(await behaviour.published_at(sql, lessons)) == len(lessons)

    await eventually(are_out)


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[None]:
    """Read the list now and then, so that it is rendered as soon as it is old."""

    async def read() -> None:
        async with connected(url) as client:
            while True:
                await client.get(LIST_PAGE)
                await asyncio.sleep(_READ_SECONDS)

    async with _beside(read()):
        yield


@asynccontextmanager
async def _editing(sql: Connection, lessons: list[UUID]) -> AsyncIterator[None]:
    """Change so many lessons a second, one after the other, as long as the block lasts."""
    edits = _EDITS.format(lessons=",".join(map(str, lessons)), per_second=EDITS)
    async with _beside(sql.execute(edits)):
        yield


@asynccontextmanager
async def _beside(work: Coroutine[None, None, object]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    given = [float(each) for each in sys.argv[1:]]
    seconds, rounds = given + [5, 3][len(given) :]
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        asyncio.run(main(stack.enter_context(embedded_postgres(place / "postgres")), seconds, int(rounds)))
