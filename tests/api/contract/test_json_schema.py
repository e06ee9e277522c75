"""What /openapi.json says survives the generators of clients: maps, bodies, open answers, lists that may grow."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chaishots
from chaishots.api.contract.responses.answer import Answer, Problem
from chaishots.api.problem_of_error import PROBLEM_CODES
from chaishots.content.queries.history import ACTIONS
from chaishots.content.queries.why_answer import REASONS
from chaishots.database.connection import Connection
from tests.api.contract.documented_answers import CONTRACT, resolved
from tests.api.contract.test_openapi import OPERATIONS, all_subclasses

ROOT = Path(__file__).parents[3]
ERRORS = (ROOT / "docs" / "ERRORS.md").read_text()
SCHEMAS: dict[str, dict[str, Any]] = CONTRACT["components"]["schemas"]
ANSWERS = sorted({model.__name__ for model in all_subclasses(Answer)} & SCHEMAS.keys() | {Problem.__name__})


def parts(of: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, itself among them."""
    if isinstance(of, dict):
        yield of
        of = list(of.values())
    if isinstance(of, list):
        for part in of:
            yield from parts(part)


def body_of(operation: dict[str, Any]) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {})
    return [told["schema"]["$ref"].rsplit("/", 1)[-1] for told in content.values() if "$ref" in told["schema"]]


BODIES = sorted({name for operation in OPERATIONS.values() for name in body_of(operation)})


def test_maps_are_said_as_every_generator_knows_them() -> None:
    maps = [part for part in parts(SCHEMAS) if "propertyNames" in part]
    assert len(maps) > 20
    assert all(isinstance(part["additionalProperties"], dict) for part in maps)
    assert not any("patternProperties" in part for part in parts(CONTRACT))


@pytest.mark.parametrize(
    ("answer", "members", "leaf"),
    [
        ("CatalogLesson", ("content_urls_by_language",), "string"),
        ("CatalogLesson", ("subtitle_urls_by_language",), "string"),
        ("ProgramAssets", ("posters", None), "string"),
        ("LessonAssets", ("thumbnails", None), "string"),
        ("Lesson", ("thumbnails", None), "string"),
        ("NewProgram", ("posters", None), "string"),
        ("NewLesson", ("content_urls",), "string"),
    ],
)
def test_a_map_by_language_leads_to_urls(answer: str, members: tuple[str | None, ...], leaf: str) -> None:
    schema = SCHEMAS[answer]
    for member in members:
        schema = schema["properties"][member] if member else schema["additionalProperties"]
    assert schema["additionalProperties"]["type"] == leaf
    assert schema["additionalProperties"]["format"] == "uri"


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_open_and_has_no_default_for_what_it_may_leave_out(answer: str) -> None:
    schema = SCHEMAS[answer]
    assert schema.get("additionalProperties") is not False
    assert [name for name, told in schema["properties"].items() if "default" in told] == []


@pytest.mark.parametrize("body", BODIES)
def test_a_body_is_closed_and_has_its_name(body: str) -> None:
    schema = SCHEMAS[body]
    if schema["type"] == "object":
        assert schema["additionalProperties"] is False
        assert [name for name, told in schema["properties"].items() if "default" in told] == []


def test_every_json_body_is_a_component() -> None:
    for name, operation in OPERATIONS.items():
        for kind, told in operation.get("requestBody", {}).get("content", {}).items():
            assert "$ref" in told["schema"] or "json" not in kind, name


def test_a_default_that_is_not_empty_is_said_in_words() -> None:
    assert SCHEMAS["NewLesson"]["properties"]["is_paid"]["description"] == "Left out, it is false."


def test_the_document_says_where_it_is_and_its_licence_and_its_subjects_in_order() -> None:
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    declared = [tag["name"] for tag in CONTRACT["tags"]]
    assert CONTRACT["servers"][0]["url"] == "/"
    assert CONTRACT["info"]["license"]["name"]
    assert (declared[0], declared[-1]) == ("Catalog", "Health")
    assert set(declared) == used


def test_no_description_is_empty() -> None:
    empty = [part for part in parts(CONTRACT) if isinstance(part.get("description"), str)]
    assert [part for part in empty if not part["description"].strip()] == []


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if " /cms" not in name])
def test_a_public_operation_says_that_it_takes_no_token(operation: str) -> None:
    assert OPERATIONS[operation]["security"] in ([], [{}, {"token": []}])


@pytest.mark.parametrize("operation", [name for name, told in OPERATIONS.items() if "304" in told["responses"]])
def test_what_may_be_304_takes_what_asks_for_it(operation: str) -> None:
    named = {parameter["name"] for parameter in OPERATIONS[operation]["parameters"]}
    assert "If-None-Match" in named
    told = resolved(OPERATIONS[operation]["responses"]["304"])
    assert ("If-Modified-Since" in named) == ("Last-Modified" in told["headers"])


@pytest.mark.parametrize(
    ("schema", "member"),
    [("CatalogLesson", "duration_ms"), ("Lesson", "version"), ("ActivityLine", "seq"), ("NewLesson", "duration_ms")],
)
def test_a_number_that_may_be_large_says_so(schema: str, member: str) -> None:
    told = SCHEMAS[schema]["properties"][member]
    assert "int64" in [option.get("format") for option in (told, *told.get("anyOf", ()))]


@pytest.mark.parametrize(
    ("schema", "member", "values"),
    [("Problem", "code", PROBLEM_CODES), ("Reason", "code", REASONS), ("ActivityLine", "action", ACTIONS)],
)
def test_a_list_that_may_grow_is_told_as_one_and_written_down(
    schema: str, member: str, values: tuple[str, ...]
) -> None:
    told = SCHEMAS[schema]["properties"][member]
    assert told["x-extensible-enum"] == list(values)
    assert "enum" not in told
    assert [value for value in values if f"`{value}`" not in ERRORS] == []


def test_what_is_written_down_is_in_the_code() -> None:
    told = re.findall(r"^\| (`.*?`) \|", ERRORS, re.MULTILINE)
    named = {code for cell in told for code in re.findall(r"`(\w+)`", cell)}
    assert named <= {*PROBLEM_CODES, *REASONS}
    assert set(re.findall(r"`(\w+\.\w+)`", ERRORS)) == set(ACTIONS)


def test_every_code_that_the_code_names_is_in_the_lists() -> None:
    """Of calls of `problem(status, "code", …)` and `Reason("code", …)`, and of what the proxy says."""
    found: dict[str, set[str]] = {"problem": set(), "Reason": set()}
    for path in Path(chaishots.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in found:
                place = 1 if node.func.id == "problem" else 0
                named = node.args[place] if len(node.args) > place else None
                if isinstance(named, ast.Constant):
                    found[node.func.id].add(named.value)
    of_proxy = set(re.findall(r'"code":"(\w+)"', (ROOT / "deploy" / "nginx.conf").read_text()))
    assert found["problem"] | of_proxy <= set(PROBLEM_CODES)
    assert found["Reason"] <= set(REASONS)
    assert len(found["Reason"]) > 8


async def test_every_action_that_the_triggers_write_is_in_the_list(sql: Connection) -> None:
    sources = await sql.fetch("select pg_get_functiondef(oid) from pg_proc where proname = 'chaishots_action'")
    verbs = {verb for (source,) in sources for verb in re.findall(r"(?i:then|else) '([a-z_]+)'", source)}
    assert {"publish", "reschedule", "refuse", "retry"} <= verbs
    assert verbs <= {action.partition(".")[2] for action in ACTIONS}
