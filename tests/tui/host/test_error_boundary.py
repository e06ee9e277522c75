"""An application that lives on after its errors, and the private names of Textual which that leans on.

What the operator sees of an error is held on a real terminal, in tests/faults/test_terminal.py.
"""

import asyncio
import inspect
from collections.abc import Coroutine
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.message_pump import MessagePump
from textual.widget import Widget
from textual.widgets import Label
from textual.worker_manager import WorkerManager

from chaishots.tui.host.error_boundary import ErrorBoundary


class Fails(Label):
    can_focus = True

    def on_key(self) -> None:
        raise ZeroDivisionError


def _task(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
    return asyncio.Task(coroutine, loop=loop, **options)


class Guarded(ErrorBoundary[None]):
    def compose(self) -> ComposeResult:
        yield Fails("fails")

    def on_mount(self) -> None:
        self.query_one(Fails).focus()


async def test_a_test_with_pilot_fails_at_an_error_that_the_guard_caught() -> None:
    with pytest.raises(ZeroDivisionError):
        async with Guarded().run_test() as pilot:
            await pilot.press("x")


async def test_errors_without_end_end_the_application() -> None:
    app = Guarded()

    async def many_errors() -> None:
        async with app.run_test():
            for _ in range(49):
                app._handle_exception(LookupError())
            assert app.return_code is None
            app._handle_exception(LookupError())
            assert app.return_code == 1

    with pytest.raises(LookupError):
        await many_errors()


async def test_the_loop_starts_tasks_for_everybody_as_before() -> None:
    app = Guarded()
    loop = asyncio.get_running_loop()
    factories: list[object] = []

    async def look(_: object) -> None:
        factories.append(loop.get_task_factory())
        app.exit()

    loop.set_task_factory(_task)
    await app.run_async(headless=True, auto_pilot=look)
    assert factories == [_task]
    assert loop.get_task_factory() is _task


async def test_the_notice_of_a_new_start_is_shown() -> None:
    app = Guarded()
    app.opening_notice = "Started again."
    async with app.run_test(notifications=True) as pilot:
        await pilot.pause()
        assert [notification.message for notification in app._notifications] == ["Started again."]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (App, "_register"),
        (App, "_start_widget"),
        (App, "_shutdown"),
        (App, "_ready"),
        (App, "_handle_exception"),
        (App, "_print_error_renderables"),
        (App, "_close_messages_no_wait"),
        (MessagePump, "_dispatch_message"),
        (Widget, "_post_mount"),
        (Widget, "render_lines"),
    ],
)
def test_textual_still_has_what_the_guard_takes_the_place_of(owner: type, name: str) -> None:
    assert callable(getattr(owner, name))


@pytest.mark.parametrize(
    ("owner", "text"),
    [
        (MessagePump, "await self._dispatch_message(message)"),
        (MessagePump, "self._post_mount()"),
        (MessagePump, "self._is_mounted = True"),
        (App, "await app._process_messages("),
        (App, "self._exception_event.set()"),
        (App, "self._return_code = 1"),
        (App, "self._exit_renderables"),
        (App, "self._exit = True"),
        (WorkerManager, "worker.cancel()"),
    ],
)
def test_textual_still_goes_through_what_the_guard_takes_the_place_of(owner: type, text: str) -> None:
    assert text in inspect.getsource(owner)
