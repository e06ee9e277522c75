"""Which answers a change makes old: those of the programs that it concerns, and lists; and never too few.

Hypothesis chooses who writes what, in which order it is committed, and when; after each step, every answer that is kept
is compared with one that is rendered anew.
"""

import asyncio
import os
import re
import tempfile
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chaishots.api.app import create_app
from chaishots.api.delivery import invalidation
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.request_tasks import RequestTasks
from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from chaishots.database.listener import Heard, Listener
from chaishots.database.pool import open_pool
from chaishots.storage.folder_or_bucket import Store
from tests.api.conftest import Served, served
from tests.builders import a_lesson, a_program, a_public_program, a_term, a_topic
from tests.conftest import EMPTY, Database

LIST = "/catalog/programs"
STEPS = int(os.environ.get("CHAISHOTS_STEPS", "25"))
WALKS = int(os.environ.get("CHAISHOTS_WALKS", "6"))


class World:
    """Ids to choose from; each choice is Hypothesis' own."""

    def __init__(self) -> None:
        self.programs: list[UUID] = []
        self.terms: list[UUID] = []
        self.lessons: list[UUID] = []
        self.topics: list[UUID] = []
        self.number = 100

    def next(self) -> int:
        """A number that nothing has yet."""
        self.number += 1
        return self.number


SCHEDULED = "status = 'scheduled', publish_at = now() + interval '1 hour'"
OF_PROGRAM = [
    "update program set title = 'Title ' || $2 where id = $1",
    "update program set slug = 'slug-' || $2 where id = $1",
    "update program set status = 'archived' where id = $1 and $2 > 0",
    "update program set status = 'draft' where id = $1 and $2 > 0",
    "update program set status = 'published' where id = $1 and $2 > 0",
    "update program set shows_coming_soon = $2 % 2 = 0 where id = $1",
    "insert into term (program_id, term_number) values ($1, $2)",
    "delete from program_topic where program_id = $1 and $2 > 0",
]
OF_TERM = [
    "update term set title = 'Term ' || $2 where id = $1",
    "update term set term_number = $2 where id = $1",
    "delete from term where id = $1 and $2 % 5 = 0",
    """insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                           content_urls, thumbnails, status)
       select $1, $2, 'New', 'video', 60000, 'en', content_urls, thumbnails, (array['draft', 'published'])[1 + $2 % 2]
         from lesson limit 1""",
]
OF_LESSON = [
    "update lesson set title = 'Lesson ' || $2 where id = $1",
    f"update lesson set {SCHEDULED} where id = $1 and $2 > 0",
    "update lesson set status = 'draft', publish_at = null where id = $1 and $2 > 0",
    "update lesson set status = 'published' where id = $1 and $2 > 0",
    "update lesson set status = 'archived' where id = $1 and $2 > 0",
    "update lesson set lesson_number = $2 where id = $1",
    "delete from lesson where id = $1 and $2 % 5 = 0",
]
AUTO, ASHA, RAVI = range(3)
who = st.sampled_from([AUTO, ASHA, RAVI])
place = st.integers(0, 5)


