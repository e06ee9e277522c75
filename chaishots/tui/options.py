"""What the operator's terminal is given by whoever starts it, and what it gives back when it ends."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from chaishots.database.notifications import Listener


class Leaving(Enum):
    """What the operator wants when the terminal ends; the value that `run_async` returns."""

    VIEW = auto()
    """Close the terminal; a server in this process goes on."""
    SERVER = auto()
    """Close the terminal, and stop the server in this process."""


@dataclass(frozen=True)
class Context:
    """Where the terminal looks, and in whose name it acts.

    listener: tells of changes; whoever gives it also runs it, beside the terminal.
    actor: the operator's name, as it will stand in the history.
    label: a name for this system, such as `prod`; shown large, so that nobody takes it for another.
    database: host and name of the database, without user or password.
    base_url: where the catalog is served, for the URLs that are copied.
    serves: whether a server runs in this process: then quitting asks whether to stop it too.
    mouse: whether it takes the mouse; without, the terminal selects text with it as it always does.
    logs: the newest lines of the process's log, the newest last, when there is one to show.
    reach: opens what is read from, once the first picture stands, and tells whether there is something to show; None
        when it is open already.
    """

    listener: Listener
    actor: str
    database: str
    read_only: bool = False
    label: str | None = None
    base_url: str = "http://127.0.0.1:8000"
    serves: bool = False
    logs: deque[str] | None = None
    mouse: bool = True
    reach: Callable[[], Awaitable[bool]] | None = None
