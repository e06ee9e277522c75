"""What every test stands on: a real Postgres (DATABASE_URL, else the embedded one) and an empty, migrated database."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from chaishots.database.connection import Connection, opened
from chaishots.database.embedded import embedded_postgres
from chaishots.database.migrations import migrate
from tests.cluster import Cluster


@dataclass(frozen=True)
class Database:
    """A database of one test's own."""

    dsn: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a Postgres in which tests may create databases."""
    if dsn := os.environ.get("DATABASE_URL"):
        yield dsn
        return
    folder = Path(tempfile.mkdtemp(prefix="chaishots-"))  # pytest's own paths can be too long for a socket
    try:
        with embedded_postgres(folder / "postgres") as dsn:
            asyncio.run(_set_fsync(dsn, "off"))  # making a database takes 0.4 s with it, 0.05 s without
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def durable(postgres: str) -> AsyncIterator[None]:
    """Commits that reach the disk, for tests that time them."""
    if "DATABASE_URL" in os.environ:
        yield
        return
    await _set_fsync(postgres, "on")
    yield
    await _set_fsync(postgres, "off")


@pytest.fixture(scope="session")
def template(postgres: str) -> Iterator[str]:
    """The name of a migrated, empty database to copy."""
    name = f"chaishots_template_{os.getpid()}"
    asyncio.run(_execute(postgres, f"drop database if exists {name}", f"create database {name}"))
    asyncio.run(migrate(in_database(postgres, name), application_name="tests"))
    yield name
    asyncio.run(_execute(postgres, f"drop database {name} with (force)"))


@pytest.fixture
async def fresh_database(postgres: str, template: str) -> AsyncIterator[Database]:
    """A migrated, empty database, with nothing of this process connected to it."""
    name = f"chaishots_test_{uuid4().hex[:12]}"
    await _execute(postgres, f"create database {name} template {template}")
    yield Database(in_database(postgres, name))
    await _execute(postgres, f"drop database {name} with (force)")


@pytest.fixture
async def database(fresh_database: Database) -> AsyncIterator[Database]:
    """A migrated, empty database, with the process's pool opened on it."""
    async with opened(fresh_database.dsn, application_name="chaishots:tests:pool"):
        yield fresh_database


@pytest.fixture
async def sql(fresh_database: Database) -> AsyncIterator[Connection]:
    """A plain session, as psql would have: outside the application, under the database user's own name."""
    connection = await asyncpg.connect(fresh_database.dsn, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


@pytest.fixture
async def cluster(fresh_database: Database) -> AsyncIterator[Cluster]:
    """Replicas of the real server, as processes of their own on one database; none is started yet."""
    async with Cluster(fresh_database.dsn) as running:
        yield running


async def _set_fsync(dsn: str, value: str) -> None:
    await _execute(dsn, f"alter system set fsync = {value}", "select pg_reload_conf()")


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def in_database(dsn: str, name: str) -> str:
    """The DSN of another database in the same Postgres."""
    # urlunsplit would drop the slashes of a URL without a host, which is how a socket's folder is named.
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(path=f"/{name}")) if parts.netloc else dsn.replace(parts.path, f"/{name}", 1)
