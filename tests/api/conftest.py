"""The real application on a real socket, in this process."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from chaishots.api.app import create_app
from chaishots.api.delivery import invalidation
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.request_tasks import RequestTasks
from chaishots.api.server.server import serve
from chaishots.api.server.sockets import bound_sockets
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.listener import CONTENT_CHANNEL, Listener
from chaishots.storage.folder_or_bucket import Store
from tests.api.contract.documented_answers import is_told
from tests.conftest import Database

REPLICA = "tests"
HOOKS = {"response": [is_told]}


@dataclass(frozen=True)
class Served:
    """The application as it is served, with what a test looks at from inside."""

    client: httpx2.AsyncClient
    app: Delivery
    listener: Listener

    async def has_heard(self, sql: Connection) -> None:
        """Go on once the application has heard of all that was committed until now."""
        heard = asyncio.Event()
        mark = uuid4().hex
        leave = self.listener.subscribe(lambda told: heard.set() if mark in told.tables else None)
        await sql.execute("select pg_notify($1, $2)", CONTENT_CHANNEL, f"{mark}:")  # of no program
        async with asyncio.timeout(10):
            await heard.wait()
        leave()


@asynccontextmanager
async def served(
    database: Database, *, listens: bool = True, hears_over: str | None = None, **settings: Any
) -> AsyncGenerator[Served]:
    """The real application, served by Hypercorn on a port of its own; with `listens`, it hears of changes.

    Args:
        hears_over: another DSN of the database, for the session that listens.
    """
    stop = asyncio.Event()
    sockets = bound_sockets("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    listener = Listener(hears_over or database.dsn, application_name="chaishots:tests:listener")
    pictures = Path(tempfile.mkdtemp(prefix="chaishots-pictures-"))
    settings.setdefault("store", Store(str(pictures)))
    requests = RequestTasks()
    app = create_app(replica=REPLICA, listener=listener, tasks=requests, **settings)
    listening = asyncio.Event()
    listener.subscribe(lambda heard: listening.set() if heard.is_listening else None)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(listener.run())] if listens else []
        tasks.create_task(serve(app, sockets, stop=stop, tasks=requests, reads=app))
        if listens:
            await listening.wait()
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=30, event_hooks=HOOKS
        ) as client:
            yield Served(client, app, listener)
        stop.set()
        for task in running:
            task.cancel()
    shutil.rmtree(pictures)


@pytest.fixture(autouse=True)
def no_grace(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing old is served in a burst of changes, but where that is what is tried."""
    if "delivery" not in request.path.parts:
        monkeypatch.setattr(invalidation, "GRACE_SECONDS", 0)


@pytest.fixture
async def whole(database: Database) -> AsyncIterator[Served]:
    """The application, listening to changes, with what a test looks at from inside."""
    async with served(database) as serving:
        yield serving


@pytest.fixture
async def cold(database: Database) -> AsyncIterator[Served]:
    """The application, keeping no answer."""
    async with served(database, cache_bytes=0) as serving:
        yield serving


@pytest.fixture
async def client(whole: Served) -> httpx2.AsyncClient:
    """A client of the application."""
    return whole.client


@pytest.fixture
async def editor(client: httpx2.AsyncClient, sql: Connection) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an editor's token."""
    _, token = await create_token(sql, "asha", Role.EDITOR)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=client.base_url, headers=headers, timeout=30, event_hooks=HOOKS) as editing:
        yield editing
