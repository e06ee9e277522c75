"""The bench says what was measured: wrk's figures are read as printed, and the page follows from them."""

import ast
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

import bench
from bench.backlog import Backlog
from bench.behaviour import Herd, Outage, Publishing, Starts, Strings
from bench.catalog_size import Line, Size
from bench.compared_servers import Case, Reading, Sizes
from bench.machine import Machine
from bench.report import page
from bench.results import Results, read
from bench.wrk import Load, Unreadable, parsed

PRINTED = """\
Running 5s test @ http://127.0.0.1:8000/catalog/programs?limit=20
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     9.05ms    1.71ms  30.91ms   87.10%
    Req/Sec     3.56k   265.61     4.06k    76.00%
  Latency Distribution
     50%  812.00us
     75%    9.62ms
     90%   10.51ms
     99%    1.02s 
  17735 requests in 5.01s, 5.75GB read
Requests/sec:   3538.71
Transfer/sec:      1.15GB
"""  # noqa: W291  # as wrk prints it


@pytest.mark.parametrize(
    ("more", "failed"),
    [
        ("", 0),
        ("  Non-2xx or 3xx responses: 12\n", 12),
        ("  Socket errors: connect 1, read 2, write 0, timeout 4\n", 7),
        ("  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 12\n", 19),
    ],
)
def test_what_wrk_prints_is_read_in_its_units_and_with_its_failures(more: str, failed: int) -> None:
    printed = PRINTED.replace("Requests/sec", f"{more}Requests/sec")
    assert parsed(printed) == Load(rate=3538.71, p50_ms=0.812, p99_ms=1020.0, failed=failed)


def test_something_else_than_figures_is_no_figure() -> None:
    with pytest.raises(Unreadable, match="unable to connect"):
        parsed("unable to connect to 127.0.0.1:8000 Connection refused")


def test_the_page_says_of_each_target_whether_it_is_met_by_the_medians() -> None:
    results = some_results(warm=[900, 100, 870], bare=[1000, 1000, 1000])
    assert row(results, "list, 20 programs, warm: ≥ 0.85") == ("0.87 × (870/s to 1,000/s)", "yes")
    assert row(
        replace(results, rates=some_results(warm=[800], bare=[1000]).rates), "list, 20 programs, warm: ≥ 0.85"
    ) == (
        "0.80 × (800/s to 1,000/s)",
        "**no**",
    )


def test_what_was_not_measured_is_not_said_to_be_met() -> None:
    results = some_results(warm=[900], bare=[1000])
    assert row(results, "list, 20 programs, warm: ≥ 30") == ("not measured", "—")
    assert row(results, "list, cold: with 1,000,000") == ("not measured", "—")


def test_a_load_with_failures_meets_no_target() -> None:
    results = some_results(warm=[900], bare=[1000])
    failing = replace(results.rates[Reading.LIST][Case.WARM][0], failed=1)
    results.rates[Reading.LIST][Case.WARM] = [failing]
    assert row(results, "list, 20 programs, warm: ≥ 0.85")[1] == "**no**"


def test_the_figures_that_are_kept_give_the_same_page_again(tmp_path) -> None:
    results = some_results(warm=[900], bare=[1000])
    results.write(tmp_path / "performance.json")
    assert page(read(tmp_path / "performance.json")) == page(results)


def row(results: Results, promise: str) -> tuple[str, str]:
    """What the page says of the one target that begins so: measured, and met."""
    (line,) = [line for line in page(results).splitlines() if line.startswith(f"| {promise}")]
    _, _, measured, is_met, _ = (cell.strip() for cell in line.split("|"))
    return measured, is_met


def some_results(*, warm: list[float], bare: list[float]) -> Results:
    """A run that is as it should be in all but the rates given."""
    once = [Load(1000, 1, 2)]
    loads = {
        Case.WARM: [Load(rate, 1, 2) for rate in warm],
        Case.BARE: [Load(rate, 1, 2) for rate in bare],
        Case.PROXY: once,
        Case.FILE: once,
    }
    return Results(
        command="make bench",
        rounds=3,
        seconds=5,
        machine=Machine("A processor", 2, 2**33, {"Python": "3.11"}, "2026-01-01"),
        sizes=Sizes(300_000, 9_000, 17_000),
        rates={reading: dict(loads) for reading in Reading},
        growth=[Size(1_020, dict.fromkeys(Line, once))],
        herd=Herd(clients=500, renders=1, answered=500, slowest_ms=300),
        strings=Strings(100_000, 64_000_000, 70_000_000, 120_000_000, 140_000_000),
        publishing=Publishing(500, 50, Load(1000, 1, 2), Load(900, 1, 2), 10, 20, 30),
        starts=Starts([0.8, 0.9], 75_000_000),
        backlog=Backlog(100_000, 9, 11_000, 200, 5, 20),
        outage=Outage(Load(1000, 1, 2), Load(990, 1, 2), "stale", 503, "application/problem+json", 503),
    )


def test_every_module_of_ours_that_the_bench_imports_is_there() -> None:
    folder = Path(bench.__file__).parent
    named = {
        (path.name, node.module)
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("bench", "chaishots"))
    }
    assert {(path, module) for path, module in named if importlib.util.find_spec(module) is None} == set()
