"""Releases over HTTP: /cms/releases."""

from typing import Any
from uuid import UUID, uuid4

import httpx2

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests.builders import a_lesson, row

LATER = "2100-01-01T09:30:00.000Z"


async def made(editor: httpx2.AsyncClient, *lessons: UUID, publish_at: str | None = None) -> dict[str, Any]:
    """A release of these lessons; scheduled when there is a time."""
    answer = await editor.post("/cms/releases", json={"name": "Diwali"})
    address = answer.headers["Location"]
    if lessons:
        answer = await editor.post(f"{address}/lessons", json={"lesson_ids": [str(lesson) for lesson in lessons]})
    if publish_at is not None:
        answer = await editor.post(f"{address}/schedule", json={"publish_at": publish_at})
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_release_is_made_filled_scheduled_and_published(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lessons = [await a_lesson(sql, title=title) for title in ("Waves", "Tides")]

    release = await made(editor, *lessons, publish_at=LATER)
    await sql.execute("update release set publish_at = now()")
    await publish_due(sql, actor="replica-1")

    assert (release["status"], release["publish_at"]) == ("scheduled", LATER)
    assert {(lesson["title"], lesson["status"]) for lesson in release["lessons"]} == {
        ("Waves", "scheduled"),
        ("Tides", "scheduled"),
    }
    shown = (await editor.get(f"/cms/releases/{release['id']}")).json()
    assert (shown["status"], [lesson["status"] for lesson in shown["lessons"]]) == ("published", ["published"] * 2)


async def test_a_release_tells_its_lessons_and_what_was_edited_in_it_by_whom(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql)
    release = await made(editor, lesson, publish_at=LATER)

    await editor.patch(f"/cms/lessons/{lesson}", json={"title": "New"})

    shown = (await editor.get(f"/cms/releases/{release['id']}")).json()
    (told,) = shown["lessons"]
    assert (told["id"], told["title"], told["status"], told["program_title"]) == (
        str(lesson),
        "New",
        "scheduled",
        "A program",
    )
    (edit,) = shown["edits"]
    assert (edit["actor"], edit["action"], edit["object_id"], edit["fields"]) == (
        "asha",
        "lesson.change",
        str(lesson),
        ["title"],
    )


async def test_a_lesson_tells_the_release_that_it_is_in(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await made(editor, lesson)

    assert (await editor.get(f"/cms/lessons/{lesson}")).json()["release_id"] == release["id"]


async def test_a_lesson_is_taken_out(editor: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_lesson(sql)
    release = await made(editor, lesson, publish_at=LATER)

    answer = await editor.delete(f"/cms/releases/{release['id']}/lessons/{lesson}")

    assert (answer.status_code, answer.json()["lessons"]) == (200, [])
    assert (await row(sql, "lesson", lesson))["status"] == "draft"


async def test_a_release_is_unscheduled_renamed_cancelled_and_deleted(editor: httpx2.AsyncClient) -> None:
    address = f"/cms/releases/{(await made(editor, publish_at=LATER))['id']}"

    opened = await editor.post(f"{address}/unschedule")
    renamed = await editor.patch(address, json={"name": "Holi"})
    cancelled = await editor.post(f"{address}/cancel")
    deleted = await editor.delete(address)

    assert (opened.json()["status"], renamed.json()["name"], cancelled.json()["status"]) == (
        "open",
        "Holi",
        "cancelled",
    )
    assert (deleted.status_code, (await editor.get(address)).status_code) == (204, 404)


async def test_releases_are_listed_by_status(editor: httpx2.AsyncClient) -> None:
    await made(editor)
    scheduled = await made(editor, publish_at=LATER)

    answer = await editor.get("/cms/releases", params={"status": "scheduled"})

    assert [release["id"] for release in answer.json()["releases"]] == [scheduled["id"]]


async def test_every_lesson_that_keeps_a_release_from_being_scheduled_is_named(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    bare = [await a_lesson(sql, thumbnails={}) for _ in range(2)]
    release = await made(editor, await a_lesson(sql), *bare)

    answer = await editor.post(f"/cms/releases/{release['id']}/schedule", json={"publish_at": LATER})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "not_publishable")
    assert {error["field"] for error in problem["errors"]} == {f"lessons.{lesson}.thumbnails" for lesson in bare}


async def test_a_lesson_of_a_scheduled_release_is_not_scheduled_on_its_own(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql)
    await made(editor, lesson, publish_at=LATER)

    answer = await editor.post(f"/cms/lessons/{lesson}/schedule", json={"publish_at": "2100-01-02T00:00:00Z"})

    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    assert "take it out of the release first" in answer.json()["detail"]


async def test_a_change_meant_for_another_version_is_refused(editor: httpx2.AsyncClient, sql: Connection) -> None:
    release = await made(editor)
    address = f"/cms/releases/{release['id']}"
    seen = (await editor.get(address)).headers["ETag"]
    await editor.post(f"{address}/lessons", json={"lesson_ids": [str(await a_lesson(sql))]})

    answer = await editor.post(f"{address}/schedule", json={"publish_at": LATER}, headers={"If-Match": seen})

    assert answer.status_code == 412


async def test_a_viewer_reads_releases_and_changes_none(
    client: httpx2.AsyncClient, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    release = await made(editor)
    _, token = await create_token(sql, "vani", Role.VIEWER)
    headers = {"Authorization": f"Bearer {token}"}

    read = await client.get(f"/cms/releases/{release['id']}", headers=headers)
    changed = await client.post(f"/cms/releases/{release['id']}/cancel", headers=headers)

    assert (read.status_code, changed.status_code) == (200, 403)


async def test_what_is_not_there_or_makes_no_sense_is_refused(editor: httpx2.AsyncClient) -> None:
    release = await made(editor)
    address = f"/cms/releases/{release['id']}"

    answers = [
        await editor.get(f"/cms/releases/{uuid4()}"),
        await editor.delete(f"{address}/lessons/{uuid4()}"),
        await editor.post(f"{address}/lessons", json={"lesson_ids": [str(uuid4())]}),
        await editor.post(f"{address}/lessons", json={"lesson_ids": []}),
        await editor.post("/cms/releases", json={"name": " "}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 422, 422, 422]
