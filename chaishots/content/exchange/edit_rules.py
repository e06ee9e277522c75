"""What an edit asks for beyond an import: nobody was there first, what is new is new, what is to come is to come.

Reads and locks; changes nothing.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.errors import NotFound, VersionConflict
from chaishots.content.exchange.edited_text import Edit
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Content
from chaishots.content.exchange.matching import Places
from chaishots.database.orm import query

# Releases are locked before lessons, and lessons before programs, as by those who publish.
_EDITED: Final = ("release", "lesson", "term", "program", "topic", "change")


async def require_unchanged(edit: Edit, transaction: TransactionalDBClient) -> None:
    """Lock what an edit changes, and refuse it where that is not as it was read. Raises: VersionConflict, NotFound."""
    found: dict[UUID, int] = {}
    for table in _EDITED:
        sql = f"select id, version from {table} where id = any($1)"
        locked = f"{sql} order by id for no key update"
        found |= {row["id"]: row["version"] for row in await query(transaction, locked, [*edit.versions])}
        found |= {row["id"]: row["version"] for row in await query(transaction, sql, [*edit.existing])}
    if edit.existing - found.keys():
        raise NotFound("Somebody has deleted it meanwhile.", field="id")
    for key, version in edit.versions.items():
        if found[key] != version:
            raise VersionConflict(found[key])


# Of no other kind either: what is named by its id is one thing.
_TAKEN: Final = " union all ".join(f"select id from {table} where id = any($1)" for table in _EDITED)
_NAMED: Final = "select name from topic where lower(name) = any(select lower(unnest($1::text[])))"


async def require_new_to_be_new(edit: Edit, transaction: TransactionalDBClient) -> None:
    """Refuse ids and names of what is new that something has. Raises: Fault."""
    faults = FaultList()
    new = {seed.values["id"]: seed for seed in edit.content.releases if seed.values["id"] not in edit.existing}
    for row in await query(transaction, _TAKEN, [*new]):
        faults.note(new[row["id"]].fault("id", "Something has this id already: keep the one that the text had."))
    names = [topic["name"] for topic in edit.content.topics if not topic["id"]]
    for row in await query(transaction, _NAMED, names):
        faults.note(Fault("topics", f"There is a topic {row['name']} already: edit that one, or choose another name."))
    faults.require_none()


def note_taken_places(places: Places, existing: frozenset[UUID], faults: FaultList) -> None:
    """Note what is new, without an id, where something that is stored has its number. existing: what was opened."""
    for things, number in (places.terms, "term_number"), (places.lessons, "lesson_number"):
        for thing in things:
            if not thing.is_new and thing.id not in existing:
                faults.note(thing.seed.fault(number, rule_of(f"{number}_unique")))


def note_past_moments(content: Content, now: datetime, faults: FaultList) -> None:
    """Note changes whose moment has passed. now: by the database's clock."""
    for seed in content.changes:
        at = seed.values_at(now)["apply_at"]
        if "apply_at" not in seed.absent and at is not None and at <= now and seed.values["release_id"] is None:
            faults.note(seed.fault("apply_at", "This moment has passed: choose a later one, or make the change now."))
