"""Who has locked a row that the publisher has to lock. Says only what Postgres tells, and how sure that is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from chaishots.content.queries.why_answer import Reason
from chaishots.database.connection import Connection
from chaishots.database.lock_holders import OF_PREPARED, OF_SESSION, PREPARED_LOCKS, owner_of
from chaishots.times import lasting

# The locks that the publisher asks for, in its own way: whoever keeps it waiting keeps this from finding the row.
_FREE: Final = {
    "release": "select true from release where id = $1 for update skip locked",
    "lesson": "select true from lesson where id = $1 for update skip locked",
    "program": "select true from program where id = $1 for no key update skip locked",
}

# A transaction that locked a row wrote its number there, and holds the lock on that number until it ends. Where the row
# names none (several share the lock, or a savepoint took it), those that could have locked a row of the table remain.
_HOLDERS: Final = f"""
    with suspect as (
        select lock.pid, bool_or(lock.locktype = 'transactionid') as is_certain
          from pg_locks lock
         where lock.granted and lock.pid <> pg_backend_pid()
           and (lock.locktype = 'transactionid' and lock.transactionid = (select xmax from {{table}} where id = $1)
                or lock.locktype = 'relation' and lock.relation = '{{table}}'::regclass
                   and lock.database = (select oid from pg_database where datname = current_database())
                   and lock.mode in ('RowShareLock', 'RowExclusiveLock'))
         group by lock.pid
    )
    select suspect.is_certain, {OF_SESSION}
      from suspect join pg_stat_activity session on session.pid = suspect.pid
     union all
    select distinct prepared.transaction = (select xmax from {{table}} where id = $1), {OF_PREPARED}
      from {PREPARED_LOCKS}
     where held.locktype = 'relation' and held.relation = '{{table}}'::regclass
       and held.mode in ('RowShareLock', 'RowExclusiveLock')
     order by is_certain desc, since nulls last, pid limit 1
"""


# lesson_due (publish_at, id), lesson_end (archive_at, id).
_DUE: Final = """
    select lesson.id, lesson.title, program.id as program_id, program.status = 'draft' as opens,
           clock_timestamp() as now
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.publish_error is null
       and (lesson.status = 'scheduled' and lesson.publish_at <= now()
            or lesson.archive_at is not null and lesson.status = 'published' and lesson.archive_at <= now())
     order by least(lesson.publish_at, lesson.archive_at), lesson.id limit $1
"""


class Row(NamedTuple):
    """A row of `lesson`, `program` or `release`, and what it is called in a sentence."""

    table: str
    id: UUID
    name: str


async def find_lock(connection: Connection, rows: Iterable[Row], waiting: str, now: datetime) -> Reason | None:
    """Who has locked the first of these rows that is locked; None when all are free at this moment.

    Asks for each row's lock, without waiting, and gives it back.

    Args:
        waiting: the sentence that says for how long what is in the way for.
    """
    for row in rows:
        if not await _is_free(connection, row):
            holder = await connection.fetchrow(_HOLDERS.format(table=row.table), row.id)
            return _describe(f"{waiting} {row.name} is locked by another transaction", holder, now)
    return None


async def held_up(connection: Connection, *, limit: int) -> list[tuple[UUID, str, Reason]]:
    """The first lessons that are due, or their ends, and whose rows somebody has locked: id, title, and who."""
    found: list[tuple[UUID, str, Reason]] = []
    for row in await connection.fetch(_DUE, limit):
        rows = [Row("lesson", row["id"], "Its row")]
        if row["opens"]:
            rows.append(Row("program", row["program_id"], "Its draft program's row"))
        if locked := await find_lock(connection, rows, "It is due.", row["now"]):
            found.append((row["id"], row["title"], locked))
    return found


async def _is_free(connection: Connection, row: Row) -> bool:
    attempt = connection.transaction()
    await attempt.start()
    try:
        return await connection.fetchval(_FREE[row.table], row.id) is not None
    finally:
        await attempt.rollback()


def _describe(text: str, holder: asyncpg.Record | None, now: datetime) -> Reason:
    if holder is None:
        return Reason("locked", f"{text}, which has ended meanwhile or does not show itself.", "Ask again.")
    owner = owner_of(holder)
    open_for = f", its transaction open for {lasting(now - owner.since)}" if owner.since else ""
    if holder["is_certain"]:
        text = f"{text}: {owner}{open_for}."
    else:
        text = f"{text}; which one is not certain. The oldest that may have locked it is {owner}{open_for}."
    return Reason("locked", text, f"Have that transaction end, or {owner.ending} The rest follows.")
