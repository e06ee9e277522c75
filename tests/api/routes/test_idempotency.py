"""A POST sent twice with one Idempotency-Key is done once and answered twice."""

import asyncio
from uuid import uuid4

import httpx2

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.pool import pool_state
from chaishots.database.pool_shares import POOL_SIZE
from tests.api.conftest import Served
from tests.cluster import eventually

PROGRAM = {"title": "Once", "language_primary": "en"}


async def test_the_second_time_nothing_is_done_and_the_answer_is_the_same(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first, second = [await editor.post("/cms/programs", json=PROGRAM, headers=headers) for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert (second.headers["ETag"], second.headers["Location"]) == (first.headers["ETag"], first.headers["Location"])
    assert ("Idempotency-Replayed" in first.headers, second.headers["Idempotency-Replayed"]) == (False, "true")
    assert await sql.fetchval("select count(*) from program") == 1


async def test_ten_at_the_same_moment_are_done_once(editor: httpx2.AsyncClient, sql: Connection) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(editor.post("/cms/programs", json=PROGRAM, headers=headers) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await sql.fetchval("select count(*) from program") == 1


async def test_a_key_that_was_used_for_another_request_is_refused(editor: httpx2.AsyncClient, sql: Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    await editor.post("/cms/programs", json=PROGRAM, headers=headers)
    other = await editor.post("/cms/programs", json={**PROGRAM, "title": "Another"}, headers=headers)

    assert (other.status_code, other.json()["errors"][0]["field"]) == (409, "Idempotency-Key")
    assert await sql.fetchval("select count(*) from program") == 1


async def test_a_request_that_failed_leaves_its_key_free(editor: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    failed = await editor.post("/cms/topics", json={"name": " "}, headers=headers)
    done = await editor.post("/cms/topics", json={"name": "Chai"}, headers=headers)
    assert (failed.status_code, done.status_code) == (422, 201)


async def test_a_key_is_forgotten_after_a_day(editor: httpx2.AsyncClient, sql: Connection) -> None:
    headers = {"Idempotency-Key": "k"}
    await editor.post("/cms/programs", json=PROGRAM, headers=headers)
    await sql.execute("update idempotency_key set created_at = created_at - interval '24 hours 1 second'")
    again = await editor.post("/cms/programs", json=PROGRAM, headers=headers)

    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (201, False)
    assert await sql.fetchval("select count(*) from program") == 2
    assert await sql.fetchval("select count(*) from idempotency_key") == 1


async def test_a_key_that_is_no_plain_text_is_refused(editor: httpx2.AsyncClient) -> None:
    for key in ("", "x" * 256, "é"):
        answer = await editor.post("/cms/programs", json=PROGRAM, headers=[(b"Idempotency-Key", key.encode())])
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_a_body_that_does_not_come_keeps_no_connection_from_anybody(
    editor: httpx2.AsyncClient, whole: Served, sql: Connection
) -> None:
    head = (
        "POST /cms/programs HTTP/1.1\r\nHost: chai\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
        f"Authorization: {editor.headers['Authorization']}\r\nIdempotency-Key: k\r\n\r\n{{"
    )
    opened = [await asyncio.open_connection("127.0.0.1", whole.client.base_url.port) for _ in range(2 * POOL_SIZE)]
    for _, writer in opened:
        writer.write(head.encode())
    # Each has been let in: the token of each was looked up.
    await eventually(lambda: _have_passed(whole, len(opened)))
    async with asyncio.timeout(5):
        assert (await editor.post("/cms/programs", json=PROGRAM, headers={"Idempotency-Key": "l"})).status_code == 201
    await eventually(_nothing_is_lent)
    for _, writer in opened:
        writer.close()


async def _nothing_is_lent() -> bool:
    return pool_state().lent == 0


async def _have_passed(served: Served, number: int) -> bool:
    return served.app.statistics.passed >= number


async def test_a_secret_is_told_once_and_stands_nowhere_in_the_database(
    whole: Served, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    _, admin = await create_token(sql, "root", Role.ADMIN)
    headers = {"Authorization": f"Bearer {admin}", "Idempotency-Key": "k"}
    first, second = [
        await whole.client.post("/cms/tokens", json={"name": "app", "role": "viewer"}, headers=headers)
        for _ in range(2)
    ]
    secret = first.json()["token"]
    kept = await sql.fetch("select * from idempotency_key")

    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "conflict")
    assert secret not in second.text
    assert len(kept) == 1
    assert secret.encode() not in b"".join(value for value in kept[0].values() if isinstance(value, bytes))
    assert secret not in str(dict(kept[0]))
    assert await sql.fetchval("select count(*) from api_token where name = 'app'") == 1


async def test_what_another_transaction_was_in_the_way_of_is_done_all_the_same(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    # Refused twice as crossed, as under `serializable`; a sequence counts on, whatever is rolled back.
    await sql.execute(
        """
        create sequence tries;
        create function cross_it() returns trigger language plpgsql as $$
        begin
            if nextval('tries') <= 2 then raise exception 'crossed' using errcode = '40001'; end if;
            return new;
        end $$;
        create trigger cross_it before insert on program for each row execute function cross_it();
        """
    )
    plain = await editor.post("/cms/programs", json=PROGRAM)
    await sql.execute("alter sequence tries restart")
    keyed = await editor.post("/cms/programs", json=PROGRAM, headers={"Idempotency-Key": "k"})

    assert (plain.status_code, keyed.status_code) == (201, 201)
    assert await sql.fetchval("select count(*) from program") == 2
