"""The command line: the group of all commands, and what becomes of an error that one ends with.

What one command needs alone, and takes long to load, is imported where it is used.

How each may end, and with which error, is in `exit_codes.py`.
"""

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from chaishots import __version__
from chaishots.cli.exit_codes import FAILED, READER_LEFT, STOPPED, STOPPED_AT_ONCE, end_foreseen, fail
from chaishots.tui.host.garbage_collection import pause_collection

_COMMANDS: Final = {
    "demo": "server.demo",
    "serve": "server.serve",
    "migrate": "server.migrate",
    "healthcheck": "server.healthcheck",
    "seed": "seed_import_export.seed",
    "import": "seed_import_export.import_file",
    "export": "seed_import_export.export_content",
    "status": "status.status",
    "why": "why.why",
    "rehearse": "rehearse.rehearse",
    "publish-due": "publish_due.publish_due_once",
    "drill": "drill.drill_once",
    "series": "series.series",
    "show": "show.show",
    "publish": "change_status.publish",
    "schedule": "change_status.schedule",
    "unschedule": "change_status.unschedule",
    "archive": "change_status.archive",
    "edit": "edit_and_new.edit",
    "new": "edit_and_new.new",
    "history": "history_and_restore.history",
    "restore": "history_and_restore.restore",
    "picture": "pictures.picture",
    "pictures": "pictures.pictures",
    "check": "check.check",
    "check-links": "check_links.check_links_of_content",
    "list": "listing.list_things",
    "completion": "completion.completion",
    "token": "tokens.token",
    "tui": "tui.tui",
}
"""Where each command is, in this package; it is loaded when it is called."""


class _ReaderLeft(Exception):
    """Whoever read what is printed has left, as `head` does."""


class _Commands(click.Group):
    """The commands; click by itself would end with 1 where the reader has left, as if something had failed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*_COMMANDS, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (place := _COMMANDS.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(".")
        with pause_collection():
            command: click.Command = getattr(import_module(f"chaishots.cli.{module}"), name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        # Names alone: click would load each command, to tell what it is for.
        if not incomplete.startswith("-"):
            return [CompletionItem(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return super().shell_complete(ctx, incomplete)

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
    if asked := os.environ.get("_CHAISHOTS_COMPLETE"):
        from chaishots.cli.completion import answer

        answer(cli, asked)
    try:
        _run()
    except SystemExit as ended:
        if ended.code in STOPPED:
            fail("Stopped before it was done.", ended.code)
        raise
    except (BrokenPipeError, _ReaderLeft):
        # What is still held back for whoever read is not to fail again at the exit.
        _discard_output()
        sys.exit(READER_LEFT)
    except OSError as error:
        _discard_output()
        fail(
            f"Could not read or write{f' {error.filename}' if error.filename else ''}: {error.strerror or error}.",
            FAILED,
        )
    except Exception as error:  # the last resort: a fault of ours
        logging.getLogger(__name__).debug("unforeseen", exc_info=error)
        fail(f"An unforeseen error ({type(error).__name__}: {str(error)[:300]}). {_where_traced()}", FAILED)


def _run() -> None:
    try:
        cli(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(STOPPED_AT_ONCE)
    except Exception as error:
        end_foreseen(error)
        raise


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
