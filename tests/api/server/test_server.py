"""Sockets as the server opens them."""

import asyncio
import socket

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
