"""What was deleted comes back from the history, as a draft; and who did what is told by command."""

import json
from uuid import UUID, uuid4

import pytest

from chaishots.content.editing.restore_deleted import bring_back
from chaishots.content.errors import Conflict, InvalidTransition, NotFound
from chaishots.database.connection import Connection
from tests.builders import AN_HOUR, a_lesson, a_program, a_release, a_term, a_topic, database_now, history, row
from tests.commands import chaishots
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("database")
LEFT = {"version", "updated_at", "archive_at", "status", "publish_at", "release_id", "publish_error"}


async def deleted(sql: Connection, table: str, key: UUID) -> dict[str, object]:
    """Delete a row by SQL; what it was."""
    before = await row(sql, table, key)
    await sql.execute(f"delete from {table} where id = $1", key)
    return before


async def test_a_lesson_comes_back_as_a_draft_with_all_that_it_said(sql: Connection) -> None:
    title = "క్\u200cష 👩\u200d🚀 कहानी"
    lesson = await a_lesson(sql, title=title, translations={"te": {"title": "పాఠం"}}, is_paid=True)
    release = await a_release(sql)
    await sql.execute("update lesson set release_id = $2 where id = $1", lesson, release)
    await sql.execute(
        "update release set status = 'scheduled', publish_at = now() + $2 where id = $1", release, AN_HOUR
    )
    before = await deleted(sql, "lesson", lesson)

    back = await bring_back(lesson, actor="asha")

    assert (back.kind, back.title, back.terms, back.lessons) == ("lesson", title, 0, 0)
    after = await row(sql, "lesson", lesson)
    assert {name for name in after if after[name] != before[name]} - {"words"} <= LEFT
    assert (after["status"], after["publish_at"], after["release_id"]) == ("draft", None, None)
    assert after["version"] > before["version"]
    assert await history(sql, lesson) == [*(await history(sql, lesson))[:-2], "lesson.delete", "lesson.create"]


async def test_one_that_was_public_once_keeps_when_that_was_and_has_no_end(sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published", archive_at=await database_now(sql) + AN_HOUR)
    before = await deleted(sql, "lesson", lesson)

    await bring_back(lesson, actor="asha")

    after = await row(sql, "lesson", lesson)
    assert (after["status"], after["published_at"], after["archive_at"]) == ("draft", before["published_at"], None)


async def test_a_number_that_another_has_by_now_becomes_the_last(sql: Connection) -> None:
    term = await a_term(sql)
    lesson = await a_lesson(sql, term, lesson_number=1)
    await deleted(sql, "lesson", lesson)
    await a_lesson(sql, term, lesson_number=1)
    await a_lesson(sql, term, lesson_number=7)

    await bring_back(lesson, actor="asha")

    assert (await row(sql, "lesson", lesson))["lesson_number"] == 8


async def test_a_program_comes_back_with_what_went_with_it_and_not_with_what_went_before(sql: Connection) -> None:
    program = await a_program(sql, title="చాయ్", language_primary="te", slug="chai")
    topic = await a_topic(sql)
    await sql.execute("insert into program_topic (program_id, topic_id) values ($1, $2)", program, topic)
    term = await a_term(sql, program)
    gone, kept = [await a_lesson(sql, term) for _ in range(2)]
    await deleted(sql, "lesson", gone)
    await deleted(sql, "program", program)
    await a_program(sql, slug="chai")  # the slug is another's by now

    back = await bring_back(program, actor="asha")

    assert (back.terms, back.lessons) == (1, 1)
    assert [found["id"] for found in await sql.fetch("select id from lesson where term_id = $1", term)] == [kept]
    assert (await row(sql, "program", program))["slug"] == "chai-2"
    assert await sql.fetchval("select topic_id from program_topic where program_id = $1", program) == topic


async def test_a_term_comes_back_with_its_lessons(sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program, term_number=1)
    lessons = {await a_lesson(sql, term) for _ in range(2)}
    await deleted(sql, "term", term)
    await a_term(sql, program, term_number=1)

    back = await bring_back(term, actor="asha")

    assert back.lessons == 2
    assert (await row(sql, "term", term))["term_number"] == 2
    assert {found["id"] for found in await sql.fetch("select id from lesson where term_id = $1", term)} == lessons


async def test_what_it_was_part_of_has_to_come_back_first(sql: Connection) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    lesson = await a_lesson(sql, term)
    await deleted(sql, "program", program)

    with pytest.raises(InvalidTransition, match=f"chaishots restore {term}"):
        await bring_back(lesson, actor="asha")
    with pytest.raises(InvalidTransition, match=f"chaishots restore {program}"):
        await bring_back(term, actor="asha")


async def test_what_is_there_or_never_was_is_not_brought_back(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await deleted(sql, "lesson", lesson)
    await bring_back(lesson, actor="asha")

    with pytest.raises(Conflict):
        await bring_back(lesson, actor="asha")
    with pytest.raises(NotFound):
        await bring_back(uuid4(), actor="asha")


async def test_the_commands_tell_who_did_what_and_bring_it_back(sql: Connection, database: Database) -> None:
    lesson = await a_lesson(sql, title="Tea\u00a0క్\u200cష")
    await sql.execute("update lesson set is_paid = true where id = $1", lesson)
    await sql.execute("delete from lesson where id = $1", lesson)

    told = await chaishots("history", str(lesson), "--limit", "2", DATABASE_URL=database.dsn)
    more = await chaishots("history", str(lesson), "--limit", "2", "--before", "3", DATABASE_URL=database.dsn)
    back = await chaishots("restore", "tea\u00a0క్\u200cష", DATABASE_URL=database.dsn)
    twice = await chaishots("restore", str(lesson), DATABASE_URL=database.dsn)
    whole = await chaishots("history", str(lesson), "--json", DATABASE_URL=database.dsn)

    head, last, *rest = told.out.splitlines()
    assert head.startswith(f"Tea\u00a0క్\u200cష (lesson {lesson}, deleted by ")
    assert "lesson.delete, by " in last
    assert "    is_paid: false → true" in rest
    assert rest[-1].startswith("More: --before ")
    assert more.code == 0
    assert back.out == f"Tea\u00a0క్\u200cష (lesson {lesson}) is back as a draft.\n"
    assert twice.code == 1
    assert twice.err.endswith("is neither deleted nor archived: there is nothing to bring back.\n")
    assert [line["action"] for line in json.loads(whole.out)["history"]][:2] == ["lesson.create", "lesson.delete"]
