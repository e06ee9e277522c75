"""A restore as docs/DEPLOY.md tells it: the dump into a new database, the pictures into a new folder."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chaishots.content.roles import Role
from chaishots.content.tokens import create_token
from chaishots.database.connection import Connection
from tests.builders import a_public_program
from tests.cluster import Cluster, Replica
from tests.commands import postgres_program, ran
from tests.conftest import Database, in_database
from tests.images import plain

PORTRAIT, LANDSCAPE = plain(700, 1050), plain(1280, 720)


@pytest.fixture
async def restored(sql: Connection, postgres: str) -> AsyncIterator[str]:
    """The DSN of a new, empty database."""
    name = f"chaishots_test_{uuid4().hex[:12]}"
    await sql.execute(f"create database {name}")
    yield in_database(postgres, name)
    await sql.execute(f"drop database {name} with (force)")


async def sent(replica: Replica, token: str, picture: bytes) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    return (await replica.http.post("/cms/pictures", content=picture, headers=headers)).json()


def files_of(picture: dict[str, Any]) -> list[str]:
    """The addresses of all files that the catalog shows of a picture, without the host."""
    urls = [each for variant in picture["variants"] for each in (variant["url"], variant.get("avif")) if each]
    return ["/pictures/" + url.rpartition("/")[2] for url in urls]


async def test_posters_come_back_and_a_file_that_does_not_is_told(
    cluster: Cluster, sql: Connection, fresh_database: Database, restored: str, tmp_path: Path
) -> None:
    _, token = await create_token(sql, "asha", Role.EDITOR)
    (replica,) = await cluster.start(1, CHAISHOTS_PICTURES_URL=str(tmp_path / "pictures"))
    portrait, landscape = await sent(replica, token, PORTRAIT), await sent(replica, token, LANDSCAPE)
    posters = {"en": {"portrait": portrait["url"], "landscape": landscape["url"]}}
    address = f"/catalog/programs/{await a_public_program(sql, posters=posters)}"
    shown = (await replica.http.get(address)).json()
    files = [*files_of(portrait), *files_of(landscape)]
    before = {file: (await replica.http.get(file)).content for file in files}

    dump = await ran(postgres_program("pg_dump"), "--format=custom", fresh_database.dsn)
    shutil.copytree(tmp_path / "pictures", tmp_path / "copy")
    lost = tmp_path / "copy" / portrait["id"] / "320.webp"
    lost.unlink()
    await replica.stopped()
    options = ("--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={restored}")
    await ran(postgres_program("pg_restore"), *options, text=dump)

    async with Cluster(restored) as another:
        (replica,) = await another.start(1, CHAISHOTS_PICTURES_URL=str(tmp_path / "copy"))
        assert (await replica.http.get(address)).json() == shown
        assert set(shown["assets"]["pictures"]["en"]) == {"portrait", "landscape"}
        missing = f"/pictures/{portrait['id']}-320.webp"
        for file, body in before.items():
            answer = await replica.http.get(file)
            assert (answer.status_code, answer.content == body) == ((404, False) if file == missing else (200, True))
        (told,) = replica.logged("picture.missing")
        assert told["file"] == missing.removeprefix("/pictures/")
        assert "send the picture again" in told["action"]

        assert (await sent(replica, token, PORTRAIT))["id"] == portrait["id"]
        assert lost.read_bytes() == before[missing]
