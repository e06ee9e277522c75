"""A store of files by key: a folder of this machine, or a bucket of S3, Google Cloud Storage or Azure.

A put is whole or not at all: a folder gets a file by renaming it, a bucket an object. That a folder's files outlive a
loss of power is `sync`'s. Knows obstore and what it raises.
Must not know what the files are for.
"""

import asyncio
import errno
import os
import re
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Generator

    from obstore import Attributes
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

BUCKETS: Final = ("s3", "gs", "az")
"""Schemes of the URLs that name a bucket; their credentials come from the environment, as their own tools take them."""
_CONNECT_SECONDS: Final = timedelta(seconds=3)
_REQUEST_SECONDS: Final = timedelta(seconds=15)
_RETRIES: Final = 2
_UNFINISHED: Final = re.compile(r".*#\d+")
"""How the library names a file of a folder until it is whole; it lists none, and takes no such key."""
_KIND: Final = re.compile(r"Generic \w+ error: ")


_ROOM: Final = "Make room on its disk."
_HANDS: Final = "Let the user that runs this write there, or name another place in CHAISHOTS_PICTURES_URL."
CHECK_STORE: Final = (
    "Check CHAISHOTS_PICTURES_URL, the credentials beside it, that it is reached from here, and that this user may "
    "write there."
)
"""What to do about a store of which no more is known."""
# Of a folder: the library keeps the system's number in its words alone.
_ACTIONS_BY_NUMBER: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _ROOM),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _HANDS),
}
_NUMBER: Final = re.compile(r"\(os error (\d+)\)|^\[Errno (\d+)\]")


