"""Lessons scheduled in a rhythm: by wall clock, all or nothing, tried first."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_release, a_term, history, row

FRIDAYS = {"first": "2030-03-22T18:00", "zone": "Europe/Berlin", "rule": "weekly on FR"}
KEPT = ["Fri 2030-03-22 18:00:00", "Fri 2030-03-29 18:00:00", "Fri 2030-04-05 18:00:00"]


async def a_course(sql: Connection) -> tuple[UUID, list[UUID]]:
    """A program with three drafts in two terms; what is in a release, or no draft, counts for nothing."""
    program = await a_program(sql)
    first, second = await a_term(sql, program, term_number=1), await a_term(sql, program, term_number=2)
    last = await a_lesson(sql, second, lesson_number=1)
    drafts = [await a_lesson(sql, first, lesson_number=number, title=f"పాఠం {number}") for number in (1, 2)]
    await a_lesson(sql, first, lesson_number=3, release_id=await a_release(sql))
    await a_lesson(sql, first, lesson_number=4, due_in=AN_HOUR)
    return program, [*drafts, last]


async def asked(editor: httpx2.AsyncClient, *, dry_run: bool = False, **body: Any) -> httpx2.Response:
    query = {"dry_run": "true"} if dry_run else {}
    return await editor.post("/cms/schedule/series", params=query, json={**FRIDAYS, **body})


async def test_a_program_goes_public_week_by_week_at_the_same_time_of_day(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program, drafts = await a_course(sql)
    tried = await asked(editor, program_id=str(program), dry_run=True)
    assert (tried.status_code, tried.json()["dry_run"]) == (200, True), tried.text
    assert [each["local"] for each in tried.json()["series"]] == KEPT
    assert {(await row(sql, "lesson", each))["status"] for each in drafts} == {"draft"}
    assert [line for each in drafts for line in await history(sql, each)] == ["lesson.create"] * 3

    done = await asked(editor, program_id=str(program))
    assert done.json() == {**tried.json(), "dry_run": False}
    assert done.json()["series"][0] == {
        "lesson_id": str(drafts[0]),
        "title": "పాఠం 1",
        "term_number": 1,
        "lesson_number": 1,
        "publish_at": "2030-03-22T17:00:00.000Z",
        "local": KEPT[0],
    }
    rows = [await row(sql, "lesson", each) for each in drafts]
    assert [(each["status"], each["publish_zone"]) for each in rows] == [("scheduled", "Europe/Berlin")] * 3
    assert [each["publish_at"].hour for each in rows] == [17, 17, 16]


async def test_lessons_are_named_in_the_order_that_they_shall_have(editor: httpx2.AsyncClient, sql: Connection) -> None:
    _, drafts = await a_course(sql)
    named = [str(each) for each in reversed(drafts)]
    done = await asked(editor, lesson_ids=named, first="2030-01-01 09:00", zone="asia/kolkata", rule="every 30m")
    assert [each["lesson_id"] for each in done.json()["series"]] == named
    assert done.json()["series"][2]["local"] == "Tue 2030-01-01 10:00:00"
    assert (done.json()["zone"], done.json()["rule"]) == ("Asia/Kolkata", "every 30m")


async def test_times_that_do_not_exist_refuse_all_and_tell_both_readings(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program, drafts = await a_course(sql)
    refused = await asked(editor, program_id=str(program), first="2030-03-30T02:30", rule="daily")
    assert (refused.status_code, refused.json()["code"]) == (422, "rows_refused")
    [fault] = refused.json()["errors"]
    assert fault["field"] == "1.first"
    assert "2030-03-31T01:30:00+01:00 or 2030-03-31T03:30:00+02:00" in fault["message"]
    assert {(await row(sql, "lesson", each))["status"] for each in drafts} == {"draft"}


async def test_one_lesson_that_cannot_be_scheduled_refuses_all(editor: httpx2.AsyncClient, sql: Connection) -> None:
    program, drafts = await a_course(sql)
    await sql.execute("update lesson set thumbnails = '{}' where id = $1", drafts[1])
    for dry_run in (True, False):
        refused = await asked(editor, program_id=str(program), dry_run=dry_run)
        assert refused.json()["code"] == "rows_refused"
        assert {fault["field"] for fault in refused.json()["errors"]} == {"1.thumbnails"}
    assert (await row(sql, "lesson", drafts[0]))["status"] == "draft"


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"first": "2030-03-22T18:00+01:00"}, "first", "without an offset"),
        ({"first": "soon"}, "first", "such as 2030-02-01T18:00"),
        ({"first": "2030-02-30T18:00"}, "first", "There is no such time"),
        ({"first": "9999-12-31T23:59"}, "first", "between the years 1970 and 9000"),
        ({"rule": "every 520 weeks", "first": "8999-01-01T00:00"}, "rule", "3 lessons, and 1 moment from"),
        ({"first": "2020-03-20T18:00"}, "0.publish_at", "This time has passed"),
        ({"zone": "IST"}, "zone", "such as Asia/Kolkata"),
        ({"zone": "+05:30"}, "zone", "such as Asia/Kolkata"),
        ({"rule": "monthly"}, "rule", "weekly on FR"),
        ({"rule": "weekly on MO"}, "rule", "is a Friday"),
        ({"rule": "weekly until 2030-03-29"}, "rule", "3 lessons, and 2 moments"),
        ({"lesson_ids": [str(uuid4())]}, "lesson_ids", "one of the three"),
        ({"program_id": None}, "lesson_ids", "one of the three"),
        ({"program_id": None, "term_id": str(uuid4())}, "term_id", "There is no term"),
        ({"program_id": None, "lesson_ids": [str(uuid4())]}, "0.id", "There is no lesson"),
        ({"program_id": None, "lesson_ids": [str(UUID(int=7))] * 2}, "0.lesson_ids", "Name it once"),
        (
            {"program_id": None, "lesson_ids": [str(UUID(int=place)) for place in range(10_000)]},
            "lesson_ids",
            "most 500 items",
        ),
    ],
)
async def test_bad_input_is_told_with_what_to_do(
    editor: httpx2.AsyncClient, sql: Connection, wrong: dict[str, Any], field: str, says: str
) -> None:
    program, _ = await a_course(sql)
    refused = await asked(editor, **{"program_id": str(program), **wrong})
    assert refused.status_code == 422, refused.text
    assert refused.headers["Content-Type"] == "application/problem+json"
    fault = refused.json()["errors"][0]
    assert (fault["field"], says in fault["message"]) == (field, True), fault


async def test_a_term_of_more_drafts_than_a_series_has_is_told_the_bound(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    term = await a_term(sql)
    await sql.execute(
        """
        insert into lesson (term_id, lesson_number, title, content_type, content_language_primary)
        select $1, number, 'Lesson', 'article', 'te' from generate_series(1, 501) as number
        """,
        term,
    )
    refused = await asked(editor, term_id=str(term))
    says = "The term has more than 500 drafts, and a series 500 at most: name them in lesson_ids."
    assert refused.json()["errors"] == [{"field": "term_id", "message": says}]


async def test_who_has_no_token_schedules_nothing(client: httpx2.AsyncClient) -> None:
    assert (await asked(client, lesson_ids=[str(uuid4())])).status_code == 401
