"""Sockets as the server opens them."""

import asyncio
import socket
from contextlib import suppress

from chaishots.api.server.sockets import bound_sockets


async def test_no_answer_is_kept_back_until_the_client_acknowledges_its_head() -> None:
    """Nagle's algorithm would: on a loop of asyncio's own each answer took 40 ms."""
    [listening] = bound_sockets("127.0.0.1", 0)
    options: asyncio.Queue[int] = asyncio.Queue()

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        options.put_nowait(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(connected, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await options.get()
        writer.close()
        await writer.wait_closed()


async def test_the_kernel_keeps_little_of_what_a_client_does_not_read() -> None:
    """Left to itself, Linux takes up to 4 MB a connection, from whoever asks and does not read."""
    [listening] = bound_sockets("127.0.0.1", 0)
    listening.listen()
    with socket.create_connection(listening.getsockname()):
        listening.setblocking(True)
        accepted, _ = listening.accept()
        accepted.setblocking(False)
        taken = 0
        with accepted, suppress(BlockingIOError):
            while taken < 64_000_000:
                taken += accepted.send(b"x" * 65_536)
    listening.close()
    assert taken < 2_000_000
