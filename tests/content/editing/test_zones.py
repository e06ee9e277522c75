"""The zone in which a moment was written: kept beside it, shown with it, gone with it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest

from chaishots.content.editing import releases
from chaishots.content.editing.lessons import (
    archive_lesson,
    change_lesson,
    publish_lesson,
    restore_lesson,
    schedule_lesson,
    unschedule_lesson,
)
from chaishots.content.exchange.seed import seed
from chaishots.content.queries.why_lesson import why
from chaishots.database.connection import Connection
from chaishots.zones import canonical
from tests.builders import AN_HOUR, a_lesson, a_release, database_now, row
from tests.content.exchange.seeds import imported
from tests.content.exchange.test_round_trip import comes_back

pytestmark = pytest.mark.usefixtures("database")

ASHA = "asha"
KOLKATA, BERLIN = "Asia/Kolkata", "Europe/Berlin"
LATER = datetime(2100, 1, 1, 12, 30, tzinfo=UTC)


async def zones(sql: Connection, lesson: Any) -> tuple[str | None, str | None]:
    found = await row(sql, "lesson", lesson)
    return found["publish_zone"], found["archive_zone"]


async def test_python_and_postgres_know_the_same_zones(sql: Connection) -> None:
    named = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    refused = await sql.fetch("select name from unnest($1::text[]) as name where not chaishots_is_zone(name)", named)
    # What was named since the older of the two was made.
    assert len(refused) < 5, [each["name"] for each in refused]
    assert canonical(KOLKATA) == KOLKATA


async def test_the_zone_stays_with_the_moment_and_goes_with_it(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await schedule_lesson(lesson, LATER, KOLKATA, actor=ASHA)
    assert await zones(sql, lesson) == (KOLKATA, None)
    await schedule_lesson(lesson, LATER, actor=ASHA)
    assert await zones(sql, lesson) == (None, None)
    await schedule_lesson(lesson, LATER, KOLKATA, actor=ASHA)
    await unschedule_lesson(lesson, actor=ASHA)
    assert await zones(sql, lesson) == (None, None)
    await schedule_lesson(lesson, LATER, KOLKATA, actor=ASHA)
    await publish_lesson(lesson, actor=ASHA)
    assert await zones(sql, lesson) == (None, None)


async def test_an_end_has_a_zone_of_its_own(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await change_lesson(lesson, {"archive_at": LATER, "archive_zone": BERLIN}, actor=ASHA)
    assert await zones(sql, lesson) == (None, BERLIN)
    await change_lesson(lesson, {"archive_at": LATER + AN_HOUR}, actor=ASHA)
    assert await zones(sql, lesson) == (None, None)
    await change_lesson(lesson, {"archive_zone": BERLIN}, actor=ASHA)
    await change_lesson(lesson, {"archive_at": None}, actor=ASHA)
    assert await zones(sql, lesson) == (None, None)
    await change_lesson(lesson, {"archive_at": LATER, "archive_zone": BERLIN}, actor=ASHA)
    await archive_lesson(lesson, actor=ASHA)
    await restore_lesson(lesson, actor=ASHA)
    assert await zones(sql, lesson) == (None, None)


async def test_lessons_have_the_zone_of_their_release(sql: Connection) -> None:
    first, later = await a_lesson(sql), await a_lesson(sql, due_in=AN_HOUR, publish_zone=BERLIN)
    release = (await releases.create_release("Diwali", actor=ASHA)).id
    await releases.add_lessons(release, [first], actor=ASHA)
    await releases.schedule_release(release, LATER, KOLKATA, actor=ASHA)
    await releases.add_lessons(release, [later], actor=ASHA)
    assert [await zones(sql, lesson) for lesson in (first, later)] == [(KOLKATA, None)] * 2

    version = (await row(sql, "lesson", first))["version"]
    await releases.schedule_release(release, LATER, BERLIN, actor=ASHA)
    assert [await zones(sql, lesson) for lesson in (first, later)] == [(BERLIN, None)] * 2
    assert (await row(sql, "lesson", first))["version"] == version + 1

    await releases.take_out_lesson(release, later, actor=ASHA)
    await releases.unschedule_release(release, actor=ASHA)
    assert [await zones(sql, lesson) for lesson in (first, later)] == [(None, None)] * 2
    assert (await row(sql, "release", release))["publish_zone"] is None


async def test_psql_writes_zones_and_what_clears_the_moment_clears_them(sql: Connection) -> None:
    lesson = await a_lesson(sql, due_in=AN_HOUR, publish_zone=KOLKATA)
    await sql.execute("update lesson set publish_at = publish_at + interval '1 h' where id = $1", lesson)
    assert await zones(sql, lesson) == (KOLKATA, None)
    await sql.execute("update lesson set status = 'draft', publish_at = null where id = $1", lesson)
    assert await zones(sql, lesson) == (None, None)
    joined = await a_lesson(
        sql, release_id=await a_release(sql), publish_at=LATER, publish_zone=KOLKATA, due_in=AN_HOUR
    )
    assert await zones(sql, joined) == (None, None)


async def test_the_history_tells_the_zone(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await schedule_lesson(lesson, LATER, KOLKATA, actor=ASHA)
    line = await sql.fetchrow("select * from activity where object_id = $1 order by seq desc limit 1", lesson)
    assert line is not None
    assert (line["action"], json.loads(line["after"])["publish_zone"]) == ("lesson.schedule", KOLKATA)


async def test_why_tells_the_moment_as_it_was_written(sql: Connection) -> None:
    lesson = await a_lesson(sql)
    await schedule_lesson(lesson, LATER, KOLKATA, actor=ASHA)
    [reason] = [each for each in (await why(sql, lesson)).reasons if each.code == "not_due"]
    assert "2100-01-01 18:00:00 +05:30 Asia/Kolkata (12:30:00 UTC)" in reason.text


FILE = """
releases:
  - {id: 01900000-0000-7000-8000-000000000001, name: Diwali, status: scheduled,
     publish_at: 2100-01-01T18:00:00+05:30, publish_zone: Asia/Kolkata}
