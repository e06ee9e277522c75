"""Has pictures decoded: a process for each, a few at a time, each within its memory and time (`decoder.py`).

Another process starts them (`decoder_starter.py`), which begins with the first picture and ends with this one.
"""

import asyncio
import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chaishots.content.errors import PictureRefused, UnsupportedPicture
from chaishots.content.pictures import decoder
from chaishots.content.pictures.decoder_starter import EXIT_CODE, SIZE
from chaishots.content.pictures.formats_and_limits import FORMATS, format_of
from chaishots.database.errors import Overloaded
from chaishots.logs import named_logger
from chaishots.metrics import PICTURES_DECODED

DECODERS: Final = max(1, min(4, (os.cpu_count() or 1) - 1))
"""Processes at a time: one core is left to readers."""
MOST_WAITING: Final = 32
_SECONDS: Final = 60
"""How long one may take on a busy machine; its own limit of CPU time is `CPU_SECONDS`."""
_OWN_AVIF_FROM: Final = 500
"""Of the pictures of the demo, posters have AVIF too, and thumbnails, which would take two seconds more, have not."""
_NICENESS: Final = 19
_NICENESS_WAITED_FOR: Final = 5
_STOP_SECONDS: Final = 5
_ROOT: Final = str(Path(__file__).parents[3].resolve())
_PROGRAM: Final = (
    f"import sys; sys.path.insert(0, {_ROOT!r}); from chaishots.content.pictures.decoder_starter import main; main()"
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
    with _started(is_waited_for=is_waited_for) as process:
        has_ended = False
        try:
            async with asyncio.timeout(_SECONDS):
                output = await _ask(process, data)
            has_ended = True
        except TimeoutError:
            _log.warning("decoder.slow", seconds=_SECONDS, picture_bytes=len(data))
            # Of processor time it may take less than that, so the machine has had none to spare.
            raise Overloaded(f"A picture was not decoded within {_SECONDS} s: all else goes first.") from None
        finally:
            if not has_ended and not await _stop(process):
                _give_up_starter(is_waited_for=is_waited_for)
    if len(output) < EXIT_CODE.size:
        _log.warning("decoder.not_started", picture_bytes=len(data))
        raise Overloaded("The process that starts decoders has ended: send the picture again.")
    (exit_code,) = EXIT_CODE.unpack(output[-EXIT_CODE.size :])
    if exit_code == -signal.SIGXCPU:
        raise PictureRefused("The picture takes too long to decode: save it anew, smaller, and send that.")
    if exit_code != 0:
        _log.warning("decoder.ended", exit_code=exit_code, picture_bytes=len(data))
        raise PictureRefused("The picture cannot be decoded: open it in a viewer, save it anew, and send that.")
    return output[: -EXIT_CODE.size]


async def _ask(process: socket.socket, data: bytes) -> bytes:
    """What a process answers for a picture, and its exit code behind that."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):  # it has ended before it had read all: its exit code says more
        await loop.sock_sendall(process, SIZE.pack(len(data)))
        await loop.sock_sendall(process, data)
    return await _read_all(process)


async def _read_all(process: socket.socket) -> bytes:
    parts: list[bytes] = []
    with contextlib.suppress(ConnectionError):  # it has not read all
        while part := await asyncio.get_running_loop().sock_recv(process, 65_536):
            parts.append(part)
    return b"".join(parts)


async def _stop(process: socket.socket) -> bool:
    """Have a process killed, and wait until it has ended: another one may take its place then. False: it has not."""
    with contextlib.suppress(OSError):
        process.shutdown(socket.SHUT_WR)
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await _read_all(process)
    except TimeoutError:
        return False
    return True


class _Starter:
    """The process that starts decoders."""

    def __init__(self, *, is_waited_for: bool) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # this Python, and a program of ours
                # -I: neither the environment nor the folder that we were started in has a say; nor are our secrets
                # passed on. In a group of its own: who stops us by Ctrl+C stops no upload that we still answer. Not in
                # a session of its own, which Linux gives a share of the processor as large as ours.
                [sys.executable, "-I", "-c", _PROGRAM],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                process_group=0,
            )
        self._control.setblocking(False)
        _give_way(self._process.pid, is_waited_for=is_waited_for)

    def start(self) -> socket.socket:
        """Have a decoder started; the socket to it. Raises: OSError when this process has ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"\0"], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        ours.setblocking(False)
        return ours

    def kill(self) -> None:
        """End it though it hangs; what it has started finds nobody to answer to."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it, and what it has started."""
        self._control.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:  # on a machine that has no time for it
            self._process.kill()
            self._process.wait()


_starters: Final[dict[bool, _Starter]] = {}
"""By whether somebody waits for what they decode."""


def _started(*, is_waited_for: bool) -> socket.socket:
    starter = _starters.get(is_waited_for)
    if starter is not None:
        try:
            return starter.start()
        except OSError:
            _log.warning("decoder.starter_ended")
            del _starters[is_waited_for]
            starter.end()
    starter = _starters[is_waited_for] = _Starter(is_waited_for=is_waited_for)
    return starter.start()


def _give_up_starter(*, is_waited_for: bool) -> None:
    """Have the next picture decoded through another one: this one does not even end what it was asked to."""
    if starter := _starters.pop(is_waited_for, None):
        _log.warning("decoder.starter_hangs")
        starter.kill()


@atexit.register
def end_starters() -> None:
    """End the processes that start decoders, and what they have started."""
    while _starters:
        _starters.popitem()[1].end()


def _give_way(pid: int, *, is_waited_for: bool) -> None:
    """Have a process, and what it starts, run only while nobody else wants the processor, or else after others.

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
