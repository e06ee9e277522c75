"""Changes and ends in releases over HTTP: a relaunch put together, seen beforehand, moved, carried out, taken back."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from tests.builders import a_lesson, a_program, a_release, a_term, database_now, row

LATER = "2100-01-01T09:30:00.000Z"
LATER_STILL = "2100-02-01T09:30:00.000Z"


@pytest.fixture
async def program(sql: Connection) -> UUID:
    """A public program, without lessons yet."""
    return await a_program(sql, status="published", published_at=await database_now(sql))


async def changed_in(
    editor: httpx2.AsyncClient, release: UUID, thing: UUID, patch: Any, kind: str = "lessons"
) -> dict[str, Any]:
    """A change of the release."""
    body = {"release_id": str(release), "patch": patch}
    answer = await editor.post(f"/cms/{kind}/{thing}/changes", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def a_relaunch(editor: httpx2.AsyncClient, sql: Connection, program: UUID) -> tuple[UUID, dict[str, UUID]]:
    """An open release with a new lesson, another title of a public one, of the program, and an end."""
    term = await a_term(sql, program)
    made = {name: await a_lesson(sql, term, status="published", title=name) for name in ("old", "kept")}
    made["new"] = await a_lesson(sql, term, title="new")
    release = await a_release(sql, name="Ugadi")
    for path, lesson in (("lessons", made["new"]), ("ends", made["old"])):
        answer = await editor.post(f"/cms/releases/{release}/{path}", json={"lesson_ids": [str(lesson)]})
        assert answer.status_code == 200, answer.text
    await changed_in(editor, release, made["kept"], {"title": "కొత్త"})
    await changed_in(editor, release, program, {"description": "Relaunched", "topics": ["Tea"]}, "programs")
    return release, made


async def shown(client: httpx2.AsyncClient, program: UUID, at: str | None = None) -> tuple[str, list[str]]:
    """The program's description and its lessons' titles, as the catalog shows them, now or at a moment."""
    path = f"/cms/preview/programs/{program}" if at else f"/catalog/programs/{program}"
    answer = await client.get(path, params={"at": at} if at else {})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    return document["description"], [lesson["title"] for term in document["terms"] for lesson in term["lessons"]]


async def schedule(editor: httpx2.AsyncClient, release: UUID, at: str) -> dict[str, Any]:
    answer = await editor.post(f"/cms/releases/{release}/schedule", json={"publish_at": at})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fall_due(sql: Connection, release: UUID) -> None:
    """Have it fall due, and the publisher carry it out."""
    await sql.execute("update release set publish_at = now() where id = $1", release)
    await publish_due(sql, actor="replica-1")
    assert (await row(sql, "release", release))["status"] == "published"


async def test_a_relaunch_is_seen_beforehand_happens_at_once_and_is_taken_back(
    editor: httpx2.AsyncClient, sql: Connection, program: UUID
) -> None:
    release, _ = await a_relaunch(editor, sql, program)
    before = ("", ["old", "kept"])
    after = ("Relaunched", ["కొత్త", "new"])
    told = await schedule(editor, release, LATER)
    assert [(change["object_type"], change["patch"], change["status"]) for change in told["changes"]] == [
        ("lesson", {"status": "archived"}, "scheduled"),
        ("lesson", {"title": "కొత్త"}, "scheduled"),
        ("program", {"description": "Relaunched", "topics": ["Tea"]}, "scheduled"),
    ]
    [listed] = (await editor.get("/cms/releases")).json()["releases"]
    assert (listed["lesson_count"], listed["change_count"]) == (1, 3)
    assert await shown(editor, program) == before
    assert await shown(editor, program, "2099-12-31T00:00:00Z") == before
    assert await shown(editor, program, LATER) == after

    await fall_due(sql, release)
    assert await shown(editor, program) == after

    tried = (await editor.post(f"/cms/releases/{release}/revert", params={"dry_run": "true"})).json()
    assert await shown(editor, program) == after
    done = (await editor.post(f"/cms/releases/{release}/revert")).json()
    assert done == {**tried, "dry_run": False}
    assert [lesson["title"] for lesson in done["lessons"]] == ["new"]
    assert {(change["title"], *change["fields"]) for change in done["changes"]} == {
        ("old", "status"),
        ("kept", "title"),
        ("A program", "description"),
        ("A program", "topic_id"),
    }
    assert done["programs"] == [
        {"program_id": str(program), "title": "A program", "is_public": True, "lessons": 2},
    ]
    assert await shown(editor, program) == before
    assert (await editor.get(f"/catalog/programs/{program}")).json()["topics"] == []


async def test_what_somebody_has_changed_since_is_not_taken_back_unless_it_is_forced(
    editor: httpx2.AsyncClient, sql: Connection, program: UUID
) -> None:
    release, made = await a_relaunch(editor, sql, program)
    await schedule(editor, release, LATER)
    await fall_due(sql, release)
    await editor.patch(f"/cms/lessons/{made['kept']}", json={"title": "By hand"})
    refused = await editor.post(f"/cms/releases/{release}/revert")
    assert refused.status_code == 409
    assert "asha has changed the same since" in refused.text
    assert await shown(editor, program) == ("Relaunched", ["By hand", "new"])
    assert (await editor.post(f"/cms/releases/{release}/revert", params={"force": "true"})).status_code == 200
    assert await shown(editor, program) == ("", ["old", "kept"])


async def test_a_change_joins_a_release_takes_its_moment_and_leaves_it(
    editor: httpx2.AsyncClient, sql: Connection, program: UUID
) -> None:
    lesson = await a_lesson(sql, await a_term(sql, program), status="published")
    release = await a_release(sql)
    change = await changed_in(editor, release, lesson, {"title": "New"})
    path = f"/cms/changes/{change['id']}"
    assert (change["apply_at"], change["release_id"]) == (None, str(release))
    why = (await editor.get(f"/cms/lessons/{lesson}/why")).json()["reasons"]
    assert [reason["text"] for reason in why if reason["code"] == "change_scheduled"] == [
        f"A change of title by asha (change {change['id']}) waits for its release, A release, which has no moment."
    ]
    assert (await editor.patch(path, json={"release_id": None})).status_code == 422
    await schedule(editor, release, LATER)
    moved = (await editor.patch(path, json={"apply_at": LATER_STILL})).json()
    assert moved["errors"][0]["field"] == "apply_at"
    alone = (await editor.patch(path, json={"release_id": None, "apply_at": LATER_STILL})).json()
    assert (alone["apply_at"], alone["release_id"]) == (LATER_STILL, None)
    assert (await editor.get(f"/cms/releases/{release}")).json()["changes"] == []
    back = (await editor.patch(path, json={"release_id": str(release)})).json()
    assert (back["apply_at"], back["release_id"]) == (LATER, str(release))
    listed = await editor.get("/cms/changes", params={"release_id": str(release)})
    assert [one["id"] for one in listed.json()["changes"]] == [change["id"]]


async def test_changes_without_a_moment_are_listed_last_page_by_page(
    editor: httpx2.AsyncClient, sql: Connection, program: UUID
) -> None:
    lesson = await a_lesson(sql, await a_term(sql, program), status="published")
    release = await a_release(sql)
    made = [await changed_in(editor, release, lesson, {"title": str(number)}) for number in range(2)]
    answer = await editor.post(f"/cms/lessons/{lesson}/changes", json={"apply_at": LATER, "patch": {"title": "First"}})
    listed: list[str] = []
    query = {"limit": "1"}
    while True:
        page = (await editor.get("/cms/changes", params=query)).json()
        listed += [change["id"] for change in page["changes"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert listed == [answer.json()["id"], *(change["id"] for change in made)]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "is draft: only what is public by then can be taken down"),
        ("archived", "is archived: only what is public by then can be taken down"),
    ],
)
async def test_only_what_is_public_by_then_ends_with_a_release(
    editor: httpx2.AsyncClient, sql: Connection, program: UUID, state: str, said: str
) -> None:
    term = await a_term(sql, program)
    lesson, fine = await a_lesson(sql, term, status=state), await a_lesson(sql, term, status="published")
    release = await a_release(sql)
    body = {"lesson_ids": [str(fine), str(lesson)]}
    refused = await editor.post(f"/cms/releases/{release}/ends", json=body)
    assert refused.status_code in (409, 422)
    assert said in refused.text
    assert (await editor.get(f"/cms/releases/{release}")).json()["changes"] == []


async def test_a_release_that_is_over_takes_no_change(
    editor: httpx2.AsyncClient, sql: Connection, program: UUID
) -> None:
    lesson = await a_lesson(sql, await a_term(sql, program), status="published")
    release = await a_release(sql, status="cancelled")
    for path, body in (
        (f"/cms/lessons/{lesson}/changes", {"release_id": str(release), "patch": {"title": "New"}}),
        (f"/cms/releases/{release}/ends", {"lesson_ids": [str(lesson)]}),
    ):
        refused = await editor.post(path, json=body)
        assert refused.status_code == 409
        assert "make another one" in refused.text


async def test_the_bound_of_a_programs_answer_is_the_moment_of_the_release(
    editor: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection, program: UUID
) -> None:
    lesson = await a_lesson(sql, await a_term(sql, program), status="published")
    release = await a_release(sql)
    await changed_in(editor, release, lesson, {"title": "New"})
    await sql.execute("update release set status = 'scheduled', publish_at = now() + interval '3 seconds'")
    answer = await client.get(f"/catalog/programs/{program}")
    maximum = int(answer.headers["Cache-Control"].partition("max-age=")[2].partition(",")[0])
    assert maximum <= 3
