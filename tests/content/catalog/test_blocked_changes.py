"""What is foreseen of scheduled changes is what becomes of them: those that the rules will refuse are told before."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chaishots.content.catalog import preview
from chaishots.content.catalog.blocked_changes import BlockedChange
from chaishots.content.catalog.blocked_lessons import blocked_within
from chaishots.content.catalog.rehearsal import Rehearsal, rehearse
from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import publish_due
from chaishots.status import read_state, rehearsal_text
from tests.builders import ASSETS, a_change, a_lesson, a_program, a_release, a_term, database_now

pytestmark = pytest.mark.usefixtures("database")

SOON = timedelta(minutes=30)


async def foreseen(sql: Connection, at: datetime) -> Rehearsal:
    """The rehearsal until a moment, of which the others who look ahead say the same."""
    rehearsal = await rehearse(sql, at)
    shown = json.loads(await preview.programs(sql, at, limit=100))
    named = [str(change.change_id) for change in rehearsal.blocked_changes]
    assert [change["change_id"] for change in shown["blocked_changes"]] == named
    soon = await blocked_within(sql, timedelta(hours=1), limit=100)
    assert [str(change.change_id) for change in soon.changes] == named
    return rehearsal


async def what_became(sql: Connection) -> dict[UUID, str | None]:
    """Each change's error once its moment has come, one moment after the other; None of one that was applied."""
    moments = "select distinct apply_at from change where status = 'scheduled' and apply_at > now() order by 1"
    for row in await sql.fetch(moments):
        await sql.execute("update release set publish_at = now() where publish_at = $1", row["apply_at"])
        await sql.execute("update change set apply_at = now() where apply_at = $1", row["apply_at"])
        while (await publish_due(sql, actor="replica-1")).is_full:
            pass
    return {row["id"]: row["error"] for row in await sql.fetch("select id, error from change")}


def reasons(changes: list[BlockedChange]) -> dict[UUID, str]:
    """The reason of each."""
    return {change.change_id: change.reason for change in changes}


async def catalog_then(sql: Connection, at: datetime) -> Any:
    """What a preview shows, without when anything was touched."""
    shown = json.loads(await preview.programs(sql, at, limit=100))["programs"]
    for program in shown:
        program.pop("updated_at")
        for lesson in (lesson for term in program["terms"] for lesson in term["lessons"]):
            lesson.pop("updated_at")
    return shown


async def test_what_others_did_since_is_told_before_and_by_the_same_words(sql: Connection) -> None:
    program, draft, third = await a_program(sql), await a_program(sql), await a_program(sql, title="Third")
    term = await a_term(sql, program)
    lessons = [
        await a_lesson(sql, term, lesson_number=number, content_urls={"en": "https://cdn.example/1.mp4"})
        for number in range(1, 6)
    ]
    soon = await database_now(sql) + SOON

    async def change(thing: UUID, patch: dict[str, Any], of: str = "lesson", minutes: int = 0) -> UUID:
        return await a_change(sql, thing, patch, of=of, apply_at=soon - timedelta(minutes=minutes))

    doomed = {
        await change(lessons[0], {"content_urls": {"en": None}}),
        await change(lessons[1], {"thumbnails": {"en": None}}),
        await change(lessons[2], {"lesson_number": 14}),
        await change(lessons[4], {"content_language_primary": "te", "content_languages_available": ["te"]}, minutes=3),
        await change(program, {"posters": {"en": None}}, of="program"),
        await change(draft, {"slug": "tea"}, of="program"),
        await change(lessons[4], {"term_id": str(await a_term(sql, draft))}, minutes=2),
    }
    fine = {
        await change(lessons[0], {"title": "It stays"}),
        await change(lessons[4], {"lesson_number": 9}, minutes=1),
        await change(third, {"posters": {"en": None}}, of="program"),
    }
    await sql.execute("update lesson set content_urls = '{}' where id = $1", lessons[4])
    assert (await foreseen(sql, soon)).blocked_changes == []

    await sql.execute(
        "update lesson set content_urls = $2 where id = $1", lessons[4], '{"en": "https://cdn.example/5"}'
    )
    await sql.execute("update lesson set status = 'published' where id = any($1)", lessons)
    await sql.execute("update lesson set lesson_number = 14 where id = $1", lessons[3])
    await sql.execute("update program set slug = 'tea' where id = $1", third)
    then, shown = await foreseen(sql, soon), await catalog_then(sql, soon)

    assert set(reasons(list(then.blocked_changes))) == doomed
    assert {step.change_id for step in then.steps} == fine
    became = await what_became(sql)
    assert {key for key, error in became.items() if error} == doomed
    assert {key: became[key] for key in doomed} == reasons(list(then.blocked_changes))
    assert shown == await catalog_then(sql, await database_now(sql) + timedelta(seconds=1))


