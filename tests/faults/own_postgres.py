"""A Postgres of a campaign's own, to be stopped, killed, filled up and started again; nobody else restarts it."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import asyncpg

from chaishots.database.embedded_account import PROGRAMS, account_for, reachable_programs
from tests.cluster import eventually

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
_SMALL_BYTES = 96 * 1024 * 1024
_DATABASE = "chaishots"
_FILLED_PIECE = 1024 * 1024


class OwnPostgres:
    """A server on a socket in a folder of its own, with an empty database on a tablespace that can be filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._small = folder / "small"
        self._account = account_for(folder)
        self._programs = reachable_programs(self._account) if self._account else PROGRAMS
        self._process: asyncio.subprocess.Process | None = None

    @property
    def dsn(self) -> str:
        """The DSN of its database."""
        return f"postgresql://postgres@/{_DATABASE}?host={self.folder}&port=5432&sslmode=disable"

    @property
    def outside(self) -> str:
        """The DSN of a database that is nobody's, for what is done to ours."""
        return self.dsn.replace(f"/{_DATABASE}?", "/postgres?")

    async def create(self) -> Self:
        """Make its data, start it, make the database."""
        self.folder.chmod(0o700)
        self._small.mkdir()
        if os.geteuid() == 0:
            size = f"size={_SMALL_BYTES}"
            await asyncio.to_thread(
                subprocess.run, ["mount", "-t", "tmpfs", "-o", size, "none", self._small], check=True
            )
        if self._account:
            for place in (self.folder, self._small):
                os.chown(place, *self._account)
        made = await self._run("initdb", "--auth=trust", "--username=postgres", "--no-instructions", "-D", "data")
        assert await made.wait() == 0, (self.folder / "log").read_text()
        await self.start()
        await self.execute(f"create tablespace small location '{self._small}'")
        await self.execute(f"create database {_DATABASE} template template0 encoding 'UTF8' tablespace small")
        return self

    async def follow(self, primary: "OwnPostgres") -> Self:
        """Copy another one's data, start it, and stream from then on what the other writes."""
        self.folder.chmod(0o700)
        self._small.mkdir()
        if self._account:
            for place in (self.folder, self._small):
                os.chown(place, *self._account)
        source = ("--host", str(primary.folder), "--port=5432", "--username=postgres")
        places = f"--tablespace-mapping={primary._small}={self._small}"
        await self.run("pg_basebackup", *source, "--pgdata=data", "--write-recovery-conf", "--checkpoint=fast", places)
        await self.start()
        return self

    async def start_as_standby_of(self, primary: "OwnPostgres") -> None:
        """Start it again, demoted: as one that follows the other."""
        (self.folder / "data" / "standby.signal").touch()
        with (self.folder / "data" / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'host={primary.folder} port=5432 user=postgres'\n")
        await self.start()

    async def run(self, program: str, *arguments: str) -> None:
        """Run one of Postgres' programs to its end, in the folder. Fails the test when it fails."""
        running = await self._run(program, *arguments)
        assert await running.wait() == 0, (self.folder / "log").read_text()[-2000:]

    async def start(self) -> None:
        """Start it, and wait until it lets in."""
        listening = ("-c", "listen_addresses=", "-k", str(self.folder), "-c", "fsync=off", "-c", "max_connections=200")
        self._process = await self._run("postgres", "-D", "data", *listening)
        await eventually(self._lets_in)

    async def stop(self, how: signal.Signals = FAST) -> None:
        """Stop it: FAST ends the sessions in good order, IMMEDIATE as a crash does."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()

    async def execute(self, statement: str) -> None:
        """Run a statement from outside our database, by a session of its own."""
        connection = await asyncpg.connect(self.outside)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def fill(self) -> None:
        """Leave no room for the tables; needs root, whose the small disk is."""
        with (self._small / "filler").open("wb", buffering=0) as filler:
            for piece in (_FILLED_PIECE, 4096):
                try:
                    while True:
                        filler.write(b"x" * piece)
                except OSError:
                    continue

    def empty(self) -> None:
        """Make room again."""
        (self._small / "filler").unlink(missing_ok=True)

    async def remove(self) -> None:
        """Stop it, and leave nothing."""
        await self.stop(IMMEDIATE)
        if os.geteuid() == 0:
            await asyncio.to_thread(subprocess.run, ["umount", "-ql", self._small], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _lets_in(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, (self.folder / "log").read_text()[-2000:]
        try:
            await (await asyncpg.connect(self.outside, timeout=2)).close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def _run(self, program: str, *arguments: str) -> asyncio.subprocess.Process:
        user, group = self._account or (None, None)
        with (self.folder / "log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                str(self._programs / program),
                *arguments,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=user,
                group=group,
                extra_groups=[] if self._account else None,
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                start_new_session=True,
            )


@asynccontextmanager
async def own_postgres() -> AsyncIterator[OwnPostgres]:
    """A Postgres of one's own for as long as the block lasts."""
    server = OwnPostgres(Path(tempfile.mkdtemp(prefix="chaishots-")))
    try:
        yield await server.create()
    finally:
        await server.remove()
