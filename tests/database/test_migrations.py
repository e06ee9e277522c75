"""The migrations: applied once, by whoever comes first, and in step with the models."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aerich import Command
from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.utils import get_schema_sql

from chaishots.database.connection import Connection
from chaishots.database.migrations import folder, migrate
from chaishots.database.orm import APP, tortoise_config
from tests.builders import a_public_program
from tests.cluster import eventually
from tests.conftest import Database

ALL = sorted((path.name for path in (folder() / APP).glob("*_*.py")), key=lambda name: int(name.split("_")[0]))


async def ask(database: Database, statement: str) -> list[asyncpg.Record]:
    """The rows of one statement."""
    connection = await asyncpg.connect(database.dsn)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def downgrade(database: Database, version: int) -> list[str]:
    """Take back the migrations from the one of this place in ALL on, as `aerich downgrade` does; their names."""
    config = tortoise_config(database.dsn, models=("aerich.models",))
    async with TortoiseContext() as context:
        await context.init(config=config)
        command = Command(config, app=APP, location=str(folder()))
        await command.init()
        return await command.downgrade(int(ALL[version].split("_")[0]), delete=False)


_APPLIED = "select version from aerich order by id"
_OBJECTS = """
    select relkind::text || ' ' || relname as name from pg_class
     where relnamespace = current_schema()::regnamespace and relname not like '%aerich%'
     union all
    select 'function ' || proname from pg_proc where pronamespace = current_schema()::regnamespace
     order by 1
"""
# A whole schema as rows that can be compared.
_SCHEMA = """
    select 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable || ' '
           || coalesce(column_default, '') as line
      from information_schema.columns where table_schema = current_schema()
     union all
    select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
     where connamespace = current_schema()::regnamespace
     union all
    select 'index ' || indexdef from pg_indexes where schemaname = current_schema()
     union all
    select 'trigger ' || tgname || ' ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
     union all
    select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace = current_schema()::regnamespace
     order by 1
"""


async def lines(database: Database, statement: str) -> list[str]:
    """The one column of a statement's rows."""
    return [row[0] for row in await ask(database, statement)]


async def test_an_empty_database_gets_every_migration_in_its_order(empty_database: Database) -> None:
    migrated = await migrate(empty_database.dsn, application_name="tests")

    assert migrated.applied == ALL
    assert await lines(empty_database, _APPLIED) == ALL


async def test_a_database_that_is_up_to_date_gets_none(empty_database: Database) -> None:
    await migrate(empty_database.dsn, application_name="tests")

    again = await migrate(empty_database.dsn, application_name="tests")
    assert again.applied == []
    assert again.newer is None


async def test_a_schema_that_is_newer_is_told_by_what_this_version_does_not_know(empty_database: Database) -> None:
    await migrate(empty_database.dsn, application_name="tests")
    later = "900_20991231000000_later.py"
    await ask(empty_database, f"insert into aerich (version, app, content) values ('{later}', 'chaishots', '{{}}')")

    migrated = await migrate(empty_database.dsn, application_name="tests")

    assert migrated.applied == []
    assert migrated.newer is not None
    assert migrated.newer.unknown == (later,)


async def test_migrating_leaves_the_content_as_it_is(sql: Connection, fresh_database: Database) -> None:
    await a_public_program(sql)
    before = await sql.fetch("select * from lesson")

    await migrate(fresh_database.dsn, application_name="tests")

    assert await sql.fetch("select * from lesson") == before


async def test_of_five_that_migrate_at_once_all_succeed_and_each_migration_is_applied_once(
    empty_database: Database,
) -> None:
    migrated = await asyncio.gather(*(migrate(empty_database.dsn, application_name=f"tests {n}") for n in range(5)))

    assert sorted(each.applied for each in migrated) == [[], [], [], [], ALL]
    assert await lines(empty_database, _APPLIED) == ALL


async def test_one_that_migrates_leaves_no_session_and_no_lock_behind(empty_database: Database) -> None:
    await migrate(empty_database.dsn, application_name="tests migrating")

    async def is_gone() -> bool:
        return not await ask(
            empty_database,
            """
            select from pg_stat_activity where application_name = 'tests migrating'
             union all
            select from pg_locks where locktype = 'advisory'
                   and database = (select oid from pg_database where datname = current_database())
            """,
        )

    assert await eventually(is_gone)


