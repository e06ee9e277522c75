"""Whatever becomes of the terminal of `serve --tui`: the server answers, leads on, and leaves the terminal restored.

On a real pseudo-terminal, with processes of their own. Each is red with Textual's own driver and an application that
is not guarded, but for Ctrl+Z, which a binding would have to undo.
"""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from chaishots.database.connection import Connection
from tests.cluster import eventually
from tests.conftest import Database
from tests.faults.views import SECRET
from tests.terminals import OnTerminal, lock_holder, on_terminal, survived

SERVE = ("-m", "chaishots", "serve", "--tui")


def view(name: str) -> tuple[str, ...]:
    return ("-m", "tests.faults.views", name)


@pytest.mark.parametrize("seconds", [3, pytest.param(10, marks=[pytest.mark.campaign, pytest.mark.alone])])
async def test_a_terminal_that_nobody_reads_holds_nothing_up(
    fresh_database: Database, sql: Connection, tmp_path: Path, seconds: float
) -> None:
    async def unread(server: OnTerminal) -> None:
        server.stop_reading()

    async def read_again(server: OnTerminal) -> None:
        server.shown.clear()
        server.read_on()
        await eventually(lambda: _is_painted_whole(server))
        assert await server.stopped() == 0
        await eventually(server.is_restored)

    command = view("restless")
    await survived(fresh_database.dsn, sql, tmp_path, command, unread, read_again, seconds=seconds)


async def test_a_stop_is_obeyed_while_nobody_reads_the_terminal(fresh_database: Database, tmp_path: Path) -> None:
    async with on_terminal(fresh_database.dsn, tmp_path, *view("restless")) as server:
        server.stop_reading()
        await server.p99_ms(1)
        async with asyncio.timeout(5):
            assert await server.stopped() == 0


async def test_the_server_outlives_its_terminal(fresh_database: Database, sql: Connection, tmp_path: Path) -> None:
    async def closed(server: OnTerminal) -> None:
        server.close_terminal()

    async def told(server: OnTerminal) -> None:
        await eventually(lambda: _logged(server, "view.closed"))
        assert await server.stopped() == 0

    await survived(fresh_database.dsn, sql, tmp_path, view("restless"), closed, told)


async def test_sighup_ends_the_view_and_restores_the_terminal(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    async def hung_up(server: OnTerminal) -> None:
        server.process.send_signal(signal.SIGHUP)

    async def restored(server: OnTerminal) -> None:
        await eventually(server.is_restored)
        server.process.send_signal(signal.SIGHUP)  # again, with no view left
        assert await server.answers()
        assert await server.stopped() == 0

    await survived(fresh_database.dsn, sql, tmp_path, SERVE, hung_up, restored)


async def test_ctrl_z_and_a_suspending_signal_stop_nothing(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    async def suspended(server: OnTerminal) -> None:
        server.press(b"\x1a")
        server.process.send_signal(signal.SIGTSTP)

    async def restored(server: OnTerminal) -> None:
        assert await server.stopped() == 0
        await eventually(server.is_restored)

    await survived(fresh_database.dsn, sql, tmp_path, SERVE, suspended, restored)


async def test_errors_in_a_widget_are_logged_and_everything_goes_on(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    async def failing(server: OnTerminal) -> None:
        for key in (b"h", b"t", b"w", b"n", b"r", b"c"):
            server.press(key)

    async def goes_on(server: OnTerminal) -> None:
        await eventually(lambda: _has_logged(server, "tui.failed", times=6))
        server.press(b"x")
        await eventually(lambda: _shows(server, f"<x with {len(SECRET)}>".encode()))
        server.press(b"l")
        await eventually(server.is_restored)
        await eventually(lambda: _shows(server, b"view.closed"))
        assert await server.stopped() == 0
        _no_secret(server)

    await survived(fresh_database.dsn, sql, tmp_path, view("faulty"), failing, goes_on)


async def test_a_view_that_cannot_start_is_left_alone_after_some_tries(
    fresh_database: Database, sql: Connection, tmp_path: Path
) -> None:
    async with on_terminal(fresh_database.dsn, tmp_path, *view("doomed"), drawn=False) as server:
        (given_up,) = await eventually(lambda: _logged(server, "tui.given_up"))
        assert given_up["failures"] == 4
        await eventually(server.is_restored)
        await lock_holder(sql)
        assert await server.answers()
        assert await server.stopped() == 0
        _no_secret(server)


async def test_the_operator_stops_the_server_too(fresh_database: Database, tmp_path: Path) -> None:
    async with on_terminal(fresh_database.dsn, tmp_path, *view("faulty")) as server:
        server.press(b"s")
        async with asyncio.timeout(10):
            assert await server.process.wait() == 0
        await eventually(server.is_restored)


async def test_without_a_terminal_it_says_so_and_starts_nothing(fresh_database: Database, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *SERVE,
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={"DATABASE_URL": fresh_database.dsn, "CHAISHOTS_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert len(said.splitlines()) == 1
    assert b"needs a terminal" in said


NO_VIEW = (
    "history_and_restore",
    "pictures",
    "publish_due",
    "rehearse",
    "seed_import_export",
    "server",
    "status",
    "why",
)
"""Commands that need neither the terminal's view nor the API."""


@pytest.mark.parametrize(
    ("loaded", "left_out"),
    [
        (
            "chaishots.cli.server, chaishots.api.app, chaishots.scheduler.publisher_loop, chaishots.webhooks.sender",
            {"textual", "yaml", "httpcore2"},
        ),
        ("chaishots.cli.main", {"asyncio", "asyncpg", "pydantic", "structlog"}),
        (
            ", ".join(f"chaishots.cli.{each}" for each in NO_VIEW),
            {"textual", "quart", "hypercorn", "tortoise", "aerich"},
        ),
        (
            "chaishots.cli.tui, chaishots.cli.tui_startup",
            {"quart", "hypercorn", "tortoise", "aerich", "pydantic"},
        ),
    ],
)
async def test_nothing_is_loaded_that_is_not_needed_yet(loaded: str, left_out: set[str]) -> None:
    """No command loads another's parts, a server nothing that draws the view, reads files or posts.

    The view's first picture waits for nothing that serves, writes or reads settings.
    """
    code = f"import sys, {loaded}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert set(printed.decode().split()) & left_out == set()


async def _is_painted_whole(server: OnTerminal) -> bool:
    return len(server.shown) > 20_000


async def _logged(server: OnTerminal, event: str) -> list[dict[str, object]]:
    return server.logged(event)


async def _has_logged(server: OnTerminal, event: str, *, times: int) -> bool:
    return len(server.logged(event)) >= times


async def _shows(server: OnTerminal, text: bytes) -> bool:
    return text in server.shown


def _no_secret(server: OnTerminal) -> None:
    assert b"hunter2" not in server.shown
    assert "hunter2" not in "".join(map(str, server.logged("tui.failed")))
