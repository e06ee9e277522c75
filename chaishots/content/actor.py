"""The history of every change: triggers write it, this names who makes a change and reads it back."""

from typing import Any, Final
from uuid import UUID

from chaishots.content import paging
from chaishots.content.wire import compact_sql, moment_sql, moments_sql
from chaishots.database.connection import Connection

# Triggers write the columns of a row as jsonb, with moments as Postgres writes them, and null. Braces stand doubled
# until `paging.page` formats the statement.
_COLUMNS: Final = f"""case when columns is not null then (
                   select '{{{{' || coalesce(string_agg(to_json(name) || ':' || case
                              when jsonb_typeof(value) = 'null' then 'null'
                              when jsonb_typeof(value) = 'string' and right(name, 3) = '_at'
                              then to_json({moment_sql("(value #>> array[]::text[])::timestamptz")})::text
                              else {compact_sql("value")}::text end, ',' order by name), '') || '}}}}'
                     from jsonb_each(columns) as changed (name, value))::json end as columns"""
# idx_activity_object_… (object_id, seq) for one thing's history, activity_pkey (seq) for everything's.
_LINES: Final = f"""
    select row_to_json(shown)::text as document, shown.seq from (
        select seq, {moments_sql("line", "at")}, actor, action, object_type, object_id,
               {_COLUMNS.replace("columns", "before")}, {_COLUMNS.replace("columns", "after")}
          from (select * from activity where {{condition}} order by seq desc limit $1) as line
         order by seq desc) as shown
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
