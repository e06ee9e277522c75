"""The terminal of this process: checks that there is one, and restores it afterwards.

Knows file descriptors and escape sequences alone. Imports nothing heavy, as it is asked before anything starts.
"""

import os
import sys
import termios
from contextlib import suppress
from typing import Any, Final

_LEAVE: Final = (
    "\x1b[?2026l"  # draw at once again
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # no mouse
    "\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # no reports of pastes, focus and size
    "\x1b[?7h"  # lines wrap
    "\x1b[<u"  # the keyboard protocol as it was
    "\x1b[?1049l"  # the main screen
    "\x1b[?25h\x1b[0m"  # the cursor, in plain colours
)
_DRAWN_ON: Final = 2
"""Textual draws on standard error, so that standard output can be piped."""


class NoTerminal(Exception):
    """There is no terminal to draw on; the text says what to do."""


def require_terminal() -> None:
    """Check that there is a terminal to draw on and to read keys from, and that we are in its foreground.

    Without one, Textual starts all the same and spins; in the background, the kernel would stop the whole process.

    Raises: NoTerminal.
    """
    if not (_is_terminal(sys.__stdin__) and _is_terminal(sys.__stderr__)):
        raise NoTerminal(
            "The terminal view needs a terminal on standard input and standard error: "
            "start it in one, or run `chaishots serve` without --tui."
        )
    with suppress(OSError):
        if os.tcgetpgrp(_DRAWN_ON) != os.getpgrp():
            raise NoTerminal("The terminal view cannot start in the background: start it in the foreground.")


def _is_terminal(stream: Any) -> bool:  # Any: typeshed calls it a TextIO, and it may be None
    return stream is not None and not stream.closed and stream.isatty()


class Terminal:
    """Keeps the attributes of the terminal as they were before anything was drawn."""

    def __init__(self) -> None:
        self._keys = 0
        self._attributes: list[Any] | None = None
        with suppress(termios.error):
            self._attributes = termios.tcgetattr(self._keys)

    def restore(self) -> None:
        """Restore the terminal, without waiting for one that does not read; a second call does no harm."""
        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._keys, termios.TCSANOW, self._attributes)
        with suppress(OSError):
            os.set_blocking(_DRAWN_ON, False)
            try:
                os.write(_DRAWN_ON, _LEAVE.encode())
            finally:
                os.set_blocking(_DRAWN_ON, True)
