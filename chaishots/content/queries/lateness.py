"""How late lessons were published, by the history: the last ones, each with its moment. One statement, and bounded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chaishots.database.connection import Connection

SCANNED: Final = 5_000
"""Lines of the history that are looked through for the last publishes: the newest, by its primary key."""


@dataclass(frozen=True)
class Lateness:
    """How late one lesson went out: negative never, as the database's clock decides what is due."""

    lesson_id: UUID
    title: str
    published_at: datetime
    late_ms: float


_LATENESS: Final = """
    select lesson.id as lesson_id, lesson.title, lesson.published_at,
           (extract(epoch from lesson.published_at - lesson.publish_at) * 1000)::float8 as late_ms
      from (select * from activity order by seq desc limit $2) as line join lesson on lesson.id = line.object_id
     where line.action = 'lesson.publish' and line.after ? 'published_at' and lesson.published_at >= lesson.publish_at
       and line.before ->> 'publish_error' is null  -- blocked until somebody acted: that is not late
     order by line.seq desc limit $1
"""


async def read_lateness(connection: Connection, *, limit: int) -> list[Lateness]:
    """How late the last lessons went out that were published on their time, the newest first."""
    return [Lateness(**row) for row in await connection.fetch(_LATENESS, limit, SCANNED)]
