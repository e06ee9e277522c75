"""Changes and ends in releases, as the publisher carries them out: with its lessons, at one moment, all or none."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chaishots.database.connection import Connection
from chaishots.scheduler.publisher import is_due, publish_due
from tests.builders import (
    A_MOMENT_AGO,
    AN_HOUR,
    ASSETS,
    a_lesson,
    a_program,
    a_release,
    a_term,
    database_now,
    history,
    row,
)
from tests.conftest import Database

END = {"status": "archived"}


async def a_change_in(sql: Connection, release: UUID, thing: UUID, patch: dict[str, Any], of: str = "lesson") -> UUID:
    """A change of a thing that goes with a release."""
    return await sql.fetchval(
        """
        insert into change (object_type, object_id, release_id, patch, scheduled_by)
        values ($1, $2, $3, $4::text::jsonb, 'asha') returning id
        """,
        of,
        thing,
        release,
        json.dumps(patch),
    )


async def schedule(sql: Connection, release: UUID, due_in: timedelta = A_MOMENT_AGO) -> None:
    """Give a release its moment."""
    await sql.execute("update release set status = 'scheduled', publish_at = now() + $2 where id = $1", release, due_in)


async def status(sql: Connection, table: str, key: UUID) -> str:
    """In which state it is."""
    return (await row(sql, table, key))["status"]


async def test_a_relaunch_is_one_moment_new_lessons_new_titles_and_old_lessons_down(sql: Connection) -> None:
    program = await a_program(sql, status="published", published_at=await database_now(sql))
    term = await a_term(sql, program)
    old, kept = [await a_lesson(sql, term, status="published") for _ in range(2)]
    release = await a_release(sql)
    new = await a_lesson(sql, term, release_id=release)
    end = await a_change_in(sql, release, old, END)
    title = await a_change_in(sql, release, kept, {"title": "Relaunched"})
    await a_change_in(sql, release, program, {"title": "All new", "topics": ["Tea"]}, of="program")
    await schedule(sql, release)

    batch = await publish_due(sql, actor="replica-1")

    assert {applied.title for applied in batch.applied} == {"lesson A lesson", "lesson Relaunched", "program All new"}
    assert [published.lesson_id for published in batch.published] == [new]
    assert [await status(sql, "lesson", key) for key in (old, kept, new)] == ["archived", "published", "published"]
    assert [await status(sql, "change", key) for key in (end, title)] == ["applied", "applied"]
    assert (await row(sql, "program", program))["title"] == "All new"
    told = await sql.fetchrow("select actor, carried_out_by from activity where action = 'lesson.archive'")
    assert told is not None
    assert tuple(told) == ("asha", "replica-1")
    assert not await is_due(sql)


async def test_a_change_takes_the_moment_of_its_release_and_follows_it(sql: Connection) -> None:
    release, lesson = await a_release(sql), await a_lesson(sql, status="published")
    change = await a_change_in(sql, release, lesson, {"title": "New"})
    assert (await row(sql, "change", change))["apply_at"] is None
    await schedule(sql, release, AN_HOUR)
    assert (await row(sql, "change", change))["apply_at"] == (await row(sql, "release", release))["publish_at"]
    await schedule(sql, release, 2 * AN_HOUR)
    moved = await row(sql, "change", change)
    assert moved["apply_at"] == (await row(sql, "release", release))["publish_at"]
    assert moved["scheduled_by"] == "asha"
    await sql.execute("update release set status = 'open', publish_at = null")
    assert (await row(sql, "change", change))["apply_at"] is None
    await sql.execute("update release set status = 'cancelled'")
    called_off = await row(sql, "change", change)
    assert (called_off["status"], called_off["error"]) == ("cancelled", "Its release was cancelled.")
    await sql.execute("delete from release")
    assert await history(sql, release) == [
        "release.create",
        "release.add_change",
        "release.schedule",
        "release.reschedule",
        "release.unschedule",
        "release.cancel",
        "release.delete",
        "release.remove_change",
    ]


async def test_an_open_release_that_is_deleted_cancels_its_changes(sql: Connection) -> None:
    release, lesson = await a_release(sql), await a_lesson(sql, status="published")
    change = await a_change_in(sql, release, lesson, {"title": "New"})
    await sql.execute("delete from release")
    called_off = await row(sql, "change", change)
    assert (called_off["status"], called_off["error"]) == ("cancelled", "Its release was deleted.")


async def test_one_that_is_taken_out_keeps_its_moment_and_is_applied_by_itself(sql: Connection) -> None:
    release, lesson = await a_release(sql), await a_lesson(sql, status="published")
    change = await a_change_in(sql, release, lesson, {"title": "New"})
    await schedule(sql, release, AN_HOUR)
    await sql.execute("update change set release_id = null")
    assert (await row(sql, "change", change))["apply_at"] == (await row(sql, "release", release))["publish_at"]
    await sql.execute("update change set apply_at = now()")
    [applied] = (await publish_due(sql, actor="replica-1")).applied
    assert applied.change_id == change
    assert await status(sql, "release", release) == "scheduled"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("update change set apply_at = now()", "change_in_release"),
        ("update change set status = 'applied'", "change_in_release"),
        ("update change set release_id = (select id from release where name = 'Other')", "change_in_release"),
        ("update change set release_id = null", "change_has_moment"),
        ("""update change set patch = '{"status": "draft"}'""", "change_end"),
        (
            """insert into change (object_type, object_id, release_id, patch)
            select object_type, object_id, (select id from release where name = 'Gone'), patch from change""",
            "release_closed",
        ),
    ],
)
async def test_what_breaks_the_bond_is_refused(sql: Connection, statement: str, rule: str) -> None:
    release, lesson = await a_release(sql), await a_lesson(sql, status="published")
    await a_release(sql, name="Other")
    await a_release(sql, name="Gone", status="cancelled")
    await a_change_in(sql, release, lesson, {"title": "New"})
    with pytest.raises(asyncpg.PostgresError) as refused:
        await sql.execute(statement)
    assert getattr(refused.value, "constraint_name", None) == rule


async def test_a_change_that_the_rules_refuse_keeps_the_whole_release_and_is_named(sql: Connection) -> None:
    release = await a_release(sql, name="Ugadi")
    lesson = await a_lesson(sql, status="published", title="Ginger")
    new = await a_lesson(sql, release_id=release, title="Clove")
    fine = await a_change_in(sql, release, lesson, {"summary": "Better"})
    bad = await a_change_in(sql, release, lesson, {"title": ""})
    await schedule(sql, release)
    other = await a_lesson(sql, due_in=A_MOMENT_AGO)

    batch = await publish_due(sql, actor="replica-1")

    assert [published.lesson_id for published in batch.published] == [other]
    assert [(refused.lesson_id, refused.is_change) for refused in batch.refused] == [(bad, True)]
    assert await status(sql, "lesson", new) == "scheduled"
    assert (await row(sql, "change", fine))["error"] is None
    assert "lesson Ginger: " in (await row(sql, "release", release))["publish_error"]
    assert not await is_due(sql)

    await sql.execute("""update change set patch = '{"title": "Ginger tea"}' where id = $1""", bad)
    assert (await row(sql, "release", release))["publish_error"] is None
    await publish_due(sql, actor="replica-1")
    assert await status(sql, "release", release) == "published"
    changed = await row(sql, "lesson", lesson)
    assert (changed["title"], changed["summary"]) == ("Ginger tea", "Better")


async def test_without_the_change_that_was_refused_a_release_goes_out(sql: Connection) -> None:
    release, lesson = await a_release(sql), await a_lesson(sql, status="published")
    bad = await a_change_in(sql, release, lesson, {"title": ""})
    await schedule(sql, release)
    await publish_due(sql, actor="replica-1")
    assert await status(sql, "release", release) == "scheduled"
    await sql.execute("update change set status = 'cancelled' where id = $1", bad)
    await publish_due(sql, actor="replica-1")
    assert await status(sql, "release", release) == "published"


async def test_what_opens_a_draft_program_may_come_with_its_lessons(sql: Connection) -> None:
    program = await a_program(sql, posters="{}")
    release = await a_release(sql)
    lesson = await a_lesson(sql, await a_term(sql, program), release_id=release)
    await a_change_in(sql, release, program, {"posters": ASSETS}, of="program")
    await schedule(sql, release)
    await publish_due(sql, actor="replica-1")
    assert await status(sql, "release", release) == "published"
    assert await status(sql, "lesson", lesson) == "published"
    assert await status(sql, "program", program) == "published"


async def test_a_release_whose_changed_thing_somebody_holds_waits_whole(
    sql: Connection, fresh_database: Database
) -> None:
    release, lesson = await a_release(sql), await a_lesson(sql, status="published")
    await a_change_in(sql, release, lesson, {"title": "New"})
    await schedule(sql, release)
    editor = await asyncpg.connect(fresh_database.dsn)
    editing = editor.transaction()
    await editing.start()
    await editor.execute("select from lesson where id = $1 for update", lesson)

    batch = await publish_due(sql, actor="replica-1")
    assert batch.is_held
    assert batch.is_empty

    await editing.rollback()
    await editor.close()
    await publish_due(sql, actor="replica-1")
    assert await status(sql, "release", release) == "published"
