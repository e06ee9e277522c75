"""All that one run of the bench has seen, as it is kept beside the page that is written from it."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bench.backlog import Backlog
from bench.behaviour import Herd, Outage, Publishing, Starts, Strings
from bench.catalog_size import Size
from bench.compared_servers import Case, Rates, Reading, Sizes
from bench.machine import Machine
from bench.wrk import Load


@dataclass(frozen=True)
class Results:
    """One run.

    command: what to run to get the like. rounds, seconds: how often each load was measured, and for how long.
    """

    command: str
    rounds: int
    seconds: float
    machine: Machine
    sizes: Sizes
    rates: Rates
    growth: list[Size]
    herd: Herd
    strings: Strings
    publishing: Publishing
    starts: Starts
    backlog: Backlog
    outage: Outage

    def median(self, reading: Reading, case: Case) -> Load | None:
        """The median load of all rounds; None when it was not measured."""
        seen = self.rates[reading].get(case)
        return median(seen) if seen else None

    def ratio(self, reading: Reading, case: Case, other: Case) -> float | None:
        """The median of the rounds' ratios of rates; of one round, as these are less disturbed than rates are."""
        return self._ratio(reading, case, other, lambda load: load.rate)

    def ratio_of_p99(self, reading: Reading, case: Case, other: Case) -> float | None:
        """The same of the 99th percentiles of latency."""
        return self._ratio(reading, case, other, lambda load: load.p99_ms)

    def _ratio(self, reading: Reading, case: Case, other: Case, figure: Callable[[Load], float]) -> float | None:
        rounds = list(zip(self.rates[reading].get(case, []), self.rates[reading].get(other, []), strict=False))
        return statistics.median(figure(ours) / figure(theirs) for ours, theirs in rounds) if rounds else None

    def write(self, file: Path) -> None:
        """Keep it, every round of it."""
        file.write_bytes(_RESULTS.dump_json(self, indent=1) + b"\n")


_RESULTS = TypeAdapter(Results)


def read(file: Path) -> Results:
    """What `write` has kept."""
    return _RESULTS.validate_json(file.read_bytes())


def median(seen: list[Load]) -> Load:
    """The medians of several loads, each figure for itself; failures are added up."""
    return Load(
        rate=statistics.median(load.rate for load in seen),
        p50_ms=statistics.median(load.p50_ms for load in seen),
        p99_ms=statistics.median(load.p99_ms for load in seen),
        failed=sum(load.failed for load in seen),
    )
