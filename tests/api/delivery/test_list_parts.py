"""A list that has become old: what has changed is read anew, the rest is as it was, and nobody sees half a change."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaishots.api.delivery import invalidation
from chaishots.api.delivery.list_parts import ListParts, compose, pieces_of
from chaishots.content.catalog import statements
from chaishots.content.catalog.program_states import Parts
from chaishots.database.connection import Connection
from tests.api.conftest import Served
from tests.builders import ASSETS, a_lesson, a_picture, a_public_program, a_release, a_term, a_topic
from tests.conftest import Database

LIST = "/catalog/programs"
PROGRAMS = 4
documents = st.dictionaries(st.uuids(), st.text(), max_size=5)
"""JSON by program; it is a program's state, too."""


@given(before=documents, after=documents, more=st.text())
def test_an_answer_of_what_was_and_what_is_new_is_what_it_would_be_anew(
    before: dict[UUID, str], after: dict[UUID, str], more: str
) -> None:
    def page(shown: dict[UUID, str], known: Collection[str] = ()) -> Parts:
        states = {f"{key} {text}": text for key, text in shown.items()}
        return Parts("{“", tuple((state, None if state in known else text) for state, text in states.items()), more)

    after = {**after, **dict(list(before.items())[::2])}
    was, places = compose(page(before), {})
    parts = ListParts(began=None, places=places)  # pyright: ignore[reportArgumentType]  # which asks nobody
    known = parts.unchanged([key for key in before if not key.int % 3])

    became, there = compose(page(after, known), pieces_of(was, places))

    assert (became, there) == compose(page(after), {})
    assert became.decode() == "{“" + ",".join(after.values()) + more
    assert not any(str(key) in state for key in before if not key.int % 3 for state in known)
    assert parts.unchanged(None) == []


meanwhile: list[Awaitable[None]] = []
"""What is done between the decision what is read anew, and the read."""


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[list[UUID]]:
    """Of each list that is read, the programs that were known already, noted before they are read."""
    asked: list[list[UUID]] = []
    read: Callable[..., Any] = statements.programs

    async def noting(*about: Any, known: Collection[str] = (), **more: Any) -> Any:
        asked.append(sorted(UUID(state.partition(" ")[0]) for state in known))
        while meanwhile:
            await meanwhile.pop()
        return await read(*about, known=known, **more)

    monkeypatch.setattr(statements, "programs", noting)
    monkeypatch.setattr(invalidation, "GRACE_SECONDS", 0)  # which is about when, not about what
    return asked


async def titles(whole: Served, path: str = LIST) -> list[str]:
    """What the list shows, of each program."""
    return [program["title"] for program in (await whole.client.get(path)).json()["programs"]]


async def rename(sql: Connection, title: str, *programs: UUID) -> None:
    """Give them one title, in one transaction."""
    await sql.execute("update program set title = $2 where id = any($1)", programs, title)


async def test_only_what_has_changed_is_read_anew(whole: Served, sql: Connection, known: list[list[UUID]]) -> None:
    first, *others = sorted([await a_public_program(sql, title="As it was") for _ in range(PROGRAMS)])
    await whole.has_heard(sql)
    await titles(whole)
    for number, change in enumerate(
        (
            "update program set title = 'చాయ్' where id = $1",
            "update lesson set status = 'archived' where term_id in (select id from term where program_id = $1)",
        )
    ):
        await sql.execute(change, first)
        await whole.has_heard(sql)
        assert (await titles(whole)).count("చాయ్") == 1 - number
        assert known[-1] == others
    new = await a_public_program(sql, title="New")
    await whole.has_heard(sql)
    assert sorted(await titles(whole)) == ["As it was"] * len(others) + ["New"]
    assert known[-1] == others
    await rename(sql, "Other", *others)
    await whole.has_heard(sql)
    assert sorted(await titles(whole)) == ["New", *["Other"] * len(others)]
    assert known[-1] == [new]


async def test_what_concerns_all_is_read_anew_of_all(whole: Served, sql: Connection, known: list[list[UUID]]) -> None:
    await a_public_program(sql)
    topic = await sql.fetchval("insert into topic (name) values ('Maths') returning id")
    await sql.execute("insert into program_topic (program_id, topic_id) select id, $1 from program", topic)
    await whole.has_heard(sql)
    await titles(whole)

    await sql.execute("update topic set name = 'Music' where id = $1", topic)
    await whole.has_heard(sql)

    assert (await whole.client.get(LIST)).json()["programs"][0]["topics"] == ["Music"]
    assert known[-1] == []


