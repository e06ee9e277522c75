"""One asyncio process: the API, the publisher, the listener and the terminal view, started by name, stopped in order.

The one place that starts tasks. A part that fails, by whatever error, is started anew, and the others go on meanwhile:
only what fails before the first of them runs ends the process.
"""

import asyncio
import contextlib
import gc
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaishots.database.backoff import Backoff
from chaishots.database.listener import Listener
from chaishots.database.pool import open_pool
from chaishots.database.replicas import application_name
from chaishots.logs import forget_standard_error, logs_in_file, named_logger, spare_standard_error
from chaishots.malloc import give_back_large_blocks
from chaishots.settings import Settings
from chaishots.storage.folder_or_bucket import Store
from chaishots.tui.host.garbage_collection import pause_collection

if TYPE_CHECKING:  # a server without the view never loads what draws it, nor any other command what serves
    from chaishots.tui.host.error_boundary import ErrorBoundary
    from chaishots.tui.host.run_and_restart import Leaving

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)

_SETTLED_SECONDS: Final = 60
"""A part that ran for this long before it failed is tried again as soon as after a first failure."""

_log = named_logger("supervisor")


class PartEnded(Exception):
    """A part that runs for ever has returned unasked."""


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


@dataclass(frozen=True)
class View:
    """The operator's terminal, shown by the server's own process.

    make_app: makes it, out of what hears of changes and the newest lines of the log.
    log_file: takes the logs, which would be written over the picture.
    outlives_terminal: whether the server goes on when the terminal is closed; else that stops it.
    """

    make_app: "Callable[[Listener, deque[str]], ErrorBoundary[Leaving]]"
    log_file: Path
    outlives_terminal: bool = True


