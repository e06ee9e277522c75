"""What takes the operator's last step back, its key, and why there may be no way back.

`commands.py` gives each action's undo, `controller.py` asks before it and runs it. A line that is selected in the
history or among the releases is taken back by `revert_change_or_release.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

UNDO_KEY: Final = "z"


@dataclass(frozen=True)
class Undo:
    """The command that undoes an action: its text once it has run, the question to ask first (None: no question)."""

    text: str
    question: str | None
    run: Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Outcome:
    """What an action did, as a sentence; `undo` is None where the lifecycle has no way back, `no_way_back` says why."""

    text: str
    undo: Undo | None = None
    no_way_back: str = ""


class LastStep:
    """How the last step can be undone: once, and only that one."""

    def __init__(self) -> None:
        self.undo: Undo | None = None
        self.why_no_undo = "There is nothing to undo."

    def keep(self, outcome: Outcome) -> None:
        """Remember a step that was made."""
        self.undo, self.why_no_undo = outcome.undo, outcome.no_way_back or "There is no way back from that."

    def take_back(self) -> None:
        """Forget the step: its undo begins."""
        self.undo, self.why_no_undo = None, "The last step is taken back already."
