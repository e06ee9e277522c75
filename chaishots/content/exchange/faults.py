"""The faults of a file: all that can be found are told at once, each with its place.

A reader raises `Fault` for one value. Whoever reads several notes it in `FaultList` and goes on with the next, so that
an editor mends a file once instead of once a fault. Knows nothing of what a file holds.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, ParamSpec

from chaishots.content.errors import BadFile, FileFault

LISTED: Final = 50
"""Faults of a file that are told one by one; of the rest, how many there are."""

P = ParamSpec("P")


class Fault(Exception):
    """What is wrong with a value: where, the rule that it breaks, and the line if the place does not tell it.

    each: what is told of it. total: how many faults there are, those that are not told among them.
    """

    total = 1

    def __init__(self, place: str, rule: str, line: int | None = None) -> None:
        self.each: tuple[FileFault, ...] = (FileFault(place, line, rule),)
        super().__init__(str(self.each[0]))

    def of_file(self, name: str) -> BadFile:
        """The error that whoever sent the file gets."""
        return BadFile(name, self.each, self.total)


class Faults(Fault):
    """Several faults of a file: the first of them, by line, and how many there are."""

    def __init__(self, each: Sequence[FileFault], total: int) -> None:
        Exception.__init__(self, "\n".join(map(str, each)))
        self.each, self.total = tuple(each), total


class Unread(Exception):
    """A value is asked for that could not be read: its fault is told already, and nothing follows from it."""


class KnownValues(dict[str, Any]):  # Any: as in Values
    """The values of a thing that could be read; whoever asks for another one gets nowhere."""

    def __missing__(self, key: str) -> Any:
        raise Unread(key)


class FaultList:
    """Where the faults of a file are gathered, in bounded memory."""

    def __init__(self) -> None:
        self._found: list[FileFault] = []
        self.total = 0

    def check(self, rule: Callable[P, object], *args: P.args, **named: P.kwargs) -> None:
        """Note what a rule finds; one that asks for a value that was not read finds nothing."""
        try:
            rule(*args, **named)
        except Fault as fault:
            self.note(fault)
        except Unread:
            pass

    @contextmanager
    def noting(self) -> Generator[None]:
        """Note the fault that ends the block, and go on behind it."""
        try:
            yield
        except Fault as fault:
            self.note(fault)
        except Unread:
            pass

    def note(self, fault: Fault) -> None:
        """Note a fault, or several."""
        self._found += fault.each
        self.total += fault.total
        if len(self._found) > 100 * LISTED:
            self._found = self._first()

    def require_none(self) -> None:
        """Raise what was noted, as one. Raises: Fault."""
        if self.total == 1:
            [one] = self._found
            raise Fault(one.place, one.text, one.line)
        if self.total:
            raise Faults(self._first(), self.total)

    def _first(self) -> list[FileFault]:
        # Of one line, in the order in which they were found.
        return sorted(self._found, key=lambda fault: fault.line or 0)[:LISTED]
