"""Stopping: once the server has ended, nothing that requests began goes on."""

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from chaishots.api.app import create_app
from chaishots.api.request_tasks import RequestTasks
from chaishots.api.server import draining
from chaishots.api.server.server import serve
from chaishots.api.server.sockets import bound_sockets
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.storage.folder_or_bucket import Store
from tests.api.conftest import REPLICA
from tests.api.delivery.test_asgi_app import locked
from tests.api.server.test_fast_path import LIST, request
from tests.builders import a_public_program
from tests.cluster import eventually
from tests.conftest import Database

HELD_UP = "select count(*) from pg_locks where relation = 'program'::regclass and not granted"


@pytest.mark.parametrize("is_told", [True, False], ids=["by SIGTERM", "at once"])
async def test_no_task_that_a_request_began_outlives_the_server(
    database: Database, sql: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    """A render, an editor's read, a look at health, and a connection on which nothing is asked."""
    monkeypatch.setattr(draining, "DRAIN_SECONDS", 0.1)
    await a_public_program(sql)
    _, token = await create_token(sql, "asha", Role.EDITOR)
    asked = [request(LIST), request("/cms/programs", f"Authorization: Bearer {token}"), request("/health"), b""]
    before, stop, requests = asyncio.all_tasks(), asyncio.Event(), RequestTasks()
    sockets = bound_sockets("127.0.0.1", 0)
    sockets[0].listen()
    app = create_app(replica=REPLICA, store=Store(str(tmp_path)), tasks=requests)
    serving = asyncio.create_task(serve(app, sockets, stop=stop, tasks=requests, reads=app))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(locked(sql))
        for data in asked:
            _, writer = await asyncio.open_connection(*sockets[0].getsockname())
            stack.push_async_callback(_leave, writer)
            writer.write(data)
        await eventually(lambda: _are_held_up(sql))
        if is_told:
            stop.set()
        else:
            serving.cancel()
        await asyncio.wait([serving], timeout=30)
        assert serving.done()
        assert asyncio.all_tasks() - before - {serving} == set()


async def _are_held_up(sql: Connection) -> bool:
    return await sql.fetchval(HELD_UP) >= 2


async def _leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
