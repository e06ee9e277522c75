"""Pictures beside a file of content: a path in the place of a URL is uploaded, and its URL takes its place.

Must not know how a picture is kept.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, cast

from chaishots.concurrency import run_all
from chaishots.content.errors import ContentError, PictureRefused
from chaishots.content.exchange.faults import Fault, FaultList
from chaishots.content.exchange.field_readers import PicturePath
from chaishots.content.exchange.file_content import Content, Seed
from chaishots.content.pictures.local_files import read_file

Upload = Callable[[bytes], Coroutine[Any, Any, str]]
"""Keeps a picture, and gives its URL. Raises: a ContentError when the picture is refused."""

_MAPS: Final = ("posters", "thumbnails")
_AT_ONCE: Final = 8


async def upload_pictures(content: Content, folder: Path | None, upload: Upload | None) -> frozenset[str]:
    """Put URLs in the place of the paths in a file, each picture uploaded once; those URLs.

    Args:
        folder: where the file is; the pictures are in it or below. None: it came alone, and a path is refused.
        upload: None where nothing can be uploaded: a path is refused then.
    Raises: Fault, naming each path that cannot be.
    """
    paths: dict[str, list[tuple[Seed, PicturePath]]] = {}
    for seed, variants in _variants(content):
        for path in variants.values():
            if isinstance(path, PicturePath):
                paths.setdefault(path, []).append((seed, path))
    faults = FaultList()
    urls: dict[str, str] = {}

    async def one(path: str) -> None:
        with faults.noting():
            urls[path] = await _upload(paths[path][0][1], folder, upload)

    await run_all(one, [*paths], at_once=_AT_ONCE)
    faults.require_none()
    for _, variants in _variants(content):
        variants.update({name: urls[path] for name, path in variants.items() if isinstance(path, PicturePath)})
    return frozenset(urls.values())


def _variants(content: Content) -> Iterator[tuple[Seed, dict[str, str]]]:
    lessons = (lesson for program in content.programs for term in program.parts for lesson in term.parts)
    for seed in (*content.programs, *lessons):
        for name in _MAPS:
            # cast: a seed's values are of any type.
            by_language = cast("dict[str, dict[str, str]]", seed.values.get(name) or {})
            for variants in by_language.values():
                yield seed, variants
    for picture in content.pictures:
        yield picture, picture.values


async def _upload(path: PicturePath, folder: Path | None, upload: Upload | None) -> str:
    if folder is None:
        raise _fault(path, "This file came without pictures beside it: upload the picture first, and give its URL.")
    if upload is None:
        raise _fault(path, "Give a URL: there is nowhere to keep the picture.")
    inside = folder.resolve()
    file = (inside / path).resolve()
    if not file.is_relative_to(inside):
        raise _fault(path, "Keep the picture beside the file, or in a folder below it.")
    try:
        data = await asyncio.to_thread(read_file, file, named=path)
    except PictureRefused as refused:
        raise _fault(path, str(refused)) from refused
    try:
        return await upload(data)
    except ContentError as refused:
        raise _fault(path, f"The picture {path} is refused. {refused}") from refused


def _fault(path: PicturePath, rule: str) -> Fault:
    return Fault(path.place, rule, path.line)
