"""Lessons and terms are moved, put between others, and copied."""

from typing import Any

import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_public_program, a_term, a_topic, database_now, row

NEW = {"title": "New", "content_type": "article", "content_language_primary": "en"}


async def test_a_lesson_is_moved_behind_the_last_of_another_term(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson, other = await a_lesson(sql, lesson_number=1), await a_term(sql)
    await a_lesson(sql, other, lesson_number=1)
    moved = await editor.patch(f"/cms/lessons/{lesson}", json={"term_id": str(other)})
    assert (moved.json()["term_id"], moved.json()["lesson_number"]) == (str(other), 2)


async def test_a_lesson_is_moved_between_two_others(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    old = [await a_lesson(sql, term, lesson_number=number) for number in (1, 2, 3, 4)]
    taken = await editor.patch(f"/cms/lessons/{old[3]}", json={"lesson_number": 2})
    moved = await editor.patch(f"/cms/lessons/{old[3]}?make_room=true", json={"lesson_number": 2})
    made = await editor.post(f"/cms/terms/{term}/lessons?make_room=true", json={**NEW, "lesson_number": 1})

    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "lesson_number")
    assert (moved.json()["lesson_number"], made.json()["lesson_number"]) == (2, 1)
    assert [(await row(sql, "lesson", each))["lesson_number"] for each in old] == [2, 4, 5, 3]


async def test_many_lessons_are_moved_together(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lessons, other = [await a_lesson(sql) for _ in range(2)], await a_term(sql)
    rows = [{"lesson_id": str(each), "term_id": str(other)} for each in lessons]
    moved = await editor.patch("/cms/lessons", json=rows)
    assert sorted(each["lesson_number"] for each in moved.json()["lessons"]) == [1, 2]


async def test_a_public_lesson_is_not_moved_where_nothing_is_public(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_public_program(sql)
    lesson, term = await sql.fetchrow(
        "select lesson.id, term.id from lesson join term on term.id = term_id where program_id = $1", program
    )
    draft, public = await a_term(sql), await a_term(sql, program)
    refused = [
        await editor.patch(f"/cms/lessons/{lesson}", json={"term_id": str(draft)}),
        await editor.patch(f"/cms/terms/{term}", json={"program_id": str(await a_program(sql))}),
    ]
    unknown = await editor.patch(f"/cms/lessons/{lesson}", json={"term_id": str(lesson)})
    done = await editor.patch(f"/cms/lessons/{lesson}", json={"term_id": str(public)})

    assert [(each.status_code, each.json()["errors"][0]["field"]) for each in refused] == [
        (409, "term_id"),
        (409, "program_id"),
    ]
    assert (unknown.status_code, done.status_code) == (404, 200)


async def test_a_term_is_moved_to_another_program_and_makes_room(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term, program = await a_term(sql, term_number=1), await a_program(sql)
    first = await a_term(sql, program, term_number=1)
    moved = await editor.patch(f"/cms/terms/{term}", json={"program_id": str(program)})
    ahead = await editor.patch(f"/cms/terms/{term}?make_room=true", json={"term_number": 1})
    made = await editor.post(f"/cms/programs/{program}/terms?make_room=true", json={"term_number": 2})

    assert (moved.json()["program_id"], moved.json()["term_number"]) == (str(program), 2)
    assert (ahead.json()["term_number"], made.json()["term_number"]) == (1, 2)
    assert (await row(sql, "term", first))["term_number"] == 3


async def test_a_program_is_copied_with_all_that_is_in_it_as_drafts(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_public_program(sql)
    await sql.execute("insert into program_topic values ($1, $2)", program, await a_topic(sql))
    term = await a_term(sql, program, title="Second")
    ends = {"status": "published", "archive_at": await database_now(sql) + AN_HOUR}
    await a_lesson(sql, term, title="Ends", **ends)
    copy = (await editor.post(f"/cms/programs/{program}/copy", json={"title": "Copy"})).json()
    lessons = (await editor.get(f"/cms/lessons?program={copy['id']}")).json()["lessons"]

    assert (copy["title"], copy["status"], copy["topics"]) == ("Copy", "draft", ["Physics"])
    assert {each["title"] for each in lessons} == {"A lesson", "Ends"}
    assert all(each["thumbnails"] and each["content_urls"] for each in lessons)
    for name, value in {"status": "draft", "publish_at": None, "published_at": None, "archive_at": None}.items():
        assert [each[name] for each in lessons] == [value, value]


async def test_a_term_and_a_lesson_are_copied_behind_the_last_or_elsewhere(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_program(sql)
    term, other = await a_term(sql, program, term_number=1, title="First"), await a_term(sql)
    lesson = await a_lesson(sql, term, lesson_number=4, due_in=AN_HOUR)
    copied = await editor.post(f"/cms/terms/{term}/copy", json={}, headers={"Idempotency-Key": "one"})
    again = await editor.post(f"/cms/terms/{term}/copy", json={}, headers={"Idempotency-Key": "one"})
    inside = (await editor.get(f"/cms/terms/{copied.json()['id']}/lessons")).json()["lessons"]
    behind = await editor.post(f"/cms/lessons/{lesson}/copy", json={})
    elsewhere = await editor.post(f"/cms/lessons/{lesson}/copy", json={"term_id": str(other), "lesson_number": 7})

    assert copied.json() == again.json()
    assert copied.status_code == 201
    assert (copied.json()["term_number"], copied.json()["title"]) == (2, "First")
    assert [(each["lesson_number"], each["status"], each["publish_at"]) for each in inside] == [(4, "draft", None)]
    assert (behind.json()["lesson_number"], behind.json()["term_id"]) == (5, str(term))
    assert (elsewhere.json()["lesson_number"], elsewhere.json()["term_id"]) == (7, str(other))


@pytest.mark.parametrize("kind", ["programs", "terms", "lessons"])
async def test_what_is_not_there_is_not_copied(editor: httpx2.AsyncClient, sql: Connection, kind: str) -> None:
    answer = await editor.post(f"/cms/{kind}/{await a_topic(sql)}/copy", json={})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"status": "published"}, "/publish"),
        ({"publish_at": "2999-01-01T00:00:00Z"}, "POST /cms/lessons/{id}/schedule"),
        ({"release_id": None}, "/cms/releases/{id}/lessons"),
        ({"nonsense": 1}, "no such parameter"),
    ],
)
async def test_a_patch_says_which_route_takes_what_it_does_not(
    editor: httpx2.AsyncClient, sql: Connection, body: dict[str, Any], says: str
) -> None:
    lesson = await a_lesson(sql)
    one = await editor.patch(f"/cms/lessons/{lesson}", json={**body, "title": ""})
    many = await editor.patch("/cms/lessons", json=[{"lesson_id": str(lesson), **body}])

    told = {fault["field"]: fault["message"] for fault in one.json()["errors"]}
    assert one.status_code == 422
    assert says in told[next(iter(body))]
    assert "title" in told
    assert says in many.json()["errors"][0]["message"]
