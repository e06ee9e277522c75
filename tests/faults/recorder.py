"""Clients that write down what they see of a cluster under faults, and the database's own witness of each publish."""

import asyncio
import contextlib
import heapq
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from math import inf
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from bench.client import Answer, connected
from chaishots.database.advisory_locks import PUBLISHER
from chaishots.database.connection import Connection
from tests.builders import ASSETS, URLS
from tests.cluster import Replica, eventually
from tests.faults.history import History, Leaders, Life, Look, Publish
from tests.faults.witness import DATABASE_ERRORS

_LOOKS_A_SECOND: Final = 50
_LEADERS_A_SECOND: Final = 100
_LESSON_SECONDS: Final = 0.25
"""How often a lesson is scheduled."""
_DUE_SECONDS: Final = (0.1, 1.0)
_LIFE_SECONDS: Final = (0.5, 6.0)
"""How long each is public, so that those that are at a time fit an answer of the list."""
_SHOWN: Final = "/catalog/lessons?limit=100&fields=id"

# What the database itself saw: whether the session that publishes holds the publisher's lock in that very moment.
AUDIT: Final = f"""
    create schema audit;
    create table audit.publish (lesson uuid, led boolean, published_at timestamptz, at timestamptz, by text,
                                session_began_at timestamptz);
    create function audit.note() returns trigger language plpgsql as $$
    begin
        insert into audit.publish (lesson, led, published_at, at, by, session_began_at)
        select new.id, exists (select from pg_locks
                                where pid = pg_backend_pid() and locktype = 'advisory' and granted and objsubid = 1
                                  and classid::bigint << 32 | objid::bigint = {PUBLISHER}), new.published_at,
               clock_timestamp(), session.application_name, session.backend_start
          from pg_stat_get_activity(pg_backend_pid()) session;
        return null;
    end $$;
    create trigger audit after update on lesson for each row
        when (new.status = 'published' and old.status <> 'published' or new.published_at <> old.published_at)
        execute function audit.note();
"""
_SCHEDULE: Final = """
    insert into lesson (id, term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                        content_urls, thumbnails, status, publish_at, archive_at)
    values ($1, $2, $3, 'A lesson', 'video', 60000, 'en', $4, $5, 'scheduled', $6, $7)
"""
_TAKE_DOWN: Final = "update lesson set status = 'archived' where id = $1 and status = 'published' returning id"
_SEEN: Final = f"""
    select array(select coalesce(session.application_name, lock.pid::text)
                   from pg_locks lock left join pg_stat_activity session on session.pid = lock.pid
                  where locktype = 'advisory' and granted and objsubid = 1
                    and classid::bigint << 32 | objid::bigint = {PUBLISHER}) as leaders,
           array(select id from lesson where status = 'archived') as gone
"""
_OUTCOME: Final = """
    select id, published_at, status, archive_at,
           (select coalesce(json_agg(json_build_object(
                       'at', extract(epoch from at), 'by', by, 'led', led,
                       'session_began_at', extract(epoch from session_began_at)) order by at), '[]')
              from audit.publish where lesson = lesson.id and status <> 'draft') as publishes,
           array(select published_at from audit.publish where lesson = lesson.id) || published_at as moments,
           (select count(*) from activity where object_id = lesson.id and action = 'lesson.publish') as lines
      from lesson where id = any($1)
"""
_WAITING: Final = "select count(*) from lesson where status = 'scheduled' and publish_at < now()"


