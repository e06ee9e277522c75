"""An app that survives its own errors: it logs each, shows one sentence, and goes on.

Textual ends an app at the first exception in a handler, timer or paint, and prints the local variables, which may hold
a password. Knows Textual's internals and nothing of what is shown. tests/tui/host/test_error_boundary.py names each
private name that this file uses.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from traceback import extract_tb
from typing import Any, Final

from textual.app import App, ReturnType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkerFailed

from chaishots.logs import named_logger
from chaishots.tui.host.cell_measure import measure_as_terminals_do
from chaishots.tui.host.driver import NonBlockingDriver

_MANY: Final = (50, 10.0)
"""After this many errors within so many seconds the app ends, and its runner starts a new one."""
_QUIET_SECONDS: Final = 30.0
"""How long the same error, from the same lines, is not reported again."""
_WORKERS_SECONDS: Final = 1.0

_log = named_logger("tui")


class ErrorBoundary(App[ReturnType]):
    """The base class of an app that survives errors; its screens and widgets need nothing of their own.

    In a test with Textual's Pilot the first error is raised at the end, as usual.
    """

    def __init__(self) -> None:
        measure_as_terminals_do()
        super().__init__(driver_class=NonBlockingDriver)
        self.opening_notice: str | None = None
        self._restore_tasks: Callable[[], None] = lambda: None
        self._errors: deque[float] = deque(maxlen=_MANY[0])
        self._told: dict[tuple[object, ...], float] = {}

    @property
    def driver(self) -> NonBlockingDriver | None:
        """The driver; None without a terminal, as in tests."""
        return self._driver if isinstance(self._driver, NonBlockingDriver) else None

    async def run_async(self, **options: Any) -> ReturnType | None:  # Any: as Textual passes it on
        """Run in the running loop, and keep its task factory: from Python 3.12 on Textual replaces it for everybody."""
        loop = asyncio.get_running_loop()
        self._restore_tasks = partial(loop.set_task_factory, loop.get_task_factory())
        return await super().run_async(**options)

    async def _process_messages(self, *arguments: Any, **options: Any) -> None:  # Any: likewise
        # At once: with uvloop, CPython 3.13 cannot start a single task with Textual's factory.
        self._restore_tasks()
        await super()._process_messages(*arguments, **options)

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if not self._is_mounted:
                raise  # it did not even start: the runner decides whether to start another
            self._handle_exception(error)

    def _register(self, parent: Any, *widgets: Widget, **options: Any) -> list[Widget]:  # Any: as Textual passes it on
        for widget in widgets:
            self._wrap(widget)
        return super()._register(parent, *widgets, **options)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        self._wrap(widget)
        super()._start_widget(parent, widget)

    def _wrap(self, widget: Widget) -> None:
        # On the instance: this covers Textual's own widgets as well, and every widget to come.
        if "_dispatch_message" in widget.__dict__:
            return
        widget._dispatch_message = self._wrap_dispatch(widget._dispatch_message)
        widget._post_mount = self._wrap_mount(widget._post_mount)
        widget.render_lines = self._wrap_paint(widget.render_lines)

    def _wrap_dispatch(
        self, dispatch: Callable[[Message], Awaitable[None]]
    ) -> Any:  # Any: Textual types it as a method
        async def safely(message: Message) -> None:
            try:
                await dispatch(message)
            except Exception as error:  # noqa: BLE001  # bugs end here, logged
                self._handle_exception(error)

        return safely

    def _wrap_mount(self, mounted: Callable[[], None]) -> Any:  # Any: likewise
        def safely() -> None:
            try:
                mounted()
            except Exception as error:  # noqa: BLE001  # likewise
                self._handle_exception(error)

        return safely

    def _wrap_paint(self, render_lines: Callable[[Region], list[Strip]]) -> Any:  # Any: likewise
        def safely(crop: Region) -> list[Strip]:
            try:
                return render_lines(crop)
            except Exception as error:  # noqa: BLE001  # likewise; one blank widget instead of no picture at all
                self._handle_exception(error)
                return [Strip.blank(crop.width)] * crop.height

        return safely

    def _handle_exception(self, error: Exception) -> None:
        if self._exception is None:
            self._exception = error  # for Pilot, which raises it in the test
            self._exception_event.set()
        self._report(error)
        if not self._is_mounted or self._are_too_many():
            self._return_code = 1
            self._close_messages_no_wait()

    def _are_too_many(self) -> bool:
        now = time.monotonic()
        self._errors.append(now)
        count, seconds = _MANY
        return len(self._errors) == count and now - self._errors[0] < seconds

    def _report(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        place = _place(error)
        now = time.monotonic()
        self._told = {known: at for known, at in self._told.items() if now - at < _QUIET_SECONDS}
        if place in self._told:
            return
        self._told[place] = now
        _log.error("tui.failed", exc_info=error)
        if self._is_mounted and not self._exit:
            with suppress(Exception):
                text = f"An error was caught ({type(error).__name__}). The log tells where; all else goes on."
                self.notify(text, severity="error", markup=False)

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()  # the log has them, without local variables

    async def _ready(self) -> None:
        await super()._ready()
        if self.opening_notice is not None:
            self.notify(self.opening_notice, severity="warning", markup=False)

    async def _shutdown(self) -> None:
        # Textual cancels its workers and does not wait; they must be done with the pool before it closes.
        tasks: list[asyncio.Task[Any]] = [worker._task for worker in self.workers if worker._task is not None]
        await super()._shutdown()
        if tasks:
            await asyncio.wait(tasks, timeout=_WORKERS_SECONDS)


def _place(error: Exception) -> tuple[object, ...]:
    return type(error), *((frame.filename, frame.lineno) for frame in extract_tb(error.__traceback__))
