"""Answers reads of pictures: from memory, or else from the store.

A file never changes under its name, which holds the SHA-256 of what it was made of. So it is immutable to whoever keeps
it, but for one that stands in for the widest while that is missing. What was deleted is dropped as soon as that is
heard; should it not be, a file is read again after a minute. Must not know how pictures are made, nor the catalog.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from chaishots.api.delivery.cached_answer import Answer
from chaishots.api.delivery.picture_answers import (
    AWAY,
    MISSING,
    ROUTE,
    PictureFile,
    PictureRequest,
    file_of,
    refuse,
    respond,
)
from chaishots.api.delivery.single_flight import Flights
from chaishots.api.problem_document import Problem
from chaishots.api.problem_of_error import problem_of
from chaishots.api.request_tasks import RequestTasks
from chaishots.content.pictures.formats_and_limits import WIDTHS
from chaishots.content.pictures.upload_and_removal import key_of
from chaishots.logs import named_logger
from chaishots.metrics import PICTURE_READS, REQUESTS
from chaishots.storage.folder_or_bucket import Store, StoreAway

_FRESH_SECONDS: Final = 60
"""How long a file is served from memory before it is read again."""
_MISSING_SECONDS: Final = 5
_MOST_MISSING: Final = 4_096
_MOST_WIDTHS: Final = 65_536
_FILE_BYTES: Final = 512
"""What a file takes in memory beside its bytes."""
_READS: Final = 16
"""Reads of the store at a time."""
_TOLD_SECONDS: Final = 60
_MEMORY: Final = ("memory",)
_STORE: Final = ("store",)

_log = named_logger("pictures")


class PictureDelivery:
    """Serves the files of pictures."""

    def __init__(
        self,
        store: Store,
        *,
        memory_bytes: int,
        is_known: Callable[[str, int | None, str], Awaitable[bool]],
        width_of: Callable[[str], Awaitable[int | None]],
        tasks: RequestTasks,
    ) -> None:
        """Serve what is in the store.

        Args:
            memory_bytes: the most that files may take in memory.
            is_known: whether the database knows a picture's file, by the picture's id, its width and form; asked about
                what the store does not have.
            width_of: how wide the database knows a picture to be; asked where the store's widest file may not be it.
            tasks: starts the reads of the store.
        """
        self._store = store
        self._memory_bytes = memory_bytes
        self._is_known = is_known
        self._width_of = width_of
        self._files: OrderedDict[tuple[str, int | None, str], PictureFile] = OrderedDict()
        self._held_bytes = 0
        self._missing: OrderedDict[tuple[str, int | None, str], float] = OrderedDict()
        self._widest: OrderedDict[str, int] = OrderedDict()
        # A file is the same whenever it is read: who asks shares a read under way, unless files were removed since.
        self._era = object()
        self._reads: Flights[PictureFile | Problem] = Flights(tasks, concerns=lambda: self._era)
        self._places = asyncio.Semaphore(_READS)
        self._told_at = {"missing": -math.inf, "away": -math.inf}

    def drop(self, picture_id: str) -> None:
        """Have no file of this picture any more: they were removed from the store."""
        self._era = object()
        self._widest.pop(picture_id, None)
        for key in [key for key in self._files if key[0] == picture_id]:
            self._forget(key)

    def look_again(self) -> None:
        """Ask the store for what it did not have: a picture came that content named before it was there."""
        self._missing.clear()

    def read_again(self) -> None:
        """Have each file read again before it is served, if the store is there: removals may have gone unheard."""
        self._era = object()
        self._missing.clear()
        for file in self._files.values():
            file.read_at = -math.inf

    def at_hand(self, asked: PictureRequest) -> Answer | None:
        """The answer when the file lies ready; None when it has to be waited for."""
        file = self._hot(asked)
        return respond(asked, file) if file is not None else None

    def whole(self, asked: PictureRequest) -> tuple[bytes, bytes] | None:
        """The lines of the head, but for the request's id, and the file, for who asks plainly; None as in `at_hand`."""
        file = self._hot(asked)
        if file is None:
            return None
        REQUESTS["GET", ROUTE, 200] += 1
        return file.lines, file.body

    async def answer(self, asked: PictureRequest) -> Answer:
        """Answer, whatever becomes of it: a problem is an answer too."""
        if (answer := self.at_hand(asked)) is not None:
            return answer
        key = asked[:3]
        found = await self._read(key, self._files.get(key))
        return refuse(asked, found) if isinstance(found, Problem) else respond(asked, found)

    def answer_failure(self, asked: PictureRequest, error: Exception) -> Answer:
        """Answer that something of ours went wrong."""
        return refuse(asked, problem_of(error))

    def _hot(self, asked: PictureRequest) -> PictureFile | None:
        key = asked[:3]
        file = self._files.get(key)
        if file is None or time.monotonic() - file.read_at > _FRESH_SECONDS:
            return None
        self._files.move_to_end(key)
        PICTURE_READS[_MEMORY] += 1
        return file

    async def _read(self, key: tuple[str, int | None, str], old: PictureFile | None) -> PictureFile | Problem:
        missing_at = self._missing.get(key)
        if missing_at is not None and time.monotonic() - missing_at < _MISSING_SECONDS:
            return MISSING
        done, _ = self._reads.join(key, lambda: self._from_store(key))
        await asyncio.wait({done})
        found = done.result()
        if isinstance(found, Problem) and found.status >= 500 and old is not None:
            old.read_at = time.monotonic() - _FRESH_SECONDS + _MISSING_SECONDS
            return old  # the store is away, and the file is what it was
        return found

    async def _from_store(self, key: tuple[str, int | None, str]) -> PictureFile | Problem:
        picture_id, width, form = key
        era = self._era
        PICTURE_READS[_STORE] += 1
        is_final = True
        try:
            async with self._places:
                actual = width
                if actual is None:
                    actual, is_final = await self._find_widest(picture_id, form)
                body = await self._store.get(key_of(picture_id, actual, form)) if actual else None
        except StoreAway as away:
            if self._is_to_be_told("away"):
                _log.error("store.away", reason=str(away), action=away.action)
            return AWAY
        except Exception as error:  # noqa: BLE001  # a problem to answer
            return problem_of(error)
        if body is None:
            self._forget(key)
            return await self._note_missing(key)
        file = file_of(body, form, is_final=is_final)
        if era is self._era:
            self._hold(key, file)
        return file

    async def _find_widest(self, picture_id: str, form: str) -> tuple[int | None, bool]:
        """The width of the widest file there is, and whether the picture is known to have no wider one."""
        if (width := self._widest.get(picture_id)) is not None:
            return width, True
        keys = [entry.key async for entry in self._store.list(picture_id)]
        widths = [int(key.rpartition("/")[2].partition(".")[0]) for key in keys if key.endswith(".webp")]
        if not widths:
            return None, True
        width = max(widths)
        if width in WIDTHS[:-1] and not await self._has_no_wider(picture_id, width, form):
            return width, False
        self._widest[picture_id] = width
        if len(self._widest) > _MOST_WIDTHS:
            self._widest.popitem(last=False)
        return width, True

    async def _has_no_wider(self, picture_id: str, width: int, form: str) -> bool:
        """Of a width that wide pictures have too; where the database does not answer, nobody knows."""
        try:
            known = await self._width_of(picture_id)
        except Exception:  # noqa: BLE001  # the file is served all the same
            return False
        if known is not None and known > width:
            self._tell_lost(picture_id, None, form)
        return known == width

    async def _note_missing(self, key: tuple[str, int | None, str]) -> Problem:
        # Of this file alone: anybody may ask for a width that a picture never had.
        picture_id = key[0]
        self._widest.pop(picture_id, None)
        self._missing[key] = time.monotonic()
        self._missing.move_to_end(key)
        if len(self._missing) > _MOST_MISSING:
            self._missing.popitem(last=False)
        if self._is_to_be_told("missing", look_only=True):
            try:
                is_lost = await self._is_known(*key)
            except Exception:  # noqa: BLE001  # it is only about a line of the log
                return MISSING
            if is_lost:
                self._tell_lost(*key)
        return MISSING

    def _tell_lost(self, picture_id: str, width: int | None, form: str) -> None:
        if self._is_to_be_told("missing"):
            _log.error(
                "picture.missing",
                picture=picture_id,
                file=f"{picture_id}{f'-{width}' if width else ''}.{form}",
                store=self._store.name,
                action="Set CHAISHOTS_PICTURES_URL to one folder or bucket that all replicas share, and put back "
                "what a restore left out: copy the picture's folder, or send the picture again.",
            )

    def _is_to_be_told(self, what: str, *, look_only: bool = False) -> bool:
        now = time.monotonic()
        if now - self._told_at[what] < _TOLD_SECONDS:
            return False
        if not look_only:
            self._told_at[what] = now
        return True

    def _hold(self, key: tuple[str, int | None, str], file: PictureFile) -> None:
        self._forget(key)
        if len(file.body) + _FILE_BYTES > self._memory_bytes:
            return
        self._files[key] = file
        self._held_bytes += len(file.body) + _FILE_BYTES
        while self._held_bytes > self._memory_bytes:
            self._forget(next(iter(self._files)))

    def _forget(self, key: tuple[str, int | None, str]) -> None:
        if (file := self._files.pop(key, None)) is not None:
            self._held_bytes -= len(file.body) + _FILE_BYTES
