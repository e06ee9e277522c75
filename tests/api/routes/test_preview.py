"""Previews and reasons over HTTP: who may ask, what they get, and what is said to a request that cannot be served."""

from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_public_program, a_term, a_topic, database_now, history

LATER = "2100-01-01T00:00:00Z"


@pytest.fixture
async def viewer(client: httpx2.AsyncClient, sql: Connection) -> httpx2.AsyncClient:
    """A client with a viewer's token."""
    _, token = await create_token(sql, "viewer", Role.VIEWER)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


async def test_a_viewer_sees_the_catalog_of_a_later_moment(viewer: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql, title="చాయ్")
    lesson = await a_lesson(sql, await a_term(sql, program), title="Waves", due_in=AN_HOUR)
    blocked = await a_lesson(sql, await a_term(sql, await a_program(sql, posters={})), due_in=AN_HOUR)
    at = await database_now(sql) + 2 * AN_HOUR

    answer = await viewer.get("/cms/preview/programs", params={"at": at.isoformat()})
    alone = await viewer.get(f"/cms/preview/programs/{program}", params={"at": at.isoformat()})

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    page = answer.json()
    (seen,) = page["programs"]
    assert alone.json() == {
        **seen,
        "blocked": [],
        "blocked_total": 0,
        "blocked_changes": [],
        "blocked_changes_total": 0,
    }
    assert [shown["id"] for shown in seen["terms"][0]["lessons"]] == [str(lesson)]
    (named,) = page["blocked"]
    assert named.keys() == {"lesson_id", "title", "publish_at", "publish_zone", "reason"}
    assert (named["lesson_id"], page["blocked_total"], page["next_cursor"]) == (str(blocked), 1, None)


async def test_the_public_sees_nothing_of_a_preview(viewer: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=AN_HOUR)
    before = await history(sql, lesson)

    for _ in range(3):
        assert len((await viewer.get(f"/cms/preview/programs?at={LATER}")).json()["programs"]) == 1
        assert (await viewer.get("/catalog/programs")).json()["programs"] == []
    assert await history(sql, lesson) == before


async def test_a_preview_is_asked_for_by_language_and_topic_page_by_page(
    viewer: httpx2.AsyncClient, sql: Connection
) -> None:
    topic = await a_topic(sql, "Optics")
    made = {str(await a_public_program(sql, languages_available=["en", "te"])) for _ in range(3)}
    await sql.execute("insert into program_topic select id, $1 from program", topic)
    await a_public_program(sql)
    query = {"at": LATER, "language": "te", "topic": "OPTICS", "limit": "2"}

    first = (await viewer.get("/cms/preview/programs", params=query)).json()
    rest = (await viewer.get("/cms/preview/programs", params={**query, "cursor": first["next_cursor"]})).json()

    assert [len(first["programs"]), len(rest["programs"])] == [2, 1]
    assert {program["id"] for program in first["programs"] + rest["programs"]} == made


async def test_why_answers_with_reasons_and_what_to_do(viewer: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, title="Waves")

    answer = await viewer.get(f"/cms/lessons/{lesson}/why")

    assert answer.json() == {
        "lesson_id": str(lesson),
        "title": "Waves",
        "is_public": False,
        "reasons": [{"code": "draft", "text": "It is a draft.", "action": "Schedule or publish it."}],
    }


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/cms/preview/programs", "at"),
        ("/cms/preview/programs?at=", "at"),
        ("/cms/preview/programs?at=tomorrow", "at"),
        ("/cms/preview/programs?at=2100-01-01T00:00:00", "at"),
        ("/cms/preview/programs?at=2100-01-01T00:00:00+05:30", "at"),
        ("/cms/preview/programs?at=2001-01-01T00:00:00Z", "at"),
        ("/cms/preview/programs?at=9000-01-01T00:00:00Z", "at"),
        ("/cms/preview/programs?at=9999-12-31T23:59:59-12:00", "at"),
        (f"/cms/preview/programs?at={LATER}&at={LATER}", "at"),
        (f"/cms/preview/programs?at={LATER}&limit=0", "limit"),
        (f"/cms/preview/programs?at={LATER}&cursor=nonsense", "cursor"),
        (f"/cms/preview/programs?at={LATER}&language=%00", "language"),
        (f"/cms/preview/programs?at={LATER}&colour=red", "colour"),
        (f"/cms/preview/programs/{uuid4()}", "at"),
        (f"/cms/preview/programs/{uuid4()}?at=2001-01-01T00:00:00Z", "at"),
        (f"/cms/preview/programs/{uuid4()}?at={LATER}&limit=1", "limit"),
        (f"/cms/preview/programs/123?at={LATER}", "id"),
        ("/cms/lessons/123/why", "id"),
        (f"/cms/lessons/{uuid4()}/why?x=1", "x"),
    ],
)
async def test_bad_input_is_a_problem_that_names_the_field(viewer: httpx2.AsyncClient, path: str, field: str) -> None:
    answer = await viewer.get(path)

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_plus_that_the_address_lost_is_explained(viewer: httpx2.AsyncClient) -> None:
    answer = await viewer.get("/cms/preview/programs?at=2100-01-01T00:00:00+05:30")

    assert "%2B" in answer.json()["errors"][0]["message"]


async def test_a_time_that_has_passed_is_sent_to_the_catalog(viewer: httpx2.AsyncClient, sql: Connection) -> None:
    at = await database_now(sql) - timedelta(seconds=1)

    answer = await viewer.get("/cms/preview/programs", params={"at": at.isoformat()})

    assert "the catalog shows what is now" in answer.json()["detail"]


@pytest.mark.parametrize("path", [f"/cms/preview/programs/{uuid4()}?at={LATER}", f"/cms/lessons/{uuid4()}/why"])
async def test_what_there_is_not_is_404(viewer: httpx2.AsyncClient, path: str) -> None:
    answer = await viewer.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    [f"/cms/preview/programs?at={LATER}", f"/cms/preview/programs/{uuid4()}?at={LATER}", f"/cms/lessons/{uuid4()}/why"],
)
async def test_without_a_token_nothing_is_told(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401
