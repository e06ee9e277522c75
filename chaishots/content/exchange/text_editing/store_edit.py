"""Stores an edit as an import does, and refuses it where somebody was there first: the versions are compared here.

What an edit asks for beyond an import: what changes is as it was read, what is new is new, what is to come is to come.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.errors import NotFound, VersionConflict
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Content
from chaishots.content.exchange.import_report import Imported
from chaishots.content.exchange.importing import naming_file, store_content
from chaishots.content.exchange.match_to_stored import Places
from chaishots.content.exchange.picture_paths import upload_pictures
from chaishots.content.exchange.text_editing.edited_text import NAME, Edit
from chaishots.database.connection import STATEMENT_SECONDS
from chaishots.database.orm import query

# Releases are locked before lessons, and lessons before programs, as by those who publish.
_EDITED: Final = ("release", "lesson", "term", "program", "topic", "change")


async def store_edit(edit: Edit, *, actor: str, dry_run: bool = False) -> Imported:
    """Store what was edited in a text, as an import does, if nobody has changed it since.

    Args:
        dry_run: do everything, tell it, and undo it.
    Raises: BadFile; VersionConflict when something that changes is not as it was read, NotFound when it, or what it
        stands in, is gone; DatabaseBusy, DatabaseAway. Nothing was written then.
    """
    with naming_file(NAME):
        await upload_pictures(edit.content, None, None)
        return await store_content(
            edit.content,
            frozenset(),
            actor=actor,
            is_dry_run=dry_run,
            seconds=STATEMENT_SECONDS,
            rules=_EditRules(edit),
        )


class _EditRules:
    def __init__(self, edit: Edit) -> None:
        self._edit = edit

    async def require(self, transaction: TransactionalDBClient) -> None:
        await _require_unchanged(self._edit, transaction)
        await _require_new_to_be_new(self._edit, transaction)

    def note_faults(self, content: Content, places: Places, now: datetime, faults: FaultList) -> None:
        # Without an id it is new, whatever is there already.
        _note_taken_places(places, self._edit.existing, faults)
        _note_past_moments(content, now, faults)


async def _require_unchanged(edit: Edit, transaction: TransactionalDBClient) -> None:
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


async def _require_new_to_be_new(edit: Edit, transaction: TransactionalDBClient) -> None:
    """Refuse ids and names of what is new that something has. Raises: Fault."""
    faults = FaultList()
    new = {seed.values["id"]: seed for seed in edit.content.releases if seed.values["id"] not in edit.existing}
    for row in await query(transaction, _TAKEN, [*new]):
        faults.note(new[row["id"]].fault("id", "Something has this id already: keep the one that the text had."))
    names = [topic["name"] for topic in edit.content.topics if not topic["id"]]
    for row in await query(transaction, _NAMED, names):
        faults.note(Fault("topics", f"There is a topic {row['name']} already: edit that one, or choose another name."))
    faults.require_none()


def _note_taken_places(places: Places, existing: frozenset[UUID], faults: FaultList) -> None:
    """Note what is new, without an id, where something that is stored has its number. existing: what was opened."""
    for things, number in (places.terms, "term_number"), (places.lessons, "lesson_number"):
        for thing in things:
            if not thing.is_new and thing.id not in existing:
                faults.note(thing.seed.fault(number, rule_of(f"{number}_unique")))


def _note_past_moments(content: Content, now: datetime, faults: FaultList) -> None:
    """Note changes whose moment has passed. now: by the database's clock."""
    for seed in content.changes:
        at = seed.values_at(now)["apply_at"]
        if "apply_at" not in seed.absent and at is not None and at <= now and seed.values["release_id"] is None:
            faults.note(seed.fault("apply_at", "This moment has passed: choose a later one, or make the change now."))
