"""How the Postgres that is reached stands: version, encoding, writes, rights, clock, connections, and who leads."""

import time
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from chaishots.checks.findings import Finding, State, fault, hint, ok, troubled
from chaishots.content.queries.upcoming_and_overdue import CLOCK_TOLERANCE_SECONDS
from chaishots.database.connection import Connection
from chaishots.database.disk_full import MUCH_BYTES, find_no_room, idle_slot
from chaishots.database.errors import Trouble, trouble_of
from chaishots.database.migrations import OLDEST_POSTGRES
from chaishots.database.multiple_hosts import hosts_of, target_of
from chaishots.database.pool_shares import POOL_SIZE
from chaishots.database.replicas import Replica, Stranger, replicas, stranger
from chaishots.database.schema_parts import tables
from chaishots.safe_text import visible

NEWEST: Final = 18
"""The last that this version was tried with."""
OF_A_REPLICA: Final = POOL_SIZE + 2
"""What a replica takes at most: the pool, one to stand for election, one to hear of changes."""
OF_THE_LEADER: Final = 2
"""What the leader takes beside: to number changes, and to send webhooks."""
_OF_COMMANDS: Final = 2
_SHOWN: Final = 3
_TAKES_WRITES: Final = ("read-write", "primary")
_MEAN_IT: Final = "add target_session_attrs=read-write to DATABASE_URL"

# A session of a worker of Postgres' own has no database; who is another user's is seen all the same.
_FACTS: Final = """
    select current_setting('server_encoding') as encoding, pg_is_in_recovery() as is_standby,
           current_setting('default_transaction_read_only')::boolean as is_read_only,
           extract(epoch from clock_timestamp())::float8 as clock,
           current_setting('max_connections')::int as most,
           current_setting('superuser_reserved_connections')::int
             + coalesce(current_setting('reserved_connections', true), '0')::int as reserved,
           role.rolname as role, role.rolsuper as is_superuser, role.rolconnlimit as most_of_role,
           base.datconnlimit as most_of_database, current_schema() as schema,
           coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
           count(*) as taken, count(*) filter (where session.datname = base.datname) as taken_of_database,
           count(*) filter (where session.usename = role.rolname) as taken_of_role,
           count(*) filter (where session.datname = base.datname and session.application_name like 'chaishots:%:%')
             as ours, to_regclass('aerich') is not null as is_made
      from pg_roles role, pg_database base, pg_stat_activity session
     where role.rolname = current_user and base.datname = current_database() and session.datname is not null
       and session.pid <> pg_backend_pid()
     group by role.oid, role.rolname, role.rolsuper, role.rolconnlimit, base.oid, base.datname, base.datconnlimit
"""
# Each statement has the time that we give it; not the role's, which may be a millisecond.
_OUR_TIME: Final = "set local statement_timeout = 0"
_RIGHTS: Final = """
    select class.relname as name, not pg_has_role(class.relowner, 'usage') as is_anothers,
           array(select privilege from unnest(array['select', 'insert', 'update', 'delete']) privilege
                  where not has_table_privilege(class.oid, privilege)) as lacks
      from pg_class class
     where relkind in ('r', 'p') and relname = any($1)
       and relnamespace = (select relnamespace from pg_class where oid = to_regclass('aerich'))
     order by class.relname
"""


@dataclass(frozen=True)
class Facts:
    """What Postgres tells of itself, and of us; see _FACTS."""

    version: str
    major: int
    clock_off_s: float
    row: Any  # a record of _FACTS
    rights: list[Any]  # records of _RIGHTS
    replicas: list[Replica]
    stranger: Stranger | None
    no_room: Trouble | None = None
    slot: str | None = None


async def read_facts(connection: Connection) -> Facts:
    """Ask for all that is told without touching a table. Raises: what asyncpg does."""
    version = connection.get_server_version()
    async with connection.transaction():  # one backend, whatever is in between
        await connection.execute(_OUR_TIME)
        asked_at = time.time()
        row = await connection.fetchrow(_FACTS)
        replied_at = time.time()
        if row is None:  # it counts sessions, and there is no other
            row = await connection.fetchrow(_FACTS.replace("and session.pid <> pg_backend_pid()", ""))
        assert row is not None
        rights = await connection.fetch(_RIGHTS, tables())
        standing = await replicas(connection)
        in_the_way = None if any(one.leads for one in standing) else await stranger(connection)
    # Nobody knows at which moment in between it was read.
    clock = row["clock"]
    off = asked_at - clock if clock < asked_at else max(0.0, clock - replied_at) * -1
    shown = f"{version.major}.{version.micro}"  # since Postgres 10 the second number is the minor one
    is_primary = not (row["is_standby"] or row["is_read_only"])
    no_room = await find_no_room(connection) if is_primary else None
    slot = await idle_slot(connection, MUCH_BYTES) if is_primary else None
    return Facts(shown, version.major, off, row, rights, standing, in_the_way, no_room, slot)


def look_at_facts(facts: Facts, *, is_pooled: bool) -> list[Finding]:
    """A finding for each of them."""
    return [
        _version(facts),
        _encoding(facts.row["encoding"]),
        _writes(facts),
        _rights(facts),
        _clock(facts.clock_off_s),
        _connections(facts, OF_A_REPLICA - POOL_SIZE * is_pooled),
        _leader(facts),
    ]


def _version(facts: Facts) -> Finding:
    told = f"Postgres {facts.version}"
    if facts.major < OLDEST_POSTGRES:
        return fault("version", f"{told} is too old", f"Name a Postgres {OLDEST_POSTGRES} to {NEWEST} in DATABASE_URL.")
    if facts.major > NEWEST:
        return hint("version", f"{told} is newer than any that this version was tried with", "Try an export first.")
    return ok("version", told)


