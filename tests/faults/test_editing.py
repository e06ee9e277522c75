"""Whatever the editor does that `serve --tui` has started, and whatever becomes of the terminal meanwhile.

The server answers within 50 ms and leads on; the terminal is as it was; what was typed is not lost. On a real
pseudo-terminal, whose keys are signals where the editor leaves them so.
"""

import asyncio
import os
import re
import shlex
import signal
import sys
from pathlib import Path

import pytest

from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_program, a_term
from tests.cluster import eventually
from tests.conftest import Database
from tests.faults.editor import TYPED
from tests.terminals import OnTerminal, on_terminal, survived

SERVE = ("-m", "chaishots", "serve", "--tui")


@pytest.fixture
async def place(sql: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where texts are that are edited; there is a lesson to edit."""
    await a_lesson(sql, await a_term(sql, await a_program(sql, title="Animals")), title="Giraffe")
    texts = tmp_path / "texts"
    texts.mkdir()
    monkeypatch.setenv("TMPDIR", str(texts))
    monkeypatch.delenv("VISUAL", raising=False)
    return texts


def use_editor(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, "-m", "tests.faults.editor", how]))


async def begin(server: OnTerminal) -> int:
    """Open the lesson in the editor; the editor's process."""
    await sees(server, b"Animals")
    server.press(b"/Giraffe")
    await sees(server, b"Thumbnails")  # of the lesson that was found
    server.shown.clear()
    server.press(b"\r")
    await sees(server, b"Publish")  # the keys of the list, which has the focus
    server.press(b"e")
    await sees(server, b"EDITING ")
    return await eventually(lambda: _process_of(server))


async def _process_of(server: OnTerminal) -> int | None:
    found = re.search(rb"EDITING (\d+)\r", server.shown)
    return int(found[1]) if found else None


async def sees(server: OnTerminal, text: bytes) -> None:
    async def look() -> bool:
        return text in server.shown

    try:
        await eventually(look, within=15)
    except AssertionError:
        raise AssertionError(f"{text!r} not in … {bytes(server.shown[-3000:])!r}") from None


async def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def test_the_server_goes_on_while_somebody_edits_and_no_key_reaches_it(
    fresh_database: Database, sql: Connection, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_editor(monkeypatch, "waits")

    async def edits(server: OnTerminal) -> None:
        await sql.execute("update lesson set title = 'Giraffe'")
        await begin(server)
        server.press(b"\x03")
        await sees(server, b"INTERRUPTED")
        server.press(b"\x1a")

    async def goes_on(server: OnTerminal) -> None:
        server.shown.clear()
        server.press(b"done\r")
        await sees(server, TYPED.encode())  # the difference
        server.press(b"y")

        async def is_stored() -> bool:
            return await sql.fetchval("select title from lesson") == "A bowl"

        async def is_taken_away() -> bool:
            return not [*place.iterdir()]

        await eventually(is_stored)
        await eventually(is_taken_away)  # a server that stops before it heard of the commit keeps the text: rightly
        assert await server.stopped() == 0
        await eventually(server.is_restored)

    await survived(fresh_database.dsn, sql, tmp_path, SERVE, edits, goes_on)


@pytest.mark.parametrize(("how", "said"), [("writes 10 MB", b"larger than"), ("writes much", b"Nothing was stored")])
async def test_a_text_of_any_size_holds_nothing_up(
    fresh_database: Database,
    sql: Connection,
    tmp_path: Path,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    said: bytes,
) -> None:
    use_editor(monkeypatch, how)

    async def edits(server: OnTerminal) -> None:
        await begin(server)

    async def is_refused(server: OnTerminal) -> None:
        await sees(server, said)
        assert await server.stopped() == 0

    await survived(fresh_database.dsn, sql, tmp_path, SERVE, edits, is_refused)
    kept = [*place.glob("*/lesson.yaml")]  # one for each try
    assert kept
    assert min(file.stat().st_size for file in kept) > 700_000


async def test_what_was_typed_is_kept_when_the_editor_is_killed(
    fresh_database: Database, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_editor(monkeypatch, "is killed")
    async with on_terminal(fresh_database.dsn, tmp_path, *SERVE) as server:
        await begin(server)
        await sees(server, b"ended with -9")
        [kept] = place.glob("*/lesson.yaml")
        assert TYPED in kept.read_text()
        assert await server.answers()
        assert await server.stopped() == 0
        await eventually(server.is_restored)


async def test_the_terminal_is_ours_again_however_an_editor_leaves_it(
    fresh_database: Database, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_editor(monkeypatch, "leaves the terminal as it likes")
    async with on_terminal(fresh_database.dsn, tmp_path, *SERVE) as server:
        await begin(server)
        await sees(server, b"was changed.")
        server.press(b"?")
        await sees(server, b"Find")
        assert await server.stopped() == 0
        await eventually(server.is_restored)


@pytest.mark.parametrize("how", ["waits", "ignores a hangup"])
async def test_a_stop_ends_the_editor_and_restores_the_terminal(
    fresh_database: Database, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    use_editor(monkeypatch, how)
    async with on_terminal(fresh_database.dsn, tmp_path, *SERVE) as server:
        process = await begin(server)
        async with asyncio.timeout(10):
            assert await server.stopped() == 0
        await eventually(lambda: _is_gone(process))
        await eventually(server.is_restored)


async def test_the_server_outlives_a_terminal_that_is_closed_while_somebody_edits(
    fresh_database: Database, sql: Connection, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_editor(monkeypatch, "waits")
    processes: list[int] = []

    async def closed(server: OnTerminal) -> None:
        processes.append(await begin(server))
        server.close_terminal()

    async def told(server: OnTerminal) -> None:
        await eventually(lambda: _is_gone(processes[-1]))

        async def is_told() -> bool:
            return bool(server.logged("view.closed"))

        await eventually(is_told)
        assert await server.answers()
        server.process.send_signal(signal.SIGTERM)
        assert await server.process.wait() == 0

    await survived(fresh_database.dsn, sql, tmp_path, SERVE, closed, told)
