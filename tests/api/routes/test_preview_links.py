"""Looks without a login: what a link shows, to whom, for how long, and what it never shows."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chaishots.api.pages.preview_routes import AT_A_TIME, WAITING, PreviewTurns
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.errors import Overloaded
from tests.api.conftest import HOOKS, Served
from tests.builders import (
    AN_HOUR,
    a_change,
    a_lesson,
    a_program,
    a_public_program,
    a_term,
    a_topic,
    database_now,
    history,
)

LATER = "2100-01-01T00:00:00Z"
LINKS = "/cms/preview/links"
HOSTILE = "<script>alert('చాయ్')</script>"
SIGNS = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
}


@pytest.fixture
async def viewer(client: httpx2.AsyncClient, sql: Connection) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with a viewer's token."""
    _, token = await create_token(sql, "viewer", Role.VIEWER)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=client.base_url, headers=headers, timeout=30, event_hooks=HOOKS) as viewing:
        yield viewing


async def _made(viewer: httpx2.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await viewer.post(LINKS, json=asked)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store"), answer.text
    return answer.json()


async def _planned(sql: Connection, title: str = "చాయ్") -> tuple[UUID, UUID]:
    """A draft program with a lesson that is to be public in an hour."""
    program = await a_program(sql, title=title)
    return program, await a_lesson(sql, await a_term(sql, program), title="Waves", due_in=AN_HOUR)


async def test_a_link_shows_the_pages_and_the_json_of_a_later_moment_to_whoever_has_it(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    program, lesson = await _planned(sql)
    link = await _made(viewer, at=LATER)

    first = await client.get(link["url"], headers={"Accept-Language": "te"}, follow_redirects=True)
    [listed] = (await client.get(f"{link['catalog_url']}/programs")).json()["programs"]
    alone = await client.get(f"{link['catalog_url']}/lessons/{lesson}")
    page = await client.get(f"{link['url']}en/lessons/{lesson}")

    assert "చాయ్" in first.text
    assert first.url.path.endswith("/te/")
    assert listed["id"] == str(program)
    assert (alone.json()["id"], "Waves" in page.text) == (str(lesson), True)
    for answer in (first, alone, page, await client.get(f"{link['url']}en/nothing")):
        assert {name: answer.headers[name] for name in SIGNS} == SIGNS
    assert (await client.get("/catalog/programs")).json()["programs"] == []


@pytest.mark.parametrize(
    "address",
    [
        *("topics", "programs?sort=position", "programs?topic=tea", "programs?language=en", "programs?q=చాయ్"),
        *("programs?view=card", "lessons", "lessons?q=waves"),
    ],
)
async def test_every_read_of_the_catalog_is_one_of_a_preview(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection, address: str
) -> None:
    program, _ = await _planned(sql)
    topic = await a_topic(sql, "Tea")
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, topic)
    link = await _made(viewer, at=LATER)

    answer = await client.get(f"{link['catalog_url']}/{address}")

    assert answer.status_code == 200, answer.text
    assert next(iter(answer.json().values())) != []


async def test_no_link_of_a_page_leads_out_of_the_preview(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    program, lesson = await _planned(sql, HOSTILE)
    slug = await sql.fetchval("select slug from program where id = $1", program)
    link = await _made(viewer, at=LATER)
    base = httpx2.URL(link["url"]).path

    for rest in ("", f"programs/{slug}", f"lessons/{lesson}", "search?q=waves", "nothing"):
        answer = await client.get(f"{base}hi/{rest}", headers={"Accept": "text/html"})
        led = set(re.findall(r'(?:href|action|src)="(/[^"]*)"', answer.text))
        assert {path for path in led if not path.startswith((base, "/assets/"))} == set(), rest
        assert f"{base}hi/" in led
        assert '<meta name="robots" content="noindex">' in answer.text
        assert HOSTILE not in answer.text
        assert "speculation-rules" not in answer.headers
        assert "data-url" not in answer.text
    assert base not in (await client.get("/hi/")).text


@pytest.mark.parametrize(("tag", "said"), [("en", "This link holds until"), ("te", "ఈ లింకు"), ("hi", "यह लिंक")])
async def test_a_page_says_whose_moment_it_shows_and_until_when(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, tag: str, said: str
) -> None:
    link = await _made(viewer, at="2030-02-01T09:00:00+05:30")

    text = (await client.get(f"{link['url']}{tag}/")).text

    assert 'datetime="2030-02-01T03:30:00+00:00"' in text
    assert said in text


async def test_a_link_to_a_program_shows_it_alone(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    program, lesson = await _planned(sql)
    other = await a_public_program(sql)
    other_lesson = await sql.fetchval(
        "select lesson.id from lesson join term on term.id = term_id where program_id = $1", other
    )
    names = dict(await sql.fetch("select id, slug from program"))
    await sql.execute("update program set slug = 'moved' where id = $1", other)
    link = await _made(viewer, at=LATER, program_id=str(program))

    shown = await client.get(link["url"], follow_redirects=True)
    home = await client.get(f"{link['url']}en/", follow_redirects=True)
    of_lesson = await client.get(f"{link['url']}en/lessons/{lesson}")

    assert [answer.status_code for answer in (shown, home, of_lesson)] == [200, 200, 200]
    assert "<form" not in shown.text
    assert home.url.path.endswith(f"/en/programs/{names[program]}")
    for path in (
        *("en/search?q=a", "en/feed.xml", f"en/programs/{other}", f"en/programs/{names[other]}", "en/programs/moved"),
        *(f"en/lessons/{other_lesson}", "catalog/programs", "catalog/lessons", "catalog/topics", "catalog/changes"),
        *(f"catalog/programs/{other}", f"catalog/programs/{names[other]}", f"catalog/lessons/{other_lesson}"),
    ):
        assert (await client.get(f"{link['url']}{path}")).status_code == 404, path


async def test_a_scheduled_slug_leads_to_its_page(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    program = await a_public_program(sql)
    await a_change(
        sql, program, {"slug": "new-name", "title": "New"}, of="program", apply_at=datetime.now(UTC) + AN_HOUR
    )
    link = await _made(viewer, at=LATER)

    page = await client.get(f"{link['url']}en/programs/{program}", follow_redirects=True)

    assert (page.status_code, page.url.path.rpartition("/")[2]) == (200, "new-name")


async def test_a_link_without_a_moment_shows_what_is_now(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    await _planned(sql)
    link = await _made(viewer)
    assert (await client.get(f"{link['catalog_url']}/programs")).json()["programs"] == []

    await a_public_program(sql)

    assert len((await client.get(f"{link['catalog_url']}/programs")).json()["programs"]) == 1
    assert link["at"] is None


async def test_a_link_whose_moment_has_passed_shows_what_is_now(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    link = await _made(viewer, at=LATER)
    await sql.execute("set session_replication_role = replica")
    await sql.execute("update preview_link set at = now() - interval '1 day'")
    await sql.execute("set session_replication_role = origin")
    await _planned(sql)

    assert (await client.get(f"{link['catalog_url']}/programs")).json()["programs"] == []


async def test_a_viewer_revokes_its_own_links_and_an_editor_any(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    _, token = await create_token(sql, "editor", Role.EDITOR)
    headers = {"Authorization": f"Bearer {token}"}
    of_editor = (await client.post(LINKS, json={}, headers=headers)).json()
    refused = await viewer.delete(f"{LINKS}/{of_editor['id']}")
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "Another token made this link: an editor may revoke it.",
    )
    assert (await client.get(f"{of_editor['catalog_url']}/programs")).status_code == 200
    own, other = await _made(viewer), await _made(viewer)
    assert (await viewer.delete(f"{LINKS}/{own['id']}")).status_code == 204
    for link in (of_editor, other):
        assert (await client.delete(f"{LINKS}/{link['id']}", headers=headers)).status_code == 204


async def test_a_revoked_and_an_expired_link_show_nothing(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    revoked, expired = await _made(viewer, at=LATER), await _made(viewer, at=LATER)
    await sql.execute("set session_replication_role = replica")
    await sql.execute(
        "update preview_link set created_at = now() - interval '2 h', expires_at = now() where id = $1",
        UUID(expired["id"]),
    )
    await sql.execute("set session_replication_role = origin")

    gone = await viewer.delete(f"{LINKS}/{revoked['id']}")
    again = await viewer.delete(f"{LINKS}/{revoked['id']}")

    assert (gone.status_code, again.status_code) == (204, 404)
    never = "/preview/look_" + "a" * 43 + "/"
    for url in (revoked["url"], expired["url"], never, "/preview/x/", "/preview/x/en/", "/preview/%00/en/"):
        answer = await client.get(url, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (404, SIGNS["X-Robots-Tag"]), url
    assert (await client.get(f"{revoked['catalog_url']}/programs")).json()["code"] == "not_found"
    assert await history(sql, UUID(revoked["id"])) == ["preview_link.create", "preview_link.revoke"]


async def test_a_link_ends_with_the_token_that_made_it(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    _, admin = await create_token(sql, "boss", Role.ADMIN)
    link = await _made(viewer, at=LATER)
    by_admin = {"Authorization": f"Bearer {admin}"}
    assert (await client.get(link["url"], follow_redirects=True)).status_code == 200

    soon = await database_now(sql) + AN_HOUR
    await sql.execute("update api_token set expires_at = $1 where name = 'viewer'", soon)
    [listed] = (await client.get(LINKS, headers=by_admin)).json()["links"]
    assert datetime.fromisoformat(listed["expires_at"]) - soon < timedelta(seconds=1)
    await sql.execute("update api_token set created_at = '2001-01-01', expires_at = now() where name = 'viewer'")
    assert (await client.get(link["url"])).status_code == 404
    await sql.execute("update api_token set expires_at = null where name = 'viewer'")
    assert (await client.get(f"{link['catalog_url']}/programs")).status_code == 200

    assert (await client.delete("/cms/tokens/viewer", headers=by_admin)).status_code == 204

    assert (await client.get(link["url"])).status_code == 404
    assert (await client.get(f"{link['catalog_url']}/programs")).status_code == 404
    [listed] = (await client.get(LINKS, headers=by_admin)).json()["links"]
    assert listed["revoked_at"] is not None


async def test_a_link_is_listed_and_recorded_without_what_opens_it(viewer: httpx2.AsyncClient, sql: Connection) -> None:
    link = await _made(viewer, at=LATER)
    secret = link["url"].rstrip("/").rpartition("/")[2]

    listed = await viewer.get(LINKS)
    lines = await viewer.get("/cms/activity", params={"object_id": link["id"]})

    assert listed.json()["links"] == [{name: link[name] for name in link if not name.endswith("url")}]
    assert link["created_by"] == "viewer"
    assert [line["actor"] for line in lines.json()["activity"]] == ["viewer"]
    kept = await sql.fetchval("select string_agg(link::text || activity::text, '') from preview_link as link, activity")
    assert secret not in listed.text + lines.text + kept


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
        ({"at": "tomorrow"}, "at"),
        ({"at": "2030-01-01T00:00:00"}, "at"),
        ({"at": "9500-01-01T00:00:00Z"}, "at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": LATER}, "expires_at"),
        ({"program_id": "x"}, "program_id"),
        ({"program_id": "0192f6a0-1a00-7c01-8a11-5e00000000ff"}, "program_id"),
        ({"moment": LATER}, "moment"),
    ],
)
async def test_a_link_that_cannot_be_made_says_why(
    viewer: httpx2.AsyncClient, asked: dict[str, str], field: str
) -> None:
    answer = await viewer.post(LINKS, json=asked)

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_a_link_holds_for_a_week_unless_told_otherwise(viewer: httpx2.AsyncClient, sql: Connection) -> None:
    link = await _made(viewer)
    held = datetime.fromisoformat(link["expires_at"]) - await database_now(sql)
    assert timedelta(days=6, hours=23) < held <= timedelta(days=7)


async def test_no_answer_of_a_preview_is_kept(viewer: httpx2.AsyncClient, whole: Served, sql: Connection) -> None:
    await _planned(sql)
    link = await _made(viewer, at=LATER)
    before = whole.app.statistics.entries

    for _ in range(2):
        assert (await whole.client.get(f"{link['url']}en/")).status_code == 200
        assert (await whole.client.get(f"{link['catalog_url']}/programs")).status_code == 200

    assert whole.app.statistics.entries == before


async def test_bad_parameters_of_its_json_are_explained_as_the_catalogs_are(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    link = await _made(viewer)
    answer = await client.get(f"{link['catalog_url']}/programs?limit=0")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


async def test_a_few_previews_are_read_at_a_time_and_a_few_wait() -> None:
    turns = PreviewTurns()
    go, reading = asyncio.Event(), asyncio.Semaphore(0)

    async def look() -> None:
        async with turns.taken():
            reading.release()
            await go.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_A_TIME):
            tasks.create_task(look())
        for _ in range(AT_A_TIME):
            await reading.acquire()
        for _ in range(WAITING):
            tasks.create_task(look())
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            async with turns.taken():
                pass
        go.set()
