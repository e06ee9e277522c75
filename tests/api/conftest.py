"""The real application on a real socket, in this process."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from chaishots.api.app import create_app
from chaishots.api.serving import bound_sockets, serve
from chaishots.content.lifecycle import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.conftest import Database

REPLICA = "tests"


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, served by Hypercorn on a port of its own."""
    stop = asyncio.Event()
    sockets = bound_sockets("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(create_app(replica=REPLICA), sockets, stop=stop))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
        stop.set()


@pytest.fixture
async def editor(client: httpx.AsyncClient, sql: Connection) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an editor's token."""
    _, token = await create_token(sql, "asha", Role.EDITOR)
    async with httpx.AsyncClient(base_url=client.base_url, headers={"Authorization": f"Bearer {token}"}) as editing:
        yield editing
