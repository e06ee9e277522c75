"""Renders answers and puts them into the store. All who ask for one read at a time share one render.

Knows the epoch in which a render began, and tells the circuit breaker what Postgres answered. Must not know requests,
nor what is done with an answer that is old.
"""

import asyncio
import math
import time
from collections.abc import Hashable
from typing import Final, NamedTuple

from chaishots.api.delivery.answer_store import Store
from chaishots.api.delivery.cache_statistics import DeliveryStatistics
from chaishots.api.delivery.cached_answer import CachedAnswer
from chaishots.api.delivery.catalog_reads import Read
from chaishots.api.delivery.circuit_breaker import CircuitBreaker, tells_of_outage, took_too_long
from chaishots.api.delivery.freshness import Epoch
from chaishots.api.delivery.invalidation import Beginning, Epochs
from chaishots.api.delivery.list_parts import ListParts, Places, compose, pieces_of
from chaishots.api.delivery.render_admission import Admission
from chaishots.api.delivery.single_flight import Flights
from chaishots.api.problem_document import Problem
from chaishots.api.problem_of_error import problem_of
from chaishots.api.request_tasks import RequestTasks
from chaishots.content.catalog.statements import Rendering, current_snapshot
from chaishots.content.errors import NotFound
from chaishots.database.connection import reading
from chaishots.database.pool_shares import Share, current_share

PATIENCE_SECONDS: Final = 1
"""How long a request waits for the database when there is something old to answer with."""
RENEWAL_SECONDS: Final = 0.05
"""How far apart renders of one answer begin while changes follow one another: the next makes each old again. With a
render, and the way of a notification, well within the 150 ms that a reader may be behind."""
_SNAPSHOT: Final = "snapshot"


