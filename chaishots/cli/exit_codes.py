"""How a command ends: its exit codes, which error ends with which, and the sentence that says what went wrong.

0: done. 1: it could not be done. 2: the command or a setting was wrong. 3: somebody has to act, as lessons are overdue
or refused, Postgres refuses what is to be published, or a webhook was given up. 128 and more: a signal ended it.
"""

import signal
import sys
from collections.abc import Iterable
from typing import Final, NoReturn

import click

from chaishots.safe_text import visible

FAILED: Final = 1
WRONG_USE: Final = 2
NEEDS_ATTENTION: Final = 3
ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
STOPPED: Final = frozenset(128 + number for number in ENDINGS)
"""The exit codes of a command that a signal has ended before it was done, as shells have them."""
READER_LEFT: Final = 128 + signal.SIGPIPE
STOPPED_AT_ONCE: Final = 128 + signal.SIGINT


def fail(sentence: str, code: int, details: Iterable[str] = ()) -> NoReturn:
    """Say in one line what went wrong, and the details in a line each, and end with the exit code.

    What they quote may be hostile.
    """
    click.echo(f"chaishots: {_in_one_line(sentence)}", err=True)
    for detail in details:
        click.echo(f"  {_in_one_line(detail)}", err=True)
    sys.exit(code)


def end_foreseen(error: Exception) -> None:
    """End as is said of this error, if it is one that a command raises for people to read."""
    # Here, as whoever asks for the version needs none of it; what raised the error has loaded most.
    from chaishots.api.server.sockets import CannotListen
    from chaishots.content.errors import BadFile, ContentError
    from chaishots.content.queries.find_by_name import Ambiguous
    from chaishots.database.connection import EmbeddedUnavailable
    from chaishots.external_editor import NoEditor
    from chaishots.logs import CannotLog
    from chaishots.settings import BadSetting
    from chaishots.storage.folder_or_bucket import StoreAway
    from chaishots.supervisor import StoppedAtOnce
    from chaishots.tui.host.require_and_restore_terminal import NoTerminal

    match error:
        case BadSetting():
            fail(str(error), WRONG_USE)
        case BadFile():
            fail(str(error), FAILED, error.lines())
        case Ambiguous():
            fail(str(error), FAILED, map(str, error.fits))
        case StoreAway():
            fail(f"{error} {error.action}", FAILED)
        case EmbeddedUnavailable() | CannotListen() | CannotLog() | NoTerminal() | NoEditor() | ContentError():
            fail(str(error), FAILED)
        case StoppedAtOnce():
            sys.exit(STOPPED_AT_ONCE)
        case _:
            pass


def _in_one_line(text: str) -> str:
    return visible(" ".join(text.split()))
