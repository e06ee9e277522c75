"""Has a file of content stored or written by a process of its own, a few at a time, each within its time.

Some thousand lessons take seconds of Python and a hundred megabytes: in this process, whoever reads or is published
meanwhile would wait for it. `file_process_main.py` is what runs there.
"""

import asyncio
import contextlib
import pickle
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from chaishots.content.errors import BadFile, InvalidContent
from chaishots.content.exchange.file_formats import Form
from chaishots.content.exchange.import_report import Imported
from chaishots.database.connection import Process
from chaishots.database.errors import Overloaded
from chaishots.logs import named_logger

MOST_AT_ONCE: Final = 2
SECONDS: Final = 25
"""How long one may take, the start of its process included: the proxy waits for 30."""
MOST_EXPORT_BYTES: Final = 64 * 2**20

_ROOT: Final = str(Path(__file__).parents[3])
_PROGRAM: Final = (
    f"import sys; sys.path.insert(0, {_ROOT!r}); from chaishots.content.exchange.file_process_main import main; main()"
)
_log = named_logger("files")


@dataclass(frozen=True)
class Import:
    """A text to be stored; see `importing.import_text`."""

    text: bytes
    name: str
    suffix: str
    actor: str
    is_dry_run: bool


@dataclass(frozen=True)
class Export:
    """A file to be written. descriptor: that of the file, which the process inherits."""

    form: Form
    descriptor: int
    most_bytes: int


@dataclass(frozen=True)
class Order:
    """What a process is to do, and where the content is."""

    work: Import | Export
    dsn: str
    application_name: str
    is_pooled: bool
    search_path: str | None


async def import_in_process(text: bytes, *, name: str, suffix: str, actor: str, dry_run: bool) -> Imported:
    """As `importing.import_text`. Raises: as that, and Overloaded when too many are under way."""
    try:
        done = await _carry_out(Import(text, name, suffix, actor, dry_run))
    except TimeoutError:
        reason = f"It takes longer than {SECONDS} s, nothing was stored: send it in parts, some programs at a time."
        raise BadFile(name, reason=reason) from None
    assert isinstance(done, Imported)
    return done


async def export_in_process(form: Form) -> IO[bytes]:
    """All content as a file without a name, for the caller to read from its beginning and to close.

    Raises: Overloaded when too many are under way; InvalidContent when it is more than can be had in this way.
    """
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        try:
            await _carry_out(Export(form, file.fileno(), MOST_EXPORT_BYTES))
        except TimeoutError:
            raise InvalidContent(f"It takes longer than {SECONDS} s: have it from `chaishots export`.") from None
        file.seek(0)
        stack.pop_all()
        return file


class _UnderWay:
    count = 0


async def _carry_out(work: Import | Export) -> object:
    if _UnderWay.count >= MOST_AT_ONCE:
        raise Overloaded(f"{MOST_AT_ONCE} files are being imported or exported already.")
    _UnderWay.count += 1
    try:
        async with asyncio.timeout(SECONDS):
            return await _run(Order(work, *_database()))
    finally:
        _UnderWay.count -= 1


def _database() -> tuple[str, str, bool, str | None]:
    if Process.dsn is None:
        raise RuntimeError("The pool is not open.")
    return Process.dsn, Process.application_name, Process.is_pooled, Process.search_path


async def _run(order: Order) -> object:
    # -P: the folder that we were started in has no say in what is imported.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", _PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        pass_fds=[order.work.descriptor] if isinstance(order.work, Export) else [],
    )
    try:
        output, _ = await process.communicate(pickle.dumps(order))
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        _log.error("file.process_ended", exit_code=process.returncode)
        raise RuntimeError(f"The process that reads and writes files ended with {process.returncode}.")
    done: Any = pickle.loads(output)  # noqa: S301  # from a process of ours
    if isinstance(done, Exception):
        raise done
    return done
