"""Changes and releases taken back: as they were, as far as the rules allow, and told beforehand."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chaishots.content.editing import releases
from chaishots.content.queries.find_by_name import Thing
from chaishots.content.queries.why_program_or_release import explain
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests.builders import AN_HOUR, a_lesson, a_program, a_public_program, a_release, a_term, history, row

LATER = {"publish_at": "2100-01-01T18:00:00+05:30", "publish_zone": "Asia/Kolkata"}


async def last_line(sql: Connection, key: UUID) -> int:
    return await sql.fetchval("select max(seq) from activity where object_id = $1", key)


async def reverted(editor: httpx2.AsyncClient, seq: int, **query: str) -> httpx2.Response:
    return await editor.post(f"/cms/activity/{seq}/revert", params=query)


async def a_change(sql: Connection, editor: httpx2.AsyncClient, lesson: UUID, **patch: Any) -> int:
    answer = await editor.patch(f"/cms/lessons/{lesson}", json=patch)
    assert answer.status_code == 200, answer.text
    return await last_line(sql, lesson)


async def test_fields_are_as_they_were_maps_and_moves_included(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson, elsewhere = await a_lesson(sql, title="చాయ్"), await a_term(sql)
    before = await row(sql, "lesson", lesson)
    patch = {
        "title": "Tea",
        "summary": "Hot",
        "term_id": str(elsewhere),
        "subtitle_urls": {"hi": "https://a.example/s"},
    }
    seq = await a_change(sql, editor, lesson, **patch)
    answer = await reverted(editor, seq)
    assert answer.status_code == 200, answer.text
    after = await row(sql, "lesson", lesson)
    assert {key for key in before if before[key] != after[key]} <= {"version", "updated_at"}
    told = answer.json()
    assert (told.pop("dry_run"), [line["action"] for line in told.pop("lines")]) == (False, ["lesson.change"])
    assert told == {
        "reverted": seq,
        "object_type": "lesson",
        "object_id": str(lesson),
        "fields": ["lesson_number", "subtitle_urls", "summary", "term_id", "title"],
        "seq": await last_line(sql, lesson),
        "action": "lesson.change",
    }
    assert (await history(sql, lesson))[-1] == "lesson.change"
    # And what was taken back can be taken back in its turn.
    assert (await reverted(editor, answer.json()["seq"])).status_code == 200
    assert (await row(sql, "lesson", lesson))["title"] == "Tea"


async def test_what_taking_back_would_change_is_told_beforehand(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, title="Old")
    await editor.patch(f"/cms/lessons/{lesson}", json={"title": "New"})
    seq = await sql.fetchval("select max(seq) from activity")

    tried = await editor.post(f"/cms/activity/{seq}/revert", params={"dry_run": "true"})

    told = tried.json()
    assert (tried.status_code, told["dry_run"], told["seq"], told["action"]) == (200, True, None, "lesson.change")
    [line] = told["lines"]
    assert (line["before"]["title"], line["after"]["title"]) == ("New", "Old")
    assert (await row(sql, "lesson", lesson))["title"] == "New"
    done = (await editor.post(f"/cms/activity/{seq}/revert")).json()
    assert (done["dry_run"], [line["action"] for line in done["lines"]]) == (False, ["lesson.change"])
    assert done["seq"] is not None


async def test_what_came_since_refuses_it_by_name_unless_it_is_forced(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql, title="One")
    seq = await a_change(sql, editor, lesson, title="Two")
    await a_change(sql, editor, lesson, summary="Something else")
    later = await a_change(sql, editor, lesson, title="Three")
    refused = await reverted(editor, seq)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "asha has changed the same since (lesson.change" in refused.json()["detail"]
    assert f"line {later}" in refused.json()["detail"]
    assert (await row(sql, "lesson", lesson))["title"] == "Three"
    assert (await reverted(editor, seq, force="true")).status_code == 200
    found = await row(sql, "lesson", lesson)
    assert (found["title"], found["summary"]) == ("One", "Something else")


@pytest.mark.parametrize(
    ("stands", "step", "becomes"),
    [
        ({}, "schedule", {"status": "draft", "publish_at": None, "publish_zone": None}),
        ({"due_in": AN_HOUR, "publish_zone": "UTC"}, "schedule", {"status": "scheduled", "publish_zone": "UTC"}),
        ({"due_in": AN_HOUR, "publish_zone": "UTC"}, "unschedule", {"status": "scheduled", "publish_zone": "UTC"}),
        ({"due_in": AN_HOUR}, "archive", {"status": "scheduled"}),
        ({"status": "published"}, "archive", {"status": "published"}),
        ({"status": "archived"}, "restore", {"status": "archived"}),
        ({}, "publish", {"status": "archived"}),
        ({"due_in": AN_HOUR}, "publish", {"status": "archived"}),
    ],
)
async def test_steps_are_taken_back(
    editor: httpx2.AsyncClient, sql: Connection, stands: dict[str, Any], step: str, becomes: dict[str, Any]
) -> None:
    lesson = await a_lesson(sql, **stands)
    before = await row(sql, "lesson", lesson)
    answer = await editor.post(f"/cms/lessons/{lesson}/{step}", json=LATER if step == "schedule" else None)
    assert answer.status_code == 200, answer.text
    taken = await reverted(editor, await last_line(sql, lesson))
    assert taken.status_code == 200, taken.text
    after = await row(sql, "lesson", lesson)
    assert {key: after[key] for key in becomes} == becomes
    if becomes["status"] == "scheduled":
        assert after["publish_at"] == before["publish_at"]


async def test_a_moment_that_has_passed_is_not_given_again(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=timedelta(milliseconds=200))
    await editor.post(f"/cms/lessons/{lesson}/unschedule")
    await sql.execute("select pg_sleep(0.2)")
    refused = await reverted(editor, await last_line(sql, lesson))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "publish_at")
    assert (await row(sql, "lesson", lesson))["status"] == "draft"


async def test_programs_terms_topics_and_releases_are_taken_back(editor: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_public_program(sql, title="Chai")
    await editor.patch(f"/cms/programs/{program}", json={"title": "Tea", "topics": ["Hot"]})
    lines = await sql.fetch("select seq, action from activity where object_id = $1 order by seq desc limit 2", program)
    for line in lines:
        assert (await reverted(editor, line["seq"])).status_code == 200, line["action"]
    assert (await row(sql, "program", program))["title"] == "Chai"
    assert await sql.fetchval("select count(*) from program_topic") == 0
    await editor.post(f"/cms/programs/{program}/archive")
    await reverted(editor, await last_line(sql, program))
    assert (await row(sql, "program", program))["status"] == "published"

    term = await a_term(sql, program, title="First")
    await editor.patch(f"/cms/terms/{term}", json={"title": "Second"})
    await reverted(editor, await last_line(sql, term))
    assert (await row(sql, "term", term))["title"] == "First"

    release, lesson = await a_release(sql), await a_lesson(sql)
    await editor.post(f"/cms/releases/{release}/lessons", json={"lesson_ids": [str(lesson)]})
    added = await last_line(sql, release)
    await editor.post(f"/cms/releases/{release}/schedule", json=LATER)
    assert (await reverted(editor, await last_line(sql, release))).status_code == 200
    assert [(await row(sql, table, key))["status"] for table, key in (("release", release), ("lesson", lesson))] == [
        "open",
        "draft",
    ]
    assert (await reverted(editor, added)).status_code == 200
    assert (await row(sql, "lesson", lesson))["release_id"] is None


@pytest.mark.parametrize(("seq", "status"), [("0", 422), ("x", 422), ("9" * 30, 422), ("123456789", 404)])
async def test_a_line_that_is_none_is_told(editor: httpx2.AsyncClient, seq: str, status: int) -> None:
    refused = await editor.post(f"/cms/activity/{seq}/revert")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (status, "seq")


async def test_what_has_no_inverse_says_what_to_do(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql)
    refused = await reverted(editor, await last_line(sql, lesson))
    assert (refused.status_code, "Delete it instead" in refused.json()["detail"]) == (409, True)
    seq = await a_change(sql, editor, lesson, title="Two")
    await editor.delete(f"/cms/lessons/{lesson}")
    refused = await reverted(editor, seq)
    assert (refused.status_code, f"chaishots restore {lesson}" in refused.json()["detail"]) == (404, True)
    public = await a_public_program(sql)
    line = await sql.fetchval("select seq from activity where object_id = $1 and action = 'program.create'", public)
    assert (await reverted(editor, line)).status_code == 409


async def a_published_release(sql: Connection) -> tuple[UUID, UUID, list[UUID]]:
    """A release that was published: one lesson of a program of its own, and one of a program that had another."""
    other = await a_public_program(sql, title="B")
    own = await a_program(sql, title="A")
    lessons = [await a_lesson(sql, await a_term(sql, program)) for program in (own, other)]
    release = (await releases.create_release("Ugadi", actor="asha")).id
    await releases.add_lessons(release, lessons, actor="asha")
    await sql.execute("update release set status = 'scheduled', publish_at = now() where id = $1", release)
    await publish_due(sql, actor="replica")
    return release, own, lessons


async def test_a_release_goes_down_whole_and_says_beforehand_what_the_catalog_will_show(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    release, own, lessons = await a_published_release(sql)
    tried = await editor.post(f"/cms/releases/{release}/revert", params={"dry_run": "true"})
    assert tried.status_code == 200, tried.text
    assert {each["lesson_id"] for each in tried.json()["lessons"]} == {str(each) for each in lessons}
    assert [(each["title"], each["is_public"], each["lessons"]) for each in tried.json()["programs"]] == [
        ("A", False, 0),
        ("B", True, 1),
    ]
    assert {(await row(sql, "lesson", each))["status"] for each in lessons} == {"published"}

    done = await editor.post(f"/cms/releases/{release}/revert")
    assert done.json() == {**tried.json(), "dry_run": False}
    assert {(await row(sql, "lesson", each))["status"] for each in lessons} == {"archived"}
    told = (await editor.get(f"/cms/releases/{release}")).json()
    assert (told["status"], told["reverted_by"], told["reverted_at"] is not None) == ("published", "asha", True)
    [listed] = (await editor.get("/cms/releases")).json()["releases"]
    assert listed["reverted_at"] == told["reverted_at"]
    assert (await history(sql, release))[-1] == "release.revert"
    why = await explain(sql, Thing("release", release, ""))
    assert (why.is_public, "was taken back by asha" in why.reasons[0].text) == (False, True)
    shown = (await editor.get("/catalog/programs", params={"fields": "title"})).json()["programs"]
    assert [(each["title"], str(own) == each["id"]) for each in shown] == [("B", False)]
    again = await editor.post(f"/cms/releases/{release}/revert")
    assert (again.status_code, again.json()["lessons"]) == (200, [])
    assert (await editor.get(f"/cms/releases/{release}")).json() == told


async def test_only_a_published_release_is_taken_back(editor: httpx2.AsyncClient, sql: Connection) -> None:
    refused = await editor.post(f"/cms/releases/{await a_release(sql)}/revert")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
