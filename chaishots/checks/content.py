"""The content: whether its schema is this version's, and whether all that is due is done."""

from typing import Final

from chaishots.checks.findings import Finding, fault, hint, ok, skipped, troubled
from chaishots.checks.postgres_connection import NAME
from chaishots.database.advisory_locks import MIGRATION
from chaishots.database.connection import Connection, session
from chaishots.database.damage import lost_of_this_version
from chaishots.database.errors import DatabaseTrouble, exception_for
from chaishots.database.lock_holders import OF_SESSION, owner_of
from chaishots.database.migrations import read_standing
from chaishots.status import State, read_state

_LIMITS: Final = {"lock_timeout": "400ms", "statement_timeout": "1s"}
_MIGRATES: Final = f"""
    select {OF_SESSION}
      from pg_locks lock join pg_stat_activity session on session.pid = lock.pid
     where lock.locktype = 'advisory' and lock.granted and lock.objsubid = 1
       and lock.database = (select oid from pg_database where datname = current_database())
       and lock.classid::bigint << 32 | lock.objid::bigint = $1
"""


async def look_at_content(dsn: str) -> list[Finding]:
    """The findings of schema and schedule."""
    found: list[Finding] = []
    try:
        async with session(dsn, application_name=NAME, **_LIMITS) as connection:
            found.append(await _look_at_schema(connection))
            standing = await read_standing(connection)
            if not standing.is_made or standing.missing or standing.fault_of_path:
                return [*found, skipped("schedule", "the schema is not this version's")]
            return [*found, _look_at_schedule(await read_state(connection))]
    except Exception as error:
        told = error if isinstance(error, DatabaseTrouble) else exception_for(error)
        if told is None:
            raise
        name = "schedule" if found else "schema"
        return [*found, troubled(name, told.trouble)]


async def _look_at_schema(connection: Connection) -> Finding:
    if (row := await connection.fetchrow(_MIGRATES, MIGRATION)) is not None:
        owner = owner_of(row)
        return fault(
            "schema",
            f"{owner} has the lock under which it is brought up to date, and each start waits",
            f"Let it finish, or {owner.ending}",
        )
    standing = await read_standing(connection)
    if standing.fault_of_path or (standing.unknown and standing.missing):
        return fault("schema", standing.text, standing.action)
    if not standing.is_made:
        return hint("schema", standing.text, "The first `chaishots serve` makes it, or `chaishots migrate`.")
    if standing.missing:
        return fault("schema", standing.text, "Run `chaishots migrate`, or start a server of this version.")
    if standing.unknown:
        return hint("schema", standing.text, "During an update this passes; else run the version that it is of.")
    if lost := await lost_of_this_version(connection):
        return troubled("schema", lost.trouble())
    return ok("schema", standing.text)


def _look_at_schedule(state: State) -> Finding:
    trouble, content = state.publishing.trouble, state.content
    if state.publishing.stranger is not None:
        return skipped("schedule", "nobody can lead, see above")
    if trouble is not None:
        return fault("schedule", trouble.of_writes, trouble.action)
    if content is None:
        return skipped("schedule", "Postgres does not let it be read")
    outlook = content.outlook
    counts = {
        "lessons overdue": outlook.overdue,
        "ends overdue": outlook.overdue_ends,
        "blocked": len(content.blocked),
        "releases refused": outlook.refused_releases,
        "changes not applied": max(outlook.overdue_changes, outlook.blocked_changes),
        "webhooks given up": sum(webhook.needs_attention for webhook in content.webhooks),
    }
    told = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    if state.leader is not None and state.publishing.feed.is_behind:
        told = ", ".join(filter(None, [told, "the feed behind"]))
    if state.leader is None and state.is_awaited:
        told = ", ".join(filter(None, [told, "nobody leads to publish what is scheduled"]))
    if state.needs_attention:
        return fault("schedule", told, "`chaishots status` names each, and what to do.")
    return ok("schedule", f"nothing is overdue or blocked, {content.counts.scheduled} lessons are scheduled")
