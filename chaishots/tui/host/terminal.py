"""The terminal this process was started on: whether there is one to draw on, and leaving it as it was found.

Knows file descriptors and escape sequences alone, and imports nothing heavy: it is asked before anything starts.
"""

import os
import sys
import termios
from contextlib import suppress
from typing import Any, Final

_LEAVE: Final = (
    "\x1b[?2026l"  # draw at once again
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # no mouse
    "\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # pasting, focus and size are not told of
    "\x1b[?7h"  # lines wrap
    "\x1b[<u"  # keys as they were
    "\x1b[?1049l"  # the picture that was there before
    "\x1b[?25h\x1b[0m"  # the cursor, in plain colours
)
_DRAWN_ON: Final = 2
"""Textual draws on standard error: what is piped out of standard output stays clean."""


class NoTerminal(Exception):
    """There is no terminal to draw on; the text says what to do."""


def require_terminal() -> None:
    """Make sure that there is a terminal to draw on and to read keys from, and that it is ours now.

    Textual itself starts without one, and then spins; in the background, the kernel would stop the whole process.

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
    """One terminal, as it was before anything was drawn on it."""

    def __init__(self) -> None:
        self._keys = 0
        self._attributes: list[Any] | None = None
        with suppress(termios.error):
            self._attributes = termios.tcgetattr(self._keys)

    def restore(self) -> None:
        """Leave it as it was found, without waiting for one that takes nothing any more; again does no harm."""
        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._keys, termios.TCSANOW, self._attributes)
        with suppress(OSError):
            os.set_blocking(_DRAWN_ON, False)
            try:
                os.write(_DRAWN_ON, _LEAVE.encode())
            finally:
                os.set_blocking(_DRAWN_ON, True)
