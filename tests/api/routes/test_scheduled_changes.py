"""Scheduled changes over HTTP: /cms/{programs|terms|lessons}/{id}/changes and /cms/changes."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests.builders import (
    AN_HOUR,
    a_change,
    a_lesson,
    a_program,
    a_public_program,
    a_release,
    a_term,
    database_now,
    row,
)

LATER = "2100-01-01T09:30:00.000Z"


async def scheduled(editor: httpx2.AsyncClient, thing: UUID, patch: Any, **members: Any) -> httpx2.Response:
    """The answer when a change of a lesson is asked for."""
    body = {"apply_at": LATER, "patch": patch, **members}
    return await editor.post(f"/cms/lessons/{thing}/changes", json=body)


async def faults(answer: httpx2.Response) -> dict[str, str]:
    """What the problem document says of each field."""
    return {fault["field"]: fault["message"] for fault in answer.json()["errors"]}


async def due(sql: Connection) -> None:
    """Have all that is scheduled fall due, and the publisher do it."""
    await sql.execute("update change set apply_at = now() where status = 'scheduled'")
    await publish_due(sql, actor="replica-1")


async def test_a_change_is_scheduled_read_and_applied(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published", subtitle_urls={"te": "https://a.example/te"})
    patch = {"title": "కొత్త", "subtitle_urls": {"te": None}}

    made = await scheduled(editor, lesson, patch, publish_zone="Asia/Kolkata")

    change = made.json()
    assert (made.status_code, made.headers["Location"]) == (201, f"/cms/changes/{change['id']}")
    assert {
        name: change[name] for name in ("object_type", "object_id", "title", "patch", "apply_at", "publish_zone")
    } == {
        "object_type": "lesson",
        "object_id": str(lesson),
        "title": "A lesson",
        "patch": patch,
        "apply_at": LATER,
        "publish_zone": "Asia/Kolkata",
    }
    assert (change["status"], change["scheduled_by"], change["version"]) == ("scheduled", "asha", 1)
    assert (await row(sql, "lesson", lesson))["title"] == "A lesson"

    await sql.execute("update change set apply_at = now()")
    await publish_due(sql, actor="replica-1")

    applied = (await editor.get(made.headers["Location"])).json()
    assert (applied["status"], applied["title"]) == ("applied", "కొత్త")
    assert applied["applied_at"] is not None
    [line] = (await editor.get("/cms/activity", params={"action": "lesson.change"})).json()["activity"]
    assert (line["carried_out_by"], line["after"]["title"], line["after"]["subtitle_urls"]) == ("replica-1", "కొత్త", {})


async def test_programs_and_terms_change_too(editor: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    of_program = {"apply_at": LATER, "patch": {"topics": ["Maths"], "position": 2}}
    of_term = {"apply_at": LATER, "patch": {"title": "తెలుగు", "term_number": 9}}

    answers = [
        await editor.post(f"/cms/programs/{program}/changes", json=of_program),
        await editor.post(f"/cms/terms/{term}/changes", json=of_term),
    ]
    await due(sql)

    assert [answer.status_code for answer in answers] == [201, 201]
    shown = (await editor.get(f"/cms/programs/{program}")).json()
    assert (
        [topic["name"] for topic in shown["topics"]] if isinstance(shown["topics"][0], dict) else shown["topics"]
    ) == ["Maths"]
    assert (await row(sql, "term", term))["term_number"] == 9


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"patch": {}, "apply_at": LATER}, "patch", "empty"),
        ({"patch": {"title": "New"}}, "apply_at", "Say when"),
        ({"patch": {"title": "New"}, "apply_at": "2100-01-01"}, "apply_at", "offset"),
        ({"patch": {"title": "New"}, "apply_at": "2001-01-01T00:00:00Z"}, "apply_at", "passed"),
        ({"patch": {"title": "New"}, "apply_at": LATER, "publish_zone": "Asia/Atlantis"}, "publish_zone", "zone"),
        ({"patch": {"loved": True}, "apply_at": LATER}, "patch.loved", ""),
        ({"patch": {"status": "archived"}, "apply_at": LATER}, "patch.status", "/cms/lessons/{id}/publish"),
        ({"patch": {"publish_at": LATER}, "apply_at": LATER}, "patch.publish_at", "/schedule"),
        ({"patch": {"title": ""}, "apply_at": LATER}, "patch.title", "title"),
        ({"patch": {"thumbnails": {"en": None}}, "apply_at": LATER}, "thumbnails", "Add portrait and landscape"),
        ({"patch": {"term_id": str(uuid4())}, "apply_at": LATER}, "term_id", "no such term"),
        ({"patch": ["title"], "apply_at": LATER}, "patch", ""),
    ],
)
async def test_what_cannot_be_is_refused_with_what_to_do(
    editor: httpx2.AsyncClient, sql: Connection, body: dict[str, Any], field: str, said: str
) -> None:
    lesson = await a_lesson(sql, status="published")

    answer = await editor.post(f"/cms/lessons/{lesson}/changes", json=body)

    assert answer.status_code in (404, 422), answer.text
    told = await faults(answer)
    assert field in told
    assert said in told[field] + answer.json()["detail"]
    assert await sql.fetchval("select count(*) from change") == 0


async def test_a_change_of_what_is_deleted_is_refused(editor: httpx2.AsyncClient, sql: Connection) -> None:
    answer = await scheduled(editor, uuid4(), {"title": "New"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "deleted" in answer.json()["detail"]


async def test_a_patch_that_builds_on_an_earlier_change_is_taken(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    whole = {"portrait": "https://a.example/p.jpg", "landscape": "https://a.example/l.jpg"}
    first = {
        "thumbnails": {"te": whole},
        "content_urls": {"te": "https://a.example/te"},
        "content_languages_available": ["en", "te"],
    }
    second = {"content_language_primary": "te"}

    assert (await scheduled(editor, lesson, second)).status_code == 422
    await scheduled(editor, lesson, first, apply_at="2099-01-01T00:00:00Z")
    assert (await scheduled(editor, lesson, second)).status_code == 201


async def test_two_lessons_may_be_to_change_their_numbers(editor: httpx2.AsyncClient, sql: Connection) -> None:
    term = await a_term(sql)
    one, two = await a_lesson(sql, term, lesson_number=1), await a_lesson(sql, term, lesson_number=2)

    first = await scheduled(editor, one, {"lesson_number": 2})

    assert first.status_code == 201
    [clash] = first.json()["clashes"]
    assert clash == {"field": "lesson_number", "value": 2, "object_id": str(two), "title": "A lesson"}
    told = json.dumps((await editor.get(f"/cms/lessons/{one}/why")).json()["reasons"])
    assert "its lesson_number is the one of A lesson now: it is refused if that is still so" in told
    second = await scheduled(editor, two, {"lesson_number": 1})
    assert (second.status_code, second.json()["clashes"]) == (201, [])
    assert (await editor.get(first.headers["Location"])).json()["clashes"] == []

    await due(sql)

    assert (await row(sql, "lesson", one))["lesson_number"] == 2


async def test_what_another_has_is_told_also_of_terms_slugs_and_in_a_release(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    program, release = await a_program(sql, slug="one"), await a_release(sql)
    await a_program(sql, slug="two", title="Second")
    one, two = await a_term(sql, program, term_number=1), await a_term(sql, program, term_number=2)
    await a_change(sql, one, {"term_number": 2}, of="term", release_id=release)
    await a_change(sql, program, {"slug": "two"}, of="program")
    await a_change(sql, two, {"term_number": "2"}, of="term")  # no number, as psql may write it

    [of_term] = (await editor.get(f"/cms/releases/{release}")).json()["changes"]
    shown = (await editor.get("/cms/changes")).json()["changes"]

    assert of_term["clashes"] == [{"field": "term_number", "value": 2, "object_id": str(two), "title": "Term 2"}]
    [of_slug] = [change for change in shown if "slug" in change["patch"]]
    assert [(clash["field"], clash["title"]) for clash in of_slug["clashes"]] == [("slug", "Second")]


async def test_what_a_later_change_had_set_already_is_told(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    now = await database_now(sql)
    early = await a_change(sql, lesson, {"title": "Early", "thumbnails": {"en": None}}, apply_at=now - AN_HOUR)
    late = await a_change(sql, lesson, {"title": "Late"})
    await publish_due(sql, actor="replica-1")
    assert (await row(sql, "lesson", lesson))["title"] == "Late"

    overtaken = (await editor.get(f"/cms/changes/{early}")).json()
    assert (overtaken["status"], overtaken["error"] is not None) == ("scheduled", True)
    assert [(one["id"], one["fields"]) for one in overtaken["overtaken_by"]] == [(str(late), ["title"])]
    await sql.execute('update change set patch = \'{"title": "Early"}\' where id = $1', early)
    await publish_due(sql, actor="replica-1")

    overtaken = (await editor.get(f"/cms/changes/{early}")).json()
    assert (await row(sql, "lesson", lesson))["title"] == "Late"
    assert (overtaken["status"], overtaken["overtaken_by"][0]["fields"]) == ("applied", ["title"])
    assert (await editor.get(f"/cms/changes/{late}")).json()["overtaken_by"] == []


async def test_a_change_gets_another_moment_or_patch_with_its_etag(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql)
    made = await scheduled(editor, lesson, {"title": "New", "summary": "Old"}, publish_zone="Asia/Kolkata")
    address = made.headers["Location"]

    moved = await editor.patch(address, json={"apply_at": "2101-01-01T00:00:00Z"}, headers={"If-Match": '"1"'})
    late = await editor.patch(address, json={"patch": {"title": "Newer"}}, headers={"If-Match": '"1"'})
    other = await editor.patch(address, json={"patch": {"title": "Newer"}}, headers={"If-Match": moved.headers["ETag"]})

    assert (moved.json()["apply_at"], moved.json()["publish_zone"]) == ("2101-01-01T00:00:00.000Z", None)
    assert late.status_code == 412
    assert (other.json()["patch"], other.json()["version"]) == ({"title": "Newer"}, 3)
    wrong = await editor.patch(address, json={"patch": {"status": "draft"}})
    assert (wrong.status_code, list(await faults(wrong))) == (422, ["patch.status"])


async def test_a_change_is_cancelled_and_stays_to_be_read(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql)
    address = (await scheduled(editor, lesson, {"title": "New"})).headers["Location"]

    gone = await editor.delete(address)
    await due(sql)

    assert gone.status_code == 204
    assert (await editor.get(address)).json()["status"] == "cancelled"
    assert (await row(sql, "lesson", lesson))["title"] == "A lesson"
    again = await editor.patch(address, json={"apply_at": LATER})
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


async def test_what_was_applied_is_not_cancelled(editor: httpx2.AsyncClient, sql: Connection) -> None:
    address = (await scheduled(editor, await a_lesson(sql), {"title": "New"})).headers["Location"]
    await due(sql)

    assert (await editor.delete(address)).status_code == 409


async def test_the_list_is_by_moment_in_pages_and_by_thing_state_and_time(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson, other = await a_lesson(sql), await a_lesson(sql)
    for year in (2103, 2101, 2102):
        await scheduled(editor, lesson, {"title": f"Of {year}"}, apply_at=f"{year}-01-01T00:00:00Z")
    await scheduled(editor, other, {"title": "Other"})

    first = (await editor.get("/cms/changes", params={"object_id": str(lesson), "limit": 2})).json()
    rest = (await editor.get("/cms/changes", params={"object_id": str(lesson), "cursor": first["next_cursor"]})).json()

    titles = [change["patch"]["title"] for change in (*first["changes"], *rest["changes"])]
    assert (titles, rest["next_cursor"]) == (["Of 2101", "Of 2102", "Of 2103"], None)
    span = {"from": "2101-06-01T00:00:00Z", "to": "2102-06-01T00:00:00Z", "status": "scheduled"}
    assert len((await editor.get("/cms/changes", params=span)).json()["changes"]) == 1
    assert (await editor.get("/cms/changes", params={"status": "applied"})).json()["changes"] == []


async def test_a_change_is_made_once_for_a_key(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson, key = await a_lesson(sql), {"Idempotency-Key": "change-1"}
    body = {"apply_at": LATER, "patch": {"title": "New"}}

    answers = [await editor.post(f"/cms/lessons/{lesson}/changes", json=body, headers=key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert await sql.fetchval("select count(*) from change") == 1


async def test_a_refused_change_is_told_by_health_and_in_itself(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    change = await a_change(sql, lesson, {"thumbnails": {"en": None}})
    await publish_due(sql, actor="replica-1")
    await sql.execute(
        "update change set apply_at = now() - interval '1 minute', error = error, updated_at = updated_at"
    )

    health = (await editor.get("/health")).json()

    assert (health["overdue_changes"], health["next_change_at"]) == (1, None)
    assert (await editor.get(f"/cms/changes/{change}")).json()["status"] == "scheduled"


async def test_the_feed_tells_of_an_applied_change(editor: httpx2.AsyncClient, sql: Connection) -> None:
    await a_public_program(sql)
    lesson = await sql.fetchval("select id from lesson")
    while await sql.fetchval("select is_full from chaishots_number_changes(1000)"):
        pass
    cursor = (await editor.get("/catalog/changes")).json()["next_cursor"]
    await a_change(sql, lesson, {"title": "New"})

    await publish_due(sql, actor="replica-1")
    while await sql.fetchval("select is_full from chaishots_number_changes(1000)"):
        pass

    told = (await editor.get("/catalog/changes", params={"cursor": cursor})).json()["changes"]
    assert str(lesson) in str(told)
    assert "New" in str(told)


async def test_who_edited_the_same_fields_since_is_told_in_the_change_and_in_why(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql, await a_term(sql, await a_program(sql, status="published")), status="published")
    address = (await scheduled(editor, lesson, {"title": "New"})).headers["Location"]
    await sql.execute("update lesson set summary = 'Other' where id = $1", lesson)
    await editor.patch(f"/cms/lessons/{lesson}", json={"title": "By hand", "is_paid": True})

    [edit] = (await editor.get(address)).json()["edited_since"]
    reasons = (await editor.get(f"/cms/lessons/{lesson}/why")).json()["reasons"]

    assert (edit["actor"], edit["fields"]) == ("asha", ["title"])
    [told] = [reason for reason in reasons if reason["code"] == "change_scheduled"]
    assert "A change of title by asha" in told["text"]
    assert "title by asha" in told["text"].partition("edited")[2]
    await due(sql)
    assert len((await editor.get(address)).json()["edited_since"]) == 0  # by then its moment was given anew
    assert (await row(sql, "lesson", lesson))["title"] == "New"


async def test_why_tells_that_a_change_was_refused(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    await a_change(sql, lesson, {"thumbnails": {"en": None}})
    await publish_due(sql, actor="replica-1")

    reasons = (await editor.get(f"/cms/lessons/{lesson}/why")).json()["reasons"]

    [told] = [reason for reason in reasons if reason["code"] == "change_refused"]
    assert "Add portrait and landscape" in told["text"]
