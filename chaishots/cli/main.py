"""The command line: the group of all commands, and how each ends. Errors are one sentence that says what to do next.

What one command needs alone, and takes long to load, is imported where it is used.

Exit codes: 0 done, 1 it could not be done, 2 the command or a setting was wrong, 3 somebody has to act: lessons are
overdue or refused, Postgres refuses what is to be published, or a webhook was given up.
"""

import logging
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

import click

from chaishots import __version__
from chaishots.api.server.sockets import CannotListen
from chaishots.cli import content, history, links, pictures, schedule, series, server, terminal, tokens
from chaishots.cli.support import STOPPED, fail
from chaishots.content.errors import BadFile, ContentError
from chaishots.content.queries.find_by_name import Ambiguous
from chaishots.database.connection import EmbeddedUnavailable
from chaishots.observability import CannotLog
from chaishots.settings import BadSetting
from chaishots.storage.store import StoreAway
from chaishots.supervisor import StoppedAtOnce
from chaishots.tui.host.terminal import NoTerminal

_READER_LEFT: Final = 128 + signal.SIGPIPE


class _ReaderLeft(Exception):
    """Whoever read what is printed has left, as `head` does."""


class _Commands(click.Group):
    """The commands; click by itself would end with 1 where the reader has left, as if something had failed."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:  # Any: as click has them
        with _reader_may_leave():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # Any: as click has it
        with _reader_may_leave():
            return super().invoke(ctx)


@contextmanager
def _reader_may_leave() -> Generator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderLeft from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chaishots")
def cli() -> None:
    """A mini CMS with a public catalog: programs, terms and lessons, published on their moment.

    Settings come from the environment (DATABASE_URL, PORT, CHAISHOTS_…); without DATABASE_URL an embedded Postgres is
    used. See the README.
    """


def main() -> None:
    """Run the command line; whatever goes wrong ends in one sentence and an exit code."""
    _open_standard_files()
    try:
        _run()
    except SystemExit as ended:
        if ended.code in STOPPED:
            fail("Stopped before it was done.", ended.code)
        raise
    except (BrokenPipeError, _ReaderLeft):
        # What is still held back for whoever read is not to fail again at the exit.
        _discard_output()
        sys.exit(_READER_LEFT)
    except OSError as error:
        _discard_output()
        fail(f"Could not read or write{f' {error.filename}' if error.filename else ''}: {error.strerror or error}.", 1)
    except Exception as error:  # the last resort: a fault of ours
        logging.getLogger(__name__).debug("unforeseen", exc_info=error)
        fail(f"An unforeseen error ({type(error).__name__}: {str(error)[:300]}). {_where_traced()}", 1)


def _run() -> None:
    try:
        cli(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(128 + signal.SIGINT)
    except BadSetting as error:
        fail(str(error), 2)
    except BadFile as error:
        fail(str(error), 1, error.lines())
    except Ambiguous as error:
        fail(str(error), 1, map(str, error.fits))
    except (StoreAway, EmbeddedUnavailable, CannotListen, CannotLog, NoTerminal, ContentError) as error:
        fail(str(error), 1)
    except StoppedAtOnce:
        sys.exit(130)


def _open_standard_files() -> None:
    """Put something in the place of what was closed (`>&-`): else the next file or socket opened would take its number.

    Whatever is read from it or written to it fails, as it would have.
    """
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_WRONLY if mode == "r" else os.O_RDONLY)  # gets the lowest number that is free
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # stays open


def _discard_output() -> None:
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _where_traced() -> str:
    """Write the traceback of the error being handled where only we read it; a sentence that says where."""
    try:
        handle, path = tempfile.mkstemp(prefix="chaishots-", suffix=".log")
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            traceback.print_exc(file=file)
    except OSError:
        return "CHAISHOTS_LOG_LEVEL=debug tells where."
    return f"{path} tells where; please report it."


for command in (
    *(server.demo, server.serve, server.migrate, server.healthcheck),
    *(content.seed, content.import_file, content.export_content),
    *(schedule.status, schedule.why, schedule.rehearse, schedule.publish_due_once),
    series.series,
    *(history.history, history.restore),
    *(pictures.picture, pictures.pictures),
    links.check_links_of_content,
    tokens.token,
    terminal.tui,
):
    cli.add_command(command)
