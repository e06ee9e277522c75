"""Answers of the catalog out of the layer in front of Quart: kept, dropped, shared, and never old."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from chaishots.api.app import create_app
from chaishots.api.delivery import invalidation, render_or_serve_stale, renderer
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.delivery.circuit_breaker import RETRY_SECONDS
from chaishots.api.request_tasks import RequestTasks
from chaishots.database import listener
from chaishots.database.connection import Connection
from chaishots.database.listener import CONTENT_CHANNEL, HEARD_SECONDS
from chaishots.storage.folder_or_bucket import Store
from tests.api.conftest import Served, served
from tests.builders import a_lesson, a_program, a_term, a_topic
from tests.cluster import eventually
from tests.conftest import Database
from tests.tcp_proxy import cut_way

LIST = "/catalog/programs"


def status(answer: httpx2.Response) -> str:
    """What Cache-Status tells, without the name."""
    name, _, told = answer.headers["Cache-Status"].partition("; ")
    assert name == "chaishots"
    return told


@asynccontextmanager
async def locked(sql: Connection) -> AsyncIterator[None]:
    """Keep whoever reads a program waiting for as long as the block lasts."""
    async with sql.transaction():
        await sql.execute("lock table program in access exclusive mode")
        yield


@asynccontextmanager
async def a_session(database: Database) -> AsyncIterator[Connection]:
    """One more session, beside `sql`."""
    session = await asyncpg.connect(database.dsn)
    yield session
    await session.close()


@pytest.mark.parametrize("path", [LIST, "/catalog/programs/{}", "/catalog/lessons/{}", "/catalog/topics"])
async def test_the_second_read_is_answered_without_asking_the_database(
    whole: Served, sql: Connection, path: str
) -> None:
    program, lesson = await _some_content(sql)
    await whole.has_heard(sql)
    path = path.format(lesson if "lessons" in path else program)

    first, second = [await whole.client.get(path) for _ in range(2)]

    assert (first.status_code, status(first)) == (200, "fwd=uri-miss; stored")
    assert (second.status_code, status(second)) == (200, "hit")
    assert first.content == second.content
    assert whole.app.statistics.renders == 1


async def test_a_change_by_anybody_is_read_as_soon_as_it_is_heard_of(whole: Served, sql: Connection) -> None:
    program, _ = await _some_content(sql)
    await whole.client.get(LIST)

    await sql.execute("update program set title = 'Masala' where id = $1", program)
    await whole.has_heard(sql)
    after = await whole.client.get(LIST)

    assert after.json()["programs"][0]["title"] == "Masala"
    assert status(after) == "fwd=stale; stored"


async def test_an_editor_reads_what_he_wrote_on_the_replica_that_took_it(
    editor: httpx2.AsyncClient, client: httpx2.AsyncClient, sql: Connection
) -> None:
    program, _ = await _some_content(sql)
    for title in ("One", "Two", "Three", "Four"):
        assert (await editor.patch(f"/cms/programs/{program}", json={"title": title})).status_code == 200
        assert (await client.get(f"/catalog/programs/{program}")).json()["title"] == title


async def test_what_is_taken_down_is_gone_and_is_not_kept_as_gone(whole: Served, sql: Connection) -> None:
    _, lesson = await _some_content(sql)
    path = f"/catalog/lessons/{lesson}"
    assert (await whole.client.get(path)).status_code == 200

    await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
    await whole.has_heard(sql)
    answers = [await whole.client.get(path) for _ in range(2)]

    assert [(answer.status_code, answer.headers["Cache-Control"]) for answer in answers] == [(404, "no-store")] * 2
    assert whole.app.statistics.entries == 0


async def test_addresses_that_ask_for_the_same_share_an_answer(whole: Served, sql: Connection) -> None:
    await _some_content(sql)
    await whole.has_heard(sql)
    for query in (
        "",
        "?limit=20",
        "?limit=020",
        "?language=en",
        "?limit=20&language=en",
        "?language=en&limit=20",
        "?fields=title,assets",
        "?fields=assets,title,id,title",
        "?prefer=te,en",
        "?prefer=te,en,te",
    ):
        assert (await whole.client.get(LIST + query)).status_code == 200, query
    assert whole.app.statistics.renders == 4


@pytest.mark.parametrize("query", ["?limit=0", "?colour=red", "?limit=1&limit=2", "?cursor=x", "?fields=nope"])
async def test_what_has_to_be_refused_is_explained_by_quart(whole: Served, query: str) -> None:
    answer = await whole.client.get(LIST + query)
    assert answer.status_code == 422
    assert "Cache-Status" not in answer.headers
    assert whole.app.statistics.renders == 0


async def test_who_sends_a_token_is_never_answered_out_of_what_is_kept(
    whole: Served, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson = await a_lesson(sql, status="published", is_paid=True)
    path = f"/catalog/lessons/{lesson}"
    anybody, holder, again = await whole.client.get(path), await editor.get(path), await whole.client.get(path)

    assert holder.json()["content_urls_by_language"]
    assert holder.headers["Cache-Control"] == "private, no-cache"
    assert anybody.content == again.content
    assert again.json()["content_urls_by_language"] == {}
    assert {answer.headers["Vary"] for answer in (anybody, holder, again)} == {"Accept-Encoding, Authorization"}


async def test_every_answer_has_its_request_id(whole: Served, sql: Connection) -> None:
    await _some_content(sql)
    for path in (LIST, LIST, f"/catalog/lessons/{uuid4()}", "/catalog/programs?limit=0", "/health/live"):
        given = await whole.client.get(path, headers={"X-Request-ID": "mine"})
        forged = await whole.client.get(path, headers={"X-Request-ID": "a b"})
        made = await whole.client.get(path)
        assert given.headers["X-Request-ID"] == "mine"
        assert len(forged.headers["X-Request-ID"]) == 32
        assert made.headers["X-Request-ID"] != forged.headers["X-Request-ID"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
async def test_each_encoding_says_the_same_under_an_etag_of_its_own(
    whole: Served, sql: Connection, encoding: str
) -> None:
    term = await a_term(sql, await a_program(sql))
    for _ in range(5):
        await a_lesson(sql, term, status="published")
    plain = await whole.client.get(LIST, headers={"Accept-Encoding": "identity"})
    answers = [await whole.client.get(LIST, headers={"Accept-Encoding": encoding}) for _ in range(2)]

    assert {answer.headers.get("Content-Encoding", "identity") for answer in answers} == {encoding}
    assert {answer.content for answer in answers} == {plain.content}
    assert {answer.headers["Content-Length"] for answer in answers} == {str(answers[0].num_bytes_downloaded)}
    assert (answers[0].headers["ETag"] == plain.headers["ETag"]) is (encoding == "identity")
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


async def test_a_head_request_gets_the_headers_of_a_get_alone(whole: Served, sql: Connection) -> None:
    await _some_content(sql)
    got = await whole.client.get(LIST)
    headed = await whole.client.head(LIST)

    assert headed.content == b""
    same = {"Content-Length", "Content-Type", "ETag", "Cache-Control", "Vary"}
    assert {name: headed.headers[name] for name in same} == {name: got.headers[name] for name in same}


async def test_who_has_it_already_gets_304_with_what_caches_need(whole: Served, sql: Connection) -> None:
    await _some_content(sql)
    got = await whole.client.get(LIST)
    again = await whole.client.get(LIST, headers={"If-None-Match": got.headers["ETag"]})
    other = await whole.client.get(LIST, headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.content) == (304, b"")
    assert {"ETag", "Cache-Control", "Vary", "Cache-Status"} <= {name.title() for name in again.headers} | {"ETag"}
    assert again.headers["ETag"] == got.headers["ETag"]
    assert "Content-Length" not in again.headers
    assert other.status_code == 200
    assert whole.app.statistics.not_modified == 1


async def test_last_modified_is_told_once_its_second_is_over_and_taken_as_a_condition(
    whole: Served, sql: Connection
) -> None:
    await _some_content(sql)
    first = await whole.client.get(LIST)

    async def told() -> httpx2.Response | None:
        answer = await whole.client.get(LIST)
        return answer if "Last-Modified" in answer.headers else None

    answer = await eventually(told)
    since = answer.headers["Last-Modified"]
    again = await whole.client.get(LIST, headers={"If-Modified-Since": since})
    long_ago = await whole.client.get(LIST, headers={"If-Modified-Since": formatdate(0, usegmt=True)})

    assert "Last-Modified" not in first.headers
    assert answer.headers["ETag"] == first.headers["ETag"]
    assert (again.status_code, long_ago.status_code) == (304, 200)


async def test_five_hundred_who_ask_for_what_is_not_held_have_it_rendered_once(whole: Served, sql: Connection) -> None:
    await _some_content(sql)
    await whole.has_heard(sql)
    async with asyncio.TaskGroup() as tasks, locked(sql):
        herd = [tasks.create_task(_raw(whole.client.base_url.port, LIST)) for _ in range(500)]
        await eventually(lambda: _true(whole.app.statistics.waits == 499))
    answers = [task.result() for task in herd]

    assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 "}
    assert len({answer.partition(b"\r\n\r\n")[2] for answer in answers}) == 1
    assert sum(b"fwd=uri-miss; collapsed" in answer for answer in answers) == 499
    assert whole.app.statistics.renders == 1


async def test_a_first_client_that_leaves_fails_none_of_the_others(whole: Served, sql: Connection) -> None:
    await _some_content(sql)
    await whole.has_heard(sql)
    scope = {"type": "http", "method": "GET", "path": LIST, "query_string": b"", "headers": []}
    async with locked(sql):
        first = asyncio.create_task(whole.app(scope, _nothing, _nobody))  # pyright: ignore
        await eventually(lambda: _true(whole.app.statistics.renders == 1))
        second = asyncio.create_task(whole.client.get(LIST))
        await eventually(lambda: _true(whole.app.statistics.waits == 1))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    assert first.cancelled()
    assert (await second).status_code == 200
    assert whole.app.statistics.renders == 1


async def _held_from_before_the_last_of_changes(whole: Served, other: Connection, program: UUID, number: int) -> None:
    for change in range(1, number + 1):
        await other.execute("update program set title = $2 where id = $1", program, f"Title {change}")
        await whole.has_heard(other)
        if change == number - 1:
            await whole.client.get(LIST)


async def test_in_a_burst_of_changes_nobody_waits_while_what_is_held_is_rendered_anew(
    whole: Served, database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invalidation, "BURST_SECONDS", 60)  # for a machine that is slow
    monkeypatch.setattr(invalidation, "GRACE_SECONDS", 60)
    monkeypatch.setattr(renderer, "RENEWAL_SECONDS", 0)
    program, _ = await _some_content(sql)
    async with a_session(database) as other:
        await _held_from_before_the_last_of_changes(whole, other, program, 20)
    async with locked(sql):
        spared = [await whole.client.get(LIST) for _ in range(3)]
        renders = whole.app.statistics.renders
    await eventually(lambda: _reads(whole, "Title 20"))

    assert {answer.json()["programs"][0]["title"] for answer in spared} == {"Title 19"}
    assert {status(answer) for answer in spared} == {"hit; detail=renewed"}
    assert {answer.headers["Cache-Control"] for answer in spared} == {"public, max-age=0"}
    assert renders == 2
    assert status(await whole.client.get(LIST)) == "hit"


async def test_in_a_burst_of_changes_an_answer_is_not_rendered_for_each(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invalidation, "BURST_SECONDS", 60)
    monkeypatch.setattr(invalidation, "GRACE_SECONDS", 60)
    monkeypatch.setattr(renderer, "RENEWAL_SECONDS", 0.3)
    program, _ = await _some_content(sql)
    await _held_from_before_the_last_of_changes(whole, sql, program, 20)
    began, renders = time.monotonic(), whole.app.statistics.renders
    for change in range(10):
        await sql.execute("update program set title = $2 where id = $1", program, f"More {change}")
        await whole.has_heard(sql)
        await whole.client.get(LIST)

    assert whole.app.statistics.renders - renders <= 1 + (time.monotonic() - began) / 0.3
    await eventually(lambda: _reads(whole, "More 9"))


@pytest.mark.parametrize(("number", "grace"), [(2, 60), (20, 0)], ids=["few changes", "the grace is over"])
async def test_but_for_that_a_change_is_read_at_once(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch, number: int, grace: float
) -> None:
    monkeypatch.setattr(invalidation, "BURST_SECONDS", 60)
    monkeypatch.setattr(invalidation, "GRACE_SECONDS", grace)
    program, _ = await _some_content(sql)
    await _held_from_before_the_last_of_changes(whole, sql, program, number)

    assert (await whole.client.get(LIST)).json()["programs"][0]["title"] == f"Title {number}"


async def test_what_an_editor_wrote_is_read_at_once_in_a_burst_of_changes_too(
    whole: Served, editor: httpx2.AsyncClient, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invalidation, "BURST_SECONDS", 60)
    monkeypatch.setattr(invalidation, "GRACE_SECONDS", 60)
    program, _ = await _some_content(sql)
    await _held_from_before_the_last_of_changes(whole, sql, program, 20)

    await editor.patch(f"/cms/programs/{program}", json={"title": "Written"})

    assert (await whole.client.get(LIST)).json()["programs"][0]["title"] == "Written"


async def _reads(whole: Served, title: str) -> bool:
    return (await whole.client.get(LIST)).json()["programs"][0]["title"] == title


async def test_an_answer_that_was_begun_before_a_change_is_not_kept_as_current(
    whole: Served, database: Database, sql: Connection
) -> None:
    await _some_content(sql)
    await whole.has_heard(sql)
    async with a_session(database) as other, locked(sql):
        begun = asyncio.create_task(whole.client.get(LIST))
        await eventually(lambda: _true(whole.app.statistics.renders == 1))
        await a_topic(other)
        await whole.has_heard(other)
        later = asyncio.create_task(whole.client.get(LIST))
        (flight,) = whole.app._renderer._renders._under_way.values()
        await eventually(lambda: _true(flight.following is not None))
    answers = [await begun, await later]

    assert whole.app.statistics.renders == 2
    assert status(answers[0]) == "fwd=uri-miss; stored"
    assert status(await whole.client.get(LIST)) == "hit"


async def test_an_error_is_shared_by_those_who_wait_and_kept_for_nobody(whole: Served, sql: Connection) -> None:
    path = f"/catalog/programs/{uuid4()}"
    async with asyncio.TaskGroup() as tasks, locked(sql):
        herd = [tasks.create_task(whole.client.get(path)) for _ in range(5)]
        await eventually(lambda: _true(whole.app.statistics.waits == 4))
    assert {task.result().status_code for task in herd} == {404}
    assert whole.app.statistics.renders == 1

    await whole.client.get(path)
    assert whole.app.statistics.renders == 2
    assert whole.app.statistics.entries == 0


async def test_while_no_change_can_be_heard_the_database_says_whether_there_was_one(
    database: Database, sql: Connection
) -> None:
    program, _ = await _some_content(sql)
    async with served(database, listens=False) as deaf:
        await deaf.client.get(LIST)
        again = await deaf.client.get(LIST)
        await sql.execute("update program set title = 'Masala' where id = $1", program)
        changed = await deaf.client.get(LIST)

    assert status(again) == "hit; detail=validated"
    assert changed.json()["programs"][0]["title"] == "Masala"
    assert deaf.app.statistics.renders == 2


async def test_what_was_written_first_and_committed_last_is_not_missed_while_nothing_is_heard(
    database: Database, sql: Connection
) -> None:
    program, _ = await _some_content(sql)
    async with served(database, listens=False) as deaf, a_session(database) as other:
        slow = sql.transaction()
        await slow.start()
        await sql.execute("update program set title = 'Slow' where id = $1", program)
        await a_topic(other)  # a higher seq, committed at once
        assert (await deaf.client.get(LIST)).json()["programs"][0]["title"] != "Slow"
        await slow.commit()
        assert (await deaf.client.get(LIST)).json()["programs"][0]["title"] == "Slow"


async def test_a_listener_that_was_away_makes_all_that_is_held_old(whole: Served, sql: Connection) -> None:
    program, _ = await _some_content(sql)
    await whole.client.get(LIST)
    lost, returned = asyncio.Event(), asyncio.Event()
    whole.listener.subscribe(lambda heard: (returned if heard.is_listening else lost).set())

    await sql.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chaishots:tests:listener'"
    )
    await sql.execute("update program set title = 'Masala' where id = $1", program)
    await lost.wait()  # until then, as for 150 ms at most, what was held may be served
    meanwhile = await whole.client.get(LIST)
    await returned.wait()
    after = await whole.client.get(LIST)

    assert {answer.json()["programs"][0]["title"] for answer in (meanwhile, after)} == {"Masala"}


async def test_a_replica_whose_listener_is_cut_off_serves_nothing_old_after_a_second(
    database: Database, sql: Connection
) -> None:
    _, lesson = await _some_content(sql)
    path = f"/catalog/lessons/{lesson}"
    async with cut_way(database.dsn) as way, served(database, hears_over=way.dsn) as cut:
        assert (await cut.client.get(path)).status_code == 200
        way.cut()
        await sql.execute("update lesson set status = 'archived' where id = $1", lesson)
        taken_down_at = time.monotonic()
        while time.monotonic() - taken_down_at < 4:  # the loss itself is found out after that
            asked_at = time.monotonic()
            answer = await cut.client.get(path)
            assert answer.status_code == 404 or asked_at - taken_down_at <= HEARD_SECONDS
        assert (await cut.client.get(path)).status_code == 404
        await eventually(lambda: _true(not cut.app.statistics.heard))

        # Two that are gone, one after the other: that there is nothing is no sign of an outage.
        cut.app._breaker.open(time.monotonic())
        way.heal()
        await asyncio.sleep(RETRY_SECONDS)
        assert [(await cut.client.get(path)).status_code for _ in range(5)] == [404] * 5


async def test_what_was_heard_to_be_taken_down_is_never_served_as_stale(whole: Served, sql: Connection) -> None:
    _, lesson = await _some_content(sql)
    path = f"/catalog/lessons/{lesson}"
    for _ in range(2):
        assert (await whole.client.get(path)).status_code == 200
    await sql.execute("select pg_notify($1, 'lesson gone')", CONTENT_CHANNEL)
    await whole.has_heard(sql)
    whole.app._breaker.open(time.monotonic())
    assert (await whole.client.get(path)).status_code == 503

    await asyncio.sleep(RETRY_SECONDS)
    assert (await whole.client.get(path)).status_code == 200
    await a_topic(sql)
    await whole.has_heard(sql)
    whole.app._breaker.open(time.monotonic())
    assert status(await whole.client.get(path)) == "hit; detail=stale"


async def test_an_answer_that_takes_long_makes_no_other_stale(
    whole: Served, database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, _ = await _some_content(sql)
    paths = [f"/catalog/programs/{program}", "/catalog/topics"]
    for path in paths:
        await whole.client.get(path)
    monkeypatch.setattr(render_or_serve_stale, "PATIENCE_SECONDS", 0.2)
    async with a_session(database) as other:
        await a_topic(other)
        await whole.has_heard(other)
        async with locked(other):
            slow = await whole.client.get(paths[0])
            assert status(slow) == "hit; detail=stale"
            assert not whole.app._breaker.is_open


async def test_a_table_that_is_locked_is_no_database_that_is_away(
    whole: Served, database: Database, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody has asked the listener for so long that nothing is known to be heard."""
    program, _ = await _some_content(sql)
    paths = [f"/catalog/programs/{program}", "/catalog/topics"]
    for path in paths:
        await whole.client.get(path)
    monkeypatch.setattr(render_or_serve_stale, "PATIENCE_SECONDS", 0.2)
    async with a_session(database) as other:
        await a_topic(other)
        await whole.has_heard(other)
        monkeypatch.setattr(listener, "HEARD_SECONDS", 0)
        async with locked(other):
            assert status(await whole.client.get(paths[0])) == "hit; detail=stale"
            assert not whole.app._breaker.is_open


