"""Connections to hosts that others name: each name is resolved once, judged, and what was judged is connected to.

So a name that leads elsewhere the next time it is asked for leads nobody into a private network. TLS still checks the
certificate of the name.
"""

import asyncio
import socket
from collections.abc import Iterable
from typing import Final

from httpcore2 import AnyIOBackend, AsyncConnectionPool, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from chaishots.outbound.addresses import is_public

_MOST_TRIED: Final = 3
"""Addresses of a host that are tried, one after the other."""
_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class PrivateAddress(Exception):
    """A host has no public address."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"{host} is not public: nobody outside can open it."
            if address == host
            else f"Its host is at {address}, which is not public: nobody outside can open it."
        )


def open_pool(*, most_connections: int, allow_private: bool = False) -> AsyncConnectionPool:
    """A pool that connects to public addresses alone. What is asked through it raises PrivateAddress for others.

    Args:
        allow_private: connect to any address, where whoever runs this knows all URLs.
    """
    return AsyncConnectionPool(
        max_connections=most_connections,
        max_keepalive_connections=most_connections,
        keepalive_expiry=5,
        network_backend=JudgingBackend(allow_private=allow_private),
    )


class JudgingBackend(AsyncNetworkBackend):
    """How the pool connects."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._inner = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to one of the host's public addresses. Raises: PrivateAddress; ConnectError, ConnectTimeout."""
        failure: Exception = ConnectError("There is no address of this host.")
        for address in (await self._addresses(host, port, timeout))[:_MOST_TRIED]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except ConnectError as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[_SocketOption] | None = None
    ) -> AsyncNetworkStream:
        """Never: no URL leads to one."""
        raise ConnectError("No sockets of this machine are connected to.")

    async def sleep(self, seconds: float) -> None:
        """Wait, between two tries."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                found = await loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise ConnectError("Its name was not resolved in time.") from error
        except (OSError, UnicodeError) as error:
            raise ConnectError("There is no host of this name.") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if self._allow_private:
            return addresses
        public = [address for address in addresses if is_public(address)]
        if addresses and not public:
            raise PrivateAddress(host, addresses[0])
        return public
