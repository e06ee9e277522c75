"""Lessons across programs, and many at once: what is found, what is done together, and what is named when it is not."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, ASSETS, URLS, a_lesson, a_program, a_term, history, row

LESSON = {"title": "New", "content_type": "article", "content_language_primary": "en"}


async def test_lessons_of_all_programs_are_listed_newest_first_and_page_by_page(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    made = [str(await a_lesson(sql)) for _ in range(3)]
    first = await editor.get("/cms/lessons?limit=2")
    second = await editor.get("/cms/lessons", params={"limit": 2, "cursor": first.json()["next_cursor"]})
    again = await editor.get("/cms/lessons?limit=2", headers={"If-None-Match": first.headers["ETag"]})

    assert [each["id"] for each in first.json()["lessons"] + second.json()["lessons"]] == made[::-1]
    assert second.json()["next_cursor"] is None
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        ({"status": "archived"}, {"status": "archived"}),
        ({"content_languages_available": ["en", "te"]}, {"language": "te"}),
        ({"title": "Ginger 100%"}, {"text": "ginger 100%"}),
        ({"summary": "With ginger"}, {"text": "GINGER"}),
        ({"translations": {"te": {"title": "అల్లం"}}}, {"text": "అల్లం"}),
        ({"content_urls": {"en": "https://old.example.com/en.mp4"}}, {"url": "old.example.com"}),
        ({"subtitle_urls": {"te": "https://old.example.com/te.vtt"}}, {"url": "old.example.com/te"}),
        ({"thumbnails": {"en": {"portrait": "https://old.example.com/p.jpg"}}}, {"url": "old.example"}),
        ({"thumbnails": {"en": {"portrait": ASSETS["en"]["portrait"]}}}, {"missing": "thumbnails"}),
        ({"content_urls": {}}, {"missing": "content_url"}),
        ({"summary": "", "subtitle_urls": URLS}, {"missing": "summary"}),
        ({"subtitle_urls": {}}, {"missing": "subtitles"}),
        ({"content_languages_available": ["en", "te"], "subtitle_urls": URLS}, {"missing": "translations"}),
        ({"due_in": AN_HOUR}, {"publish_from": datetime.now(UTC).isoformat()}),
        ({"due_in": AN_HOUR}, {"publish_to": "2999-01-01T00:00:00Z"}),
    ],
)
async def test_lessons_are_found_by(
    editor: httpx2.AsyncClient, sql: Connection, columns: dict[str, Any], asked: dict[str, str]
) -> None:
    await a_lesson(sql, summary="A summary", subtitle_urls=URLS)
    lesson = await a_lesson(sql, **{"summary": "Of it", "subtitle_urls": URLS, **columns})
    found = await editor.get("/cms/lessons", params=asked)
    assert [each["id"] for each in found.json()["lessons"]] == [str(lesson)], found.text


async def test_a_key_of_a_map_is_no_url(editor: httpx2.AsyncClient, sql: Connection) -> None:
    await a_lesson(sql)
    assert (await editor.get("/cms/lessons?url=portrait")).json()["lessons"] == []


async def test_lessons_are_found_by_their_program(editor: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program))
    await a_lesson(sql)
    found = await editor.get(f"/cms/lessons?program={program}")
    assert [each["id"] for each in found.json()["lessons"]] == [str(lesson)]


async def test_many_are_created_in_their_terms_or_none(editor: httpx2.AsyncClient, sql: Connection) -> None:
    one, other = await a_term(sql), await a_term(sql)
    await a_lesson(sql, one, lesson_number=3)
    rows = [
        {**LESSON, "term_id": str(term), "lesson_number": number}
        for term, number in ((other, 2), (one, 1), (one, 3), (other, 2))
    ]
    refused = await editor.post("/cms/lessons", json=[*rows, {**rows[0], "term_id": str(await a_lesson(sql))}])
    made = await editor.post("/cms/lessons", json=rows[:2], headers={"Idempotency-Key": "once"})
    again = await editor.post("/cms/lessons", json=rows[:2], headers={"Idempotency-Key": "once"})

    assert (refused.status_code, refused.json()["code"]) == (422, "rows_refused")
    assert [fault["field"] for fault in refused.json()["errors"]] == ["4.term_id"]
    assert made.status_code == 201
    assert [(each["term_id"], each["lesson_number"]) for each in made.json()["lessons"]] == [
        (str(other), 2),
        (str(one), 1),
    ]
    assert again.json() == made.json()
    assert await sql.fetchval("select count(*) from lesson where title = 'New'") == 2


async def test_each_number_that_is_taken_is_named(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    await a_lesson(sql, term, lesson_number=3)
    rows = [{**LESSON, "term_id": str(term), "lesson_number": number} for number in (3, 4, 5, 5)]
    refused = await editor.post("/cms/lessons", json=rows)
    assert [fault["field"] for fault in refused.json()["errors"]] == [
        "0.lesson_number",
        "2.lesson_number",
        "3.lesson_number",
    ]


async def test_lessons_that_have_the_numbers_make_room(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    old = [await a_lesson(sql, term, lesson_number=number) for number in (1, 2, 3, 7)]
    rows = [{**LESSON, "term_id": str(term), "lesson_number": number} for number in (2, 3)]
    made = await editor.post("/cms/lessons?make_room=true", json=rows)
    assert [each["lesson_number"] for each in made.json()["lessons"]] == [2, 3]
    assert [(await row(sql, "lesson", each))["lesson_number"] for each in old] == [1, 4, 5, 7]


async def test_many_are_changed_together_swapping_numbers(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    one, two = [await a_lesson(sql, term, lesson_number=number) for number in (1, 2)]
    rows = [
        {"lesson_id": str(one), "version": 1, "lesson_number": 2, "subtitle_urls": {"te": "https://x.example/te.vtt"}},
        {"lesson_id": str(two), "lesson_number": 1},
    ]
    done = await editor.patch("/cms/lessons", json=rows)
    stale = await editor.patch("/cms/lessons", json=[rows[1], rows[0]])

    assert [(each["lesson_number"], each["version"]) for each in done.json()["lessons"]] == [(2, 2), (1, 2)]
    assert (await history(sql, one))[-1] == "lesson.change"
    assert (stale.status_code, stale.json()["errors"][0]["field"]) == (422, "1")
    assert "version 2" in stale.json()["errors"][0]["message"]


async def test_many_changes_name_each_lesson_that_has_the_number_of_another(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    term = await a_term(sql)
    one, two = [await a_lesson(sql, term, lesson_number=number) for number in (1, 2)]
    rows = [{"lesson_id": str(one), "title": "Other"}, {"lesson_id": str(two), "lesson_number": 1}]
    refused = await editor.patch("/cms/lessons", json=rows)
    assert [fault["field"] for fault in refused.json()["errors"]] == ["0.lesson_number", "1.lesson_number"]
    assert (await row(sql, "lesson", one))["title"] == "A lesson"


async def test_many_are_published_archived_and_restored_together(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    chosen = [{"lesson_id": str(await a_lesson(sql, term)), "version": 1} for _ in range(2)]
    steps = {}
    for step in ("publish", "archive", "restore"):
        answer = await editor.post(f"/cms/{step}", json=chosen)
        steps[step] = [each["status"] for each in answer.json()["lessons"]]
        chosen = [{"lesson_id": each["id"], "version": each["version"]} for each in answer.json()["lessons"]]
    assert steps == {"publish": ["published"] * 2, "archive": ["archived"] * 2, "restore": ["draft"] * 2}


@pytest.mark.parametrize(
    ("step", "field"), [("publish", "1.thumbnails"), ("archive", "2.status"), ("restore", "0.status")]
)
async def test_of_many_that_take_a_step_each_that_cannot_is_named_and_none_does(
    editor: httpx2.AsyncClient, sql: Connection, step: str, field: str
) -> None:
    lessons = [await a_lesson(sql), await a_lesson(sql, thumbnails={}), await a_lesson(sql, status="archived")]
    refused = await editor.post(f"/cms/{step}", json=[{"lesson_id": str(lesson)} for lesson in lessons])
    unknown = await editor.post(f"/cms/{step}", json=[{"lesson_id": str(await a_term(sql))}])
    twice = await editor.post(f"/cms/{step}", json=[{"lesson_id": str(lessons[0])}] * 2)

    assert (refused.status_code, refused.json()["code"]) == (422, "rows_refused")
    assert field in [fault["field"] for fault in refused.json()["errors"]]
    assert [(await row(sql, "lesson", each))["status"] for each in lessons] == ["draft", "draft", "archived"]
    assert [fault["field"] for fault in unknown.json()["errors"]] == ["0.id"]
    assert [fault["field"] for fault in twice.json()["errors"]] == ["0.lesson_id", "1.lesson_id"]
