"""The process that starts those that decode: it has Pillow loaded, and each is a fork of it.

`decoder_processes.py` starts it once. A fork of the server, which is large, would hold up its loop for each picture,
and Python and Pillow would be loaded anew. It reads nothing of any picture: that is for the forks.

What comes on its standard input, a socket, is one socket for each picture. The fork reads from that the size in four
bytes and then the picture, and writes what `decoder.answer` gives; behind that stands its exit code, in four bytes
too, once it has ended. Whoever shuts down the other end for writing has it killed. It ends when its own input does.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from typing import Final

from chaishots.content.pictures import decoder

EXIT_CODE: Final = struct.Struct("!i")
SIZE: Final = struct.Struct("!I")
# The other end wants nothing more. Where the first is not known, the second says so too.
_LEFT: Final = getattr(select, "POLLRDHUP", 0) | select.POLLHUP


def main(answer: Callable[[bytes], bytes] = decoder.answer) -> None:
    """Start a process for each socket that comes, until none can come any more."""
    control = _taken_from_standard_input()
    decoder.load()
    gc.freeze()  # what is there stays: no fork has to look through it
    _Starter(control, answer).run()


def _taken_from_standard_input() -> socket.socket:
    control = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return control


def _do_nothing(_signal: int, _frame: object) -> None: ...


class _Starter:
    def __init__(self, control: socket.socket, answer: Callable[[bytes], bytes]) -> None:
        self._control = control
        self._answer = answer
        self._at_work: dict[int, socket.socket] = {}
        """What a process was started for, by its id."""
        self._ended, told = os.pipe()
        for descriptor in (self._ended, told):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, _do_nothing)  # else it would be ignored, and wake nobody
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._ended, select.POLLIN)

    def run(self) -> None:
        while True:
            ready = {descriptor for descriptor, _ in self._poll.poll()}
            for pid, connection in self._at_work.items():
                if connection.fileno() in ready:
                    self._poll.unregister(connection)
                    os.kill(pid, signal.SIGKILL)  # ours until it is waited for
            if self._ended in ready:
                self._tell_ended()
            if self._control.fileno() in ready and not self._start_next():
                break
        for pid in self._at_work:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)  # else whoever is the first process of a container would have to

    def _tell_ended(self) -> None:
        os.read(self._ended, 4096)
        while self._at_work:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            with self._at_work.pop(pid) as connection:
                with contextlib.suppress(KeyError):  # it was killed because nobody wants it any more
                    self._poll.unregister(connection)
                with contextlib.suppress(OSError):
                    connection.sendall(EXIT_CODE.pack(os.waitstatus_to_exitcode(status)))

    def _start_next(self) -> bool:
        """Start a process for the next socket; whether there is one."""
        _, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        if not descriptors:
            return False
        connection = socket.socket(fileno=descriptors[0])
        pid = os.fork()
        if pid == 0:
            self._work(connection)
        self._at_work[pid] = connection
        self._poll.register(connection, _LEFT)
        return True

    def _work(self, connection: socket.socket) -> None:
        """Decode one picture, in the process that was started for it, and end that."""
        exit_code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            for other in self._at_work.values():
                other.close()
            with connection.makefile("rb") as file:
                (size,) = SIZE.unpack(file.read(SIZE.size))
                data = file.read(size)
            connection.sendall(self._answer(data))
            exit_code = 0
        finally:
            os._exit(exit_code)  # whatever was raised: nothing of it goes on in what was forked
