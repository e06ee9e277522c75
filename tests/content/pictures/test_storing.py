"""Keeping house: what nothing has used for long goes, and so do files that an upload cut short has left."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from chaishots.content.pictures import records
from chaishots.content.pictures.storing import Pictures, key_of
from chaishots.database.connection import Connection, reading
from chaishots.storage.store import Store
from tests import stores
from tests.builders import a_program, row
from tests.images import plain

s3, store_url = stores.s3, stores.store_url

pytestmark = pytest.mark.usefixtures("database")


def poster(picture_id: str, host: str = "https://catalog.example.com") -> dict[str, dict[str, str]]:
    return {"en": {"portrait": f"{host}/pictures/{picture_id}.webp"}}


async def unused_for(sql: Connection, days: int) -> None:
    await sql.execute("update picture set unused_since = now() - make_interval(days => $1)", days)


async def test_what_nothing_has_used_for_30_days_is_removed_and_nothing_else(sql: Connection, store_url: str) -> None:
    pictures = Pictures(Store(store_url))
    old, _ = await pictures.keep(plain(300, 200), actor="asha")
    await unused_for(sql, 31)
    used, _ = await pictures.keep(plain(301, 200), actor="asha")
    await a_program(sql, posters=poster(used))
    young, _ = await pictures.keep(plain(302, 200), actor="asha")

    collected = await pictures.collect(actor="cron")

    assert collected.unused == [old]
    assert {record["id"] for record in await sql.fetch("select id from picture")} == {used, young}
    assert {entry.key.partition("/")[0] async for entry in pictures.store.list()} == {used, young}


async def test_what_was_used_until_now_is_not_old(sql: Connection, tmp_path: Path) -> None:
    pictures = Pictures(Store(str(tmp_path)))
    picture_id, _ = await pictures.keep(plain(), actor="asha")
    await unused_for(sql, 31)
    program = await a_program(sql, posters=poster(picture_id))
    await sql.execute("delete from program where id = $1", program)

    assert (await pictures.collect(actor="cron")).unused == []


async def test_one_that_is_sent_again_is_as_young_as_a_new_one(sql: Connection, tmp_path: Path) -> None:
    pictures = Pictures(Store(str(tmp_path)))
    await pictures.keep(plain(), actor="asha")
    await unused_for(sql, 31)
    await pictures.keep(plain(), actor="asha")

    assert (await pictures.collect(actor="cron")).unused == []


async def test_files_of_an_upload_that_was_cut_short_go_a_day_later(tmp_path: Path) -> None:
    pictures = Pictures(Store(str(tmp_path)))
    old, young = key_of("a" * 64, 320, "webp"), key_of("b" * 64, 320, "webp")
    for key in (old, young):
        await pictures.store.put(key, b"half", content_type="image/webp")
    two_days_ago = (tmp_path / old).stat().st_mtime - timedelta(days=2).total_seconds()
    os.utime(tmp_path / old, (two_days_ago, two_days_ago))

    assert (await pictures.collect(actor="cron")).stray == ["a" * 64]
    assert [entry.key async for entry in pictures.store.list()] == [young]


async def test_a_used_picture_is_kept_by_the_database_too(sql: Connection, tmp_path: Path) -> None:
    pictures = Pictures(Store(str(tmp_path)))
    picture_id, _ = await pictures.keep(plain(), actor="asha")
    await a_program(sql, posters=poster(picture_id, "https://other.example"))

    with pytest.raises(Exception, match="the picture is used"):
        await sql.execute("delete from picture")


async def test_a_catalog_that_moves_takes_its_pictures_along(sql: Connection, tmp_path: Path) -> None:
    picture_id, _ = await Pictures(Store(str(tmp_path))).keep(plain(), actor="asha")
    other = "https://cdn.example.com/l.jpg"
    ours, foreign = poster(picture_id), poster("0" * 64)
    ours["en"]["landscape"] = other
    program, stays = await a_program(sql, posters=ours), await a_program(sql, posters=foreign)

    async with reading() as connection:
        moved = [await records.move(connection, "http://127.0.0.1:9", actor="asha") for _ in range(2)]

    assert moved == [1, 0]
    kept = poster(picture_id, "http://127.0.0.1:9")
    kept["en"]["landscape"] = other
    assert json.loads((await row(sql, "program", program))["posters"]) == kept
    assert "catalog.example.com" in (await row(sql, "program", stays))["posters"]
