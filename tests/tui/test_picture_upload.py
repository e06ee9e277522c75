"""A poster or thumbnail out of a file: its path completed, what is wrong told in a sentence, and taken back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from textual.widgets import Input

from chaishots.content.pictures.upload_and_removal import Pictures
from chaishots.database.connection import Connection
from chaishots.storage.folder_or_bucket import Store, StoreAway
from chaishots.tui.actions.picture_input import NoPlace, Place, Places, complete_path, read_path
from tests import images
from tests.builders import a_lesson, a_program, a_term, row
from tests.images import plain
from tests.tui.conftest import Hands, Sit

BASE = "https://catalog.example.com"
Upload = Callable[[bytes], Any]


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    """What keeps pictures in a folder."""
    pictures = Pictures(Store(str(tmp_path / "kept")))

    async def keep(data: bytes) -> str:
        picture_id, _ = await pictures.keep(data, actor="asha")
        return f"{BASE}/pictures/{picture_id}.webp"

    return keep


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the terminal was started, with files of all kinds."""
    folder = tmp_path / "desk"
    (folder / "shots").mkdir(parents=True)
    (folder / "shots" / "ginger tea.jpg").write_bytes(plain(600, 900))
    (folder / "shots" / "notes.txt").write_text("no picture")
    (folder / "large.jpg").write_bytes(plain() + b"\0" * 12_000_000)
    (folder / "moving.png").write_bytes(images.GIF)
    (folder / "\x1b[31m.jpg").write_bytes(b"")
    monkeypatch.chdir(folder)
    return folder


async def asks(hands: Hands) -> None:
    await hands.press("i")
    await hands.sees(lambda: hands.dialog == "AskPicture" and isinstance(hands.app.focused, Input))


async def submits(hands: Hands, path: str) -> None:
    hands.app.screen.query_one("#path", Input).value = path
    await hands.press("enter")


async def posters(sql: Connection, program: UUID) -> Any:
    return json.loads((await row(sql, "program", program))["posters"])


async def test_a_poster_is_given_by_its_path_and_taken_back(
    sit: Sit, sql: Connection, upload: Upload, folder: Path
) -> None:
    other = "https://cdn.example.com/l.jpg"
    program = await a_program(sql, title="Chai", posters={"en": {"landscape": other}})
    async with sit(upload=upload) as hands:
        await asks(hands)
        assert "missing: en portrait" in hands.text()
        await hands.type("sh")
        await hands.sees(lambda: hands.app.screen.query_one("#path", Input)._suggestion == "shots/")
        await hands.press("tab")
        await hands.type("g")
        await hands.sees(lambda: hands.app.screen.query_one("#path", Input)._suggestion == "shots/ginger tea.jpg")
        await hands.press("tab", "enter")

        await hands.reads("600 by 900 (2:3)")
        given = await posters(sql, program)
        assert given["en"]["landscape"] == other
        assert given["en"]["portrait"].startswith(f"{BASE}/pictures/")
        assert await sql.fetchval("select unused_since is null from picture")
        await hands.press("z")
        await hands.sees(lambda: "Undone" in hands.told)

    assert await posters(sql, program) == {"en": {"landscape": other}}


async def test_a_thumbnail_is_given_for_another_language_and_variant(
    sit: Sit, sql: Connection, upload: Upload, folder: Path
) -> None:
    term = await a_term(sql, await a_program(sql))
    lesson = await a_lesson(sql, term, title="Ginger", content_languages_available=["en", "te"])
    async with sit(upload=upload) as hands:
        await hands.finds("Ginger")
        await hands.sees(lambda: getattr(hands.selected, "title", "") == "Ginger")
        await asks(hands)
        hands.app.screen.query_one("#place", Input).value = "te  Square"
        await submits(hands, str(folder / "shots" / "ginger tea.jpg"))
        await hands.sees(lambda: "thumbnail: te square" in hands.told)

    thumbnails = json.loads((await row(sql, "lesson", lesson))["thumbnails"])
    assert thumbnails["te"].keys() == {"square"}
    assert thumbnails["en"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "Type the path of a picture."),
        ("none.jpg", "There is no file none.jpg."),
        ("shots", "shots is a folder: name a picture in it."),
        ("/dev/zero", "/dev/zero is no file: name a picture."),
        ("large.jpg", "The picture is larger than 10 MiB"),
        ("moving.png", "Send a picture as JPEG, PNG, WebP or AVIF."),
        ("x\x00y.jpg", "cannot be read"),
    ],
)
async def test_what_is_no_picture_is_told_and_asked_again_with_what_was_typed(
    sit: Sit, sql: Connection, upload: Upload, folder: Path, path: str, says: str
) -> None:
    program = await a_program(sql, posters={})
    async with sit((80, 24), upload=upload) as hands:
        await asks(hands)
        await submits(hands, path)

        await hands.sees(lambda: hands.dialog == "AskPicture" and says in " ".join(hands.text().split()))
        assert hands.app.screen.query_one("#path", Input).value == path
        await hands.press("escape")
        await hands.sees(lambda: not hands.dialog)

    assert await posters(sql, program) == {}
    assert await sql.fetchval("select count(*) from picture") == 0


async def test_a_place_that_there_is_not_is_told(sit: Sit, sql: Connection, upload: Upload, folder: Path) -> None:
    await a_program(sql, posters={})
    async with sit(upload=upload) as hands:
        await asks(hands)
        hands.app.screen.query_one("#place", Input).value = "fr sideways"
        await submits(hands, "large.jpg")
        await hands.reads("Say which: one of en, and one of portrait")


async def test_a_store_that_is_away_is_told(sit: Sit, sql: Connection, folder: Path) -> None:
    async def away(_: bytes) -> str:
        raise StoreAway("The store of pictures, s3://chai, cannot be written: timed out.")

    await a_program(sql, posters={})
    async with sit(upload=away) as hands:
        await asks(hands)
        await submits(hands, "large.jpg")
        await hands.reads("The store of pictures, s3://chai, cannot be written")


async def test_where_pictures_cannot_be_kept_or_nothing_be_changed_it_says_so(sit: Sit, sql: Connection) -> None:
    await a_program(sql)
    async with sit() as hands:
        await hands.press("i")
        await hands.sees(lambda: "nowhere to keep pictures" in hands.told)
    async with sit(read_only=True) as hands:
        await hands.press("i")
        await hands.sees(lambda: "read only" in hands.told)


def test_a_path_is_read_as_it_is_typed_or_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/asha")

    assert read_path(" ~/a b.jpg ") == Path("/home/asha/a b.jpg")
    assert read_path("'/tmp/a b.jpg'") == Path("/tmp/a b.jpg")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sh", "shots/"),
        ("shots/", None),
        ("shots/g", "shots/ginger tea.jpg"),
        ("shots/n", None),
        ("none/x", None),
        ("\x1b", None),
        ("x\x00", None),
        ("", None),
        ("l", "large.jpg"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_path_is_completed_with_folders_and_pictures(typed: str, completed: str | None) -> None:
    assert complete_path(typed) == completed


def test_the_place_most_likely_meant_is_what_is_missing() -> None:
    places = Places("posters", "Chai", ["te", "en"], {Place("te", "portrait"): "https://x.test/p.jpg"})

    assert (str(places.first), [str(place) for place in places.missing]) == ("te landscape", ["te landscape"])
    assert places.read("EN  banner") == Place("en", "banner")
    with pytest.raises(NoPlace):
        places.read("en")
