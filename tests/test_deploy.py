"""What is deployed keeps its promises, as far as files can tell; `deploy/check.sh` tries them with a Docker engine."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from string import Template
from typing import Any

import click
import pytest
import yaml

from chaishots.api.server.draining import DRAIN_SECONDS
from chaishots.cli.main import cli
from chaishots.settings import Settings
from tests.api.contract.documented_answers import faults_of

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
STOP_SECONDS = 10
DEPLOYED = [ROOT / "Dockerfile", ROOT / "docker-compose.yml", ROOT / "docs" / "DEPLOY.md", *DEPLOY.rglob("*.*")]
SCRIPTS = sorted(DEPLOY.rglob("*.sh"))


def seconds(text: str) -> float:
    return float(re.fullmatch(r"(\d+)s?", str(text))[1])  # type: ignore[index]


def test_the_proxy_alone_publishes_a_port() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("name", ["api", "proxy"])
def test_what_faces_the_public_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_proxy_cannot_reach_the_database() -> None:
    networks = {name: set(service.get("networks", [])) for name, service in SERVICES.items()}
    assert not networks["proxy"] & networks["db"]
    assert networks["api"] >= networks["proxy"] | networks["db"]
    assert COMPOSE["networks"]["data"] == {"internal": True}


@pytest.mark.parametrize("name", ["db", "api", "proxy"])
def test_what_runs_on_has_its_bounds(name: str) -> None:
    service = SERVICES[name]
    assert {"mem_limit", "cpus", "pids_limit", "ulimits"} <= service.keys()
    assert service["ulimits"]["nofile"] >= 16384


def test_no_password_is_written_down() -> None:
    assert SERVICES["secrets"]["environment"] == {"POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:-}"}
    for path in DEPLOYED:
        assert re.findall(r"postgres(?:ql)?://\w+:(?!…|\$|secret)[^@\s]+@", path.read_text()) == [], path


def test_the_replicas_see_their_login_and_none_of_the_secrets() -> None:
    assert SERVICES["api"]["volumes"] == ["login:/login:ro", "pictures:/pictures"]
    assert SERVICES["api"]["environment"]["PGPASSFILE"] == "/login/pgpass"


def test_any_number_of_replicas_can_run() -> None:
    assert "container_name" not in SERVICES["api"]
    assert "ports" not in SERVICES["api"]


def test_a_replica_that_stops_gets_the_time_it_needs() -> None:
    assert seconds(SERVICES["api"]["stop_grace_period"]) > STOP_SECONDS > DRAIN_SECONDS
    fly = tomllib.loads((DEPLOY / "fly.toml").read_text())
    assert (fly["kill_signal"], fly["kill_timeout"] > STOP_SECONDS) == ("SIGTERM", True)
    (web,) = yaml.safe_load((DEPLOY / "render.yaml").read_text())["services"]
    assert web["maxShutdownDelaySeconds"] > STOP_SECONDS
    unit = (DEPLOY / "chaishots.service").read_text()
    assert seconds(re.search(r"TimeoutStopSec=(\w+)", unit)[1]) > STOP_SECONDS  # type: ignore[index]


@pytest.mark.parametrize("instruction", ["HEALTHCHECK", "CMD"])
def test_the_image_runs_commands_that_there_are_without_a_shell(instruction: str) -> None:
    commands = re.findall(r'CMD \["chaishots", "(\w+)"\]', DOCKERFILE)
    assert commands == ["healthcheck", "serve"]
    assert set(commands) <= set(cli.list_commands(click.Context(cli)))
    assert re.search(rf"^{instruction} ", DOCKERFILE, re.MULTILINE)


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special() -> None:
    assert "--require-hashes" in DOCKERFILE
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]", final, re.MULTILINE)
    assert not re.search(r"\bpip\b|apt-get", final)


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: path.name)
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    named = set(re.findall(r"\bCHAISHOTS_[A-Z_]+\b", path.read_text()))
    assert named - {str(field.alias) for field in Settings.model_fields.values()} == set()


def test_every_setting_of_a_replica_can_be_given_to_compose() -> None:
    # Where it listens is the image's business, the embedded Postgres' folder nobody's there. Who acts is no replica's,
    # but whoever runs a command's: `docker compose exec --env CHAISHOTS_OPERATOR=…`.
    own = {"CHAISHOTS_HOST", "PORT", "CHAISHOTS_DATA_DIR", "CHAISHOTS_DIRECT_DATABASE_URL", "CHAISHOTS_OPERATOR"}
    settings = {str(field.alias) for field in Settings.model_fields.values()} - own
    assert settings - SERVICES["api"]["environment"].keys() == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_scripts_can_be_read_by_their_shell(script: Path) -> None:
    shell = script.read_text().splitlines()[0].split("/")[-1].removeprefix("env ")
    assert subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False).stderr == ""


def test_without_a_docker_engine_the_check_says_so_plainly(tmp_path: Path) -> None:
    nowhere = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    run = subprocess.run([DEPLOY / "check.sh"], env=nowhere, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.startswith("No Docker engine answers here, so nothing was checked")


def test_compose_fills_in_the_proxys_template_whole() -> None:
    asked = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "nginx.conf").read_text()))
    assert asked == {name for name in SERVICES["proxy"]["environment"] if name.startswith("PROXY_")}


def test_a_read_goes_to_another_replica_while_there_is_time() -> None:
    everywhere, fetching = (DEPLOY / "nginx.conf").read_text().split("listen unix:")
    read, given_up, all_tries = (
        re.findall(rf"^ +{name} (\d+)s;", text, re.MULTILINE)[0]
        for name, text in [
            ("proxy_read_timeout", fetching),
            ("proxy_read_timeout", everywhere),
            ("proxy_next_upstream_timeout", everywhere),
        ]
    )
    assert 2 * int(read) < min(int(given_up), int(all_tries))


def test_what_nginx_says_of_its_own_is_written_as_all_answers_are() -> None:
    told = re.findall(r"return \d+ '(\{.*\})';", (DEPLOY / "nginx.conf").read_text())
    assert len(told) > 10
    assert [faults_of(problem.encode()) for problem in told] == [[]] * len(told)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed (apt-get install nginx-light)")
def test_nginx_accepts_the_proxys_configuration(tmp_path: Path) -> None:
    config = tmp_path / "nginx.conf"
    config.write_text(proxy_config(tmp_path, PROXY_LISTEN="127.0.0.1:8080"))
    run = subprocess.run(["nginx", "-t", "-c", config], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def proxy_config(folder: Path, **given: str) -> str:
    """The template, filled in as nginx's image does it: with the variables that compose gives, and no others."""
    variables = {**SERVICES["proxy"]["environment"], "PROXY_DIR": str(folder), **given}
    filled = {
        name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value)  # what compose takes when nothing is set
        for name, value in variables.items()
        if name.startswith("PROXY_")
    }
    return Template((DEPLOY / "nginx.conf").read_text()).safe_substitute(filled)
