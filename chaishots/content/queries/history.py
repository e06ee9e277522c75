"""The history of changes, for people who look on; each read is one statement and bounded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content import paging
from chaishots.content.answer_format import compact_sql, moment_sql, moments_sql
from chaishots.content.queries.history_filter import HistoryFilter
from chaishots.content.queries.scheduled_changes import TITLE as TITLE_OF_CHANGED
from chaishots.database.connection import Connection

_CYCLE: Final = ("schedule", "reschedule", "unschedule", "publish", "archive", "restore", "refuse", "retry")
_VERBS: Final = {
    "program": ("publish", "archive", "restore", "add_topic", "remove_topic", "truncate"),
    "term": ("truncate",),
    "lesson": (*_CYCLE, "truncate"),
    "topic": ("truncate",),
    "release": (*_CYCLE, "cancel", "revert", "add_lesson", "remove_lesson", "add_change", "remove_change", "truncate"),
    "change": ("reschedule", "apply", "cancel", "refuse", "retry", "truncate"),
    "picture": (),
    "token": ("revoke",),
    "preview_link": ("revoke",),
    "webhook": ("pause", "resume", "rotate", "replay"),
}
ACTIONS: Final = tuple(
    f"{kind}.{verb}" for kind, verbs in _VERBS.items() for verb in ("create", "change", "delete", *verbs)
)
"""Every action that a line of the history may have; the triggers of the migrations write them. New ones may come."""

COUNTED: Final = 10_000
"""As many lines of the history are counted that fit a filter; of more it is told that there are more."""
EVERYTHING: Final = HistoryFilter()


@dataclass(frozen=True)
class HistoryLine:
    """One line of the history, with the name of what it is about, as far as it is known still."""

    seq: int
    at: datetime
    actor: str
    carried_out_by: str | None
    action: str
    object_type: str
    object_id: UUID | None
    title: str | None
    program_id: UUID | None
    before: dict[str, Any] | None  # Any: JSON
    after: dict[str, Any] | None

    @property
    def by(self) -> str:
        """Who did it; and, of what was scheduled, the replica that carried it out."""
        return f"{self.actor}, carried out by {self.carried_out_by}" if self.carried_out_by else self.actor


@dataclass(frozen=True)
class Change:
    """A line of the history, and the program that it concerns; None when it concerns none, or none that is known."""

    seq: int
    object_id: UUID | None
    program_id: UUID | None


# Of a deleted thing, or one that has moved, the line itself says where it was.
_CONCERNS: Final = """
    case line.object_type
        when 'program' then line.object_id
        when 'term' then coalesce((select program_id from term where id = line.object_id),
                                  (coalesce(line.after, line.before) ->> 'program_id')::uuid)
        when 'lesson' then coalesce(
            (select program_id from term join lesson on lesson.term_id = term.id where lesson.id = line.object_id),
            (select program_id from term where id = (coalesce(line.after, line.before) ->> 'term_id')::uuid))
        when 'change' then (
            select case object_type when 'program' then object_id
                        when 'term' then (select program_id from term where term.id = change.object_id)
                        else (select program_id from term join lesson on lesson.term_id = term.id
                               where lesson.id = change.object_id) end
              from change where change.id = line.object_id)
        when 'program_topic' then (coalesce(line.after, line.before) ->> 'program_id')::uuid
    end
"""
_TITLE: Final = f"""
    coalesce(
        case line.object_type
            when 'program' then (select title from program where id = line.object_id)
            when 'lesson' then (select title from lesson where id = line.object_id)
            when 'term' then (select coalesce(title, 'Term ' || term_number) from term where id = line.object_id)
            when 'topic' then (select name from topic where id = line.object_id)
            when 'release' then (select name from release where id = line.object_id)
            when 'change' then (select {TITLE_OF_CHANGED} from change where change.id = line.object_id)
            when 'webhook' then (select url from webhook where id = line.object_id)
        end,
        coalesce(line.after, line.before) ->> 'title', coalesce(line.after, line.before) ->> 'name',
        coalesce(line.after, line.before) ->> 'url')
"""
# activity_pkey (seq), backwards; of one thing, idx_activity_object_… (object_id, seq).
_HISTORY: Final = f"""
    select line.seq, line.at, line.actor, line.carried_out_by, line.action, line.object_type, line.object_id,
           {_TITLE} as title, {_CONCERNS} as program_id, line.before::text, line.after::text
      from (select * from activity where {{condition}} order by seq desc limit $1) as line
     order by line.seq desc
