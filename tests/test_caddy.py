"""TLS in one file: what deploy/caddy.yml adds to compose, and that Caddy takes deploy/Caddyfile."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.api.contract.documented_answers import faults_of

DEPLOY = Path(__file__).parents[1] / "deploy"
PICTURE_BYTES = 11 * 1024 * 1024


class _Loader(yaml.SafeLoader):
    """Compose's YAML, whose `!override` replaces a list in place of adding to it."""


_Loader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))
ADDED: dict[str, Any] = yaml.load((DEPLOY / "caddy.yml").read_text(), _Loader)["services"]


def test_caddy_alone_is_reached_from_outside() -> None:
    assert ADDED["proxy"]["ports"] == ["127.0.0.1:${HTTP_PORT:-8000}:8080"]
    published = {port.rpartition(":")[2] for port in ADDED["caddy"]["ports"]}
    assert published == {"80", "443", "443/udp"}
    assert ADDED["caddy"]["networks"] == ["front"]


def test_caddy_may_do_little() -> None:
    caddy = ADDED["caddy"]
    assert (caddy["read_only"], caddy["cap_drop"], caddy["cap_add"]) == (True, ["ALL"], ["NET_BIND_SERVICE"])
    assert caddy["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit", "ulimits"} <= caddy.keys()
    assert not caddy["image"].endswith(":latest")


def test_the_public_address_follows_the_domain() -> None:
    assert ADDED["caddy"]["environment"]["DOMAIN"] == "${DOMAIN:-localhost}"
    address = ADDED["api"]["environment"]["CHAISHOTS_PUBLIC_URL"]
    assert address == "${CHAISHOTS_PUBLIC_URL:-https://${DOMAIN:-localhost}}"


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed (apt-get install caddy)")
def test_caddy_accepts_its_file_and_leaves_refusals_to_the_proxy(tmp_path: Path) -> None:
    config = _adapted(tmp_path, "catalog.example.com")
    (server,) = config["apps"]["http"]["servers"].values()
    assert server["protocols"] == ["h1", "h2", "h3"]
    (route,) = server["routes"]
    assert route["match"] == [{"host": ["catalog.example.com"]}]
    handlers = {one["handler"]: one for part in route["handle"][0]["routes"] for one in part["handle"]}
    proxy = handlers["reverse_proxy"]
    assert proxy["upstreams"] == [{"dial": "proxy:8080"}]
    assert proxy["flush_interval"] == -1  # events go out as they come
    assert handlers["request_body"]["max_size"] > PICTURE_BYTES
    assert f"client_max_body_size {PICTURE_BYTES // 1024**2}m" in (DEPLOY / "nginx.conf").read_text()


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed (apt-get install caddy)")
def test_no_browser_is_told_to_forget_http_on_localhost(tmp_path: Path) -> None:
    text = json.dumps(_adapted(tmp_path, "localhost"))
    (excepted,) = re.findall(r'"not": \[\{"host": (\[.*?\])', text)
    assert "localhost" in json.loads(excepted)


def test_what_caddy_says_of_its_own_is_written_as_all_answers_are() -> None:
    told = re.findall(r"respond `(\{.*\})` 503", (DEPLOY / "Caddyfile").read_text())
    assert [faults_of(problem.encode()) for problem in told] == [[]]


def _adapted(folder: Path, domain: str) -> dict[str, Any]:
    command = ["caddy", "adapt", "--config", DEPLOY / "Caddyfile", "--adapter", "caddyfile", "--validate"]
    env = {**os.environ, "DOMAIN": domain, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=30)
    assert told.returncode == 0, told.stderr
    assert "not formatted" not in told.stderr
    return json.loads(told.stdout)
