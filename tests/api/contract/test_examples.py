"""What /docs fills in can be tried on the demo: the things that the contract's examples name are in its seed."""

import hashlib
from pathlib import Path

import httpx2

from chaishots.api.contract.examples import CHANGE_ID, LESSON_ID, PICTURE_ID, PREVIEW_LINK_ID, WEBHOOK_ID
from chaishots.content.exchange import seed
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.api.contract.test_openapi import OPERATIONS
from tests.content.exchange.seeds import named

DEMO = Path(__file__).parents[3] / "seeds" / "demo.yaml"


# Each is done on the demo as it starts; before these, what has to be there by then.
BEFORE = {
    "DELETE /cms/releases/{release_id}": "POST /cms/releases/{release_id}/cancel",
    "DELETE /cms/tokens/{name}": "POST /cms/tokens",
}
_COLUMNS = """
    select attname from pg_attribute
     where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""
_TABLES = "select tablename from pg_tables where schemaname = current_schema() and tablename <> 'aerich'"


async def test_all_that_the_docs_fill_in_succeeds_on_the_demo(whole: Served, sql: Connection) -> None:
    await seed.seed(DEMO, actor="seed", upload=named)
    _, token = await create_token(sql, "asha", Role.ADMIN)
    # The demo has none: it would be sent something each time.
    await sql.execute(
        "insert into preview_link (id, token_hash, expires_at) values ($1, $2, now() + interval '1 day')",
        PREVIEW_LINK_ID,
        bytes(32),
    )
    await sql.execute("insert into webhook (id, url) values ($1, 'https://receiver.example/')", WEBHOOK_ID)
    await sql.execute(
        "insert into change (id, object_type, object_id, apply_at, patch)"
        " values ($1, 'lesson', $2, '2100-01-01T00:00:00Z', '{\"title\": \"New\"}')",
        CHANGE_ID,
        LESSON_ID,
    )
    await _keep(sql)
    refused: dict[str, str] = {}
    for operation in sorted(OPERATIONS, key=lambda operation: not operation.startswith("GET")):
        if "/pictures/" in operation or operation == "POST /cms/pictures":  # those are not uploaded here
            continue
        if operation.endswith("/revert"):  # needs what has happened: a line of the history, a release that is public
            continue
        await whole.has_heard(sql)
        if operation in BEFORE:
            await _execute(whole.client, BEFORE[operation], token)
        answer = await _execute(whole.client, operation, token)
        if not answer.is_success:
            refused[operation] = answer.text
        if not operation.startswith("GET"):
            await _restore(sql)
    assert refused == {}


async def _execute(client: httpx2.AsyncClient, operation: str, token: str) -> httpx2.Response:
    """Send what the page has filled in."""
    told = OPERATIONS[operation]
    method, _, path = operation.partition(" ")
    filled = {each["name"]: each["example"] for each in told["parameters"] if "example" in each}
    query = {each["name"] for each in told["parameters"] if each["in"] == "query"}
    body = told.get("requestBody", {}).get("content", {}).get("application/json")
    request = client.build_request(
        method,
        path.format(**filled),
        params={name: value for name, value in filled.items() if name in query},
        headers={"Authorization": f"Bearer {token}"} if told["security"] == [{"token": []}] else {},
        **({"json": body["example"]} if body else {}),
    )
    answer = await client.send(request, stream=True)
    if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):  # which goes on for long
        await answer.aread()
    await answer.aclose()
    return answer


async def _keep(sql: Connection) -> None:
    """Note all there is, for `_restore`."""
    await sql.execute("create schema kept")
    for (table,) in await sql.fetch(_TABLES):
        await sql.execute(f"create table kept.{table} as select * from {table}")


async def _restore(sql: Connection) -> None:
    """Make all what it was, without a line of history."""
    tables = [table for (table,) in await sql.fetch(_TABLES)]
    async with sql.transaction():
        await sql.execute("set local session_replication_role = replica")
        for table in tables:
            columns = ", ".join(row["attname"] for row in await sql.fetch(_COLUMNS, table))
            await sql.execute(f"delete from {table}")
            await sql.execute(
                f"insert into {table} ({columns}) overriding system value select {columns} from kept.{table}"
            )


def test_the_picture_of_the_examples_is_one_of_the_demo() -> None:
    pictures = (DEMO.parent / "pictures").glob("*.webp")
    assert PICTURE_ID in {hashlib.sha256(picture.read_bytes()).hexdigest() for picture in pictures}
