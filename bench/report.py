"""The page that people read, written from what was measured and from nothing else."""

from collections.abc import Iterator
from typing import Final

from bench.compared_servers import Case, Reading
from bench.results import Results, median
from bench.targets import targets
from bench.wrk import CONNECTIONS, THREADS

_ANSWERS: Final = {True: "yes", False: "**no**", None: "—"}

_METHOD: Final = f"""\
## How it is measured

- The standard data: 200 programs of 3 terms of 10 lessons, 8 of 10 published; for the picture, the same in other sizes.
- wrk, {THREADS} thread, {CONNECTIONS} connections, on the same machine, over the loopback; answers are not compressed
  unless gzip is named. Each load runs once a round, in alternation, after a round that only warms up; the tables show
  medians: of the rates, and of the ratios within a round, on which whatever else the machine does falls alike.
- *this, warm*: one replica as it is. *this, cold*: the same with `CHAISHOTS_CACHE_BYTES=0`, so that Postgres renders
  each answer. *bare ASGI app*: `bench/bare_app.py`, the same bytes and headers from the same Hypercorn; what is quicker
  never became a request of Hypercorn's (`api/server/fast_path.py`). *nginx, file*: the same bytes from a file. *this
  behind nginx*: `deploy/nginx.conf`, as the compose topology has it. *peer*: the server that `--against` named.
- The age of answers: from a lesson's `published_at` until a reader, who asks for the list every few milliseconds while
  wrk loads the replica, first sees the lesson.
- A herd's renders are `chaishots_cache_renders_total`, after it and before.
- Memory is what is resident; 1 MB is 1,000,000 bytes. Every round's figures: [performance.json](performance.json).
"""


def page(results: Results) -> str:
    """The page, in Markdown."""
    return "\n".join([*_head(results), *_targets(results), *_rates(results), *_growth(results), _METHOD])


def _head(results: Results) -> Iterator[str]:
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    yield "# Performance\n"
    extent = f"{results.rounds} rounds of {results.seconds:.0f} s"
    yield f"Written by `{results.command}` on {machine.measured_on}: {extent}.\n"
    yield f"{machine.cpu}, {machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GiB of memory. {versions}.\n"


def _targets(results: Results) -> Iterator[str]:
    yield "## Targets\n"
    yield "| target | measured | met? |\n| --- | --- | --- |"
    for target in targets(results):
        yield f"| {target.promise} | {target.measured} | {_ANSWERS[target.is_met]} |"
    yield ""


def _rates(results: Results) -> Iterator[str]:
    sizes = results.sizes
    in_bytes = {
        Reading.LIST: f"{sizes.list:,} bytes",
        Reading.LIST_GZIP: f"{sizes.list_gzip:,} bytes",
        Reading.PROGRAM: f"{sizes.program:,} bytes",
        Reading.UNCHANGED: "no body",
    }
    yield "## Rates\n"
    for reading, cases in results.rates.items():
        yield f"**{reading}** ({in_bytes[reading]})\n"
        yield "| case | answers/s | p50 | p99 | × bare | × peer |\n| --- | ---: | ---: | ---: | ---: | ---: |"
        for case in (case for case in Case if case in cases):
            yield _row(results, reading, case)
        yield ""


def _row(results: Results, reading: Reading, case: Case) -> str:
    seen = results.median(reading, case)
    assert seen is not None
    failed = f" ({seen.failed:,} failed)" if seen.failed else ""
    ratios = " | ".join(_ratio(results.ratio(reading, case, other)) for other in (Case.BARE, Case.PEER))
    return f"| {case} | {seen.rate:,.0f}{failed} | {seen.p50_ms:.2f} ms | {seen.p99_ms:.2f} ms | {ratios} |"


def _ratio(ratio: float | None) -> str:
    return "—" if ratio is None else f"{ratio:.2f}"


def _growth(results: Results) -> Iterator[str]:
    yield "## By the size of the catalog\n"
    yield "![Rate and p99 against the number of lessons](performance.svg)\n"
    lines = list(results.growth[0].loads)
    yield f"| lessons | {' | '.join(f'{line}: /s, p99' for line in lines)} |"
    yield f"| ---: | {' | '.join('---:' for _ in lines)} |"
    for size in results.growth:
        seen = [median(size.loads[line]) for line in lines]
        yield f"| {size.lessons:,} | {' | '.join(f'{load.rate:,.0f}, {load.p99_ms:.1f} ms' for load in seen)} |"
    yield ""
