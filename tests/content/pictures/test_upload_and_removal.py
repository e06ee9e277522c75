"""Keeping house: what nothing has used for long goes, and so do files that an upload cut short has left."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from chaishots.content.errors import NotFound, PictureInUse
from chaishots.content.pictures import stored_pictures
from chaishots.content.pictures.upload_and_removal import Pictures, key_of
from chaishots.database.advisory_locks import PICTURE_MARK
from chaishots.database.connection import Connection, reading
from chaishots.storage.folder_or_bucket import Entry, Store, StoreAway
from tests import stores
from tests.builders import a_program, row
from tests.cluster import eventually
from tests.conftest import Database
from tests.images import plain

s3, store_url = stores.s3, stores.store_url

pytestmark = pytest.mark.usefixtures("database")


def poster(picture_id: str, host: str = "https://catalog.example.com") -> dict[str, dict[str, str]]:
    return {"en": {"portrait": f"{host}/pictures/{picture_id}.webp"}}


async def waits_for_a_lock(sql: Connection) -> bool:
    """Whether somebody waits for his turn at a picture."""
    return await sql.fetchval(
        """
        select exists (select from pg_locks where locktype = 'advisory' and classid = $1::bigint::oid and not granted
                          and database = (select oid from pg_database where datname = current_database()))
        """,
        PICTURE_MARK,
    )


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


async def complete(sql: Connection, store: Store) -> bool:
    """Whether each picture that is known has its files, and there are no others."""
    rows = await sql.fetch(
        "select id, (variant ->> 'width')::int as width from picture, jsonb_array_elements(variants) variant"
    )
    files = {entry.key async for entry in store.list()}
    return {key_of(row["id"], row["width"], "webp") for row in rows} == {key for key in files if key.endswith("webp")}


class Halting(Store):
    """A store that halts before it deletes, until it may go on."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.halted, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def delete(self, keys: Iterable[str]) -> None:
        """Halt, then delete."""
        self.halted.set()
        await self.may_go_on.wait()
        await super().delete(keys)


class RefusingOne(Store):
    """A store that refuses the first file that it gets, and keeps the others waiting."""

    under_way, is_first = 0, True

    async def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """Refuse, or wait."""
        self.under_way += 1
        try:
            if self.is_first:
                self.is_first = False
                await asyncio.sleep(0)
                raise StoreAway("The store is full.")
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.under_way -= 1


async def test_an_upload_that_failed_puts_nothing_more_into_the_store(tmp_path: Path) -> None:
    store = RefusingOne(str(tmp_path))

    with pytest.raises(StoreAway, match="full"):
        await Pictures(store).keep(plain(), actor="asha")

    assert store.under_way == 0