"""
_COUNT: Final = "select count(*) from (select from activity where {condition} limit $1) as line"
# A program's own lines, and those of what it holds now.
_OF_PROGRAM: Final = """
    object_id in (select {0}::uuid union all select id from term where program_id = {0}
                  union all select lesson.id from term join lesson on lesson.term_id = term.id where program_id = {0})
"""
_NEWEST: Final = "select coalesce(max(seq), 0) from activity"

_CHANGES: Final = f"""
    select line.seq, line.object_id, {_CONCERNS} as program_id
      from (select * from activity where seq > $1 order by seq desc limit $2) as line
"""


# Triggers write the columns of a row as jsonb, with moments as Postgres writes them, and null. Braces stand doubled
# until `paging.page` formats the statement.
_COLUMNS: Final = f"""case when columns is not null then (
                   select '{{{{' || coalesce(string_agg(to_json(name) || ':' || case
                              when jsonb_typeof(value) = 'null' then 'null'
                              when jsonb_typeof(value) = 'string' and (right(name, 3) = '_at' or name = 'at')
                              then to_json({moment_sql("(value #>> array[]::text[])::timestamptz")})::text
                              else {compact_sql("value")}::text end, ',' order by name), '') || '}}}}'
                     from jsonb_each(columns) as changed (name, value))::json end as columns"""
# idx_activity_object_… (object_id, seq) for one thing's history, activity_pkey (seq) for everything's.
_DOCUMENTS: Final = f"""
    select row_to_json(shown)::text as document, shown.seq from (
        select seq, {moments_sql("line", "at")}, actor, carried_out_by, action, object_type, object_id,
               {_COLUMNS.replace("columns", "before")}, {_COLUMNS.replace("columns", "after")}
          from (select * from activity where {{condition}} order by seq desc limit $1) as line
         order by seq desc) as shown
"""


async def page_of_history(
    connection: Connection,
    window: paging.Window,
    *,
    object_id: UUID | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> paging.Page:
    """The history, the newest first: who changed what, when, what it was before and after.

    Args:
        object_id: of this thing alone.
    """
    conditions: list[tuple[str, Any]] = [
        ("seq < {}", window.place(paging.number)),
        ("object_id = {}", object_id),
        ("actor = {}", actor),
        ("action = {}", action),
    ]
    return await paging.page(connection, _DOCUMENTS, conditions, window, sorted_by=("seq",))


async def history(
    connection: Connection,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
    thing: UUID | None = None,
    program: UUID | None = None,
    only: HistoryFilter = EVERYTHING,
) -> list[HistoryLine]:
    """The history, the newest first.

    Args:
        before: only lines of a lower seq.
        after: only lines of a higher seq.
        thing: of this lesson, program or other thing alone.
        program: of this program and all that is in it now.
        only: what else has to be so. Few lines of many take a look at each: half a second for 1,000,000 of them.
    """
    asked = [("seq < {0}", before), ("seq > {0}", after)]
    condition, values = _condition(asked, thing, program, only)
    return [_line(row) for row in await connection.fetch(_HISTORY.format(condition=condition), limit, *values)]


async def count_history(
    connection: Connection,
    *,
    most: int = COUNTED,
    thing: UUID | None = None,
    program: UUID | None = None,
    only: HistoryFilter = EVERYTHING,
) -> int:
    """How many lines there are of these; most + 1 for any more."""
    condition, values = _condition([], thing, program, only)
    return await connection.fetchval(_COUNT.format(condition=condition), most + 1, *values)


async def newest(connection: Connection) -> int:
    """The seq of the newest line; 0 without any."""
    return await connection.fetchval(_NEWEST)


def _condition(
    asked: Sequence[tuple[str, Any]], thing: UUID | None, program: UUID | None, only: HistoryFilter
) -> tuple[str, list[Any]]:
    # $1 is how many.
    parts = [*asked, ("object_id = {0}", thing), (_OF_PROGRAM, program), *only.conditions()]
    given = [(sql, value) for sql, value in parts if value is not None]
    condition = " and ".join(sql.format(f"${place}") for place, (sql, _) in enumerate(given, 2))
    return condition or "true", [value for _, value in given]


async def changes(connection: Connection, *, after: int, limit: int) -> Sequence[Change]:
    """What was changed after this line of the history, the newest first, at most so many.

    A line can be committed after one of a higher seq: who wants to miss none asks from further back again.
    """
    return [Change(**row) for row in await connection.fetch(_CHANGES, after, limit)]


def _line(row: Any) -> HistoryLine:  # Any: a record, by name
    *known, before, after = row.values()
    return HistoryLine(*known, *(json.loads(text) if text else None for text in (before, after)))