class Recorder:
    """Has lessons fall due and go, and writes down what is seen, into `history`."""

    def __init__(self, dsn: str, term: UUID, chance: random.Random, history: History) -> None:
        self.history = history
        self.unanswered: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._dsn = dsn
        self._term = term
        self._chance = chance
        self._to_take_down: list[tuple[float, str]] = []
        self._number = 1_000

    async def read(self, replica: Replica) -> None:
        """Look at one replica fifty times a second, for as long as it lives."""
        while replica.process.returncode is None:
            try:
                async with connected(f"http://127.0.0.1:{replica.port}") as client:
                    while True:
                        asked_at = time.time()
                        self._note(replica.name, asked_at, await client.get(_SHOWN))
                        await _until(asked_at + 1 / _LOOKS_A_SECOND)
            except (OSError, EOFError) as error:
                self.unanswered[type(error).__name__] += 1
            await asyncio.sleep(1 / _LOOKS_A_SECOND)

    def _note(self, replica: str, asked_at: float, answer: Answer) -> None:
        if answer.status == 200:
            shown = frozenset(lesson["id"] for lesson in json.loads(answer.body)["lessons"])
            is_stale = "detail=stale" in answer.header("cache-status")
            self.history.looks.append(Look(replica, asked_at, time.time(), shown, is_stale))
        else:
            self.unanswered[str(answer.status)] += 1
            if answer.status != 503:
                self.wrong.append(f"{answer.status} {answer.body[:200]!r}")

    async def watch(self) -> None:
        """Ask Postgres a hundred times a second who holds the lock, and what is taken down."""

        async def look(connection: Connection) -> None:
            asked_at = time.time()
            seen = await connection.fetchrow(_SEEN, timeout=5)
            assert seen is not None  # a row of scalars
            self.history.leaders.append(Leaders(asked_at, tuple(map(_replica, seen["leaders"]))))
            now = time.time()
            for lesson in seen["gone"]:
                if (life := self.history.lessons.get(str(lesson))) is not None and life.gone_at == inf:
                    life.gone_at = now
            await _until(asked_at + 1 / _LEADERS_A_SECOND)

        await self._keep(look)

    async def schedule(self) -> None:
        """Have a lesson fall due four times a second; half are taken down by hand later, half by their end."""

        async def step(connection: Connection) -> None:
            began = time.time()
            await self._schedule_one(connection)
            while self._to_take_down and self._to_take_down[0][0] <= time.time():
                await self._take_down(connection)
            await _until(began + _LESSON_SECONDS)

        await self._keep(step)

    async def _schedule_one(self, connection: Connection) -> None:
        lesson, self._number = uuid4(), self._number + 1
        due_at = time.time() + self._chance.uniform(*_DUE_SECONDS)
        goes_at = due_at + self._chance.uniform(*_LIFE_SECONDS)
        has_end = self._chance.random() < 0.5
        self.history.lessons[str(lesson)] = Life(due_at, goes_at if has_end else inf)
        if not has_end:
            heapq.heappush(self._to_take_down, (goes_at, str(lesson)))
        moments = _moment(due_at), _moment(goes_at) if has_end else None
        assets = json.dumps(URLS), json.dumps(ASSETS)
        await connection.execute(_SCHEDULE, lesson, self._term, self._number, *assets, *moments, timeout=5)

    async def _take_down(self, connection: Connection) -> None:
        _, lesson = self._to_take_down[0]
        life = self.history.lessons[lesson]
        life.may_go_at = min(life.may_go_at, time.time())
        is_down = await connection.fetchval(_TAKE_DOWN, UUID(lesson), timeout=5)
        heapq.heappop(self._to_take_down)
        if is_down is None:  # not public yet, or what it took was lost on its way here
            life.may_go_at = inf if life.gone_at == inf else life.may_go_at
            heapq.heappush(self._to_take_down, (time.time() + 1, lesson))

    async def _keep(self, step: Callable[[Connection], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(*DATABASE_ERRORS):
                connection = await asyncpg.connect(self._dsn, timeout=2)
                try:
                    while True:
                        await step(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(0.01)

    async def everything_due_is_out(self) -> None:
        """Wait until nothing is due that is not published. Fails the test when that never comes."""
        connection = await asyncpg.connect(self._dsn)

        async def is_out() -> bool:
            return await connection.fetchval(_WAITING) == 0

        await eventually(is_out)
        await connection.close()

    async def outcome(self) -> History:
        """What was seen, with what became of each lesson by the database's own account."""
        connection = await asyncpg.connect(self._dsn)
        rows: list[Any] = await connection.fetch(_OUTCOME, [UUID(one) for one in self.history.lessons])
        await connection.close()
        lives: dict[str, Life] = {}
        for row in rows:
            if row["published_at"] is None and (row["archive_at"] is not None or row["status"] == "scheduled"):
                continue  # its end came before any leader did, or it is not due yet
            life = lives[str(row["id"])] = self.history.lessons[str(row["id"])]
            life.publishes, life.lines = [_publish(**told) for told in json.loads(row["publishes"])], row["lines"]
            life.is_public = row["published_at"] is not None
            life.published_ats = {str(moment) for moment in row["moments"] if moment is not None}
        self.history.lessons = lives
        return self.history


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.time()))


def _publish(at: float, by: str, session_began_at: float, *, led: bool) -> Publish:
    return Publish(at, _replica(by), session_began_at, led)


def _replica(session: str) -> str:
    return session.split(":")[1] if session.startswith("chaishots:") else session


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
