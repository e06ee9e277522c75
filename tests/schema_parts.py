"""Writes chaishots/database/schema_parts.json anew after a migration: `python -m tests.schema_parts`."""

import asyncio
import json
import tempfile
from pathlib import Path

import asyncpg

from chaishots.database import schema_parts
from chaishots.database.connection import Connection
from chaishots.database.embedded import embedded_postgres
from chaishots.database.migrations import migrate


async def parts_of(connection: Connection) -> str:
    """The parts of this database's schema as the file has them, a line each."""
    rows = sorted(
        (await connection.fetch(schema_parts.PARTS)), key=lambda row: (row["kind"], row["owner"], row["name"])
    )
    lines = [json.dumps([row["kind"], row["owner"], row["name"], row["def"]], ensure_ascii=False) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n"


async def _write(dsn: str) -> None:
    await migrate(dsn, application_name="tests")
    connection = await asyncpg.connect(dsn)
    try:
        schema_parts.FILE.write_text(await parts_of(connection), "utf-8")
    finally:
        await connection.close()


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="chaishots-") as folder,
        embedded_postgres(Path(folder) / "postgres") as dsn,
    ):
        asyncio.run(_write(dsn))
