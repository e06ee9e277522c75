"""Bringing the schema up to date with Aerich, one replica at a time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from chaishots import __version__
from chaishots.database.advisory_locks import MIGRATION
from chaishots.database.connection import Connection, Process, session
from chaishots.database.errors import DatabaseRefuses, Kind, Trouble, exception_for

_FOLDERS: Final = (Path(__file__).parents[2] / "migrations", Path(__file__).parent / "migrations")
_APP: Final = "chaishots"
_TURN: Final = "2s"
OLDEST_POSTGRES: Final = 15
"""The first version of Postgres that has what we use."""
_SHOWN: Final = 3


@dataclass(frozen=True)
class SearchPath:
    """Where a session looks for the schema, and where it is.

    setting: its search_path. schema: the first of it that there is; None when there is none. source: who set it, as
    pg_settings has it. found: the schema in which it finds what is ours. others: further schemas that have that.
    barred: the first of them that its user may not use. user: who that is.
    """

    setting: str
    schema: str | None
    source: str
    found: str | None
    others: tuple[str, ...]
    barred: str | None = None
    user: str = ""

    @property
    def fault(self) -> str | None:
        """What is wrong with it, in a sentence; None when nothing is.

        Whoever names a new schema in the URL means to have a schema of his own made in it.
        """
        if self._is_barred:
            return f"The content is in the schema {self.barred}, which the user {self.user} may not use."
        if self.found is None and self.others and self.source not in _MEANT:
            return f"The content is in the schema {self.others[0]}, and {self._named} leads past it."
        if self.schema is None and self.source != "default":
            return f"None of the schemas in {self._named} exists."
        return None

    @property
    def split(self) -> str | None:
        """Why what is made anew would come to stand elsewhere than the rest, in a sentence; None when it would not."""
        if self.found in (None, self.schema):
            return None
        return f"The content is in the schema {self.found}, and {self._named} has {self.schema} before it."

    @property
    def action(self) -> str:
        """What to do about it."""
        if self._is_barred:
            return f"As the schema's owner: grant usage on schema {self.barred} to {self.user}."
        there = self.found or next(iter(self.others), "public")
        return (
            f"Set it right where it is set ({_SOURCES.get(self.source, self.source)}), or name the schema in "
            f"DATABASE_URL: ?search_path={there}."
        )

    @property
    def _is_barred(self) -> bool:
        return self.found is None and self.schema is None and self.barred is not None

    @property
    def _named(self) -> str:
        return f"the search_path of this session ({self.setting or 'empty'})"


_MEANT: Final = ("client", "default", "session")
_SOURCES: Final = {
    "user": "alter role … set search_path",
    "database": "alter database … set search_path",
    "database user": "alter role … in database … set search_path",
    "configuration file": "postgresql.conf",
    "client": "DATABASE_URL",
}
_SEARCH_PATH: Final = """
    select setting, source, current_schema() as schema,
           (select nspname from pg_class join pg_namespace space on space.oid = relnamespace
             where pg_class.oid = to_regclass('aerich')) as found,
           array(select nspname from pg_class ours join pg_namespace space on space.oid = ours.relnamespace
                  where ours.relname = 'aerich' and ours.oid is distinct from to_regclass('aerich')
                    and exists (select from pg_class where relname = 'lesson' and relnamespace = space.oid)
                  order by nspname <> 'public', nspname) as others,
           (select nspname from pg_class ours join pg_namespace space on space.oid = ours.relnamespace
             where ours.relname = 'aerich' and not has_schema_privilege(space.oid, 'usage')
               and exists (select from pg_class where relname = 'lesson' and relnamespace = space.oid)
             order by nspname <> 'public', nspname limit 1) as barred,
           current_user::text as user_name
      from pg_settings where name = 'search_path'
