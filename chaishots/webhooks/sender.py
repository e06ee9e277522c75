"""Sends webhooks what happened: what the leader does beside publishing, out of the feed, after the commit.

Each webhook has a task of its own, so that one whose receiver is dead or slow keeps no other waiting. All share one
session of the database, each for a statement or two, and never while a receiver is waited for: so neither publishing
nor requests have a connection less. How far each has come stands in the database; whoever leads next goes on there.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, cast
from urllib.parse import urlsplit
from uuid import UUID

from chaishots import __version__
from chaishots.content.event_types import MOST_WEBHOOKS, PausedReason
from chaishots.content.webhooks import alerts, messages, retry_or_give_up
from chaishots.content.webhooks.messages import Outcome, Sending, Waiting
from chaishots.database.backoff import Backoff
from chaishots.database.connection import Connection, session
from chaishots.database.listener import FEED_CHANNEL
from chaishots.database.replicas import application_name
from chaishots.logs import named_logger
from chaishots.metrics import WEBHOOK_ATTEMPTS, count_webhooks
from chaishots.outbound.allowed_urls import SECONDS, Reach
from chaishots.webhooks.signing import headers

if TYPE_CHECKING:
    from chaishots.outbound.posting import Poster

WEBHOOK_CHANNEL: Final = "chaishots_webhooks"
"""Where the database tells that somebody has made, changed or deleted a webhook, or wants it tested."""
_PACE_SECONDS: Final = 0.05
"""How soon after a message a webhook is sent the next one: what happens meanwhile goes together."""
_STEP_SECONDS: Final = 20
_FORGET_SECONDS: Final = 3_600

_log = named_logger("webhooks")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what. post_seconds: for a receiver. The others are as `retry_or_give_up.py` has them."""

    post_seconds: float = SECONDS
    pauses_seconds: Sequence[float] = retry_or_give_up.PAUSES_SECONDS
    give_up_seconds: float = retry_or_give_up.GIVE_UP_SECONDS


_USUAL: Final = Patience()


@asynccontextmanager
async def sending(dsn: str, *, replica: str, reach: Reach, patience: Patience = _USUAL) -> AsyncGenerator[None]:
    """Send webhooks what happens, for as long as the block lasts; none of it is waited for at its end."""
    task = asyncio.create_task(send_events(dsn, replica=replica, reach=reach, patience=patience), name="webhooks")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def send_events(dsn: str, *, replica: str, reach: Reach, patience: Patience = _USUAL) -> None:
    """Send webhooks what happens, for ever, whatever error is met.

    Args:
        dsn: a URL that goes to Postgres itself, past any transaction pooler.
        replica: this replica's name: the actor in the history of what it pauses.
        reach: where may be sent to.
    """
    backoff = Backoff(_log, "webhooks")
    while True:
        try:
            async with (
                session(
                    dsn,
                    application_name=application_name(replica, "webhooks"),
                    statement_timeout=f"{_STEP_SECONDS // 2}s",
                    lock_timeout="1s",
                ) as connection,
                AsyncExitStack() as stack,
            ):
                opener = partial(_open_poster, stack, reach, patience)
                await _Sender(connection, opener, replica, patience, backoff).run()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
            await asyncio.sleep(backoff.note_failure(_first(error)))


async def _open_poster(stack: AsyncExitStack, reach: Reach, patience: Patience) -> "Poster":
    # Late: most have no webhook, and need no HTTP client, which takes some 30 ms and 5 MB.
    from chaishots.outbound.posting import open_poster

    agent = f"chaishots/{__version__} (webhooks)"
    return await stack.enter_async_context(
        open_poster(reach, at_once=MOST_WEBHOOKS, user_agent=agent, seconds=patience.post_seconds)
    )


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = cast("ExceptionGroup[Exception]", error).exceptions[0]
    return error


