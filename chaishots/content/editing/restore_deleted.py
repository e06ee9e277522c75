"""Brings back what was deleted, as a draft, out of the history: a lesson, or a term or program with what it had."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import slug_spelling
from chaishots.content.editing.move_term_or_lesson import lock_program, lock_terms
from chaishots.content.editing.numbers_and_order import next_lesson_number, next_term_number
from chaishots.content.editing.transaction import changing
from chaishots.content.errors import Conflict, InvalidTransition, NotFound
from chaishots.content.field_kinds import Writer, written_by
from chaishots.content.fields import LESSON, PROGRAM, TERM
from chaishots.database.orm import query

Before = Mapping[str, Any]  # Any: JSON, a row as the history has it

# What is not brought back: an end that may have passed, and slugs that others may have got.
_LEFT: Final = frozenset(
    {"archive_at", "archive_zone", "slug", "former_slugs", "position", "term_number", "lesson_number"}
)
_KEPT: Final = ("id", "published_at", "created_at")
_COLUMNS: Final = {
    table: (*_KEPT, *parents, *(name for name in written_by(Writer.EDITOR, fields) if name not in _LEFT))
    for table, parents, fields in (
        ("lesson", ("term_id",), LESSON),
        ("term", ("program_id",), TERM),
        ("program", (), PROGRAM),
    )
}
_TAKEN: Final = {
    "lesson": "select from lesson where term_id = $1 and lesson_number = $2",
    "term": "select from term where program_id = $1 and term_number = $2",
}
# idx_activity_object_… (object_id, seq).
_END: Final = """
    select seq, object_type, before from activity
     where object_id = $1 and action in ('lesson.delete', 'term.delete', 'program.delete') order by seq desc limit 1
"""
# What went with it stands behind it in the history: activity_pkey (seq). Nothing is deleted from what is gone already.
_WITH_IT: Final = """
    select before from activity
     where seq > $2 and action = $1 || '.delete' and before ->> $3 = $4 order by seq
"""
_TOPICS: Final = """
    insert into program_topic (program_id, topic_id)
    select distinct $1::uuid, topic.id from activity line join topic on topic.id = (line.before ->> 'topic_id')::uuid
     where line.object_id = $1 and line.seq > $2 and line.action = 'program.remove_topic'
        on conflict do nothing
"""
_INSERT: Final = "insert into {table} ({names}) select {names} from jsonb_populate_record(null::{table}, $1)"
_IS_THERE: Final = "select from {table} where id = $1"


@dataclass(frozen=True)
class BroughtBack:
    """What is there again, and how many terms and lessons came with it."""

    kind: str
    id: UUID
    title: str
    terms: int
    lessons: int


async def bring_back(thing_id: UUID, *, actor: str) -> BroughtBack:
    """Bring back a lesson, term or program that was deleted: as a draft, under its own id, without moments and release.

    What went with it comes with it; what was deleted before does not. Where another thing has its number by now, it
    gets the last one.

    Raises: NotFound when the history has no such end, InvalidTransition when what it was part of is gone as well,
        Conflict when it is there, InvalidContent when a rule that is newer refuses it.
    """
    async with changing(actor) as transaction:
        rows = await query(transaction, _END, thing_id)
        if not rows:
            raise NotFound("The history knows of no lesson, program or term with this id that was deleted.", field="id")
        kind, seq, before = rows[0]["object_type"], rows[0]["seq"], _document(rows[0]["before"])
        if await query(transaction, _IS_THERE.format(table=kind), thing_id):
            raise Conflict(f"This {kind} is there: there is nothing to bring back.", field="id")
        if kind == "program":
            # A wish: the one it had, or like it where that is another's by now.
            slug = f"~{before['slug']}" if before.get("slug") else slug_spelling.wished(before["title"])
            await _insert("program", before, transaction, slug=slug)
            await query(transaction, _TOPICS, thing_id, seq)
            terms = await _with_it("term", "program_id", [thing_id], seq, transaction)
            lessons = await _with_it("lesson", "term_id", [UUID(term["id"]) for term in terms], seq, transaction)
        elif kind == "term":
            terms = []
            await _bring_term(before, transaction)
            lessons = await _with_it("lesson", "term_id", [thing_id], seq, transaction)
        else:
            terms, lessons = [], []
            await _bring_lesson(before, transaction)
    title = before.get("title") or f"Term {before.get('term_number')}"
    return BroughtBack(kind, thing_id, title, len(terms), len(lessons))


async def _bring_term(before: Before, transaction: TransactionalDBClient) -> None:
    program_id = UUID(before["program_id"])
    try:
        await lock_program(program_id, transaction)
    except NotFound:
        raise InvalidTransition(_parent_first("program", program_id), field="program_id") from None
    number = before["term_number"]
    if await query(transaction, _TAKEN["term"], program_id, number):
        number = await next_term_number(program_id, transaction)
    await _insert("term", before, transaction, term_number=number)


async def _bring_lesson(before: Before, transaction: TransactionalDBClient) -> None:
    term_id = UUID(before["term_id"])
    if not await lock_terms([term_id], transaction):
        raise InvalidTransition(_parent_first("term", term_id), field="term_id")
    number = before["lesson_number"]
    if await query(transaction, _TAKEN["lesson"], term_id, number):
        number = await next_lesson_number(term_id, transaction)
    await _insert("lesson", before, transaction, lesson_number=number)


def _parent_first(kind: str, key: UUID) -> str:
    return f"The {kind} that it was part of was deleted as well: bring that back first, chaishots restore {key}"


async def _with_it(
    kind: str, parent: str, parents: Iterable[UUID], seq: int, transaction: TransactionalDBClient
) -> list[Before]:
    found: list[Before] = []
    for key in parents:
        found += [_document(row["before"]) for row in await query(transaction, _WITH_IT, kind, seq, parent, str(key))]
    for before in found:
        await _insert(kind, before, transaction, **{f"{kind}_number": before[f"{kind}_number"]})
    return found


async def _insert(table: str, before: Before, transaction: TransactionalDBClient, **values: Any) -> None:
    # What the history does not have, the database fills in: a column that is newer than the line.
    row = {name: before[name] for name in _COLUMNS[table] if before.get(name) is not None} | values
    row["version"] = before.get("version", 0) + 1  # no editor's copy of the deleted one may pass for this one
    names = ", ".join(row)
    await query(transaction, _INSERT.format(table=table, names=names), json.dumps(row))


def _document(value: Any) -> Before:  # Any: jsonb, as a text or read already
    return json.loads(value) if isinstance(value, str) else value
