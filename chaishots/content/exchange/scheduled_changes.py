"""Stores the scheduled changes that a file has, those of releases among them; each is tried as it will be applied.

But for what an export has: a change that was refused, or that others' edits have made unfit since, waits where it comes
from, and does so where it comes to.

A change is known by its id, or without one by its thing, moment and patch. One that was applied or cancelled meanwhile
stays so. Must not know how the rest of a file is stored; it is there already.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.editing.scheduled_change_trial import require_fit
from chaishots.content.errors import ContentError
from chaishots.content.exchange.database_refusals import naming_what_is_refused
from chaishots.content.exchange.faults import Fault
from chaishots.content.exchange.file_content import Seed, Values
from chaishots.content.exchange.import_report import Told
from chaishots.content.exchange.yaml import joined
from chaishots.content.lifecycle import ChangeStatus
from chaishots.database.orm import query

EDITED: Final = ("apply_at", "publish_zone", "release_id", "patch")
"""What a file says of a change that is there already."""
_KNOWN: Final = ("object_type", "object_id", *EDITED)
_OF_NEW: Final = ("id", "error", "scheduled_by", "created_at", "updated_at", "version")

# change_pkey (id), else change_of_object (object_id, apply_at, id).
_STORED: Final = f"""
    select id, status, {", ".join(_KNOWN)} from change
     where id = $1 or $1 is null and object_id = $2 and status = 'scheduled'
       and apply_at is not distinct from $3 and release_id is not distinct from $4 and patch = $5::text::jsonb
     order by id limit 1 for no key update
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of the changes of a file."""

    created: tuple[Told, ...] = ()
    changed: tuple[Told, ...] = ()
    same: tuple[Told, ...] = ()


async def store_changes(
    seeds: Iterable[Seed], now: datetime, transaction: TransactionalDBClient, *, only_new: bool = False
) -> Stored:
    """Schedule the changes of a file that are not there, and make others what it says.

    Args:
        now: what relative times count from.
        only_new: leave those alone that are there.
    Raises: Fault, with the place in the file, where the rules refuse one.
    """
    created: list[Told] = []
    changed: list[Told] = []
    same: list[Told] = []
    for seed in seeds:
        values = seed.values_at(now)
        stored = await _find(values, transaction)
        if stored is None:
            key = await _insert(seed, values, transaction)
            created.append(_told(seed, key))
            continue
        fields = () if only_new or stored["status"] != ChangeStatus.SCHEDULED else _differing(seed, values, stored)
        if fields:
            await _update(seed, stored["id"], values, fields, transaction)
        (changed if fields else same).append(_told(seed, stored["id"], fields))
    return Stored(tuple(created), tuple(changed), tuple(same))


async def _find(values: Values, transaction: TransactionalDBClient) -> Values | None:
    at = None if values["release_id"] else values["apply_at"]
    named = values["object_id"], at, values["release_id"], json.dumps(values["patch"])
    rows = await query(transaction, _STORED, values["id"], *named)
    return {**rows[0], "patch": json.loads(rows[0]["patch"])} if rows else None


def _differing(seed: Seed, values: Values, stored: Values) -> tuple[str, ...]:
    # One of a release has the release's moment, whatever the file says.
    of_release = {"apply_at", "publish_zone"} if values["release_id"] else set[str]()
    return tuple(name for name in EDITED if name not in seed.absent | of_release and values[name] != stored[name])


async def _insert(seed: Seed, values: Values, transaction: TransactionalDBClient) -> UUID:
    said = [name for name in (*_KNOWN, *_OF_NEW) if name not in seed.absent and values[name] is not None]
    columns = ", ".join(said)
    statement = f"""
        insert into change ({columns})
        select {columns} from jsonb_populate_record(null::change, $1::text::jsonb) returning id
    """
    with naming_what_is_refused({}, otherwise=seed):
        [made] = await query(transaction, statement, _json({name: values[name] for name in said}))
    # The publisher has tried it, and told; one that an editor has just typed has no such key.
    if values.get("error") is None:
        await _require_fit(seed, made["id"], transaction, is_exported="created_at" not in seed.absent)
    return made["id"]


async def _update(
    seed: Seed, key: UUID, values: Values, fields: Sequence[str], transaction: TransactionalDBClient
) -> None:
    columns = ", ".join(f"{name} = wanted.{name}" for name in fields)
    statement = f"""
        update change set {columns} from jsonb_populate_record(null::change, $2::text::jsonb) as wanted
         where change.id = $1
    """
    with naming_what_is_refused({}, otherwise=seed):
        await query(transaction, statement, key, _json({name: values[name] for name in fields}))
    await _require_fit(seed, key, transaction)


async def _require_fit(seed: Seed, key: UUID, transaction: TransactionalDBClient, *, is_exported: bool = False) -> None:
    try:
        await require_fit(key, transaction)
    except ContentError as refused:
        # By a rule of the content, and not for a value that cannot be kept: it fitted once.
        if is_exported and refused.field is not None:
            return
        place = joined(seed.path, "patch")
        raise Fault(joined(place, refused.field) if refused.field else place, str(refused), seed.line) from refused


def _json(values: Values) -> str:
    return json.dumps(values, default=str)


def _told(seed: Seed, key: UUID, fields: Sequence[str] = ()) -> Told:
    patch: dict[str, Any] = seed.values["patch"]  # Any: JSON
    return Told("change", str(key), f"of {', '.join(sorted(patch))}", seed.path, tuple(fields))
