"""The tables that a file has a say in: which of their columns, which steps of status, and what is stored in them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.insert_rows import batches
from chaishots.content.exchange.match_to_stored import Placed
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


def _program_status(thing: Placed, stored: str) -> str:
    # A draft with a published lesson becomes published when that lesson does, which needs no word in the file.
    status = thing.seed.values["status"]
    lessons = (lesson for term in thing.seed.parts for lesson in term.parts)
    is_public = status == ProgramStatus.DRAFT and any(it.values["status"] == Status.PUBLISHED for it in lessons)
    return ProgramStatus.PUBLISHED if is_public and stored != ProgramStatus.DRAFT else status


TIMES: Final = {"publish_at": "publish_zone", "archive_at": "archive_zone"}
"""Each time, and the zone that goes with it."""
TIMED: Final = (*TIMES, *TIMES.values())
_LESSON: Final = ("term_id", *(name for name in written_by(Writer.EDITOR, LESSON) if name not in TIMED))
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
    (*_LESSON, "status", "release_id", "published_at", *TIMED),
    {status: frozenset[str](becomes) for status, becomes in LESSON_TRANSITIONS.items()},
)


async def load_stored(kind: Kind, ids: Sequence[UUID], transaction: TransactionalDBClient) -> dict[UUID, Values]:
    """What the columns of these things hold, by their ids; nothing is locked."""
    found: dict[UUID, Values] = {}
    for batch in batches(ids):
        found |= {row["id"]: values_of(row) for row in await query(transaction, select_by_ids(kind), batch)}
    return found


def select_by_ids(kind: Kind) -> str:
    """The statement that reads things by their ids, $1, for `values_of`."""
    return f"select id, {', '.join(kind.columns)} from {kind.table} where id = any($1)"


def values_of(row: Mapping[str, Any]) -> Values:  # Any: as asyncpg gives them
    """What a row holds, maps among it."""
    return {key: json.loads(value) if key in MAP_NAMES else value for key, value in row.items()}
