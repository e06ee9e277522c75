"""/openapi.json tells all of every route, what it tells is so, and /docs shows it without asking another host."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel, TypeAdapter
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE

from chaishots.api.contract.responses.answer import Answer, Problem
from chaishots.api.contract.responses.catalog import CatalogProgram, CatalogPrograms, CatalogTopics, OneCatalogLesson
from chaishots.api.contract.responses.cms_content import Lesson, Lessons, Program, Programs, Term, Terms, Topic, Topics
from chaishots.api.contract.responses.history_tokens_health import Activity, Health, Liveness
from chaishots.api.contract.responses.releases import Release, Releases
from chaishots.api.contract.responses.schedule_preview_why import Preview, PreviewedProgram, Schedule, Why
from chaishots.api.contract.route_documentation import is_documented
from chaishots.api.contract.validation import example_of
from chaishots.content.answer_format import MOMENT
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.api.contract.documented_answers import APPLICATION, CONTRACT, resolved
from tests.builders import AN_HOUR, a_change, a_lesson, a_program, a_public_program, a_term, a_topic, database_now

_JSON = {"Content-Type": "application/json"}


def all_subclasses(of: type[Answer]) -> set[type[Answer]]:
    return {deeper for model in of.__subclasses__() for deeper in {model, *all_subclasses(model)}}


EXAMPLES = sorted(
    (model for model in all_subclasses(Answer) if hasattr(model, "example")), key=lambda model: model.__name__
)


OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
}


def test_every_route_is_documented() -> None:
    undocumented = {name for name, route in APPLICATION.view_functions.items() if not is_documented(route)}
    # Pages and files.
    assert all(name.startswith(("static", "openapi", "docs.", "viewer.", "previews.")) for name in undocumented)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_tells_what_it_is_for(operation: str) -> None:
    assert OPERATIONS[operation]["summary"].endswith(".")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_parameter_and_body_and_answer_has_an_example(operation: str) -> None:
    told = OPERATIONS[operation]
    for parameter in told["parameters"]:
        if parameter["name"] == "cursor" and operation in ("GET /catalog/changes", "GET /catalog/events"):
            continue  # each is of one history: whoever tried an example would be told that it is of another
        assert "example" in parameter or parameter["schema"]["examples"], parameter["name"]
        assert parameter["description"]
    described = [told.get("requestBody", {}), *(resolved(answer) for answer in told["responses"].values())]
    for content in (content for part in described for content in part.get("content", {}).values()):
        assert content["example"] is not None


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if " /cms" in name])
def test_an_operation_of_the_cms_takes_a_token_and_tells_who_is_refused(operation: str) -> None:
    told = OPERATIONS[operation]
    assert told["security"] == [{"token": []}]
    assert {"401", "403", "422", "500", "503"} <= told["responses"].keys()


@pytest.mark.parametrize("operation", [name for name, told in OPERATIONS.items() if "requestBody" in told])
def test_an_operation_with_a_body_tells_how_it_is_refused(operation: str) -> None:
    assert {"400", "413", "415", "422"} <= OPERATIONS[operation]["responses"].keys()


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_the_example_of_an_answer_is_one(model: type[Answer]) -> None:
    model.model_validate(model.example)


@pytest.mark.parametrize(
    "endpoint", [name for name, route in APPLICATION.view_functions.items() if example_of(route) is not None]
)
def test_the_example_of_a_body_is_one(endpoint: str) -> None:
    model, _ = getattr(APPLICATION.view_functions[endpoint], QUART_SCHEMA_REQUEST_ATTRIBUTE)
    TypeAdapter(model).validate_python(example_of(APPLICATION.view_functions[endpoint]))


def test_every_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r"'\$ref': '#/([^']+)'", str(CONTRACT))):
        part: Any = CONTRACT
        for step in reference.split("/"):
            part = part[step]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/health", Health),
        ("/health/live", Liveness),
        ("/catalog/programs", CatalogPrograms),
        ("/catalog/programs/{program}", CatalogProgram),
        ("/catalog/lessons/{lesson}", OneCatalogLesson),
        ("/catalog/topics", CatalogTopics),
        ("/cms/programs", Programs),
        ("/cms/programs/{program}", Program),
        ("/cms/programs/{program}/terms", Terms),
        ("/cms/terms/{term}", Term),
        ("/cms/terms/{term}/lessons", Lessons),
        ("/cms/lessons/{lesson}", Lesson),
        ("/cms/lessons/{lesson}/why", Why),
        ("/cms/topics", Topics),
        ("/cms/topics/{topic}", Topic),
        ("/cms/schedule", Schedule),
        ("/cms/releases", Releases),
        ("/cms/releases/{release}", Release),
        ("/cms/activity", Activity),
        ("/cms/preview/programs?at=2999-01-01T00:00:00Z", Preview),
        ("/cms/preview/programs/{program}?at=2999-01-01T00:00:00Z", PreviewedProgram),
    ],
)
async def test_a_real_answer_is_as_told(
    editor: httpx2.AsyncClient, sql: Connection, path: str, model: type[BaseModel]
) -> None:
    answer = await editor.get(path.format(**await _a_world(sql)))

    assert answer.status_code == 200, answer.text
    told = model.model_validate_json(answer.content)
    if "next_cursor" in model.model_fields:
        assert all(value for _, value in told if isinstance(value, list)), "what is empty was not compared"


async def test_a_real_problem_is_as_told(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/catalog/programs?limit=0")
    told = Problem.model_validate_json(answer.content)
    assert [fault.field for fault in told.errors] == ["limit"]


async def test_the_pages_ask_no_other_host_and_run_nothing_that_stands_in_them(client: httpx2.AsyncClient) -> None:
    page = await client.get("/docs")
    named = re.findall(r'(?:src|href|data-contract)="([^"]+)"', page.text)

    assert page.status_code == 200
    assert named
    assert all(address.startswith("/") and not address.startswith("//") for address in named)
    assert {(await client.get(address)).status_code for address in named} == {200}
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=", page.text) is None


async def test_the_document_is_the_same_each_time_and_says_its_type(client: httpx2.AsyncClient) -> None:
    first, second = [await client.get("/openapi.json") for _ in range(2)]
    assert first.headers["Content-Type"] == "application/json"
    assert first.content == second.content


@pytest.mark.parametrize("address", ["/openapi.json", "/docs", "/static/swagger-ui/swagger-ui-bundle.js"])
async def test_the_contract_and_its_pages_come_compressed_and_once(client: httpx2.AsyncClient, address: str) -> None:
    plain = await client.get(address, headers={"Accept-Encoding": "identity"})
    etags = {plain.headers["etag"]}
    for coding in "gzip", "br":
        answer = await client.get(address, headers={"Accept-Encoding": coding})
        assert answer.headers["content-encoding"] == coding
        assert answer.content == plain.content  # as the client has decoded it
        assert answer.num_bytes_downloaded < len(plain.content)
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
        named = {"Accept-Encoding": coding, "If-None-Match": f'"other", {answer.headers["etag"]}'}
        unchanged = await client.get(address, headers=named)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == answer.headers["etag"]
        etags.add(answer.headers["etag"])
    assert len(etags) == 3
    assert not any(etag.startswith("W/") for etag in etags)


async def test_the_contract_is_compact(client: httpx2.AsyncClient) -> None:
    text = (await client.get("/openapi.json")).text
    assert json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) == text
    assert (await client.get("/static/swagger-ui/index.css")).status_code == 404


def test_the_contract_and_the_package_say_the_same_of_the_licence() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert CONTRACT["info"]["license"] == {"name": "All rights reserved", "identifier": project["license"]}


def test_every_type_of_file_that_the_import_takes_is_named() -> None:
    named = OPERATIONS["POST /cms/import"]["requestBody"]["content"]
    assert {"application/json", "application/yaml", "text/csv", "text/tab-separated-values"} < named.keys()


def test_every_moment_that_is_answered_has_the_one_form() -> None:
    answered = [resolved(answer) for told in OPERATIONS.values() for answer in told["responses"].values()]
    moments = [part for part in _parts_of(answered, set()) if part.get("format") == "date-time"]
    assert moments
    assert [part for part in moments if part.get("pattern") != MOMENT] == []


def _parts_of(whole: Any, seen: set[str]) -> Iterator[dict[str, Any]]:
    """All objects in a part of the contract, and in what it refers to."""
    if isinstance(whole, list):
        for part in whole:
            yield from _parts_of(part, seen)
    if isinstance(whole, dict):
        yield whole
        for name, part in whole.items():
            if name != "$ref":
                yield from _parts_of(part, seen)
            elif part not in seen:
                seen.add(part)
                kind, of_its_kind = part.split("/")[-2:]
                yield from _parts_of(CONTRACT["components"][kind][of_its_kind], seen)


async def _a_world(sql: Connection) -> dict[str, Any]:
    program = await a_public_program(sql)
    topic = await a_topic(sql)
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, topic)
    term = await sql.fetchval("select id from term where program_id = $1", program)
    lesson = await a_lesson(sql, term, status="published", subtitle_urls={"en": "https://cdn.example.com/en.vtt"})
    await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=AN_HOUR)
    await sql.execute(
        "update lesson set publish_error = 'No.' where id = $1", await a_lesson(sql, term, due_in=AN_HOUR)
    )
    release = await sql.fetchval("insert into release (name) values ('Ugadi') returning id")
    await a_lesson(sql, term, release_id=release)
    await a_change(sql, lesson, {"thumbnails": {"en": None}}, apply_at=await database_now(sql) + AN_HOUR)
    return {"program": program, "term": term, "lesson": lesson, "topic": topic, "release": release}


@pytest.mark.parametrize("moment", ["0.5", "1893456000", " 1e9", "-3"])
async def test_a_number_is_no_time_as_text_either(editor: httpx2.AsyncClient, moment: str) -> None:
    assert (await editor.get("/cms/schedule", params={"to": moment})).status_code == 422


async def test_a_search_for_a_word_spelled_with_a_joiner_is_carried_out(editor: httpx2.AsyncClient) -> None:
    assert (await editor.get("/cms/programs", params={"text": "క్\u200cష"})).status_code == 200


async def test_a_whole_number_may_be_written_with_a_fraction_of_zero(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    answer = await editor.post(
        f"/cms/programs/{await a_program(sql)}/terms", content=b'{"term_number": 2.0}', headers=_JSON
    )
    assert (answer.status_code, answer.json()["term_number"]) == (201, 2)


async def test_a_token_name_that_none_can_have_is_422(client: httpx2.AsyncClient, sql: Connection) -> None:
    _, admin = await create_token(sql, "ravi", Role.ADMIN)
    answer = await client.delete("/cms/tokens/%00", headers={"Authorization": f"Bearer {admin}"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "name")
