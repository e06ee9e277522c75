"""Ends sessions of ours whose process hangs in the middle of a statement, where no timeout of Postgres' strikes.

A statement goes to Postgres in two parts, what it says and then its values, and Postgres begins to count a session as
idle only after the second. A process that is stopped between the two (it takes a third of a millisecond) keeps its
session, and every lock of it, for as long as it is stopped: `idle_session_timeout` and
`idle_in_transaction_session_timeout` do not run, and `statement_timeout` is not heeded while Postgres reads. So the
others look.
"""

from typing import Final

from chaishots.database.advisory_locks import LEASE_MARK
from chaishots.database.connection import PINNED, Connection

_GRACE_MS: Final = 250
"""How much later than Postgres would: where it ends a session by itself, its own reason is to stand in its log."""

# What the statement is is seen of one's own user's sessions alone, and no others can be ended.
_SILENT: Final = f"""
    with silent as materialized (
        select pid, extract(epoch from clock_timestamp() - state_change) * 1000 as silent_ms,
               coalesce((select objid::bigint from pg_locks
                          where pg_locks.pid = session.pid and locktype = 'advisory' and objsubid = 2
                            and classid = {LEASE_MARK} limit 1),
                        extract(epoch from $1::text::interval) * 1000) + {_GRACE_MS} as most_ms
          from pg_stat_activity session
         where datname = current_database() and usename = current_user and application_name like 'chaishots:%'
           and state = 'active' and wait_event = 'ClientRead'
    )
    select min(case when silent_ms < most_ms then most_ms - silent_ms end)::float8 / 1000 as seconds,
           count(pg_terminate_backend(case when silent_ms >= most_ms then pid end)) as ended
      from silent
"""


async def end_silent_sessions(connection: Connection) -> float | None:
    """End those of ours that have left a statement half sent for too long: a publisher's lease, else 60 s as in PINNED.

    Returns: in how many seconds the next one will have to be ended, unless it goes on; None when there is none.
    Raises: what asyncpg does.
    """
    return await connection.fetchval(_SILENT, PINNED["idle_in_transaction_session_timeout"])