"""


@dataclass(frozen=True)
class Standing:
    """How a schema stands to the one that this version knows.

    is_made: whether any migration was applied. missing: those that it lacks. unknown: those that only another version
    knows. path: where it was looked for.
    """

    is_made: bool
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    path: SearchPath

    @property
    def fault_of_path(self) -> str | None:
        """Why the search_path lets nothing be brought up to date, in a sentence; None when it does."""
        return self.path.fault or (self.path.split if self.missing else None)

    @property
    def text(self) -> str:
        """How it stands, in a sentence for people."""
        lacks, has = _named(self.missing), _named(self.unknown)
        if fault := self.fault_of_path:
            return fault
        if not self.is_made:
            return "The database has no schema yet."
        if self.unknown and self.missing:
            return f"The schema is another version's: it has {has}, and lacks {lacks}."
        if self.unknown:
            return f"The schema is newer than this version, {__version__}: it has {has}."
        if self.missing:
            return f"The schema is older than this version, {__version__}: it lacks {lacks}."
        return f"The schema is that of this version, {__version__}."

    @property
    def action(self) -> str:
        """What to do about it."""
        if self.fault_of_path:
            return self.path.action
        if self.unknown:
            return "Run the version that brought it there."
        return "Run `chaishots migrate`." if self.missing else "Nothing has to be done."

    def __str__(self) -> str:
        return f"{self.text} {self.action}"


@dataclass(frozen=True)
class Migrated:
    """What it came to that a schema was brought up to date.

    applied: the names of the migrations applied, in their order; empty when the schema was up to date. found: how it
    stood before.
    """

    applied: list[str]
    found: Standing

    @property
    def newer(self) -> Standing | None:
        """How it stands when it is newer than this version, as in the midst of a rollout; None when it is not."""
        return self.found if self.found.unknown else None


async def standing(dsn: str, *, application_name: str) -> Standing:
    """How the schema stands. Raises: a DatabaseTrouble when Postgres does not tell."""
    async with session(dsn, application_name=application_name) as connection:
        try:
            return await read_standing(connection)
        except Exception as error:
            if told := exception_for(error):
                raise told from error
            raise


async def migrate(dsn: str, *, application_name: str, pins: bool = False) -> Migrated:
    """Apply the migrations that the database has not seen yet, each in one transaction.

    Replicas that start together take turns: the first applies them, the others find nothing to do.

    Args:
        dsn: a URL that goes to Postgres itself, past any transaction pooler.
        pins: whether the process is to stay with this schema, whatever search_path its later sessions would inherit.
    Raises: a DatabaseTrouble: DatabaseAway when Postgres is not reached, DatabaseRefuses when it takes no migration.
    """
    async with session(dsn, application_name=application_name, lock_timeout=_TURN) as connection:
        try:
            _require_version(connection)
            await _take_turn(connection)
            await _require_utf8(connection)
            before = await read_standing(connection)
            if (before.missing and before.unknown) or before.fault_of_path:
                raise DatabaseRefuses(Trouble(Kind.SCHEMA, None, before.text, before.text, before.action))
            if pins:
                Process.search_path = before.path.setting
            return Migrated(await _apply(dsn, application_name) if before.missing else [], before)
        except Exception as error:
            if told := exception_for(error):
                raise told from error
            raise


def folder() -> Path:
    """Where the migrations are: beside the package in a checkout, inside it when installed."""
    return next(folder for folder in _FOLDERS if (folder / _APP).is_dir())


async def read_standing(connection: Connection) -> Standing:
    """How the schema stands, by this session. Raises: what asyncpg does."""
    known, applied = _known(), set[str]()
    row = await connection.fetchrow(_SEARCH_PATH)
    assert row is not None  # there always is such a setting
    path = SearchPath(
        row["setting"],
        row["schema"],
        row["source"],
        row["found"],
        tuple(row["others"]),
        row["barred"],
        row["user_name"],
    )
    if await connection.fetchval("select to_regclass('aerich')") is not None:
        applied = {row["version"] for row in await connection.fetch("select version from aerich where app = $1", _APP)}
    return Standing(bool(applied), _in_order(known - applied), _in_order(applied - known), path)


def _known() -> set[str]:
    return {file.name for file in (folder() / _APP).glob("[0-9]*.py")}


def _in_order(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (len(name.split("_")[0]), name)))


def _named(names: tuple[str, ...]) -> str:
    shown = [name.removesuffix(".py") for name in names[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _require_version(connection: Connection) -> None:
    version = connection.get_server_version()
    if version.major < OLDEST_POSTGRES:
        text = f"Postgres {version.major}.{version.minor} is too old."
        action = f"Name one of version {OLDEST_POSTGRES} or later in DATABASE_URL."
        raise DatabaseRefuses(Trouble(Kind.OTHER, None, text, text, action))


async def _require_utf8(connection: Connection) -> None:
    # Any other keeps no title in Telugu, and says so at the first of them.
    encoding = await connection.fetchval("select current_setting('server_encoding')")
    if encoding != "UTF8":
        text = f"The database keeps texts in {encoding}, which has not all letters."
        action = (
            "Make one in UTF-8 (create database … encoding 'UTF8' template template0), and name it in DATABASE_URL."
        )
        raise DatabaseRefuses(Trouble(Kind.SCHEMA, None, text, text, action))


async def _apply(dsn: str, application_name: str) -> list[str]:
    # Aerich and Tortoise take a fifth of a second each to import, and most starts find the schema up to date.
    from aerich import Command
    from tortoise.context import TortoiseContext

    from chaishots.database.orm import APP, tortoise_config

    config = tortoise_config(dsn, application_name=application_name, models=("aerich.models",))
    async with TortoiseContext() as context:
        await context.init(config=config)
        command = Command(config, app=APP, location=str(folder()))
        await command.init()
        return await command.upgrade()


async def _take_turn(connection: Connection) -> None:
    # In turns: a statement that waits without end holds a snapshot, which keeps VACUUM from cleaning.
    while True:
        try:
            await connection.execute("select pg_advisory_lock($1)", MIGRATION)
        except asyncpg.LockNotAvailableError:
            continue
        return
