"""All faults of a file are told at once, each with its place: an editor mends a file once."""

from pathlib import Path

import pytest

from chaishots.content.editing.lessons import publish_lesson
from chaishots.content.errors import BadFile, PictureRefused
from chaishots.content.exchange import seed, seed_format
from chaishots.content.exchange.faults import LISTED, Fault
from chaishots.content.exchange.importing import import_content
from chaishots.database.connection import Connection
from tests.content.exchange.seeds import FIRST, GOOD, RELEASE, SECOND, changed

FIXED = changed('"+1h"', "2040-01-31T09:00:00+05:30")


def edited(*edits: tuple[str, str]) -> str:
    text = FIXED
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def places(text: str) -> list[str]:
    with pytest.raises(Fault) as refused:
        seed_format.content(text.encode())
    return [fault.place for fault in refused.value.each]


async def refused_places(file: Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(BadFile) as refused:
        await import_content(file, actor="asha")
    return [fault.place for fault in refused.value.faults]


def test_every_fault_is_told_by_line() -> None:
    assert places(
        edited(
            ("[en, hi]", "[en, Hindi!, english!]"),
            ("https://cdn.example.com/p.jpg", "ftp://a"),
            ("https://cdn.example.com/l.jpg", "ftp://b"),
            ("90_000", "soon"),
            ("{en: https://cdn.example.com/1.mp4}", "{en: x, hi: y}"),
            ("2040-01-31T09:00:00+05:30", "tomorrow"),
            ("lesson_number: 2", "lesson_number: 1"),
            ("title: Cardamom", "titel: Cardamom"),
            ("content_type: article", "content_type: song\n            title: Cloves\n            title: Twice"),
        )
    ) == [
        "programs[0].languages_available[1]",
        "programs[0].languages_available[2]",
        "programs[0].posters.en.portrait",
        "programs[0].posters.en.landscape",
        f"{FIRST}.duration_ms",
        f"{FIRST}.content_urls.en",
        f"{FIRST}.content_urls.hi",
        f"{FIRST}.publish_at",
        f"{SECOND}.lesson_number",
        f"{SECOND}.titel",
        f"{SECOND}.content_type",
        f"{SECOND}.title",
    ]


def test_nothing_follows_from_what_could_not_be_read() -> None:
    assert places(edited(("status: scheduled", "status: live"), ("{en: https://cdn.example.com/1.mp4}", "{}"))) == [
        f"{FIRST}.status"
    ]
    assert places(edited(("title: Ginger", "titel: Ginger"))) == [f"{FIRST}.titel"]


def test_what_does_not_fit_together_is_told_beside_what_cannot_be_read() -> None:
    text = edited(
        ("            publish_at: 2040-01-31T09:00:00+05:30\n", ""),
        ("{en: https://cdn.example.com/1.mp4}", "{}"),
        ("            duration_ms: 90_000\n", ""),
        ("title: Cardamom", "title: ''"),
    )
    assert places(text) == [f"{FIRST}.{key}" for key in ("duration_ms", "publish_at", "content_urls")] + [
        f"{SECOND}.title"
    ]


def test_of_very_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    topics = "".join(f"  - {{name: ' {number}'}}\n" for number in range(9_000))
    with pytest.raises(Fault) as refused:
        seed_format.content(f"topics:\n{topics}{GOOD}".encode())
    assert [fault.place for fault in refused.value.each] == [f"topics[{number}].name" for number in range(LISTED)]
    assert refused.value.total == 9_000
    told = [*refused.value.of_file("chai.yaml").lines()]
    assert (len(told), told[-1]) == (LISTED + 1, "… and 8,950 more")


@pytest.mark.usefixtures("database")
async def test_an_import_tells_what_a_file_shows_whatever_may_be_stored_of_the_rest(tmp_path: Path) -> None:
    # The languages may be stored, so nothing is said of them; the first lesson needs its time in any case.
    text = edited(
        ("    languages_available: [en, hi]\n", ""),
        ("publish_at: 2040-01-31T09:00:00+05:30", "publish_at: null"),
        ("            duration_ms: 90_000\n", ""),
        ("title: Cardamom", "title: ''"),
    )
    assert await refused_places(tmp_path / "chai.yaml", text) == [f"{FIRST}.publish_at", f"{SECOND}.title"]


@pytest.mark.usefixtures("database")
async def test_an_import_tells_all_that_what_is_stored_does_not_allow(sql: Connection, tmp_path: Path) -> None:
    file = tmp_path / "chai.yaml"
    file.write_text(FIXED)
    await import_content(file, actor="asha")
    await publish_lesson(await sql.fetchval("select id from lesson where title = 'Ginger'"), actor="asha")
    before = await sql.fetch("select * from lesson order by id")
    third = f"""\
          - lesson_number: 3
            title: Cloves
            content_type: article
            content_language_primary: en
            release_id: {RELEASE}
          - {{lesson_number: 4, title: Mace, content_type: video, content_language_primary: en}}
"""
    text = edited(("content_type: article", "content_type: article\n            status: published")) + third
    assert (
        await refused_places(file, text)
        == [
            f"{FIRST}.status",  # it is published, and is never scheduled again
            f"{SECOND}.content_urls",
            f"{SECOND}.thumbnails",
            f"{FIRST[:-3]}[2].release_id",
            f"{FIRST[:-3]}[3].duration_ms",
        ]
    )
    assert await sql.fetch("select * from lesson order by id") == before


@pytest.mark.usefixtures("database")
async def test_every_picture_beside_a_file_that_cannot_be_is_told(tmp_path: Path) -> None:
    async def refusing(_: bytes) -> str:
        raise PictureRefused("The picture is cut off: send the whole file.")

    file = tmp_path / "chai.yaml"
    file.write_text(
        GOOD.replace("https://cdn.example.com/p.jpg", "none.jpg").replace("https://cdn.example.com/1l.jpg", "half.jpg")
    )
    (tmp_path / "half.jpg").write_bytes(b"half")
    with pytest.raises(BadFile) as refused:
        await seed.seed(file, actor="asha", upload=refusing)
    assert [fault.place for fault in refused.value.faults] == [
        "programs[0].posters.en.portrait",
        f"{FIRST}.thumbnails.en.landscape",
    ]
