"""The addresses that the server listens on, bound before anything else is begun. Loads nothing that takes time."""

import socket
from typing import Final

_SEND_BYTES: Final = 256 * 1024
"""What the kernel keeps of an answer for a client that does not read it; left to itself, up to 4 MB a connection, which
a crowd of such clients has it copy and hold. Linux keeps room for twice that."""


class CannotListen(Exception):
    """The address cannot be had; the text names it and what to do."""


def bound_sockets(host: str, port: int) -> list[socket.socket]:
    """Bind every address that the host name stands for. Raises: CannotListen."""
    sockets: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(addresses):
            # Its protocol by name: without it asyncio leaves Nagle's algorithm on, and every answer takes 40 ms.
            listening = socket.socket(family, kind, protocol)
            sockets.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)  # what is accepted inherits it
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(address)
            listening.setblocking(False)
    except OSError as error:
        for listening in sockets:
            listening.close()
        reason = (error.strerror or str(error)).lower()
        raise CannotListen(
            f"Cannot listen on {host}:{port} ({reason}): set PORT or CHAISHOTS_HOST to an address that is free."
        ) from error
    return sockets
