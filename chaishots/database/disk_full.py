"""Whether Postgres' disk takes anything more, found by writing; and which replication slot keeps it full.

A disk that is full lets what fits into half-empty pages be written, so that a look alone tells nothing before the
moment. Must not know what is kept in the database.
"""

from dataclasses import replace
from typing import Final

import asyncpg

from chaishots.database.connection import Connection
from chaishots.database.errors import Kind, Trouble, trouble_of

MUCH_BYTES: Final = 2**30
"""From how much on it is told what a slot keeps, though there is room."""
_SOME_BYTES: Final = 2**24
_MEGABYTE: Final = 2**20

# New blocks of a table of this session alone, on the disk of the database, whatever temp_tablespaces says. In WAL it
# leaves next to nothing, where a write without room would end the server. Given back whatever comes of it.
_TRY: Final = """
    begin;
    set local temp_tablespaces = '';
    set local lock_timeout = '100ms';
    create temporary table chaishots_room (filler text) on commit drop;
    alter table chaishots_room alter column filler set storage plain;
    insert into chaishots_room select repeat('x', 4000) from generate_series(1, 32);
    rollback
"""
_IDLE_SLOT: Final = """
    select slot_name::text as name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint as bytes
      from pg_replication_slots
     where not active and restart_lsn is not null and pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) >= $1
     order by bytes desc limit 1
"""


async def find_no_room(connection: Connection) -> Trouble | None:
    """That the disk is full, and what keeps it so when that is seen; None when it took what was written.

    Nothing is known, and None as well, where the user may make no temporary table.
    """
    if connection.is_in_transaction():
        return None
    try:
        await connection.execute(_TRY)
    except asyncpg.PostgresError as error:
        trouble = trouble_of(error)
        await connection.execute("rollback")
        trouble = replace(trouble, text=trouble.of_writes)
        return await name_slot(connection, trouble) if trouble.kind is Kind.DISK_FULL else None
    return None


async def name_slot(connection: Connection, trouble: Trouble) -> Trouble:
    """A trouble with the disk, with the slot that keeps most of what could be given back, if there is one."""
    slot = await idle_slot(connection, _SOME_BYTES)
    return replace(trouble, action=f"{trouble.action} {slot}") if slot else trouble


async def idle_slot(connection: Connection, least_bytes: int) -> str | None:
    """What the largest replication slot that nobody reads keeps, and how to do without, in sentences."""
    try:
        row = await connection.fetchrow(_IDLE_SLOT, least_bytes)
    except asyncpg.PostgresError:  # a standby has no WAL of its own
        return None
    if row is None:
        return None
    quoted = row["name"].replace("'", "''")
    return (
        f"The replication slot {row['name']}, which nobody reads, keeps {row['bytes'] / _MEGABYTE:,.0f} MB of WAL on "
        f"it: unless its reader comes back, as a superuser: select pg_drop_replication_slot('{quoted}')."
    )
