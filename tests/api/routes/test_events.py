"""Events of the catalog as they happen: told once, resumed exactly, whoever comes and goes."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chaishots.api.delivery import event_broadcast, event_catch_up
from chaishots.api.delivery.event_bytes import Piece
from chaishots.api.server import connection
from chaishots.content.catalog import feed
from chaishots.database.connection import Connection
from chaishots.metrics import REGISTRY
from chaishots.scheduler.feed_numbering import number_all
from tests.api.conftest import Served
from tests.builders import a_lesson, a_program, a_public_program, a_term
from tests.cluster import eventually

EVENTS = "/catalog/events"


class Listening:
    """What a client of events has got, as a browser would read it."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()
        self.last_id = ""
        self.retry = ""

    async def next(self) -> dict[str, Any]:
        """The next event: its name, id and data."""
        told: dict[str, Any] = {}
        async with asyncio.timeout(20):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name == "retry":
                    self.retry = value
                elif name == "id":
                    self.last_id = value
                elif name == "event":
                    told["event"] = value
                elif name == "data":
                    told["data"] = json.loads(value)
                elif not line and told:
                    return {**told, "id": self.last_id}
        raise EOFError

    async def bookmark(self) -> str:
        """The first id."""
        async with asyncio.timeout(20):
            async for line in self._lines:
                if line.startswith("retry: "):
                    self.retry = line.removeprefix("retry: ")
                if line.startswith("id: "):
                    self.last_id = line.removeprefix("id: ")
                    return self.last_id
        raise EOFError


@asynccontextmanager
async def listening(client: httpx2.AsyncClient, cursor: str | None = None, **headers: str) -> AsyncIterator[Listening]:
    """Listen from a cursor on, or from now on."""
    async with client.stream("GET", EVENTS, params={"cursor": cursor} if cursor else {}, headers=headers) as answer:
        assert answer.status_code == 200
        yield Listening(answer)


async def publish(sql: Connection, lesson: UUID) -> None:
    """Publish a lesson, and have that numbered."""
    await sql.execute("update lesson set status = 'published' where id = $1", lesson)
    await number_all(sql)


async def a_draft(sql: Connection) -> UUID:
    """A lesson to be published, in a public program."""
    return await a_lesson(sql, await a_term(sql, await a_public_program(sql)))


def dropped(reason: str) -> float:
    """How many were let go for this reason."""
    told = REGISTRY.get_sample_value("chaishots_event_listeners_dropped_total", {"reason": reason})
    assert told is not None
    return told


