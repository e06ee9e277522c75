"""The commands for pictures: what they print, their exit codes, and what they say of what is no picture."""

import json
import os
from pathlib import Path

import pytest

from chaishots.database.connection import Connection
from tests import images, stores
from tests.builders import a_program, row
from tests.commands import Ran, chaishots
from tests.conftest import Database
from tests.images import plain

s3, store_url = stores.s3, stores.store_url

BASE = "https://catalog.example.com"


@pytest.fixture
def where(fresh_database: Database, tmp_path: Path) -> dict[str, str]:
    """The settings of a catalog whose pictures are in a folder."""
    folder = str(tmp_path / "kept")
    return {"DATABASE_URL": fresh_database.dsn, "CHAISHOTS_PICTURES_URL": folder, "CHAISHOTS_PUBLIC_URL": BASE}


def written(file: Path, data: bytes) -> str:
    file.write_bytes(data)
    return str(file)


def told_in_one_line(ran: Ran, code: int) -> str:
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1), ran
    return ran.err


async def test_a_url_is_printed_for_each_file_and_the_same_the_next_time(
    where: dict[str, str], store_url: str, sql: Connection, tmp_path: Path
) -> None:
    files = [written(tmp_path / f"{n}.jpg", plain(300 + n, 200)) for n in (2, 1)]
    first, second = [await chaishots("picture", *files, **where | {"CHAISHOTS_PICTURES_URL": store_url}) for _ in "12"]

    assert (first.code, first.err) == (0, "")
    assert second.out == first.out
    ids = [url.removeprefix(f"{BASE}/pictures/").removesuffix(".webp") for url in first.out.splitlines()]
    widths = [(await sql.fetchval("select width from picture where id = $1", each)) for each in ids]
    assert widths == [302, 301]
    assert await sql.fetchval("select count(*) from picture") == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (plain() + b"\0" * 12_000_000, "larger than 10 MiB: save it smaller"),
        (images.GIF, "Send a picture as JPEG, PNG, WebP or AVIF."),
        (images.SVG, "Send a picture as JPEG, PNG, WebP or AVIF."),
        (b"", "Send a picture as JPEG, PNG, WebP or AVIF."),
        (plain()[:-30], "cut off: send the whole file"),
        (images.png_of_size(40_000, 40_000), "1600 megapixels"),
    ],
    ids=["12 MB", "gif", "svg", "empty", "truncated", "bomb"],
)
async def test_what_is_no_picture_is_refused_by_its_name(
    where: dict[str, str], sql: Connection, tmp_path: Path, data: bytes, says: str
) -> None:
    good, bad = written(tmp_path / "good.jpg", plain()), written(tmp_path / "bad\x1b[31m.jpg", data)

    told = told_in_one_line(await chaishots("picture", good, bad, **where), 1)

    assert says in told
    assert "bad" in told
    assert "\x1b" not in told
    assert await sql.fetchval("select count(*) from picture where width <> 800") == 0


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("{}/none.jpg", 2, "does not exist"),
        ("{}", 2, "is a directory"),
        ("/proc/self/mem", 1, "/proc/self/mem cannot be read: Input/output error."),
        ("{}/pipe.jpg", 1, "is no file: name a picture."),
    ],
    ids=["none", "folder", "unreadable", "pipe"],
)
async def test_a_path_that_leads_to_no_file_is_told(
    where: dict[str, str], tmp_path: Path, path: str, code: int, says: str
) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    ran = await chaishots("picture", path.format(tmp_path), **where)

    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


async def test_a_store_that_cannot_be_written_is_one_line(where: dict[str, str], tmp_path: Path) -> None:
    file, in_the_way = written(tmp_path / "a.jpg", plain()), written(tmp_path / "file", b"")

    told = told_in_one_line(await chaishots("picture", file, **where | {"CHAISHOTS_PICTURES_URL": in_the_way}), 1)

    assert in_the_way in told


