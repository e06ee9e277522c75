"""How long Postgres may take for what is due, and how much is tried at once: less while something due hangs.

Knows one session's time limits. Postgres limits a statement as a whole, whatever the functions in it do: so what hangs,
in a user's own trigger that sleeps or waits for a lock, makes all that went with it late by that limit. It is short for
that reason, and shorter for the parts of a batch in which something hung.
"""

import json
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.database.connection import Connection

BATCH: Final = 1_000
BATCH_SECONDS: Final = 1.0
"""For a batch, which takes a fifth of that, and for one that is tried by itself."""
_PART_SECONDS: Final = 0.3
_LESSON_SECONDS: Final = 0.004
"""More for each lesson of a release, which goes as a whole; it takes a twentieth of that."""
_LONGEST_SECONDS: Final = 20.0
_LOCK_SHARE: Final = 0.8
"""Of the time for a statement: an error that names a lock says more than one that names the time."""
_LOCK_SECONDS: Final = BATCH_SECONDS * _LOCK_SHARE
_HANGS_IN_VAIN: Final = 20
"""So many in a row, and nothing went between them: then it is rather Postgres that hangs than each of them."""
_PUT_OFF_SECONDS: Final = 10
_GAVE_UP: Final = "chaishots gave up: "
# What the session itself has as the limit of a lock is not made longer.
_LIMIT: Final = """
    select set_config('statement_timeout', $1::integer::text, false),
           set_config('lock_timeout', least($2::integer, (
               select nullif(reset_val, '0')::integer from pg_settings where name = 'lock_timeout'))::text, false)
"""


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


@dataclass(slots=True)
class TimeLimits:
    """What is to be tried next, and for how long, as far as what was tried before tells. Of one session."""

    lessons: int = BATCH
    _slowness: int = 1
    _in_vain: int = 0
    _limit: float | None = None
    _waits_since: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether so much hung in a row that it is no fault of what is due."""
        return self._in_vain > _HANGS_IN_VAIN

    async def limit_batch(self, session: Connection) -> None:
        """Give the next statement the time of a batch, or of a part of one."""
        seconds = BATCH_SECONDS if self.lessons == BATCH else _PART_SECONDS
        await self._set_limit(session, min(_LONGEST_SECONDS, seconds * self._slowness))

    async def limit_telling(self, session: Connection, *, is_part: bool) -> None:
        """Give the next statement the time in which refusals are told."""
        await self._set_limit(session, _PART_SECONDS if is_part else BATCH_SECONDS)

    async def limit_alone(self, session: Connection, lessons: int) -> None:
        """Give the next statement the time of one lesson, or of a release of so many."""
        await self._set_limit(session, _alone_seconds(lessons))

    def note_hang(self, hang: Hang) -> None:
        """Take less at once: what hung is somewhere among so many."""
        self._in_vain += 1
        self.lessons = max(1, min(self.lessons, hang.lessons) // 16)

    def note_no_end(self) -> None:
        """Allow more time: Postgres gave up, and not at something that is due."""
        self._slowness = min(64, self._slowness * 4)

    def note_batch(self, took_s: float, *, is_empty: bool, is_full: bool) -> None:
        """Take more at once, as quickly as it went; all again once nothing is left."""
        self._slowness = 1
        if not is_empty:
            self._in_vain = 0
        if not is_full:
            self.lessons = BATCH
        elif took_s < _PART_SECONDS / 3:
            self.lessons = min(BATCH, self.lessons * (4 if took_s < _PART_SECONDS / 6 else 2))

    def is_time(self, lessons: int, seconds_to_next: float | None) -> bool:
        """Whether what hung, a lesson or a release of so many, may be tried by itself.

        That is when nothing falls due meanwhile, or when it has waited long for that.
        """
        now = time.monotonic()
        self._waits_since = self._waits_since or now
        is_free = seconds_to_next is None or seconds_to_next > _alone_seconds(lessons)
        if is_free or now - self._waits_since > _PUT_OFF_SECONDS:
            self._waits_since = None
            return True
        return False

    async def _set_limit(self, session: Connection, seconds: float) -> None:
        if seconds != self._limit:
            lock = min(_LOCK_SECONDS, seconds * _LOCK_SHARE)
            await session.fetchrow(_LIMIT, round(seconds * 1000), round(lock * 1000))
            self._limit = seconds


def _alone_seconds(lessons: int) -> float:
    return min(_LONGEST_SECONDS, BATCH_SECONDS + lessons * _LESSON_SECONDS)
