"""Copies that are kept by the feed while writers write and leaders die: right at the end, in order, nothing missing.

10,000 publishes and edits by 20 writers on three replicas, with five leaders killed; and a small one to try it out.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from chaishots.content.catalog.feed import Cursor
from tests.builders import a_lesson, a_public_program
from tests.cluster import Cluster, Replica, eventually
from tests.conftest import Database
from tests.copies import Copy, catalog, differences, take

pytestmark = pytest.mark.campaign

_CUT_SECONDS = 1.0


@dataclass
class Told:
    """A copy, and what was told to whoever keeps it: the id, the name and the thing."""

    copy: Copy = field(default_factory=dict)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    resets: int = 0


class Replicas:
    """Whichever replica serves, for one who does not care which."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        self._cluster = cluster
        self._chance = chance

    def any(self) -> Replica:
        return self._chance.choice([each for each in self._cluster.replicas if each.process.returncode is None])


async def keep_by_changes(replicas: Replicas, told: Told) -> None:
    """Follow `changes` alone, each page from another replica."""
    cursor = None
    while True:
        query = {"limit": 50} | ({"cursor": cursor} if cursor else {})
        try:
            answer = await replicas.any().http.get("/catalog/changes", params=query)
        except httpx2.TransportError:
            continue
        if answer.status_code == 503:
            await asyncio.sleep(0.05)
            continue
        page = answer.raise_for_status().json()
        for change in page["changes"]:
            take(told.copy, change)
        cursor = page["next_cursor"]
        if not page["has_more"]:
            await asyncio.sleep(0.05)


async def keep_by_events(replicas: Replicas, told: Told, cursor: str) -> None:
    """Follow `events` alone, with the connection cut every second, and another replica after each cut."""
    while True:
        with contextlib.suppress(httpx2.TransportError, TimeoutError):
            async with (
                asyncio.timeout(_CUT_SECONDS),
                replicas.any().http.stream("GET", "/catalog/events", headers={"Last-Event-ID": cursor}) as answer,
            ):
                if answer.status_code != 200:
                    await asyncio.sleep(0.05)
                    continue
                async for identity, name, thing in _events(answer):
                    cursor = identity
                    if name == "reset":
                        told.resets += 1
                    elif thing is not None:
                        take(told.copy, thing)
                        told.events.append((identity, name, thing["id"]))


async def _events(answer: httpx2.Response) -> AsyncIterator[tuple[str, str, dict[str, Any] | None]]:
    event: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            event[name] = value
        elif "id" in event:
            yield event["id"], event.get("event", ""), json.loads(event["data"]) if "data" in event else None
            event = {}


async def write(dsn: str, steps: int, chance: random.Random) -> None:
    """Publish, by hand and by the schedule, edit, take down and bring back, as one of many writers."""
    sql = await asyncpg.connect(dsn)
    program = await a_public_program(sql, title="తెలుగు")
    term = await sql.fetchval("select id from term where program_id = $1", program)
    shown: list[UUID] = []
    for step in range(steps):
        kind = chance.choices(("publish", "due", "edit", "archive", "rename"), (30, 20, 35, 5, 10))[0]
        if kind == "publish" or not shown:
            lesson = await a_lesson(sql, term, title=f"पाठ {step}")
            await sql.execute("update lesson set status = 'published' where id = $1", lesson)
            shown.append(lesson)
        elif kind == "due":
            lesson = await a_lesson(sql, term, title=f"Due {step}")
            await sql.execute("update lesson set status = 'scheduled', publish_at = now() where id = $1", lesson)
        elif kind == "edit":
            await sql.execute("update lesson set title = $2 where id = $1", chance.choice(shown), f"Title {step}")
        elif kind == "archive":
            lesson = shown.pop(chance.randrange(len(shown)))
            await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
        else:
            await sql.execute("update program set title = $2 where id = $1", program, f"Program {step}")
    await sql.close()


@pytest.mark.parametrize(
    ("replicas", "writers", "steps", "kills"),
    [
        pytest.param(2, 4, 60, 1, id="240 changes"),
        pytest.param(3, 20, 500, 5, id="10,000 changes"),
    ],
)
async def test_copies_are_right_in_order_and_complete(
    fresh_database: Database, replicas: int, writers: int, steps: int, kills: int
) -> None:
    chance = random.Random(replicas * writers * steps)
    by_changes, by_events = Told(), Told()
    async with Cluster(fresh_database.dsn) as cluster, asyncio.TaskGroup() as tasks:
        await cluster.start(replicas)
        leader = await cluster.leader()
        anyone = Replicas(cluster, chance)
        begins = (await leader.http.get("/catalog/changes")).json()["next_cursor"]
        followers = [
            tasks.create_task(keep_by_changes(anyone, by_changes)),
            tasks.create_task(keep_by_events(anyone, by_events, begins)),
        ]
        writing = [
            tasks.create_task(write(fresh_database.dsn, steps, random.Random(number))) for number in range(writers)
        ]
        for _ in range(kills):
            await asyncio.sleep(0.5 if kills == 1 else 3)
            leader = await cluster.leader()
            leader.kill()
            await leader.process.wait()
            await cluster.start(1)
        await asyncio.wait(writing)
        sql = await asyncpg.connect(fresh_database.dsn)
        due = "select not exists (select from lesson where status = 'scheduled')"
        await eventually(lambda: sql.fetchval(due), within=60)
        public = {str(row["id"]) for row in await sql.fetch("select id from lesson where status = 'published'")}
        replica = anyone.any()

        async def are_right() -> bool:
            shown = await catalog(replica.http)
            is_whole = {key for key, thing in shown.items() if thing["type"] == "lesson"} == public
            return is_whole and by_changes.copy == shown and by_events.copy == shown

        try:
            await eventually(are_right, within=60)
        except AssertionError:
            shown = await catalog(replica.http)
            assert [differences(told.copy, shown) for told in (by_changes, by_events)] == [[], []]
            raise
        again = [await _from(each, begins) for each in (replica, anyone.any(), replica)]
        for follower in followers:
            follower.cancel()
        await sql.close()

    assert by_events.resets == 0
    positions = [Cursor.of(identity).position for identity, _, _ in by_events.events]
    assert positions == sorted(set(positions)), "in order, and nothing twice"
    assert public <= {thing for _, name, thing in by_events.events if name == "lesson.published"}
    assert again[0] == again[1] == again[2], "the same ids, whoever is asked, however often"
    by_id = {identity: (name, thing) for identity, name, thing in by_events.events}
    latest = {thing: identity for identity, _, thing in by_events.events}
    assert {thing: identity for identity, thing in again[0]} == latest
    assert all(by_id[identity][1] == thing for identity, thing in again[0])


async def _from(replica: Replica, cursor: str) -> list[tuple[str, str]]:
    """What the feed tells from a cursor on: the id of each event, and the thing."""
    found: list[tuple[str, str]] = []
    head = await _head(replica, cursor)
    async with asyncio.timeout(30):
        async with replica.http.stream("GET", "/catalog/events", headers={"Last-Event-ID": cursor}) as answer:
            async for identity, _, thing in _events(answer):
                if thing is not None:
                    found.append((identity, thing["id"]))
                if Cursor.of(identity).position >= head:
                    return found
    raise AssertionError("the stream ended")


async def _head(replica: Replica, cursor: str) -> int:
    """Where the feed ends."""
    while True:
        page = (await replica.http.get("/catalog/changes", params={"cursor": cursor, "limit": 1_000})).json()
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return Cursor.of(cursor).position
