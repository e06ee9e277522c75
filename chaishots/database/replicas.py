"""The replicas, as Postgres sees them: by the names of their connections, and by the advisory locks that they hold.

No table of replicas, no heartbeat: a session that ended is gone from here at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chaishots import __version__
from chaishots.database.advisory_locks import LEASE_MARK, PUBLISHER, SCHEMA_MARK, VERSION_MARK
from chaishots.database.connection import Connection
from chaishots.database.errors import Kind, Trouble
from chaishots.database.lock_holders import OF_SESSION, LockOwner, owner_of
from chaishots.safe_text import visible
from chaishots.times import tell_time

_WAITS: Final = "waits"
_DEAF: Final = "10 seconds"
"""How old the last question of a session that hears of changes may be, which asks every two."""

# Where this session finds the content.
_SCHEMA: Final = """
    schema as materialized (
        select namespace.oid as oid,
               $1::bigint + case nspname when 'public' then 0 else namespace.oid::bigint end as key
          from pg_class content join pg_namespace namespace on namespace.oid = content.relnamespace
         where content.oid = to_regclass('lesson')
    )
"""

# An oid is unsigned, and the lock's number is not.
_STAND: Final = f"""
    with {_SCHEMA}
    select coalesce((select key from schema), $1::bigint) as lock,
           current_setting('transaction_read_only')::boolean as is_read_only, pg_is_in_recovery() as is_in_recovery,
           pg_advisory_lock_shared({LEASE_MARK}, $2), pg_advisory_lock_shared({VERSION_MARK}, $3),
           (select pg_advisory_lock_shared({SCHEMA_MARK}, ('x' || lpad(to_hex(oid::bigint), 8, '0'))::bit(32)::integer)
              from schema)
"""

_REPLICAS: Final = f"""
    with {_SCHEMA}, lock as materialized (
        select pid, classid::bigint << 32 | objid::bigint as key, classid, objid::bigint as mark, objsubid
          from pg_locks where locktype = 'advisory' and granted
           and database = (select oid from pg_database where datname = current_database())
    ), heard as materialized (
        select split_part(application_name, ':', 2) as name, max(query_start) as heard_at from pg_stat_activity
         where datname = current_database() and application_name like 'chaishots:%:listener' group by 1
    )
    select split_part(session.application_name, ':', 2) as name, session.backend_start as connected_at,
           exists (select from lock where lock.pid = session.pid and objsubid = 1
                      and key = coalesce((select key from schema), $1::bigint)) as leads,
           (select mark from lock where lock.pid = session.pid and objsubid = 2 and classid = {LEASE_MARK}
             limit 1) as lease_ms,
           (select mark from lock where lock.pid = session.pid and objsubid = 2 and classid = {VERSION_MARK}
             limit 1) as version,
           case when session.application_name like 'chaishots:%:{_WAITS}:%'
                then split_part(session.application_name, ':', 4) end as trouble,
           heard.heard_at,
           heard.name is not null and coalesce(heard.heard_at > now() - interval '{_DEAF}', true) as hears
      from pg_stat_activity session
           left join heard on heard.name = split_part(session.application_name, ':', 2)
     where session.datname = current_database()
       and (session.application_name like 'chaishots:%:publisher'
            or session.application_name like 'chaishots:%:{_WAITS}:%')
       and not exists (select from lock where lock.pid = session.pid and objsubid = 2 and classid = {SCHEMA_MARK}
                          and mark <> (select oid::bigint from schema))
     order by leads desc, name, session.pid
"""


# Whoever holds the publisher's lock.
_HOLDER: Final = f"""
    with {_SCHEMA}
    select {OF_SESSION}, host(session.client_addr) as address, session.backend_start
      from pg_locks lock join pg_stat_activity session on session.pid = lock.pid
     where lock.locktype = 'advisory' and lock.granted and lock.objsubid = 1
       and lock.database = (select oid from pg_database where datname = current_database())
       and lock.classid::bigint << 32 | lock.objid::bigint = coalesce((select key from schema), $1::bigint)
"""
_IS_OURS: Final = f"""
    (session.application_name like 'chaishots:%:publisher' or session.application_name like 'chaishots:%:{_WAITS}:%')
"""
_LEADING: Final = f"{_HOLDER} and {_IS_OURS}"
# No replica of ours: somebody with the same number, or a session that was left behind.
_STRANGER: Final = f"{_HOLDER} and not {_IS_OURS} order by session.backend_start, session.pid limit 1"


def application_name(replica: str, part: str) -> str:
    """What a replica's connection for one of its parts is called in pg_stat_activity."""
    return f"chaishots:{replica}:{part}"


def name_in_trouble(replica: str, sqlstate: str) -> str:
    """What the publisher's connection is called while Postgres refuses what it does, for everybody to see."""
    return application_name(replica, f"{_WAITS}:{sqlstate}")  # at most 62 bytes of Postgres' 63


