"""Webhooks over HTTP: made, shown without their secret, changed, paused, rotated, tested and replayed."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from chaishots.content.event_types import EventType
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.scheduler.feed_numbering import number_all
from tests.api.conftest import Served, served
from tests.builders import a_public_program, history
from tests.conftest import Database
from tests.receivers import HERE

URL = "https://receiver.example/hook?a=%E0%B0%85"


@pytest.fixture
async def admin(whole: Served, sql: Connection) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an admin's token."""
    async with httpx2.AsyncClient(base_url=whole.client.base_url, headers=await _headers(sql), timeout=30) as client:
        yield client


async def _headers(sql: Connection) -> dict[str, str]:
    _, token = await create_token(sql, "root", Role.ADMIN)
    return {"Authorization": f"Bearer {token}"}


async def _made(client: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post("/cms/webhooks", json={"url": URL, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_secret_is_told_once_and_the_history_has_none(admin: httpx2.AsyncClient, sql: Connection) -> None:
    made = await _made(admin, events=["lesson.published", "lesson.published"])
    address = f"/cms/webhooks/{made['id']}"
    shown = await admin.get(address)
    listed = (await admin.get("/cms/webhooks")).json()
    rotated = await admin.post(f"{address}/rotate")
    lines = str(await sql.fetch("select before, after from activity"))

    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["lesson.published"]
    assert shown.json() == {name: value for name, value in made.items() if name != "secret"}
    assert listed == {"webhooks": [shown.json()], "next_cursor": None}
    assert rotated.json()["secret"] not in ("", made["secret"])
    assert rotated.json()["former_secret_until"] is not None
    assert made["secret"] not in lines
    assert rotated.json()["secret"] not in lines
    assert await history(sql, made["id"]) == ["webhook.create", "webhook.rotate"]
    assert shown.headers["ETag"] == '"1"'


async def test_all_events_are_sent_when_none_are_named(admin: httpx2.AsyncClient) -> None:
    assert (await _made(admin))["events"] == list(EventType)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://receiver.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://[64:ff9b::a00:1]/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://168.63.129.16/"}, "url"),
        ({"url": "https://user:pass@receiver.example/"}, "url"),
        ({"url": "ftp://receiver.example/"}, "url"),
        ({"url": "https://" + "a" * 2_000}, "url"),
        ({"url": 7}, "url"),
        ({}, "url"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": ["lesson.loved"]}, "events.0"),
        ({"url": URL, "events": "lesson.published"}, "events"),
        ({"url": URL, "secret": "whsec_mine"}, "secret"),
        ({"url": URL, "status": "paused"}, "status"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused(
    admin: httpx2.AsyncClient, sql: Connection, body: dict[str, Any], field: str
) -> None:
    answer = await admin.post("/cms/webhooks", json=body)
    assert (answer.status_code, [fault["field"] for fault in answer.json()["errors"]]) == (422, [field])
    assert await sql.fetchval("select count(*) from webhook") == 0


async def test_a_host_in_telugu_is_kept_as_it_is_sent(admin: httpx2.AsyncClient) -> None:
    made = await _made(admin, url="https://చాయ్.భారత్/హుక్?क=ख")
    assert made["url"].startswith("https://xn--")
    assert made["url"].isascii()


async def test_more_is_allowed_where_the_settings_say_so(database: Database, sql: Connection) -> None:
    async with served(database, reach=HERE) as serving:
        answer = await serving.client.post(
            "/cms/webhooks", json={"url": "http://127.0.0.1:9/"}, headers=await _headers(sql)
        )
        refused = await serving.client.patch(
            f"/cms/webhooks/{answer.json()['id']}",
            json={"url": "http://10.0.0.1/"},
            headers={"Authorization": answer.request.headers["Authorization"]},
        )
    assert (answer.status_code, refused.status_code) == (201, 422)


async def test_it_is_paused_and_resumed_and_each_version_is_changed_once(
    admin: httpx2.AsyncClient, sql: Connection
) -> None:
    made = await _made(admin)
    address = f"/cms/webhooks/{made['id']}"
    paused = await admin.patch(address, json={"status": "paused"}, headers={"If-Match": '"1"'})
    again = await admin.patch(address, json={"status": "active"}, headers={"If-Match": '"1"'})
    resumed = await admin.patch(address, json={"status": "active"})
    unchanged = await admin.patch(address, json={})

    assert (paused.json()["status"], paused.json()["paused_reason"]) == ("paused", "asked")
    assert (again.status_code, again.json()["current_version"]) == (412, 2)
    assert (resumed.json()["status"], resumed.json()["paused_reason"]) == ("active", None)
    assert unchanged.json()["version"] == resumed.json()["version"] == 3
    assert await history(sql, made["id"]) == ["webhook.create", "webhook.pause", "webhook.resume"]
    assert await sql.fetchval("select actor from activity where action = 'webhook.pause'") == "root"


async def test_a_test_is_asked_for_once_by_one_key(admin: httpx2.AsyncClient, sql: Connection) -> None:
    made = await _made(admin)
    asked = [
        await admin.post(f"/cms/webhooks/{made['id']}/test", headers={"Idempotency-Key": "once"}) for _ in range(2)
    ]
    test_id = await sql.fetchval("select test_id from webhook_delivery")
    assert [answer.status_code for answer in asked] == [202, 202]
    assert {answer.json()["message_id"] for answer in asked} == {f"msg_{test_id.hex}"}


async def test_a_secret_is_not_told_again_by_the_same_key(admin: httpx2.AsyncClient, sql: Connection) -> None:
    key = {"Idempotency-Key": "once"}
    first = await admin.post("/cms/webhooks", json={"url": URL}, headers=key)
    second = await admin.post("/cms/webhooks", json={"url": URL}, headers=key)
    assert (first.status_code, second.status_code) == (201, 409)
    assert await sql.fetchval("select count(*) from webhook") == 1


async def test_it_is_replayed_from_a_cursor_or_a_moment(admin: httpx2.AsyncClient, sql: Connection) -> None:
    await a_public_program(sql)
    await number_all(sql)
    before = datetime.now(UTC)
    cursor = (await admin.get("/catalog/changes")).json()["next_cursor"]
    made = await _made(admin)
    await a_public_program(sql)
    await number_all(sql)
    address = f"/cms/webhooks/{made['id']}/replay"

    by_cursor = await admin.post(address, json={"cursor": cursor})
    by_moment = await admin.post(address, json={"since": before.isoformat()})
    from_the_beginning = await admin.post(address, json={"since": "1990-01-01T00:00:00Z"})

    assert [answer.json()["behind"] for answer in (by_cursor, by_moment, from_the_beginning)] == [2, 2, 4]
    assert json.loads(_decoded(from_the_beginning.json()["cursor"]))[0] == 0
    assert (await history(sql, made["id"]))[1:] == ["webhook.replay"] * 3


def _decoded(cursor: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_content"),
        ({"cursor": "WzEsMSwwXQ", "since": "2026-01-01T00:00:00Z"}, 422, "invalid_content"),
        ({"cursor": "nonsense"}, 422, "invalid_content"),
        ({"cursor": "WzEsMSwwXQ"}, 410, "cursor_expired"),
        ({"since": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, 422, "invalid_content"),
        ({"since": "yesterday"}, 422, "invalid_request"),
    ],
)
async def test_what_leads_nowhere_is_not_replayed(
    admin: httpx2.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    made = await _made(admin)
    answer = await admin.post(f"/cms/webhooks/{made['id']}/replay", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_attempts_are_listed_newest_first_page_by_page(admin: httpx2.AsyncClient, sql: Connection) -> None:
    made = await _made(admin)
    await sql.execute(
        "insert into webhook_attempt (id, webhook_id, message_id, status, latency_ms, answer)"
        " select ('0192f6a0-1a00-7000-8000-00000000000' || n)::uuid, $1, gen_random_uuid(), 200 + n, n, 'నమస్తే'"
        " from generate_series(1, 3) n",
        made["id"],
    )
    address = f"/cms/webhooks/{made['id']}/attempts"
    first = (await admin.get(address, params={"limit": 2})).json()
    second = (await admin.get(address, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    shown = (await admin.get(f"/cms/webhooks/{made['id']}")).json()
    assert [attempt["status"] for attempt in first["attempts"] + second["attempts"]] == [203, 202, 201]
    assert second["next_cursor"] is None
    assert shown["last_attempt"] == first["attempts"][0]
    assert first["attempts"][0]["answer"] == "నమస్తే"


async def test_a_webhook_that_is_gone_is_404_everywhere(admin: httpx2.AsyncClient, sql: Connection) -> None:
    made = await _made(admin)
    assert (await admin.delete(f"/cms/webhooks/{made['id']}")).status_code == 204
    for key in (made["id"], uuid4()):
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"status": "paused"}),
            ("DELETE", "", None),
            ("POST", "/rotate", None),
            ("POST", "/test", None),
            ("POST", "/replay", {"since": "2026-01-01T00:00:00Z"}),
            ("GET", "/attempts", None),
        ):
            answer = await admin.request(method, f"/cms/webhooks/{key}{path}", **({"json": body} if body else {}))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
    assert await history(sql, made["id"]) == ["webhook.create", "webhook.delete"]


async def test_there_are_so_many_webhooks_at_most(admin: httpx2.AsyncClient, sql: Connection) -> None:
    await sql.execute("insert into webhook (url) select 'https://receiver.example/' from generate_series(1, 20)")
    answer = await admin.post("/cms/webhooks", json={"url": URL})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
