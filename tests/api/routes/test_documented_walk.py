"""What docs/API.md shows of the routes for editors: each line is run, as it stands, against the real server."""

import asyncio
import re
import shutil
import sys
from pathlib import Path

import httpx2
import pytest

from chaishots.database.connection import Connection

DOCS = Path(__file__).parents[3] / "docs" / "API.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are needed")
async def test_every_line_of_the_walk_does_what_it_says(editor: httpx2.AsyncClient, tmp_path: Path) -> None:
    blocks = re.findall(r"```console\n(.*?)```", DOCS.read_text(), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    token = editor.headers["Authorization"].removeprefix("Bearer ")
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", "\n".join(lines)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env={"URL": str(editor.base_url).rstrip("/"), "TOKEN": token, "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    out, err = await process.communicate()

    assert process.returncode == 0, err.decode() + out.decode()
    assert out.decode().split("\n")[:-1] == [
        *("2", "Lesson 3", "Lesson 2", "Lesson 1", "3"),
        *(state for state in ("scheduled", "published", "archived", "draft") for _ in range(3)),
        "2030-03-22T17:00:00.000Z is Fri 2030-03-22 18:00:00",
        "2030-03-29T17:00:00.000Z is Fri 2030-03-29 18:00:00",
        "2030-04-05T16:00:00.000Z is Fri 2030-04-05 18:00:00",
        *("2", "0", '["description"]', "1"),
    ]


@pytest.mark.parametrize(("option", "requests"), [([], 5), (["--one-by-one"], 95)])
async def test_an_editors_week_takes_so_many_requests(
    editor: httpx2.AsyncClient, sql: Connection, option: list[str], requests: int
) -> None:
    week = DOCS.parents[1] / "examples" / "editors_week.py"
    token = editor.headers["Authorization"].removeprefix("Bearer ")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(week), *option),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"URL": str(editor.base_url).rstrip("/"), "TOKEN": token},
    )
    out, _ = await process.communicate()

    assert process.returncode == 0, out.decode()
    assert out.decode().startswith(f"{requests} requests, ")
    made = await sql.fetch(_STANDS)
    assert [tuple(row) for row in made] == [(1, 9, 9), (2, 11, 11), (3, 10, 10), (4, 9, 0)]
    assert await sql.fetchval("select count(*) from lesson where content_urls::text like '%old.example%'") == 0


_STANDS = """
    select term_number, count(*), count(*) filter (where status = 'scheduled')
      from term join lesson on term_id = term.id group by 1 order by 1
"""