async def test_what_another_server_says_is_not_kept_for_current(
    whole: Served, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _some_content(sql)
    await whole.has_heard(sql)
    # Whatever its own server tells at the next ping, which may come between two answers.
    monkeypatch.setattr(listener.Listener, "server", property(lambda _: "another", lambda *_: None), raising=False)
    told = [status(await whole.client.get(LIST)) for _ in range(3)]
    assert "hit" not in told
    assert whole.app.statistics.renders == 3


async def test_different_queries_without_end_take_no_more_than_the_bound(database: Database, sql: Connection) -> None:
    await _some_content(sql)
    async with served(database, cache_bytes=300_000) as small:
        for number in range(300):
            assert b"programs" in await _directly(small.app, f"{LIST}?topic=Topic {number}")
            assert small.app.statistics.bytes_held <= 300_000
    assert small.app.statistics.evictions > 200
    assert small.app.statistics.entries > 40


async def test_different_queries_without_end_push_out_nothing_that_is_asked_for_again(
    database: Database, sql: Connection
) -> None:
    await _some_content(sql)
    async with served(database, cache_bytes=300_000) as small:
        for _ in range(2):
            await _directly(small.app, LIST)
        for number in range(100):
            await small.client.get(f"{LIST}?topic=Topic {number}")
        assert small.app.statistics.evictions > 10
        assert status(await small.client.get(LIST)) == "hit"


async def test_a_cache_of_no_bytes_keeps_nothing(database: Database, sql: Connection) -> None:
    await _some_content(sql)
    async with served(database, cache_bytes=0) as cold:
        answers = [await cold.client.get(LIST) for _ in range(3)]
    assert {status(answer) for answer in answers} == {"fwd=bypass"}
    assert cold.app.statistics.renders == 3
    assert len({answer.headers["ETag"] for answer in answers}) == 1


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_order_of_edits_and_reads_what_is_served_is_what_the_database_holds(
    whole: Served, sql: Connection, seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(invalidation, "GRACE_SECONDS", 0)  # which is about when, not about what
    chance, anew = (
        random.Random(seed),
        (create_app(replica="anew", cache_bytes=0, store=Store(str(tmp_path)), tasks=RequestTasks())),
    )
    world = [await _some_content(sql) for _ in range(3)]
    paths = [LIST, f"{LIST}?limit=2", f"{LIST}?fields=title", "/catalog/topics"]
    for step in range(20):
        program, lesson = chance.choice(world)
        if chance.random() < 0.5:
            await _an_edit(sql, chance.randrange(5), program, lesson, step)
            await whole.has_heard(sql)
        for path in [*chance.sample(paths, 2), f"/catalog/programs/{program}", f"/catalog/lessons/{lesson}"]:
            assert (await whole.client.get(path)).content == await _directly(anew, path), (step, path)
    assert whole.app.statistics.hits > 0


async def _an_edit(sql: Connection, kind: int, program: UUID, lesson: UUID, step: int) -> None:
    match kind:
        case 0:
            await sql.execute("update program set title = $2 where id = $1", program, f"Title {step}")
        case 1:
            await sql.execute("update lesson set title = $2 where id = $1", lesson, f"Lesson {step}")
        case 2:
            await sql.execute(
                """update program set status = case status when 'archived' then 'published' else 'archived' end
                    where id = $1""",
                program,
            )
        case 3:
            topic = await a_topic(sql, f"Topic {step}")
            await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, topic)
        case _:
            term = await sql.fetchval("select term_id from lesson where id = $1", lesson)
            await a_lesson(sql, term)


async def _directly(app: Delivery, path: str) -> bytes:
    """The body of an answer, without a socket."""

    async def send(event: Any) -> None:
        if event["type"] == "http.response.body":
            sent.append(event["body"])

    sent: list[bytes] = []
    address, _, query = path.partition("?")
    scope = {"type": "http", "method": "GET", "path": address, "query_string": query.encode(), "headers": []}
    await app(scope, _nothing, send)  # pyright: ignore
    return b"".join(sent)


async def _raw(port: int | None, path: str) -> bytes:
    """The whole answer, as it comes over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: chai\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def _some_content(sql: Connection) -> tuple[UUID, UUID]:
    program = await a_program(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), status="published")
    return program, lesson


async def _true(condition: bool) -> bool:
    return condition


async def _nothing() -> Any:
    return {"type": "http.disconnect"}


async def _nobody(_: Any) -> None: ...


@pytest.mark.parametrize(
    ("address", "status", "code", "field"),
    [
        (f"{LIST}?limit=0", 422, "invalid_request", "limit"),
        (f"{LIST}?limit=1&limit=1", 422, "invalid_request", "limit"),
        (f"{LIST}?topic=%ff", 422, "invalid_request", None),
        (f"{LIST}?sort=title", 422, "invalid_request", "sort"),
        (f"{LIST}?cursor=x", 422, "invalid_content", "cursor"),
        (f"{LIST}?{'&'.join(f'{n}=' for n in range(33))}", 400, "bad_request", None),
        (f"{LIST}/{UUID(int=1)}?fields=secret", 422, "invalid_request", "fields"),
        ("/catalog/lessons/1", 422, "invalid_content", "id"),
        ("/catalog/topics?a=1", 422, "invalid_request", "a"),
    ],
)
async def test_what_no_read_can_be_made_of_is_refused_before_quart(
    whole: Served, address: str, status: int, code: str, field: str | None
) -> None:
    before = whole.app.statistics.passed
    answer = await whole.client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [fault["field"] for fault in answer.json().get("errors", [])] == ([field] if field else [])
    assert len((await whole.client.head(address)).content) == 0
    assert whole.app.statistics.passed == before
