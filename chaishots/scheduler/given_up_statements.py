"""Reads from an error of Postgres' that it gave up a statement of the publisher, and where.

Knows what `chaishots_isolate` writes into the detail. Must not know a session.
"""

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

_GAVE_UP: Final = "chaishots gave up: "


@dataclass(frozen=True, slots=True)
class Hang:
    """Where Postgres gave up a statement: at this lesson or release, as far as that can be told.

    lessons: how many were tried in that step. culprit: the lesson of the release, if it can be told.
    """

    key: UUID | None
    lessons: int
    culprit: UUID | None = None


def hang_of(error: BaseException) -> Hang | None:
    """What the database says it gave up at; None when it was something else, a table that is locked for one."""
    detail: str | None = getattr(error, "detail", None) if isinstance(error, asyncpg.PostgresError) else None
    if not detail or not detail.startswith(_GAVE_UP):
        return None
    facts = json.loads(detail.removeprefix(_GAVE_UP))
    key, culprit = facts["key"], facts.get("culprit")
    return Hang(UUID(key) if key else None, facts["lessons"], UUID(culprit) if culprit else None)


def gave_up(error: asyncpg.PostgresError) -> bool:
    """Whether the time of the statement was over, or a lock was not had in time."""
    return error.sqlstate in ("57014", "55P03")
