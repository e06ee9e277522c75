"""What is stored differently from what a file says, and whether the rules let it become that.

Reads and locks; changes nothing. What it lets through, the database checks once more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange.absent_keys import kept_values
from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.insert_rows import batches
from chaishots.content.exchange.match_to_stored import Placed
from chaishots.content.exchange.stored_rows import TIMED, TIMES, Kind, load_stored, select_by_ids, values_of
from chaishots.content.lifecycle import Status
from chaishots.database.orm import query


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


DELETED: Final = "Somebody has just deleted it: import again."
_STEPS: Final = frozenset({"status", "published_at", "release_id", *TIMED})
Edited = list[tuple[Placed, tuple[str, ...]]]


async def find_differences(
    kind: Kind, things: Iterable[Placed], now: datetime, faults: FaultList, transaction: TransactionalDBClient
) -> list[Difference]:
    """The things that differ from what is stored, whose rows are locked from here on.

    Args:
        faults: gets those that cannot become what the file says; they are left out.
    """
    read = select_by_ids(kind)
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
        there: dict[UUID, Values] = {row["id"]: values_of(row) for row in await query(transaction, statement, ids)}
        for thing in batch:
            with faults.noting():
                if difference := _difference(kind, thing, there.get(thing.id), now):
                    found.append(difference)
    return found


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
        kept = [key for key in TIMES if isinstance(said.get(key), timedelta) and stored[key]]
        wanted |= {key: stored[key] for time in kept for key in (time, TIMES[time])}
    elif said.get("release_id"):
        wanted["publish_zone"] = stored["publish_zone"]  # the release's
    if said.get("status") in kind.closed and said["publish_at"] is None:
        wanted |= {key: stored[key] for key in ("publish_at", "publish_zone")}
    if stored.get("published_at") and not isinstance(said["published_at"], datetime):
        wanted["published_at"] = stored["published_at"]
    if wanted.get("slug", ...) is None:
        wanted["slug"] = stored["slug"]  # no address goes by a file that has none
    return wanted | kept_values(thing.seed, stored)
