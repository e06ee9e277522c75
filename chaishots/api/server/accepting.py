"""Accepts connections for as long as the server runs, also while the process may open nothing more.

The loops' own servers do not: when descriptors are used up, asyncio's logs a traceback for each connection that waits,
and uvloop's either throws those away or closes the socket that it listens on, for good and without a word. Here the
socket rests for a moment, idle connections make room, and the log has a line a minute. Must not know what is served.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Final

from chaishots.api.log_limits import Seldom
from chaishots.api.request_tasks import RequestTasks
from chaishots.logs import named_logger

AT_ONCE: Final = 16
"""How many connections are accepted before others have their turn."""
REST_SECONDS: Final = 0.1
"""How long nothing is accepted after the process, or the machine, had no room for one."""
_BACKLOG: Final = 1024
_ACTION: Final = "Raise the limit on open files (LimitNOFILE, ulimit -n). Connections wait until there is room."

_log = named_logger("api")


class Acceptor:
    """One listening socket, and who makes protocols of what connects to it."""

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        make_room: Callable[[], None],
        tasks: RequestTasks,
    ) -> None:
        """Listen, and accept from now on.

        Args:
            protocol: makes one for each connection.
            make_room: gives descriptors of this process back; called when it has none left.
            tasks: starts a task for each.
        """
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._protocol = protocol
        self._make_room = make_room
        self._seldom = Seldom(seconds=60)
        self._tasks = tasks
        self._is_closed = False
        self._rest: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        listening.listen(_BACKLOG)
        self._loop.add_reader(listening, self._accept)

    def close(self) -> None:
        """Accept nothing more; again, it does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(error)
                return
            self._tasks.start(self._begin(accepted), name="accept")

    def _pause(self, error: OSError) -> None:
        """Accept nothing for a moment: the socket would tell of the same connection again at once."""
        self._loop.remove_reader(self._listening)
        self._rest = self._loop.call_later(REST_SECONDS, self._loop.add_reader, self._listening, self._accept)
        if (more := self._seldom.again("accept")) is not None:
            reason = error.strerror or str(error)
            _log.error("connections.not_accepted", reason=reason, action=_ACTION, more_since=more)
        if error.errno == errno.EMFILE:
            self._make_room()

    async def _begin(self, accepted: socket.socket) -> None:
        try:
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, accepted)
        except OSError:
            accepted.close()  # the client is gone
        except asyncio.CancelledError:
            accepted.close()
            raise
