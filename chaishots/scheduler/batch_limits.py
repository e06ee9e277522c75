"""How long Postgres may take for what is due, and how much is tried at once: little first, and after something hung.

Knows one session's time limits. Postgres limits a statement as a whole, whatever the functions in it do: so what hangs,
in a user's own trigger that sleeps or waits for a lock, makes all that went with it late by that limit. So a batch may
take four times what so many lessons took before, and no more. The first one is small, that this be little; each that
follows takes twice as much, for a backlog. Where what was given up goes well after all, Postgres was only slow: the
limits are wider for a while.
"""

import time
from dataclasses import dataclass, field
from math import inf
from typing import Final, Self
from uuid import UUID

from chaishots.database.connection import Connection
from chaishots.database.session_reset import note_settings
from chaishots.scheduler.given_up_statements import Hang
from chaishots.scheduler.session_enders import LostSession

BATCH: Final = 1_000
_FIRST: Final = 50
"""Lessons of the first batch after a while in which nothing was due."""
_LEAST_SECONDS: Final = 0.06
"""For any batch, beside what its lessons take: a machine that is busy for a moment is no reason to give up."""
_WIDEST: Final = 16
"""So many times what a batch has otherwise, after false alarms."""
_WIDER_FOR_SECONDS: Final = 60
_PACE_SECONDS: Final = 0.0002
"""What a lesson of a batch takes at the most where nobody has triggers of his own."""
_PATIENCE: Final = 4
_FIXED_SECONDS: Final = 0.02
_MANY: Final = 8
"""From so many on, the time of a batch tells what each takes: below, what comes with any batch does."""
_SECONDS: Final = 1.0
"""The longest for a batch; for one that is tried by itself; for refusals that are told."""
_PART_SECONDS: Final = 0.3
_LESSON_SECONDS: Final = 0.004
"""More for each lesson of a release, which goes as a whole; it takes a twentieth of that."""
_LONGEST_SECONDS: Final = 20.0
_LOCK_SHARE: Final = 0.8
"""Of the time for a statement: an error that names a lock says more than one that names the time."""
_LOCK_SECONDS: Final = _SECONDS * _LOCK_SHARE
_HANGS_IN_VAIN: Final = 20
"""So many in a row, and nothing went between them: then it is rather Postgres that hangs than each of them."""
_PUT_OFF_SECONDS: Final = 10
_ONCE_MORE_SECONDS: Final = 0.5
"""After so long, what hung is tried once more in the time of a batch though others fall due meanwhile: Postgres, or the
machine, may have stood still just then, and nothing is wrong with it. So often at the most, as it makes others late."""
_LOST_SHARE: Final = 32
"""So many times smaller than a batch with which the session ended is the next one: each end costs an election."""
# What the session itself has as the limit of a lock is not made longer.
_LIMIT: Final = """
    select set_config('statement_timeout', $1::integer::text, false) as statement_timeout,
           set_config('lock_timeout', least($2::integer, (
               select nullif(reset_val, '0')::integer from pg_settings where name = 'lock_timeout'))::text, false)
               as lock_timeout
"""