async def test_what_two_exchange_comes_and_of_two_that_want_one_number_the_first(sql: Connection) -> None:
    term = await a_term(sql)
    lessons = [await a_lesson(sql, term, lesson_number=number) for number in range(1, 6)]
    soon = await database_now(sql) + SOON
    for lesson, number in ((0, 2), (1, 1), (2, 7), (3, 3)):
        await a_change(sql, lessons[lesson], {"lesson_number": number}, apply_at=soon)
    late = await a_change(sql, lessons[4], {"lesson_number": 7}, apply_at=soon + timedelta(seconds=1))

    then = await foreseen(sql, soon + timedelta(minutes=1))

    assert [change.change_id for change in then.blocked_changes] == [late]
    became = await what_became(sql)
    assert [key for key, error in became.items() if error] == [late]


@pytest.mark.parametrize(
    ("of", "patch"),
    [
        ("program", {"posters": {"en": None}}),
        ("lesson", {"content_urls": {"en": None}}),
        ("lesson", {"lesson_number": 2}),
    ],
)
async def test_a_release_with_a_change_that_will_be_refused_is_told_with_all_that_is_in_it(
    sql: Connection, of: str, patch: dict[str, Any]
) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    public = await a_lesson(sql, term, lesson_number=1, content_urls={"en": "https://cdn.example/1.mp4"})
    soon = await database_now(sql) + SOON
    release = await a_release(sql, name="Diwali")
    new = await a_lesson(sql, term, lesson_number=2, title="New", release_id=release)
    doomed = await a_change(
        sql, program if of == "program" else public, patch, of=of, release_id=release, apply_at=None
    )
    other = await a_change(sql, term, {"title": "Diwali"}, of="term", release_id=release, apply_at=None)
    await sql.execute("update lesson set status = 'published' where id = $1", public)
    await sql.execute("update release set status = 'scheduled', publish_at = $2 where id = $1", release, soon)

    then, shown = await foreseen(sql, soon), await catalog_then(sql, soon)

    assert then.steps == []
    assert set(reasons(list(then.blocked_changes))) == {doomed, other}
    assert [lesson.lesson_id for lesson in then.blocked] == [new]
    told = reasons(list(then.blocked_changes))[doomed]
    assert told in then.blocked[0].reason
    assert "Diwali" in then.blocked[0].reason
    became = await what_became(sql)
    assert became == {doomed: told, other: None}
    assert await sql.fetchval("select publish_error from release") == f"{of} {then.blocked_changes[0].title}: {told}"
    assert shown == await catalog_then(sql, await database_now(sql) + timedelta(seconds=1))


async def test_a_draft_that_opens_before_the_change_keeps_its_posters(sql: Connection) -> None:
    program = await a_program(sql, posters={})
    soon = await database_now(sql) + SOON
    await a_lesson(sql, await a_term(sql, program), status="scheduled", publish_at=soon - timedelta(minutes=1))
    await a_change(sql, program, {"posters": ASSETS}, of="program", apply_at=soon - timedelta(minutes=2))
    taken = await a_change(sql, program, {"posters": {"en": None}}, of="program", apply_at=soon)

    then = await foreseen(sql, soon)

    assert [(step.action, step.title) for step in then.steps] == [("change", "A program"), ("publish", "A lesson")]
    assert [change.change_id for change in then.blocked_changes] == [taken]


async def test_a_rule_of_somebodys_own_that_cannot_be_tried_takes_nothing_else_away(sql: Connection) -> None:
    soon = await database_now(sql) + SOON
    term = await a_term(sql, await a_program(sql, posters={}))
    lesson = await a_lesson(sql, term, status="scheduled", publish_at=soon)
    await a_change(sql, lesson, {"title": "New"}, apply_at=soon)
    await sql.execute(
        """create function own_rule(title text, summary text) returns boolean language plpgsql as
               $$ begin raise 'it is broken'; end $$;
           alter table lesson add constraint own_rule check (own_rule(title, summary)) not valid"""
    )

    then = await foreseen(sql, soon)

    assert [step.action for step in then.steps] == ["change"]
    assert then.blocked_total == 1, "that its program has no posters is told all the same"
    told = "Not tried: 1 scheduled changes, which may be refused. Postgres cannot try them: it is broken."
    assert told in rehearsal_text(then)
    assert told in (await read_state(sql)).text()
