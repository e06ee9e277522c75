"""Runs the terminal view in a loop that others share: starts it, restarts it after a failure, and ends it.

Knows the app and its terminal. Must not know what the app shows, nor what else runs in the loop.
"""

import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final

from chaishots.logs import named_logger
from chaishots.tui.host.error_boundary import ErrorBoundary
from chaishots.tui.host.garbage_collection import collect_rarely
from chaishots.tui.host.require_and_restore_terminal import NoTerminal, Terminal, require_terminal

_RESTARTS: Final = (3, 60.0)
"""After this many restarts within so many seconds it is not started again."""
_EXIT_SECONDS: Final = 2.0
"""How long the app may take to end when asked; then its task is cancelled."""
_DRAIN_SECONDS: Final = 1.0
"""How long the terminal may take to read the last output."""

_log = named_logger("tui")


class Leaving(Enum):
    """What the operator chose when leaving; the value that the app's `run_async` returns."""

    VIEW = auto()
    """Close the terminal; a server in this process goes on."""
    SERVER = auto()
    """Close the terminal, and stop the server in this process."""


MakeApp = Callable[[], ErrorBoundary[Leaving]]


class Ending(Enum):
    """Why the terminal view ended."""

    CLOSED = auto()
    """The operator closed it."""
    STOP = auto()
    """The operator closed it and wants the server in this process stopped too."""
    ASKED = auto()
    """The caller asked it to end: a signal, or a stop of the server."""
    GONE = auto()
    """Its terminal was closed, or stopped reading: write nothing more to it."""
    FAILED = auto()
    """It failed too often."""


async def run_interface(make_app: MakeApp, *, leave: asyncio.Event) -> Ending:
    """Run the terminal view in the running loop until it ends, and restore the terminal.

    Errors of the view end neither the caller nor the loop: they are logged, and the view is started again. Needs the
    main thread, and the pool opened before, in the calling task.

    Args:
        make_app: makes a new app, as one that has ended cannot run again.
        leave: set it to end the view.
    """
    failures: deque[float] = deque(maxlen=_RESTARTS[0] + 1)
    notice: str | None = None
    while True:
        with collect_rarely():
            ending = await _run_once(make_app, leave, notice)
        if ending is not Ending.FAILED or leave.is_set():
            return ending
        failures.append(time.monotonic())
        restarts, seconds = _RESTARTS
        if len(failures) > restarts and failures[-1] - failures[0] < seconds:
            _log.error("tui.given_up", failures=len(failures))
            return Ending.FAILED
        _log.error("tui.restarting")
        notice = "The terminal view failed and was started again; the log tells why."


async def run_alone(make_app: MakeApp) -> Ending:
    """Run the terminal view in a loop of its own; SIGTERM, SIGINT and SIGHUP end it and restore the terminal."""
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, leave.set)
    try:
        return await run_interface(make_app, leave=leave)
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def _run_once(make_app: MakeApp, leave: asyncio.Event, notice: str | None) -> Ending:
    terminal = Terminal()
    app: ErrorBoundary[Leaving] | None = None
    ending = Ending.FAILED
    try:
        require_terminal()
        app = make_app()
        app.opening_notice = notice
        ending = await _wait_for_end(app, leave)
    except NoTerminal:
        ending = Ending.GONE
    except Exception as error:  # noqa: BLE001  # an error of the view must not end the server
        _log.error("tui.crashed", exc_info=error)
    finally:
        ending = await _leave_terminal(app, terminal, ending)
    return ending


async def _wait_for_end(app: ErrorBoundary[Leaving], leave: asyncio.Event) -> Ending:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(app.run_async(), name="tui")
        asking = tasks.create_task(_exit_when(leave, app, running), name="tui leaving")
        await asyncio.wait([running])
        asking.cancel()
    if leave.is_set():
        return Ending.ASKED
    if running.cancelled() or app.return_code != 0:
        return Ending.FAILED
    return Ending.STOP if running.result() is Leaving.SERVER else Ending.CLOSED


async def _leave_terminal(app: ErrorBoundary[Leaving] | None, terminal: Terminal, ending: Ending) -> Ending:
    driver = app.driver if app is not None else None
    if driver is not None:
        await driver.wait_closed(within=_DRAIN_SECONDS)
    is_gone = ending is Ending.GONE or (driver is not None and driver.is_gone)
    if driver is not None:
        terminal.restore()
    return Ending.GONE if is_gone else ending


async def _exit_when(leave: asyncio.Event, app: ErrorBoundary[Leaving], running: asyncio.Task[Any]) -> None:
    await leave.wait()
    app.exit()
    # A handler that never returns keeps the app from reading its messages.
    await asyncio.wait([running], timeout=_EXIT_SECONDS)
    running.cancel()
