"""Errors of every kind: one shape, a request id, and never a traceback."""

import asyncio
import json

import asyncpg
import httpx2
import pytest
from structlog.testing import capture_logs

from chaishots.api import problem_of_error
from chaishots.api.log_limits import Seldom
from chaishots.content.errors import ContentError
from chaishots.database.connection import Connection
from chaishots.storage.folder_or_bucket import StoreAway


async def test_an_unknown_address_is_a_problem(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/nothing/here")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:chaishots:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
        "code": "not_found",
    }


async def test_a_method_that_is_not_taken_is_told_with_those_that_are(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/catalog/programs", json={})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


async def test_every_answer_has_a_request_id_of_its_own(client: httpx2.AsyncClient) -> None:
    answers = [await client.get(path) for path in ("/health/live", "/nothing", "/catalog/programs?limit=0")]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 3


async def test_a_request_id_that_came_along_is_kept(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/health/live", headers={"X-Request-ID": "trace-17"})
    assert answer.headers["X-Request-ID"] == "trace-17"


@pytest.mark.parametrize("forged", ["a b", "x" * 129, 'id","level":"error', "é"])
async def test_a_request_id_that_could_forge_a_log_line_is_replaced(client: httpx2.AsyncClient, forged: str) -> None:
    answer = await client.get("/health/live", headers=[(b"X-Request-ID", forged.encode())])
    assert answer.headers["X-Request-ID"] != forged


def test_what_nobody_foresaw_is_a_500_that_tells_nothing_and_is_logged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as lines:
        monkeypatch.setattr(problem_of_error, "_seldom", Seldom(seconds=1))
        told = [problem_of_error.problem_of(LookupError("secret")) for _ in range(3)]
    assert {(problem.status, json.loads(problem.text)["code"]) for problem in told} == {(500, "internal_error")}
    assert "secret" not in told[0].text
    assert [(line["event"], line["log_level"]) for line in lines] == [("request.failed", "error")]


async def test_a_database_that_refuses_is_told_in_a_word_to_the_public_and_with_what_to_do_to_editors(
    client: httpx2.AsyncClient, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    await sql.execute("alter table topic rename column name to secret_name")
    public, cms = await client.get("/catalog/topics"), await editor.get("/cms/topics")
    for answer in (public, cms):
        assert (answer.status_code, answer.json()["code"]) == (503, "database_refuses")
    assert "topic" not in public.json()["detail"]
    assert "chaishots migrate" in cms.json()["detail"]


def test_a_trouble_that_lasts_is_logged_once_and_another_kind_of_trouble_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(problem_of_error, "_troubles", Seldom(seconds=60))
    read_only, full = asyncpg.ReadOnlySQLTransactionError("no"), asyncpg.DiskFullError("no")
    with capture_logs() as lines:
        for error in (read_only, read_only, full, read_only, StoreAway("gone"), StoreAway("gone")):
            problem_of_error.problem_of(error)
    assert [(line["event"], line.get("sqlstate")) for line in lines] == [
        ("database.refuses", "25006"),
        ("database.refuses", "53100"),
        ("store.away", None),
    ]


def test_another_cause_of_the_same_kind_is_logged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem_of_error, "_troubles", Seldom(seconds=60))
    password = asyncpg.InvalidPasswordError("no")
    rules = asyncpg.InvalidAuthorizationSpecificationError("pg_hba.conf rejects connection")
    with capture_logs() as lines:
        for error in (password, password, rules, password):
            problem_of_error.problem_of(error)
    assert [line["sqlstate"] for line in lines] == ["28P01", "28000"]


def test_a_database_that_is_read_only_is_told_with_what_to_do() -> None:
    told = problem_of_error.problem_of(asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT"), to_editors=True)
    assert json.loads(told.text)["detail"].startswith("Postgres refuses writes: read-only")


async def test_a_rule_of_the_users_own_is_a_conflict_in_its_own_words(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    await sql.execute("""
        create function no_tea() returns trigger language plpgsql as
          $$ begin if new.title = 'tea' then raise exception 'no tea here'; end if; return new; end $$;
        create trigger no_tea before insert on program for each row execute function no_tea();
    """)
    answer = await editor.post("/cms/programs", json={"title": "tea", "language_primary": "te"})
    assert (answer.status_code, answer.json()["code"]) == (409, "refused_by_database")
    assert "no tea here" in answer.json()["detail"]


async def test_fifty_requests_at_once_on_a_pool_of_ten_are_all_answered(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get("/catalog/programs") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}


def test_every_content_error_has_its_status() -> None:
    assert {error for error in _descendants(ContentError) if error.__module__ == "chaishots.content.errors"} == set(
        problem_of_error.STATUS
    )


def _descendants(error: type[ContentError]) -> set[type[ContentError]]:
    children = set(error.__subclasses__())
    return children.union(*(_descendants(child) for child in children))
