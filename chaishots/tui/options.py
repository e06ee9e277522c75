"""What the caller gives the operator's terminal: where it reads, and in whose name it acts."""

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from chaishots.database.listener import Listener

Upload = Callable[[bytes], Coroutine[Any, Any, str]]
"""Keeps a picture, and gives its URL. Raises: a ContentError when the picture is refused; StoreAway."""


@dataclass(frozen=True)
class Options:
    """Where the terminal reads, in whose name it acts, and how it shows itself.

    listener: tells of changes; the caller runs it beside the terminal. None until the database is reached.
    actor: the operator's name, for the history.
    label: a name for this system, such as `prod`; shown large, so that nobody mistakes it for another.
    database: host and name of the database, without user or password.
    base_url: where the catalog is served, for the URLs that are copied.
    serves: whether a server runs in this process; then quitting asks whether to stop it too.
    mouse: whether the app takes the mouse; if not, the mouse selects text as usual.
    logs: the newest lines of the process's log, each a JSON document, the newest last; None: there is no log to show.
    reach: opens the pool once the first picture stands; returns these options with all there is to know by then, or
        None when there is nothing to show. None: the pool is open already.
    upload: what pictures are kept by; None: there is nowhere to keep them.
    """

    listener: Listener | None = None
    actor: str = ""
    database: str = ""
    read_only: bool = False
    label: str | None = None
    base_url: str = "http://127.0.0.1:8000"
    serves: bool = False
    logs: deque[str] | None = None
    mouse: bool = True
    reach: "Callable[[], Awaitable[Options | None]] | None" = None
    upload: Upload | None = None
