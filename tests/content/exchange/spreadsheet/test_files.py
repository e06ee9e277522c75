"""The files that sheets come in: texts of any delimiter, workbooks as they are and as somebody hostile makes them."""

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from chaishots.content.exchange.spreadsheet import workbook
from chaishots.content.exchange.spreadsheet.rows_and_limits import escaped, letters, unescaped
from chaishots.database.connection import Connection
from tests.builders import a_lesson, row
from tests.content.exchange.spreadsheet.sheets import imported, refused, text_of, workbook_of

pytestmark = pytest.mark.usefixtures("database")

TITLE = 'చాయ్, अदरक; "☕"'
SUMMARY = "a\tb,c;d"


# Texts


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
async def test_a_text_is_read_whatever_parts_its_cells(
    sql: Connection, tmp_path: Path, delimiter: str, encoding: str, line_end: str
) -> None:
    key = await a_lesson(sql)
    cells = {"id": str(key), "title": TITLE, "summary": SUMMARY, "content_languages_available": "en;te, hi"}
    text = text_of(cells, delimiter=delimiter)
    await imported(tmp_path, text.replace("\r\n", line_end).encode(encoding))
    made = await row(sql, "lesson", key)
    assert (made["title"], made["summary"]) == (TITLE, SUMMARY)
    assert made["content_languages_available"] == ["en", "te", "hi"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_a_text_is_read_though_it_has_two_marks(sql: Connection, tmp_path: Path, encoding: str) -> None:
    key = await a_lesson(sql)
    await imported(tmp_path, f"\ufeff{text_of({'id': str(key), 'title': TITLE})}".encode(encoding))
    assert (await row(sql, "lesson", key))["title"] == TITLE


async def test_the_delimiter_may_be_named_and_rows_may_be_empty(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(sql)
    text = f"sep=;\r\n\r\n;;\r\nid;title;\r\n;;\r\n{key};a,b,c\r\n"
    said = await imported(tmp_path, text)
    assert [str(one) for one in said.changed.first] == ["lesson a,b,c (row 5): title"]


async def test_a_sheet_is_known_by_its_header_too(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(sql)
    await imported(tmp_path, text_of({"id": str(key), "title": "From a pipe"}), name="stdin")
    assert (await row(sql, "lesson", key))["title"] == "From a pipe"


async def test_yaml_that_names_columns_is_no_sheet(sql: Connection, tmp_path: Path) -> None:
    text = "# id,title,program,term\nprograms:\n  - {title: Chai, language_primary: en}\n"
    assert (await imported(tmp_path, text, name="stdin")).created.total == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "top level: The sheet is empty: its first row names the columns."),
        (b"\xef\xbb\xbf\r\n", "top level: The sheet is empty"),
        ("id,title\n1,caf\xe9\n".encode("latin-1"), "top level: Save the file as CSV UTF-8"),
        (b"id,title\n1,a\0b\n", "top level: Leave out the NUL characters"),
        (b'id,title\n1,"open\n2,b\n', "row 2: A quotation mark is left open."),
        (b'id,title\n1,"a"b\n', "row 2: A quotation mark inside a cell is written twice"),
        (b"id,title\n1," + b"x" * 100_001, "row 2: A cell has more than 100,000 characters: is a quotation mark left"),
        (b"id,title\n" + b",x\n" * 130_001, "top level: Split the file: it has more than 130,000 rows."),
        (b"id" + b"," * 1_001, "row 1: The row has more than 1,000 columns"),
        (b"id,title\n" + b"," * 2**26, "top level: Split the file: it is larger than 64 MiB."),
        (b"%PDF-1.7 whatever", "row 1, column A: There is no column '%PDF-1.7 whatever'."),
    ],
    ids=["empty", "of a mark", "latin", "nul", "open", "quotes", "long", "many", "wide", "large", "no sheet"],
)
async def test_a_text_that_cannot_be_read_is_told(tmp_path: Path, text: bytes, said: str) -> None:
    assert (await refused(tmp_path, text))[0].startswith(said)


async def test_hostile_names_of_columns_are_told_in_short(tmp_path: Path) -> None:
    (fault, *_) = await refused(tmp_path, f"id,\x1b[31m{'x' * 5000}\n")
    assert len(fault) < 1000
    assert "\x1b" not in fault


