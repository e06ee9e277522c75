"""The dashboard and the alerts ask for metrics that there are, with labels that these have."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from chaishots.database.connection import Connection
from chaishots.metrics import PUBLISH_LATENESS, REQUEST_SECONDS, WEBHOOK_ATTEMPTS, count_webhooks
from tests.builders import a_public_program

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "monitoring" / "grafana-dashboard.json").read_text())
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
# Prometheus' own, and those that it puts on every series that it scrapes.
FROM_PROMETHEUS = {"up"}
LABELS_OF_A_SCRAPE = {"job", "instance"}
_METRIC = re.compile(r"\b((?:chaishots|process)_\w+|up\b)(?:\{([^}]*)\})?")


def _expressions(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"expr", "definition"} and isinstance(value, str):
                yield value
            else:
                yield from _expressions(value)
    elif isinstance(part, list):
        for value in part:
            yield from _expressions(value)


SHOWN = list(_expressions(DASHBOARD))
EXPRESSIONS = [*SHOWN, *(rule["expr"] for rule in ALERTS)]


@pytest.fixture
async def told(client: httpx2.AsyncClient, sql: Connection) -> dict[str, set[str]]:
    """Each time series of a scrape by name, with its labels, once everything has happened that makes one."""
    await a_public_program(sql)
    await client.get("/catalog/programs")
    count_webhooks([await sql.fetchval("insert into webhook (url) values ('https://a.example') returning id")])
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families((await client.get("/metrics")).text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    WEBHOOK_ATTEMPTS.clear()
    return found


async def test_each_metric_asked_for_is_told_with_the_labels_asked_for(told: dict[str, set[str]]) -> None:
    asked = [match for expression in EXPRESSIONS for match in _METRIC.finditer(expression)]
    assert len(asked) > 40
    for match in asked:
        name, selectors = match[1], match[2] or ""
        if name in FROM_PROMETHEUS:
            continue
        assert name in told, name
        labels = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", selectors)) - LABELS_OF_A_SCRAPE
        assert labels <= told[name], f"{name} has no {labels - told[name]}"


async def test_whatever_is_grouped_by_is_a_label(told: dict[str, set[str]]) -> None:
    grouped = {
        name.strip()
        for expression in EXPRESSIONS
        for names in re.findall(r"by \(([^)]*)\)", expression)
        for name in names.split(",")
    }
    assert grouped
    assert grouped - LABELS_OF_A_SCRAPE <= set().union(*told.values())


async def test_what_we_tell_is_on_the_dashboard(told: dict[str, set[str]]) -> None:
    shown = " ".join(SHOWN)
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told if name.startswith("chaishots_")}
    left_out = {"chaishots_cache_failures_total", "chaishots_database_pool_connections", "chaishots_feed_position"}
    assert {name for name in ours if not re.search(rf"\b{name}(_bucket)?\b", shown)} == left_out


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here")
def test_prometheus_understands_whatever_the_dashboard_asks(tmp_path: Path) -> None:
    asked = [
        expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
        for expression in SHOWN
        if not expression.startswith("label_values(")  # Grafana's own
    ]
    rules = [{"record": f"asked:{place}", "expr": expression} for place, expression in enumerate(asked)]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    check = subprocess.run(
        ["promtool", "check", "rules", file], capture_output=True, text=True, check=False, timeout=60
    )
    assert check.returncode == 0, check.stderr
    assert f"{len(asked)} rules found" in check.stdout


def test_what_a_panel_asks_has_a_name_of_its_own() -> None:
    for panel in DASHBOARD["panels"]:
        named = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(named)) == len(named), panel["title"]
        assert panel["type"] == "row" or named, panel["title"]


def test_panels_have_a_place_of_their_own() -> None:
    places = {}
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for column in range(at["x"], at["x"] + at["w"]):
            for line in range(at["y"], at["y"] + at["h"]):
                assert places.setdefault((column, line), panel["title"]) == panel["title"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_panels_and_alerts_say_what_they_mean() -> None:
    assert [
        panel["title"] for panel in DASHBOARD["panels"] if panel["type"] != "row" and not panel["description"]
    ] == []
    assert [rule["alert"] for rule in ALERTS if not rule["annotations"].keys() >= {"summary", "description"}] == []


def test_the_promise_is_a_bound_of_the_histogram() -> None:
    assert 0.15 in PUBLISH_LATENESS._upper_bounds
    assert REQUEST_SECONDS._upper_bounds[-1] == float("inf")