programs:
  - title: Letters
    language_primary: te
    terms:
      - term_number: 1
        lessons:
          - {lesson_number: 1, title: One, content_type: article, content_language_primary: te,
             content_urls: {te: "https://a.example/1"}, thumbnails: {te: {portrait: "https://a.example/p",
             landscape: "https://a.example/l"}}, status: scheduled, publish_at: 2100-01-01T18:00:00+05:30,
             release_id: 01900000-0000-7000-8000-000000000001}
          - {lesson_number: 2, title: Two, content_type: article, content_language_primary: te,
             content_urls: {te: "https://a.example/1"}, thumbnails: {te: {portrait: "https://a.example/p",
             landscape: "https://a.example/l"}}, status: scheduled, publish_at: 2100-01-02T18:00:00+01:00,
             publish_zone: europe/berlin, archive_at: +90000d, archive_zone: UTC}
"""


async def test_a_file_names_zones_and_an_export_has_them(sql: Connection, tmp_path: Path) -> None:
    path = tmp_path / "content.yaml"
    path.write_text(FILE.replace("+90000d", "2101-01-01T00:00:00Z"))
    await seed(path, actor="seed")
    found = await sql.fetch("select publish_zone, archive_zone from lesson order by lesson_number")
    assert [tuple(each) for each in found] == [(KOLKATA, None), (BERLIN, "UTC")]
    assert "publish_zone: Asia/Kolkata" in await comes_back(sql, tmp_path)

    seeded = await seed(path, actor="seed")
    assert (seeded.rescheduled, seeded.edited.total) == (0, 0)
    said = await imported(tmp_path, path.read_text())
    assert said.changed.total == 0
    said = await imported(tmp_path, path.read_text().replace("europe/berlin", "Asia/Tokyo"))
    assert said.changed.total == 1
    assert await sql.fetchval("select publish_zone from lesson where lesson_number = 2") == "Asia/Tokyo"


async def test_what_was_written_without_a_zone_has_none(sql: Connection) -> None:
    now = await database_now(sql)
    lesson = await a_lesson(sql)
    await schedule_lesson(lesson, now + timedelta(days=1), actor=ASHA)
    assert await zones(sql, lesson) == (None, None)
