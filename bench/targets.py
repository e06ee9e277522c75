"""What the catalog promises of its speed, and whether a run of the bench bears it out."""

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.catalog_size import Line
from bench.compared_servers import Case, Reading
from bench.results import Results, median

SMALL_LESSONS: Final = 10_000
LARGE_LESSONS: Final = 1_000_000
MEGABYTE: Final = 1_000_000
SLACK_BYTES: Final = 16 * MEGABYTE
"""What may come on top of the cache's bound: the addresses remembered (4 MB), and what the allocator keeps."""


@dataclass(frozen=True)
class Target:
    """A promise, what was measured, and whether it is met; None when it was not measured in this run."""

    promise: str
    measured: str
    is_met: bool | None


def targets(results: Results) -> list[Target]:
    """Every promise, in the order in which a reader would ask."""
    return [
        *_against_the_peer(results),
        *_against_the_bare_application(results),
        _behind_nginx(results),
        *_by_size(results),
        *_at_rest(results),
        *_while_publishing(results),
        *_under_attack(results),
        *_without_postgres(results),
        _backlog(results),
    ]


def _against_the_peer(results: Results) -> Iterator[Target]:
    for reading, case, factor in (
        (Reading.LIST, Case.WARM, 30),
        (Reading.LIST, Case.COLD, 3),
        (Reading.PROGRAM, Case.COLD, 3),
    ):
        state = "warm" if case is Case.WARM else "cold"
        yield _at_least(results, reading, case, Case.PEER, factor, f"{reading}, {state}: ≥ {factor} × the peer's rate")


def _against_the_bare_application(results: Results) -> Iterator[Target]:
    for reading in Reading:
        promise = f"{reading}, warm: ≥ 0.85 × the bare application's rate"
        yield _at_least(results, reading, Case.WARM, Case.BARE, 0.85, promise)
    ours, bare = results.median(Reading.LIST, Case.WARM), results.median(Reading.LIST, Case.BARE)
    assert ours is not None
    assert bare is not None
    ratio = results.ratio_of_p99(Reading.LIST, Case.WARM, Case.BARE) or math.inf
    yield Target(
        f"{Reading.LIST}, warm: p99 ≤ 1.2 × the bare application's",
        f"{ratio:.2f} × ({ours.p99_ms:.1f} ms to {bare.p99_ms:.1f} ms)",
        ratio <= 1.2,
    )


def _behind_nginx(results: Results) -> Target:
    promise = f"{Reading.LIST}, behind nginx with a proxy cache: ≥ 0.8 × nginx serving the file"
    return _at_least(results, Reading.LIST, Case.PROXY, Case.FILE, 0.8, promise)


def _at_least(results: Results, reading: Reading, case: Case, other: Case, factor: float, promise: str) -> Target:
    ours, theirs = results.median(reading, case), results.median(reading, other)
    ratio = results.ratio(reading, case, other)
    if ours is None or theirs is None or ratio is None:
        return Target(promise, "not measured", None)
    return Target(
        promise, f"{ratio:.2f} × ({ours.rate:,.0f}/s to {theirs.rate:,.0f}/s)", ratio >= factor and not ours.failed
    )


def _by_size(results: Results) -> Iterator[Target]:
    small = next((size for size in results.growth if size.lessons >= SMALL_LESSONS), None)
    large = next((size for size in results.growth if size.lessons >= LARGE_LESSONS), None)
    for line in (Line.LIST_COLD, Line.PROGRAM_COLD):
        promise = f"{line}: with 1,000,000 lessons within 2 × of 10,000"
        if small is None or large is None:
            yield Target(promise, "not measured", None)
            continue
        of_small, of_large = median(small.loads[line]), median(large.loads[line])
        ratio = of_small.rate / of_large.rate
        measured = f"{ratio:.2f} × ({of_large.rate:,.0f}/s to {of_small.rate:,.0f}/s)"
        yield Target(promise, measured, ratio <= 2 and not of_large.failed)


def _at_rest(results: Results) -> Iterator[Target]:
    first = statistics.median(results.starts.seconds)
    yield Target("Start to the first 200, on a warm database: ≤ 1 s", f"{first:.2f} s", first <= 1)
    idle = results.starts.idle_bytes
    yield Target("Resident memory of an idle replica: ≤ 120 MB", _megabytes(idle), idle <= 120 * MEGABYTE)


def _while_publishing(results: Results) -> Iterator[Target]:
    seen = results.publishing
    afterwards = seen.afterwards or seen.alone
    yield Target(
        f"While {seen.per_second:.0f} lessons a second are published: ≥ 0.5 × the rate of warm reads",
        f"{seen.kept:.2f} × ({seen.meanwhile.rate:,.0f}/s to {seen.alone.rate:,.0f}/s before, "
        f"{afterwards.rate:,.0f}/s afterwards)",
        seen.kept >= 0.5 and not seen.meanwhile.failed,
    )
    yield Target(
        "… and no answer is older than 150 ms (p99)",
        f"{seen.age_p99_ms:.0f} ms, at most {seen.age_max_ms:.0f} ms, of {seen.lessons:,} lessons",
        seen.age_p99_ms <= 150,
    )


def _under_attack(results: Results) -> Iterator[Target]:
    strings, herd = results.strings, results.herd
    grown = strings.after_bytes - strings.before_bytes
    yield Target(
        f"{strings.asked:,} different query strings: memory grows by no more than the cache's bound"
        f" ({_megabytes(strings.limit_bytes)}, and {_megabytes(SLACK_BYTES)} for what is around it)",
        f"{_megabytes(grown)} ({_megabytes(strings.halfway_bytes - strings.before_bytes)} after half of them)",
        grown <= strings.limit_bytes + SLACK_BYTES,
    )
    yield Target(
        f"{herd.clients} clients at once on a cold key: it is rendered once",
        f"{herd.renders}, {herd.answered} answered within {herd.slowest_ms:.0f} ms",
        herd.renders == 1 and herd.answered == herd.clients,
    )


def _without_postgres(results: Results) -> Iterator[Target]:
    seen = results.outage
    ratio = seen.meanwhile.rate / seen.before.rate
    yield Target(
        "Postgres stopped: warm reads go on at full rate (≥ 0.85 ×), marked stale",
        f"{ratio:.2f} × ({seen.meanwhile.rate:,.0f}/s to {seen.before.rate:,.0f}/s), `{seen.cache_status}`",
        ratio >= 0.85 and not seen.meanwhile.failed and "stale" in seen.cache_status,
    )
    yield Target(
        "… other reads: 503, a problem document; `/health`: 503",
        f"{seen.other_status}, `{seen.other_type}`; {seen.health_status}",
        (seen.other_status, seen.other_type, seen.health_status) == (503, "application/problem+json", 503),
    )


def _backlog(results: Results) -> Target:
    seen = results.backlog
    return Target(
        f"{seen.lessons:,} overdue lessons: ≥ 10,000 published a second, the API answering",
        f"{seen.rate:,.0f}/s; {seen.reads} reads meanwhile, p99 {seen.read_p99_ms:.0f} ms",
        seen.rate >= 10_000 and seen.reads > 0,
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / MEGABYTE:.0f} MB"
