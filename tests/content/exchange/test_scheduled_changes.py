"""Scheduled changes in files: they come back exactly, are tried when they come, and say where the file is wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from chaishots.content.errors import BadFile
from chaishots.content.exchange.importing import import_content
from chaishots.content.exchange.seed import seed
from chaishots.database.connection import Connection
from tests.builders import ASSETS, a_change, a_lesson, a_program, a_release, a_term, row
from tests.content.exchange.test_round_trip import comes_back

pytestmark = pytest.mark.usefixtures("database")

LATER = datetime(2100, 1, 1, 12, 30, 0, 1, tzinfo=UTC)
PATCH = {
    "title": "కొత్త: #1",
    "summary": "One\n\n  two",
    "duration_ms": 90_000,
    "is_paid": True,
    "translations": {"te": {"title": "చాయ్", "summary": None}, "no": None},
    "thumbnails": ASSETS,
    "archive_at": None,
    "lesson_number": 7,
}


async def a_file(path: Path, sql: Connection, **change: Any) -> Path:
    """A file of a change of the one lesson that there is."""
    lesson = await sql.fetchval("select id from lesson")
    said = {"object_type": "lesson", "object_id": str(lesson), "patch": {"title": "New"}, **change}
    file = path / "changes.yaml"
    file.write_text(yaml.safe_dump({"programs": [], "changes": [said]}, allow_unicode=True))
    return file


async def test_changes_come_back_exactly_those_of_releases_among_them(sql: Connection, tmp_path: Path) -> None:
    program = await a_program(sql)
    term = await a_term(sql, program)
    lesson = await a_lesson(sql, term, title="123", status="published")
    await a_change(sql, lesson, PATCH, apply_at=LATER, publish_zone="Asia/Kolkata", scheduled_by="asha: #1")
    await a_change(sql, lesson, {"title": "null"}, apply_at=LATER)
    await a_change(sql, program, {"topics": ["Tea", "no"], "position": 3}, of="program", apply_at=LATER)
    await a_change(sql, term, {"program_id": str(program), "title": "12"}, of="term", apply_at=LATER)
    for state in ("open", "scheduled"):
        release = await a_release(sql, name=state)
        await a_change(sql, lesson, {"status": "archived"}, release_id=release, apply_at=None)
        if state == "scheduled":
            await sql.execute("update release set status = 'scheduled', publish_at = $2 where id = $1", release, LATER)
    await sql.execute("update change set error = 'No.' where patch ? 'position'")
    text = await comes_back(sql, tmp_path)
    assert text.count("object_type:") == 6


async def test_what_was_applied_or_called_off_is_no_content(sql: Connection, tmp_path: Path) -> None:
    lesson = await a_lesson(sql)
    for status in ("applied", "cancelled"):
        change = await a_change(sql, lesson, {"title": "New"}, apply_at=LATER)
        await sql.execute("update change set status = $2 where id = $1", change, status)
    await sql.execute("truncate change")
    assert "changes:" not in await comes_back(sql, tmp_path)


async def test_a_file_schedules_changes_moves_them_and_again_changes_nothing(sql: Connection, tmp_path: Path) -> None:
    await a_lesson(sql)
    made = await import_content(await a_file(tmp_path, sql, apply_at="+2h"), actor="asha")
    assert (made.created.total, made.same.total) == (1, 0)
    file = await a_file(tmp_path, sql, apply_at=LATER)
    assert (await import_content(file, actor="asha")).created.total == 1
    again = await import_content(file, actor="asha")
    assert (again.created.total, again.changed.total, again.same.total) == (0, 0, 1)

    key = await sql.fetchval("select id from change where apply_at = $1", LATER)
    moved = await import_content(
        await a_file(tmp_path, sql, id=str(key), apply_at="2100-02-01T09:00:00Z"), actor="asha"
    )
    assert [line.fields for line in moved.changed.first] == [("apply_at",)]
    assert (await row(sql, "change", key))["apply_at"] == datetime(2100, 2, 1, 9, tzinfo=UTC)
    tried = await import_content(await a_file(tmp_path, sql, id=str(key), apply_at=LATER), actor="asha", dry_run=True)
    assert (tried.is_dry_run, tried.changed.total) == (True, 1)
    await seed(await a_file(tmp_path, sql, id=str(key), apply_at=LATER), actor="asha")
    assert (await row(sql, "change", key))["apply_at"] == datetime(2100, 2, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"apply_at": LATER, "patch": {"title": ""}}, "changes[0].patch.title", "Give a title"),
        ({"apply_at": LATER, "patch": {"status": "published"}}, "changes[0].patch", "only that it is archived"),
        ({"apply_at": LATER, "patch": {"nonsense": 1}}, "changes[0].patch", "JSON Merge Patch"),
        ({"apply_at": LATER, "patch": {"is_paid": "yes"}}, "changes[0].patch.is_paid", "true or false"),
        ({"apply_at": LATER, "patch": []}, "changes[0].patch", "JSON Merge Patch"),
        ({}, "changes[0].apply_at", "Say when"),
        ({"apply_at": "soon"}, "changes[0].apply_at", "ISO 8601"),
        ({"apply_at": LATER, "object_id": str(UUID(int=1))}, "changes[0].object_id", "no such thing to change"),
        ({"release_id": str(UUID(int=1))}, "changes[0].release_id", "no such release"),
        ({"apply_at": LATER, "object_type": "topic"}, "changes[0].object_type", "program, term or lesson"),
        ({"apply_at": LATER, "when": 1}, "changes[0].when", "no such key"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place_and_nothing_is_stored(
    sql: Connection, tmp_path: Path, change: dict[str, Any], place: str, said: str
) -> None:
    await a_lesson(sql)
    file = await a_file(tmp_path, sql, **change)
    with pytest.raises(BadFile) as wrong:
        await import_content(file, actor="asha")
    assert place in str(wrong.value)
    assert said in str(wrong.value)
    assert await sql.fetchval("select count(*) from change") == 0


async def test_an_export_comes_back_with_what_was_refused_and_with_what_will_be(
    sql: Connection, tmp_path: Path
) -> None:
    lesson = await a_lesson(sql, await a_term(sql, await a_program(sql)), content_urls={"en": "https://cdn.example/1"})
    for number in range(2):
        change = await a_change(sql, lesson, {"content_urls": {"en": None}}, apply_at=LATER + timedelta(days=number))
    await sql.execute("update lesson set status = 'published'")
    await sql.execute("update change set error = 'No.' where id = $1", change)
    assert (await comes_back(sql, tmp_path)).count("object_type:") == 2
