"""One asyncio process: the API, the publisher and the listener, started by name, stopped in order.

The one place that starts tasks.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Final

from chaishots.api.app import create_app
from chaishots.api.serving import serve as serve_api
from chaishots.database.connection import opened
from chaishots.database.notifications import Listener
from chaishots.database.replicas import application_name
from chaishots.observability import named_logger
from chaishots.scheduler.loop import publish_on_time
from chaishots.settings import Settings

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_log = named_logger("supervisor")


class PartEnded(Exception):
    """A part that runs for ever has returned unasked; the process cannot go on without it."""


class StoppedAtOnce(Exception):
    """A second signal came before the first was obeyed."""


@dataclass(frozen=True)
class Postgres:
    """Where Postgres is reached.

    url: for the pool; may go through a transaction pooler. direct_url: past it, for what needs a session.
    """

    url: str
    direct_url: str

    @property
    def is_pooled(self) -> bool:
        """Whether a transaction pooler stands in between."""
        return self.url != self.direct_url


async def serve(settings: Settings, postgres: Postgres, sockets: list[socket.socket]) -> None:
    """Run the API, the publisher and the listener until a signal asks to stop; the schema has to be up to date.

    The lead, if it is ours, is given up at once; requests in flight are answered.

    Raises: StoppedAtOnce on a second signal; ExceptionGroup when a part failed by a fault of ours.
    """
    stop = asyncio.Event()
    with _signals(stop):
        async with opened(
            postgres.url, application_name=application_name(settings.replica, "pool"), pooled=postgres.is_pooled
        ):
            listener = Listener(postgres.direct_url, application_name=application_name(settings.replica, "listener"))
            app = create_app(replica=settings.replica, listener=listener)
            publisher = publish_on_time(
                postgres.direct_url,
                replica=settings.replica,
                lease_seconds=settings.lease_seconds,
                poll_seconds=settings.poll_seconds,
            )
            async with asyncio.TaskGroup() as parts:
                parts.create_task(_never_ending("api", serve_api(app, sockets, stop=stop), stop), name="api")
                publishing = parts.create_task(_never_ending("publisher", publisher, stop), name="publisher")
                listening = parts.create_task(_never_ending("listener", listener.run(), stop), name="listener")
                _log.info("serving", address=f"http://{settings.host}:{settings.port}")
                await stop.wait()
                _log.info("stopping")
                publishing.cancel()
                listening.cancel()
    _log.info("stopped")


async def _never_ending(name: str, run: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    await run
    if not stop.is_set():
        raise PartEnded(f"The part {name} returned unasked.")


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Generator[None]:
    loop = asyncio.get_running_loop()
    serving = asyncio.current_task()
    assert serving is not None
    insisted = False

    def asked_to_stop() -> None:
        nonlocal insisted
        if stop.is_set():
            insisted = True
            serving.cancel()
        stop.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, asked_to_stop)
    try:
        yield
    except asyncio.CancelledError:
        if insisted:
            raise StoppedAtOnce from None
        raise
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
