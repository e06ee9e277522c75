"""Several hosts in one URL: one of them takes writes, and which one may change at any moment.

asyncpg asks the hosts one after the other, in one time for all: the first that hangs, or whose machine is gone, uses it
up, and the one that was promoted is never asked. Here each host has a time of its own, and the next is asked while one
is silent. A name is resolved anew for each connection, by asyncpg, so a name that moves is followed as well.

A server may also go on and take no writes any more: its sessions stay, and would be kept for ever. Postgres tells each
session of it (`default_transaction_read_only` and `in_hot_standby` are reported), so noticing costs nothing.
"""

import asyncio
import time
from collections.abc import Collection
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit
from weakref import WeakKeyDictionary

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SILENT_SECONDS: Final = 2
"""How long one of several hosts may take to let us in."""
NEXT_SECONDS: Final = 0.5
"""After which the next host is asked beside one that is silent."""
TURNED: Final = "This server takes no writes any more, and another one does."
_LEAVE_SECONDS: Final = 0.5
"""For what is under way on a server that is left."""
_PORT: Final = 5432
_OF_PRIMARIES: Final = ("any", "primary", "read-write")
"""What each host can be asked for by itself; a preference for standbys compares them."""
_NAME: Final = "chaishots:hosts"

_last: Final[dict[str, tuple[str, int]]] = {}
"""Which host of a URL let us in last: it is asked first."""
_opened: Final[WeakKeyDictionary[Connection, tuple[str, float]]] = WeakKeyDictionary()
"""By which URL each connection was opened, and when."""


def hosts_of(dsn: str) -> list[tuple[str, int]]:
    """The hosts of a URL with their ports, in its order; a folder is one that has sockets. None: the environment's."""
    parts = urlsplit(dsn)
    given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    listed = parts.netloc.rpartition("@")[2]
    ports = [int(port) for port in given.get("port", "").split(",") if port.isdecimal()] or [_PORT]
    hosts: list[tuple[str, int]] = []
    for number, named in enumerate((listed or given.get("host", "")).split(",")):
        port = ports[number] if number < len(ports) else ports[-1]
        host = unquote(named)
        if listed and not host.startswith("/"):
            at = urlsplit(f"//{named}")
            host, port = unquote(at.hostname or ""), at.port or port
        if host:
            hosts.append((host, port))
    return hosts


def target_of(dsn: str) -> str | None:
    """Which of its hosts a URL asks for (`target_session_attrs`); None when it does not say."""
    return parse_qs(urlsplit(dsn).query).get("target_session_attrs", [None])[-1]


# Any: as asyncpg's own, in whose place it stands.
async def connect(dsn: str, *, timeout: float, **options: Any) -> Connection:
    """Connect as asyncpg does, to the first host that will do, whatever the others do meanwhile.

    Args:
        timeout: seconds; each of several hosts has SILENT_SECONDS of them.
    Raises: what asyncpg does; of several errors, the one that says most.
    """
    hosts = hosts_of(dsn)
    if len(hosts) < 2 or (target_of(dsn) or "any") not in _OF_PRIMARIES:
        connection = await asyncpg.connect(dsn, timeout=timeout, **options)
    else:
        connection = await _first_of(hosts, dsn, min(timeout, SILENT_SECONDS), options)
    _opened[connection] = dsn, time.monotonic()
    return connection


def leave_server(dsns: Collection[str | None], *, opened_before: float) -> None:
    """End soon all that was opened before a moment, by these URLs: another server has taken over from theirs.

    Left to itself, what waits for a server that hangs waits until its own time is over, each for its own.
    """
    loop = asyncio.get_running_loop()
    for connection, (dsn, opened_at) in _opened.items():
        if dsn in dsns and opened_at < opened_before and not connection.is_closed():
            loop.call_later(_LEAVE_SECONDS, connection.terminate)


async def _first_of(hosts: list[tuple[str, int]], dsn: str, seconds: float, options: dict[str, Any]) -> Connection:
    waiting = sorted(hosts, key=lambda host: host != _last.get(dsn))
    asked: dict[asyncio.Task[Connection], tuple[str, int]] = {}
    errors: list[BaseException] = []
    try:
        while waiting or asked:
            if waiting:
                host, port = waiting.pop(0)
                connecting = asyncpg.connect(dsn, host=host, port=port, timeout=seconds, **options)
                asked[asyncio.create_task(connecting)] = host, port
            done, _ = await asyncio.wait(
                asked, timeout=NEXT_SECONDS if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                if (error := task.exception()) is None:
                    _last[dsn] = asked.pop(task)
                    return task.result()
                del asked[task]
                errors.append(error)
    finally:
        for task in asked:
            task.cancel()
            task.add_done_callback(_end)
    raise max(errors, key=_tells)


async def has_turned(connection: Connection, dsn: str) -> bool:
    """Whether a session's server takes no writes any more, while another one that its URL leads to does."""
    if not _is_read_only(connection):
        return False
    try:
        other = await connect(dsn, timeout=SILENT_SECONDS, server_settings={"application_name": _NAME})
    except Exception:  # noqa: BLE001  # whatever keeps us from another one, we stay with the one that we have
        return False
    try:
        return not _is_read_only(other)
    finally:
        other.terminate()


def _is_read_only(connection: Connection) -> bool:
    told = connection.get_settings()
    return "on" in (getattr(told, name, "off") for name in ("default_transaction_read_only", "in_hot_standby"))


def _end(task: "asyncio.Task[Connection]") -> None:
    # One that came too late to be called off.
    if not task.cancelled() and task.exception() is None:
        task.result().terminate()


def _tells(error: BaseException) -> int:
    """How much an error says: that one is a standby, least; then that one is not reached."""
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return 0
    return 1 if isinstance(error, OSError) else 2