class _Sender:
    """The webhooks that there are, each with its task, for as long as the session lives."""

    def __init__(
        self,
        connection: Connection,
        open_poster: Callable[[], Awaitable["Poster"]],
        replica: str,
        patience: Patience,
        backoff: Backoff,
    ) -> None:
        self._connection = connection
        self._open_poster = open_poster
        self._replica = replica
        self._patience = patience
        self._backoff = backoff
        self._turn = asyncio.Lock()
        self._wakes: dict[UUID, asyncio.Event] = {}
        self._forgot_at = float("-inf")

    async def run(self) -> None:
        """Send until the session ends, which is raised."""
        wake = asyncio.Event()

        def told(*_: object) -> None:
            wake.set()

        def came_on(*_: object) -> None:
            self._wake_all()

        self._connection.add_termination_listener(told)
        async with asyncio.timeout(_STEP_SECONDS):
            await self._connection.add_listener(FEED_CHANNEL, came_on)
            await self._connection.add_listener(WEBHOOK_CHANNEL, told)
        poster: Poster | None = None
        async with asyncio.TaskGroup() as tasks:
            while True:
                # Before the look, so that a change made during it wakes us again.
                wake.clear()
                webhook_ids = await self._ask(messages.webhook_ids)
                count_webhooks(webhook_ids)
                for webhook_id in webhook_ids:
                    if webhook_id not in self._wakes:
                        poster = poster or await self._open_poster()
                        self._wakes[webhook_id] = asyncio.Event()
                        tasks.create_task(self._keep(webhook_id, poster), name=f"webhook {webhook_id}")
                self._wake_all()
                while not wake.is_set():
                    await self._guard(self._look_around)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(alerts.LOOK_SECONDS):
                            await wake.wait()

    def _wake_all(self) -> None:
        for wake in self._wakes.values():
            wake.set()

    async def _guard(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step whose failure ends nothing but itself, unless the session is gone."""
        try:
            await step()
            self._backoff.note_success()
        except Exception as error:
            if self._connection.is_closed():
                raise
            self._backoff.note_failure(error)

    async def _look_around(self) -> None:
        if time.monotonic() - self._forgot_at > _FORGET_SECONDS:
            await self._ask(alerts.forget_old)
            self._forgot_at = time.monotonic()
        if self._wakes and await self._ask(alerts.note_alerts):
            self._wake_all()

    async def _keep(self, webhook_id: UUID, poster: "Poster") -> None:
        """Send one webhook what there is for it, until it is deleted."""
        wake = self._wakes[webhook_id]
        backoff = Backoff(_log, "webhook")
        try:
            while True:
                wake.clear()
                try:
                    pause = await self._take_step(webhook_id, poster)
                except Exception as error:
                    if self._connection.is_closed():
                        raise
                    # What is wrong with one is told, and holds up no other.
                    pause = Waiting(backoff.note_failure(error, webhook=str(webhook_id)))
                else:
                    backoff.note_success()
                if pause is None:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause.seconds):
                        await wake.wait()
        finally:
            del self._wakes[webhook_id]

    async def _take_step(self, webhook_id: UUID, poster: "Poster") -> Waiting | None:
        """Send what there is, message by message; what to wait for then, None when the webhook was deleted."""
        while True:
            step = await self._ask(partial(messages.next_step, webhook_id=webhook_id))
            if not isinstance(step, Sending):
                return step
            if step.is_anew:
                why = "its cursor is too old, or of another history"
                _log.error("webhook.begins_anew", webhook=str(webhook_id), why=why)
            outcome = await self._send(step, poster)
            record = partial(
                messages.record,
                sent=step,
                outcome=outcome,
                actor=self._replica,
                pauses=self._patience.pauses_seconds,
                give_up_seconds=self._patience.give_up_seconds,
            )
            _tell(step, outcome, await self._ask(record))
            await asyncio.sleep(_PACE_SECONDS)

    async def _send(self, step: Sending, poster: "Poster") -> Outcome:
        signed = headers(step.message_id, step.body, step.secrets, step.at)
        reply = await poster.post(step.url, step.body.encode(), signed)
        return Outcome(reply.status, reply.reason, reply.latency_ms, reply.beginning, reply.retry_after_seconds)

    async def _ask(self, read: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._turn:
            try:
                async with asyncio.timeout(_STEP_SECONDS):
                    return await read(self._connection)
            except TimeoutError:
                self._connection.terminate()  # whatever it was at, it is not known how far it came
                raise


def _tell(step: Sending, outcome: Outcome, reason: PausedReason | None) -> None:
    counted = (str(step.webhook_id), "taken" if outcome.is_taken else "failed")
    if counted in WEBHOOK_ATTEMPTS:  # not one that was deleted meanwhile
        WEBHOOK_ATTEMPTS[counted] += 1
    # Its host alone: the rest of a receiver's URL may be secret.
    named = {"webhook": str(step.webhook_id), "host": urlsplit(step.url).netloc}
    why = {"status": outcome.status, "reason": outcome.reason}
    if reason is not None:
        _log.error("webhook.paused", **named, why=reason.value, **why)
    elif step.is_test:
        _log.info("webhook.tested", **named, **why)
    elif outcome.is_taken and step.tries:
        _log.info("webhook.well", **named, after_tries=step.tries)
    elif not outcome.is_taken and not step.tries:
        _log.warning("webhook.failing", **named, **why)