def test_an_escaped_text_comes_back_and_is_no_formula() -> None:
    for text in ("=1", "+1", "-1", "@a", "\ta", "'=1", "''+1", "null", "'null", "nullable", "'a", "a", "", "'", "＝1"):
        cell = escaped(text)
        assert unescaped(cell) == text
        assert cell[:1] not in ("=", "+", "-", "@", "\t", "＝")
        assert cell != "null"
    assert [letters(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# Workbooks


async def refused_workbook(tmp_path: Path, content: bytes, *, name: str = "lessons.xlsx") -> str:
    (fault,) = await refused(tmp_path, content, name=name)
    return fault


async def test_a_workbook_s_own_kinds_of_cells_are_read(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(sql)
    cells: dict[str, Any] = {"id": str(key), "title": 2024, "summary": 1.5, "duration_ms": 95000.0, "is_paid": True}
    await imported(tmp_path, workbook_of(cells), name="lessons.XLSX")
    made = await row(sql, "lesson", key)
    assert [made[name] for name in cells] == [key, "2024", "1.5", 95_000, True]


async def test_what_a_workbook_has_spoiled_is_told_by_its_cell(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(sql)
    day = datetime(2030, 2, 1)  # noqa: DTZ001  # as workbooks have it
    cells = {"id": str(key), "title": day, "duration_ms": 2.0**60, "is_paid": day, "lesson_number": 1.5}
    told = await refused(tmp_path, workbook_of(cells), name="lessons.xlsx")
    dated = "The spreadsheet has made a date of this: format the cell as text, and type it once more."
    rounded = "A spreadsheet keeps 15 digits of a number: format the cell as text, and type it once more."
    assert told == [
        f"row 2, column title (B2): {dated}",
        f"row 2, column duration_ms (C2): {rounded}",
        f"row 2, column is_paid (D2): {dated}",
        "row 2, column lesson_number (E2): Give a whole number from 1 on.",
    ]


async def test_a_formula_s_result_counts_and_its_error_is_told(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(sql)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "title", "summary"])
        sheet.write(1, 0, str(key))
        sheet.write_formula(1, 1, '="a"&"b"', None, "ab")
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    assert await refused_workbook(tmp_path, file.getvalue()) == (
        "row 2, column C: The formula in this cell gives an error: mend it."
    )


async def test_the_first_sheet_counts_wherever_its_table_begins(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(sql)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Lessons")
        sheet.write_row(3, 2, ["id", "title"])
        sheet.write_row(5, 2, [str(key), ""])
        sheet.write_row(7, 2, [str(key), "x" * 301])
        book.add_worksheet("Notes").write(0, 0, "whatever")
    told = await refused(tmp_path, file.getvalue(), name="lessons.xlsx")
    assert told[0].startswith("row 8, column id (C8): Row 6 is this lesson already.")


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "top level: This is no .xlsx workbook"),
        (b"id,title\n", "top level: This is no .xlsx workbook"),
        (b"PK\x03\x04" + b"\0" * 100, "top level: The file is no .xlsx workbook, or is damaged"),
        (zipped(a=b"a"), "top level: The file is no .xlsx workbook, or is damaged"),
        (COMPOUND, "top level: The workbook is in Excel's form of before 2007 (.xls)"),
        (COMPOUND + "EncryptedPackage".encode("utf-16-le"), "top level: The workbook has a password"),
        (zipped(a=b"\0" * 2**20 * 600), "top level: The workbook unfolds to more than 512 MiB"),
        (b"PK\x03\x04" + b"\0" * workbook.MOST_BYTES, "top level: Split the workbook: it is larger than 32 MiB."),
    ],
    ids=["empty", "text", "cut", "no workbook", "old", "locked", "bomb", "large"],
)
async def test_a_workbook_that_cannot_be_read_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    assert (await refused_workbook(tmp_path, content)).startswith(said)


async def test_a_workbook_cut_short_is_told(tmp_path: Path) -> None:
    whole = workbook_of({"id": "1", "title": "x"})
    for length in range(100, len(whole), 500):
        assert "damaged" in await refused_workbook(tmp_path, whole[:length])


async def test_a_cell_at_the_far_corner_takes_no_memory_of_ours(tmp_path: Path) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "title"])
        sheet.write(1_048_575, 16_383, "x")
    assert "or holds more than a sheet of 130,000 lessons" in await refused_workbook(tmp_path, file.getvalue())


async def test_a_size_that_lies_unfolds_no_further(tmp_path: Path) -> None:
    # What the ZIP file says is 1 byte unfolds to 600 MB.
    bomb = bytearray(zipped(a=b"\0" * 2**20 * 600))
    place = bomb.rindex(b"PK\x01\x02")
    bomb[place + 24 : place + 28] = (1).to_bytes(4, "little")
    assert (await refused_workbook(tmp_path, bytes(bomb))).startswith("top level: ")


async def test_a_reader_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SECONDS", 0.01)
    assert "It takes longer than" in await refused_workbook(tmp_path, workbook_of({"id": "1", "title": "x"}))