async def test_aerich_finds_nothing_to_migrate(fresh_database: Database, tmp_path: Path) -> None:
    location = tmp_path / "migrations"
    shutil.copytree(folder(), location, ignore=shutil.ignore_patterns("__pycache__"))
    config = tortoise_config(fresh_database.dsn, models=("aerich.models",))

    async with TortoiseContext() as context:
        await context.init(config=config)
        command = Command(config, app=APP, location=str(location))
        await command.init()
        made = await command.migrate(no_input=True)

    written = sorted(path.name for path in (location / APP).glob("*_*.py") if path.name not in ALL)
    assert (made, [(location / APP / name).read_text() for name in written]) == ("", [])


_COLUMNS = """
    select table_name, column_name, udt_name, character_maximum_length, is_nullable, column_default
      from information_schema.columns where table_schema = current_schema() and table_name <> 'aerich'
     order by table_name, column_name
"""
_DEFAULTS = """
    create function chaishots_uuid7() returns uuid language sql as 'select gen_random_uuid()';
    create function chaishots_webhook_secret() returns text language sql as 'select gen_random_uuid()::text';
    create function chaishots_actor() returns text language sql as 'select current_user::text'
"""


async def test_the_migrations_make_exactly_the_models_columns(
    fresh_database: Database, empty_database: Database
) -> None:
    plain = await asyncpg.connect(empty_database.dsn)
    await plain.execute(_DEFAULTS)
    await plain.close()
    async with TortoiseContext() as context:
        await context.init(config=tortoise_config(empty_database.dsn))
        connection = Tortoise.get_connection("default")
        await connection.execute_script(get_schema_sql(connection, safe=False))

    by_models: list[dict[str, Any]] = [dict(column) for column in await ask(empty_database, _COLUMNS)]
    by_migrations = [dict(column) for column in await ask(fresh_database, _COLUMNS)]
    assert by_migrations == by_models


async def test_a_downgrade_of_everything_leaves_nothing(fresh_database: Database) -> None:
    await downgrade(fresh_database, 0)

    assert await lines(fresh_database, _OBJECTS) == []


async def test_the_newest_migrations_are_taken_back_first(fresh_database: Database) -> None:
    assert await downgrade(fresh_database, 0) == ALL[::-1]


@pytest.mark.parametrize("version", range(len(ALL)), ids=ALL)
async def test_what_is_taken_back_can_be_applied_again_and_the_content_stays(
    sql: Connection, fresh_database: Database, version: int
) -> None:
    schema = await lines(fresh_database, _SCHEMA)
    await a_public_program(sql)
    lessons = await sql.fetch("select * from lesson")

    await downgrade(fresh_database, version)

    assert (await migrate(fresh_database.dsn, application_name="tests")).applied == ALL[version:]
    assert await lines(fresh_database, _SCHEMA) == schema
    assert await sql.fetch("select * from lesson") == (lessons if version else [])  # the first makes the tables


# A column that was added with a default has its value for older rows in the catalog (atthasmissing).
_LOG_OF_COLUMNS = """
    create schema log;
    create table log.added (of_table regclass, place int, taken_by oidvector, primary key (of_table, place));
    create function log.note() returns event_trigger language plpgsql as $$
    begin
        insert into log.added
        select objid, attnum, (select proargtypes from pg_proc where pg_type.oid = any (proargtypes) limit 1)
          from pg_event_trigger_ddl_commands()
               join pg_attribute on attrelid = objid and atthasmissing join pg_type on typrelid = objid
            on conflict do nothing;
    end $$;
    create event trigger log_added on ddl_command_end when tag in ('ALTER TABLE') execute function log.note();
"""


async def test_no_column_is_added_in_a_way_that_postgres_17_refuses(empty_database: Database) -> None:
    """With a default, to a table whose row a function takes: what tests run on may be newer than what others have."""
    connection = await asyncpg.connect(empty_database.dsn)
    await connection.execute(_LOG_OF_COLUMNS)
    await migrate(empty_database.dsn, application_name="tests")
    added = await connection.fetch("select of_table::text as name, taken_by is not null as is_refused from log.added")
    await connection.close()

    assert added
    assert {row["name"] for row in added if row["is_refused"]} == set()
