"""The docs say what there is: every setting, command, route and error code, and every test that they name."""

import re
from pathlib import Path

import click
import pytest

from chaishots import __version__
from chaishots.api.app import create_quart
from chaishots.api.delivery import health_answers, invalidation
from chaishots.api.problem_document import CODES, OVERLOADED
from chaishots.api.server.draining import DRAIN_SECONDS
from chaishots.cli.main import cli
from chaishots.content.errors import ContentError
from chaishots.database import backoff, listener
from chaishots.database.migrations import folder
from chaishots.scheduler import election
from chaishots.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("variable", [str(field.alias) for field in Settings.model_fields.values()])
def test_the_readme_has_every_setting(variable: str) -> None:
    assert f"`{variable}`" in README


@pytest.mark.parametrize("command", sorted(cli.list_commands(click.Context(cli))))
def test_the_readme_has_every_command(command: str) -> None:
    assert f"`chaishots {command}" in README


def test_the_readme_has_every_route() -> None:
    quart = create_quart("docs")
    rules = {re.sub(r"<(?:\w+(?:\(.*\))?:)?(?:\w*_)?(\w+)>", r"{\1}", rule.rule) for rule in quart.url_map.iter_rules()}
    routes = {rule for rule in rules if "static" not in rule}
    assert {route for route in routes if f"{route}`" not in README and f"{route}?" not in README} == set()


@pytest.mark.parametrize(
    "code",
    sorted({*CODES.values(), *(error.code for error in ContentError.__subclasses__() if hasattr(error, "code"))}),
)
def test_the_docs_have_every_error_code(code: str) -> None:
    assert f"`{code}`" in (ROOT / "docs" / "ERRORS.md").read_text()


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "RELIABILITY.md", "SECURITY.md"])
def test_every_test_and_bench_that_a_document_names_is_there(document: str) -> None:
    named = re.findall(r"(?:`|pytest )((?:tests|bench)/[\w/]+\.py)", (ROOT / "docs" / document).read_text())
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_every_file_of_ours_that_a_document_or_a_module_names_is_there() -> None:
    folders = ("chaishots", "tests", "bench", "migrations", "seeds", "examples", "deploy")
    found = {path for folder in folders for path in (ROOT / folder).rglob("*.*") if path.suffix in (".py", ".sql")}
    files = {f"/{path.relative_to(ROOT)}" for path in found}
    ends = {file[start:] for file in files for start, letter in enumerate(file) if letter == "/"}
    readers = [
        ROOT / "docs" / "ARCHITECTURE.md",
        ROOT / "migrations" / "README.md",
        *(ROOT / "chaishots").rglob("*.py"),
    ]
    name = re.compile(r"`([\w/]+\.py|[\w/]*functions/\w+\.sql)`")
    named = {(reader.name, path) for reader in readers for path in name.findall(reader.read_text())}
    assert {(reader, path) for reader, path in named if f"/{path}" not in ends} == set()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("README.md", f"while {invalidation.BURST_CHANGES} changes a second and more go on"),
        ("README.md", f"for {invalidation.GRACE_SECONDS * 1000:g} ms more while that is rendered anew"),
        ("README.md", f"when it is not reached within {health_answers._ANSWER_SECONDS} s"),
        ("README.md", f"({OVERLOADED} `overloaded`, `Retry-After`)"),
        ("docs/ARCHITECTURE.md", f"in turns of {election._TURN_MS / 1000:g} s"),
        ("docs/ARCHITECTURE.md", f"waits up to {backoff._OTHER_SECONDS[1]:g} s and tries anew"),
        ("docs/ARCHITECTURE.md", f"requests in flight get {DRAIN_SECONDS} s"),
        ("docs/ARCHITECTURE.md", f"within {listener.HEARD_SECONDS:g} s from one that is cut off"),
        ("docs/DEPLOY.md", f"requests in flight get {DRAIN_SECONDS} s"),
    ],
)
def test_a_figure_in_the_docs_is_that_of_the_code(document: str, sentence: str) -> None:
    assert sentence in " ".join((ROOT / document).read_text().split())


def test_each_version_says_how_to_come_there_and_which_schema_goes_with_it() -> None:
    sections = (ROOT / "docs" / "UPGRADE.md").read_text().split("\n## ")[2:]
    newest = max((folder() / "chaishots").glob("*_*.py"), key=lambda path: int(path.name.partition("_")[0]))
    if sections[0].startswith("Unreleased\n"):
        assert "**Back**" in sections.pop(0)
    else:
        assert f"`{newest.name}`" in sections[0]
    assert sections[0].startswith(f"{__version__}\n")
    assert f"\n## {__version__} - " in (ROOT / "CHANGELOG.md").read_text()
    for section in sections:
        schema = re.search(r"Schema \*\*(\d+)\*\* \(`((\d+)_\d+_\w+\.py)`\)", section)
        assert schema is not None
        assert schema[1] == schema[3]
        assert (folder() / "chaishots" / schema[2]).is_file()
        assert "**Back**" in section
