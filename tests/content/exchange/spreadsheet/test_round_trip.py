"""A sheet that was exported says nothing new: importing it changes nothing, whatever is stored, SQL's oddities too."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaishots.content.exchange import seed
from chaishots.content.text_normalisation import is_plain
from chaishots.database.connection import Connection
from tests.builders import ASSETS, a_lesson, a_program, a_release, a_term, row
from tests.content.exchange.seeds import named
from tests.content.exchange.spreadsheet.sheets import exported, imported, rows_of, workbook_of
from tests.content.exchange.test_round_trip import (
    DEMO,
    EMPTY,
    LANGUAGES,
    TEXTS,
    TITLES,
    everything,
    lessons,
    programs,
    releases_with_lessons,
)

pytestmark = pytest.mark.usefixtures("database")


async def changes_nothing(sql: Connection, tmp_path: Path) -> str:
    """The sheet, after it was imported where it came from and changed nothing there."""
    text, before = await exported(sql), await everything(sql)
    said = await imported(tmp_path, text)
    assert (said.created.total, said.changed.total) == (0, 0), [str(one) for one in said.changed.first]
    assert await everything(sql) == before
    assert await exported(sql) == text
    return text


async def test_the_demo_content_says_nothing_new(sql: Connection, tmp_path: Path) -> None:
    await seed.seed(DEMO, actor="seed", upload=named)
    assert len(rows_of(await changes_nothing(sql, tmp_path))) == 34


async def test_an_empty_database_has_a_sheet_with_a_header(sql: Connection, tmp_path: Path) -> None:
    text = await changes_nothing(sql, tmp_path)
    assert text.startswith("\ufeffid,program,term_number,term,lesson_number,title,")
    assert text.count("\n") == 1


ZONES = st.sampled_from(["Asia/Kolkata", "Europe/Berlin", "America/New_York", "UTC", "Asia/Kathmandu"])


@st.composite
def lessons_of_sheets(draw: st.DrawFn) -> dict[str, Any]:
    columns = draw(lessons())
    if columns.get("publish_at"):
        columns["publish_zone"] = draw(st.none() | ZONES)
    if columns.get("archive_at"):
        columns["archive_zone"] = draw(st.none() | ZONES)
    columns["summary"] = draw(TEXTS.filter(is_plain))
    languages = draw(st.lists(LANGUAGES.filter(lambda one: one != columns["content_language_primary"]), unique=True))
    columns["translations"] = {language: {"title": draw(TITLES)} for language in languages}
    return columns


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    several=st.lists(programs(), min_size=1, max_size=2),
    title=st.none() | TITLES,
    content=st.lists(lessons_of_sheets(), max_size=4),
    together=st.lists(releases_with_lessons(), max_size=2),
)
async def test_whatever_content_there_is_its_sheet_says_nothing_new(
    sql: Connection,
    tmp_path: Path,
    several: list[dict[str, Any]],
    title: str | None,
    content: list[dict[str, Any]],
    together: list[tuple[dict[str, Any], list[dict[str, Any]]]],
) -> None:
    await sql.execute(EMPTY)
    # Of two programs with one title, SQL says nothing.
    terms = [
        await a_term(sql, await a_program(sql, **columns | {"title": several[0]["title"]}), title=title)
        for columns in several
    ]
    for place, columns in enumerate(content):
        await a_lesson(sql, terms[place % len(terms)], **columns)
    for columns, of_release in together:
        release = await a_release(sql, **columns)
        for lesson in of_release:
            await a_lesson(sql, terms[0], release_id=release, **lesson)
    await changes_nothing(sql, tmp_path)


@pytest.mark.parametrize(
    "columns",
    [
        {"title": "cafe\u0301"},  # a file would store é as one character
        {"title": " spaces "},
        {"title": "???"},
        {"title": "null", "summary": "null"},
        {"title": "=1+1", "summary": "'=1+1"},
        {"title": "1,5", "summary": "'null"},
        {"summary": "a\tb\nc,\"d\";'e'\n"},
        {"summary": "@"},
        {"content_urls": {}, "thumbnails": {"en": {}}},
        {"publish_at": datetime(2030, 10, 27, 0, 30, tzinfo=UTC), "publish_zone": "Europe/Berlin"},
        {"publish_at": datetime(2030, 10, 27, 1, 30, 0, 1, tzinfo=UTC), "publish_zone": "Europe/Berlin"},
        {"publish_at": datetime(2030, 10, 27, 1, 30, 0, 1, tzinfo=UTC)},
        {"duration_ms": 2**63 - 1},
    ],
    ids=str,
)
async def test_what_sql_stores_comes_back_as_it_is(sql: Connection, tmp_path: Path, columns: dict[str, Any]) -> None:
    await a_lesson(sql, **columns)
    await changes_nothing(sql, tmp_path)


async def test_an_edited_sheet_changes_what_was_edited_and_nothing_else(sql: Connection, tmp_path: Path) -> None:
    keys = [await a_lesson(sql, thumbnails=ASSETS | {"te": ASSETS["en"]}) for _ in range(3)]
    before = [await row(sql, "lesson", key) for key in keys]
    text = await exported(sql)
    said = await imported(tmp_path, text.replace("A lesson", "చాయ్ ☕", 1).replace("true", "false"))
    assert [str(one) for one in said.changed.first] == ["lesson చాయ్ ☕ (row 2): title"]
    after = [await row(sql, "lesson", key) for key in keys]
    assert after[1:] == before[1:]
    assert after[0] == before[0] | {name: after[0][name] for name in ("title", "version", "updated_at")}


async def test_a_workbook_made_of_a_sheet_says_nothing_new(sql: Connection, tmp_path: Path) -> None:

    await seed.seed(DEMO, actor="seed", upload=named)
    before = await everything(sql)
    rows: list[dict[str, Any]] = [*rows_of(await exported(sql))]
    for each in rows:
        # As spreadsheets have them once they were typed or opened there.
        each |= {name: int(each[name]) for name in ("term_number", "lesson_number", "duration_ms") if each[name]}
        each["is_paid"] = each["is_paid"] == "true"
    said = await imported(tmp_path, workbook_of(*rows), name="lessons.xlsx")
    assert (said.created.total, said.changed.total) == (0, 0), [str(one) for one in said.changed.first]
    assert await everything(sql) == before
