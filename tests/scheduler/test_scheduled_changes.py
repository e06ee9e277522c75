"""Scheduled changes, as the publisher applies them: exactly once, in their order, and none holds up another."""

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
    a_change,
    a_lesson,
    a_program,
    a_public_program,
    a_term,
    database_now,
    history,
    lessons_due,
    row,
)
from tests.conftest import Database

# A lesson whose title becomes `bad` is refused; one whose title becomes `left` is left as it is.
POISON = """
    create function poison() returns trigger language plpgsql as $$
    begin
        if new.title = 'bad' then raise exception 'the user''s own trigger says no'; end if;
        return case when new.title = 'left' then null else new end;
    end $$;
    create trigger poison before update on lesson for each row execute function poison();
"""


async def everything_due(sql: Connection) -> None:
    """Publish until nothing more can be had."""
    while (await publish_due(sql, actor="replica-1")).is_full:
        pass


async def maps(sql: Connection, key: UUID, column: str) -> Any:
    """A column of a lesson that is JSON."""
    return json.loads((await row(sql, "lesson", key))[column])


async def test_a_change_is_applied_when_it_is_due_once_and_told_as_its_authors_by_the_replica(sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    change = await a_change(sql, lesson, {"title": "New"}, scheduled_by="asha")

    batch = await publish_due(sql, actor="replica-1")
    await everything_due(sql)

    assert [(applied.change_id, applied.title) for applied in batch.applied] == [(change, "lesson New")]
    assert (await row(sql, "lesson", lesson))["title"] == "New"
    done = await row(sql, "change", change)
    assert (done["status"], done["error"], done["version"]) == ("applied", None, 2)
    assert done["applied_at"] >= done["apply_at"]
    lines = await sql.fetch("select actor, carried_out_by, action from activity where action ~ '(change|apply)$'")
    assert [tuple(line) for line in lines] == [
        ("asha", "replica-1", "lesson.change"),
        ("replica-1", None, "change.apply"),
    ]
    assert not await is_due(sql)


async def test_until_its_moment_the_thing_stays_as_it_is_and_the_leader_sleeps_until_then(sql: Connection) -> None:
    lesson = await a_lesson(sql, status="published")
    await a_change(sql, lesson, {"title": "New"}, apply_at=await database_now(sql) + AN_HOUR)

    batch = await publish_due(sql, actor="replica-1")

    assert batch.is_empty
    assert batch.seconds_to_next == pytest.approx(3600, abs=5)
    assert (await row(sql, "lesson", lesson))["title"] == "A lesson"


async def test_maps_are_merged_and_null_takes_away(sql: Connection) -> None:
    urls = {"en": "https://a.example/en", "te": "https://a.example/te"}
    texts = {"te": {"title": "ఒకటి", "summary": "రెండు"}, "hi": {"title": "एक"}}
    lesson = await a_lesson(sql, subtitle_urls=urls, translations=texts, archive_at=await database_now(sql) + AN_HOUR)
    patch = {
        "subtitle_urls": {"te": None, "hi": "https://a.example/hi"},
        "translations": {"te": {"title": "కొత్త", "summary": None}, "hi": None},
        "archive_at": None,
        "duration_ms": 5,
    }
    await a_change(sql, lesson, patch)

    await publish_due(sql, actor="replica-1")

    assert await maps(sql, lesson, "subtitle_urls") == {"en": urls["en"], "hi": "https://a.example/hi"}
    assert await maps(sql, lesson, "translations") == {"te": {"title": "కొత్త"}}
    changed = await row(sql, "lesson", lesson)
    assert (changed["archive_at"], changed["duration_ms"]) == (None, 5)


async def test_a_program_changes_with_its_topics_and_a_term_moves(sql: Connection) -> None:
    program, other = await a_program(sql), await a_program(sql)
    term = await a_term(sql, program)
    await a_term(sql, other, term_number=7)
    await a_change(sql, program, {"position": 3, "topics": ["Maths", "physics"]}, of="program")
    await a_change(sql, term, {"program_id": str(other), "title": "Moved"}, of="term")
    await sql.execute("insert into topic (name) values ('Physics'), ('Art')")
    await sql.execute("insert into program_topic (program_id, topic_id) select $1, id from topic", program)

    await publish_due(sql, actor="replica-1")

    names = "select name from topic join program_topic on topic_id = id where program_id = $1 order by name"
    assert [found["name"] for found in await sql.fetch(names, program)] == ["Maths", "Physics"]
    assert (await row(sql, "program", program))["position"] == 3
    moved = await row(sql, "term", term)
    assert (moved["program_id"], moved["term_number"], moved["title"]) == (other, 8, "Moved")


async def test_lessons_that_move_to_a_term_go_behind_its_last_each_at_a_number_of_its_own(sql: Connection) -> None:
    term, program = await a_term(sql), await a_program(sql)
    lessons = [await a_lesson(sql, term) for _ in range(3)]
    target = await a_term(sql, program)
    await a_lesson(sql, target, lesson_number=4)
    for lesson in lessons:
        await a_change(sql, lesson, {"term_id": str(target)})

    await publish_due(sql, actor="replica-1")

    assert [(await row(sql, "lesson", lesson))["lesson_number"] for lesson in lessons] == [5, 6, 7]


async def test_two_lessons_change_their_numbers_at_one_moment(sql: Connection) -> None:
    term = await a_term(sql)
    one, two = await a_lesson(sql, term, lesson_number=1), await a_lesson(sql, term, lesson_number=2)
    await a_change(sql, one, {"lesson_number": 2})
    await a_change(sql, two, {"lesson_number": 1})

    await publish_due(sql, actor="replica-1")

    assert [(await row(sql, "lesson", lesson))["lesson_number"] for lesson in (one, two)] == [2, 1]


async def test_changes_of_one_lesson_come_in_the_order_of_their_moments(sql: Connection) -> None:
    lesson, now = await a_lesson(sql), await database_now(sql)
    for title, ago in (("last", 1), ("first", 3), ("second", 2)):
        await a_change(sql, lesson, {"title": title}, apply_at=now - timedelta(seconds=ago))

    await publish_due(sql, actor="replica-1")

    assert (await row(sql, "lesson", lesson))["title"] == "last"
    titles = "select after ->> 'title' as title from activity where action = 'lesson.change' order by seq"
    assert [line["title"] for line in await sql.fetch(titles)] == ["first", "second", "last"]


async def test_what_a_publish_needs_may_come_at_its_very_moment(sql: Connection) -> None:
    program, due = await a_program(sql, posters={}), await database_now(sql) + A_MOMENT_AGO
    lesson = await a_lesson(sql, await a_term(sql, program), status="scheduled", publish_at=due)
    await a_change(sql, program, {"posters": ASSETS}, of="program", apply_at=due)

    await publish_due(sql, actor="replica-1")

    assert (await row(sql, "lesson", lesson))["status"] == "published"


async def test_what_the_rules_refuse_keeps_its_error_and_holds_up_nothing_else(sql: Connection) -> None:
    bad, good = await a_lesson(sql, status="published"), await a_lesson(sql, status="published")
    refused = await a_change(sql, bad, {"thumbnails": {"en": None}})
    applied = await a_change(sql, good, {"title": "New"})
    await lessons_due(sql, 3)

    first = await publish_due(sql, actor="replica-1")

    assert (len(first.published), [change.change_id for change in first.applied]) == (3, [applied])
    [told] = first.refused
    assert (told.lesson_id, told.is_change) == (refused, True)
    kept = await row(sql, "change", refused)
    assert (kept["status"], kept["error"], kept["version"]) == ("scheduled", told.reason, 1)
    assert "Add portrait and landscape" in told.reason
    assert (await history(sql, refused))[-1] == "change.refuse"


async def test_what_was_refused_is_tried_again_when_its_thing_changes(sql: Connection) -> None:
    lesson = await a_lesson(sql, await a_term(sql), status="published", lesson_number=1)
    change = await a_change(sql, lesson, {"content_language_primary": "te"})
    await publish_due(sql, actor="replica-1")
    assert (await row(sql, "change", change))["error"] is not None
    assert (await publish_due(sql, actor="replica-1")).is_empty

    whole = {**ASSETS, "te": ASSETS["en"]}
    await sql.execute(
        'update lesson set thumbnails = $2, content_urls = content_urls || \'{"te": "https://a.example/te"}\','
        " content_languages_available = '{en,te}' where id = $1",
        lesson,
        json.dumps(whole),
    )
    batch = await publish_due(sql, actor="replica-1")

    assert [applied.change_id for applied in batch.applied] == [change]
    assert (await row(sql, "lesson", lesson))["content_language_primary"] == "te"


async def test_what_was_refused_is_tried_again_after_its_pause(sql: Connection) -> None:
    await sql.execute(POISON)
    change = await a_change(sql, await a_lesson(sql), {"title": "bad"})
    await publish_due(sql, actor="replica-1")
    await sql.execute("drop trigger poison on lesson")
    await sql.execute("update refusal set retry_at = now()")

    batch = await publish_due(sql, actor="replica-1")

    assert [applied.change_id for applied in batch.applied] == [change]
    assert await sql.fetchval("select count(*) from refusal") == 0


async def test_one_that_was_refused_and_comes_after_a_later_one_takes_nothing_of_that_back(sql: Connection) -> None:
    await sql.execute(POISON)
    lesson, now = await a_lesson(sql), await database_now(sql)
    texts = {"te": {"title": "పాత"}, "hi": {"title": "पुराना"}}
    await a_change(sql, lesson, {"title": "bad", "summary": "old", "translations": texts}, apply_at=now - AN_HOUR)
    await a_change(sql, lesson, {"title": "New", "translations": {"te": {"title": "కొత్త"}}})
    await everything_due(sql)
    assert (await row(sql, "lesson", lesson))["title"] == "New"

    await sql.execute("drop trigger poison on lesson")
    await sql.execute("update lesson set is_paid = true where id = $1", lesson)
    await everything_due(sql)

    changed = await row(sql, "lesson", lesson)
    assert (changed["title"], changed["summary"]) == ("New", "old")
    assert await maps(sql, lesson, "translations") == {"te": {"title": "కొత్త"}, "hi": {"title": "पुराना"}}


async def test_of_hundreds_each_that_a_trigger_refuses_or_leaves_is_found_and_all_others_are_applied(
    sql: Connection,
) -> None:
    await sql.execute(POISON)
    await lessons_due(sql, 300, due_in=AN_HOUR)
    await sql.execute(
        """
        insert into change (object_type, object_id, apply_at, patch)
        select 'lesson', id, now() - interval '1 s', jsonb_build_object('title', case
                   when lesson_number % 50 = 0 then 'bad' when lesson_number % 70 = 0 then 'left' else 'good' end)
          from lesson
        """
    )

    await everything_due(sql)

    counts = dict(await sql.fetch("select status, count(*) from change group by 1"))
    assert counts == {"applied": 290, "scheduled": 10}
    errors = {line["error"] for line in await sql.fetch("select error from change where status = 'scheduled'")}
    assert errors == {
        "The database refused it: the user's own trigger says no (P0001).",
        "The database refused it: a trigger left the lesson as it was (27000).",
    }


async def test_a_lesson_that_an_editor_holds_is_waited_for_by_nobody(sql: Connection, fresh_database: Database) -> None:
    held, free = await a_lesson(sql), await a_lesson(sql)
    await a_change(sql, held, {"title": "New"})
    applied = await a_change(sql, free, {"title": "New"})
    editor = await asyncpg.connect(fresh_database.dsn)
    async with editor.transaction():
        await editor.execute("select from lesson where id = $1 for update", held)
        batch = await publish_due(sql, actor="replica-1")
    await editor.close()

    assert ([change.change_id for change in batch.applied], batch.is_held) == ([applied], True)
    assert len((await publish_due(sql, actor="replica-1")).applied) == 1


async def test_a_change_of_what_is_deleted_is_cancelled_and_says_so(sql: Connection) -> None:
    program = await a_public_program(sql)
    lesson = await sql.fetchval("select id from lesson")
    change = await a_change(sql, lesson, {"title": "New"}, apply_at=await database_now(sql) + AN_HOUR)

    await sql.execute("delete from program where id = $1", program)

    gone = await row(sql, "change", change)
    assert (gone["status"], gone["error"]) == ("cancelled", "The lesson was deleted.")
    assert (await history(sql, change)) == ["change.create", "change.cancel"]


async def test_whoever_sets_a_change_to_applied_has_it_carried_out(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await a_change(sql, lesson, {"title": "New"}, apply_at=await database_now(sql) + AN_HOUR)

    await sql.execute("update change set status = 'applied'")

    assert (await row(sql, "lesson", lesson))["title"] == "New"
