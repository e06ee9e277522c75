"""A POST sent twice with one Idempotency-Key is done once and answered twice."""

import asyncio
from uuid import uuid4

import httpx

from chaishots.database.connection import Connection

PROGRAM = {"title": "Once", "language_primary": "en"}


async def test_the_second_time_nothing_is_done_and_the_answer_is_the_same(
    editor: httpx.AsyncClient, sql: Connection
) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first, second = [await editor.post("/cms/programs", json=PROGRAM, headers=headers) for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert (second.headers["ETag"], second.headers["Location"]) == (first.headers["ETag"], first.headers["Location"])
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")
    assert await sql.fetchval("select count(*) from program") == 1


async def test_ten_at_the_same_moment_are_done_once(editor: httpx.AsyncClient, sql: Connection) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(editor.post("/cms/programs", json=PROGRAM, headers=headers) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await sql.fetchval("select count(*) from program") == 1


async def test_a_key_that_was_used_for_another_request_is_refused(editor: httpx.AsyncClient, sql: Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    await editor.post("/cms/programs", json=PROGRAM, headers=headers)
    other = await editor.post("/cms/programs", json={**PROGRAM, "title": "Another"}, headers=headers)

    assert (other.status_code, other.json()["errors"][0]["field"]) == (409, "Idempotency-Key")
    assert await sql.fetchval("select count(*) from program") == 1


async def test_a_request_that_failed_leaves_its_key_free(editor: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    failed = await editor.post("/cms/topics", json={"name": " "}, headers=headers)
    done = await editor.post("/cms/topics", json={"name": "Chai"}, headers=headers)
    assert (failed.status_code, done.status_code) == (422, 201)


async def test_a_key_is_forgotten_after_a_day(editor: httpx.AsyncClient, sql: Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    await editor.post("/cms/programs", json=PROGRAM, headers=headers)
    await sql.execute("update idempotency_key set created_at = created_at - interval '24 hours 1 second'")
    again = await editor.post("/cms/programs", json=PROGRAM, headers=headers)

    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (201, False)
    assert await sql.fetchval("select count(*) from program") == 2
    assert await sql.fetchval("select count(*) from idempotency_key") == 1


async def test_a_key_that_is_no_plain_text_is_refused(editor: httpx.AsyncClient) -> None:
    for key in ("", "x" * 256, "é"):
        answer = await editor.post("/cms/programs", json=PROGRAM, headers=[(b"Idempotency-Key", key.encode())])
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
