"""What is stored differently from what a file says, and whether the rules let it become that.

Reads and locks; changes nothing. What it lets through, the database checks once more.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.insert_rows import batches
from chaishots.content.exchange.matching import Placed
from chaishots.content.field_kinds import Writer, written_by
from chaishots.content.fields import LESSON, MAP_NAMES, PROGRAM, TERM
from chaishots.content.lifecycle import (
    LESSON_TRANSITIONS,
    PROGRAM_TRANSITIONS,
    RELEASE_TRANSITIONS,
    ProgramStatus,
    Status,
)
from chaishots.database.orm import query


@dataclass(frozen=True)
class Kind:
    """A table, its columns that a file has a say in, and the statuses that each of its statuses may become.

    closed: the statuses in which its time stays as it is.
    meant_status: what a file means by its status, when that depends on the one that is stored.
    """

    table: str
    columns: tuple[str, ...]
    transitions: Mapping[str, frozenset[str]]
    closed: frozenset[str] = frozenset()
    meant_status: "Callable[[Placed, str], str] | None" = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A thing that is to change: what its columns hold, what they are to hold, and which of them differ."""

    thing: Placed
    stored: Values
    wanted: Values
    fields: tuple[str, ...]

    @property
    def hides(self) -> bool:
        """Whether it takes the thing out of sight, or leaves it there."""
        return "status" in self.fields and self.wanted["status"] != Status.PUBLISHED


def _program_status(thing: Placed, stored: str) -> str:
    # A draft with a published lesson becomes published when that lesson does, which needs no word in the file.
    status = thing.seed.values["status"]
    lessons = (lesson for term in thing.seed.parts for lesson in term.parts)
    is_public = status == ProgramStatus.DRAFT and any(it.values["status"] == Status.PUBLISHED for it in lessons)
    return ProgramStatus.PUBLISHED if is_public and stored != ProgramStatus.DRAFT else status


DELETED: Final = "Somebody has just deleted it: import again."
_TIMES: Final = {"publish_at": "publish_zone", "archive_at": "archive_zone"}
"""Each time, and the zone that goes with it."""
_TIMED: Final = (*_TIMES, *_TIMES.values())
_LESSON: Final = ("term_id", *(name for name in written_by(Writer.EDITOR, LESSON) if name not in _TIMED))
_STEPS: Final = frozenset({"status", "published_at", "release_id", *_TIMED})
Edited = list[tuple[Placed, tuple[str, ...]]]
RELEASES: Final = Kind(
    "release",
    ("name", "status", "publish_at", "publish_zone", "published_at"),
    {status: frozenset[str](becomes) for status, becomes in RELEASE_TRANSITIONS.items()},
    closed=frozenset(status for status, becomes in RELEASE_TRANSITIONS.items() if not becomes),
)
PROGRAMS: Final = Kind(
    "program",
    (*written_by(Writer.EDITOR, PROGRAM), "status", "published_at"),
    {status: frozenset[str](becomes) for status, becomes in PROGRAM_TRANSITIONS.items()},
    meant_status=_program_status,
)
TERMS: Final = Kind("term", ("program_id", *written_by(Writer.EDITOR, TERM)), {})
LESSONS: Final = Kind(
    "lesson",
    (*_LESSON, "status", "release_id", "published_at", *_TIMED),
    {status: frozenset[str](becomes) for status, becomes in LESSON_TRANSITIONS.items()},
)


async def find_differences(
    kind: Kind, things: Iterable[Placed], now: datetime, faults: FaultList, transaction: TransactionalDBClient
) -> list[Difference]:
    """The things that differ from what is stored, whose rows are locked from here on.

    Args:
        faults: gets those that cannot become what the file says; they are left out.
    """
    read = _read(kind)
    there = [thing for thing in things if not thing.is_new]
    # Read twice: what stays as it is, is not locked, and is published meanwhile if it falls due.
    differing = [change.thing for change in await _find_differences(kind, read, there, now, faults, transaction)]
    return await _find_differences(kind, f"{read} order by id for no key update", differing, now, faults, transaction)


