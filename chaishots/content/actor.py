"""The history of every change: triggers write it, this names who makes a change and reads it back."""

from typing import Any, Final
from uuid import UUID

from chaishots.content import paging
from chaishots.database.connection import Connection

# idx_activity_object_… (object_id, seq) for one thing's history, activity_pkey (seq) for everything's.
_LINES: Final = """
    select row_to_json(shown)::text as document, shown.seq from (
        select seq, at, actor, action, object_type, object_id, before, after from activity where {condition}
         order by seq desc limit $1) as shown
"""

NAME_ACTOR: Final = "select set_config('chaishots.actor', $1, true)"


async def name_actor(session: Connection, actor: str) -> None:
    """Name, for the rest of the session's transaction, who makes the changes in it."""
    await session.execute(NAME_ACTOR, actor)


async def lines(
    connection: Connection,
    *,
    limit: int,
    after: str | None = None,
    object_id: UUID | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> paging.Page:
    """The history, the newest first: who changed what, when, what it was before and after.

    Args:
        after: `next_cursor` of the page before.
        object_id: of this thing alone.
    """
    conditions: list[tuple[str, Any]] = [
        ("seq < {}", paging.place(after, paging.number)[0] if after else None),
        ("object_id = {}", object_id),
        ("actor = {}", actor),
        ("action = {}", action),
    ]
    return await paging.page(connection, _LINES, conditions, limit=limit, sorted_by=("seq",))
