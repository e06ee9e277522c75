"""What a row of a sheet does: finds its lesson, or creates it; changes what it says and leaves alone the rest."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chaishots.content.errors import BadFile
from chaishots.content.exchange.importing import import_content
from chaishots.database.connection import Connection
from chaishots.times import show_times_in
from tests.builders import ASSETS, URLS, a_lesson, a_program, a_term, history, row
from tests.content.exchange.seeds import named
from tests.content.exchange.spreadsheet.sheets import exported, imported, refused, rows_of, text_of, workbook_of

pytestmark = pytest.mark.usefixtures("database")

NEW = {
    "lesson_number": "7",
    "title": "అల్లం చాయ్",
    "content_type": "video",
    "content_language_primary": "te",
    "duration_ms": "90000",
    "content_urls.te": "https://cdn.example.com/7.mp4",
    "thumbnails.te.portrait": "https://cdn.example.com/7p.jpg",
    "thumbnails.te.landscape": "https://cdn.example.com/7l.jpg",
}


async def a_place(sql: Connection, program: str = "Chai", term: str = "Leaves") -> tuple[UUID, UUID]:
    key = await a_program(sql, title=program)
    return key, await a_term(sql, key, term_number=1, title=term)


async def lesson_of(sql: Connection, term: UUID, number: int) -> dict[str, Any]:
    found = await sql.fetchrow("select * from lesson where term_id = $1 and lesson_number = $2", term, number)
    assert found is not None
    return dict(found)


# Which lesson a row is


@pytest.mark.parametrize(
    "place",
    [
        {"program": "Chai", "term_number": "1"},
        {"program": " Chai ", "term": "Leaves"},
        {"program": "Chai", "term": "1"},
        {"program": "Chai", "term": "1", "term_number": "1"},
        {"program": "Chai", "term_number": "1", "term": "Leaves"},
        {"program": "the-slug", "term_number": "1"},
        {"program": "ID", "term_number": "1"},
    ],
    ids=str,
)
async def test_a_row_names_its_program_by_title_slug_or_id_and_its_term_by_number_or_title(
    sql: Connection, tmp_path: Path, place: dict[str, str]
) -> None:
    program, term = await a_place(sql)
    await sql.execute("update program set slug = 'the-slug'")
    place = {name: str(program) if text == "ID" else text for name, text in place.items()}
    said = await imported(tmp_path, text_of(place | NEW))
    assert [str(one) for one in said.created.first] == ["lesson అల్లం చాయ్ (row 2)"]
    made = await lesson_of(sql, term, 7)
    assert (made["title"], made["status"], made["duration_ms"]) == ("అల్లం చాయ్", "draft", 90_000)
    assert (await imported(tmp_path, text_of(place | NEW))).changed.total == 0


async def test_a_row_finds_its_lesson_by_id_or_by_its_number(sql: Connection, tmp_path: Path) -> None:
    _, term = await a_place(sql)
    one, two = [await a_lesson(sql, term, lesson_number=number) for number in (1, 2)]
    sheet = text_of(
        {"id": str(one), "title": "By id"},
        {"id": "", "program": "Chai", "term_number": "1", "lesson_number": "2", "title": "By number"},
    )
    said = await imported(tmp_path, sheet)
    assert [str(it) for it in said.changed.first] == ["lesson By id (row 2): title", "lesson By number (row 3): title"]
    assert [(await row(sql, "lesson", key))["title"] for key in (one, two)] == ["By id", "By number"]


async def test_lessons_trade_numbers_and_move_to_other_terms_and_programs(sql: Connection, tmp_path: Path) -> None:
    _, term = await a_place(sql)
    _, other = await a_place(sql, "Coffee", "Beans")
    keys = [await a_lesson(sql, term, lesson_number=number) for number in (1, 2, 3)]
    rows = [{"id": str(key), "lesson_number": number} for key, number in zip(keys, "213", strict=True)]
    rows[2] |= {"program": "Coffee", "term": "Beans"}
    await imported(tmp_path, text_of(*rows))
    places = await sql.fetch("select id, term_id, lesson_number from lesson order by id")
    assert [tuple(place) for place in places] == [(keys[0], term, 2), (keys[1], term, 1), (keys[2], other, 3)]


async def test_a_row_creates_the_term_that_it_numbers_and_the_program_that_it_gives_a_language(
    sql: Connection, tmp_path: Path
) -> None:
    place = {"program": "హిందీ", "program_language": "TE", "term_number": "2", "term": "మొదటిది"}
    said = await imported(tmp_path, text_of(place | NEW, place | NEW | {"lesson_number": "8"}))
    assert said.created.total == 4
    made = await sql.fetchrow("select * from program")
    assert made is not None
    assert (made["title"], made["language_primary"], made["status"]) == ("హిందీ", "te", "draft")
    term = await sql.fetchrow("select * from term")
    assert term is not None
    assert (term["term_number"], term["title"]) == (2, "మొదటిది")
    assert (await imported(tmp_path, text_of(place | NEW))).created.total == 0


async def test_a_dry_run_tells_and_stores_nothing(sql: Connection, tmp_path: Path) -> None:
    await a_place(sql)
    said = await imported(tmp_path, text_of({"program": "Chai", "term": "Leaves"} | NEW), dry_run=True)
    assert (said.is_dry_run, said.created.total) == (True, 1)
    assert await sql.fetchval("select count(*) from lesson") == 0


# What its cells say


async def test_empty_cells_leave_alone_and_null_clears(sql: Connection, tmp_path: Path) -> None:
    at = datetime(2090, 1, 1, tzinfo=UTC)
    key = await a_lesson(
        sql,
        content_type="article",
        summary="Boiled.",
        content_urls=URLS | {"te": "https://cdn.example.com/te.mp4"},
        thumbnails={
            "en": ASSETS["en"] | {"square": "https://cdn.example.com/s.jpg"},
            "te": {"square": "https://a.de/s"},
        },
        translations={"te": {"title": "చాయ్", "summary": "మరిగినది"}},
        publish_at=at,
        publish_zone="Asia/Kolkata",
    )
    names = ["summary", "duration_ms", "content_urls.te", "content_urls.en", "thumbnails.en.square", "publish_at"]
    names += ["thumbnails.te.square", "translations.te.summary", "translations.te.title"]
    before = await row(sql, "lesson", key)
    assert (await imported(tmp_path, text_of({"id": str(key)} | dict.fromkeys(names, "")))).changed.total == 0
    assert await row(sql, "lesson", key) == before
    said = dict.fromkeys(names, "null") | {"content_urls.en": "", "translations.te.title": " "}
    await imported(tmp_path, text_of({"id": str(key)} | said))
    after = (await exported(sql)).removeprefix("\ufeff")
    (told,) = rows_of(after)
    assert {name: told.get(name, "") for name in names} == dict.fromkeys(names, "") | {
        "content_urls.en": URLS["en"],
        "translations.te.title": "చాయ్",
    }
    assert "publish_zone" in told
    assert told["publish_zone"] == ""
    assert "thumbnails.te.square" not in told  # nothing is left in it


async def test_a_map_gets_the_entries_that_have_columns_and_keeps_the_rest(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(sql)
    cells = {"content_urls.te": "https://cdn.example.com/te.mp4", "thumbnails.EN.banner": "https://cdn.example.com/b"}
    await imported(tmp_path, text_of({"id": str(key)} | cells))
    (told,) = rows_of(await exported(sql))
    assert told["content_urls.en"] == URLS["en"]
    assert told["thumbnails.en.portrait"] == ASSETS["en"]["portrait"]
    assert (told["content_urls.te"], told["thumbnails.en.banner"]) == (*cells.values(),)


async def test_what_a_sheet_says_is_put_back_after_somebody_changed_it(sql: Connection, tmp_path: Path) -> None:
    key = await a_lesson(
        sql,
        title="=1+1",
        summary='\'- a\n"b",c;\td',
        is_paid=True,
        translations={"te": {"title": "@చాయ్"}},
        publish_at=datetime(2030, 10, 27, 0, 30, 5, 7, tzinfo=UTC),
        publish_zone="Europe/Berlin",
        archive_at=datetime(2031, 1, 1, tzinfo=UTC),
    )
    before, text = await row(sql, "lesson", key), await exported(sql)
    await sql.execute("""
        update lesson set title = 'X', summary = 'X', is_paid = false, translations = '{"te": {"title": "X"}}',
               publish_at = '2029-01-01', publish_zone = null, archive_at = '2029-02-01', content_type = 'article',
               duration_ms = 1, content_urls = '{"en": "https://x.example/"}', thumbnails = '{}'
    """)
    await imported(tmp_path, text)
    kept = {"version", "updated_at", "search_words"}
    after = await row(sql, "lesson", key)
    assert {name: after[name] for name in after.keys() - kept} == {name: before[name] for name in before.keys() - kept}


# Its times


KOLKATA = datetime(2030, 2, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "zone"),
    [
        ("2030-02-01 18:00", "Asia/Kolkata"),
        ("2030-02-01T18:00:00", "asia/kolkata"),
        ("2030-02-01T18:00:00+05:30", "Asia/Kolkata"),
        ("2030-02-01T12:30Z", "Asia/Kolkata"),
        (datetime(2030, 2, 1, 18, 0), "Asia/Kolkata"),  # noqa: DTZ001  # as workbooks have it
    ],
    ids=str,
)
async def test_a_time_is_in_its_zone(sql: Connection, tmp_path: Path, time: Any, zone: str) -> None:
    key = await a_lesson(sql)
    cells = {"id": str(key), "status": "Scheduled", "publish_at": time, "publish_zone": zone}
    await imported(tmp_path, workbook_of(cells), name="lessons.xlsx")
    made = await row(sql, "lesson", key)
    assert (made["status"], made["publish_at"], made["publish_zone"]) == ("scheduled", KOLKATA, "Asia/Kolkata")
    assert await history(sql, key) == ["lesson.create", "lesson.schedule"]


async def test_a_time_without_a_zone_is_in_that_of_the_lesson_or_else_of_the_team(
    sql: Connection, tmp_path: Path
) -> None:
    at = datetime(2090, 1, 1, tzinfo=UTC)
    own = await a_lesson(sql, status="scheduled", publish_at=at, publish_zone="Asia/Kolkata")
    none = await a_lesson(sql, status="scheduled", publish_at=at)
    rows = [{"id": str(key), "publish_at": "2030-02-01 18:00"} for key in (own, none)]
    (fault,) = await refused(tmp_path, text_of(*rows))
    assert fault.startswith("row 3, column publish_at (B3): Say in which zone this is, in the column publish_zone")
    show_times_in("Europe/Berlin")
    try:
        await imported(tmp_path, text_of(*rows))
    finally:
        show_times_in(None)
    zones = [await row(sql, "lesson", key) for key in (own, none)]
    assert [(it["publish_at"].hour, it["publish_zone"]) for it in zones] == [
        (12, "Asia/Kolkata"),
        (17, "Europe/Berlin"),
    ]


async def test_another_zone_alone_is_another_time(sql: Connection, tmp_path: Path) -> None:
    await a_lesson(sql, status="scheduled", publish_at=KOLKATA, publish_zone="Asia/Kolkata")
    text = await exported(sql)
    assert "2030-02-01T18:00," in text
    await imported(tmp_path, text.replace("Asia/Kolkata", "UTC"))
    assert await sql.fetchval("select publish_at from lesson") == KOLKATA.replace(hour=18, minute=0)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("2030-03-31 02:30", "2030-03-31 02:30 does not happen"),
        ("2030-10-27 02:30", "2030-10-27 02:30 happens twice"),
        ("01-02-2030 18:00", "Give a time such as 2030-02-01 18:00"),
        ("2030-02-01", "Give the time of day too"),
        ("9999-12-31 23:59", "Give a time between the years 1970 and 9000"),
        ("0001-01-01 00:00", "Give a time between the years 1970 and 9000"),
    ],
)
async def test_a_time_that_is_none_is_told_in_its_cell(sql: Connection, tmp_path: Path, time: str, said: str) -> None:
    key = await a_lesson(sql)
    cells = {"id": str(key), "status": "scheduled", "publish_at": time, "publish_zone": "Europe/Berlin"}
    (fault,) = await refused(tmp_path, text_of(cells))
    assert fault.startswith("row 2, column publish_at (C2): ")
    assert said in fault


# What is refused


async def test_every_fault_names_its_cell(sql: Connection, tmp_path: Path) -> None:
    _, term = await a_place(sql)
    await a_lesson(sql, term, lesson_number=2)
    place = {"program": "Chai", "term_number": "1", "term": ""}
    rows = [
        place | NEW | {"content_urls.te": "ftp://x", "thumbnails.te.portrait": "x", "duration_ms": "1.5"},
        place | NEW | {"program": "Chia", "is_paid": "maybe"},
        place | {"lesson_number": "9"},
        place | NEW | {"lesson_number": "9", "term_number": "", "term": "Leafs"},
        place | NEW | {"lesson_number": "10", "term": "Beans"},
        place | NEW | {"lesson_number": "x"},
        place | NEW | {"lesson_number": "11", "id": "not-an-id"},
        place | NEW | {"lesson_number": "12", "id": str(uuid4()), "program": ""},
        place | NEW | {"lesson_number": "13", "program": "Cocoa"},
        place | NEW | {"lesson_number": "14", "title": "??? ?????"},
        place | NEW | {"lesson_number": "15", "publish_at": "2030-02-01T18:00Z"},
        place
        | NEW
        | {"lesson_number": "16", "publish_at": "2030-02-01 18:00", "publish_zone": "IST", "status": "scheduled"},
        place | NEW | {"lesson_number": "17", "translations.te.title": "In its own language"},
    ]
    told = await refused(tmp_path, text_of(*rows))
    assert [line.partition(": ")[0] for line in told] == [
        "row 2, column duration_ms (H2)",
        "row 2, column content_urls.te (I2)",
        "row 2, column thumbnails.te.portrait (J2)",
        "row 3, column program (A3)",
        "row 3, column is_paid (L3)",
        "row 4, column title (E4)",
        "row 4, column content_type (F4)",
        "row 4, column content_language_primary (G4)",
        "row 5, column term (C5)",
        "row 6, column term (C6)",
        "row 7, column lesson_number (D7)",
        "row 8, column id (M8)",
        "row 9, column program (A9)",
        "row 10, column program (A10)",
        "row 11, column title (E11)",
        "row 12, column status (P12)",
        "row 13, column publish_zone (O13)",
        "row 14, column translations.te.title (Q14)",
    ]
    assert "Did you mean 'Chai'? To create it, give its language in the column program_language." in told[3]
    assert "Term 1 is called 'Leaves'" in told[9]
    assert "There is no lesson of this id. To create one, name its program." in told[12]
    assert "save it as CSV UTF-8" in told[14]
    assert await sql.fetchval("select count(*) from lesson") == 1


async def test_what_the_rules_refuse_names_the_cell_or_the_row(sql: Connection, tmp_path: Path) -> None:
    _, term = await a_place(sql)
    key = await a_lesson(sql, term, lesson_number=1, status="published")
    await a_lesson(sql, term, lesson_number=2, thumbnails={})
    place = {"program": "Chai", "term_number": "1"}
    told = await refused(
        tmp_path,
        text_of(
            place | {"lesson_number": "1", "status": "scheduled", "publish_at": "2030-02-01T18:00Z"},
            place | {"lesson_number": "2", "status": "scheduled", "publish_at": "2030-02-01T18:00Z"},
        ),
    )
    assert told[0].startswith("row 2, column status (D2): It is published and cannot become scheduled")
    assert told[1].startswith("row 3, thumbnails: ")
    (twice,) = await refused(tmp_path, text_of({"id": str(key), "title": "A"}, {"id": str(key), "title": "B"}))
    assert twice.startswith("row 3, column id (A3): Row 2 is this lesson already.")


async def test_a_program_that_cannot_be_public_is_told_at_its_first_row(sql: Connection, tmp_path: Path) -> None:
    term = await a_term(sql, await a_program(sql, posters={}))
    key = await a_lesson(sql, term)
    (fault,) = await refused(tmp_path, text_of({"id": str(key), "status": "published"}))
    assert fault.startswith("row 2, program posters: ")


async def test_programs_of_one_title_are_told_apart(sql: Connection, tmp_path: Path) -> None:
    (_, one), (second, two) = [await a_place(sql) for _ in range(2)]
    key = await a_lesson(sql, two, lesson_number=1)
    place = {"program": "Chai", "term_number": "1"}
    (fault,) = await refused(tmp_path, text_of(place | NEW))
    assert fault.startswith("row 2, column program (A2): Several programs have this title: give the slug or the id")
    # The lesson tells which.
    await imported(tmp_path, text_of(place | {"id": str(key), "title": "Still there"}))
    await imported(tmp_path, text_of(place | NEW | {"program": str(second)}))
    assert await sql.fetchval("select count(*) from lesson where term_id = $1", two) == 2
    assert await sql.fetchval("select count(*) from lesson where term_id = $1", one) == 0


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id,titel", "row 1, column B: There is no column 'titel'. Did you mean title?"),
        ("id,content_url.hi", "row 1, column B: There is no column 'content_url.hi'. Did you mean content_urls.hi?"),
        ("id,thumbnails", "row 1, column B: There is no column 'thumbnails'. Did you mean thumbnails.te.portrait?"),
        ("id,thumbnails.te.potrait", "row 1, column B: There is no column 'thumbnails.te.potrait'. "
         "Did you mean thumbnails.te.portrait?"),
        ("id,content_urls.english!", "row 1, column B: There is no column 'content_urls.english!'. "
         "Did you mean content_urls.te?"),
        ("id,title,Title ", "row 1, column C: The column title is there already: B."),
        ("id,content_urls.pt-br,content_urls.pt-BR", "row 1, column C: The column content_urls.pt-BR is there alre"),
        ("id,version", "row 1, column B: There is no column 'version'. It is kept by the database: leave the colu"),
        ("title,summary", "row 1: The header names neither id nor lesson_number"),
        ("id,,title", "row 2, column B: The first row gives this column no name."),
    ],
)  # fmt: skip
async def test_a_header_s_faults_name_the_nearest_column(tmp_path: Path, header: str, said: str) -> None:
    faults = await refused(tmp_path, f"{header}\na,b,c\n")
    assert faults[0].startswith(said), faults


async def test_five_thousand_rows_take_seconds(sql: Connection, tmp_path: Path) -> None:
    await a_place(sql)
    place = {"program": "Chai", "term_number": "1"}
    rows = [place | NEW | {"lesson_number": number} for number in range(1, 5_001)]
    rows = [each | {"duration_ms": 90_000} for each in rows]
    assert (await imported(tmp_path, workbook_of(*rows), name="lessons.xlsx")).created.total == 5_000
    assert (await imported(tmp_path, await exported(sql))).changed.total == 0


async def test_pictures_beside_the_sheet_are_uploaded_and_one_that_is_not_there_is_told(
    sql: Connection, tmp_path: Path
) -> None:
    key = await a_lesson(sql)
    sheet = tmp_path / "lessons.csv"
    sheet.write_text(text_of({"id": str(key), "thumbnails.en.square": "a.png", "thumbnails.te.square": "a.png"}))
    with pytest.raises(BadFile) as error:
        await import_content(sheet, actor="import", upload=named)
    assert str(error.value.faults[0]).startswith("row 2, column thumbnails.en.square (B2): ")
    picture = b"picture"
    (tmp_path / "a.png").write_bytes(picture)
    await import_content(sheet, actor="import", upload=named)
    (told,) = rows_of(await exported(sql))
    url = await named(picture)
    assert (told["thumbnails.en.square"], told["thumbnails.te.square"]) == (url, url)
    assert told["thumbnails.en.portrait"] == ASSETS["en"]["portrait"]
