"""A drill: the leader of a live system is made to step down, and for how long nobody leads is timed.

Knows who leads and what fell due. Must not know the terminal, nor how a replica leads: it looks from outside, and what
it does is what befalls leaders anyway. To end the session is what Postgres does to one that is lost; nothing is asked
of the replica, so that this works with each version of it.
"""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.database.connection import Connection
from chaishots.database.replicas import Leading, Replica, leading, replicas, stranger
from chaishots.scheduler.drill_faults import find_process, kill_process, paused_process

PROMISED_MS: Final = 100
"""How long nobody leads after a crash, or the end of a session."""
_HANG_MS: Final = 1_000
"""How much longer than its lease a leader that hangs keeps the lead."""
_LOOK_SECONDS: Final = 0.005
_GIVE_UP_SECONDS: Final = 10
"""How much longer than promised the next leader is waited for."""
_SETTLE_SECONDS: Final = 6
"""How long what fell due, and the one that led, are waited for afterwards."""
_BEFORE: Final = "interval '1 s'"
"""What was due so long before, and was not out yet, may have been held up as well."""

_END: Final = "select pg_terminate_backend($1)"
_CLOCK: Final = "select clock_timestamp()"
# By lesson_scheduled (publish_at, id), lesson_end (archive_at, id) and change_due (apply_at, id); the last statement
# reads the history of what it found.
_FELL_DUE: Final = f"""
    select 'lesson' as kind, id, publish_at as due_at,
           case when published_at >= publish_at then published_at end as done_at
      from lesson
     where publish_at > $1::timestamptz - {_BEFORE} and publish_at <= $2 and publish_error is null
       and (status = 'scheduled' or status = 'published' and published_at >= $1)
     union all
    select 'change', id, apply_at, applied_at
      from change
     where apply_at > $1::timestamptz - {_BEFORE} and apply_at <= $2 and error is null
       and (status = 'scheduled' or status = 'applied' and applied_at >= $1)
     union all
    select 'end', id, archive_at, ended.at
      from lesson cross join lateral (
               select min(line.at) as at from activity line
                where line.object_id = lesson.id and line.action = 'lesson.archive' and line.at >= archive_at) ended
     where archive_at > $1::timestamptz - {_BEFORE} and archive_at <= $2 and publish_error is null
       and (status in ('scheduled', 'published') or ended.at >= $1)
     order by due_at, id
"""


class Means(Enum):
    """What befalls the leader: its session is ended, its process is killed, or paused until another leads."""

    SESSION = "session"
    KILL = "kill"
    PAUSE = "pause"


class CannotDrill(Exception):
    """There is nothing to be tried, or no right to; the text, one line, says why and what to do."""


@dataclass(frozen=True)
class Scene:
    """Who leads, and who would take over. process: the leader's on this host, where that is needed."""

    leader: Replica
    session: Leading
    standbys: list[str]
    process: int | None


@dataclass(frozen=True)
class FellDue:
    """A lesson, a scheduled change, or a lesson's end that fell due meanwhile; done_at is None while it waits."""

    kind: str
    id: UUID
    due_at: datetime
    done_at: datetime | None


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    leads: None when nobody did in time; gap_ms is how long nobody led. back_ms: how long it took until the one that led
    stands by again; None when it does not.
    """

    means: Means
    led: str
    leads: str | None
    gap_ms: float
    promised_ms: int
    fell_due: list[FellDue]
    back_ms: float | None

    @property
    def is_kept(self) -> bool:
        """Whether another led as soon as is promised, and all that fell due meanwhile is out."""
        another = self.leads is not None and self.leads != self.led
        return another and self.gap_ms <= self.promised_ms and all(one.done_at for one in self.fell_due)

    @property
    def latest_ms(self) -> float | None:
        """How late the latest of what fell due and is out was; None when there is none."""
        done = [one.done_at - one.due_at for one in self.fell_due if one.done_at is not None]
        return max(done).total_seconds() * 1000 if done else None


def promise_ms(means: Means, lease_ms: int) -> int:
    """For how long nobody leads at the most."""
    return lease_ms + _HANG_MS if means is Means.PAUSE else PROMISED_MS


async def set_scene(connection: Connection, means: Means) -> Scene:
    """Look who leads and who stands by. Raises: CannotDrill; NotHere when the leader's process is not to be had."""
    everyone = await replicas(connection)
    leader, session = next((one for one in everyone if one.leads), None), await leading(connection)
    if leader is None or session is None or session.name != leader.name:
        raise CannotDrill(await _why_nobody_leads(connection, everyone))
    if leader.trouble is not None:
        raise CannotDrill("Postgres refuses what the leader would publish; put that right first: chaishots status")
    standbys = [one.name for one in everyone if not one.leads and one.trouble is None]
    if not standbys:
        raise CannotDrill(
            f"Only {leader.name} could lead, so that it would lead again itself, and nothing is tried. Start another "
            "replica on this database (chaishots serve), and then try again."
        )
    process = None if means is Means.SESSION else find_process(leader.name, session.since)
    return Scene(leader, session, standbys, process)