@dataclass(frozen=True)
class Replica:
    """A replica whose publisher is connected.

    lease_ms: how long Postgres waits for its sign of life before it ends its lead; None when it does not tell.
    trouble: the SQLSTATE for which Postgres refused what it was to publish, last time; None when it does not.
    hears: whether it hears of changes. heard_at: when it last asked to; None when that is another user's session.
    version: of the program that runs there; None when it is one that does not tell.
    """

    name: str
    leads: bool
    connected_at: datetime
    lease_ms: int | None = None
    trouble: str | None = None
    hears: bool = True
    heard_at: datetime | None = None
    version: str | None = None


@dataclass(frozen=True)
class Standing:
    """How a publisher's session stands when it is opened.

    lock: the number of the lock that it has to have. is_read_only: whether Postgres would refuse what it writes;
    is_in_recovery: because it is a standby.
    """

    lock: int
    is_read_only: bool
    is_in_recovery: bool


@dataclass(frozen=True)
class Stranger:
    """A session that is no replica's and holds the publisher's lock, so that no replica can lead.

    address: where it comes from; None when that is this host's socket, or another user's and not ours to see, as state
    and since.
    """

    pid: int
    application_name: str
    user_name: str | None
    address: str | None
    state: str | None
    since: datetime | None
    may_end: bool | None = None

    def trouble(self) -> Trouble:
        """What to tell people."""
        known = [
            self.application_name or "without a name",
            f"user {self.user_name}" if self.user_name else "",
            f"from {self.address}" if self.address else "",
            self.state or "",
            f"connected since {tell_time(self.since)}" if self.since else "",
        ]
        text = (
            f"Process {self.pid} ({', '.join(part for part in known if part)}) holds the publisher's lock and is no "
            "replica, so nobody can publish."
        )
        owner = LockOwner(self.pid, may_end=self.may_end)
        action = f"Let it finish, or {owner.ending} A replica leads at once then."
        return Trouble(Kind.CROSSED, None, text, text, action)


@dataclass(frozen=True)
class Leading:
    """The session that leads.

    pid: of Postgres' process, not of the replica's. since: when it connected; None when it is another user's and not
    ours to see.
    """

    name: str
    pid: int
    user_name: str | None
    since: datetime | None


async def leading(connection: Connection) -> Leading | None:
    """Who leads at this moment, by the one lock alone: cheap enough to be asked many times a second."""
    row = await connection.fetchrow(_LEADING, PUBLISHER)
    if row is None:
        return None
    return Leading(row["application_name"].split(":")[1], row["pid"], row["user_name"], row["backend_start"])


async def stranger(connection: Connection) -> Stranger | None:
    """Who keeps every replica of this connection's schema from leading; None when nobody does."""
    row = await connection.fetchrow(_STRANGER, PUBLISHER)
    if row is None:
        return None
    owner = owner_of(row)
    named = (owner.pid, owner.application_name or "", owner.user_name)
    return Stranger(*named, row["address"], owner.state, row["backend_start"], owner.may_end)


async def stand(connection: Connection, *, lease_ms: int) -> Standing:
    """Have a publisher's session show while it lives its lease, its version, and in which schema it publishes."""
    row = await connection.fetchrow(_STAND, PUBLISHER, lease_ms, _as_number(__version__))
    assert row is not None  # a row of scalars
    return Standing(row["lock"], row["is_read_only"], row["is_in_recovery"])


async def replicas(connection: Connection) -> list[Replica]:
    """Everyone who stands for election now, the leader first; nobody leads for a moment when the lead changes.

    Of one schema: the one in which this connection finds the content.
    """
    rows = await connection.fetch(_REPLICAS, PUBLISHER)
    return [_replica(row) for row in rows]


def _replica(row: Any) -> Replica:  # Any: a record of _REPLICAS
    values: dict[str, Any] = dict(row)
    values["version"] = _as_version(values["version"])
    return Replica(**values)


def _as_number(version: str) -> int:
    major, minor, patch = (int(part) for part in version.split(".")[:3])
    return major * 1_000_000 + minor * 1_000 + patch


def _as_version(number: int | None) -> str | None:
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}" if number is not None else None


def tell_versions(replicas: list[Replica]) -> str | None:
    """What version runs, and on which replica another one."""
    # One that does not tell is of a version before there was this; unless its session came only just, as in a trouble.
    told = {one.name: one.version or "an older one" for one in replicas if one.version or not one.trouble}
    if not told:
        return None
    if len(set(told.values())) == 1:
        return f"Version    {next(iter(told.values()))}" + (" on each replica" if len(told) > 1 else "")
    each = ", ".join(f"{visible(name)} {version}" for name, version in told.items())
    return f"Versions   they differ ({each}): during an update this passes; else bring all to one version"


def tell_leases(replicas: list[Replica]) -> str | None:
    """How the leases differ, for they had better not: a leader that hangs keeps the lead for its own."""
    told = {replica.name: replica.lease_ms for replica in replicas if replica.lease_ms is not None}
    if len(set(told.values())) < 2:
        return None
    each = ", ".join(f"{name} {lease_ms / 1000:g} s" for name, lease_ms in told.items())
    return f"Leases     they differ ({each}): give every replica the same CHAISHOTS_LEASE_SECONDS"
