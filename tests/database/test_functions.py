"""Each function of the database stands in migrations/functions as it is after all migrations.

`pytest tests/database/test_functions.py --snapshot-update` writes them anew.
"""

from pathlib import Path

import asyncpg
import pytest

from chaishots.database.migrations import folder, migrate
from tests.conftest import Database

FUNCTIONS = folder() / "functions"

# The log is in the transaction of the migration that makes the function, as is the row of the migration itself.
_LOG = """
    create schema log;
    create table log.made (its oid, migrated_in xid);
    create function log.note() returns event_trigger language plpgsql as $$
    begin
        insert into log.made select objid, pg_current_xact_id()::xid
          from pg_event_trigger_ddl_commands() where schema_name = 'public';
    end $$;
    create event trigger log_made on ddl_command_end when tag in ('CREATE FUNCTION') execute function log.note();
"""
_FUNCTIONS = """
    select proname as name, version, pg_get_functiondef(pg_proc.oid) as text,
           array(select pg_get_triggerdef(oid) from pg_trigger where tgfoid = pg_proc.oid and not tgisinternal
                  order by tgrelid::regclass::text collate "C", tgname collate "C") as triggers
      from (select distinct on (its) its, version from log.made join aerich on aerich.xmin = migrated_in
             order by its, id desc) as last
           join pg_proc on pg_proc.oid = its
     order by proname collate "C", pg_get_function_arguments(pg_proc.oid) collate "C"
"""
_HEAD = "-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.\n"


async def read_functions(database: Database) -> dict[str, str]:
    """Has an empty database migrated; what is to stand in the file of each name, overloads together."""
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(_LOG)
    await migrate(database.dsn, application_name="tests")
    files: dict[str, str] = {}
    for row in await connection.fetch(_FUNCTIONS):
        name = f"{row['name'].removeprefix('chaishots_')}.sql"
        triggers = "".join(f"\n{trigger.replace('public.', '')};\n" for trigger in row["triggers"])
        text = f"\n-- {row['version']}\n{row['text'].replace('public.', '').rstrip()};\n{triggers}"
        files[name] = files.get(name, _HEAD) + text
    await connection.close()
    return files


async def test_each_function_stands_as_a_file_as_the_migrations_leave_it(
    empty_database: Database, pytestconfig: pytest.Config
) -> None:
    functions = await read_functions(empty_database)

    if pytestconfig.option.update_snapshots:
        write(functions)
    stored = {path.name: path.read_text() for path in FUNCTIONS.glob("*.sql")}
    differing = sorted(name for name, text in (functions.items() ^ stored.items()))
    assert not differing, (
        f"A migration has made these otherwise: {', '.join(dict.fromkeys(differing))}. "
        "Write them anew: pytest tests/database/test_functions.py --snapshot-update"
    )


def write(functions: dict[str, str]) -> None:
    for path in FUNCTIONS.glob("*.sql"):
        path.unlink()
    for name, text in functions.items():
        Path(FUNCTIONS, name).write_text(text)
