"""A real PgBouncer before the tests' Postgres, in the mode and with the habits that a test asks for."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from chaishots.database.connection import PINNED
from tests.cluster import eventually, free_port
from tests.tcp_proxy import cut_way

_NOBODY = 65_534
_IGNORED = (
    *(*PINNED, "search_path", "transaction_timeout", "client_connection_check_interval", "tcp_user_timeout"),
    "default_transaction_read_only",
)
"""What a PgBouncer has to be told to ignore, so that it takes each of our sessions."""
_INI = """
[databases]
* = host={host} port={port} user={user} {password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listens_at}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
server_round_robin = {round_robin:d}
ignore_startup_parameters = {ignored}
"""


@asynccontextmanager
async def pgbouncer(
    dsn: str, mode: str, *, ignores: bool = True, size: int = 20, round_robin: bool = False
) -> AsyncIterator[str]:
    """The URL of a pooler that leads to this database.

    Args:
        mode: session, transaction or statement.
        ignores: whether it ignores the settings that our sessions begin with; else it refuses them.
        size: how many backends it may have.
        round_robin: whether it lends the backend that was idle for longest; else the one that was last given back.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("there is no pgbouncer here")
    folder, listens_at = Path(tempfile.mkdtemp(prefix="chaishots-")), free_port()
    folder.chmod(0o755)
    # By a port: its account does not reach the folder of the socket.
    async with cut_way(dsn) as way:
        parts = urlsplit(way.dsn)
        settings = _INI.format(
            host=parts.hostname,
            port=parts.port,
            user=parts.username or "postgres",
            password=f"password={parts.password}" if parts.password else "",
            listens_at=listens_at,
            mode=mode,
            size=size,
            round_robin=round_robin,
            ignored=",".join(_IGNORED) if ignores else "",
        )
        (folder / "ini").write_text(settings)
        account = _NOBODY if os.geteuid() == 0 else None  # it refuses to be root
        running = await asyncio.create_subprocess_exec(
            program, "-q", str(folder / "ini"), user=account, stderr=asyncio.subprocess.DEVNULL
        )
        url = f"postgresql://tests@127.0.0.1:{listens_at}{parts.path}?sslmode=disable"

        async def lets_in() -> bool:
            try:
                await (await asyncpg.connect(url, timeout=2)).close()
            except (OSError, asyncpg.PostgresError):
                return False
            return True

        try:
            await eventually(lets_in)
            yield url
        finally:
            running.terminate()
            await running.wait()
            shutil.rmtree(folder)
