"""What others store between the reading of a sheet and its storing: it is not undone, and nothing comes back."""

from uuid import UUID

import pytest

from chaishots.content.exchange import importing, seed_format
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.file_content import Content
from chaishots.content.exchange.import_report import Imported
from chaishots.content.exchange.spreadsheet.row_tree import Document, load_stored
from chaishots.content.exchange.spreadsheet.sheet import read_sheet
from chaishots.database.connection import Connection
from tests.builders import URLS, a_lesson, row
from tests.content.exchange.spreadsheet.sheets import exported, rows_of, text_of

pytestmark = pytest.mark.usefixtures("database")


async def read(sql: Connection, cells: dict[str, str]) -> Content:
    sheet = await read_sheet(text_of(cells).encode(), ".csv")
    faults = FaultList()
    return seed_format.parts_of(Document(sheet, await load_stored(sheet, sql), faults).root(), faults)


async def store(content: Content) -> Imported:
    return await importing.store_content(content, frozenset(), actor="import", is_dry_run=False, seconds=60)


async def test_a_lesson_that_was_deleted_meanwhile_is_not_made_again(sql: Connection) -> None:
    key = await a_lesson(sql)
    content = await read(sql, {"id": str(key), "title": "Renamed"})
    await sql.execute("delete from lesson")
    with pytest.raises(Fault, match="Somebody has just deleted it"):
        await store(content)
    assert await sql.fetchval("select count(*) from lesson") == 0


async def test_what_was_changed_meanwhile_stays_unless_the_sheet_says_it(sql: Connection) -> None:
    key = await a_lesson(sql, thumbnails={"en": {"square": "https://cdn.example.com/s.jpg"}})
    content = await read(
        sql,
        {
            "id": str(key),
            "title": "Renamed",
            "content_urls.te": "https://cdn.example.com/te.mp4",
            "thumbnails.en.square": "null",
        },
    )
    await sql.execute("""
        update lesson set title = 'X', summary = 'New', lesson_number = 99,
               content_urls = content_urls || '{"hi": "https://cdn.example.com/hi.mp4"}',
               thumbnails = '{"en": {"square": "https://cdn.example.com/x.jpg", "banner": "https://cdn.example.com/b.jpg"}}'
    """)
    await store(content)
    (told,) = rows_of(await exported(sql))
    assert (told["title"], told["summary"], told["lesson_number"]) == ("Renamed", "New", "99")
    assert {name: told[name] for name in told if name.startswith("content_urls.")} == {
        "content_urls.en": URLS["en"],
        "content_urls.hi": "https://cdn.example.com/hi.mp4",
        "content_urls.te": "https://cdn.example.com/te.mp4",
    }
    assert [name for name in told if name.startswith("thumbnails.")] == ["thumbnails.en.banner"]
    assert (await row(sql, "lesson", UUID(told["id"])))["version"] == 3