async def test_gc_removes_what_nothing_has_used_and_what_was_cut_short(
    where: dict[str, str], sql: Connection, tmp_path: Path
) -> None:
    files = [written(tmp_path / f"{n}.jpg", plain(300 + n, 200)) for n in range(2)]
    old, used = (await chaishots("picture", *files, **where)).out.split()
    await a_program(sql, posters={"en": {"portrait": used}})
    half = tmp_path / "kept" / ("a" * 64) / "320.webp#1"
    half.parent.mkdir()
    half.write_bytes(b"half")
    os.utime(half, (0, 0))

    kept = await chaishots("pictures", "gc", **where)
    gone = await chaishots("pictures", "gc", "--days", "0", **where)

    assert kept.out.splitlines()[-1].startswith("0 pictures removed,")
    assert kept.out.endswith("and 1 files that are not whole.\n")
    assert not half.parent.exists()
    (picture_id,) = [line.removeprefix("removed ") for line in gone.out.splitlines() if line.startswith("removed")]
    assert picture_id in old
    assert (kept.code, gone.code, kept.err, gone.err) == (0, 0, "", "")
    assert await sql.fetchval("select count(*) from picture") == 1


@pytest.mark.parametrize("days", ["-1", "soon", "4000"])
async def test_gc_takes_no_days_that_there_are_not(where: dict[str, str], days: str) -> None:
    ran = await chaishots("pictures", "gc", "--days", days, **where)

    assert (ran.code, ran.out) == (2, "")
    assert "--days" in ran.err


async def test_move_has_the_urls_follow_and_says_how_many(
    where: dict[str, str], sql: Connection, tmp_path: Path
) -> None:
    url = (await chaishots("picture", written(tmp_path / "a.jpg", plain()), **where)).out.strip()
    program = await a_program(sql, posters={"en": {"portrait": url, "landscape": "https://cdn.example.com/l.jpg"}})

    first, second = [await chaishots("pictures", "move", "https://new.example.com", **where) for _ in "12"]

    assert (first.code, first.out) == (0, "1 programs and lessons changed.\n")
    assert (second.code, second.out) == (0, "0 programs and lessons changed.\n")
    posters = json.loads((await row(sql, "program", program))["posters"])["en"]
    assert posters == {
        "portrait": url.replace(BASE, "https://new.example.com"),
        "landscape": "https://cdn.example.com/l.jpg",
    }


@pytest.mark.parametrize("url", ["new.example.com", "ftp://new.example.com", "https://", "https://x y", ""])
async def test_move_takes_no_address_that_is_none(where: dict[str, str], sql: Connection, url: str) -> None:
    ran = await chaishots("pictures", "move", url, **where)

    assert (ran.code, ran.out) == (2, ""), ran


async def test_an_import_that_is_tried_uploads_nothing_and_refuses_what_it_would_refuse(
    where: dict[str, str], sql: Connection, tmp_path: Path
) -> None:
    written(tmp_path / "p.jpg", plain())
    written(tmp_path / "bad.jpg", images.GIF)
    file = tmp_path / "chai.yaml"
    content = "programs:\n- title: Chai\n  language_primary: en\n  posters:\n    en:\n      portrait: p.jpg\n"
    file.write_text(content)

    tried = await chaishots("import", "--dry-run", str(file), **where)
    tried_twice = await sql.fetchval("select count(*) from picture"), (tmp_path / "kept").exists()
    file.write_text(content.replace("p.jpg", "bad.jpg"))
    refused = told_in_one_line(await chaishots("import", "--dry-run", str(file), **where), 1)
    file.write_text(content.replace("p.jpg", "none.jpg"))
    missing = told_in_one_line(await chaishots("import", str(file), **where), 1)

    assert (tried.code, tried.err) == (0, "")
    assert "A dry run, nothing was stored. It would be: 1 created" in tried.out
    assert tried_twice == (0, False)
    assert "programs[0].posters.en.portrait: The picture bad.jpg is refused." in refused
    assert refused.endswith("(Line 6.)\n")
    assert "There is no file none.jpg." in missing
    assert missing.endswith("(Line 6.)\n")
