"""What listens where a Postgres was expected, when it is none: for the line that says so.

asyncpg waits for the rest of what it takes for a message, or tells of a connection that was closed. Asked by the first
question of Postgres' protocol, whether TLS is spoken, a Postgres answers with one letter; whoever answers with anything
else is none.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Final

from chaishots.database.errors import Kind, Trouble
from chaishots.database.multiple_hosts import hosts_of

ASK_SECONDS: Final = 1
"""The longest that asking takes."""
_SILENT_SECONDS: Final = 0.25
_TLS_QUESTION: Final = b"\0\0\0\x08\x04\xd2\x16\x2f"
_ANSWERS: Final = (b"S", b"N", b"G")
_BEGINNINGS: Final = {
    b"HTTP/": "an HTTP server",
    b"SSH-": "an SSH server",
    b"\x15\x03": "a server that speaks TLS from the first byte",
    b"-ERR": "a Redis",
    b"220": "a mail or FTP server",
}
_MYSQL: Final = b"\0\0\0\x0a"
_ACTION: Final = "Name the host and port of a Postgres in DATABASE_URL."


async def find_foreign_server(dsn: str) -> Trouble | None:
    """What listens at the first of a URL's hosts, if that is no Postgres; None when it is one, or does not tell."""
    host, port = next(iter(hosts_of(dsn)), ("/", 0))
    if host.startswith("/"):
        return None
    with suppress(OSError, ValueError):  # TimeoutError among them, and a name that is none
        async with asyncio.timeout(ASK_SECONDS):
            answer = await _ask(host, port)
            if answer is None:
                return None
            if found := _kind_of(answer) if answer else await _kind_by_tls(host, port):
                reason = f"{found} listens there, no Postgres"
                return Trouble(Kind.AWAY, None, reason, f"The database was not reached ({reason}).", _ACTION)
    return None


async def _ask(host: str, port: int) -> bytes | None:
    """What it answers; nothing when it closes, None when it is silent."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_TLS_QUESTION)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SILENT_SECONDS):
                return await reader.read(64)
        writer.write(b"\r\n\r\n")  # an HTTP server may wait for the end of a line
        async with asyncio.timeout(_SILENT_SECONDS):
            return await reader.read(64)
    except TimeoutError:
        return None
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


def _kind_of(answer: bytes) -> str | None:
    # An error message of Postgres' own: what is refused before TLS is.
    if answer in _ANSWERS or answer.startswith(b"E\0"):
        return None
    if answer[1:5] == _MYSQL or answer[3:5] == _MYSQL[2:]:
        return "a MySQL or MariaDB"
    return next((kind for beginning, kind in _BEGINNINGS.items() if answer.startswith(beginning)), "another server")


async def _kind_by_tls(host: str, port: int) -> str | None:
    # Some close without a word where the first byte is not one of TLS.
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(_SILENT_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=trusting)
    except OSError:  # of TLS, and of time, too
        return None
    writer.transport.abort()
    return _BEGINNINGS[b"\x15\x03"]
