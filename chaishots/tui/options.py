"""What the caller gives the operator's terminal: where it reads, and in whose name it acts."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chaishots.database.notifications import Listener


@dataclass(frozen=True)
class Options:
    """Where the terminal reads, in whose name it acts, and how it shows itself.

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