class Filling(Store):
    """A store that is full once it has so many files, and deletes nothing while it is read-only."""

    room, is_read_only = 1, False

    async def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """Put what there is room for."""
        if not self.room:
            raise StoreAway("The store is full.")
        self.room -= 1
        await super().put(key, body, content_type=content_type)

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete, unless nothing can be."""
        if self.is_read_only:
            raise StoreAway("The store is read-only.")
        await super().delete(keys)


async def test_an_upload_that_a_full_disk_ends_leaves_it_no_fuller(tmp_path: Path) -> None:
    store = Filling(str(tmp_path))

    with pytest.raises(StoreAway, match="full"):
        await Pictures(store).keep(plain(800, 600), actor="asha")

    assert [entry async for entry in store.list()] == []


async def test_a_picture_whose_files_could_not_be_deleted_may_be_deleted_again(store_url: str) -> None:
    store = Filling(store_url)
    store.room = 2
    pictures = Pictures(store)
    picture_id, _ = await pictures.keep(plain(300, 200), actor="asha")
    store.is_read_only = True
    with pytest.raises(StoreAway):
        await pictures.delete(picture_id, actor="asha")
    store.is_read_only = False

    await pictures.delete(picture_id, actor="asha")

    assert [entry async for entry in store.list()] == []
    with pytest.raises(NotFound):
        await pictures.delete(picture_id, actor="asha")


async def test_who_deletes_a_picture_takes_nothing_from_who_sends_it_at_that_moment(
    sql: Connection, store_url: str
) -> None:
    store = Halting(store_url)
    sending, deleting = Pictures(Store(store_url)), Pictures(store)
    picture_id, _ = await sending.keep(plain(), actor="asha")

    gone = asyncio.create_task(deleting.delete(picture_id, actor="ravi"))
    await store.halted.wait()  # its row is gone, its files are not
    again = asyncio.create_task(sending.keep(plain(), actor="asha"))
    await eventually(lambda: waits_for_a_lock(sql))
    store.may_go_on.set()
    await gone

    assert await again == (picture_id, True)
    assert await complete(sql, store)
    assert await sql.fetchval("select count(*) from picture") == 1


async def test_files_that_became_a_picture_meanwhile_are_no_strays(sql: Connection, tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    await Pictures(store).keep(plain(), actor="asha")
    lists = store.list

    class Outrun(Store):
        async def delete_unfinished(self, *, age: timedelta) -> int:
            return 0

        async def list(self, prefix: str | None = None) -> AsyncIterator[Entry]:
            """As of two days ago; and after that, the picture is sent again."""
            async for entry in lists(prefix):
                yield replace(entry, modified_at=entry.modified_at - timedelta(days=2))
            if prefix is None:
                await Pictures(store).keep(plain(), actor="asha")

    await sql.execute("delete from picture")
    assert (await Pictures(Outrun(str(tmp_path))).collect(actor="cron")).stray == []
    assert await complete(sql, store)


async def test_one_that_is_sent_while_it_is_collected_stays(sql: Connection, tmp_path: Path) -> None:
    pictures = Pictures(Store(str(tmp_path)))
    picture_id, _ = await pictures.keep(plain(), actor="asha")
    await unused_for(sql, 31)
    async with reading() as connection:
        (old,) = await stored_pictures.unused(connection, timedelta(days=30))
        await pictures.keep(plain(), actor="asha")
        with pytest.raises(NotFound):
            await stored_pictures.delete(connection, old, actor="cron", age=timedelta(days=30))

    assert old == picture_id
    assert await complete(sql, pictures.store)


async def test_uploads_uses_deletes_and_collections_at_once_leave_each_picture_whole_or_gone(
    database: Database, sql: Connection, store_url: str
) -> None:
    pictures = Pictures(Store(store_url))
    program = await a_program(sql)

    async def send(number: int) -> None:
        for _ in range(4):
            await pictures.keep(plain(300 + number % 2, 200), actor="asha")

    async def delete() -> None:
        for _ in range(8):
            for found in await sql.fetch("select id from picture"):
                with suppress(NotFound, PictureInUse):
                    await pictures.delete(found["id"], actor="ravi")
            await asyncio.sleep(0)

    async def use() -> None:
        editor = await asyncpg.connect(database.dsn)
        for number in range(24):
            found = await editor.fetchval("select id from picture order by unused_since desc limit 1")
            posters = poster(found) if found and number % 2 else {}
            await editor.execute("update program set posters = $1 where id = $2", json.dumps(posters), program)
        await editor.close()

    async def collect() -> None:
        for _ in range(8):
            await pictures.collect(actor="cron", age=timedelta(0))

    await asyncio.gather(*map(send, range(4)), delete(), use(), collect())

    assert await complete(sql, pictures.store)
    assert not await sql.fetchval(
        "select count(*) from picture where unused_since is not null and chaishots_is_picture_used(id)"
    )


async def test_files_outlive_a_loss_of_power_before_the_database_knows_them(
    sql: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def note(opened: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{opened}"))
        real(opened)

    real = os.fsync
    monkeypatch.setattr(os, "fsync", note)
    pictures = Pictures(Store(str(tmp_path)))
    picture_id, _ = await pictures.keep(plain(), actor="asha")
    files = [str(tmp_path / entry.key) async for entry in pictures.store.list()]

    assert sorted(synced) == sorted([*files, str(tmp_path / picture_id), str(tmp_path)])

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreAway, match="Input/output error"):
        await pictures.keep(plain(500, 300), actor="asha")
    assert await sql.fetchval("select count(*) from picture") == 1


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
        moved = [await stored_pictures.move(connection, "http://127.0.0.1:9", actor="asha") for _ in range(2)]

    assert moved == [1, 0]
    kept = poster(picture_id, "http://127.0.0.1:9")
    kept["en"]["landscape"] = other
    assert json.loads((await row(sql, "program", program))["posters"]) == kept
    assert "catalog.example.com" in (await row(sql, "program", stays))["posters"]
