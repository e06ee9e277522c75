"""What scheduled changes will do to a thing, or should have done: reasons for whoever asks why."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content.queries.scheduled_changes import CLASHES, EDITED_SINCE, clash_text
from chaishots.content.queries.why_answer import Reason
from chaishots.content.stored_refusals import reason
from chaishots.database.connection import Connection
from chaishots.times import tell_time

_MOST: Final = 5
# change_of_object (object_id, apply_at, id).
_CHANGES: Final = f"""
    select id, patch, apply_at, publish_zone, scheduled_by, {reason("change")} as error, apply_at <= now() as is_due,
           (select name from release where release.id = change.release_id) as release_name,
           to_json({EDITED_SINCE})::text as edited_since, to_json({CLASHES})::text as clashes
      from change where object_id = $1 and status = 'scheduled' order by apply_at, id limit {_MOST}
"""


async def of_changes(connection: Connection, thing: UUID, foretold: Mapping[UUID, str]) -> list[Reason]:
    """The next changes of a program, term or lesson, and who edited the same fields since.

    Args:
        foretold: why some of them will be refused, by their ids.
    """
    return [_told(row, foretold.get(row["id"])) for row in await connection.fetch(_CHANGES, thing)]


def _told(row: asyncpg.Record, will_be: str | None) -> Reason:
    fields = ", ".join(sorted(json.loads(row["patch"])))
    change = f"A change of {fields} by {row['scheduled_by']} (change {row['id']})"
    edited = _edited(json.loads(row["edited_since"])) + _clashing(json.loads(row["clashes"]))
    if row["apply_at"] is None:
        text = f"{change} waits for its release, {row['release_name']}, which has no moment.{edited}"
        return Reason("change_scheduled", text, "Schedule the release, or take the change out of it.")
    due = tell_time(row["apply_at"], written_in=row["publish_zone"])
    if row["release_name"] is not None:
        due = f"{due}, with the release {row['release_name']}"
    if row["error"] is not None:
        text = f"{change} was refused when it was due, {due}: {row['error']}{edited}"
        return Reason("change_refused", text, "Put that right: it is tried again then, and now and then; or cancel it.")
    if row["is_due"]:
        return Reason(
            "change_overdue", f"{change} was due {due}.{edited}", "See what else is told here, and GET /health."
        )
    if will_be is not None:
        text = f"{change} will be refused when it is due, {due}, as things are: {will_be}{edited}"
        return Reason("change_will_be_refused", text, "Put that right before; or give it another patch, or cancel it.")
    action = "Give it another moment or patch by PATCH /cms/changes/{id}, or cancel it by DELETE."
    return Reason("change_scheduled", f"{change} is applied {due}.{edited}", action)


def _edited(lines: list[dict[str, Any]]) -> str:  # Any: JSON
    told = "; ".join(
        f"{', '.join(line['fields'])} by {line['actor']}, {tell_time(datetime.fromisoformat(line['at']))}"
        for line in lines
    )
    return f" Since it was scheduled, somebody edited {told}: the change wins." if told else ""


def _clashing(clashes: list[dict[str, Any]]) -> str:  # Any: JSON
    told = "; ".join(clash_text(clash["field"], clash["title"]) for clash in clashes)
    return f" Look at it before: {told}." if told else ""
