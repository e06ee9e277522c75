"""Errors of every kind: one shape, a request id, and never a traceback."""

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs

from chaishots.api import errors
from chaishots.content.errors import ContentError
from chaishots.database.connection import Connection


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing/here")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:chaishots:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "code": "not_found",
    }


async def test_a_method_that_is_not_taken_is_told_with_those_that_are(client: httpx.AsyncClient) -> None:
    answer = await client.post("/catalog/programs", json={})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


async def test_every_answer_has_a_request_id_of_its_own(client: httpx.AsyncClient) -> None:
    answers = [await client.get(path) for path in ("/health/live", "/nothing", "/catalog/programs?limit=0")]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 3


async def test_a_request_id_that_came_along_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/live", headers={"X-Request-ID": "trace-17"})
    assert answer.headers["X-Request-ID"] == "trace-17"


@pytest.mark.parametrize("forged", ["a b", "x" * 129, 'id","level":"error', "é"])
async def test_a_request_id_that_could_forge_a_log_line_is_replaced(client: httpx.AsyncClient, forged: str) -> None:
    answer = await client.get("/health/live", headers=[(b"X-Request-ID", forged.encode())])
    assert answer.headers["X-Request-ID"] != forged


async def test_what_nobody_foresaw_is_a_500_that_tells_nothing_and_is_logged_once(
    client: httpx.AsyncClient, sql: Connection
) -> None:
    await sql.execute("alter table topic rename column name to secret_name")
    with capture_logs() as lines:
        answer = await client.get("/catalog/topics")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert [(line["event"], line["log_level"]) for line in lines] == [("request.failed", "error")]


async def test_fifty_requests_at_once_on_a_pool_of_ten_are_all_answered(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get("/catalog/programs") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}


def test_every_content_error_has_its_status() -> None:
    assert {error for error in _descendants(ContentError) if error.__module__ == "chaishots.content.errors"} == set(
        errors.STATUS
    )


def _descendants(error: type[ContentError]) -> set[type[ContentError]]:
    children = set(error.__subclasses__())
    return children.union(*(_descendants(child) for child in children))
