"""Programs by their slugs: over HTTP, out of the layer and with a token, and from former addresses."""

from uuid import uuid4

import httpx2
import pytest

from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.builders import a_program, a_public_program


async def test_a_program_is_read_by_its_slug_as_by_its_id(client: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_public_program(sql, slug="chai")

    by_slug = await client.get("/catalog/programs/chai")

    assert by_slug.status_code == 200
    assert by_slug.json() == (await client.get(f"/catalog/programs/{program}")).json()
    assert by_slug.json()["slug"] == "chai"
    assert (await client.get("/catalog/programs/chai?fields=slug")).json() == {"id": str(program), "slug": "chai"}


@pytest.mark.parametrize("has_token", [False, True])
async def test_a_former_slug_redirects(
    client: httpx2.AsyncClient, editor: httpx2.AsyncClient, sql: Connection, has_token: bool
) -> None:
    program = await a_public_program(sql, slug="first")
    changed = await editor.patch(f"/cms/programs/{program}", json={"slug": "second"})
    assert (changed.json()["slug"], changed.json()["former_slugs"]) == ("second", ["first"])
    reader = editor if has_token else client

    moved = await reader.get("/catalog/programs/first?fields=title&prefer=te,en")

    assert moved.status_code == 308
    assert moved.headers["Location"] == "/catalog/programs/second?fields=title&prefer=te,en"
    assert moved.headers["Cache-Control"] == "public, max-age=60"
    assert moved.json()["code"] == "moved"
    assert (await reader.get(moved.headers["Location"])).json() == {"id": str(program), "title": "A program"}


async def test_what_is_not_public_is_not_there_by_its_slugs_either(client: httpx2.AsyncClient, sql: Connection) -> None:
    await a_program(sql, slug="draft", former_slugs=["before"])
    answers = [await client.get(f"/catalog/programs/{slug}") for slug in ("draft", "before", "never")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


@pytest.mark.parametrize("name", ["Chai", "a--b", "%E0%B0%9A", "a.b", "a" * 81, "~chai"])
async def test_what_is_neither_an_id_nor_a_slug_is_told(client: httpx2.AsyncClient, name: str) -> None:
    answer = await client.get(f"/catalog/programs/{name}")
    assert answer.status_code == 422
    assert "slug" in answer.json()["detail"]


async def test_a_slug_that_changes_is_heard_of(whole: Served, sql: Connection) -> None:
    program = await a_public_program(sql, slug="first")
    assert (await whole.client.get("/catalog/programs/first")).status_code == 200

    await sql.execute("update program set slug = 'second' where id = $1", program)
    await whole.has_heard(sql)

    assert (await whole.client.get("/catalog/programs/first")).status_code == 308
    again = [await whole.client.get("/catalog/programs/second") for _ in range(2)]
    assert again[1].headers["Cache-Status"] == "chaishots; hit"


async def test_an_editor_is_told_of_a_slug_that_is_taken(editor: httpx2.AsyncClient, sql: Connection) -> None:
    await a_program(sql, slug="chai")
    body = {"title": "Chai", "language_primary": "en"}

    taken = await editor.post("/cms/programs", json={**body, "slug": "chai"})
    wrong = await editor.post("/cms/programs", json={**body, "slug": str(uuid4())})
    made = await editor.post("/cms/programs", json=body)

    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "slug")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "slug")
    assert made.json()["slug"] == "chai-2"
