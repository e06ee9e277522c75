"""What clients and the database saw while faults were injected: lessons that fell due, answers, leaders."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import asyncpg
import httpx2

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.replicas import replicas
from tests.builders import ASSETS, URLS, a_public_program, a_term
from tests.cluster import Cluster, Replica, eventually

EVERY_SECONDS = 0.1
LEADER_SECONDS = 5
"""One leads again so long after Postgres is there, at the latest."""

_NAME = "witness"
_LEFT_SESSIONS = f"select count(*) from pg_stat_activity where application_name = '{_NAME}'"
_LEFT_SCHEDULED = [f"select count(*) from {table} where status = 'scheduled'" for table in ("lesson", "change")]
_SCHEDULE = """
    insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_urls, thumbnails, status, publish_at)
    values ($1, $2::integer, 'Lesson ' || $2::integer, 'video', 60000, 'en', $3, $4, 'scheduled',
            clock_timestamp() + interval '300 ms')
    returning id
"""
_SCHEDULE_CHANGE = """
    insert into change (object_type, object_id, apply_at, patch)
    values ('lesson', $1, clock_timestamp() + interval '300 ms', jsonb_build_object('title', 'Changed ' || $2::integer))
"""
_CHANGED_NOT_ONCE = """
    select change.id, change.status, count(line.seq) as lines
      from change join activity line on line.object_id = change.id and line.action = 'change.apply'
                                     or line.object_id = change.object_id and line.carried_out_by is not null
     group by change.id having change.status <> 'applied' or count(line.seq) <> 2
     union all
    select id, status, 0 from change where status <> 'applied'
"""
_NOT_ONCE = """
    select lesson.id, lesson.status, count(line.seq) as times
      from lesson left join activity line on line.object_id = lesson.id and line.action = 'lesson.publish'
     where lesson.publish_at is not null
     group by lesson.id having lesson.status <> 'published' or count(line.seq) <> 1
"""
_EARLY = """
    select (select count(*) from lesson where published_at < publish_at)
           + (select count(*) from change where applied_at < apply_at)
"""
_MOVED = """
    select count(*) from activity line join lesson on lesson.id = line.object_id
     where line.action = 'lesson.publish' and (line.after ->> 'published_at')::timestamptz <> lesson.published_at
"""


@dataclass
class Witness:
    """What is seen of a cluster, from outside."""

    cluster: Cluster
    program: UUID
    term: UUID
    token: str
    statuses: Counter[str] = field(default_factory=Counter[str])
    answered: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    leader_after_s: list[float] = field(default_factory=list[float])
    scheduled: int = 0
    dsn: str = ""
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def schedule(self) -> None:
        """Have a lesson, and a change of it, fall due ten times a second, whenever Postgres takes it."""
        while True:
            with contextlib.suppress(*DATABASE_ERRORS):
                connection = await asyncpg.connect(self.dsn, timeout=2, server_settings={"application_name": _NAME})
                try:
                    while True:
                        number = self.scheduled + 1
                        values = self.term, number, _json(URLS), _json(ASSETS)
                        lesson = await connection.fetchval(_SCHEDULE, *values, timeout=5)
                        self.scheduled = number
                        await connection.execute(_SCHEDULE_CHANGE, lesson, number, timeout=5)
                        await asyncio.sleep(EVERY_SECONDS)
                finally:
                    connection.terminate()
            # What was lost in its commit may have been written.
            self.scheduled += 1
            await asyncio.sleep(EVERY_SECONDS)

    async def read(self, replica: Replica) -> None:
        """Read and edit, as clients do, and keep what was answered."""
        edited = {"Authorization": f"Bearer {self.token}"}
        turn = 0
        while True:
            turn += 1
            await self._ask(replica, "GET", f"/catalog/programs?limit={turn % 7 + 1}")
            await self._ask(replica, "GET", "/health")
            if turn % 5 == 0:
                path = f"/cms/programs/{self.program}"
                await self._ask(replica, "PATCH", path, headers=edited, json={"description": f"As of {turn}"})
            await asyncio.sleep(0.05)

    async def _ask(self, replica: Replica, method: str, path: str, **options: object) -> None:
        try:
            answer = await replica.http.request(method, path, timeout=45, **options)  # pyright: ignore[reportArgumentType]
        except httpx2.TransportError as error:
            self.statuses[type(error).__name__] += 1
            self.wrong.append(f"{method} {path}: {error!r}")
            return
        self.statuses[str(answer.status_code)] += 1
        self.answered[replica.name] += 1
        if answer.status_code not in (200, 503):
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")

    async def is_answered_by(self, replica: Replica) -> None:
        """Wait until this one has answered a client once more."""
        before = self.answered[replica.name]

        async def look() -> bool:
            return self.answered[replica.name] > before

        await eventually(look)

    async def leads_again(self) -> None:
        """Wait until one leads, and keep how long that took."""
        began = time.monotonic()
        await eventually(self._somebody_leads)
        self.leader_after_s.append(time.monotonic() - began)

    async def _somebody_leads(self) -> bool:
        with contextlib.suppress(*DATABASE_ERRORS):
            connection = await asyncpg.connect(self.dsn, timeout=2)
            try:
                return any(seen.leads for seen in await replicas(connection))
            finally:
                connection.terminate()
        return False

    async def verdict(self) -> dict[str, object]:
        """What became of it, once everything that was due is out; empty lists and zeros are what is wanted."""
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        connection = await asyncpg.connect(self.dsn)
        try:
            # What was called off in the middle of a statement may be about to commit.
            for left in (_LEFT_SESSIONS, *_LEFT_SCHEDULED):
                await eventually(partial(_is_empty, connection, left))
            return {
                "lessons": await connection.fetchval("select count(*) from lesson"),
                "changes": await connection.fetchval("select count(*) from change"),
                "changed not once": [dict(row) for row in await connection.fetch(_CHANGED_NOT_ONCE)][:5],
                "answers": dict(self.statuses),
                "leader again after, s, worst": round(max(self.leader_after_s, default=0), 2),
                "not once": [dict(row) for row in await connection.fetch(_NOT_ONCE)][:5],
                "early": await connection.fetchval(_EARLY),
                "moved": await connection.fetchval(_MOVED),
                "wrong": self.wrong[:5],
                "ended": [
                    one.log_text()[-2000:] for one in self.cluster.replicas if one.process.returncode is not None
                ],
            }
        finally:
            connection.terminate()


DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@contextlib.asynccontextmanager
async def witnessed(cluster: Cluster, dsn: str, *, with_load: bool = True) -> AsyncIterator[Witness]:
    """Lessons that fall due and clients that read and edit, for as long as the block lasts, on a cluster that is up."""
    connection = await asyncpg.connect(dsn)
    program = await a_public_program(connection)
    term = await a_term(connection, program)
    _, token = await create_token(connection, "witness", Role.EDITOR)
    await connection.close()
    witness = Witness(cluster, program, term, token, dsn=dsn)
    async with asyncio.TaskGroup() as group:
        witness.tasks = [group.create_task(witness.schedule())]
        if with_load:
            witness.tasks += [group.create_task(witness.read(replica)) for replica in cluster.replicas]
        try:
            yield witness
        finally:
            for task in witness.tasks:
                task.cancel()


async def _is_empty(connection: Connection, count: str) -> bool:
    return await connection.fetchval(count) == 0


def _json(value: object) -> str:
    return json.dumps(value)
