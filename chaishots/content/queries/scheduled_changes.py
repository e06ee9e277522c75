"""Scheduled changes as editors see them: in pages, and one by itself."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chaishots.content import paging
from chaishots.content.answer_format import compact, moments_sql
from chaishots.content.errors import NotFound
from chaishots.content.lifecycle import ChangeStatus, ObjectType
from chaishots.content.overdue import OVERDUE_AFTER_SECONDS
from chaishots.content.queries.cms_content import Document
from chaishots.content.stored_refusals import is_refused, reason
from chaishots.database.connection import Connection
from chaishots.times import tell_time


@dataclass(frozen=True)
class LateChange:
    """A change that should have been applied by now; error says why it was refused, where it was.

    object_type, title: of what it changes.
    """

    change_id: UUID
    object_type: str
    object_id: UUID
    title: str
    apply_at: datetime
    publish_zone: str | None
    error: str | None

    def __str__(self) -> str:
        """What it is of, with its id, when it was due, and what keeps it."""
        due = tell_time(self.apply_at, written_in=self.publish_zone)
        return f"{self.object_type} {self.title} (change {self.change_id}), due {due}: {self.error or 'overdue'}"


TITLE: Final = """
    case change.object_type
        when 'lesson' then (select title from lesson where lesson.id = change.object_id)
        when 'program' then (select title from program where program.id = change.object_id)
        else (select coalesce(title, 'Term ' || term_number) from term where term.id = change.object_id) end
"""
"""What the thing that a row of `change` is of is called; null when it is no more."""
# What was edited by hand, in the same fields, since it got its moment or its patch; the history by
# idx_activity_object_… (object_id, seq).
EDITED_SINCE: Final = f"""
    array(select row_to_json(edit) from (
        select line.seq, {moments_sql("line", "at")}, line.actor, edited.fields
          from activity line cross join lateral (
            select array(select key from jsonb_object_keys(coalesce(line.after, line.before)) as key
                          where change.patch ? key or key = 'topic_id' and change.patch ? 'topics' order by 1) as fields
          ) as edited
         where line.object_id = change.object_id and line.carried_out_by is null and cardinality(edited.fields) > 0
           and line.action ~ '[.](change|add_topic|remove_topic|reschedule)$'
           and line.seq > (select max(seq) from activity where object_id = change.id
                              and action in ('change.create', 'change.change', 'change.reschedule'))
           and line.seq < coalesce((select max(seq) from activity where object_id = change.id
                                       and action in ('change.apply', 'change.cancel')), 9223372036854775807)
         order by line.seq desc limit 20) as edit)
"""
# What has now what the change wants, and no change that comes before it or with it gives up: it is refused if that is
# still so at its moment. lesson_number_unique, term_number_unique, program_slug_pkey; change_of_object (object_id, …).
_NUMBER: Final = """
    case when jsonb_typeof(change.patch -> '{0}') = 'number'
              and (change.patch ->> '{0}')::numeric between 1 and 2000000000
         then (change.patch ->> '{0}')::numeric::integer end
"""
_NUMBERED: Final = """
    select '{0}_number' as field, to_jsonb(holder.{0}_number) as value, holder.id as object_id,
           coalesce(holder.title, 'Term ' || {1}) as title
      from {0} as thing
      join {0} as holder on holder.{2} = coalesce((change.patch ->> '{2}')::uuid, thing.{2})
           and holder.{0}_number = {3} and holder.id <> thing.id
     where change.object_type = '{0}' and thing.id = change.object_id and not exists (
        select from change as other
         where other.object_id = holder.id and other.status = 'scheduled' and other.patch ?| array['{0}_number', '{2}']
           and (other.apply_at <= change.apply_at or other.release_id = change.release_id))
"""
CLASHES: Final = f"""
    array(select row_to_json(clash) from (
        {_NUMBERED.format("lesson", "''", "term_id", _NUMBER.format("lesson_number"))}
         union all
        {_NUMBERED.format("term", "holder.term_number", "program_id", _NUMBER.format("term_number"))}
         union all
        select 'slug', change.patch -> 'slug', holder.id, holder.title
          from program_slug join program as holder on holder.id = program_slug.program_id
         where change.object_type = 'program' and program_slug.slug = change.patch ->> 'slug'
           and holder.id <> change.object_id) as clash
     where change.status = 'scheduled')
