"""Accepting when descriptors are used up: the server waits for room, says so once, and does everything else."""

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx2

from chaishots.api.request_tasks import RequestTasks
from chaishots.api.server.accepting import Acceptor
from chaishots.api.server.sockets import bound_sockets
from chaishots.database.connection import Connection
from tests.builders import a_lesson, row
from tests.cluster import Cluster, Replica, eventually

ROOM = 40


@contextmanager
def with_room_for(replica: Replica, more: int) -> Iterator[None]:
    """Let the replica open only so many descriptors more."""
    pid = replica.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = max(int(file.name) for file in Path(f"/proc/{pid}/fd").iterdir())
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + more, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def crowd(port: int, number: int) -> Iterator[None]:
    """So many connections that nothing is asked on."""
    with ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        yield


async def test_a_server_without_descriptors_goes_on_and_says_so_once(cluster: Cluster, sql: Connection) -> None:
    [replica] = await cluster.start()
    await cluster.leader()

    async def has_said() -> bool:
        return bool(replica.logged("connections.not_accepted"))

    async def answers() -> bool:
        async with httpx2.AsyncClient(base_url=replica.http.base_url, timeout=30) as newcomer:
            return (await newcomer.get("/health")).status_code == 200

    with with_room_for(replica, ROOM), crowd(replica.port, 3 * ROOM):
        await eventually(has_said)
        lesson = await a_lesson(sql, due_in=timedelta(0))

        async def is_published() -> bool:
            return (await row(sql, "lesson", lesson))["status"] == "published"

        await eventually(is_published)
        assert await answers()
    assert await answers()
    assert len(replica.logged("connections.not_accepted")) == 1
    assert "ulimit -n" in replica.logged("connections.not_accepted")[0]["action"]


async def test_what_came_while_there_was_no_room_is_served_once_there_is() -> None:
    """On a loop of asyncio's own, with nobody idle to make room: the connections wait in the socket's queue."""
    [listening] = bound_sockets("127.0.0.1", 0)
    port = listening.getsockname()[1]
    accepted: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()
    asked_for_room = asyncio.Event()

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.put_nowait(transport)

    acceptor = Acceptor(listening, Accepted, asked_for_room.set, RequestTasks())
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        waiting = [stack.enter_context(socket.socket()) for _ in range(3)]
        with ExitStack() as used_up:
            used_up.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
            resource.setrlimit(resource.RLIMIT_NOFILE, (waiting[-1].fileno() + 1, limits[1]))
            with suppress(OSError):
                while True:
                    used_up.enter_context(open(os.devnull))  # noqa: ASYNC230  # where there are gaps
            for client in waiting:
                client.connect(("127.0.0.1", port))
            await asked_for_room.wait()
            assert accepted.empty()
        for _ in range(3):
            (await asyncio.wait_for(accepted.get(), 10)).abort()
    acceptor.close()
