"""The steps as commands: by id or title, in a line or as JSON, and what keeps a thing from one."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chaishots.database.connection import Connection
from tests.builders import a_change, a_lesson, a_program, a_release, a_term, a_topic, database_now, row
from tests.commands import Ran, chaishots
from tests.conftest import Database


@pytest.fixture
async def lesson(sql: Connection) -> UUID:
    """A draft that is ready."""
    return await a_lesson(sql, await a_term(sql, await a_program(sql, title="కోర్సు")), title="అల్లం టీ")


async def test_a_lesson_takes_all_its_steps(sql: Connection, fresh_database: Database, lesson: UUID) -> None:
    async def does(*arguments: str) -> Ran:
        ran = await chaishots(*arguments, DATABASE_URL=fresh_database.dsn)
        assert (ran.code, ran.err) == (0, ""), ran
        return ran

    named = f"అల్లం టీ (lesson {lesson})"
    told = await does("schedule", "అల్లం టీ", "2100-01-01 18:00", "--zone", "Asia/Kolkata")
    assert told.out == f"{named} is scheduled, goes out 2100-01-01 18:00:00 +05:30 Asia/Kolkata (12:30:00 UTC).\n"
    assert (await does("unschedule", str(lesson))).out == f"{named} is draft.\n"
    assert (await does("publish", str(lesson))).out.startswith(f"{named} is published, published 2")
    document = json.loads((await does("show", "అల్లం", "--json")).out)
    assert (document["kind"], document["id"], document["status"]) == ("lesson", str(lesson), "published")
    shown = (await does("show", str(lesson))).out.splitlines()
    assert shown[0].startswith(f"{named} is published")
    assert "  content_type: video" in shown
    assert (await does("archive", str(lesson))).out.startswith(f"{named} is archived")
    assert (await does("restore", str(lesson))).out.startswith(f"{named} is draft")
    assert json.loads((await does("archive", "కోర్సు", "--json")).out)["status"] == "archived"
    assert "is draft" in (await does("restore", "కోర్సు")).out
    assert (await row(sql, "lesson", lesson))["status"] == "draft"
    actors = {line["actor"] for line in await sql.fetch("select actor from activity where action ~ 'publish$'")}
    assert len(actors) == 1


async def test_a_release_is_scheduled_and_opened_again(sql: Connection, fresh_database: Database, lesson: UUID) -> None:
    release = await a_release(sql, name="ఉగాది")
    await sql.execute("update lesson set release_id = $1", release)
    told = await chaishots("schedule", "ఉగాది", "+2h", "--json", DATABASE_URL=fresh_database.dsn)
    assert json.loads(told.out)["status"] == "scheduled"
    assert (await row(sql, "lesson", lesson))["status"] == "scheduled"
    opened = await chaishots("unschedule", "ఉగాది", DATABASE_URL=fresh_database.dsn)
    assert opened.out == f"ఉగాది (release {release}) is open.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("publish", "Bare"), "Bare (lesson"),
        (("publish", "Bare"), "is not ready: thumbnails: Add these thumbnails"),
        (("publish", "కోర్సు"), "A program is not published by itself: name a lesson."),
        (("archive", "Ugadi"), "A release is not archived by itself: name a lesson or a program."),
        (("publish", "nothing"), "There is no lesson, program, term or release with this title"),
        (("publish", "Gone"), "It was deleted: Gone"),
        (("show", "Gone"), "Bring it back with: chaishots restore"),
        (("unschedule", "Bare"), "draft"),
        (("publish", "Twin"), "2 things fit. Name one by its id"),
    ],
)
async def test_what_keeps_a_thing_from_a_step_is_told(
    sql: Connection, fresh_database: Database, lesson: UUID, arguments: tuple[str, ...], said: str
) -> None:
    term = (await row(sql, "lesson", lesson))["term_id"]
    await a_lesson(sql, term, title="Bare", thumbnails={})
    gone = await a_lesson(sql, term, title="Gone")
    await sql.execute("delete from lesson where id = $1", gone)
    for _ in range(2):
        await a_lesson(sql, term, title="Twin")
    await a_release(sql, name="Ugadi")
    ran = await chaishots(*arguments, DATABASE_URL=fresh_database.dsn)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


async def test_a_time_or_zone_that_is_none_is_a_wrong_command(fresh_database: Database, lesson: UUID) -> None:
    for arguments in (
        ("schedule", str(lesson), "2001-01-01 10:00"),
        ("schedule", str(lesson), "whenever"),
        ("schedule", str(lesson), "+1h", "--zone", "Mars/Base"),
    ):
        ran = await chaishots(*arguments, DATABASE_URL=fresh_database.dsn)
        assert ran.code == 2
        assert "Traceback" not in ran.err


async def test_topics_and_scheduled_changes_are_shown(sql: Connection, fresh_database: Database, lesson: UUID) -> None:
    topic = await a_topic(sql, "చాయ్")
    change = await a_change(sql, lesson, {"title": "Ginger"}, apply_at=datetime(2100, 1, 1, tzinfo=UTC))
    shown = await chaishots("show", "చాయ్", DATABASE_URL=fresh_database.dsn)
    assert shown.out.splitlines()[0] == f"చాయ్ (topic {topic})"
    assert (
        json.loads((await chaishots("show", str(topic), "--json", DATABASE_URL=fresh_database.dsn)).out)["programs"]
        == 0
    )
    told = await chaishots("show", str(change), DATABASE_URL=fresh_database.dsn, CHAISHOTS_ZONE="UTC")
    first, *rest = told.out.splitlines()
    assert first == f"అల్లం టీ (change {change}) is scheduled, is due 2100-01-01 00:00:00 UTC."
    assert '  patch: {"title": "Ginger"}' in rest
    # Its title is that of the lesson, which is what it names.
    assert (await chaishots("show", "అల్లం టీ", DATABASE_URL=fresh_database.dsn)).out.startswith(
        f"అల్లం టీ (lesson {lesson})"
    )


async def test_a_change_that_will_be_refused_is_told_before_with_its_release(
    sql: Connection, fresh_database: Database, lesson: UUID
) -> None:
    soon = await database_now(sql) + timedelta(minutes=30)
    release = await a_release(sql, name="Diwali")
    change = await a_change(sql, lesson, {"thumbnails": {"en": None}}, release_id=release, apply_at=None)
    await sql.execute("update lesson set status = 'published' where id = $1", lesson)
    await sql.execute("update release set status = 'scheduled', publish_at = $1", soon)
    for asked, code in ((["rehearse", "--until", soon.isoformat()], 3), (["status", "--soon"], 3)):
        ran = await chaishots(*asked, DATABASE_URL=fresh_database.dsn)
        [told] = [line for line in ran.out.splitlines() if str(change) in line]
        assert told.strip().startswith(f"lesson అల్లం టీ (change {change}), due ")
        assert told.endswith("Add portrait and landscape in the primary language first.")
        assert ran.code == code, ran.err
    for thing in (lesson, release):
        ran = await chaishots("why", str(thing), DATABASE_URL=fresh_database.dsn)
        assert "will be refused when it is due" in ran.out
        assert "has its thumbnails" in ran.out


async def test_a_name_that_fits_a_topic_and_a_lesson_is_told_as_both(
    sql: Connection, fresh_database: Database, lesson: UUID
) -> None:
    await a_topic(sql, "అల్లం టీ")
    shown = await chaishots("show", "అల్లం టీ", DATABASE_URL=fresh_database.dsn)
    assert shown.code == 1
    assert "2 things fit" in shown.err
    assert "(topic " in shown.err
    published = await chaishots("publish", "అల్లం టీ", DATABASE_URL=fresh_database.dsn)
    assert published.code == 0, published
