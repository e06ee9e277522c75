"""Gets what to answer when nothing current is at hand: from Postgres, or else what was last rendered.

The layer (`asgi_app.py`) asks for it. Decides what to do while changes are not heard, and while the database is away.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from chaishots.api.delivery.answer_store import Store
from chaishots.api.delivery.cache_statistics import DeliveryStatistics
from chaishots.api.delivery.cached_answer import CachedAnswer
from chaishots.api.delivery.catalog_reads import Read
from chaishots.api.delivery.circuit_breaker import CircuitBreaker
from chaishots.api.delivery.freshness import Known, is_usable
from chaishots.api.delivery.invalidation import Epochs
from chaishots.api.delivery.renderer import PATIENCE_SECONDS, Renderer
from chaishots.api.problem_document import OVERLOADED, UNAVAILABLE, Problem
from chaishots.api.problem_of_error import problem_of
from chaishots.database.errors import DatabaseAway

STALE: Final = b"chaishots; hit; detail=stale"
"""The Cache-Status of what is served though it is not known to be current."""
_PASSING: Final = (OVERLOADED, 503)  # what may be otherwise in a moment


class RenderOrStale:
    """Renders what is read, or decides to serve what is held."""

    def __init__(
        self,
        store: Store,
        epochs: Epochs,
        breaker: CircuitBreaker,
        renderer: Renderer,
        counted: DeliveryStatistics,
        known: Callable[[float], Known],
    ) -> None:
        """Obtain answers by this renderer.

        Args:
            known: what is known at a moment, by the monotonic clock, of changes and of the database.
        """
        self._store = store
        self._epochs = epochs
        self._breaker = breaker
        self._renderer = renderer
        self._counted = counted
        self._known = known

    async def obtain(self, read: Read, held: CachedAnswer | None) -> tuple[CachedAnswer, bytes] | Problem:
        """Get what to answer when nothing current is at hand: an answer, and its Cache-Status; or a problem."""
        if self._store.limit_bytes == 0:
            rendered = await self._renderer.render(read)
            return rendered if isinstance(rendered, Problem) else (rendered, b"chaishots; fwd=bypass")
        if not self._breaker.may_ask(time.monotonic()):
            # Whoever asked it last has logged that it is away; a line for each answer would be thousands a second.
            return self._last_resort(held, UNAVAILABLE)
        if held is not None and not self._is_hearing() and (checked := await self._check(held)) is not None:
            return checked
        done, is_shared = self._renderer.join(read)
        if is_shared:
            self._counted.waits += 1
        # Halfway: by then it is to be known whether Postgres is away, or it is this answer that takes long, as where
        # somebody has locked a table. While all who read wait for such a one, nobody else asks.
        asking = asyncio.get_running_loop().call_later(PATIENCE_SECONDS / 2, self._epochs.ask)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS if self._is_of_use(held) else None):
                rendered = await done
        except TimeoutError:
            if self._epochs.is_cut_off(time.monotonic()):
                self._breaker.open(time.monotonic())
            return self._last_resort(held, problem_of(DatabaseAway("no answer in time")))
        finally:
            asking.cancel()
        if isinstance(rendered, Problem):
            return self._last_resort(held, rendered)
        return rendered, self._count_miss(held, rendered, is_shared=is_shared)

    def _count_miss(self, held: CachedAnswer | None, rendered: CachedAnswer, *, is_shared: bool) -> bytes:
        """Count what was not at hand, and give its Cache-Status."""
        if held is None:
            self._counted.misses += 1
        else:
            self._counted.expired += 1
        status = b"chaishots; fwd=uri-miss" if held is None else b"chaishots; fwd=stale"
        if is_shared:
            return status + b"; collapsed"
        return status + b"; stored" if self._store.holds(rendered) else status

    async def _check(self, held: CachedAnswer) -> tuple[CachedAnswer, bytes] | Problem | None:
        """Ask whether anything was committed since: the answer held when not, None when it has to be rendered."""
        began_at = time.monotonic()
        snapshot = await self._renderer.snapshot()
        if isinstance(snapshot, Problem):
            return self._last_resort(held, snapshot)
        if snapshot != held.snapshot:
            return None
        held.known_at = max(held.known_at, began_at)
        self._counted.validated += 1
        return held, b"chaishots; hit; detail=validated"

    def _last_resort(self, held: CachedAnswer | None, problem: Problem) -> tuple[CachedAnswer, bytes] | Problem:
        if problem.status not in _PASSING or held is None or not self._is_of_use(held):
            return problem
        return held, STALE

    def _is_of_use(self, held: CachedAnswer | None) -> bool:
        return held is not None and is_usable(held, self._known(time.monotonic()))

    def _is_hearing(self) -> bool:
        return self._epochs.hears(time.monotonic())
