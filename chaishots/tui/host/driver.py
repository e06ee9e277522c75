"""A Textual driver that never blocks the loop, which the server's requests share.

Textual's own driver blocks when the terminal stops reading, and spins when it is gone. This one drops frames instead,
repaints later, and ends the app when the terminal is gone. It uses private names of Textual;
tests/tui/host/test_driver.py names each.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false

import asyncio
import os
import queue
import select
import signal
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from chaishots.tui.host.column_positions import anchor_columns
from chaishots.tui.host.no_colour import without_colours

_READ_BYTES: Final = 4096
_TICK_MS: Final = 100
"""How often we ask the parser whether an Escape was a key or the start of a sequence."""
_SIGNALS: Final = (signal.SIGTSTP, signal.SIGCONT, signal.SIGTTOU, signal.SIGTTIN)
_SIZE: Final = (80, 25)
"""The size we assume of a terminal that does not report its own."""
_LEND_SECONDS: Final = 1.0
"""How long the terminal may take to read the last output before somebody else has it."""
_GONE: Final = select.POLLHUP | select.POLLERR | select.POLLNVAL


class NonBlockingDriver(LinuxDriver):
    """Drops frames that the terminal does not read, and ends the app when the terminal is gone.

    is_gone: the terminal was closed, or did not read the last output in time.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        self._found = {number: signal.getsignal(number) for number in _SIGNALS}
        super().__init__(app, **options)
        self.is_gone = False
        self._has_dropped = False
        self._is_over = False
        self._file = _Output(self._file.fileno(), drained=self._repaint, gone=self._end_app)
        self._wake, self._waker = os.pipe()

    @property
    def can_suspend(self) -> bool:
        """Never: suspending stops the whole process, with the server in it."""
        return False

    def write(self, data: str) -> None:
        """Queue output for the writer thread, or drop it when the queue is full; never wait."""
        writer = self._writer_thread
        if writer is None:
            return
        try:
            shown = without_colours(data) if self._app.no_color else data
            writer._queue.put_nowait(anchor_columns(shown))
        except queue.Full:
            self._has_dropped = True

    def start_application_mode(self) -> None:
        """Take over the terminal; from here on neither a key nor job control stops the process."""
        super().start_application_mode()
        # The kernel sends SIGCONT with SIGHUP when a terminal closes: Textual would start again on a closed terminal.
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        # In the background, restoring the terminal would stop the process.
        for number in (signal.SIGTSTP, signal.SIGTTOU, signal.SIGTTIN):
            signal.signal(number, signal.SIG_IGN)

    def disable_input(self) -> None:
        """Stop reading keys at once: wake the reading thread, do not wait for its next poll."""
        with suppress(OSError):
            os.write(self._waker, b"x")
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back for good."""
        self._is_over = True
        self._stop()

    def _stop(self) -> None:
        self._drop_frames()  # to make room for the last sequences
        super().stop_application_mode()

    async def lend_terminal(self) -> None:
        """Give the terminal to another program until `take_back_terminal`: we draw nothing, and read no key."""
        self._stop()
        writer, self._writer_thread = self._writer_thread, None
        if writer is not None:
            with suppress(queue.Full):
                writer._queue.put_nowait(None)
            deadline = self._loop.time() + _LEND_SECONDS
            while writer.is_alive() and self._loop.time() < deadline:  # noqa: ASYNC110  # a thread sets no event
                await asyncio.sleep(0.005)

    def take_back_terminal(self) -> None:
        """Draw and read again, whatever state the other program left the terminal in; it, or the app, may be gone."""
        try:
            if self.attrs_before is not None:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        except termios.error:
            self._end_app()
            return
        if not self._is_over:
            self.start_application_mode()

    def close(self) -> None:
        """Ask the writer thread to end once it has written everything; `wait_closed` waits for that."""
        writer = self._writer_thread
        if writer is not None:
            with suppress(queue.Full):
                writer._queue.put_nowait(None)
        for number, handler in self._found.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        for pipe_end in (self._wake, self._waker):
            with suppress(OSError):
                os.close(pipe_end)

    async def wait_closed(self, *, within: float) -> None:
        """Wait until the terminal has read everything, at most `within` seconds; after that it counts as gone."""
        writer = self._writer_thread
        if writer is None:
            return
        deadline = self._loop.time() + within
        while writer.is_alive() and self._loop.time() < deadline:  # noqa: ASYNC110  # a thread sets no event
            await asyncio.sleep(0.01)
        if writer.is_alive():
            self.is_gone = True

    def run_input_thread(self) -> None:
        """Read keys until asked to stop; end the app at the end of input."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        waiting = select.poll()
        waiting.register(self.fileno, select.POLLIN)
        waiting.register(self._wake, select.POLLIN)
        while True:
            ready = dict(waiting.poll(_TICK_MS))
            if self._wake in ready or self.exit_event.is_set():
                if self._wake in ready:
                    os.read(self._wake, 64)  # or the next thread would end at once
                return
            if self.fileno in ready:
                keys = b"" if ready[self.fileno] & _GONE else self._read()
                if not keys:
                    self._end_app()
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
        # Ask the descriptor that we draw on, not standard output; some terminals report 0 × 0.
        try:
            width, height = os.get_terminal_size(self._file.fileno())
        except OSError:
            width, height = 0, 0
        return width or _SIZE[0], height or _SIZE[1]

    def _drop_frames(self) -> None:
        writer = self._writer_thread
        while writer is not None:
            try:
                writer._queue.get_nowait()
            except queue.Empty:
                return

    def _end_app(self) -> None:
        self.is_gone = True
        with suppress(RuntimeError):  # the loop is closed: nothing is left to end
            self._loop.call_soon_threadsafe(self._app.exit)

    def _repaint(self) -> None:
        if self._has_dropped:
            self._has_dropped = False
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._app.call_later, self._app.refresh)


class _Output:
    """The file that Textual's writer thread writes to: a descriptor, without the locks of Python's streams.

    A thread blocked inside a stream's lock would block every other writer, and the exit of the process.
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
