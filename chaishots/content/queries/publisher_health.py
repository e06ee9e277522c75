"""Finds out whether lessons can be published at this moment: who leads, and whether Postgres takes the writes.

For /health, metrics, the terminal and `status`; the publisher itself does not ask, it tries.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeVar

import asyncpg

from chaishots.content.queries.feed_health import FeedStanding, feed_standing
from chaishots.database.connection import Connection
from chaishots.database.errors import Kind, Trouble, trouble_of, trouble_of_state
from chaishots.database.lock_holders import LOCK_NOT_AVAILABLE, holder_of
from chaishots.database.replicas import Replica, Stranger, replicas, stranger
from chaishots.times import lasting

T = TypeVar("T")

WRITTEN: Final = ("lesson", "term", "program", "release", "change", "activity")
"""The tables that the publisher writes to."""

# What the publisher writes, to no row: Postgres refuses it for a read-only session, a missing permission or column as
# it would with rows, fires the triggers that write the history, and writes nothing. Given back whatever comes of it.
_BOUND: Final = "set local lock_timeout = '100ms'"
_ATTEMPT: Final = f"""
    begin;
    {_BOUND};
    with lessons as (
        update lesson set status = 'published', published_at = coalesce(published_at, now()), publish_error = null
         where false and status = 'scheduled' and publish_at <= now() and archive_at <= now() and release_id is null
        returning id, term_id, title
    ), programs as (
        update program set status = 'published', published_at = now()
         where false and posters is not null and language_primary is not null returning id
    ), changes as (
        update change set status = 'applied', applied_at = now(), error = null where false and apply_at <= now()
    )
    update release set status = 'published', publish_error = null where false and publish_at <= now();
    rollback
"""


# Row-level security hides rows without an error: nothing is found that is due, and the catalog is empty.
_HIDDEN: Final = """
    select class.relname as table, current_user::text as user_name
      from unnest($1::text[]) as name join pg_class class on class.oid = to_regclass(name)
     where class.relrowsecurity and row_security_active(class.oid) order by class.relname limit 1
"""
# Commits that a standby has not confirmed: what they wrote is written, seen by nobody, and its rows are locked.
_UNCONFIRMED: Final = """
    select current_setting('synchronous_standby_names') as standbys, max(clock_timestamp() - query_start) as since
      from pg_stat_activity
     where wait_event = 'SyncRep' and datname = current_database()
    having max(clock_timestamp() - query_start) > interval '1 second'
"""


class Writes(StrEnum):
    """What becomes of what is to be published: Postgres takes it, refuses it, or lets it wait for a lock."""

    OK = "ok"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True)
class Publishing:
    """How publishing stands.

    trouble: why Postgres does not take what is to be published, now or when a replica tried last; None when it does.
    stranger: who keeps every replica from leading; that is a trouble as well. feed: how what is told of it stands.
    """

    replicas: list[Replica]
    trouble: Trouble | None
    stranger: Stranger | None = None
    feed: FeedStanding = field(default_factory=FeedStanding)

    @property
    def leader(self) -> Replica | None:
        """The replica that publishes; None when nobody does at this moment."""
        return next((replica for replica in self.replicas if replica.leads), None)

    @property
    def writes(self) -> Writes:
        """Whether what is due can be written."""
        if self.trouble is None:
            return Writes.OK
        return Writes.WAITING if self.trouble.kind in (Kind.CROSSED, Kind.SLOW) else Writes.REFUSED


async def probe_publishing(connection: Connection) -> Publishing:
    """Look who publishes, and whether Postgres would take it; inside a transaction the second is not tried."""
    trouble = await _attempt_write(connection) or await _find_silent(connection)
    standing = await replicas(connection)
    if trouble is None and (met := next((replica.trouble for replica in standing if replica.trouble), None)):
        trouble = trouble_of_state(met)
    elif trouble is not None and trouble.sqlstate == LOCK_NOT_AVAILABLE:
        trouble = await _name_holder(connection, trouble)
    held = Publishing(standing, trouble, feed=await feed_standing(connection))
    if held.leader is None and (found := await stranger(connection)) is not None:
        return replace(held, trouble=trouble or found.trouble(), stranger=found)
    return held


async def probe_publishing_and(
    connection: Connection, read: Callable[[Connection], Awaitable[T]]
) -> tuple[Publishing, T | None]:
    """The same, and what else is read; None when Postgres refuses that as well, or somebody has it locked."""
    standing = await probe_publishing(connection)
    try:
        if standing.writes is not Writes.WAITING:
            return standing, await read(connection)
        async with connection.transaction():
            await connection.execute(_BOUND)
            return standing, await read(connection)
    except asyncpg.PostgresError as error:
        trouble = _told(error)
        return (standing if standing.trouble else replace(standing, trouble=trouble)), None


async def _attempt_write(connection: Connection) -> Trouble | None:
    if connection.is_in_transaction():
        return None
    try:
        await connection.execute(_ATTEMPT)
    except asyncpg.PostgresError as error:
        trouble = _told(error)
        await connection.execute("rollback")
        return trouble
    return None


async def _find_silent(connection: Connection) -> Trouble | None:
    """What keeps lessons from going out, and Postgres raises no error for."""
    if (hidden := await connection.fetchrow(_HIDDEN, [*WRITTEN])) is not None:
        table, user = hidden["table"], hidden["user_name"]
        text = f"Postgres hides rows of the table {table} from the user {user}: row-level security is on."
        action = f"As its owner: alter table {table} disable row level security; or as a superuser: alter role {user} "
        return Trouble(Kind.PERMISSION, None, text, text, f"{action}bypassrls.")
    if (waiting := await connection.fetchrow(_UNCONFIRMED)) is not None:
        text = (
            f"Commits wait for a standby that does not answer, for {lasting(waiting['since'])} by now "
            f"(synchronous_standby_names = '{waiting['standbys']}'): what is written is seen by nobody before."
        )
        action = (
            "Bring the standby back; or do without it, as a superuser: alter system set synchronous_standby_names = ''"
            "; select pg_reload_conf(). End no session: what waits goes on at once then."
        )
        return Trouble(Kind.SLOW, None, text, text, action)
    return None


async def _name_holder(connection: Connection, trouble: Trouble) -> Trouble | None:
    holder = await holder_of(connection, WRITTEN)
    return holder.explain(trouble) if holder else None  # whoever it was has ended meanwhile


def _told(error: asyncpg.PostgresError) -> Trouble:
    trouble = trouble_of(error)
    if trouble.kind in (Kind.AWAY, Kind.LOGIN):
        raise error
    return trouble