class Renderer:
    """What is rendered now, and what waits for its turn."""

    def __init__(
        self,
        store: Store,
        epochs: Epochs,
        breaker: CircuitBreaker,
        counted: DeliveryStatistics,
        tasks: RequestTasks,
    ) -> None:
        self._store = store
        self._epochs = epochs
        self._breaker = breaker
        self._counted = counted
        self._admission = Admission(tasks)
        self._renders: Flights[CachedAnswer | Problem] = Flights(tasks, concerns=self._epoch)
        self._to_renew: set[Hashable] = set()
        self._checks: Flights[str | Problem] = Flights(tasks, concerns=lambda: None)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._admission.waiting

    def is_too_much(self, read: Read) -> bool:
        """Whether a read that is not held would be refused now: too much else waits that nobody asked for lately."""
        return (
            self._admission.is_full_for(read) and not self._breaker.is_open and not self._renders.is_under_way(read.key)
        )

    def join(self, read: Read) -> "tuple[asyncio.Future[CachedAnswer | Problem], bool]":
        """What will be rendered of this, for all who ask; and whether somebody else asked for it first."""
        return self._renders.join(read.key, lambda: self.render(read), self._feed if read.follows_feed else None)

    def renew(self, held: CachedAnswer, read: Read) -> None:
        """Render anew what a burst of changes has made old and is served meanwhile: soon, and not for each of them."""
        if read.key in self._to_renew or self._renders.is_under_way(read.key):
            return
        wait_s = held.known_at + RENEWAL_SECONDS - time.monotonic()
        if wait_s <= 0:
            self.join(read)
        else:
            self._to_renew.add(read.key)
            asyncio.get_running_loop().call_later(wait_s, self._renew, held, read)

    def _renew(self, held: CachedAnswer, read: Read) -> None:
        self._to_renew.discard(read.key)
        if held.epoch.ended_at is not None and self._store.holds(held):
            self.join(read)

    async def snapshot(self) -> str | Problem:
        """What is committed now, asked once for all who want to know."""
        done, _ = self._checks.join(_SNAPSHOT, self._read_snapshot)
        return await done

    async def render(self, read: Read) -> CachedAnswer | Problem:
        """Render this for whoever asks alone, and have it held."""
        try:
            rendered = await self._read(read)
        except Exception as error:  # noqa: BLE001  # each is a problem to answer
            if isinstance(error, NotFound):
                self._breaker.close()
                self._store.remove(read.key)
            return self._explain(error)
        self._breaker.close()
        rendering = rendered.rendering
        held = self._store.get(read.key) or CachedAnswer(read.key, read.form.headers)
        if self._epochs.is_of_current_server(rendering.snapshot, time.monotonic()):
            epoch = self._epochs.epoch_of(rendered.began, rendering.program_id, follows_feed=read.follows_feed)
            held.parts = ListParts(rendered.began, rendered.places) if rendered.places else None
        else:
            epoch, held.parts = Epoch(rendered.began_at), None
        _fill(held, rendered, epoch)
        self._store.put(held)
        return held

    async def _read(self, read: Read) -> "_Rendered":
        """Read it; of a list that is held, only what was heard to have changed, or is not in the state that it was in.

        Not what was heard alone: of what is committed together, as by a release, an answer would show half, where it is
        seen in one program and not yet heard of in another.
        """
        began, began_at = self._epochs.begin(), time.monotonic()
        self._counted.renders += 1
        if not self._store.limit_bytes:
            rendering = await self._admission.render(read)
            rendering = await read.complete(rendering)
            return _Rendered(rendering, began, began_at, rendering.document.encode(), {})
        held = self._store.get(read.key)
        parts = held.parts if held else None
        before = pieces_of(held.body, parts.places) if held and parts else {}
        known = parts.unchanged(self._epochs.changed_since(parts.began)) if parts else ()
        rendering = await self._admission.render(read.in_parts(known), is_held=held is not None)
        rendering = await read.complete(rendering)
        if rendering.parts is None:
            return _Rendered(rendering, began, began_at, rendering.document.encode(), {})
        return _Rendered(rendering, began, began_at, *compose(rendering.parts, before))

    async def _read_snapshot(self) -> str | Problem:
        try:
            current_share.set(Share.TOKENS)  # in a task of its own
            async with reading(PATIENCE_SECONDS) as connection:
                snapshot = await current_snapshot(connection)
        except Exception as error:  # noqa: BLE001  # a problem to answer
            return self._explain(error)
        self._breaker.close()
        return snapshot

    def _epoch(self) -> Epoch | None:
        return self._epochs.under_way(time.monotonic())

    def _feed(self) -> Epoch | None:
        return self._epochs.under_way(time.monotonic(), follows_feed=True)

    def _explain(self, error: Exception) -> Problem:
        now = time.monotonic()
        is_cut_off = self._epochs.is_cut_off(now)
        if tells_of_outage(error, is_cut_off=is_cut_off):
            self._breaker.open(now)
        elif took_too_long(error) and not is_cut_off:
            self._epochs.ask()
        return problem_of(error)


class _Rendered(NamedTuple):
    """What was read, of which moment it is, its bytes, and where in them each program stands."""

    rendering: Rendering
    began: Beginning
    began_at: float
    body: bytes
    places: Places


def _fill(held: CachedAnswer, rendered: _Rendered, epoch: Epoch) -> None:
    rendering, began_at = rendered.rendering, rendered.began_at
    read_s = rendering.read_at.timestamp()
    # Taken before the statement: by this reckoning every moment comes rather too early than too late.
    clock_ahead_s = read_s - began_at
    held.epoch, held.known_at, held.snapshot = epoch, began_at, rendering.snapshot
    held.changes_at = rendering.changes_at.timestamp() - clock_ahead_s if rendering.changes_at else math.inf
    held.ends_at = rendering.ends_at.timestamp() - clock_ahead_s if rendering.ends_at else math.inf
    held.old_at = rendering.old_at.timestamp() - clock_ahead_s if rendering.old_at else math.inf
    held.take(rendered.body, read_s=read_s, clock_ahead_s=clock_ahead_s, now=time.monotonic())
