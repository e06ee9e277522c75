"""Tells who has all of Postgres' connections: on a session that is there already, when no other one is let in."""

import time
from math import inf
from typing import Final

import asyncpg

from chaishots.database.errors import DatabaseTrouble
from chaishots.logs import named_logger

_FULL: Final = "53300"
_TELL_SECONDS: Final = 60
_WHO: Final = """
    select coalesce(nullif(regexp_replace(application_name, '^chaishots:.*', 'chaishots'), ''), 'without a name')
           || ' ' || count(*) as held
      from pg_stat_activity where backend_type = 'client backend' or application_name <> ''
     group by regexp_replace(application_name, '^chaishots:.*', 'chaishots') order by count(*) desc, 1 limit 8
"""

_log = named_logger("database")


class _Crowding:
    is_met = False
    told_at = -inf


def note_crowding(trouble: DatabaseTrouble) -> DatabaseTrouble:
    """Keep in mind that Postgres had no connection left, where that is the trouble. Gives it back."""
    _Crowding.is_met = _Crowding.is_met or trouble.trouble.sqlstate == _FULL
    return trouble


async def tell_crowding(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Log how many connections each application has, if one of ours was not let in; once a minute."""
    if not _Crowding.is_met:
        return
    _Crowding.is_met = False
    now = time.monotonic()
    if now - _Crowding.told_at >= _TELL_SECONDS:
        _Crowding.told_at = now
        held = ", ".join(row["held"] for row in await connection.fetch(_WHO))
        _log.warning("database.full", reason="Postgres has no connection left.", held=held)