async def find_edited(
    kind: Kind, things: Iterable[Placed], now: datetime, transaction: TransactionalDBClient
) -> Edited:
    """The things that are stored otherwise than a file says, and in which fields; nothing is locked.

    The steps that they have taken are left aside: those go on by themselves.
    """
    there = [thing for thing in things if not thing.is_new]
    found: Edited = []
    for batch in batches(there):
        stored = await load_stored(kind, [thing.id for thing in batch], transaction)
        for thing in batch:
            if (values := stored.get(thing.id)) is not None:
                wanted = _wanted(kind, thing, values, now)
                fields = tuple(key for key in kind.columns if key not in _STEPS and wanted[key] != values[key])
                found += [(thing, fields)] if fields else []
    return found


async def load_stored(kind: Kind, ids: Sequence[UUID], transaction: TransactionalDBClient) -> dict[UUID, Values]:
    """What the columns of these things hold, by their ids; nothing is locked."""
    found: dict[UUID, Values] = {}
    for batch in batches(ids):
        found |= {row["id"]: _values(row) for row in await query(transaction, _read(kind), batch)}
    return found


def _read(kind: Kind) -> str:
    return f"select id, {', '.join(kind.columns)} from {kind.table} where id = any($1)"


async def _find_differences(
    kind: Kind,
    statement: str,
    things: Sequence[Placed],
    now: datetime,
    faults: FaultList,
    transaction: TransactionalDBClient,
) -> list[Difference]:
    found: list[Difference] = []
    for batch in batches(things):
        ids = [thing.id for thing in batch]
        there: dict[UUID, Values] = {row["id"]: _values(row) for row in await query(transaction, statement, ids)}
        for thing in batch:
            with faults.noting():
                if difference := _difference(kind, thing, there.get(thing.id), now):
                    found.append(difference)
    return found


def _values(row: Mapping[str, Any]) -> Values:
    return {key: json.loads(value) if key in MAP_NAMES else value for key, value in row.items()}


def _difference(kind: Kind, thing: Placed, stored: Values | None, now: datetime) -> Difference | None:
    if stored is None:
        raise thing.seed.fault("id", DELETED)
    wanted = _wanted(kind, thing, stored, now)
    fields = tuple(key for key in kind.columns if wanted[key] != stored[key])
    if "status" in fields:
        _require_transition(kind, thing, stored["status"], wanted["status"])
    becomes_public = "status" in fields and wanted["status"] == Status.PUBLISHED
    if "published_at" in fields and (stored["published_at"] is not None or not becomes_public):
        raise thing.seed.fault("published_at", rule_of(f"{kind.table}_published_at_once"))
    if "publish_at" in fields and stored["status"] in kind.closed:
        raise thing.seed.fault("publish_at", f"It is {stored['status']} and keeps its time.")
    return Difference(thing, stored, wanted, fields) if fields else None


def _require_transition(kind: Kind, thing: Placed, status: str, becomes: str) -> None:
    if becomes not in kind.transitions[status]:
        allowed = " or ".join(sorted(kind.transitions[status] - {status}))
        step = f"it can become {allowed}" if allowed else "it stays as it is"
        raise thing.seed.fault("status", f"It is {status} and cannot become {becomes}; {step}.")


def _wanted(kind: Kind, thing: Placed, stored: Values, now: datetime) -> Values:
    values = thing.seed.values_at(now) | {"program_id": thing.parent_id, "term_id": thing.parent_id}
    wanted = {key: values[key] for key in kind.columns}
    said = thing.seed.values
    if kind.meant_status is not None:
        wanted["status"] = kind.meant_status(thing, stored["status"])
    if said.get("status") != Status.SCHEDULED:
        # Relative times are those of what is still to come.
        kept = [key for key in _TIMES if isinstance(said.get(key), timedelta) and stored[key]]
        wanted |= {key: stored[key] for time in kept for key in (time, _TIMES[time])}
    elif said.get("release_id"):
        wanted["publish_zone"] = stored["publish_zone"]  # the release's
    if said.get("status") in kind.closed and said["publish_at"] is None:
        wanted |= {key: stored[key] for key in ("publish_at", "publish_zone")}
    if stored.get("published_at") and not isinstance(said["published_at"], datetime):
        wanted["published_at"] = stored["published_at"]
    if wanted.get("slug", ...) is None:
        wanted["slug"] = stored["slug"]  # no address goes by a file that has none
    return wanted | {key: stored[key] for key in thing.seed.absent & stored.keys()} | thing.seed.laid_over(stored)
