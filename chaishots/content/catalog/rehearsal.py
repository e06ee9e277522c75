"""A rehearsal: what will be published, archived and changed until a later moment, and what of that will be blocked.

Supposes that nothing but time happens: the publisher does its work, and nobody edits. Nothing is locked and nothing
written. The publisher's own rules stand in `scheduler/publisher.py`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content import answer_format
from chaishots.content.catalog.blocked_changes import BlockedChange, find_blocked_changes
from chaishots.content.catalog.blocked_lessons import Blocked, find_blocked
from chaishots.content.catalog.tables_at_a_moment import FREE, SHUT, changed_tables, one_snapshot, stuck
from chaishots.content.stored_refusals import is_refused
from chaishots.database.connection import Connection

ROWS: Final = 1_000
"""Steps, and blocked lessons, that a rehearsal lists at most."""

# lesson_scheduled (publish_at, id); lesson_end (archive_at, id) where scheduled or published.
_STEPS: Final = f"""
    with {changed_tables("$1", "$3::uuid[]")}, {SHUT}, {stuck("$3::uuid[]")}, step as (
        select publish_at as at, publish_zone as zone, 'publish' as action, lesson.id, lesson.title, program_id
          from lesson join term on term.id = lesson.term_id
         where lesson.status = 'scheduled' and lesson.publish_at <= $1 and not {is_refused("lesson")}
           and (lesson.archive_at is null or lesson.archive_at > now())
           and term.program_id not in (select id from shut) and {FREE}
         union all
        select lesson.archive_at, lesson.archive_zone, 'archive', lesson.id, lesson.title, term.program_id
          from lesson join term on term.id = lesson.term_id
         where lesson.archive_at is not null and lesson.status in ('scheduled', 'published') and lesson.archive_at <= $1
         union all
        select change.apply_at, change.publish_zone, case when patch ? 'status' then 'archive' else 'change' end,
               case when patch ? 'status' then object_id else change.id end, coalesce(lesson.title, term.title,
                   'Term ' || term.term_number, program.title), coalesce(program.id, term.program_id, place.program_id)
          from change left join program on program.id = object_id left join term on term.id = object_id
          left join lesson on lesson.id = object_id left join term as place on place.id = lesson.term_id
         where change.status = 'scheduled' and change.apply_at <= $1 and not {is_refused("change")}
           and change.id <> all($3)
           and (change.release_id is null or change.release_id not in (select id from stuck))
    )
    select step.at, step.zone, step.action, step.id, step.title, step.program_id, step.total,
           program.title as program_title, program.status = 'draft' as in_draft
      from (select step.*, count(*) over () as total from step order by at, action, id limit $2) as step
      join program on program.id = step.program_id
     order by step.at, step.action, step.id
"""


class Action(StrEnum):
    """What the publisher will do with a lesson; or that it will apply a change."""

    PUBLISH = "publish"
    ARCHIVE = "archive"
    CHANGE = "change"


@dataclass(frozen=True)
class Step:
    """One thing that the publisher will do, and when; `opens_program` when the draft program goes public with it.

    zone: the IANA zone in which that moment was written; None where nobody named one. lesson_id: None of a change,
    which has a change_id, and the title of what it changes.
    """

    at: datetime
    zone: str | None
    action: Action
    lesson_id: UUID | None
    title: str
    program_id: UUID
    program_title: str
    opens_program: bool
    change_id: UUID | None = None


@dataclass(frozen=True)
class Rehearsal:
    """What will happen from now until then, in the order of time; each list has at most ROWS, its total counts all.

    changes_untried: scheduled changes of which it was not tried whether they will be refused, and why not.
    """

    now: datetime
    until: datetime
    steps: Sequence[Step]
    steps_total: int
    blocked: Sequence[Blocked]
    blocked_total: int
    blocked_changes: Sequence[BlockedChange] = ()
    blocked_changes_total: int = 0
    changes_untried: int = 0
    untried_because: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether something scheduled would not be published or applied."""
        return self.blocked_total + self.blocked_changes_total > 0

    def document(self) -> dict[str, Any]:  # Any: JSON
        """The rehearsal for programs, as JSON takes it (times as ISO 8601)."""
        return {
            "now": answer_format.moment(self.now),
            "until": answer_format.moment(self.until),
            "steps": [answer_format.plain(asdict(step)) for step in self.steps],
            "steps_total": self.steps_total,
            "blocked": [answer_format.plain(asdict(lesson)) for lesson in self.blocked],
            "blocked_total": self.blocked_total,
            "blocked_changes": [answer_format.plain(asdict(change)) for change in self.blocked_changes],
            "blocked_changes_total": self.blocked_changes_total,
            "changes_untried": self.changes_untried,
            "untried_because": self.untried_because,
        }


async def rehearse(connection: Connection, until: datetime) -> Rehearsal:
    """What will be published and archived until a moment, what is overdue included, and what would be blocked.

    Args:
        until: with its offset, not earlier than now by the database's clock.
    Raises: InvalidContent.
    """
    async with one_snapshot(connection, until, "until") as now:
        changes = await find_blocked_changes(connection, until)
        rows = await connection.fetch(_STEPS, until, ROWS, changes.ids)
        lessons, lessons_total = await find_blocked(
            connection, until=until, ends_after=now, limit=ROWS, changes=changes
        )
    steps_total = rows[0]["total"] if rows else 0
    blocked = lessons, lessons_total, changes.changes[:ROWS], len(changes.changes)
    return Rehearsal(now, until, _steps(rows), steps_total, *blocked, changes.untried, changes.untried_because)


def _steps(rows: Sequence[asyncpg.Record]) -> list[Step]:
    opened: set[UUID] = set()
    steps: list[Step] = []
    for row in rows:
        action, program_id = Action(row["action"]), row["program_id"]
        opens = action is Action.PUBLISH and row["in_draft"] and program_id not in opened
        if opens:
            opened.add(program_id)
        is_change = action is Action.CHANGE
        lesson_id, change_id = (None, row["id"]) if is_change else (row["id"], None)
        named = lesson_id, row["title"], program_id, row["program_title"]
        steps.append(Step(row["at"], row["zone"], action, *named, opens, change_id))
    return steps
