"""Pictures beside a file of content: a path is uploaded, and its URL is what is stored."""

import hashlib
import json
import string
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chaishots.content.errors import BadFile, PictureRefused
from chaishots.content.exchange import seed
from chaishots.content.exchange.importing import import_content
from chaishots.database.connection import Connection
from tests.builders import a_picture
from tests.content.exchange.seeds import GOOD, named

pytestmark = pytest.mark.usefixtures("database")


def written(tmp_path: Path, path: str) -> Path:
    file = tmp_path / "content" / "chai.yaml"
    file.parent.mkdir()
    file.write_text(GOOD.replace("https://cdn.example.com/p.jpg", path))
    (file.parent / "pictures").mkdir()
    (file.parent / "pictures" / "p.jpg").write_bytes(b"picture")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return file


@pytest.mark.parametrize("store", [seed.seed, import_content])
async def test_a_path_beside_the_file_becomes_a_url(sql: Connection, tmp_path: Path, store: object) -> None:
    await store(written(tmp_path, "pictures/p.jpg"), actor="asha", upload=named)  # type: ignore[operator]

    assert await sql.fetchval("select posters #>> '{en,portrait}' from program") == await named(b"picture")
    assert await sql.fetchval("select posters #>> '{en,landscape}' from program") == "https://cdn.example.com/l.jpg"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("../secret.jpg", "Keep the picture beside the file"),
        ("pictures/none.jpg", r"There is no file pictures/none\.jpg\. \(Line 7\.\)"),
        ("/etc/x.jpg", "http"),
        ("ftp://example.com/x.jpg", "http"),
    ],
)
async def test_any_other_path_is_refused_with_its_place(sql: Connection, tmp_path: Path, path: str, rule: str) -> None:
    with pytest.raises(BadFile, match=rf"programs\[0\]\.posters\.en\.portrait.*{rule}"):
        await seed.seed(written(tmp_path, path), actor="asha", upload=named)

    assert await sql.fetchval("select count(*) from program") == 0


async def test_a_picture_that_is_refused_is_told_with_its_place(tmp_path: Path) -> None:
    async def refusing(_: bytes) -> str:
        raise PictureRefused("The picture is cut off: send the whole file.")

    with pytest.raises(BadFile, match=r"posters\.en\.portrait.*pictures/p\.jpg is refused\. The picture is cut off"):
        await seed.seed(written(tmp_path, "pictures/p.jpg"), actor="asha", upload=refusing)


async def test_where_nothing_can_be_kept_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="nowhere to keep"):
        await seed.seed(written(tmp_path, "pictures/p.jpg"), actor="asha")


HERE, NOT_HERE = "a" * 64, "b" * 64


def with_alts(tmp_path: Path, *pictures: str) -> Path:
    """The good file, beside a picture, with these lines for pictures before it."""
    file = tmp_path / "chai.yaml"
    file.write_text("pictures:\n" + "".join(f"  - {{{each}}}\n" for each in pictures) + GOOD)
    (tmp_path / "p.jpg").write_bytes(b"picture")
    return file


async def alt_of(sql: Connection, picture_id: str = HERE) -> dict[str, str]:
    return json.loads(await sql.fetchval("select alt from picture where id = $1", picture_id))


async def test_an_import_sets_alt_texts_and_tells_by_its_line_what_is_not_known(
    sql: Connection, tmp_path: Path
) -> None:
    await a_picture(sql, alt={"en": "Old", "te": "పాత"})
    file = with_alts(tmp_path, f"id: {NOT_HERE}, alt: {{en: Lost}}", f"id: {HERE}, alt: {{te: కప్పు, hi: प्याला}}")

    tried = str(await import_content(file, actor="asha", dry_run=True))
    kept = await alt_of(sql)
    told = str(await import_content(file, actor="asha"))
    again = await import_content(file, actor="asha")

    assert kept == {"en": "Old", "te": "పాత"}
    assert await alt_of(sql) == {"te": "కప్పు", "hi": "प्याला"}
    for lines in tried, told:
        assert f"change picture {HERE} (pictures[1]): alt" in lines
        assert f"left out: There is no picture {NOT_HERE} here" in lines
        assert "(pictures[0], line 2.)" in lines
    assert (str(again.same.first[-1]), again.unknown.total) == (f"picture {HERE} (pictures[1])", 1)
    assert await sql.fetchval("select actor from activity where action = 'picture.change'") == "asha"


