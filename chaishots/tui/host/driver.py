"""How Textual reaches the terminal without ever holding up the loop, which the server's requests share.

Textual's own driver waits when the terminal takes nothing any more, and spins when it is gone. This one drops frames
meanwhile and paints anew after, and says when the terminal is gone. It leans on names that are private to Textual:
tests/tui/host/test_driver.py holds each of them.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false

import asyncio
import os
import queue
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from chaishots.tui.host.cell_widths import anchor_columns

_READ_BYTES: Final = 4096
_TICK_MS: Final = 100
"""How often the parser is asked whether an Escape was a key or the start of a sequence."""
_SIGNALS: Final = (signal.SIGTSTP, signal.SIGCONT, signal.SIGTTOU, signal.SIGTTIN)
_SIZE: Final = (80, 25)
"""What a terminal is taken for that does not tell its size."""
_GONE: Final = select.POLLHUP | select.POLLERR | select.POLLNVAL


class NonBlockingDriver(LinuxDriver):
    """Drops frames that the terminal does not take, and ends the application when the terminal is gone.

    is_gone: the terminal was closed, or takes nothing any more at the end.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        self._found = {number: signal.getsignal(number) for number in _SIGNALS}
        super().__init__(app, **options)
        self.is_gone = False
        self._has_dropped = False
        self._file = _Screen(self._file.fileno(), drained=self._repaint, gone=self._lost)
        self._wake, self._waker = os.pipe()

    @property
    def can_suspend(self) -> bool:
        """Never: to be suspended stops the whole process, the server in it too."""
        return False

    def write(self, data: str) -> None:
        """Hand on what is to be drawn, or drop it when the terminal does not keep up; never wait."""
        writer = self._writer_thread
        if writer is None:
            return
        try:
            writer._queue.put_nowait(anchor_columns(data))
        except queue.Full:
            self._has_dropped = True

    def start_application_mode(self) -> None:
        """Take the terminal over; from here on no key and no job control stops the process."""
        super().start_application_mode()
        # SIGCONT comes along with SIGHUP when a terminal is closed: Textual would start all over on what is gone.
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        # Restoring a terminal from the background would stop the process.
        for number in (signal.SIGTSTP, signal.SIGTTOU, signal.SIGTTIN):
            signal.signal(number, signal.SIG_IGN)

    def disable_input(self) -> None:
        """Stop reading keys, at once: the thread that reads is woken, not waited for."""
        with suppress(OSError):
            os.write(self._waker, b"x")
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back; frames that wait are of no use any more and make room for that."""
        self._forget_frames()
        super().stop_application_mode()

    def close(self) -> None:
        """Let the writer end once it has written all; see `closed` for who has to know."""
        writer = self._writer_thread
        if writer is not None:
            with suppress(queue.Full):
                writer._queue.put_nowait(None)
        for number, handler in self._found.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        for pipe_end in (self._wake, self._waker):
            with suppress(OSError):
                os.close(pipe_end)

    async def closed(self, *, within: float) -> None:
        """Wait until the terminal has taken all that was written to it, for some seconds; else it counts as gone."""
        writer = self._writer_thread
        if writer is None:
            return
        deadline = self._loop.time() + within
        while writer.is_alive() and self._loop.time() < deadline:  # noqa: ASYNC110  # a thread sets no event
            await asyncio.sleep(0.01)
        if writer.is_alive():
            self.is_gone = True

    def run_input_thread(self) -> None:
        """Read keys until told to stop, and tell when there is nobody left to press any."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        waiting = select.poll()
        waiting.register(self.fileno, select.POLLIN)
        waiting.register(self._wake, select.POLLIN)
        while True:
            ready = dict(waiting.poll(_TICK_MS))
            if self._wake in ready or self.exit_event.is_set():
                return
            if self.fileno in ready:
                keys = b"" if ready[self.fileno] & _GONE else self._read()
                if not keys:
                    self._lost()
                    return
                for event in parser.feed(decode(keys)):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, _READ_BYTES)
        except OSError:
            return b""

    def _get_terminal_size(self) -> tuple[int, int]:
        # Of where it is drawn, which standard output need not be; some terminals say 0 × 0.
        try:
            width, height = os.get_terminal_size(self._file.fileno())
        except OSError:
            width, height = 0, 0
        return width or _SIZE[0], height or _SIZE[1]

    def _forget_frames(self) -> None:
        writer = self._writer_thread
        while writer is not None:
            try:
                writer._queue.get_nowait()
            except queue.Empty:
                return

    def _lost(self) -> None:
        self.is_gone = True
        with suppress(RuntimeError):  # the loop is closed: nothing is left to end
            self._loop.call_soon_threadsafe(self._app.exit)

    def _repaint(self) -> None:
        if self._has_dropped:
            self._has_dropped = False
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._app.call_later, self._app.refresh)


class _Screen:
    """What Textual's writer thread writes to: a descriptor without the locks of Python's streams.

    A thread that is stuck in one of those would keep every other writer, and the end of the process, waiting.
    """

    def __init__(self, descriptor: int, *, drained: Callable[[], None], gone: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._drained = drained
        self._gone = gone
        self._waiting: list[str] = []
        self._is_gone = False

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, text: str) -> int:
        self._waiting.append(text)
        return len(text)

    def flush(self) -> None:
        unwritten = "".join(self._waiting).encode(errors="replace")
        self._waiting.clear()
        if self._is_gone:
            return
        try:
            while unwritten:
                unwritten = unwritten[os.write(self._descriptor, unwritten) :]
        except OSError:
            self._is_gone = True
            self._gone()
        else:
            self._drained()