@dataclass(slots=True)
class TimeLimits:
    """What is to be tried next, and for how long, as far as what was tried before tells. Of one session.

    suspects: what is to be put aside first, for the session before ended with it. lost: at what this one ended.
    """

    lessons: int = _FIRST
    suspects: LostSession | None = None
    lost: LostSession | None = None
    _pace: float = _PACE_SECONDS
    _hidden_in: int = 0
    _slowness: int = 1
    _width: int = 1
    _wide_until: float = 0.0
    _in_vain: int = 0
    _limit: float | None = None
    _waits_since: float | None = None
    _once_more_from: float = 0.0
    _doubted: set[UUID] = field(default_factory=set[UUID])
    _given_up: set[UUID] = field(default_factory=set[UUID])

    @classmethod
    def after(cls, lost: LostSession | None) -> Self:
        """Those of the session that follows one that ended so: little at once, as something due may have ended it."""
        if lost is None:
            return cls()
        lessons = max(1, lost.lessons // _LOST_SHARE) if lost.lessons else _FIRST
        return cls(lessons, lost if lost.has_suspects else None, _hidden_in=lost.lessons)

    @property
    def is_over(self) -> bool:
        """Whether so much hung in a row that it is no fault of what is due."""
        return self._in_vain > _HANGS_IN_VAIN

    async def limit_batch(self, session: Connection) -> None:
        """Give the next statement the time of the next batch."""
        seconds = min(_SECONDS, self._expected_seconds(self.lessons))
        await self._set_limit(session, min(_LONGEST_SECONDS, seconds * self._slowness))

    async def limit_telling(self, session: Connection, *, is_part: bool) -> None:
        """Give the next statement the time in which refusals are told."""
        await self._set_limit(session, _PART_SECONDS if is_part else _SECONDS)

    async def limit_alone(self, session: Connection, lessons: int, *, is_quick: bool) -> None:
        """Give the next statement the time of one lesson, or of a release of so many."""
        seconds = min(_LONGEST_SECONDS, self._expected_seconds(lessons)) if is_quick else _alone_seconds(lessons)
        await self._set_limit(session, seconds)

    def note_hang(self, hang: Hang) -> None:
        """Take less at once: what hung is put aside, or else somewhere among so many."""
        self._in_vain += 1
        if self.is_over:
            self._widen()
        if hang.key:
            self._doubt(hang.key)
            self._hidden_in = 0
            self.lessons = max(1, self.lessons // 2)
        else:
            self._hidden_in = min(self.lessons, hang.lessons)
            self.lessons = max(1, self._hidden_in // 8)

    def note_no_end(self) -> bool:
        """Allow more time: Postgres gave up, not at something that is due. Whether to try again before that is told."""
        self._slowness = min(64, self._slowness * 4)
        return self._limit is not None and self._limit < _SECONDS

    def note_batch(self, took_s: float, lessons: int, *, is_full: bool) -> None:
        """Take more at once, up to a full batch; little again once nothing is left."""
        self._slowness = 1
        if lessons:
            self._in_vain = 0
            self._note_pace(took_s, lessons, is_certain=lessons >= _MANY)
        was_hidden_in, self._hidden_in = self._hidden_in, max(0, self._hidden_in - lessons)
        if was_hidden_in and not (self._hidden_in and is_full):
            self._widen()  # all of them went
        if not is_full:
            self.lessons, self._hidden_in = _FIRST, 0
        elif not self._hidden_in:
            self.lessons = min(BATCH, self.lessons * (2 if self.lessons >= _FIRST // 2 else 4))

    def note_alone(self, key: UUID, took_s: float, lessons: int) -> None:
        """Learn from what went by itself."""
        if key in self._given_up:
            self._widen()
        self._forget(key)
        # None: it was no release. Of a single one, what comes with any batch is not to be told from what it takes.
        self._note_pace(took_s - _LEAST_SECONDS, max(1, lessons), is_certain=True)

    def note_refused(self, key: UUID) -> None:
        """Take it that this one hangs: it did so in all the time that it can have."""
        self._forget(key)

    def is_quick(self, key: UUID, lessons: int, seconds_to_next: float | None) -> bool | None:
        """Whether what hung, a lesson or a release of so many, is to be tried in the time of a batch; None: not now.

        Else it has its full time, when nothing falls due meanwhile or it has waited long for that. Before, it is tried
        once more in the time of a batch, if something falls due or others wait as well: perhaps Postgres was slow just
        then, and it keeps nobody waiting any longer. So is what another session gave up.
        """
        now = time.monotonic()
        self._waits_since = self._waits_since or now
        if key not in self._given_up:
            self._doubt(key)
        left = inf if seconds_to_next is None else seconds_to_next
        may_be_quick = key in self._doubted and (left > self._expected_seconds(lessons) or now >= self._once_more_from)
        has_time = left > _alone_seconds(lessons)
        if may_be_quick and not (has_time and len(self._doubted) == 1):
            self._doubted.discard(key)
            self._once_more_from = now + _ONCE_MORE_SECONDS
            return True
        if has_time or now - self._waits_since > _PUT_OFF_SECONDS:
            self._waits_since = None
            return False
        return None

    def _expected_seconds(self, lessons: int) -> float:
        width = self._width if time.monotonic() < self._wide_until else 1
        return width * (_LEAST_SECONDS + lessons * self._pace * _PATIENCE)

    def _widen(self) -> None:
        now = time.monotonic()
        self._width = min(_WIDEST, 2 * self._width) if now < self._wide_until else 2
        self._wide_until = now + _WIDER_FOR_SECONDS

    def _doubt(self, key: UUID) -> None:
        self._doubted.add(key)
        self._given_up.add(key)
        self._once_more_from = time.monotonic() + _ONCE_MORE_SECONDS

    def _forget(self, key: UUID) -> None:
        self._doubted.discard(key)
        self._given_up.discard(key)

    def _note_pace(self, took_s: float, lessons: int, *, is_certain: bool) -> None:
        pace = max(_PACE_SECONDS, self._pace / 2, (took_s - _FIXED_SECONDS) / lessons)
        self._pace = pace if is_certain else min(self._pace, pace)

    async def _set_limit(self, session: Connection, seconds: float) -> None:
        if seconds != self._limit:
            lock = min(_LOCK_SECONDS, seconds * _LOCK_SHARE)
            told = await session.fetchrow(_LIMIT, round(seconds * 1000), round(lock * 1000))
            assert told is not None
            note_settings(session, dict(told))
            self._limit = seconds


def _alone_seconds(lessons: int) -> float:
    return min(_LONGEST_SECONDS, _SECONDS + lessons * _LESSON_SECONDS)
