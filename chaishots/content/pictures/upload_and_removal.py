"""A picture's way from an editor's bytes into the store and the database, and out of both again.

The files come first and the database's row last: a process that dies in between leaves files that nobody knows of, and
`collect` removes them a day later. Files go last, and only while the database does not know the picture: both are done
in turns (`stored_pictures.turn`), so that who deletes a picture takes nothing from who sends it at that moment. Must
not know HTTP.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chaishots.concurrency import run_all
from chaishots.content.errors import NotFound, PictureInUse, PictureRefused
from chaishots.content.pictures import stored_pictures
from chaishots.content.pictures.decoder_processes import Decoded, Decoders
from chaishots.content.pictures.formats_and_limits import MOST_BYTES
from chaishots.database.connection import reading
from chaishots.database.errors import DatabaseTrouble
from chaishots.storage.folder_or_bucket import Store, StoreAway

UNUSED_AGE: Final = timedelta(days=30)
"""What nothing has used for so long, `collect` removes."""
_STRAY_AGE: Final = timedelta(days=1)
"""Files without a row are of an upload that was cut off; so young, of one that may still go on."""
_BATCH: Final = 500
_TRIES: Final = 3
_STORE_SECONDS: Final = 5
"""How long the store may take while a connection waits for it."""
_CONTENT_TYPES: Final = {"webp": "image/webp", "avif": "image/avif"}


@dataclass(frozen=True, slots=True)
class Collected:
    """What was removed: pictures that nothing had used, ids of files without a picture, and how many half files."""

    unused: list[str]
    stray: list[str]
    unfinished: int


class Pictures:
    """The pictures of this catalog."""

    def __init__(self, store: Store, decoders: Decoders | None = None) -> None:
        self.store = store
        self._decoders = decoders or Decoders()

    async def keep(self, data: bytes, *, actor: str) -> tuple[str, bool]:
        """Keep a picture as it was uploaded: its id, and whether it was not there before.

        Raises: UnsupportedPicture, PictureRefused; Overloaded when too many are being decoded; StoreAway.
        """
        if len(data) > MOST_BYTES:
            raise PictureRefused(
                f"The picture is larger than {MOST_BYTES // 2**20} MiB: save it smaller, and send that."
            )
        picture_id = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        async with reading() as connection:
            variants = await stored_pictures.touch(connection, picture_id)
        if variants is not None and await self._has(picture_id, variants):
            return picture_id, False
        decoded = await self._decoders.decode(data)
        for _ in range(_TRIES):
            try:
                await self._put(picture_id, decoded)
            except StoreAway:
                await self._take_back(picture_id)
                raise
            if (is_new := await self._note(picture_id, decoded, actor)) is not None:
                return picture_id, is_new
        raise StoreAway(f"The store of pictures, {self.store.name}, loses what is put into it.")

    async def _note(self, picture_id: str, decoded: Decoded, actor: str) -> bool | None:
        """Whether the picture was not known before; None when its files were removed before they could be noted."""
        widths = [{"width": variant.width} for variant in decoded.variants]
        async with reading() as connection, stored_pictures.turn(connection, picture_id):
            async with self._in_time():
                if not await self._has(picture_id, widths):
                    return None
            return await stored_pictures.insert(connection, picture_id, decoded, actor=actor)

    async def delete(self, picture_id: str, *, actor: str) -> None:
        """Remove a picture, or what the store has of one that is removed.

        Raises: NotFound; PictureInUse; StoreAway, when its files are left to who asks again, and to `collect`.
        """
        try:
            async with reading() as connection:
                await stored_pictures.delete(connection, picture_id, actor=actor)
        except NotFound:
            if not [entry async for entry in self.store.list(picture_id)]:
                raise
        await self._remove(picture_id)

    async def collect(self, *, actor: str, age: timedelta = UNUSED_AGE) -> Collected:
        """Remove what nothing has used for so long, and files that belong to no picture. Raises: StoreAway."""
        async with reading() as connection:
            ids = await stored_pictures.unused(connection, age)
        unused: list[str] = []
        for picture_id in ids:
            try:
                async with reading() as connection:
                    await stored_pictures.delete(connection, picture_id, actor=actor, age=age)
                await self._remove(picture_id)
            except (PictureInUse, NotFound):  # by now
                continue
            unused.append(picture_id)
        stray = await self._collect_stray()
        return Collected(unused, stray, await self.store.delete_unfinished(age=_STRAY_AGE))

    async def _collect_stray(self) -> list[str]:
        youngest: dict[str, datetime] = {}
        async for entry in self.store.list():
            picture_id = entry.key.partition("/")[0]
            youngest[picture_id] = max(entry.modified_at, youngest.get(picture_id, entry.modified_at))
        old = [key for key, modified_at in youngest.items() if datetime.now(UTC) - modified_at > _STRAY_AGE]
        stray: list[str] = []
        for start in range(0, len(old), _BATCH):
            batch = old[start : start + _BATCH]
            async with reading() as connection:
                known = await stored_pictures.known(connection, batch)
            stray += [each for each in batch if each not in known and await self._remove(each)]
        return stray

    async def _has(self, picture_id: str, variants: Iterable[dict[str, int]]) -> bool:
        there = {entry.key async for entry in self.store.list(picture_id)}
        return {key_of(picture_id, variant["width"], "webp") for variant in variants} <= there

    async def _put(self, picture_id: str, decoded: Decoded) -> None:
        files = [
            (key_of(picture_id, variant.width, form), body, _CONTENT_TYPES[form])
            for variant in decoded.variants
            for form, body in (("webp", variant.webp), ("avif", variant.avif))
            if body is not None
        ]

        async def put(file: tuple[str, bytes, str]) -> None:
            key, body, content_type = file
            await self.store.put(key, body, content_type=content_type)

        await run_all(put, files, at_once=len(files))
        await self.store.sync(picture_id)

    async def _take_back(self, picture_id: str) -> None:
        """Leave no files of an upload that failed in a folder: they would keep a disk full that is."""
        if self.store.is_folder:
            with suppress(StoreAway, DatabaseTrouble):
                await self._remove(picture_id)

    async def _remove(self, picture_id: str) -> bool:
        """Remove the files of what is no picture; whether it is none, at this moment."""
        async with reading() as connection, stored_pictures.turn(connection, picture_id):
            if await stored_pictures.known(connection, [picture_id]):
                return False
            async with self._in_time():
                await self.store.delete([entry.key async for entry in self.store.list(picture_id)])
            await stored_pictures.tell_removed(connection, picture_id)
            return True

    @asynccontextmanager
    async def _in_time(self) -> AsyncGenerator[None]:
        # A connection waits for it.
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                yield
        except TimeoutError as error:
            raise StoreAway(f"The store of pictures, {self.store.name}, does not answer in time.") from error


def key_of(picture_id: str, width: int, form: str) -> str:
    """Where the file of a variant is in the store. form: webp or avif."""
    return f"{picture_id}/{width}.{form}"