class StoreAway(Exception):
    """The store was not reached, or refuses what was asked; the text says which and why, in one line.

    action: what to do about it.
    """

    def __init__(self, text: str, action: str = CHECK_STORE) -> None:
        super().__init__(text)
        self.action = action


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the store."""

    key: str
    size_bytes: int
    modified_at: datetime


class Store:
    """The files of one folder or bucket."""

    def __init__(self, url: str) -> None:
        """Open the store; a folder is made when it is missing.

        Args:
            url: a path, or a URL: file, s3, gs or az.
        Raises: StoreAway.
        """
        scheme = urlsplit(url).scheme
        self.is_folder = scheme not in BUCKETS
        self.name = url
        """What it is called in messages: the URL holds no secret."""
        with self._explaining("opened"):
            self._store = _folder(url) if self.is_folder else _bucket(url)

    async def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """Keep a file under this key, in the place of one that is there.

        Whoever is cancelled meanwhile leaves once a folder's file is there, or is not to be: it comes no later.

        Raises: StoreAway.
        """
        import obstore

        # A folder keeps no types. A bucket's are for whoever puts a CDN in front of it.
        attributes: Attributes = {"Content-Type": content_type, "Cache-Control": "public, max-age=31536000, immutable"}
        with self._explaining("written"):
            writing = obstore.put_async(
                self._store,
                key,
                body,
                attributes=None if self.is_folder else attributes,
                use_multipart=False,  # in parts, a bucket would keep those of a put that was cut off
            )
            await (_to_its_end(writing) if self.is_folder else writing)

    async def get(self, key: str) -> bytes | None:
        """The file of this key; None when there is none. Raises: StoreAway."""
        import obstore

        with self._explaining("read"):
            try:
                answer = await obstore.get_async(self._store, key)
                return bytes(await answer.bytes_async())
            except FileNotFoundError:
                return None

    async def sync(self, prefix: str) -> None:
        """Have what was put into the folder that the prefix names outlive a loss of power. Raises: StoreAway.

        A bucket's puts do when they are answered.
        """
        if self.is_folder:
            with self._explaining("written"):
                await asyncio.to_thread(_sync, folder_of(self.name), prefix)

    async def list(self, prefix: str | None = None) -> AsyncIterator[Entry]:
        """Every file, or those in the folder that the prefix names. Raises: StoreAway."""
        import obstore

        with self._explaining("listed"):
            async for batch in obstore.list(self._store, prefix=prefix):  # pyright: ignore[reportUnknownMemberType]
                for found in batch:
                    yield Entry(found["path"], found["size"], found["last_modified"])

    async def delete(self, keys: Iterable[str]) -> None:
        """Remove files; what is not there is gone already. Raises: StoreAway."""
        import obstore

        with self._explaining("written"):
            for key in keys:
                with suppress(FileNotFoundError):
                    await obstore.delete_async(self._store, key)

    async def delete_unfinished(self, *, age: timedelta) -> int:
        """Remove what a folder has of puts that were cut off so long ago; how many files. Raises: StoreAway."""
        with self._explaining("written"):
            return await asyncio.to_thread(_delete_unfinished, folder_of(self.name), age) if self.is_folder else 0

    @contextmanager
    def _explaining(self, done: str) -> "Generator[None]":
        from obstore.exceptions import BaseError

        try:
            yield
        # Whatever the library tells of a store: its own errors, a folder's, and what this kind of store does not take
        # or cannot do. Anything else is a fault of ours, and told as that.
        except (BaseError, OSError, ValueError, NotImplementedError) as error:
            # The first line is the sentence; what follows it, and the name of its kind, is the library's own view.
            reason = " ".join(_KIND.sub("", str(error)).partition("\n")[0].split()) or type(error).__name__
            text = f"The store of pictures, {self.name}, cannot be {done}: {reason.rstrip('.')}."
            raise StoreAway(text, _action_for(reason)) from error


async def _to_its_end(writing: Awaitable[object]) -> None:
    # The library writes a folder's file in a thread, which nothing stops: whoever is cancelled, and then removes what
    # there is, would find it there again. A folder that hangs holds up nobody for longer than a bucket may.
    under_way = asyncio.ensure_future(writing)
    try:
        await asyncio.shield(under_way)
    except asyncio.CancelledError:
        await asyncio.wait([under_way], timeout=_REQUEST_SECONDS.total_seconds())
        raise


def _action_for(reason: str) -> str:
    number = next(filter(None, found.groups()), "0") if (found := _NUMBER.search(reason)) else "0"
    return _ACTIONS_BY_NUMBER.get(int(number), CHECK_STORE)


def folder_of(url: str) -> Path:
    """The folder that a path or a file URL names."""
    parts = urlsplit(url)
    return Path(unquote(parts.path) if parts.scheme == "file" else url).expanduser().absolute()


def _sync(root: Path, prefix: str) -> None:
    # The library does not. First the files, then the names that they have been given.
    folder = root / prefix
    names = os.listdir(folder) if folder.exists() else []
    for path in (*(folder / name for name in names), folder, root):
        with suppress(FileNotFoundError):  # whoever removed it, or renames it, sees to it
            opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)


def _delete_unfinished(folder: Path, age: timedelta) -> int:
    latest = (datetime.now(UTC) - age).timestamp()
    number = 0
    for parent, _, names in os.walk(folder):  # which goes on where a folder has just gone
        unfinished = [Path(parent, name) for name in names if _UNFINISHED.fullmatch(name)]
        for file in unfinished:
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < latest:
                    file.unlink()
                    number += 1
        if unfinished and Path(parent) != folder:
            with suppress(OSError):  # there is something else in it
                os.rmdir(parent)
    return number


def _folder(url: str) -> "ObjectStore":
    from obstore.store import LocalStore

    path = folder_of(url)
    path.mkdir(parents=True, exist_ok=True)
    return LocalStore(path, automatic_cleanup=True)


def _bucket(url: str) -> "ObjectStore":
    from obstore.store import from_url

    # A server of one's own, on the same machine or network, may speak plain HTTP; the library has to be told.
    endpoints = (os.environ.get(name, "") for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"))
    client: ClientConfig = {
        "timeout": _REQUEST_SECONDS,
        "connect_timeout": _CONNECT_SECONDS,
        "allow_http": any(endpoint.startswith("http://") for endpoint in endpoints),
    }
    retry: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": _REQUEST_SECONDS}
    return from_url(url, client_options=client, retry_config=retry)
