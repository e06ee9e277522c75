"""The process of a replica, where it runs on this host: which it is, to end it as a crash does, or to have it hang.

Knows the names of replicas, signals and processes. Must not know Postgres.
"""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final

import psutil

from chaishots.settings import replica_name

_SHELL: Final = "/bin/sh"
_WAKES: Final = 'cat >/dev/null; kill -CONT "$0"'
"""Run beside us, it wakes the process when we are gone, in whatever way."""
_CLOCKS_DIFFER_SECONDS: Final = 5
_AWAKE_SECONDS: Final = 5


class NotHere(Exception):
    """The replica's process cannot be had; the text, one line, says why and what to do."""


def find_process(replica: str, connected_at: datetime | None) -> int:
    """The id of a replica's process on this host, by its name. Raises: NotHere.

    Args:
        connected_at: since when it is connected; a process that began later is another one.
    """
    number = replica.rpartition("-")[2]
    if not number.isascii() or not number.isdecimal() or replica_name(int(number)) != replica:
        raise NotHere(f"{replica} runs on another host: run the drill there, or leave out --kill and --pause.")
    pid = int(number)
    if pid == 1:
        raise NotHere(
            f"{replica} is process 1 of its container, which heeds no such signal from inside: from its host, "
            "docker kill or docker pause that container; or leave out --kill and --pause."
        )
    try:
        process = psutil.Process(pid)
        command, began = process.cmdline(), process.create_time()
    except psutil.AccessDenied:
        raise NotHere(_not_ours(replica)) from None
    except psutil.Error:
        raise NotHere(
            f"There is no process {pid} to be seen from here, though {replica} has this host's name: if it runs in a "
            "container, run the drill inside it; or leave out --kill and --pause."
        ) from None
    is_later = connected_at is not None and began > connected_at.timestamp() + _CLOCKS_DIFFER_SECONDS
    if is_later or not any("chaishots" in word for word in command):
        raise NotHere(
            f"Process {pid} of this host is not {replica}, but: {' '.join(command)[:100]}. It may run in a container: "
            "run the drill inside it; or leave out --kill and --pause."
        )
    return pid


def kill_process(pid: int, replica: str) -> None:
    """End it at once, as a crash does. Raises: NotHere."""
    _send(pid, signal.SIGKILL, replica)


@contextmanager
def paused_process(pid: int, replica: str) -> Generator[None]:
    """Have it hang for as long as the block lasts; it goes on afterwards even when we are killed. Raises: NotHere."""
    command = [_SHELL, "-c", _WAKES, str(pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:  # noqa: S603  # our own
        try:
            _send(pid, signal.SIGSTOP, replica)
            yield
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGCONT)
            assert guard.stdin is not None  # it is a pipe
            guard.stdin.close()
            guard.wait(_AWAKE_SECONDS)


def _send(pid: int, number: signal.Signals, replica: str) -> None:
    try:
        os.kill(pid, number)
    except PermissionError:
        raise NotHere(_not_ours(replica)) from None
    except ProcessLookupError:
        raise NotHere(f"{replica} has just ended by itself: chaishots status tells who leads.") from None


def _not_ours(replica: str) -> str:
    return f"{replica} is another user's process: run the drill as that user, or as root."