"""
# Later changes of the same thing that were applied before it, as it was refused at its moment: what they set stays.
OVERTAKEN_BY: Final = f"""
    array(select row_to_json(later) from (
        select other.id, {moments_sql("other", "apply_at", "applied_at")}, passed.fields
          from change as other cross join lateral (
            select array(select key from jsonb_each(change.patch) as own
                          where chaishots_left(change.patch, other.patch) -> key is distinct from own.value
                          order by 1) as fields
          ) as passed
         where other.object_id = change.object_id and other.status = 'applied' and change.status <> 'cancelled'
           and (other.apply_at, other.id) > (change.apply_at, change.id)
           and other.applied_at < coalesce(change.applied_at, 'infinity') and cardinality(passed.fields) > 0
         order by other.apply_at desc, other.id desc limit 20) as later)
"""
# A patch keeps its nulls: they say what goes.
_COLUMNS: Final = f"""
    change.id, change.object_type, change.object_id, {TITLE} as title, change.patch,
    {moments_sql("change", "apply_at")}, change.publish_zone, change.release_id, change.status,
    case change.status when 'scheduled' then {reason("change")} else change.error end as error,
    change.scheduled_by, {EDITED_SINCE} as edited_since, {CLASHES} as clashes, {OVERTAKEN_BY} as overtaken_by,
    {moments_sql("change", "applied_at", "created_at", "updated_at")}, change.version
"""
# change_moment (apply_at, id); of one thing, change_of_object (object_id, apply_at, id). Those of a release that has no
# moment yet come last, with this one.
_NEVER: Final = "timestamptz '8999-12-31T00:00:00Z'"
_BEHIND: Final = f"""
    ((change.apply_at, change.id) > ({{0}}, {{1}})
     or change.apply_at is null and ({_NEVER}, change.id) > ({{0}}, {{1}}))
"""
_CHANGES: Final = f"""
    select (select row_to_json(shown) from (select {_COLUMNS}) as shown)::text as document,
           coalesce(change.apply_at, {_NEVER}) as apply_at, id
      from change where {{condition}} order by change.apply_at, id limit $1
"""
_CHANGE: Final = f"""
    select row_to_json(shown)::text as document, shown.version from (
        select {_COLUMNS} from change where id = $1) as shown
"""
# change_due (apply_at, id), change_refused (object_id).
_LATE: Final = f"""
    select change.id as change_id, change.object_type, change.object_id, {TITLE} as title, change.apply_at,
           change.publish_zone, {reason("change")} as error
      from change
     where change.id in (
            select id from change where status = 'scheduled' and error is null
               and (apply_at < now() - make_interval(secs => $2) or {is_refused("change")})
             union all
            select id from change where status = 'scheduled' and error is not null and apply_at is not null)
     order by change.apply_at, change.id limit $1
"""


async def changes(
    connection: Connection,
    window: paging.Window,
    *,
    object_id: UUID | None = None,
    release_id: UUID | None = None,
    status: ChangeStatus | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> paging.Page:
    """Changes, by the moment at which they are to be applied, the earliest first; overdue and refused ones among them.

    Args:
        since, until: only those of this moment or later, and before that one.
    """
    conditions: list[tuple[str, Any]] = [
        ("change.object_id = {}", object_id),
        ("change.release_id = {}", release_id),
        ("change.status = {}", status and status.value),
        ("change.apply_at >= {}", since),
        ("change.apply_at < {}", until),
        (_BEHIND, window.place(paging.moment, UUID)),
    ]
    page = await paging.page(connection, _CHANGES, conditions, window, sorted_by=("apply_at", "id"))
    return replace(page, documents=[_compact(document) for document in page.documents])


async def change(connection: Connection, change_id: UUID) -> Document:
    """A change. Raises: NotFound."""
    row = await connection.fetchrow(_CHANGE, change_id)
    if row is None:
        raise NotFound("There is no change with this id.", field="id")
    return Document(_compact(row["document"]), row["version"])


async def late_changes(connection: Connection, *, limit: int) -> list[LateChange]:
    """The changes that were refused, or should have been applied by now, the oldest first."""
    return [LateChange(**row) for row in await connection.fetch(_LATE, limit, OVERDUE_AFTER_SECONDS)]


async def type_of(connection: Connection, change_id: UUID) -> ObjectType:
    """What kind of thing a change is of. Raises: NotFound."""
    found = await connection.fetchval("select object_type from change where id = $1", change_id)
    if found is None:
        raise NotFound("There is no change with this id.", field="id")
    return ObjectType(found)


def clash_text(field: str, title: str) -> str:
    """That something has what a change wants, for people. field: as in a clash; title: of what has it now."""
    has = "leads to" if field == "slug" else "is the one of"
    return f"its {field} {has} {title} now: it is refused if that is still so at its moment"


def _compact(document: str) -> str:
    # Postgres writes a jsonb with spaces, and what writes one without them leaves its nulls out.
    return compact(json.loads(document))