QUIETLY = "set local session_replication_role = replica;"
"""No trigger runs: nothing is counted, and nobody is told."""
EDITS = [
    "update program set title = 'New' where id = {program}",
    "update lesson set title = 'New' where title = 'A lesson'",
    f"{QUIETLY} update program set title = 'Newer' where id = {{program}}",
    f"{QUIETLY} update term set title = 'Newer'",
    f"{QUIETLY} update lesson set title = 'Newer' where title = 'New'",
    f"{QUIETLY} update topic set name = 'Newer'",
    f"{QUIETLY} delete from lesson where term_id = {{term}}",
    "delete from term where title = 'Newer' and term_number = 9;"
    "insert into term (program_id, term_number, title) values ({program}, 9, 'b')",
    "delete from program_topic; delete from topic; insert into topic (name) values ('Other');"
    f"{QUIETLY} insert into program_topic (program_id, topic_id) select {{program}}, id from topic",
    """update picture set alt = '{{"en": "New"}}'""",
    "insert into refusal (id, version, reason, is_told) select id, version, 'Why', false from release",
    "delete from refusal",
    "update release set publish_error = 'Why'",
]
"""What changes the JSON of a program, each in one transaction."""


async def test_a_program_whose_json_is_another_is_in_another_state(sql: Connection) -> None:
    picture = f"https://cdn.example.com/pictures/{await a_picture(sql)}.webp"
    posters = json.dumps({"en": dict.fromkeys(ASSETS["en"], picture)})
    program = await a_public_program(sql, shows_coming_soon=True)
    await sql.execute("update program set posters = $2 where id = $1", program, posters)
    first, term = await a_term(sql, program, term_number=7), await a_term(sql, program, term_number=8)
    await a_lesson(sql, first, status="published")
    await a_term(sql, program, term_number=9, title="a")
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, await a_topic(sql))
    release = await a_release(sql)
    await a_lesson(sql, term, title="Soon", release_id=release)
    await sql.execute("update release set status = 'scheduled', publish_at = now() + interval '1 hour'")

    async def look() -> tuple[str, str | None]:
        parts = (await statements.programs(sql, limit=1, known=())).parts
        assert parts
        return parts.programs[0]

    before = await look()
    for edit in EDITS:
        async with sql.transaction():
            await sql.execute(edit.format(program=f"'{program}'", term=f"'{first}'"))
        after = await look()
        assert after[1] != before[1], edit
        assert after[0] != before[0], edit
        assert await look() == after
        before = after


async def test_what_is_changed_together_and_not_heard_of_yet_is_read_of_all(
    whole: Served, sql: Connection, known: list[list[UUID]]
) -> None:
    programs = [await a_public_program(sql, title="Before") for _ in range(PROGRAMS)]
    await whole.has_heard(sql)
    await titles(whole)
    await rename(sql, "Between", programs[0])
    await whole.has_heard(sql)

    meanwhile.append(rename(sql, "After", *programs))

    assert await titles(whole) == ["After"] * PROGRAMS
    assert [len(each) for each in known] == [0, PROGRAMS - 1]


async def test_nobody_sees_half_of_what_is_changed_together(
    whole: Served, database: Database, sql: Connection, known: list[list[UUID]]
) -> None:
    """One program changes all the time, and all of them at once now and then."""
    programs = [await a_public_program(sql, title="0") for _ in range(PROGRAMS)]
    lesson = await a_lesson(sql, await a_term(sql, programs[0], term_number=9), status="published")
    await whole.has_heard(sql)
    stop = asyncio.Event()

    async def edit() -> None:
        editor = await asyncpg.connect(database.dsn)
        while not stop.is_set():
            await editor.execute("update lesson set duration_ms = duration_ms + 1 where id = $1", lesson)
        await editor.close()

    editing = asyncio.create_task(edit())
    seen: set[str] = set()
    for number in range(60):
        reads = [asyncio.create_task(whole.client.get(f"{LIST}?limit={20 + each}")) for each in range(3)]
        await rename(sql, f"{number}", *programs)
        for answer in await asyncio.gather(*reads):
            shown = {program["title"] for program in json.loads(answer.content)["programs"]}
            assert len(shown) == 1, shown
            seen |= shown
    stop.set()
    await editing

    assert len(seen) > 3
    assert any(len(each) == PROGRAMS - 1 for each in known)