class Walk(RuleBasedStateMachine):
    """Three programs; two editors with transactions that stay open, and one whose every statement is committed."""

    dsn: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open = AsyncExitStack()
        self.world = World()

    @initialize()
    def begin(self) -> None:
        """A draft, and two programs of which one has topics."""
        self.run(self._begin())

    async def _begin(self) -> None:
        await self.open.enter_async_context(open_pool(self.dsn, application_name="chaishots:tests:pool"))
        self.sessions = [await asyncpg.connect(self.dsn) for _ in range(3)]
        for session in self.sessions:
            self.open.push_async_callback(session.close)
            await session.execute("set lock_timeout = '20ms'")
        sql, world = self.sessions[AUTO], self.world
        await sql.execute(EMPTY)
        world.programs = [await a_program(sql, status=status) for status in ("draft", "published", "published")]
        world.terms = [await a_term(sql, program) for program in world.programs for _ in range(2)]
        world.lessons = [await a_lesson(sql, term, status="published") for term in world.terms[2:]]
        world.lessons += [await a_lesson(sql, term) for term in world.terms[:2]]
        world.topics = [await a_topic(sql, name) for name in ("Maths", "Music")]
        self.listener = Listener(self.dsn, application_name="chaishots:tests:listener")
        heard = asyncio.Event()
        self.listener.subscribe(lambda told: heard.set() if told.is_listening else None)
        store = Store(self.open.enter_context(tempfile.TemporaryDirectory()))
        self.tasks = RequestTasks()
        self.kept = create_app(replica="kept", listener=self.listener, store=store, tasks=self.tasks)
        self.anew = create_app(replica="anew", cache_bytes=0, store=store, tasks=self.tasks)
        listening = asyncio.create_task(self.listener.run())
        self.open.callback(listening.cancel)
        await heard.wait()

    def teardown(self) -> None:
        """Leave nothing open."""
        self.run(self.open.aclose())
        self.runner.close()

    def run(self, what: Any) -> Any:
        """Run in the walk's loop."""
        return self.runner.run(what)

    @rule(who=st.sampled_from([ASHA, RAVI]), commits=st.booleans())
    def finish(self, who: int, commits: bool) -> None:
        """End what somebody began."""
        if self.sessions[who].is_in_transaction():
            self.run(self._write(who, "commit" if commits else "rollback"))

    @rule(who=who, place=place, statement=st.sampled_from(OF_PROGRAM))
    def edit_program(self, who: int, place: int, statement: str) -> None:
        self.run(self._write(who, statement, self.world.programs[place % 3], self.world.next()))

    @rule(who=who, place=place, statement=st.sampled_from(OF_TERM))
    def edit_term(self, who: int, place: int, statement: str) -> None:
        self.run(self._write(who, statement, self.world.terms[place], self.world.next()))

    @rule(who=who, place=place, statement=st.sampled_from(OF_LESSON))
    def edit_lesson(self, who: int, place: int, statement: str) -> None:
        self.run(self._write(who, statement, self.world.lessons[place], self.world.next()))

    @rule(who=who, term=place, program=place)
    def move_term(self, who: int, term: int, program: int) -> None:
        number, to = self.world.next(), self.world.programs[program % 3]
        statement = "update term set program_id = $2, term_number = $3 where id = $1"
        self.run(self._write(who, statement, self.world.terms[term], to, number))

    @rule(who=who, lesson=place, term=place)
    def move_lesson(self, who: int, lesson: int, term: int) -> None:
        number, to = self.world.next(), self.world.terms[term]
        statement = "update lesson set term_id = $2, lesson_number = $3 where id = $1"
        self.run(self._write(who, statement, self.world.lessons[lesson], to, number))

    @rule(who=who, topic=place, program=place, renames=st.booleans())
    def edit_topic(self, who: int, topic: int, program: int, renames: bool) -> None:
        key = self.world.topics[topic % 2]
        if renames:
            statement = "update topic set name = 'Topic ' || $2 where id = $1"
            return self.run(self._write(who, statement, key, self.world.next()))
        statement = "insert into program_topic (topic_id, program_id) values ($1, $2)"
        return self.run(self._write(who, statement, key, self.world.programs[program % 3]))

    async def _write(self, who: int, statement: str, *values: Any) -> None:
        session = self.sessions[who]
        given = [str(value) if isinstance(value, int) and "|| $2" in statement else value for value in values]
        is_open = bool(values) and who != AUTO
        try:
            if is_open:  # with a savepoint: what is refused takes the rest along otherwise
                await session.execute("savepoint edit" if session.is_in_transaction() else "begin; savepoint edit")
            await session.execute(statement, *given)
        except asyncpg.PostgresError:
            if is_open:
                await session.execute("rollback to savepoint edit")

    @invariant()
    def what_is_served_is_what_the_database_holds(self) -> None:
        if hasattr(self, "kept"):
            self.run(self._compare())

    async def _compare(self) -> None:
        assert await self.listener.has_heard_since(asyncio.get_running_loop().time(), within_s=5)
        world = self.world
        paths = [
            LIST,
            *(f"{LIST}/{program}" for program in world.programs),
            *(f"/catalog/lessons/{lesson}" for lesson in world.lessons[:4:2]),
            *await self._pages(),
        ]
        for path in paths:
            served, anew = await _directly(self.kept, path), await _directly(self.anew, path)
            assert served == anew, path

    async def _pages(self) -> list[str]:
        slugs = await self.sessions[AUTO].fetch("select slug from program order by id")
        return [f"/te/programs/{row['slug']}" for row in slugs[1:2]] + [f"/hi/lessons/{self.world.lessons[0]}"]


