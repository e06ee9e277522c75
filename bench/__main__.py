"""The whole bench: `make bench`, or

    python -m bench [--against URL] [--quick] [--into FOLDER] [--again]

Everything runs on this machine, on a Postgres of its own that is removed afterwards. Writes PERFORMANCE.md,
performance.svg and performance.json, which holds every round's figures; --again writes the other two from it.
"""

import asyncio
import shlex
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from bench import behaviour
from bench.backlog import backlog
from bench.catalog_size import growth
from bench.compared_servers import PeerMissing, everybody, measured
from bench.data import STANDARD_PROGRAMS, a_catalog, newest_program_in
from bench.machine import this_machine
from bench.plot import draw
from bench.report import page
from bench.results import Results, read
from bench.servers import NginxMissing
from bench.wrk import WrkMissing
from chaishots.database.embedded import embedded_postgres

CACHE_BYTES: Final = 64 * 1024 * 1024
HERD: Final = 500
LESSONS_A_SECOND: Final = 50
STARTS: Final = 5


@dataclass(frozen=True)
class Extent:
    """How much is measured. strings: different query strings; backlog, sizes: lessons."""

    rounds: int
    seconds: float
    growth_rounds: int
    strings: int
    backlog: int
    sizes: tuple[int, ...]


FULL: Final = Extent(3, 5, 2, 100_000, 100_000, (1_000, 10_000, 100_000, 1_000_000))
QUICK: Final = Extent(3, 1, 1, 10_000, 20_000, (1_000, 10_000, 100_000))


@click.command()
@click.option("--against", metavar="URL", help="Another server of the same catalog, such as http://127.0.0.1:4001.")
@click.option("--quick", is_flag=True, help="Three minutes instead of twelve: less of everything, for a first look.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path("docs"), show_default=True)
@click.option("--again", is_flag=True, help="Measure nothing: write the page again from performance.json.")
def main(against: str | None, quick: bool, into: Path, again: bool) -> None:
    """Measure the catalog, and write docs/PERFORMANCE.md from what was seen."""
    kept = into / "performance.json"
    seen = read(kept) if again else _measured(against, QUICK if quick else FULL)
    into.mkdir(parents=True, exist_ok=True)
    seen.write(kept)
    draw(seen.growth, into / "performance.svg")
    (into / "PERFORMANCE.md").write_text(page(seen))


def _measured(against: str | None, extent: Extent) -> Results:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is ended takes its servers along
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True) as folder:
        try:
            seen = asyncio.run(_run(Path(folder), against and against.rstrip("/"), extent))
        except (WrkMissing, NginxMissing, PeerMissing) as missing:
            raise click.ClickException(str(missing)) from None
    print(f"Measured, in {time.monotonic() - began:.0f} s.")
    return seen


async def _run(folder: Path, against: str | None, extent: Extent) -> Results:
    with embedded_postgres(folder / "postgres") as postgres:
        machine = await this_machine(postgres)
        standard = await a_catalog(postgres, STANDARD_PROGRAMS)
        _say("Rates, in alternation")
        async with everybody(standard, await newest_program_in(standard), folder, against) as (plan, sizes):
            rates = await measured(plan, rounds=extent.rounds, seconds=extent.seconds)
        _say("By the size of the catalog")
        by_size = await growth(postgres, extent.sizes, rounds=extent.growth_rounds, seconds=extent.seconds)
        _say("A herd on a cold key")
        herd = await behaviour.herd(standard, clients=HERD)
        _say(f"{extent.strings:,} different query strings")
        strings = await behaviour.query_strings(standard, number=extent.strings, limit_bytes=CACHE_BYTES)
        _say("Reads while lessons are published")
        busy = await a_catalog(postgres, STANDARD_PROGRAMS)
        publishing = await behaviour.publishing(busy, per_second=LESSONS_A_SECOND, seconds=max(5, extent.seconds))
        _say("Starts, and memory at rest")
        starts = await behaviour.starts(standard, times=STARTS)
        _say("A backlog")
        worked_off = await backlog(extent.backlog, postgres)
        _say("Postgres stopped")
        outage = await behaviour.outage(STANDARD_PROGRAMS, seconds=extent.seconds)
    return Results(
        command=shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        rounds=extent.rounds,
        seconds=extent.seconds,
        machine=machine,
        sizes=sizes,
        rates=rates,
        growth=by_size,
        herd=herd,
        strings=strings,
        publishing=publishing,
        starts=starts,
        backlog=worked_off,
        outage=outage,
    )


def _say(what: str) -> None:
    print(f"{what} …", flush=True)


if __name__ == "__main__":
    main()
