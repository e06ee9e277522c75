"""Runs a program that needs the whole terminal, an editor, while the loop goes on: the server answers and publishes.

Knows process groups and the terminal's foreground. As a shell does it: the program has a group of its own and the
foreground, so that no key in it (Ctrl+C, Ctrl+Z, Ctrl+\\) reaches the server; what it stops of itself goes on at once,
as there is no shell to continue it from.
"""

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from chaishots.tui.host.driver import NonBlockingDriver

_TERMINAL: Final = 2
"""The app draws on standard error, and standard output may be a file."""
_JOB_CONTROL: Final = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
_STOPPED_SECONDS: Final = 0.1
_LEAVE_SECONDS: Final = 1.0
"""How long a program that is hung up has to end."""


async def run_in_foreground(driver: NonBlockingDriver | None, command: Sequence[str]) -> int:
    """Run a program on the terminal until it ends, and draw again then; its exit code, negative for a signal.

    Args:
        driver: of the app that has the terminal; None where there is none, as in tests.
    Raises: OSError when it cannot be started. Cancelled, it ends the program: the app closes, or its terminal is gone.
    """
    if driver is None:
        return await _run(command, has_jobs=False)
    await driver.lend_terminal()
    try:
        return await _run(command, has_jobs=_has_job_control())
    finally:
        driver.take_back_terminal()


async def _run(command: Sequence[str], *, has_jobs: bool) -> int:
    terminal = _TERMINAL if has_jobs else None
    with _signals_as_programs_expect():
        # At once, by vfork: nothing of ours runs in the child.
        process = subprocess.Popen(  # noqa: ASYNC220, S603  # the person's own editor
            [*command],
            stdin=0 if has_jobs else subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
            process_group=0,
        )
        if has_jobs:
            with suppress(OSError):
                os.tcsetpgrp(_TERMINAL, process.pid)
            # It may have wanted to read before it had the foreground.
            _signal_group(process.pid, signal.SIGCONT)
    ended = asyncio.get_running_loop().create_future()
    threading.Thread(target=_wait, args=(process, ended), name="editor", daemon=True).start()
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        # Editors keep a copy of what was typed when they are hung up.
        _signal_group(process.pid, signal.SIGHUP)
        try:
            await asyncio.wait([ended], timeout=_LEAVE_SECONDS)
        finally:
            if not ended.done():
                _signal_group(process.pid, signal.SIGKILL)
        raise
    finally:
        if has_jobs:
            with suppress(OSError):
                os.tcsetpgrp(_TERMINAL, os.getpgrp())


def _has_job_control() -> bool:
    # Without a controlling terminal, as in some containers, no key sends signals.
    try:
        return os.tcgetpgrp(_TERMINAL) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def _signals_as_programs_expect() -> Generator[None]:
    # What is ignored stays ignored in a program that is started; a handler does not.
    found = {number: signal.signal(number, _do_nothing) for number in _JOB_CONTROL}
    try:
        yield
    finally:
        for number, handler in found.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _do_nothing(*_: object) -> None:
    return


def _wait(process: "subprocess.Popen[bytes]", ended: "asyncio.Future[int]") -> None:
    # In a thread that nothing waits for: an editor may be open for hours.
    while True:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        time.sleep(_STOPPED_SECONDS)
        _signal_group(process.pid, signal.SIGCONT)
    process.returncode = os.waitstatus_to_exitcode(status)

    def tell() -> None:
        if not ended.done():
            ended.set_result(process.returncode)

    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        ended.get_loop().call_soon_threadsafe(tell)


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
