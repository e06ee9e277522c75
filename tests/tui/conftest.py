"""The operator's terminal in a test: the real application on a real Postgres, its keys pressed by Textual's Pilot."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from chaishots.database.listener import Listener
from chaishots.database.pool import open_pool
from chaishots.tui.app import OperatorApp
from chaishots.tui.host.run_and_restart import Leaving
from chaishots.tui.options import Options
from chaishots.tui.screens.base import MainScreen
from chaishots.tui.state.session import Session
from tests.cluster import eventually
from tests.conftest import Database

WIDE = (120, 36)
_OPTIONS: dict[str, Any] = {"actor": "asha", "database": "db.example.com/chai"}


class Hands:
    """Somebody at the terminal: presses keys, reads what is shown."""

    def __init__(self, app: OperatorApp, pilot: Pilot[Leaving]) -> None:
        self.app = app
        self.pilot = pilot
        self._told = [notice.message for notice in app._notifications]
        self._notify = app.notify
        app.notify = self._take_down

    def _take_down(self, message: str, **given: Any) -> None:
        # What is told goes from the glass by itself, at a moment of its own.
        self._told.append(message)
        self._notify(message, **given)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Enter a text where the focus is, at once: it is pasted, as each key of Pilot's takes a tenth of a second."""
        await self.sees(lambda: isinstance(self.app.focused, Input))  # what asks is being shown
        field = self.app.focused
        assert field is not None
        field.post_message(Paste(text))
        await self.pilot.pause()

    @property
    def here(self) -> MainScreen:
        """The screen below any dialogue."""
        here = self.app.here
        assert here is not None
        return here

    @property
    def dialog(self) -> str:
        """The name of what asks, in the middle of the screen; empty when nothing does."""
        return "" if isinstance(self.app.screen, MainScreen) else type(self.app.screen).__name__

    @property
    def titles(self) -> list[str]:
        """The titles in the list, from top to bottom."""
        return [row.thing.title for row in self.here.rows.rows if getattr(row, "thing", None) is not None]

    @property
    def selected(self) -> Any:
        """What the cursor is on."""
        return getattr(self.here.rows.row, "thing", None)

    @property
    def told(self) -> str:
        """All that was told in the corner, also what has gone from there since."""
        return "\n".join(self._told)

    def text(self) -> str:
        """All that is on the glass."""
        return "\n".join(
            "".join(segment.text for segment in strip) for strip in self.app.screen._compositor.render_strips()
        )

    async def sees(self, what: Callable[[], Any]) -> Any:
        """Wait until something is so."""

        async def look() -> Any:
            await self.pilot.pause()
            return what()

        return await eventually(look)

    async def reads(self, text: str) -> None:
        """Wait until a text is on the glass."""
        await self.sees(lambda: text in self.text())

    async def settled(self) -> None:
        """Wait until nothing is read any more, and all is drawn."""

        def is_at_rest() -> bool:
            # An action may wait for its answer; live updates never end.
            resting = ("action", "default") if self.dialog else ("default",)
            at_work = [one for one in self.app.workers if not one.is_finished and one.group not in resting]
            here = self.app.here
            is_mounted = self.app.screen.is_mounted  # a dialog that is not has not begun to read
            at_rest = here and self.app.session.standing and not here.unshown and is_mounted and not at_work
            return bool(at_rest and self._has_footer_of_now())

        await self.sees(is_at_rest)
        await self.pilot.wait_for_scheduled_animations()

    def _has_footer_of_now(self) -> bool:
        """Whether the line of keys has heard what is possible: it is rebuilt a moment after that changes."""
        active = self.app.screen.active_bindings
        keys = [key for key in self.app.screen.query(FooterKey) if key.key in active]
        return all(key.has_class("-disabled") is not active[key.key].enabled for key in keys)

    async def finds(self, text: str) -> None:
        """Filter by a text, and go back to the list with what it found."""
        await self.press("slash")
        await self.type(text)
        await self.sees(lambda: self.here.search and self.here.rows.row is not None and not self.here.unshown)
        await self.press("enter")


Sit = Callable[..., AbstractAsyncContextManager[Hands]]


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's configuration of the test's own, and no animation."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    return tmp_path


@pytest.fixture
def sit(fresh_database: Database) -> Sit:
    """Sit down at a terminal: `async with sit(size=…, read_only=…) as hands`."""

    @asynccontextmanager
    async def sit(
        size: tuple[int, int] = WIDE,
        *,
        dsn: str = fresh_database.dsn,
        session: Callable[[Options], Session] = Session,
        **given: Any,
    ) -> AsyncIterator[Hands]:
        async with open_pool(dsn, application_name="chaishots:tests:pool"), listening(dsn) as listener:
            context = Options(**{**_OPTIONS, "listener": listener, "logs": deque[str](), **given})
            app = OperatorApp(context, session=session(context))
            async with app.run_test(size=size, notifications=True) as pilot:
                hands = Hands(app, pilot)
                await hands.sees(lambda: app.here and app.session.standing and not app.here.unshown)
                yield hands

    return sit


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[Listener]:
    """A listener that listens."""
    listener = Listener(dsn, application_name="chaishots:tests:listener")
    task = asyncio.create_task(listener.run())
    try:
        await eventually(lambda: asyncio.sleep(0, listener.is_listening))
        yield listener
    finally:
        task.cancel()
        await asyncio.wait([task])


class Wire:
    """The way to Postgres, which can be cut and mended: whatever goes over it is cut off with it."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        query = dict(parse_qsl(parts.query))
        self._socket = None if parts.hostname else f"{query['host']}/.s.PGSQL.{query.get('port', 5432)}"
        self._address = (parts.hostname, parts.port or 5432)
        self._user = parts.netloc.rpartition("@")[0]
        self._name = parts.path
        self._port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def dsn(self) -> str:
        """Postgres by way of this wire."""
        return f"postgresql://{self._user}@127.0.0.1:{self._port}{self._name}?sslmode=disable"

    async def mend(self) -> None:
        """Let through what comes from now on."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Cut off everybody, and let nobody through."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = asyncio.open_unix_connection(self._socket) if self._socket else asyncio.open_connection(*self._address)
        other_reader, other_writer = await there
        ends = {writer, other_writer}
        self._writers |= ends
        await asyncio.gather(_pumped(reader, other_writer), _pumped(other_reader, writer))
        self._writers -= ends


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while received := await reader.read(65_536):
            writer.write(received)
            await writer.drain()
    writer.close()


@pytest.fixture
async def wire(fresh_database: Database) -> AsyncIterator[Wire]:
    """The way to the test's database, which the test can cut."""
    wire = Wire(fresh_database.dsn)
    await wire.mend()
    yield wire
    await wire.cut()
