"""The feed over HTTP: a copy that is kept by it is right, and nothing of it is older than the catalog."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.scheduler.feed_numbering import number_all
from tests.api.conftest import Served
from tests.builders import a_lesson, a_program, a_public_program, a_term
from tests.cluster import eventually

CHANGES = "/catalog/changes"


async def follow(client: httpx2.AsyncClient, copy: dict[str, Any], cursor: str | None, *, limit: int = 3) -> str:
    """Bring a copy up to date; where to go on."""
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(CHANGES, params=query)).json()
        for change in page["changes"]:
            if change.get("deleted"):
                copy.pop(change["id"], None)
            else:
                copy[change["id"]] = change
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return str(cursor)


async def test_a_copy_has_all_that_is_public_and_follows_it(client: httpx2.AsyncClient, sql: Connection) -> None:
    programs = [await a_public_program(sql, title=f"Program {number}") for number in range(4)]
    await a_program(sql, title="A draft")
    await number_all(sql)
    copy: dict[str, Any] = {}
    cursor = await follow(client, copy, None)
    assert len(copy) == 8

    term = await sql.fetchval("select id from term where program_id = $1", programs[0])
    added = await a_lesson(sql, term, status="published", title="Added")
    await sql.execute("delete from program where id = $1", programs[1])
    await sql.execute("update program set title = 'Renamed' where id = $1", programs[2])
    await number_all(sql)
    await follow(client, copy, cursor)

    shown = (await client.get("/catalog/lessons", params={"limit": 100})).json()["lessons"]
    listed = (await client.get("/catalog/programs", params={"limit": 100})).json()["programs"]
    assert {key for key, item in copy.items() if item["type"] == "lesson"} == {lesson["id"] for lesson in shown}
    assert {key for key, item in copy.items() if item["type"] == "program"} == {program["id"] for program in listed}
    assert copy[str(added)]["title"] == "Added"
    for lesson in shown:
        mine = copy[lesson["id"]]
        assert mine == {"type": "lesson"} | {name: lesson[name] for name in mine if name != "type"}
        assert lesson.keys() - mine.keys() == {"term", "program", "previous_lesson_id", "next_lesson_id"}
    for program in listed:
        mine = copy[program["id"]]
        for term in program["terms"]:
            del term["lessons"]
        assert mine == {"type": "program"} | program


async def test_whoever_is_up_to_date_is_answered_from_memory_until_the_feed_comes_on(
    whole: Served, sql: Connection
) -> None:
    program = await a_public_program(sql)
    await number_all(sql)
    cursor = await follow(whole.client, {}, None)
    await whole.has_heard(sql)

    first = await whole.client.get(CHANGES, params={"cursor": cursor})
    idle = await whole.client.get(CHANGES, params={"cursor": cursor}, headers={"If-None-Match": first.headers["ETag"]})
    await sql.execute("update program set title = 'Another' where id = $1", program)
    await whole.has_heard(sql)
    not_yet = await whole.client.get(CHANGES, params={"cursor": cursor})
    await number_all(sql)

    async def is_told() -> bool:
        answer = await whole.client.get(CHANGES, params={"cursor": cursor})
        return [change["title"] for change in answer.json()["changes"]] == ["Another"]

    await eventually(is_told)
    assert first.json() == {"changes": [], "next_cursor": cursor, "has_more": False}
    assert (idle.status_code, idle.headers["Cache-Status"]) == (304, "chaishots; hit")
    assert not_yet.json()["changes"] == []


async def test_pages_of_the_past_do_not_outlive_what_is_taken_down(whole: Served, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published", title="Soon gone")
    await number_all(sql)
    assert "Soon gone" in (await whole.client.get(CHANGES)).text

    await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
    await whole.has_heard(sql)
    answer = await whole.client.get(CHANGES)

    assert "Soon gone" not in answer.text
    assert {"type": "lesson", "id": str(lesson), "deleted": True} in answer.json()["changes"]


async def test_only_who_has_a_token_gets_the_urls_of_paid_lessons(client: httpx2.AsyncClient, sql: Connection) -> None:
    await a_lesson(sql, status="published", is_paid=True)
    await number_all(sql)
    _, token = await create_token(sql, "App", Role.READER)

    public = (await client.get(CHANGES)).json()["changes"]
    private = (await client.get(CHANGES, headers={"Authorization": f"Bearer {token}"})).json()["changes"]

    assert [item["content_urls_by_language"] for item in public if item["type"] == "lesson"] == [{}]
    assert all(item["content_urls_by_language"] for item in private if item["type"] == "lesson")


async def test_a_cursor_of_another_history_is_gone(client: httpx2.AsyncClient, sql: Connection) -> None:
    await a_public_program(sql)
    await number_all(sql)
    cursor = await follow(client, {}, None)
    # As a backup that is older would have it: the same positions, of other changes.
    await sql.execute("update feed_mark set mark = mark + 1")

    answer = await client.get(CHANGES, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
    assert "begin anew, without a cursor" in answer.json()["detail"]
    assert "another history" in answer.json()["detail"]


async def test_a_cursor_ahead_of_the_feed_is_gone(client: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_public_program(sql)
    await number_all(sql)
    await sql.execute("create table kept as select * from feed")
    await sql.execute("create table kept_mark as select * from feed_mark")
    await sql.execute("create table kept_state as select * from feed_state")
    await sql.execute("update program set title = 'Lost' where id = $1", program)
    await number_all(sql)
    cursor = await follow(client, {}, None)
    for name in ("feed", "feed_mark", "feed_state"):
        kept = {"feed": "kept", "feed_mark": "kept_mark", "feed_state": "kept_state"}[name]
        await sql.execute(f"truncate {name}")
        await sql.execute(f"insert into {name} select * from {kept}")

    answer = await client.get(CHANGES, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")


async def test_what_went_away_long_ago_is_forgotten_and_cursors_from_before_it_are_gone(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    gone = await a_lesson(sql, status="published")
    await number_all(sql)
    cursor = await follow(client, {}, None)
    await sql.execute("delete from lesson where id = $1", gone)
    await number_all(sql)
    await a_public_program(sql)
    await number_all(sql)
    middle = await follow(client, {}, cursor)
    await sql.execute("update feed_mark set marked_at = marked_at - interval '100 days'")
    await sql.execute("update feed_mark set marked_at = now() where position = (select max(position) from feed_mark)")

    await sql.fetchval("select chaishots_prune_feed(now() - $1::interval)", timedelta(days=90))
    early = await client.get(CHANGES, params={"cursor": cursor})
    late = await client.get(CHANGES, params={"cursor": middle})

    assert (early.status_code, early.json()["code"]) == (410, "cursor_expired")
    assert "older than what the feed still tells" in early.json()["detail"]
    assert late.status_code == 200
    assert not await sql.fetchval("select exists (select from feed where id = $1)", gone)


@pytest.mark.parametrize("cursor", ["x", "WzFd", "W10", "WzEsMiwzLDRd", "WyIxIiwyLDNd", "WzEsMiwtM10", "%00"])
async def test_a_cursor_that_was_not_made_here_is_refused(client: httpx2.AsyncClient, cursor: str) -> None:
    answer = await client.get(f"{CHANGES}?cursor={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_the_feed_of_nothing_is_empty(client: httpx2.AsyncClient, sql: Connection) -> None:
    await number_all(sql)
    page = (await client.get(CHANGES)).json()
    term = await a_term(sql)
    await a_lesson(sql, term)
    assert (page["changes"], page["has_more"]) == ([], False)
    assert (await client.get(CHANGES, params={"cursor": page["next_cursor"]})).json()["changes"] == []
