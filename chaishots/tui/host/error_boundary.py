"""An application that an error of its own does not end: it is logged, told in one sentence, and the picture goes on.

Textual ends an application at the first exception in any handler, timer or paint, and prints it with the local
variables, among which a password may be. Knows Textual's insides, and nothing of what is shown. The private names it
leans on are held by tests/tui/host/test_error_boundary.py.
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

from chaishots.observability import named_logger
from chaishots.tui.host.driver import NonBlockingDriver

_MANY: Final = (50, 10.0)
"""This many errors within so many seconds are no accident: the application ends, and is started anew by its runner."""
_QUIET_SECONDS: Final = 30.0
"""How long an error that came about in one and the same way is not told again."""
_WORKERS_SECONDS: Final = 1.0

_log = named_logger("tui")


class ErrorBoundary(App[ReturnType]):
    """What an application inherits to live on after its errors: nothing else is needed, in no screen or widget.

    In a test with Textual's Pilot the first error is raised at the end, as it always is.
    """

    def __init__(self) -> None:
        super().__init__(driver_class=NonBlockingDriver)
        self.opening_notice: str | None = None
        self._restore_tasks: Callable[[], None] = lambda: None
        self._errors: deque[float] = deque(maxlen=_MANY[0])
        self._told: dict[tuple[object, ...], float] = {}

    @property
    def driver(self) -> NonBlockingDriver | None:
        """The driver, when it runs on a terminal."""
        return self._driver if isinstance(self._driver, NonBlockingDriver) else None

    async def run_async(self, **options: Any) -> ReturnType | None:  # Any: as Textual passes it on
        """Run in the running loop; from Python 3.12 on Textual would change how that starts tasks, everybody's too."""
        loop = asyncio.get_running_loop()
        self._restore_tasks = partial(loop.set_task_factory, loop.get_task_factory())
        return await super().run_async(**options)

    async def _process_messages(self, *arguments: Any, **options: Any) -> None:  # Any: likewise
        # At once after the change: with uvloop, CPython 3.13 cannot start a single task with it.
        self._restore_tasks()
        await super()._process_messages(*arguments, **options)

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            if not self._is_mounted:
                raise  # what does not even start is for the runner to start anew, or to leave
            self._handle_exception(error)

    def _register(self, parent: Any, *widgets: Widget, **options: Any) -> list[Widget]:  # Any: as Textual passes it on
        for widget in widgets:
            self._guard(widget)
        return super()._register(parent, *widgets, **options)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        self._guard(widget)
        super()._start_widget(parent, widget)

    def _guard(self, widget: Widget) -> None:
        # By instance: that way Textual's own widgets, and those that nobody thought of, are guarded as well.
        if "_dispatch_message" in widget.__dict__:
            return
        widget._dispatch_message = self._dispatching(widget._dispatch_message)
        widget._post_mount = self._mounting(widget._post_mount)
        widget.render_lines = self._painting(widget.render_lines)

    def _dispatching(self, dispatch: Callable[[Message], Awaitable[None]]) -> Any:  # Any: Textual types it a method
        async def guarded(message: Message) -> None:
            try:
                await dispatch(message)
            except Exception as error:  # noqa: BLE001  # bugs end here, logged
                self._handle_exception(error)

        return guarded

    def _mounting(self, mounted: Callable[[], None]) -> Any:  # Any: likewise
        def guarded() -> None:
            try:
                mounted()
            except Exception as error:  # noqa: BLE001  # likewise
                self._handle_exception(error)

        return guarded

    def _painting(self, render_lines: Callable[[Region], list[Strip]]) -> Any:  # Any: likewise
        def guarded(crop: Region) -> list[Strip]:
            try:
                return render_lines(crop)
            except Exception as error:  # noqa: BLE001  # likewise; one blank widget instead of no picture at all
                self._handle_exception(error)
                return [Strip.blank(crop.width)] * crop.height

        return guarded

    def _handle_exception(self, error: Exception) -> None:
        if self._exception is None:
            self._exception = error  # for Pilot, which raises it in the test
            self._exception_event.set()
        self._tell(error)
        if not self._is_mounted or self._are_too_many():
            self._return_code = 1
            self._close_messages_no_wait()

    def _are_too_many(self) -> bool:
        now = time.monotonic()
        self._errors.append(now)
        count, seconds = _MANY
        return len(self._errors) == count and now - self._errors[0] < seconds

    def _tell(self, error: Exception) -> None:
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
        self._exit_renderables.clear()  # they were logged, and the log's lines hold no local variables

    async def _ready(self) -> None:
        await super()._ready()
        if self.opening_notice is not None:
            self.notify(self.opening_notice, severity="warning", markup=False)

    async def _shutdown(self) -> None:
        # Textual cancels its workers and goes; they must be done with the pool before it is closed.
        tasks: list[asyncio.Task[Any]] = [worker._task for worker in self.workers if worker._task is not None]
        await super()._shutdown()
        if tasks:
            await asyncio.wait(tasks, timeout=_WORKERS_SECONDS)


def _place(error: Exception) -> tuple[object, ...]:
    return type(error), *((frame.filename, frame.lineno) for frame in extract_tb(error.__traceback__))