async def test_seeding_gives_alt_texts_to_pictures_that_have_none(sql: Connection, tmp_path: Path) -> None:
    await a_picture(sql, alt={"en": "An editor's"})
    await a_picture(sql, id="c" * 64)
    url = f"https://other.example.com/pictures/{'c' * 64}-320.avif"
    file = with_alts(
        tmp_path, *(f"id: {each}, alt: {{te: కప్పు}}" for each in (HERE, NOT_HERE)), f"url: {url}, alt: {{hi: प्याला}}"
    )

    told = str(await seed.seed(file, actor="asha"))

    assert (await alt_of(sql), await alt_of(sql, "c" * 64)) == ({"en": "An editor's"}, {"hi": "प्याला"})
    assert "1 pictures got alt texts" in told
    assert f"There is no picture {NOT_HERE} here" in told
    assert "(pictures[1], line 3.)" in told


@pytest.mark.parametrize("store", [seed.seed, import_content])
async def test_a_picture_beside_the_file_gets_its_alt_text_as_it_is_uploaded(
    sql: Connection, tmp_path: Path, store: Callable[..., Awaitable[object]]
) -> None:
    picture_id = hashlib.sha256(b"picture").hexdigest()

    async def kept(data: bytes) -> str:
        await a_picture(sql, id=hashlib.sha256(data).hexdigest())
        return await named(data)

    file = with_alts(tmp_path, "url: p.jpg, alt: {te: కప్పు}")
    tried = await import_content(file, actor="asha", dry_run=True, upload=named)
    await store(file, actor="asha", upload=kept)

    assert (tried.changed.total, tried.unknown.total) == (1, 0)
    assert await alt_of(sql, picture_id) == {"te": "కప్పు"}


@pytest.mark.parametrize(
    ("picture", "rule"),
    [
        ("alt: {en: A}", r"pictures\[0\]\.id: Name the picture once, by its id or by its url"),
        (f"id: {HERE}, url: p.jpg, alt: {{en: A}}", "Name the picture once"),
        (f"id: {HERE}", r"pictures\[0\]\.alt: Give a map of at most 50 languages"),
        ("id: short, alt: {en: A}", "64 digits"),
        ("url: https://cdn.example.com/a.jpg, alt: {en: A}", "the URL of a picture of ours"),
        (f"id: {HERE}, alt: {{english: A}}", r"alt\.english"),
        (f'id: {HERE}, alt: {{en: "A\\nB"}}', r"alt\.en.*one line"),
        (f"id: {HERE}, alt: {{en: {'x' * 301}}}", "300 characters"),
        (f"id: {HERE}, alt: {{en: A}}}}\n  - {{id: {HERE}, alt: {{en: A}}", r"pictures\[1\]\.id: .*already"),
        (
            f"id: {HERE}, alt: {{{', '.join(f'a{letter}: {chr(0xC05) * 290}' for letter in string.ascii_lowercase)}, "
            f"{', '.join(f'b{letter}: {chr(0xC05) * 290}' for letter in string.ascii_lowercase[:20])}}}",
            "30,000 bytes",
        ),
    ],
)
async def test_an_alt_text_that_breaks_a_rule_is_refused_with_its_place(
    sql: Connection, tmp_path: Path, picture: str, rule: str
) -> None:
    await a_picture(sql)

    with pytest.raises(BadFile, match=rule):
        await import_content(with_alts(tmp_path, picture), actor="asha", upload=named)

    assert await sql.fetchval("select count(*) from program") == 0
