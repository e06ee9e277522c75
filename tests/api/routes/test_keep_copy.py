"""The example that keeps a copy of the catalog in SQLite: it is right whatever happens, and says where it is."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from uuid import UUID

from chaishots.database.connection import Connection
from chaishots.scheduler.feed_numbering import number_all
from tests.api.conftest import Served
from tests.builders import a_lesson, a_public_program, a_term
from tests.cluster import eventually
from tests.copies import Copy, catalog

SCRIPT = Path(__file__).parents[3] / "examples" / "keep_copy.py"


@asynccontextmanager
async def keeping(served: Served, file: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The script as it runs."""
    address = str(served.client.base_url).rstrip("/")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, SCRIPT, address, file, *options), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def stored(file: Path) -> Copy:
    with closing(sqlite3.connect(file)) as copy:
        if not copy.execute("select 1 from sqlite_schema where name = 'item'").fetchall():
            return {}
        return {key: json.loads(document) for key, document in copy.execute("select id, document from item")}


async def is_in_step(served: Served, file: Path, *, without: UUID | None = None) -> bool:
    # After many changes at once, the catalog's own answers may be the ones before for a moment more.
    return file.exists() and str(without) not in (kept := stored(file)) and kept == await catalog(served.client)


async def test_a_copy_is_made_kept_in_step_and_made_anew_under_another_history(
    whole: Served, sql: Connection, tmp_path: Path
) -> None:
    file = tmp_path / "copy.db"
    programs = [await a_public_program(sql, title=title) for title in ("తెలుగు అక్షరాలు", "रोज़ की हिंदी", 'A "cup" <of>')]
    await number_all(sql)
    async with keeping(whole, file) as process:
        await eventually(lambda: is_in_step(whole, file))

        term = await a_term(sql, programs[0])
        await a_lesson(sql, term, status="published", title="కొత్త పాఠం")
        await sql.execute("delete from program where id = $1", programs[1])
        await number_all(sql)
        await whole.has_heard(sql)
        await eventually(lambda: is_in_step(whole, file, without=programs[1]))

        # As a backup that is older would have it, while a program is taken down that this history never tells of.
        await sql.execute("update feed_mark set mark = mark + 1")
        await sql.execute("delete from feed where id = $1", programs[2])
        await sql.execute("update program set status = 'archived' where id = $1", programs[2])
        await sql.execute("update program set title = 'Another' where id = $1", programs[0])
        await number_all(sql)
        await whole.has_heard(sql)
        await eventually(lambda: is_in_step(whole, file, without=programs[2]))
        assert process.returncode is None


async def test_once_it_says_what_it_has(whole: Served, sql: Connection, tmp_path: Path) -> None:
    await a_public_program(sql)
    await number_all(sql)
    async with keeping(whole, tmp_path / "copy.db", "--once") as process:
        printed, _ = await process.communicate()

    assert printed.decode().split() == ["lesson", "1", "program", "1"]
