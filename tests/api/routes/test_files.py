"""All content as a file, and a file as content, by HTTP: what is stored, what is told, and who is let in how often."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chaishots.api.uploads import MOST_FILE_BYTES
from chaishots.content.exchange import file_processes
from chaishots.database.connection import Connection
from tests.builders import a_public_program
from tests.cluster import eventually
from tests.content.exchange.seeds import FIRST, GOOD, SECOND, changed
from tests.content.exchange.spreadsheet.sheets import workbook_of

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
YAML = {"Content-Type": "application/yaml"}
TABLES = ("program", "topic", "program_topic", "term", "lesson")


@pytest.fixture(autouse=True)
def patient(editor: httpx2.AsyncClient) -> None:
    # A process of its own starts for each file.
    editor.timeout = httpx2.Timeout(60)


async def everything(sql: Connection) -> list[list[dict[str, Any]]]:
    return [[dict(row) for row in await sql.fetch(f"select * from {table} order by 1, 2")] for table in TABLES]


@pytest.mark.parametrize("form", ["yaml", "json"])
async def test_what_is_exported_is_imported_to_the_last_digit(
    editor: httpx2.AsyncClient, sql: Connection, form: str
) -> None:
    await a_public_program(sql, title='"Chai" \N{HOT BEVERAGE}, no: [1]', description="a\nb")
    before = await everything(sql)
    file = await editor.get("/cms/export", params={"format": form})
    assert file.headers["Content-Type"].startswith(f"application/{form}")
    assert int(file.headers["Content-Length"]) == len(file.content)
    headers = {"Content-Type": f"application/{form}"}

    same = await editor.post("/cms/import", content=file.content, headers=headers)
    assert [same.json()[key]["total"] for key in ("created", "changed", "unchanged")] == [0, 0, 3]
    await sql.execute("truncate program, topic cascade")
    made = await editor.post("/cms/import", content=file.content, headers=headers)

    assert made.json()["created"]["total"] == 3
    assert await everything(sql) == before


async def test_sheets_come_and_go_and_faults_name_their_cells(editor: httpx2.AsyncClient, sql: Connection) -> None:
    await a_public_program(sql, title="చాయ్")
    file = await editor.get("/cms/export?format=csv")
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.headers["Content-Disposition"] == 'attachment; filename="chaishots.csv"'
    same = await editor.post("/cms/import", content=file.content, headers={"Content-Type": "text/csv"})
    assert [same.json()[key]["total"] for key in ("created", "changed")] == [0, 0]
    lesson = await sql.fetchval("select id from lesson")
    sheet = f"id;title;duration_ms\n{lesson};అల్లం;90000\n"

    tried = await editor.post("/cms/import?dry_run=true", content=sheet, headers={"Content-Type": "text/csv"})
    assert tried.json()["changed"]["things"][0]["fields"] == ["title", "duration_ms"]
    book = workbook_of({"id": str(lesson), "title": "Ginger"})
    done = await editor.post("/cms/import", content=book, headers={"Content-Type": WORKBOOK})
    assert (done.status_code, await sql.fetchval("select title from lesson")) == (200, "Ginger")

    bad = await editor.post("/cms/import", content=sheet.replace("90000", "-1"), headers={"Content-Type": "text/csv"})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_file")
    assert bad.json()["errors"][0]["field"] == "row 2, column duration_ms (C2)"
    broken = await editor.post("/cms/import", content=b"PK\x03\x04 and no more", headers={"Content-Type": WORKBOOK})
    assert (broken.status_code, broken.json()["code"]) == (422, "bad_file")
    none = await editor.post("/cms/import", content=b"x", headers={"Content-Type": "application/pdf"})
    assert (none.status_code, "text/csv" in none.json()["detail"]) == (415, True)


async def test_an_empty_catalog_is_exported_too(editor: httpx2.AsyncClient) -> None:
    assert (await editor.get("/cms/export")).text == "topics: []\nprograms: []\n"
    assert (await editor.get("/cms/export?format=json")).json() == {"topics": [], "programs": []}


async def test_a_dry_run_tells_what_an_import_does_thing_by_thing(editor: httpx2.AsyncClient, sql: Connection) -> None:
    await editor.post("/cms/import", content=GOOD, headers=YAML)
    before = await everything(sql)
    text = changed("title: Cardamom", "title: Green cardamom").replace('"+1h"', "2040-01-31T09:00:00Z")
    text += "          - {lesson_number: 3, title: Cloves, content_type: article, content_language_primary: en}\n"

    tried = await editor.post("/cms/import?dry_run=true", content=text, headers=YAML)
    assert await everything(sql) == before
    done = await editor.post("/cms/import", content=text, headers=YAML)

    for report in (tried.json(), done.json()):
        [created], differing = report["created"]["things"], report["changed"]["things"]
        assert (created["kind"], created["title"], created["place"]) == ("lesson", "Cloves", f"{SECOND[:-3]}[2]")
        assert [(thing["title"], thing["fields"]) for thing in differing] == [
            ("Ginger", ["publish_at"]),
            ("Green cardamom", ["title"]),
        ]
        assert report["unchanged"]["total"] == 2
    assert (tried.json()["dry_run"], done.json()["dry_run"]) == (True, False)
    assert done.json()["created"]["things"][0]["id"] == str(
        await sql.fetchval("select id from lesson where title = 'Cloves'")
    )
    assert "asha" in {line["actor"] for line in await sql.fetch("select actor from activity where seq > 2")}


async def test_all_faults_of_a_file_are_told(editor: httpx2.AsyncClient, sql: Connection) -> None:
    text = changed("title: Ginger", "title: ''").replace("content_type: article", "content_type: song")
    refused = await editor.post("/cms/import", content=text, headers=YAML)

    assert (refused.status_code, refused.json()["code"]) == (422, "bad_file")
    assert [fault["field"] for fault in refused.json()["errors"]] == [f"{FIRST}.title", f"{SECOND}.content_type"]
    assert refused.json()["errors"][0]["message"].endswith("(Line 12.)")
    assert await sql.fetchval("select count(*) from program") == 0


async def test_of_very_many_faults_the_rest_are_counted(editor: httpx2.AsyncClient) -> None:
    topics = [{"name": f" {number}"} for number in range(120)]
    refused = await editor.post("/cms/import", json={"topics": topics, "programs": []})
    assert (len(refused.json()["errors"]), refused.json()["more_errors"]) == (50, 70)


async def test_the_path_of_a_picture_is_refused_with_what_to_do(editor: httpx2.AsyncClient) -> None:
    text = changed("https://cdn.example.com/p.jpg", "pictures/p.jpg")
    refused = await editor.post("/cms/import", content=text, headers=YAML)
    [fault] = refused.json()["errors"]
    assert fault["field"] == "programs[0].posters.en.portrait"
    assert "upload the picture first, and give its URL" in fault["message"]


@pytest.mark.parametrize(
    ("document", "place", "rule"),
    [
        ('{"programs": [{"title": "a", "title": "b", "language_primary": "en"}]}', "programs[0].title", "give it once"),
        ('{"programs": [{"title": "\\ud83d", "language_primary": "en"}]}', "programs[0].title", "no character"),
        ('{"programs": [{"title": "a\\u0000", "language_primary": "en"}]}', "programs[0].title", "NUL"),
        ('{"programs": ' + "[" * 40 + "]" * 40 + "}", "programs" + "[0]" * 16, "16 deep"),
        ('{"programs": [{"title": 1.5e3, "language_primary": true}]}', "programs[0].language_primary", "language tag"),
        ('{"programs": [', "line", "did not find"),
        ("[]", "file", "Give a map of programs."),
    ],
)
async def test_json_that_cannot_be_read_is_told_with_its_place(
    editor: httpx2.AsyncClient, document: str, place: str, rule: str
) -> None:
    headers = {"Content-Type": "application/json"}
    refused = await editor.post("/cms/import", content=document, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_file"), refused.text
    [fault] = refused.json()["errors"]
    assert fault["field"].startswith(place)
    assert rule in fault["message"]


async def test_an_emoji_escaped_as_json_does_is_one_character(editor: httpx2.AsyncClient, sql: Connection) -> None:
    document = json.dumps({"programs": [{"title": "Chai \N{TEACUP WITHOUT HANDLE}", "language_primary": "en"}]})
    assert "\\ud83c\\udf75" in document
    await editor.post("/cms/import", content=document, headers={"Content-Type": "application/json"})
    assert await sql.fetchval("select title from program") == "Chai \N{TEACUP WITHOUT HANDLE}"


async def test_what_is_too_large_of_another_type_or_nothing_is_refused(editor: httpx2.AsyncClient) -> None:
    large = await editor.post("/cms/import", content=b"#" * (MOST_FILE_BYTES + 1), headers=YAML)
    assert (large.status_code, "some programs at a time" in large.json()["detail"]) == (413, True)
    assert (await editor.post("/cms/import", content=GOOD, headers={"Content-Type": "image/png"})).status_code == 415
    assert (await editor.post("/cms/import", content=b"", headers=YAML)).status_code == 422


async def test_a_rule_of_the_users_own_is_told_as_such(editor: httpx2.AsyncClient, sql: Connection) -> None:
    await sql.execute("alter table program add constraint no_chai check (title <> 'Chai')")
    refused = await editor.post("/cms/import", content=GOOD, headers=YAML)
    assert (refused.status_code, "no_chai" in refused.text) == (422, True), refused.text


async def test_a_database_that_lacks_a_column_is_told_to_editors(editor: httpx2.AsyncClient, sql: Connection) -> None:
    await sql.execute("alter table lesson rename column summary to other")
    refused = await editor.post("/cms/import", content=GOOD, headers=YAML)
    assert (refused.status_code, refused.json()["code"]) == (503, "database_refuses")


async def test_only_so_many_are_carried_out_at_once_and_none_is_left_behind(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    async with sql.transaction():
        await sql.execute("lock table program in access exclusive mode")
        first = [asyncio.create_task(editor.get("/cms/export")) for _ in range(file_processes.MOST_AT_ONCE)]
        await eventually(lambda: _are_waiting(sql))
        refused = await editor.get("/cms/export")
        assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
    assert {answer.status_code for answer in await asyncio.gather(*first)} <= {200, 503}
    assert (await editor.get("/cms/export")).status_code == 200


async def _are_waiting(sql: Connection) -> bool:
    waiting = await sql.fetchval("select count(*) from pg_locks where not granted")
    return waiting >= file_processes.MOST_AT_ONCE


async def test_a_file_that_takes_too_long_is_given_up_with_what_to_do(
    editor: httpx2.AsyncClient, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_processes, "SECONDS", 0.05)
    refused = await editor.post("/cms/import", content=GOOD, headers=YAML)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_file")
    assert "send it in parts" in refused.json()["detail"]
    assert await sql.fetchval("select count(*) from program") == 0


async def test_of_the_sample_content_the_pictures_beside_it_are_all_that_is_refused(editor: httpx2.AsyncClient) -> None:
    demo = (Path(__file__).parents[3] / "seeds" / "demo.yaml").read_bytes()
    refused = (await editor.post("/cms/import", content=demo, headers=YAML)).json()
    assert all("without pictures beside it" in fault["message"] for fault in refused["errors"])
