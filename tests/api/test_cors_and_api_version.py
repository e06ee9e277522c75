"""What pages of other origins may read in a browser, and ask before; and the version that every answer names."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from chaishots import API_VERSION
from chaishots.api.middleware.cors_and_api_version import EXPOSED
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.api.conftest import Served, served
from tests.api.server.test_fast_path import a_line, request
from tests.builders import a_public_program
from tests.conftest import Database

LIST = "/catalog/programs"
EDITORS = "https://editors.example.com"
STRANGER = {"Origin": "https://stranger.example.com"}
ASKS = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match, authorization"}


@pytest.fixture
async def with_editors(database: Database) -> AsyncIterator[Served]:
    """The application, of whose CMS one origin's pages make use."""
    async with served(database, cors_origins=[EDITORS]) as serving:
        yield serving


def values(answer: httpx2.Response, name: str) -> list[str]:
    return answer.headers.get_list(name)


def is_for_everybody(answer: httpx2.Response) -> bool:
    """Whether any page may read it, told once, and with all that scripts need to see."""
    assert values(answer, "access-control-allow-origin") in (["*"], [])
    assert "access-control-allow-credentials" not in answer.headers
    assert values(answer, "api-version") == [API_VERSION]
    return (
        values(answer, "access-control-allow-origin") == ["*"]
        and values(answer, "access-control-expose-headers") == [EXPOSED[1].decode()]
        and "Origin" not in answer.headers.get("vary", "")
    )


async def test_any_page_reads_the_catalog_whatever_it_is_answered(client: httpx2.AsyncClient, sql: Connection) -> None:
    program = await a_public_program(sql)
    found = await client.get(LIST, headers=STRANGER)
    unchanged = await client.get(LIST, headers={**STRANGER, "If-None-Match": found.headers["etag"]})
    _, token = await create_token(sql, "app", Role.VIEWER)
    asked: list[tuple[str, dict[str, str], int]] = [
        (f"{LIST}/{program}", {}, 200),
        (LIST, {"Authorization": f"Bearer {token}"}, 200),
        (LIST, {"Authorization": "Bearer x"}, 401),
        (LIST, {"If-Match": '"x"'}, 412),
        (f"{LIST}?limit=0", {}, 422),
        (f"{LIST}?{'&'.join('abcdefghijklmnopqrstuvwxyzabcdefghij')}", {}, 400),
        (f"{LIST}/0192f6a0-1a00-7c01-8a11-5e00000000ff", {}, 404),
        ("/catalog/nothing", {}, 404),
        ("/pictures/nothing", {}, 404),
        (f"/pictures/{'0' * 64}.webp", {}, 404),
        ("/openapi.json", {}, 200),
        ("/health", {}, 200),
    ]
    assert (found.status_code, unchanged.status_code) == (200, 304)
    assert is_for_everybody(found)
    assert is_for_everybody(unchanged)
    for address, headers, status in asked:
        answer = await client.get(address, headers={**STRANGER, **headers})
        assert (address, answer.status_code) == (address, status)
        assert is_for_everybody(answer), address
    assert is_for_everybody(await client.post(LIST, headers=STRANGER))


async def test_the_head_is_the_same_on_the_way_of_all_requests(whole: Served, sql: Connection) -> None:
    await a_public_program(sql)
    async with a_line(whole) as line:
        await line.say(request(LIST) + request(LIST))  # two at once are no fast path's
        heads = [(await line.answer())[0].lower() for _ in range(2)]
        await line.say(request(LIST))
        heads.append((await line.answer())[0].lower())
    for head in heads:
        assert re.findall(rb"\r\naccess-control-allow-origin: (.*)\r\n", head) == [b"*"]
        assert re.findall(rb"\r\napi-version: (.*)\r\n", head) == [b"1"]


async def test_what_is_no_request_is_read_by_pages_too(whole: Served) -> None:
    async with a_line(whole) as line:
        await line.say(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")
        head, _ = await line.answer()
    assert b"access-control-allow-origin: *\r\n" in head
    assert b"api-version: 1\r\n" in head


@pytest.mark.parametrize("address", [LIST, "/catalog/events", "/openapi.json", "/pictures/x"])
async def test_browsers_may_ask_for_a_day_with_conditions_and_tokens(client: httpx2.AsyncClient, address: str) -> None:
    answer = await client.options(address, headers={**STRANGER, **ASKS})
    assert answer.status_code == 204
    assert is_for_everybody(answer)
    assert answer.headers["access-control-max-age"] == "86400"
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {"if-none-match", "authorization", "last-event-id"} <= allowed
    assert answer.headers["x-request-id"]


async def test_a_browser_that_asks_before_a_change_makes_nothing_old(with_editors: Served, sql: Connection) -> None:
    await a_public_program(sql)
    await with_editors.has_heard(sql)
    await with_editors.client.get(LIST)
    await with_editors.client.options("/cms/programs", headers={"Origin": EDITORS, **ASKS})
    assert (await with_editors.client.get(LIST)).headers["cache-status"] == "chaishots; hit"


async def test_the_cms_is_for_the_pages_that_are_named(with_editors: Served, sql: Connection) -> None:
    _, token = await create_token(sql, "asha", Role.EDITOR)
    for headers, status in ({"Authorization": f"Bearer {token}"}, 200), ({}, 401):
        ours = await with_editors.client.get("/cms/programs", headers={"Origin": EDITORS, **headers})
        other = await with_editors.client.get("/cms/programs", headers={**STRANGER, **headers})
        assert (ours.status_code, other.status_code) == (status, status)
        assert values(ours, "access-control-allow-origin") == [EDITORS]
        assert "access-control-allow-credentials" not in ours.headers
        assert "access-control-allow-origin" not in other.headers
        assert "Origin" in values(ours, "vary")
        assert "Origin" in values(other, "vary")
        assert values(ours, "api-version") == [API_VERSION]


async def test_the_pages_that_are_named_may_ask_to_change(with_editors: Served) -> None:
    asks = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}
    ours = await with_editors.client.options("/cms/programs", headers={"Origin": EDITORS, **asks})
    other = await with_editors.client.options("/cms/programs", headers={**STRANGER, **asks})
    assert ours.status_code == 204
    assert values(ours, "access-control-allow-origin") == [EDITORS]
    assert "PATCH" in ours.headers["access-control-allow-methods"]
    assert {"If-Match", "Idempotency-Key", "Content-Type"} <= set(
        ours.headers["access-control-allow-headers"].split(", ")
    )
    assert "access-control-allow-origin" not in other.headers


async def test_without_names_the_cms_is_for_no_page_and_does_not_tell_origins_apart(
    editor: httpx2.AsyncClient,
) -> None:
    answer = await editor.get("/cms/programs", headers=STRANGER)
    assert "access-control-allow-origin" not in answer.headers
    assert "vary" not in answer.headers
