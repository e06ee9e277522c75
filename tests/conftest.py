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

from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from chaishots.database.migrations import migrate
from chaishots.database.pool import open_pool
from tests.cluster import Cluster

pytest_plugins = ["tests.side_by_side"]


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


@dataclass(frozen=True)
class Template:
    """A migrated, empty database to copy."""

    name: str
    schema: str


@pytest.fixture(scope="session")
def made(postgres: str) -> Iterator[Template]:
    """What every test's database is a copy of."""
    name = f"chaishots_template_{os.getpid()}"
    dsn = in_database(postgres, name)
    asyncio.run(_execute(postgres, f"drop database if exists {name}", f"create database {name}"))
    asyncio.run(migrate(dsn, application_name="tests"))
    yield Template(name, asyncio.run(_schema(dsn)))
    asyncio.run(_execute(postgres, f"drop database {name} with (force)"))


@pytest.fixture(scope="session")
def template(made: Template) -> str:
    """The name of a migrated, empty database to copy."""
    return made.name


@pytest.fixture(scope="module")
def spare_databases(postgres: str) -> Iterator[list[str]]:
    """The names of databases that a test of the module had, and left as they were made."""
    names: list[str] = []
    yield names
    asyncio.run(_execute(postgres, *(f"drop database {name} with (force)" for name in names)))


@pytest.fixture
async def fresh_database(postgres: str, made: Template, spare_databases: list[str]) -> AsyncIterator[Database]:
    """A migrated, empty database, with nothing of this process connected to it.

    It is the one that the test before had, emptied, which takes 10 ms where making one takes 150; a test that changes
    the schema, the database's settings or its size by much leaves none to the next.
    """
    if not spare_databases:
        name = f"chaishots_test_{uuid4().hex[:12]}"
        await _execute(postgres, f"create database {name} template {made.name}")
        spare_databases.append(name)
    name = spare_databases.pop()
    dsn = in_database(postgres, name)
    yield Database(dsn)
    if await _emptied(dsn, made.schema):
        spare_databases.append(name)
    else:
        await _execute(postgres, f"drop database if exists {name} with (force)")


@pytest.fixture
async def empty_database(postgres: str) -> AsyncIterator[Database]:
    """A database in which nothing is."""
    name = f"chaishots_test_{uuid4().hex[:12]}"
    server = await asyncpg.connect(postgres)
    await server.execute(f"create database {name}")
    yield Database(in_database(postgres, name))
    await server.execute(f"drop database {name} with (force)")
    await server.close()


@pytest.fixture
async def database(fresh_database: Database) -> AsyncIterator[Database]:
    """A migrated, empty database, with the process's pool opened on it."""
    async with open_pool(fresh_database.dsn, application_name="chaishots:tests:pool"):
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


EMPTY = """
    do $$
    declare
        content record;
    begin
        set local session_replication_role = replica;
        for content in select tablename as name from pg_tables
                        where schemaname = current_schema() and tablename <> 'aerich'
        loop
            execute format('delete from %I', content.name);
        end loop;
    end $$
"""
_CATALOGS = (
    *("aerich", "pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_default_acl", "pg_event_trigger"),
    *("pg_extension", "pg_index", "pg_policy", "pg_proc", "pg_publication", "pg_rewrite", "pg_trigger", "pg_type"),
    "pg_namespace where nspname !~ '^pg_(toast_)?temp_'",
    "pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database())",
)
# Every row of theirs has the number of the transaction that wrote it, which a copy of the database keeps.
_SCHEMA = f"""
    select concat_ws(' ', {", ".join(f"(select (count(*), sum(xmin::text::bigint)) from {one})" for one in _CATALOGS)},
                     (select (datconnlimit, datallowconn, datacl, datdba) from pg_database
                       where datname = current_database()))
"""
_END_OTHERS = """
    select pg_terminate_backend(pid, 10000) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
"""
_RESTART = "select setval(oid, 1, false) from pg_class where relkind = 'S' and relname <> 'aerich_id_seq'"
_LARGE_BYTES = 24_000_000


async def _emptied(dsn: str, schema: str) -> bool:
    """Whether the database could be made what it was: by nobody's leave where a test has changed more than content."""
    try:
        connection = await asyncpg.connect(dsn, server_settings={"lock_timeout": "10s"})
    except (OSError, asyncpg.PostgresError):
        return False
    try:
        await connection.execute(_END_OTHERS)
        if await connection.fetchval(_SCHEMA) != schema:
            return False
        await connection.execute(EMPTY)
        await connection.execute(_RESTART)
        return await connection.fetchval("select pg_database_size(current_database())") < _LARGE_BYTES
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()


async def _schema(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(_SCHEMA)
    finally:
        await connection.close()


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