async def _directly(app: Delivery, path: str) -> tuple[int, bytes]:
    """The answer without a socket, and without the moment at which a page was read."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    await app(scope, receive, send)  # pyright: ignore
    body = b"".join(event.get("body", b"") for event in sent)
    return sent[0]["status"], re.sub(rb'data-seen="[^"]*"|"request_id":"[^"]*"', b"", body)


def test_whatever_is_written_and_in_whichever_order_it_is_committed(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invalidation, "GRACE_SECONDS", 0)  # which is about when, not about what

    class Here(Walk):
        dsn = fresh_database.dsn

    allowed = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Here,
        settings=settings(max_examples=WALKS, stateful_step_count=STEPS, deadline=None, suppress_health_check=allowed),
    )


async def _is_hit(whole: Served, path: str) -> bool:
    return (await whole.client.get(path)).headers["Cache-Status"] == "chaishots; hit"


async def test_an_answer_stays_while_others_change_and_lists_do_not(whole: Served, sql: Connection) -> None:
    mine, other = [await a_public_program(sql) for _ in range(2)]
    paths = [f"{LIST}/{mine}", f"{LIST}/{other}", LIST]
    await whole.has_heard(sql)
    for path in paths:
        await whole.client.get(path)

    await sql.execute("update program set title = 'Masala' where id = $1", other)
    await whole.has_heard(sql)

    assert [await _is_hit(whole, path) for path in paths] == [True, False, False]
    assert (await whole.client.get(paths[1])).json()["title"] == "Masala"


async def test_an_edit_of_a_draft_drops_nothing_and_is_heard_of(whole: Served, sql: Connection) -> None:
    program, draft = await a_public_program(sql), await a_lesson(sql)
    await whole.has_heard(sql)
    for path in (LIST, f"{LIST}/{program}"):
        await whole.client.get(path)
    drops = whole.app.statistics.drops
    heard = asyncio.Event()
    whole.listener.subscribe(lambda told: heard.set() if "lesson" in told.tables else None)

    await sql.execute("update lesson set title = 'Masala' where id = $1", draft)
    await whole.has_heard(sql)

    assert heard.is_set()
    assert [await _is_hit(whole, path) for path in (LIST, f"{LIST}/{program}")] == [True, True]
    assert whole.app.statistics.drops == drops


async def test_an_editors_own_change_is_read_at_once_and_leaves_answers_of_others(
    whole: Served, editor: httpx2.AsyncClient, sql: Connection
) -> None:
    mine, other = [await a_public_program(sql) for _ in range(2)]
    await whole.has_heard(sql)
    for number in range(5):
        await whole.client.get(f"{LIST}/{other}")
        await editor.patch(f"/cms/programs/{mine}", json={"title": f"Title {number}"})
        assert (await whole.client.get(f"{LIST}/{mine}")).json()["title"] == f"Title {number}"
        assert await _is_hit(whole, f"{LIST}/{other}")


async def test_what_another_program_took_down_leaves_an_answer_for_an_outage(whole: Served, sql: Connection) -> None:
    mine, other = [await a_public_program(sql) for _ in range(2)]
    await whole.has_heard(sql)
    for program in (mine, other):
        await whole.client.get(f"{LIST}/{program}")
    await sql.execute("update program set status = 'archived' where id = $1", other)
    await whole.has_heard(sql)
    whole.app._epochs.hear(Heard(is_listening=False), asyncio.get_running_loop().time())
    whole.app._breaker.open(asyncio.get_running_loop().time())

    assert (await whole.client.get(f"{LIST}/{mine}")).status_code == 200
    assert (await whole.client.get(f"{LIST}/{other}")).status_code == 503


async def test_an_editor_is_answered_while_nothing_is_heard(database: Database, sql: Connection) -> None:
    program = await a_public_program(sql)
    async with served(database, listens=False) as deaf:
        _, token = await create_token(sql, "asha", Role.EDITOR)
        headers = {"Authorization": f"Bearer {token}"}
        answer = await deaf.client.patch(f"/cms/programs/{program}", json={"title": "Masala"}, headers=headers)
        assert answer.status_code == 200
        assert (await deaf.client.get(f"{LIST}/{program}")).json()["title"] == "Masala"
