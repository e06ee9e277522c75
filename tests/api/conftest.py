"""The real application on a real socket, in this process."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from chaishots.api.app import create_app
from chaishots.api.delivery import Delivery
from chaishots.api.serving import bound_sockets, serve
from chaishots.content.lifecycle import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.notifications import Listener
from tests.conftest import Database

REPLICA = "tests"


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, served by Hypercorn on a port of its own, and listening to changes."""
    async with served(database) as (client, _, _):
        yield client


@asynccontextmanager
async def served(database: Database, **settings: Any) -> AsyncGenerator[tuple[httpx.AsyncClient, Delivery, Listener]]:
    """The application, served as in `client`: its client, its delivery layer, and who listens for it."""
    stop = asyncio.Event()
    sockets = bound_sockets("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    listener = Listener(database.dsn, application_name="chaishots:tests:listener")
    app = create_app(replica=REPLICA, listener=listener, **settings)
    listening = asyncio.Event()
    listener.subscribe(lambda heard: listening.set() if heard.is_listening else None)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(listener.run())
        tasks.create_task(serve(app, sockets, stop=stop))
        await listening.wait()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client, app, listener
        stop.set()
        running.cancel()


@pytest.fixture
async def editor(client: httpx.AsyncClient, sql: Connection) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an editor's token."""
    _, token = await create_token(sql, "asha", Role.EDITOR)
    async with httpx.AsyncClient(base_url=client.base_url, headers={"Authorization": f"Bearer {token}"}) as editing:
        yield editing
