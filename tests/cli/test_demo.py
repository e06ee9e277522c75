"""The main job in one command: `chaishots demo` on an empty folder, with its own Postgres."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx2
import pytest

from chaishots.database.embedded import embedded_postgres
from tests.cluster import DEADLINE_SECONDS, eventually


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="chaishots-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def test_a_scheduled_lesson_becomes_public_by_itself_with_its_draft_program(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chaishots",
        "demo",
        "--port",
        str(port),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
        | {"CHAISHOTS_DATA_DIR": str(folder)},
    )
    assert demo.stdout is not None
    async with asyncio.timeout(DEADLINE_SECONDS):
        printed = (await demo.stdout.readuntil(b"Ctrl+C.")).decode()
    slow = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS)
    async with slow as client, asyncio.timeout(DEADLINE_SECONDS):
        await eventually(lambda: _answers(client))
        programs = (await client.get("/catalog/programs")).json()["programs"]
        before = {program["id"] for program in programs}
        shown = set(re.findall(r"http://127[^ \"]*/pictures/[^ \"]*", json.dumps(programs)))
        missing = [url for url in shown if (await client.get(url)).status_code != 200]

        with embedded_postgres(folder / "postgres") as dsn:
            sql = await asyncpg.connect(dsn)
            first = await sql.fetchrow(
                """select lesson.id, program.id as program_id, program.status from lesson
                     join term on term.id = lesson.term_id join program on program.id = term.program_id
                    where lesson.status = 'scheduled' order by publish_at limit 1"""
            )
            assert first is not None
            # Nobody waits for 40 s here: its moment is moved, the rest happens by itself.
            await sql.execute(
                "update lesson set publish_at = clock_timestamp() + interval '500 ms' where id = $1", first["id"]
            )
            await eventually(lambda: _is_public(client, str(first["program_id"])))
            late: timedelta = await sql.fetchval(
                "select published_at - publish_at from lesson where id = $1", first["id"]
            )
            await sql.close()
            demo.send_signal(signal.SIGINT)
            assert await demo.wait() == 0

    assert f"http://127.0.0.1:{port}" in printed
    assert re.search(r"in (3\d|40) s +\d{4}-\d\d-\d\d", printed)
    assert before
    assert shown
    assert missing == []
    assert first["status"] == "draft"
    assert str(first["program_id"]) not in before
    assert timedelta(0) <= late < timedelta(milliseconds=100)


async def _answers(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code == 200
    except httpx2.TransportError:
        return False


async def _is_public(client: httpx2.AsyncClient, program_id: str) -> bool:
    return (await client.get(f"/catalog/programs/{program_id}")).status_code == 200