def _encoding(encoding: str) -> Finding:
    if encoding == "UTF8":
        return ok("encoding", "UTF8")
    return fault(
        "encoding",
        f"the database keeps texts in {encoding}, which has not all letters",
        "Make one in UTF-8 (create database … encoding 'UTF8' template template0), and name it in DATABASE_URL.",
    )


def _writes(facts: Facts) -> Finding:
    row = facts.row
    if row["is_standby"] or row["is_read_only"]:
        where = "a standby in recovery" if row["is_standby"] else "the session is read-only by its settings"
        return troubled("writes", trouble_of(asyncpg.ReadOnlySQLTransactionError(where)))
    if facts.no_room is not None:
        return troubled("writes", facts.no_room)
    if facts.slot is not None:
        return hint("writes", "it is a primary, and takes them; its disk fills", facts.slot)
    return ok("writes", "it is a primary, and takes them")


def look_at_hosts(found: Finding, dsn: str) -> Finding:
    """What was found of writes; and whether a URL of several hosts says that the one is meant which takes them."""
    if len(hosts_of(dsn)) < 2 or target_of(dsn) in _TAKES_WRITES:
        return found
    if found.state is State.OK:
        told = f"{found.message}; after a failover a standby may be met instead"
        return hint("writes", told, f"Of several hosts mean that one: {_MEAN_IT}.")
    return fault("writes", found.message, f"Mean the one of the hosts that takes them: {_MEAN_IT}.")


def _rights(facts: Facts) -> Finding:
    row, role = facts.row, visible(facts.row["role"])
    if not row["is_made"]:
        if row["may_create"]:
            return ok("rights", f"{role} may make tables in the schema {visible(row['schema'])}")
        schema = visible(row["schema"] or "public")
        return fault(
            "rights",
            f"{role} may make no tables in the schema {schema}",
            f"Make it the owner of the database, or: grant create on schema {schema} to {role}.",
        )
    lacking = {right["name"]: right["lacks"] for right in facts.rights if right["lacks"]}
    if lacking:
        named = [f"{'/'.join(lacks)} on {visible(name)}" for name, lacks in list(lacking.items())[:_SHOWN]]
        more = f" and on {len(lacking) - _SHOWN} more tables" if len(lacking) > _SHOWN else ""
        return fault("rights", f"{role} lacks {', '.join(named)}{more}", "Make it their owner, or grant what it lacks.")
    if any(right["is_anothers"] for right in facts.rights):
        return hint(
            "rights",
            f"{role} may do all that is done daily, and does not own the tables",
            "Make it their owner, or have the owner run `chaishots migrate` for each new version.",
        )
    return ok("rights", f"{role} owns the tables")


def _clock(off_s: float) -> Finding:
    side = "ahead of" if off_s > 0 else "behind"
    if abs(off_s) < CLOCK_TOLERANCE_SECONDS:
        return ok("clock", f"within {CLOCK_TOLERANCE_SECONDS} s of Postgres', which decides what is due")
    return fault(
        "clock",
        f"that of this host is {abs(off_s):,.0f} s {side} Postgres', which decides what is due",
        "Set one of the two right (NTP): what runs here logs and answers with wrong times.",
    )


def _connections(facts: Facts, each: int) -> Finding:
    row, running = facts.row, max(1, len(facts.replicas))
    limits = [
        (row["most"] - (0 if row["is_superuser"] else row["reserved"]), row["taken"], "max_connections"),
        (row["most_of_database"], row["taken_of_database"], "the database's CONNECTION LIMIT"),
        (row["most_of_role"], row["taken_of_role"], "the role's CONNECTION LIMIT"),
    ]
    if row["is_superuser"]:  # whom neither limit holds
        limits = limits[:1]
    most, taken, name = min((limit for limit in limits if limit[0] >= 0), key=lambda limit: limit[0] - limit[1])
    ours = row["ours"] if facts.replicas else 0
    need = running * each + OF_THE_LEADER + _OF_COMMANDS
    room = most - (taken - ours)
    replicas_told = f"{running} replica{'s' if running > 1 else ''}"
    told = f"{replicas_told} may take {need}, and {room} are there for them ({name} {most}, others have {taken - ours})"
    if room < need:
        return fault("connections", told, f"Raise {name}, end sessions that nobody needs, or run fewer replicas.")
    if room < need + each:
        return hint("connections", told, f"For a rolling update, which runs one more, let there be {each} more.")
    return ok("connections", told)


def _leader(facts: Facts) -> Finding:
    leader = next((visible(one.name) for one in facts.replicas if one.leads), None)
    others = [visible(one.name) for one in facts.replicas if not one.leads]
    if facts.stranger is not None:
        return troubled("leader", facts.stranger.trouble())
    if leader is None and others:
        return fault(
            "leader", f"nobody leads, and {len(others)} stand by", "Look in their logs for publisher.lost or .refused."
        )
    if leader is None:
        return hint("leader", "no replica runs", "Start one: chaishots serve")
    if deaf := [visible(one.name) for one in facts.replicas if not one.hears]:
        return hint(
            "leader", f"{leader} leads; no changes are heard by {', '.join(deaf)}", "Look for listener.lost there."
        )
    versions = {one.version for one in facts.replicas}
    if len(versions) > 1:
        return hint("leader", f"{leader} leads, and versions differ", "During an update this passes, else see status.")
    return ok("leader", f"{leader} leads, {len(others) or 'none'} stand{'s' * (len(others) < 2)} by")
