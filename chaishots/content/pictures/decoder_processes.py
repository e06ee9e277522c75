"""Has pictures decoded: a process for each, a few at a time, each within its memory and time (`decoder.py`)."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chaishots.content.errors import PictureRefused, UnsupportedPicture
from chaishots.content.pictures import decoder
from chaishots.content.pictures.formats_and_limits import FORMATS, format_of
from chaishots.database.errors import Overloaded
from chaishots.metrics import PICTURES_DECODED
from chaishots.observability import named_logger

DECODERS: Final = max(1, min(4, (os.cpu_count() or 1) - 1))
"""Processes at a time: one core is left to readers."""
MOST_WAITING: Final = 32
_SECONDS: Final = 60
"""How long one may take on a busy machine; its own limit of CPU time is `CPU_SECONDS`."""
_OWN_AVIF_FROM: Final = 500
"""Of the pictures of the demo, posters have AVIF too, and thumbnails, which would take two seconds more, have not."""
_NICENESS: Final = 19
_NICENESS_WAITED_FOR: Final = 5
_ROOT: Final = str(Path(__file__).parents[3].resolve())
_PROGRAM: Final = (
    f"import sys; sys.path.insert(0, {_ROOT!r}); from chaishots.content.pictures.decoder import main; main()"
)

_log = named_logger("pictures")


@dataclass(frozen=True, slots=True)
class EncodedVariant:
    """One size of a picture, as files. avif: None where it would not be smaller."""

    width: int
    height: int
    webp: bytes
    avif: bytes | None


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, upright and without metadata. The size is its widest variant's; `variants` begins with that."""

    width: int
    height: int
    colour: str
    variants: tuple[EncodedVariant, ...]


class Decoders:
    """The processes that decode, of one process of ours; belongs to one event loop."""

    def __init__(self, count: int = DECODERS, *, is_waited_for: bool = False) -> None:
        """Decode `count` pictures at the same time.

        is_waited_for: a person waits for them, and no reader does for this process: they need not let everybody else go
        first, which on a busy machine would be for ever.
        """
        self._is_waited_for = is_waited_for
        self._places = asyncio.Semaphore(count)
        self._waiting = 0

    async def decode(self, data: bytes) -> Decoded:
        """Decode a picture, and make its variants.

        Raises: UnsupportedPicture, PictureRefused, each with what to do; Overloaded when too many wait already, or the
            machine has no time for it.
        """
        if format_of(data[:64]) is None:
            raise UnsupportedPicture(f"Send a picture as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
        if self._waiting >= MOST_WAITING:
            raise Overloaded(f"{MOST_WAITING} pictures are being decoded, or wait for it.")
        self._waiting += 1
        try:
            with PICTURES_DECODED.time():
                async with self._places:
                    output = await _run(data, is_waited_for=self._is_waited_for)
        finally:
            self._waiting -= 1
        return _read(output)


class OwnDecoder(Decoders):
    """Decodes pictures that come with the program, in this process, small ones as WebP alone: the demo waits for them.

    Whatever else somebody sends is hostile until it is decoded, and goes through processes.
    """

    async def decode(self, data: bytes) -> Decoded:
        """Decode a picture, and make its variants. Raises: PictureRefused."""
        async with self._places:
            try:
                told, bodies = await asyncio.to_thread(decoder.decode, data, avif_from=_OWN_AVIF_FROM)
            except decoder.Refused as refused:
                raise PictureRefused(str(refused)) from refused
        return _decoded(told, b"".join(bodies))


async def _run(data: bytes, *, is_waited_for: bool) -> bytes:
    # -I: neither the environment nor the folder that we were started in has a say; nor are our secrets passed on.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-c", _PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    _give_way(process.pid, is_waited_for=is_waited_for)
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate(data)
    except TimeoutError:
        _log.warning("decoder.slow", seconds=_SECONDS, picture_bytes=len(data))
        # Of processor time it may take less than that, so the machine has had none to spare.
        raise Overloaded(f"A picture was not decoded within {_SECONDS} s: all else goes first.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == -signal.SIGXCPU:
        raise PictureRefused("The picture takes too long to decode: save it anew, smaller, and send that.")
    if process.returncode != 0:
        _log.warning("decoder.ended", exit_code=process.returncode, picture_bytes=len(data))
        raise PictureRefused("The picture cannot be decoded: open it in a viewer, save it anew, and send that.")
    return output


def _give_way(pid: int, *, is_waited_for: bool) -> None:
    """Have a process run only while nobody else wants the processor; one that is waited for, after others.

    From here and not by itself: Python starts for 30 ms before it could. Whoever has an answer to give takes the
    processor at once from a process of the idle class, and only after its slice of 3 ms from one that is merely nice.
    """
    with contextlib.suppress(OSError):  # it has ended, or there is no such class
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS_WAITED_FOR if is_waited_for else _NICENESS)
        if not is_waited_for and hasattr(os, "SCHED_IDLE"):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))


def _read(output: bytes) -> Decoded:
    line, _, bodies = output.partition(b"\n")
    told: dict[str, Any] = json.loads(line)
    if reason := told.get("refused"):
        raise PictureRefused(reason)
    return _decoded(told, bodies)


def _decoded(told: Mapping[str, Any], bodies: bytes) -> Decoded:  # Any: JSON
    at = 0
    variants: list[EncodedVariant] = []
    for variant in told["variants"]:
        files: list[bytes | None] = []
        for form in ("webp", "avif"):
            size = variant.get(form)
            files.append(None if size is None else bodies[at : at + size])
            at += size or 0
        webp, avif = files
        assert webp is not None  # each variant has one
        variants.append(EncodedVariant(variant["width"], variant["height"], webp, avif))
    return Decoded(told["width"], told["height"], told["colour"], tuple(variants))
