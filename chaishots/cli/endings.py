"""How a command ends: its exit codes, and the sentence that says what went wrong."""

import signal
import sys
from collections.abc import Iterable
from typing import Final, NoReturn

import click

from chaishots.safe_text import visible

NEEDS_ATTENTION: Final = 3
"""The exit code when somebody has to act."""
ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
STOPPED: Final = frozenset(128 + number for number in ENDINGS)
"""The exit codes of a command that a signal has ended before it was done, as shells have them."""
READER_LEFT: Final = 128 + signal.SIGPIPE


def fail(sentence: str, code: int, details: Iterable[str] = ()) -> NoReturn:
    """Say in one line what went wrong, and the details in a line each, and end with the exit code.

    What they quote may be hostile.
    """
    click.echo(f"chaishots: {_in_one_line(sentence)}", err=True)
    for detail in details:
        click.echo(f"  {_in_one_line(detail)}", err=True)
    sys.exit(code)


def _in_one_line(text: str) -> str:
    return visible(" ".join(text.split()))
