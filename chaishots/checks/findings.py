"""A finding: what a check found, in a line, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chaishots.database.errors import Trouble

NAMES: Final = (
    *("settings", "disk", "pictures", "database", "version", "pooler", "encoding", "writes", "rights", "schema"),
    *("clock", "connections", "listener", "leader", "schedule"),
)
"""What is looked at, in the order in which it is told."""


class State(StrEnum):
    """How it stands: ok; hint, which may be meant so; fault, which needs a person; skipped, which could not be seen."""

    OK = "ok"
    HINT = "hint"
    FAULT = "fault"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    do: what to do about it, in a sentence; empty when nothing has to be done.
    """

    name: str
    state: State
    message: str
    do: str = ""


def ok(name: str, message: str) -> Finding:
    """All is well there."""
    return Finding(name, State.OK, message)


def hint(name: str, message: str, do: str) -> Finding:
    """It works, and somebody may want to know."""
    return Finding(name, State.HINT, message, do)


def fault(name: str, message: str, do: str) -> Finding:
    """A person has to act."""
    return Finding(name, State.FAULT, message, do)


def troubled(name: str, trouble: Trouble) -> Finding:
    """An error of Postgres, or of the way to it, was met."""
    return fault(name, trouble.text, trouble.action)


def skipped(name: str, why: str) -> Finding:
    """It could not be looked at."""
    return Finding(name, State.SKIPPED, f"not looked at: {why}")
