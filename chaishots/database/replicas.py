"""The replicas, as Postgres sees them: by the names of their connections, and by who holds the publisher's lock.

No table of replicas, no heartbeat: a session that ended is gone from here at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chaishots.database.connection import Connection

PUBLISHER_LOCK: Final = 0x43686169_0000
"""The advisory lock that makes a leader: "Chai" in the upper half, 0 in the lower. Postgres keeps one a database."""


def application_name(replica: str, part: str) -> str:
    """What a replica's connection for one of its parts is called in pg_stat_activity."""
    return f"chaishots:{replica}:{part}"


@dataclass(frozen=True)
class Replica:
    """A replica whose publisher is connected."""

    name: str
    leads: bool
    connected_at: datetime


_REPLICAS: Final = """
    select split_part(session.application_name, ':', 2) as name, lock.pid is not null as leads,
           session.backend_start as connected_at
      from pg_stat_activity session
      left join pg_locks lock
        on lock.pid = session.pid and lock.locktype = 'advisory' and lock.granted and lock.objsubid = 1
       and lock.database = session.datid and lock.classid::bigint << 32 | lock.objid::bigint = $1
     where session.datname = current_database() and session.application_name like 'chaishots:%:publisher'
     order by leads desc, name, session.pid
"""


async def replicas(connection: Connection) -> list[Replica]:
    """Everyone who stands for election now, the leader first; nobody leads for a moment when the lead changes."""
    return [Replica(**row) for row in await connection.fetch(_REPLICAS, PUBLISHER_LOCK)]
