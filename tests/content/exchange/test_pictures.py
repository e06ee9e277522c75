"""Pictures beside a file of content: a path is uploaded, and its URL is what is stored."""

from pathlib import Path

import pytest

from chaishots.content.errors import PictureRefused
from chaishots.content.exchange import seed
from chaishots.content.exchange.importing import import_content
from chaishots.content.exchange.seed import BadSeed
from chaishots.database.connection import Connection
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
    with pytest.raises(BadSeed, match=rf"programs\[0\]\.posters\.en\.portrait.*{rule}"):
        await seed.seed(written(tmp_path, path), actor="asha", upload=named)

    assert await sql.fetchval("select count(*) from program") == 0


async def test_a_picture_that_is_refused_is_told_with_its_place(tmp_path: Path) -> None:
    async def refusing(_: bytes) -> str:
        raise PictureRefused("The picture is cut off: send the whole file.")

    with pytest.raises(BadSeed, match=r"posters\.en\.portrait.*pictures/p\.jpg is refused\. The picture is cut off"):
        await seed.seed(written(tmp_path, "pictures/p.jpg"), actor="asha", upload=refusing)


async def test_where_nothing_can_be_kept_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSeed, match="nowhere to keep"):
        await seed.seed(written(tmp_path, "pictures/p.jpg"), actor="asha")