class Broken:
    """A client that takes what it missed, and breaks when more comes."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.was_cut = asyncio.Event()

    def write(self, piece: Piece) -> None:
        if len(self.pieces) == 2:
            raise RuntimeError("broken")
        self.pieces.append(piece)

    def unsent(self) -> int:
        return 0

    async def taken(self) -> None:
        pass

    def end(self) -> None:
        raise RuntimeError("broken")

    def cut(self) -> None:
        self.was_cut.set()
        raise RuntimeError("broken")


WAYS = pytest.mark.parametrize("way", [{}, {"Connection": "close"}], ids=["on the connection", "by way of Quart"])


@WAYS
async def test_what_happens_is_told_as_it_happens(
    client: httpx2.AsyncClient, sql: Connection, way: dict[str, str]
) -> None:
    lesson = await a_draft(sql)
    await number_all(sql)
    async with listening(client, **way) as heard:
        assert heard.answer.headers["Content-Type"] == "text/event-stream"
        assert heard.answer.headers["Access-Control-Allow-Origin"] == "*"
        first = await heard.bookmark()
        await publish(sql, lesson)
        events = [await heard.next() for _ in range(2)]
        await sql.execute("update lesson set title = 'Better' where id = $1", lesson)
        await number_all(sql)
        events += [await heard.next() for _ in range(2)]
        await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
        await number_all(sql)
        events += [await heard.next() for _ in range(2)]

    assert sorted(event["event"] for event in events[:2]) == ["lesson.published", "program.changed"]
    assert sorted(event["event"] for event in events[2:4]) == ["lesson.changed", "program.changed"]
    assert sorted(event["event"] for event in events[4:]) == ["lesson.removed", "program.changed"]
    assert {"type": "lesson", "id": str(lesson), "deleted": True} in [event["data"] for event in events]
    assert 1_000 <= int(heard.retry) <= 8_000
    changes = (await client.get("/catalog/changes", params={"cursor": first})).json()["changes"]
    last = {event["data"]["id"]: event["data"] for event in events}
    assert {change["id"]: change for change in changes} == last


@WAYS
async def test_who_comes_back_gets_what_he_missed_and_nothing_twice(
    client: httpx2.AsyncClient, sql: Connection, way: dict[str, str]
) -> None:
    lessons = [await a_draft(sql) for _ in range(4)]
    await number_all(sql)
    async with listening(client, **way) as heard:
        await heard.bookmark()
        await publish(sql, lessons[0])
        seen = [await heard.next() for _ in range(2)]
    for lesson in lessons[1:3]:
        await publish(sql, lesson)
    async with listening(client, "ignored", **{"Last-Event-ID": seen[-1]["id"]}, **way) as heard:
        missed = [await heard.next() for _ in range(4)]
        await publish(sql, lessons[3])
        live = [await heard.next() for _ in range(2)]

    ids = [event["data"]["id"] for event in seen + missed + live if event["data"]["type"] == "lesson"]
    assert ids == [str(lesson) for lesson in lessons]


async def test_what_happens_while_the_first_listener_is_being_brought_up_to_date_is_told(
    client: httpx2.AsyncClient, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await a_draft(sql)
    await number_all(sql)
    read, asked_on = feed.changes, asyncio.Event()

    async def slowly(*of: Any, **told: Any) -> feed.Changes:
        page = await read(*of, **told)
        if not asked_on.is_set():
            # The answer is on its way while the next thing happens, and is heard of.
            asked_on.set()
            await publish(sql, lesson)
            await asyncio.sleep(0.2)  # the fault itself: an answer that takes longer than what it misses
        return page

    monkeypatch.setattr(feed, "changes", slowly)
    async with asyncio.timeout(5), listening(client) as stream:
        while (await stream.next())["data"]["id"] != str(lesson):
            pass


async def test_what_was_published_and_changed_since_is_told_as_published_first(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    term = await a_term(sql, await a_program(sql, status="published"))
    await number_all(sql)
    async with listening(client) as heard:
        cursor = await heard.bookmark()
    lessons = [await a_lesson(sql, term, status="published") for _ in range(event_catch_up.PAGE + 5)]
    await number_all(sql)
    await sql.execute("update lesson set title = 'Better' where id = any($1)", lessons)
    await number_all(sql)

    told: dict[str, list[tuple[str, str]]] = {}
    async with listening(client, cursor) as heard:
        while sum(map(len, told.values())) < 2 * len(lessons):
            event = await heard.next()
            if event["event"].startswith("lesson."):
                told.setdefault(event["data"]["id"], []).append((event["event"], event["data"]["title"]))

    twice = [("lesson.published", "Better"), ("lesson.changed", "Better")]
    assert told == {str(lesson): twice for lesson in lessons}


async def test_a_cursor_of_another_history_is_told_and_the_stream_goes_on(
    client: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_draft(sql)
    await number_all(sql)
    cursor = (await client.get("/catalog/changes")).json()["next_cursor"]
    await sql.execute("update feed_mark set mark = mark + 1")
    async with listening(client, cursor) as heard:
        told = await heard.next()
        await publish(sql, lesson)
        events = [await heard.next() for _ in range(2)]

    assert (told["event"], told["data"]["code"]) == ("reset", "cursor_expired")
    assert "lesson.published" in {event["event"] for event in events}
    assert (await client.get("/catalog/changes", params={"cursor": told["id"]})).status_code == 200


async def test_a_history_that_changes_under_a_stream_is_told(client: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_draft(sql)
    await number_all(sql)
    async with listening(client) as heard:
        await heard.bookmark()
        await sql.execute("update feed_mark set mark = mark + 1")
        await publish(sql, lesson)
        told = await heard.next()

    assert told["event"] == "reset"


async def test_it_beats_with_an_id_while_nothing_happens(
    client: httpx2.AsyncClient, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_broadcast, "BEAT_SECONDS", 0.05)
    await number_all(sql)
    async with listening(client) as heard:
        assert len({await heard.bookmark() for _ in range(3)}) == 1


async def test_drafts_are_never_told(client: httpx2.AsyncClient, sql: Connection) -> None:
    lesson = await a_draft(sql)
    await number_all(sql)
    async with listening(client) as heard:
        await heard.bookmark()
        await sql.execute("update lesson set title = 'Secret' where id = $1", await a_lesson(sql, await a_term(sql)))
        await sql.execute("update program set title = 'Secret' where id = $1", await a_program(sql))
        await number_all(sql)
        await publish(sql, lesson)
        events = [await heard.next() for _ in range(2)]

    assert "Secret" not in json.dumps(events)


async def test_more_than_may_listen_are_asked_to_come_back(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_broadcast, "MOST_LISTENERS", 1)
    await number_all(sql)
    async with listening(whole.client) as heard:
        await heard.bookmark()
        refused = await whole.client.get(EVENTS)

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0

    async def is_free() -> bool:
        return not whole.app.broadcast.is_full

    await eventually(is_free)


async def test_who_reads_nothing_is_let_go_and_harms_nobody(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_broadcast, "_UNSENT_BYTES", 10_000)
    lesson = await a_draft(sql)
    await publish(sql, lesson)
    host, port = str(whole.client.base_url.host), whole.client.base_url.port
    reader, writer = await asyncio.open_connection(host, port, limit=1_000)
    writer.write(b"GET /catalog/events HTTP/1.1\r\nHost: x\r\n\r\n")
    async with listening(whole.client) as heard:
        await heard.bookmark()
        await reader.readuntil(b"id: ")
        number, before = 0, dropped("slow")
        while dropped("slow") == before:
            number += 1
            await sql.execute("update lesson set summary = $2 where id = $1", lesson, f"{number:04} " + "x" * 1_900)
            await number_all(sql)
            while f"{number:04}" not in (await heard.next())["data"].get("summary", ""):
                pass
            assert number < 3_000
    writer.close()


@pytest.mark.parametrize("beat_seconds", [15, 0.05], ids=["by an event", "by a beat"])
async def test_who_cannot_be_written_to_is_let_go_and_harms_nobody(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch, beat_seconds: float
) -> None:
    lesson = await a_draft(sql)
    await number_all(sql)
    monkeypatch.setattr(event_broadcast, "BEAT_SECONDS", beat_seconds)
    client, before = Broken(), dropped("failed")
    whole.app.broadcast.join(client, None)

    async def is_live() -> bool:
        return len(client.pieces) == 2

    await eventually(is_live)
    async with listening(whole.client) as heard:
        await heard.bookmark()
        await publish(sql, lesson)
        events = [await heard.next() for _ in range(2)]
        await client.was_cut.wait()
        await heard.bookmark() if beat_seconds < 1 else None

    assert "lesson.published" in {event["event"] for event in events}
    assert dropped("failed") == before + 1


async def test_head_gives_the_head_and_no_stream(whole: Served, sql: Connection) -> None:
    await number_all(sql)
    async with asyncio.timeout(10):
        answer = await whole.client.head(EVENTS)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
    assert REGISTRY.get_sample_value("chaishots_event_listeners") == 0


async def test_streams_work_where_a_socket_has_no_timeout_of_its_own(
    client: httpx2.AsyncClient, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_TCP_USER_TIMEOUT", None)
    await number_all(sql)
    async with listening(client) as heard:
        assert await heard.bookmark()


def test_what_streams_can_be_imported_where_no_such_timeout_is_known() -> None:
    script = "import socket; del socket.TCP_USER_TIMEOUT; import chaishots.api.server.connection"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(("path", "field"), [(f"{EVENTS}?cursor=x", "cursor"), (f"{EVENTS}?colour=red", "colour")])
async def test_what_is_no_cursor_is_refused(client: httpx2.AsyncClient, path: str, field: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_streams_end_at_once_when_the_server_stops(whole: Served, sql: Connection) -> None:
    await number_all(sql)
    async with listening(whole.client) as heard:
        await heard.bookmark()
        whole.app.broadcast.end()
        with pytest.raises(EOFError):
            await heard.next()
