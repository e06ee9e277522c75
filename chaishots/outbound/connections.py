"""Connections to hosts that others name: each name is resolved once, judged, and what was judged is connected to.

So a name that leads elsewhere the next time it is asked for leads nobody into a private network. TLS still checks the
certificate of the name.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Final

from httpcore2 import (
    AnyIOBackend,
    AsyncConnectionPool,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
    default_ssl_context,
)

from chaishots.outbound.allowed_urls import PrivateAddress
from chaishots.outbound.name_lookup import TooManyNames, resolve
from chaishots.outbound.public_addresses import Network, is_public, is_within

_MOST_TRIED: Final = 3
"""Addresses of a host that are tried, one after the other."""
_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


def open_pool(
    *, most_connections: int, kept: int | None = None, allow_private: bool = False, allowed: Iterable[Network] = ()
) -> AsyncConnectionPool:
    """A pool that connects to public addresses alone. What is asked through it raises PrivateAddress for others.

    Args:
        kept: how many connections are kept for the next request; as many as may be when left out.
        allow_private: connect to any address, where whoever runs this knows all URLs.
        allowed: networks that may be connected to although they are not public.
    """
    return AsyncConnectionPool(
        # Made once: reading the certificates of all authorities takes some 20 ms.
        ssl_context=default_ssl_context(),
        max_connections=most_connections,
        max_keepalive_connections=most_connections if kept is None else kept,
        keepalive_expiry=5,
        network_backend=JudgingBackend(allow_private=allow_private, allowed=allowed),
    )


class JudgingBackend(AsyncNetworkBackend):
    """How the pool connects."""

    def __init__(self, *, allow_private: bool = False, allowed: Iterable[Network] = ()) -> None:
        self._allow_private = allow_private
        self._allowed = tuple(allowed)
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
            except (ConnectError, ConnectTimeout) as error:
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
        try:
            async with asyncio.timeout(timeout):
                addresses = await resolve(host.strip("[]"), port)
        except TimeoutError as error:
            raise ConnectError("Its name was not resolved in time.") from error
        except TooManyNames as error:
            raise ConnectError(str(error)) from error
        except Exception as error:
            raise ConnectError("There is no host of this name.") from error
        good = [address for address in addresses if self._is_good(address)]
        if addresses and not good:
            raise PrivateAddress(host, addresses[0])
        return good

    def _is_good(self, address: str) -> bool:
        return self._allow_private or is_public(address) or is_within(address, self._allowed)


def explain(error: Exception) -> str:
    """Why a connection was not had, or was broken off, as a sentence."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"Its certificate is not valid: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            return "It speaks no TLS that is spoken here."
        if isinstance(cause, ConnectionRefusedError):
            return "Its host refuses the connection."
        cause = cause.__cause__ or cause.__context__
    text = str(error).rstrip(".")
    return f"{text}." if text else "The connection was broken off."