class _Wishes:
    """What the process was asked for: to stop, or only to take the view off the terminal."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.leave = asyncio.Event()

    def ask_to_stop(self) -> None:
        self.stop.set()
        self.leave.set()


async def serve(
    settings: Settings, postgres: Postgres, sockets: list[socket.socket], *, view: View | None = None
) -> None:
    """Run the API, the publisher and the listener until a signal asks to stop; the schema has to be up to date.

    The lead, if it is ours, is given up at once; requests in flight are answered. The view ends with the rest, and
    whatever becomes of it, the rest goes on; unless the operator wishes it to stop too.

    How long requests in flight have, `api/server/draining.py` says.

    Raises: StoppedAtOnce on a second signal; CannotLog when the view's log file cannot be written.
    """
    with pause_collection():
        from chaishots.api.app import create_app
        from chaishots.api.delivery.cache_control import Limits
        from chaishots.api.request_tasks import RequestTasks
        from chaishots.api.server.server import serve as serve_api
        from chaishots.api.signed_urls import UrlSigner
        from chaishots.metrics import measure_loop_lag
        from chaishots.outbound.allowed_urls import Reach
        from chaishots.outbound.public_addresses import networks
        from chaishots.scheduler.publisher_loop import publish_on_time
        from chaishots.webhooks.sender import sending

    give_back_large_blocks()
    wishes = _Wishes()
    stop = wishes.stop
    with _signals(wishes, view), contextlib.ExitStack() as stack:
        newest = stack.enter_context(logs_in_file(view.log_file)) if view else deque[str]()
        async with open_pool(
            postgres.url, application_name=application_name(settings.replica, "pool"), pooled=postgres.is_pooled
        ):
            listener = Listener(postgres.direct_url, application_name=application_name(settings.replica, "listener"))
            requests = RequestTasks()
            reach = Reach(settings.webhooks_http, networks(settings.webhooks_networks or ""))
            app = create_app(
                replica=settings.replica,
                listener=listener,
                cache_bytes=settings.cache_bytes,
                limits=Limits(settings.cache_max_age, settings.stale_if_error),
                store=Store(settings.pictures),
                origin=settings.public_url,
                cors_origins=settings.cors_origins,
                reach=reach,
                signer=UrlSigner.of(settings.sign_urls) if settings.sign_urls else None,
                tasks=requests,
            )
            # What was made until here lives as long as the process: the collector need not walk it again and again.
            gc.collect()
            gc.freeze()
            publish = partial(
                publish_on_time,
                postgres.direct_url,
                replica=settings.replica,
                lease_seconds=settings.lease_seconds,
                poll_seconds=settings.poll_seconds,
                feed_days=settings.feed_days,
                activity_days=settings.activity_days,
                beside=partial(sending, postgres.direct_url, replica=settings.replica, reach=reach),
            )

            async def answer() -> None:
                # Copies: who serves closes them at its end, and may have to begin anew.
                copies = [listening.dup() for listening in sockets]
                await serve_api(app, copies, stop=stop, tasks=requests, reads=app)

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_keep_running("api", answer, stop), name="api")
                parts = {"publisher": publish, "listener": listener.run, "loop_lag": measure_loop_lag}
                cancelled = [
                    tasks.create_task(_keep_running(name, run, stop), name=name) for name, run in parts.items()
                ]
                _log.info("serving", **settings.faces)
                if view is not None:
                    show = partial(_show, view, listener, newest, wishes)
                    tasks.create_task(_keep_running("view", show, stop, may_end=True), name="view")
                await stop.wait()
                _log.info("stopping")
                for listening in sockets:
                    listening.close()
                for task in cancelled:
                    task.cancel()
    _log.info("stopped")


async def _show(view: View, listener: Listener, newest: deque[str], wishes: _Wishes) -> None:
    from chaishots.tui.host.run_and_restart import Ending, run_interface  # late: see above

    with spare_standard_error():
        ending = await run_interface(lambda: view.make_app(listener, newest), leave=wishes.leave)
        if ending is Ending.GONE:
            forget_standard_error()
    if ending is Ending.STOP or (ending is Ending.GONE and not view.outlives_terminal):
        wishes.ask_to_stop()
    elif not wishes.stop.is_set():
        _log.info("view.closed", why=ending.name.lower(), log_file=str(view.log_file))


async def _keep_running(
    name: str, run: Callable[[], Coroutine[Any, Any, None]], stop: asyncio.Event, *, may_end: bool = False
) -> None:
    """Run a part until it is to stop; whatever ends it before is logged, and it is started anew after a pause."""
    backoff = Backoff(_log, name)
    while not stop.is_set():
        began = time.monotonic()
        try:
            await run()
            if may_end or stop.is_set():
                return
            raise PartEnded(f"The part {name} returned unasked.")
        except Exception as error:  # noqa: BLE001  # whatever it is, it ends neither the process nor the other parts
            if time.monotonic() - began > _SETTLED_SECONDS:
                backoff.note_success()
            pause = backoff.note_failure(error)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()


@contextlib.contextmanager
def _signals(wishes: _Wishes, view: View | None) -> Generator[None]:
    loop = asyncio.get_running_loop()
    serving = asyncio.current_task()
    assert serving is not None
    insisted = False

    def asked_to_stop() -> None:
        nonlocal insisted
        if wishes.stop.is_set():
            insisted = True
            serving.cancel()
        wishes.ask_to_stop()

    def terminal_closed() -> None:
        forget_standard_error()
        wishes.leave.set()

    def received(number: int, _: object) -> None:
        is_of_the_view = number == signal.SIGHUP and view is not None and view.outlives_terminal
        loop.call_soon_threadsafe(terminal_closed if is_of_the_view else asked_to_stop)

    # Not the loop's own handlers: once those are gone a signal ends the process on the spot, and leaves the embedded
    # Postgres behind.
    before = {number: signal.signal(number, received) for number in _SIGNALS}
    try:
        yield
    except asyncio.CancelledError:
        if insisted:
            raise StoppedAtOnce from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
