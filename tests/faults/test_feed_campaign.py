"""Copies that are kept by the feed while writers write and leaders die: right at the end, in order, nothing missing.

10,000 publishes and edits by 20 writers on three replicas, with five leaders killed; and a small one to try it out.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from chaishots.content.catalog.feed import Cursor
from chaishots.database.connection import session
from tests.builders import a_lesson, a_public_program
from tests.cluster import Cluster, Replica, eventually
from tests.conftest import Database
from tests.copies import Copy, as_told, catalog, differences, take
from tests.receivers import Receiver, receiving, verify
from tests.webhooks.test_sender import a_webhook

pytestmark = pytest.mark.campaign

_CUT_SECONDS = 1.0
_SHOWN_SECONDS = 1.0
_REACH: dict[str, Any] = {"CHAISHOTS_WEBHOOKS_HTTP": "true", "CHAISHOTS_WEBHOOKS_NETWORKS": "127.0.0.0/8"}


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


async def keep_by_webhook(replicas: Replicas, told: Told, receiver: Receiver) -> None:
    """Read what a webhook's messages name, once every replica shows it, on a busy machine too."""
    done = 0
    while True:
        await receiver.has(partial(_has_more, done), within=600)
        await asyncio.sleep(_SHOWN_SECONDS)
        messages = list(receiver.taken.values())[done:]
        done += len(messages)
        for event in {event["id"]: event for message in messages for event in message.events}.values():
            await _read(replicas, told.copy, event)


def _has_more(done: int, receiver: Receiver) -> bool:
    return len(receiver.taken) > done


async def _read(replicas: Replicas, copy: Copy, event: dict[str, Any]) -> None:
    kind, _, happened = event["type"].partition(".")
    if happened == "removed":
        copy.pop(event["id"], None)
        return
    while True:
        with contextlib.suppress(httpx2.TransportError):
            answer = await replicas.any().http.get(f"/catalog/{kind}s/{event['id']}")
            if answer.status_code == 404:  # it went away since: that is told too
                copy.pop(event["id"], None)
                return
            is_older = any(how in answer.headers.get("Cache-Status", "") for how in ("renewed", "stale"))
            if answer.status_code == 200 and not is_older:
                copy[event["id"]] = as_told(kind, answer.json())
                return
        await asyncio.sleep(0.05)


async def hurry(dsn: str) -> None:
    """Let the pauses between tries pass in no time."""
    async with session(dsn, application_name="hurry") as sql:
        while True:
            await asyncio.sleep(0.2)
            hurried = await sql.execute("update webhook_delivery set retry_at = now() where retry_at > now()")
            if hurried != "UPDATE 0":
                await sql.execute("select pg_notify('chaishots_webhooks', '')")


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
    by_changes, by_events, by_webhook = Told(), Told(), Told()
    async with (
        receiving(lambda delivered: 500 if delivered.before % 3 == 2 else 200) as receiver,
        Cluster(fresh_database.dsn) as cluster,
        asyncio.TaskGroup() as tasks,
    ):
        await cluster.start(replicas, **_REACH)
        leader = await cluster.leader()
        anyone = Replicas(cluster, chance)
        begins = (await leader.http.get("/catalog/changes")).json()["next_cursor"]
        _, secret = await a_webhook_to(fresh_database.dsn, receiver.url)
        followers = [
            tasks.create_task(keep_by_webhook(anyone, by_webhook, receiver)),
            tasks.create_task(hurry(fresh_database.dsn)),
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
            await cluster.start(1, **_REACH)
        await asyncio.wait(writing)
        sql = await asyncpg.connect(fresh_database.dsn)
        due = "select not exists (select from lesson where status = 'scheduled')"
        await eventually(lambda: sql.fetchval(due), within=60)
        public = {str(row["id"]) for row in await sql.fetch("select id from lesson where status = 'published'")}
        replica = anyone.any()

        async def are_right() -> bool:
            shown = await catalog(replica.http)
            is_whole = {key for key, thing in shown.items() if thing["type"] == "lesson"} == public
            return is_whole and by_changes.copy == by_events.copy == by_webhook.copy == shown

        try:
            await eventually(are_right, within=180)
        except AssertionError:
            shown = await catalog(replica.http)
            assert [differences(told.copy, shown) for told in (by_changes, by_events, by_webhook)] == [[]] * 3
            raise
        again = [await _from(each, begins) for each in (replica, anyone.any(), replica)]
        for follower in followers:
            follower.cancel()
        await sql.close()

    _are_in_order(receiver, secret, public)
    assert by_events.resets == 0
    positions = [Cursor.of(identity).position for identity, _, _ in by_events.events]
    assert positions == sorted(set(positions)), "in order, and nothing twice"
    assert public <= {thing for _, name, thing in by_events.events if name == "lesson.published"}
    assert again[0] == again[1] == again[2], "the same ids, whoever is asked, however often"
    by_id = {identity: (name, thing) for identity, name, thing in by_events.events}
    latest = {thing: identity for identity, _, thing in by_events.events}
    assert {thing: identity for identity, thing in again[0]} == latest
    assert all(by_id[identity][1] == thing for identity, thing in again[0])


def _are_in_order(receiver: Receiver, secret: str, public: set[str]) -> None:
    """What a webhook was sent: each message the same at each try, in order, and nothing missing."""
    bodies = [(delivered.id, delivered.body) for delivered in receiver.got]
    assert len(set(bodies)) == len(receiver.taken), "a try sends the same message"
    assert len(bodies) > len(receiver.taken), "some were tried again"
    assert list(dict.fromkeys(name for name, _ in bodies)) == list(receiver.taken), (
        "none before the one before is taken"
    )
    for delivered in receiver.taken.values():
        verify(delivered, secret)
    told = [Cursor.of(delivered.message["data"]["cursor"]).position for delivered in receiver.taken.values()]
    assert told == sorted(told)
    assert public <= {event["id"] for event in receiver.events if event["type"] == "lesson.published"}


async def a_webhook_to(dsn: str, url: str) -> tuple[UUID, str]:
    """A webhook from now on, and its secret."""
    sql = await asyncpg.connect(dsn)
    made = await a_webhook(sql, url)
    await sql.close()
    return made


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
