"""The catalog at the speed of the wire: rendered answers, kept in front of Quart for as long as they are current.

Anonymous reads of the catalog (`queries.py`) are answered here; everything else passes through to Quart. What decides
whether an answer is current:

- While changes are heard (`database/notifications.py`), time falls into epochs: each change ends one. An answer is
  current in the epoch in which its statement began, and is served without asking anybody: for as long as it is known
  that all that was committed until a second ago has been heard. Who comes after a longer silence waits for that.
- While changes follow one another, as when many lessons go out, an answer is served for `_GRACE_SECONDS` more while it
  is rendered anew: nobody waits for a render that the next change makes old before it is done.
- While none can be heard, the database is asked, for each answer, whether anything was committed since it was rendered.
- While the database is away, what was last rendered is served on, and says so: for as long as the limit allows, and
  never past a scheduled end of something that it shows, nor when something was taken down since.

Answers that are no longer current stay in the store, for the third case, until room is needed.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import structlog
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope

from chaishots.api.delivery.asked import Asked, by_name, request_id_of
from chaishots.api.delivery.batching import TOO_MUCH, Turns
from chaishots.api.delivery.cache_control import Limits
from chaishots.api.delivery.cached_answer import VARY, Answer, CachedAnswer, Header, Variant
from chaishots.api.delivery.freshness import Epoch, Freshness, Known, freshness, is_usable, stale_since
from chaishots.api.delivery.negotiation import IDENTITY, encoding, is_held, is_refused
from chaishots.api.delivery.pictures import BEGINNING, AskedPicture, PictureDelivery, asked_for_picture
from chaishots.api.delivery.queries import CATALOG, Read, Source
from chaishots.api.delivery.single_flight import Flights
from chaishots.api.delivery.statistics import DeliveryStatistics
from chaishots.api.delivery.store import Store
from chaishots.api.errors import OVERLOADED, PRECONDITION_FAILED, UNAVAILABLE, Problem, overloaded, problem_of
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.content.catalog.statements import Rendering, current_snapshot
from chaishots.content.errors import NotFound
from chaishots.database.connection import Share, current_share, reading
from chaishots.database.notifications import AHEAD_SECONDS, Heard, Listener
from chaishots.database.troubles import DatabaseAway, DatabaseBusy, DatabaseTrouble, exception_for
from chaishots.metrics import REQUEST_SECONDS, REQUESTS

_PATIENCE_SECONDS: Final = 1
"""How long a request waits for the database when there is something old to answer with."""
_BURST_CHANGES: Final = 10
_BURST_SECONDS: Final = 1
"""So many changes within so long follow one another; one by itself, or a few, are read at once."""
_GRACE_SECONDS: Final = 0.06
"""Some three renders of a page; with the way of a notification well within the 150 ms that a reader may be behind."""
_RETRY_SECONDS: Final = 0.25
"""How long a database that was away is not asked again, by any request."""
_DEAF_SECONDS: Final = 5
"""How old the last sign of life may be before operators are told that no changes are heard: one asked twice in vain."""
_READING: Final = ("GET", "HEAD")
_MEMORABLE_BYTES: Final = 400
_ADDRESSES: Final = 4_096
"""Addresses whose meaning is remembered; with the bound on their length, at most some 4 MB."""
_SNAPSHOT: Final = "snapshot"


class Delivery:
    """The layer, as an ASGI application around Quart's."""

    def __init__(
        self,
        app: ASGIFramework,
        *,
        listener: Listener | None,
        cache_bytes: int,
        limits: Limits,
        pictures: PictureDelivery,
        sources: Sequence[Source] = (CATALOG,),
    ) -> None:
        """Answer reads of the catalog and of pictures, and hand all else to the application.

        Args:
            listener: who hears of changes; without one, or while it is away, the database is asked.
            cache_bytes: the most that the answers held may take; 0: none is held, and each is rendered for itself.
            sources: what is read, and at which addresses.
        """
        self.app = app
        self._limits = limits
        self._pictures = pictures
        self._store = Store(cache_bytes)
        self._turns = Turns()
        self._renders: Flights[CachedAnswer | Problem] = Flights(concerns=self._heard_state)
        self._checks: Flights[str | Problem] = Flights(concerns=lambda: None)
        self._epoch = Epoch(ended_at=time.monotonic())
        self._heard_at: deque[float] = deque(maxlen=_BURST_CHANGES)
        self._renewable_after = math.inf
        self._gone_at = -math.inf
        self._is_away = False
        self._retry_at = 0.0
        self._counted = DeliveryStatistics(bytes_limit=cache_bytes)
        self.beginnings = (BEGINNING, *(beginning for source in sources for beginning in source.beginnings))
        self._sources = sources
        self._remembered = lru_cache(_ADDRESSES)(self._read_at)
        self._has_listener = listener is not None
        if listener is not None:
            self._listener = listener
            listener.subscribe(self._hear)

    @property
    def statistics(self) -> DeliveryStatistics:
        """The numbers, as they are now."""
        self._counted.entries = len(self._store)
        self._counted.bytes_held = self._store.bytes_held
        self._counted.evictions = self._store.evictions
        self._counted.queued = self._turns.waiting
        self._counted.heard = int(
            self._epoch.ended_at is None and time.monotonic() - self._listener.alive_at < _DEAF_SECONDS
        )
        return self._counted

    @property
    def heard_at(self) -> datetime | None:
        """Until when all that was committed is known to have been heard; None while nothing was ever heard."""
        if not self._has_listener or self._listener.alive_at == -math.inf:
            return None
        return datetime.now(UTC) - timedelta(seconds=time.monotonic() - self._listener.alive_at)

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            asked = self.asked_for(scope["method"], scope["path"], scope["query_string"], scope["headers"])
            if asked is not None:
                answer = await self.answer(asked)
                await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
                await send({"type": "http.response.body", "body": answer.body, "more_body": False})
                return
            if (refused := self._refusal_of(scope)) is not None:
                await send({"type": "http.response.start", "status": refused.status, "headers": refused.headers})
                await send({"type": "http.response.body", "body": refused.body, "more_body": False})
                return
            if scope["method"] not in _READING and _changes_content(scope["path"]):
                send = self._forgetting(send)
            self._counted.passed += 1
            current_share.set(_share(scope["path"]))
        await self.app(scope, receive, send)

    def asked_for(self, method: str, path: str, query: bytes, headers: Iterable[Header]) -> Asked | AskedPicture | None:
        """What a request asks to read; None when it is for Quart to answer, or to refuse with an explanation."""
        if method not in _READING or not path.startswith(self.beginnings):
            return None
        named_headers = by_name(list(headers))
        if path.startswith(BEGINNING):
            return None if query else asked_for_picture(method, path, named_headers)
        if b"authorization" in named_headers:
            return None
        read = (
            self._remembered(path, query) if len(path) + len(query) <= _MEMORABLE_BYTES else self._read_at(path, query)
        )
        return None if read is None else Asked(read, method, named_headers)

    def _read_at(self, path: str, query: bytes) -> Read | None:
        source = next(source for source in self._sources if path.startswith(source.beginnings))
        return source.read_at(path, query)

    def at_hand(self, asked: Asked | AskedPicture) -> Answer | None:
        """The answer to a read of the catalog when it lies ready; None when it has to be waited for."""
        if isinstance(asked, AskedPicture):
            return self._pictures.at_hand(asked)
        if self._is_quiet() and not self._listener.hears(time.monotonic()):
            return None
        held = self._store.get(asked.read.key)
        if held is None:
            # Before anything is made for it: what is refused may be asked for thousands of times a second.
            is_refused = self._is_too_much(asked.read)
            return self._refused(asked, overloaded(TOO_MUCH), request_id_of(asked)) if is_refused else None
        status = self._standing(held)
        if status is None or (variant := self._variant(held, asked)) is None:
            return None
        return self._told(asked, held, variant, status, request_id_of(asked))

    async def answer(self, asked: Asked | AskedPicture) -> Answer:
        """Answer a read of the catalog, whatever becomes of it: a problem is an answer too."""
        if isinstance(asked, AskedPicture):
            return await self._pictures.answer(asked)
        if self._is_quiet() and not self._listener.hears(time.monotonic()):
            await self._listener.has_heard()
        if (answer := self.at_hand(asked)) is not None:
            return answer
        # What is at hand is counted but not timed: for microseconds, the clock would be much of what it told.
        began, request_id = time.perf_counter(), request_id_of(asked)
        held = self._store.get(asked.read.key)
        status = None if held is None else self._standing(held)
        if held is None or status is None:
            with structlog.contextvars.bound_contextvars(request_id=request_id[1].decode()):
                found = await self._obtained(asked.read, held)
            _seconds_of(asked.method, asked.read.route).observe(time.perf_counter() - began)
            if isinstance(found, Problem):
                return self._refused(asked, found, request_id)
            held, status = found
        variant = self._variant(held, asked)
        if variant is None:
            variant = await held.encoded(encoding(asked.headers[b"accept-encoding"]))
            self._grown(held)
        return self._told(asked, held, variant, status, request_id)

    def _is_quiet(self) -> bool:
        """Whether changes should be heard, and nothing was for a while: the listener is asked whether it would be."""
        if self._epoch.ended_at is not None or time.monotonic() - self._listener.alive_at <= AHEAD_SECONDS:
            return False
        self._listener.look_ahead()
        return True

    def _is_too_much(self, read: Read) -> bool:
        return self._turns.are_full_for(read) and not self._is_away and not self._renders.is_under_way(read.key)

    def _standing(self, held: CachedAnswer) -> bytes | None:
        """As what it may be served, as it is: b"" as current, else its Cache-Status; None when it may not be."""
        return _STATUSES[freshness(held, self._known())]

    def _known(self) -> Known:
        now, epoch = time.monotonic(), self._heard_state()
        heard_until = self._listener.alive_at if epoch is None and self._epoch.ended_at is None else now
        is_resting = self._is_away and now < self._retry_at
        return Known(
            now, epoch, heard_until, self._renewable_after, self._gone_at, is_resting, self._limits.stale_if_error
        )

    def _told(self, asked: Asked, held: CachedAnswer, variant: Variant, status: bytes, request_id: Header) -> Answer:
        """What is answered out of this, in this encoding."""
        read, method, headers = asked.read, asked.method, asked.headers
        now = time.monotonic()
        if now >= variant.renewed_at:
            variant.renew(held, self._limits, now)
        if b"if-match" in headers or b"if-unmodified-since" in headers:
            named_etag, since = headers.get(b"if-match"), headers.get(b"if-unmodified-since")
            if is_refused(named_etag, since, variant.etag, variant.modified_s):
                return self._refused(asked, PRECONDITION_FAILED, request_id)
        is_unmodified = is_held(
            headers.get(b"if-none-match"),
            headers.get(b"if-modified-since"),
            variant.etag,
            variant.modified_s,
            time.time(),
        )
        if status == _CURRENT:
            self._counted.hits += 1
            told = variant.headers_unmodified if is_unmodified else variant.headers
        elif status in (_STALE, _RENEWING):
            if status == _RENEWING:
                self._counted.spared += 1
                self._renders.join(read.key, lambda: self._rendered(read))
            else:
                self._counted.stale += 1
            age_s = round(now - stale_since(held, self._known()))
            told = variant.headers_stale(status, age_s, is_unmodified=is_unmodified)
        else:
            told = variant.headers_with(status, is_unmodified=is_unmodified)
        if is_unmodified:
            self._counted.not_modified += 1
            REQUESTS[method, read.route, 304] += 1
            return Answer(304, [*told, request_id], b"")
        REQUESTS[method, read.route, 200] += 1
        return Answer(200, [*told, request_id], variant.body if method == "GET" else b"")

    def failed(self, asked: Asked | AskedPicture, error: Exception) -> Answer:
        """What is answered when something of ours went wrong; the log tells it by the request's id."""
        request_id = request_id_of(asked)
        with structlog.contextvars.bound_contextvars(request_id=request_id[1].decode()):
            if isinstance(asked, AskedPicture):
                return self._pictures.failed(asked, error)
            return self._refused(asked, problem_of(error), request_id)

    def _refused(self, asked: Asked, problem: Problem, request_id: Header) -> Answer:
        self._counted.failed += 1
        REQUESTS[asked.method, asked.read.route, problem.status] += 1
        headers, body = asked.read.form.problem(problem)
        return Answer(problem.status, [*headers, (b"vary", VARY), request_id], body if asked.method == "GET" else b"")

    def _refusal_of(self, scope: HTTPScope) -> Answer | None:
        """The answer to what no read can be made of, without the way through Quart, which costs ten times as much."""
        method, path = scope["method"], scope["path"]
        if method not in _READING or not path.startswith(self.beginnings) or path.startswith(BEGINNING):
            return None
        headers = by_name(list(scope["headers"]))
        source = next(source for source in self._sources if path.startswith(source.beginnings))
        if b"authorization" in headers or (refusal := source.refusal_at(path, scope["query_string"])) is None:
            return None
        route, problem = refusal
        self._counted.failed += 1
        REQUESTS[method, route, problem.status] += 1
        told = [*problem.raw_headers, (b"vary", VARY), (HEADER, named(headers.get(HEADER, b"")))]
        return Answer(problem.status, told, problem.body if method == "GET" else b"")

    def _variant(self, held: CachedAnswer, asked: Asked) -> Variant | None:
        """The answer in the encoding that is asked for; None when that has to be made beside the loop."""
        accept = asked.headers.get(b"accept-encoding")
        chosen = encoding(accept) if accept else IDENTITY
        if (variant := held.variants.get(chosen)) is None and (variant := held.encoded_at_once(chosen)) is not None:
            self._grown(held)
        return variant

    def _grown(self, held: CachedAnswer) -> None:
        if self._store.holds(held):
            self._store.put(held)

    async def _obtained(self, read: Read, held: CachedAnswer | None) -> tuple[CachedAnswer, bytes] | Problem:
        """What to answer when nothing current is at hand: an answer, and its Cache-Status; or a problem."""
        if self._store.limit_bytes == 0:
            rendered = await self._rendered(read)
            return rendered if isinstance(rendered, Problem) else (rendered, b"chaishots; fwd=bypass")
        if not self._may_ask():
            # Whoever asked it last has logged that it is away; a line for each answer would be thousands a second.
            return self._last_resort(held, UNAVAILABLE)
        if held is not None and self._heard_state() is None and (checked := await self._checked(held)) is not None:
            return checked
        done, is_shared = self._renders.join(read.key, lambda: self._rendered(read))
        if is_shared:
            self._counted.waits += 1
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS if self._is_of_use(held) else None):
                rendered = await done
        except TimeoutError:
            if self._heard_state() is None:
                self._suspect()  # else it is this answer that takes long
            return self._last_resort(held, problem_of(DatabaseAway("no answer in time")))
        if isinstance(rendered, Problem):
            return self._last_resort(held, rendered)
        return rendered, self._miss_status(held, rendered, is_shared=is_shared)

    def _miss_status(self, held: CachedAnswer | None, rendered: CachedAnswer, *, is_shared: bool) -> bytes:
        if held is None:
            self._counted.misses += 1
        else:
            self._counted.expired += 1
        status = b"chaishots; fwd=uri-miss" if held is None else b"chaishots; fwd=stale"
        if is_shared:
            return status + b"; collapsed"
        return status + b"; stored" if self._store.holds(rendered) else status

    async def _checked(self, held: CachedAnswer) -> tuple[CachedAnswer, bytes] | Problem | None:
        """The answer held when nothing was committed since; None when it has to be rendered."""
        began_at = time.monotonic()
        done, _ = self._checks.join(_SNAPSHOT, self._snapshot)
        snapshot = await done
        if isinstance(snapshot, Problem):
            return self._last_resort(held, snapshot)
        if snapshot != held.snapshot:
            return None
        held.known_at = max(held.known_at, began_at)
        self._counted.validated += 1
        return held, b"chaishots; hit; detail=validated"

    async def _snapshot(self) -> str | Problem:
        try:
            current_share.set(Share.TOKENS)  # in a task of its own
            async with reading(_PATIENCE_SECONDS) as connection:
                snapshot = await current_snapshot(connection)
        except Exception as error:  # noqa: BLE001  # a problem to answer
            return self._failed(error)
        self._is_away = False
        return snapshot

    async def _rendered(self, read: Read) -> CachedAnswer | Problem:
        epoch, began_at = self._epoch, time.monotonic()
        self._counted.renders += 1
        try:
            rendering = await self._turns.rendered(read, is_held=self._store.get(read.key) is not None)
            rendering = await read.finished(rendering)
        except Exception as error:  # noqa: BLE001  # each is a problem to answer
            if isinstance(error, NotFound):
                self._is_away = False
                self._store.remove(read.key)
            return self._failed(error)
        self._is_away = False
        if not self._is_of_whom_is_heard(rendering):
            epoch = Epoch(began_at)
        held = self._store.get(read.key) or CachedAnswer(read.key, read.form.headers)
        read_s = rendering.read_at.timestamp()
        # Taken before the statement: by this reckoning every moment comes rather too early than too late.
        clock_ahead_s = read_s - began_at
        held.epoch, held.known_at, held.snapshot = epoch, began_at, rendering.snapshot
        held.changes_at = rendering.changes_at.timestamp() - clock_ahead_s if rendering.changes_at else _NEVER
        held.ends_at = rendering.ends_at.timestamp() - clock_ahead_s if rendering.ends_at else _NEVER
        held.old_at = rendering.old_at.timestamp() - clock_ahead_s if rendering.old_at else _NEVER
        held.take(rendering.document.encode(), read_s=read_s, clock_ahead_s=clock_ahead_s, now=time.monotonic())
        self._store.put(held)
        return held

    def _is_of_whom_is_heard(self, rendering: Rendering) -> bool:
        """Whether it is of the server whose changes are heard, and not of one whose place that has taken."""
        state = self._heard_state()
        return state is None or self._listener.server is None or rendering.snapshot.startswith(self._listener.server)

    def _failed(self, error: Exception) -> Problem:
        if self._tells_of_outage(error):
            self._suspect()
        return problem_of(error)

    def _tells_of_outage(self, error: Exception) -> bool:
        """Whether all who ask now would fare the same: not when we, or this one answer, took too long."""
        if isinstance(error, DatabaseBusy):
            return False
        if isinstance(error.__cause__, TimeoutError) and self._heard_state() is not None:
            return False
        return isinstance(error, DatabaseTrouble) or exception_for(error) is not None

    def _last_resort(self, held: CachedAnswer | None, problem: Problem) -> tuple[CachedAnswer, bytes] | Problem:
        if problem.status not in _PASSING or held is None or not self._is_of_use(held):
            return problem
        return held, _STALE

    def _is_of_use(self, held: CachedAnswer | None) -> bool:
        return held is not None and is_usable(held, self._known())

    def _may_ask(self) -> bool:
        """Whether the database is to be asked; one that was away, by one request in a while."""
        if not self._is_away:
            return True
        now = time.monotonic()
        if now < self._retry_at:
            return False
        self._retry_at = now + _RETRY_SECONDS
        return True

    def _suspect(self) -> None:
        self._is_away = True
        self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _hear(self, heard: Heard) -> None:
        if heard.is_listening:
            now, self._is_away = time.monotonic(), False
            if heard.is_gone:
                self._gone_at = now
            self._drop(now, is_heard=bool(heard.tables), may_be_renewing=heard.is_untold)
        else:
            # Nothing was heard since its last sign of life: from then on, all may have changed.
            self._epoch.ended_at = self._listener.alive_at
            self._renewable_after = math.inf

    def _drop(self, now: float, *, is_heard: bool, may_be_renewing: bool = False) -> None:
        """Make all that is held old, for good unless a change was heard of, or nobody told of it in time anyway."""
        self._counted.drops += 1
        if self._epoch.ended_at is None:
            self._epoch.ended_at = now
        if is_heard:
            self._heard_at.append(now)
            if len(self._heard_at) == _BURST_CHANGES and now - self._heard_at[0] <= _BURST_SECONDS:
                self._epoch.renewing_until = now + _GRACE_SECONDS
        elif may_be_renewing:
            self._epoch.renewing_until = now + _GRACE_SECONDS
        else:
            self._renewable_after = now
        self._epoch = Epoch()

    def _heard_state(self) -> Epoch | None:
        """The time that goes on now; None when that is not known."""
        epoch = self._epoch
        return epoch if epoch.ended_at is None and self._listener.hears(time.monotonic()) else None

    def _forgetting(self, send: ASGISendCallable) -> ASGISendCallable:
        """Who has edited here, and reads here, reads what he wrote, even before it is heard of."""

        async def sending(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start" and self._epoch.ended_at is None:
                self._drop(time.monotonic(), is_heard=False)
            await send(event)

        return sending


_CURRENT: Final = b""
_STALE: Final = b"chaishots; hit; detail=stale"
_RENEWING: Final = b"chaishots; hit; detail=renewed"
_STATUSES: Final = {
    Freshness.FRESH: _CURRENT,
    Freshness.RENEWING: _RENEWING,
    Freshness.STALE: _STALE,
    Freshness.RENDER: None,
}
_PASSING: Final = (OVERLOADED, 503)
"""Statuses of what may be otherwise in a moment."""
_NEVER: Final = float("inf")


_seconds_of = lru_cache(REQUEST_SECONDS.labels)  # methods and routes are few


def _changes_content(path: str) -> bool:
    # A picture that is sent is in no answer yet.
    return path.startswith("/cms/") and not path.startswith("/cms/pictures")


def _share(path: str) -> Share:
    if path.startswith("/cms/"):
        return Share.EDITORS
    return Share.PROBES if path.startswith(("/health", "/metrics")) else Share.TOKENS
