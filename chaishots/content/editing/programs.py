"""Programs: create, change, delete, archive and restore one. Each command is one transaction under its lock.

`version` is what the editor last read; None means that the newest is fine.
"""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content import lifecycle, slug_spelling
from chaishots.content.editing.load_and_save import Values, change, delete, insert, require_fields, save
from chaishots.content.editing.topics import find_or_create_topic
from chaishots.content.editing.transaction import changing
from chaishots.content.editing.versions import lock
from chaishots.content.errors import (
    InvalidTransition,
)
from chaishots.content.field_kinds import Writer, written_by
from chaishots.content.fields import PROGRAM
from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.models import Lesson, Program
from chaishots.database.orm import query

_SLUG_OF: Final = "select chaishots_slug($1) as slug"
PROGRAM_FIELDS: Final = frozenset(written_by(Writer.EDITOR, PROGRAM))


async def create_program(values: Values, *, topics: Sequence[str] = (), actor: str) -> Program:
    """Create a draft program from PROGRAM_FIELDS, with topics by name; without a slug, one is made of its title.

    Raises: InvalidContent, Conflict when another program has the slug.
    """
    require_fields(values, PROGRAM_FIELDS)
    if "slug" not in values and values.get("title"):
        values = {**values, "slug": slug_spelling.wished(values["title"])}
    async with changing(actor) as transaction:
        program = await insert(Program, values, transaction)
        await _set_topics(program, topics, transaction)
        return program


async def change_program(
    program_id: UUID, values: Values, *, topics: Sequence[str] | None = None, version: int | None = None, actor: str
) -> Program:
    """Change some of a program's PROGRAM_FIELDS, and its topics unless None.

    A map is merged into the one there is; a language or variant given as None goes (JSON Merge Patch, RFC 7396).
    A slug that was made of the title follows it until the program is published.

    Raises: NotFound, VersionConflict, InvalidContent, Conflict.
    """
    async with changing(actor) as transaction:
        program = await lock(Program, program_id, transaction, version=version)
        if topics is not None:
            await _set_topics(program, topics, transaction)
        if values.get("title") and "slug" not in values and await _follows_title(program, transaction):
            values = {**values, "slug": slug_spelling.wished(values["title"])}
        return await change(program, values, PROGRAM_FIELDS, transaction)


async def delete_program(program_id: UUID, *, version: int | None = None, actor: str) -> None:
    """Delete a program with its terms and lessons. Raises: NotFound, VersionConflict, Conflict when some are public."""
    lessons = Lesson.filter(term__program_id=program_id)
    await delete(Program, program_id, lessons=lessons, version=version, actor=actor)


async def archive_program(program_id: UUID, *, version: int | None = None, actor: str) -> Program:
    """Hide a program and all that is in it. Raises: NotFound, VersionConflict, InvalidTransition."""
    async with changing(actor) as transaction:
        program = await lock(Program, program_id, transaction, version=version)
        return await _set_status(program, ProgramStatus.ARCHIVED, transaction)


async def restore_program(program_id: UUID, *, version: int | None = None, actor: str) -> Program:
    """Bring an archived program back: public when it has public lessons, else as a draft.

    Raises: NotFound, VersionConflict, InvalidTransition, InvalidContent.
    """
    async with changing(actor) as transaction:
        program = await lock(Program, program_id, transaction, version=version)
        if refused := lifecycle.restore_refusal("program", program.status):
            raise InvalidTransition(refused, field="status")
        lessons = Lesson.filter(term__program_id=program_id, status=Status.PUBLISHED).using_db(transaction)
        return await _set_status(program, lifecycle.restored(has_published_lessons=await lessons.exists()), transaction)


async def _follows_title(program: Program, transaction: TransactionalDBClient) -> bool:
    if program.published_at is not None:
        return False
    [row] = await query(transaction, _SLUG_OF, slug_spelling.latin(program.title))
    return re.fullmatch(f"{row['slug']}(-[0-9a-f]+)?", program.slug) is not None


async def _set_status(program: Program, status: ProgramStatus, transaction: TransactionalDBClient) -> Program:
    if status not in lifecycle.PROGRAM_TRANSITIONS[program.status]:
        raise InvalidTransition(f"The program is {program.status} and cannot become {status}.", field="status")
    program.status = status
    return await save(program, ["status"], transaction)


async def _set_topics(program: Program, names: Sequence[str], transaction: TransactionalDBClient) -> None:
    # In the order of their names: two editors that create the same new topics would lock each other out otherwise.
    first_spelling = {name.lower(): name for name in reversed(names)}
    wanted = [await find_or_create_topic(first_spelling[name], transaction) for name in sorted(first_spelling)]
    present = await program.topics.all().using_db(transaction)
    if gone := [topic for topic in present if topic not in wanted]:
        await program.topics.remove(*gone, using_db=transaction)
    if new := list(dict.fromkeys(topic for topic in wanted if topic not in present)):
        await program.topics.add(*new, using_db=transaction)
