"""Replicas of the real server as real processes, for tests that start, kill, pause and stop them."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO, Any, Self, TypeVar

import asyncpg
import httpx2

from chaishots.database.connection import Connection
from chaishots.database.replicas import Replica as Seen
from chaishots.database.replicas import replicas

DEADLINE_SECONDS = 30
"""One generous bound for every condition that a test waits for."""
START_SECONDS = 120
"""For a replica to start: on an empty database one of them migrates first, and the machine may be busy with others."""
_LOOK_SECONDS = 0.005

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], *, within: float = DEADLINE_SECONDS) -> T:
    """What `look` gives, once it gives something true. Fails the test when it does not in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        if seen := await look():
            return seen
        assert loop.time() < deadline, f"not within {within} s; last seen: {seen!r}"
        await asyncio.sleep(_LOOK_SECONDS)


class Replica:
    """One `chaishots serve`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: IO[bytes]) -> None:
        self.process = process
        self.port = port
        self._log = log
        self.name = f"{socket.gethostname()}-{process.pid}"
        self.http = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS)

    async def health(self) -> dict[str, Any] | None:
        """What /health says; None while nothing listens."""
        try:
            answer = await self.http.get("/health")
        except httpx2.TransportError:
            return None
        return {**answer.json(), "http_status": answer.status_code}

    async def tells(self, **told: object) -> dict[str, Any]:
        """What /health says once it says this, which it may do a second later (`http_status`: its status)."""

        async def look() -> dict[str, Any] | None:
            state = await self.health()
            return state if state is not None and told.items() <= state.items() else None

        return await eventually(look)

    async def is_healthy(self) -> bool:
        """Whether /health answers 200. A replica that has ended instead fails the test, with its log."""
        assert self.process.returncode is None, f"the replica ended: {self.process.returncode}\n{self.log_text()}"
        state = await self.health()
        return state is not None and state["http_status"] == 200

    def log_text(self) -> str:
        """All it has logged."""
        return Path(self._log.name).read_text()

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines logged for one event."""
        lines = (json.loads(line) for line in self.log_text().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == event]

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop it from running, as a hang would, for as long as the block lasts."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    async def stopped(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and give its exit code."""
        self.process.send_signal(number)
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.process.wait()

    async def close(self) -> None:
        """End it, whatever state it is in."""
        await self.http.aclose()
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self._log.close()


class Cluster:
    """Replicas on one database."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.replicas: list[Replica] = []
        self._watch: Connection

    async def __aenter__(self) -> Self:
        self._watch = await asyncpg.connect(self.dsn)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(replica.close() for replica in self.replicas))
        with contextlib.suppress(asyncpg.PostgresError, OSError, asyncpg.InterfaceError):
            await self._watch.close()

    async def start(
        self, number: int = 1, *, healthy: bool = True, files: int | None = None, **settings: str
    ) -> list[Replica]:
        """Start replicas together, and wait until each is healthy. `files`: the descriptors that each may have."""
        started = await asyncio.gather(*(self._start_one(settings, files) for _ in range(number)))
        self.replicas += started
        if healthy:
            await asyncio.gather(*(eventually(replica.is_healthy, within=START_SECONDS) for replica in started))
        return started

    async def leader(self, *, other_than: Replica | None = None) -> Replica:
        """The replica that leads, once one does, by what Postgres says."""

        async def look() -> Replica | None:
            leading = next((seen.name for seen in await self._seen() if seen.leads), None)
            return next(
                (replica for replica in self.replicas if replica.name == leading and replica is not other_than), None
            )

        return await eventually(look)

    async def _seen(self) -> list[Seen]:
        # The watch is ended with all the others when Postgres is, or ends sessions.
        try:
            if self._watch.is_closed():
                self._watch = await asyncpg.connect(self.dsn)
            return await replicas(self._watch)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            self._watch.terminate()
            return []

    async def standbys(self) -> list[Replica]:
        """Everybody but the leader."""
        leader = await self.leader()
        return [replica for replica in self.replicas if replica is not leader]

    async def _start_one(self, settings: dict[str, str], files: int | None) -> Replica:
        port = free_port()
        log = tempfile.NamedTemporaryFile(prefix="chaishots-replica-", suffix=".log")  # noqa: SIM115  # closed with it
        process = await asyncio.create_subprocess_exec(
            *(("sh", "-c", f'ulimit -n {files} && exec "$@"', "sh") if files else ()),
            sys.executable,
            "-m",
            "chaishots",
            "serve",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment() | {"DATABASE_URL": self.dsn, "PORT": str(port), **settings},
        )
        return Replica(process, port, log)


@contextlib.asynccontextmanager
async def lock_held(dsn: str, key: int) -> AsyncIterator[Connection]:
    """Hold an advisory lock of the session, as a stranger would."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", key)
        yield connection
    finally:
        await connection.close()


def environment() -> dict[str, str]:
    """Ours, without what would set up a server."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("CHAISHOTS_", "DATABASE_", "PORT"))
    }


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