async def drill(connection: Connection, scene: Scene, means: Means, *, lease_ms: int) -> Outcome:
    """Make the leader step down, and look every few milliseconds who leads.

    Args:
        lease_ms: of the leader, where it does not tell its own.
    Raises: CannotDrill; NotHere; what asyncpg does.
    """
    promised_ms = promise_ms(means, scene.leader.lease_ms or lease_ms)
    began_at = await connection.fetchval(_CLOCK)
    await leading(connection)  # prepares the statement: that is not to be timed
    began = time.monotonic()
    with _befalls(means, scene):
        if means is Means.SESSION:
            await _end_session(connection, scene.session)
        found = await _next(connection, scene.session, seconds=promised_ms / 1000 + _GIVE_UP_SECONDS)
        gap_ms = (time.monotonic() - began) * 1000
        led_at = await connection.fetchval(_CLOCK)
        woken = time.monotonic()
    back_ms = None
    if means is not Means.KILL:
        back_ms = await _stands_by_again(connection, scene, since=woken if means is Means.PAUSE else began)
    fell_due = await _all_done(connection, began_at, led_at) if found else await _fell_due(connection, began_at, led_at)
    return Outcome(means, scene.leader.name, found and found.name, gap_ms, promised_ms, fell_due, back_ms)


@contextmanager
def _befalls(means: Means, scene: Scene) -> Generator[None]:
    name = scene.leader.name
    if means is Means.PAUSE and scene.process is not None:
        with paused_process(scene.process, name):
            yield
        return
    if means is Means.KILL and scene.process is not None:
        kill_process(scene.process, name)
    yield


async def _end_session(connection: Connection, session: Leading) -> None:
    try:
        is_ended = await connection.fetchval(_END, session.pid)
    except asyncpg.InsufficientPrivilegeError as error:
        who = await connection.fetchval("select current_user")
        raise CannotDrill(
            f"Postgres does not let {who} end the leader's session, which is {session.user_name}'s: have DATABASE_URL "
            f"name that user, or a superuser say: grant pg_signal_backend to {who}"
        ) from error
    if not is_ended:
        raise CannotDrill(f"{session.name} has just given up the lead by itself: chaishots status tells who leads.")


async def _next(connection: Connection, before: Leading, *, seconds: float) -> Leading | None:
    deadline = time.monotonic() + seconds
    while True:
        found = await leading(connection)
        if found is not None and found.pid != before.pid:
            return found
        if time.monotonic() > deadline:
            return None
        await asyncio.sleep(_LOOK_SECONDS)


async def _stands_by_again(connection: Connection, scene: Scene, *, since: float) -> float | None:
    while (passed := time.monotonic() - since) < _SETTLE_SECONDS:
        # By the time of connecting: the session that led may be there still, named as before.
        for one in await replicas(connection):
            if one.name == scene.leader.name and one.connected_at != scene.leader.connected_at:
                return passed * 1000
        await asyncio.sleep(_LOOK_SECONDS * 4)
    return None


async def _all_done(connection: Connection, began_at: datetime, led_at: datetime) -> list[FellDue]:
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        found = await _fell_due(connection, began_at, led_at)
        if all(one.done_at for one in found) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(_LOOK_SECONDS * 4)


async def _fell_due(connection: Connection, began_at: datetime, led_at: datetime) -> list[FellDue]:
    rows: list[Any] = await connection.fetch(_FELL_DUE, began_at, led_at)  # Any: records
    return [FellDue(**row) for row in rows]


async def _why_nobody_leads(connection: Connection, everyone: list[Replica]) -> str:
    if (other := await stranger(connection)) is not None:
        trouble = other.trouble()
        return f"{trouble.of_writes} {trouble.action}"
    if not everyone:
        return (
            "No replica is connected to this database: start two or more (chaishots serve). Where DATABASE_URL names a "
            "standby of Postgres, name the primary."
        )
    return "Nobody leads at this moment, so that nobody can step down; chaishots status tells why."
