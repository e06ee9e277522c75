"""A batch: what was done, and when to look again, as the lines of `chaishots_publish_due` tell it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.database.errors import Trouble, trouble_of_state
from chaishots.scheduler.refusal_reasons import Refused

_FAR_SECONDS: Final = 0.005
"""What a nearer database's answer takes is not worth a look that comes too early."""


@dataclass(frozen=True, slots=True)
class Published:
    """A lesson that went public, and how late it could be seen, in milliseconds after its publish_at."""

    lesson_id: UUID
    title: str
    publish_at: datetime
    late_ms: float


@dataclass(frozen=True, slots=True)
class Archived:
    """A lesson that was taken down at its scheduled end, and how late, in milliseconds after its archive_at."""

    lesson_id: UUID
    title: str
    archive_at: datetime
    late_ms: float


@dataclass(frozen=True, slots=True)
class Applied:
    """A scheduled change that was applied, and how late, in milliseconds after its apply_at.

    title: the kind and title of what it changed.
    """

    change_id: UUID
    title: str
    apply_at: datetime
    late_ms: float


@dataclass(frozen=True, slots=True)
class Batch:
    """What was done, by publish_at, lessons of releases last, and when to look again.

    refused: those of which that is news; what is tried again in vain is told once.
    is_full: more may be due, and can be had at once. is_held: something that is due could not be had, because another
    transaction holds its row, or that of its draft program. seconds_to_next: until something yet to come falls due, by
    Postgres' clock; zero or less when it did meanwhile; None when nothing is to come. trouble: for which Postgres
    refused the rest, everybody alike. is_settled: at most lessons were published, and what comes next is told with it:
    of what else is changed, the next look tells what follows.
    """

    published: Sequence[Published]
    refused: Sequence[Refused]
    archived: Sequence[Archived]
    is_full: bool
    is_held: bool = False
    seconds_to_next: float | None = None
    trouble: Trouble | None = None
    applied: Sequence[Applied] = ()
    is_settled: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed."""
        return not (self.published or self.refused or self.archived or self.applied)


_SETTLED: Final = ("published", "next")
ONCE_MORE: Final = Batch((), (), (), is_full=True)
"""Nothing was done, and what is due can be had at once."""


def batch_of(lines: Sequence[asyncpg.Record], took_s: float) -> Batch:
    """What a call did whose answer came after so long."""
    facts = facts_of(lines)
    around_s: float = max(0.0, took_s - facts["took_s"])
    # Seen when the commit was done, which is after the last that the database could tell: when it is heard of here.
    seen_at = lines[-1]["moment"] + timedelta(seconds=around_s)
    seconds_to_next: float | None = facts["seconds_to_next"]
    if seconds_to_next is not None and around_s / 2 > _FAR_SECONDS:
        seconds_to_next -= around_s / 2  # it was on its way for so long
    return Batch(
        published=[Published(*_seen(line, seen_at)) for line in lines if line["what"] == "published"],
        refused=(),
        archived=[Archived(*_seen(line, seen_at)) for line in lines if line["what"] == "archived"],
        is_full=facts["is_full"],
        is_held=facts["is_held"],
        seconds_to_next=seconds_to_next,
        trouble=next((_trouble(line) for line in lines if line["what"] == "trouble"), None),
        applied=[Applied(*_seen(line, seen_at)) for line in lines if line["what"] == "applied"],
        is_settled=all(line["what"] in _SETTLED for line in lines),
    )


def facts_of(lines: Sequence[asyncpg.Record]) -> dict[str, Any]:  # Any: JSON
    """What the last line says, of all of it."""
    return json.loads(lines[-1]["facts"])


def _trouble(line: asyncpg.Record) -> Trouble:
    facts = json.loads(line["facts"])
    return trouble_of_state(facts["errcode"], facts["message"])


def _seen(line: asyncpg.Record, seen_at: datetime) -> tuple[UUID, str, datetime, float]:
    return line["id"], line["title"], line["moment"], (seen_at - line["moment"]) / timedelta(milliseconds=1)
