"""Lessons as a spreadsheet through the commands: export --csv, an edit, import."""

from pathlib import Path

from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term
from tests.commands import Ran, chaishots
from tests.conftest import Database
from tests.content.exchange.spreadsheet.sheets import rows_of, text_of, workbook_of


async def run(database: Database, *arguments: str, typed: bytes = b"", **environment: str) -> Ran:
    return await chaishots(*arguments, typed=typed, DATABASE_URL=database.dsn, **environment)


async def test_what_is_exported_is_edited_and_imported(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    key = await a_lesson(sql, title="అల్లం చాయ్\u2066")
    exported = await run(fresh_database, "export", "--csv")
    assert (exported.code, exported.err) == (0, "")
    (told,) = rows_of(exported.out)
    assert (told["id"], told["title"]) == (str(key), "అల్లం చాయ్\u2066")

    same = await run(fresh_database, "import", "-", typed=exported.out.encode())
    assert (same.code, same.out) == (0, "0 created, 0 changed, 3 left as they were.\n")

    sheet = tmp_path / "lessons.xlsx"
    sheet.write_bytes(workbook_of({"id": told["id"], "title": "Ginger", "status": "", "duration_ms": 61_000}))
    tried = await run(fresh_database, "import", "--dry-run", str(sheet))
    assert tried.code == 0, tried.err
    assert "change lesson Ginger (row 2): title, duration_ms" in tried.out
    assert await sql.fetchval("select title from lesson") != "Ginger"
    assert (await run(fresh_database, "import", str(sheet))).code == 0
    assert await sql.fetchval("select title from lesson") == "Ginger"


async def test_every_fault_is_told_with_its_cell_in_a_line(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    await a_lesson(sql, await a_term(sql, await a_program(sql, title="Chai"), term_number=1), lesson_number=1)
    place = {"program": "Chai", "term_number": "1", "lesson_number": "1"}
    sheet = tmp_path / "lessons.csv"
    sheet.write_text(text_of(place | {"content_urls.te": "x\x1b[31m", "title": "?????", "is_paid": "maybe"}))
    refused = await run(fresh_database, "import", str(sheet))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.splitlines() == [
        f"chaishots: {sheet}: 3 faults, nothing was stored.",
        "  row 2, column content_urls.te (D2): Leave out U+001B of the URL: it cannot be seen.",
        "  row 2, column title (E2): The spreadsheet has lost the letters of this text: save it as CSV UTF-8, or as "
        ".xlsx.",
        "  row 2, column is_paid (F2): Give true or false.",
    ]


async def test_the_team_s_zone_is_that_of_times_that_name_none(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    key = await a_lesson(sql)
    sheet = tmp_path / "lessons.csv"
    sheet.write_text(text_of({"id": str(key), "status": "scheduled", "publish_at": "2090-02-01 18:00"}))
    assert (await run(fresh_database, "import", str(sheet))).code == 1
    said = await run(fresh_database, "import", str(sheet), CHAISHOTS_ZONE="Asia/Kolkata")
    assert said.code == 0, said.err
    zone, at = await sql.fetchrow("select publish_zone, publish_at::text from lesson") or ("", "")
    assert (zone, at) == ("Asia/Kolkata", "2090-02-01 12:30:00+00")


async def test_one_form_at_a_time(fresh_database: Database) -> None:
    said = await run(fresh_database, "export", "--csv", "--json")
    assert (said.code, said.out) == (2, "")
    assert "Choose one of --json and --csv." in said.err
