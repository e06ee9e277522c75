"""Looking up the addresses of hosts that others name, so that a name that hangs holds up nobody else.

The loop's own look-ups share a few threads with all else that has a name to look up, the database's among them: five
names whose servers never answer would take them all for half a minute. So each look-up here has a thread of its own,
which a process that stops does not wait for.
"""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Final

MOST_AT_ONCE: Final = 100
"""Look-ups that go on at the same time, those included that nobody waits for any more."""

_going_on = threading.BoundedSemaphore(MOST_AT_ONCE)


class TooManyNames(Exception):
    """As many look-ups as there may be go on already."""

    def __init__(self) -> None:
        super().__init__("Too many names are being looked up at this moment.")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, each once, in the order in which they are to be tried.

    Whoever gives up waiting leaves the look-up behind. Raises: what the system's look-up does (OSError when there is no
    such host, others for what can be none); TooManyNames.
    """
    if not _going_on.acquire(blocking=False):
        raise TooManyNames
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: Exception | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def look_up() -> None:
        addresses: list[str] = []
        failure: Exception | None = None
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        except Exception as error:  # noqa: BLE001  # whatever it is, who asked is told: else it would wait for ever
            failure = error
        finally:
            _going_on.release()
        with suppress(RuntimeError):  # the loop is closed by now
            loop.call_soon_threadsafe(tell, addresses, failure)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    return await found
