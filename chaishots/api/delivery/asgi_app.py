"""Answers reads of the catalog from memory, in front of Quart, for as long as what was rendered is current.

Anonymous reads of the catalog (`catalog_reads.py`) are answered here; everything else passes through to Quart. What
decides whether an answer is current:

- While changes are heard (`database/listener.py`), time falls into epochs: each change ends those of the programs that
  it concerns, and that of lists (`invalidation.py`). An answer is current in the epoch in which its statement began,
  and is served without asking anybody: for as long as it is known that all that was committed until a second ago has
  been heard. Who comes after a longer silence waits for that.
- While changes follow one another, as when many lessons go out, an answer is served for `GRACE_SECONDS` more while it
  is rendered anew, every `RENEWAL_SECONDS`: nobody waits for a render that the next change makes old before it is done.
- While none can be heard, the database is asked, for each answer, whether anything was committed since it was rendered.
- While the database is away, what was last rendered is served on, and says so: for as long as the limit allows, and
  never past a scheduled end of something that it shows, nor when something was taken down since.

Answers that are no longer current stay in the store, for the third case, until room is needed.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import structlog
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope, Scope

from chaishots.api.conditional_requests import is_held, is_refused
from chaishots.api.delivery.answer_store import Store
from chaishots.api.delivery.cache_control import Limits
from chaishots.api.delivery.cache_statistics import DeliveryStatistics
from chaishots.api.delivery.cached_answer import VARY, Answer, CachedAnswer, Header, Variant
from chaishots.api.delivery.catalog_reads import CATALOG, Source
from chaishots.api.delivery.circuit_breaker import CircuitBreaker
from chaishots.api.delivery.delivered_requests import Routing, changes_content, share_of
from chaishots.api.delivery.encodings import IDENTITY, encoding
from chaishots.api.delivery.event_broadcast import Broadcast
from chaishots.api.delivery.freshness import Freshness, Known, freshness, stale_since
from chaishots.api.delivery.health_answers import HealthDelivery, HealthRequest
from chaishots.api.delivery.invalidation import Epochs
from chaishots.api.delivery.picture_answers import PictureRequest
from chaishots.api.delivery.picture_delivery import PictureDelivery
from chaishots.api.delivery.read_request import DeliveredRequest, ReadRequest, by_name, request_id_of
from chaishots.api.delivery.render_admission import TOO_MUCH
from chaishots.api.delivery.render_or_serve_stale import STALE, RenderOrStale
from chaishots.api.delivery.renderer import Renderer
from chaishots.api.middleware.cors_and_api_version import FOR_EVERYBODY
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.api.problem_document import PRECONDITION_FAILED, Problem, overloaded
from chaishots.api.problem_of_error import problem_of
from chaishots.api.request_tasks import RequestTasks
from chaishots.database.listener import PICTURES, Heard, Listener
from chaishots.database.pool_shares import current_share
from chaishots.metrics import REQUEST_SECONDS, REQUESTS


class Delivery:
    """The layer, as an ASGI application around Quart's."""

    def __init__(
        self,
        app: ASGIFramework,
        *,
        replica: str,
        listener: Listener,
        cache_bytes: int,
        limits: Limits,
        pictures: PictureDelivery,
        tasks: RequestTasks,
        sources: Sequence[Source] = (CATALOG,),
    ) -> None:
        """Answer reads of the catalog and of pictures, and probes; hand all else to the application.

        Args:
            replica: whose health is told.
            listener: who hears of changes; while it does not run, or is away, the database is asked.
            cache_bytes: the most that the answers held may take; 0: none is held, and each is rendered for itself.
            tasks: starts what is done for several requests together.
            sources: what is read, and at which addresses.
        """
        self.app = app
        self._limits = limits
        self._pictures = pictures
        self.whole_picture = pictures.whole
        self._counted = DeliveryStatistics(bytes_limit=cache_bytes)
        self._routing = Routing(sources)
        self.beginnings = self._routing.beginnings
        self._store = Store(cache_bytes)
        self._epochs = Epochs(listener, now=time.monotonic())
        self.broadcast = Broadcast(listener, tasks)
        self._health = HealthDelivery(replica, self._epochs, tasks)
        self._breaker = CircuitBreaker()
        self._renderer = Renderer(self._store, self._epochs, self._breaker, self._counted, tasks)
        self._render_or_stale = RenderOrStale(
            self._store, self._epochs, self._breaker, self._renderer, self._counted, self._known
        )
        listener.subscribe(self._hear)

    @property
    def statistics(self) -> DeliveryStatistics:
        """The numbers, as they are now."""
        self._counted.entries = len(self._store)
        self._counted.bytes_held = self._store.bytes_held
        self._counted.evictions = self._store.evictions
        self._counted.queued = self._renderer.waiting
        self._counted.drops = self._epochs.ended
        self._counted.heard = int(not self._epochs.is_deaf(time.monotonic()))
        return self._counted

    @property
    def heard_at(self) -> datetime | None:
        """Until when all that was committed is known to have been heard; None while nothing was ever heard."""
        return self._epochs.heard_at(time.monotonic())

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            asked = self.asked_for(scope["method"], scope["path"], scope["query_string"], scope["headers"])
            answer = self._refusal_of(scope) if asked is None else await self.answer(asked)
            if answer is not None:
                headers = [*answer.headers, *FOR_EVERYBODY]
                await send({"type": "http.response.start", "status": answer.status, "headers": headers})
                await send({"type": "http.response.body", "body": answer.body, "more_body": False})
                return
            if changes_content(scope["method"], scope["path"]):
                send = self._forgetting(send)
            self._counted.passed += 1
            current_share.set(share_of(scope["path"]))
        await self.app(scope, receive, send)

    def asked_for(self, method: str, path: str, query: bytes, headers: Iterable[Header]) -> DeliveredRequest | None:
        """What a request asks to read; None when it is for Quart to answer, or to refuse with an explanation."""
        return self._routing.asked_for(method, path, query, headers)

    def at_hand(self, asked: DeliveredRequest) -> Answer | None:
        """The answer to a read of the catalog when it lies ready; None when it has to be waited for."""
        if isinstance(asked, PictureRequest):
            return self._pictures.at_hand(asked)
        if isinstance(asked, HealthRequest):
            return self._health.at_hand(asked)
        now = time.monotonic()
        if self._epochs.is_silent(now):
            return None
        held = self._store.get(asked.read.key)
        if held is None:
            # Before anything is made for it: what is refused may be asked for thousands of times a second.
            is_refused = self._renderer.is_too_much(asked.read)
            return self._refuse(asked, overloaded(TOO_MUCH), request_id_of(asked)) if is_refused else None
        status = self._standing(held, now)
        if status is None or (variant := self._variant(held, asked)) is None:
            return None
        return self._respond(asked, held, variant, status, request_id_of(asked), now)

    async def answer(self, asked: DeliveredRequest) -> Answer:
        """Answer a read of the catalog, whatever becomes of it: a problem is an answer too."""
        if isinstance(asked, PictureRequest):
            return await self._pictures.answer(asked)
        if isinstance(asked, HealthRequest):
            return await self._health.answer(asked)
        if self._epochs.is_silent(time.monotonic()):
            await self._epochs.catch_up()
        if (answer := self.at_hand(asked)) is not None:
            return answer
        # What is at hand is counted but not timed: for microseconds, the clock would be much of what it told.
        began, request_id = time.perf_counter(), request_id_of(asked)
        held = self._store.get(asked.read.key)
        status = None if held is None else self._standing(held, time.monotonic())
        if held is None or status is None:
            with structlog.contextvars.bound_contextvars(request_id=request_id[1].decode()):
                found = await self._render_or_stale.obtain(asked.read, held)
            _seconds_of(asked.method, asked.read.route).observe(time.perf_counter() - began)
            if isinstance(found, Problem):
                return self._refuse(asked, found, request_id)
            held, status = found
        variant = self._variant(held, asked)
        if variant is None:
            variant = await held.encode(encoding(asked.headers[b"accept-encoding"]))
            self._store.note_growth(held)
        return self._respond(asked, held, variant, status, request_id, time.monotonic())

    def answer_failure(self, asked: DeliveredRequest, error: Exception) -> Answer:
        """Answer that something of ours went wrong; the log tells it by the request's id."""
        request_id = request_id_of(asked)
        with structlog.contextvars.bound_contextvars(request_id=request_id[1].decode()):
            if isinstance(asked, PictureRequest):
                return self._pictures.answer_failure(asked, error)
            if isinstance(asked, HealthRequest):
                return self._health.answer_failure(asked, error)
            return self._refuse(asked, problem_of(error), request_id)

    def _standing(self, held: CachedAnswer, now: float) -> bytes | None:
        """As what it may be served, as it is: b"" as current, else its Cache-Status; None when it may not be."""
        return _STATUSES[freshness(held, self._known(now))]

    def _known(self, now: float) -> Known:
        epochs = self._epochs
        hears = epochs.hears(now)
        heard_until = now if hears else epochs.heard_until(now)
        is_resting = self._breaker.is_open and self._breaker.is_resting(now)
        return Known(now, hears, heard_until, epochs.renewable_after, is_resting, self._limits.stale_if_error)

    def _respond(
        self, asked: ReadRequest, held: CachedAnswer, variant: Variant, status: bytes, request_id: Header, now: float
    ) -> Answer:
        """Answer out of what is held, in this encoding."""
        read, method, headers = asked.read, asked.method, asked.headers
        if now >= variant.renewed_at:
            variant.renew(held, self._limits, now)
        if b"if-match" in headers or b"if-unmodified-since" in headers:
            named_etag, since = headers.get(b"if-match"), headers.get(b"if-unmodified-since")
            if is_refused(named_etag, since, variant.etag, variant.modified_s):
                return self._refuse(asked, PRECONDITION_FAILED, request_id)
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
        elif status in (STALE, _RENEWING):
            if status == _RENEWING:
                self._counted.spared += 1
                self._renderer.renew(held, read)
            else:
                self._counted.stale += 1
            age_s = round(now - stale_since(held, self._known(now)))
            told = variant.headers_stale(status, age_s, is_unmodified=is_unmodified)
        else:
            told = variant.headers_with(status, is_unmodified=is_unmodified)
        if is_unmodified:
            self._counted.not_modified += 1
            REQUESTS[method, read.route, 304] += 1
            return Answer(304, [*told, request_id], b"")
        REQUESTS[method, read.route, 200] += 1
        return Answer(200, [*told, request_id], variant.body if method == "GET" else b"")

    def _refuse(self, asked: ReadRequest, problem: Problem, request_id: Header) -> Answer:
        self._count_refusal(asked.method, asked.read.route, problem)
        headers, body = asked.read.form.problem(problem)
        return Answer(problem.status, [*headers, (b"vary", VARY), request_id], body if asked.method == "GET" else b"")

    def _refusal_of(self, scope: HTTPScope) -> Answer | None:
        method, headers = scope["method"], by_name(list(scope["headers"]))
        refusal = self._routing.refusal_of(method, scope["path"], scope["query_string"], headers)
        if refusal is None:
            return None
        route, problem = refusal
        self._count_refusal(method, route, problem)
        told = [*problem.raw_headers, (b"vary", VARY), (HEADER, named(headers.get(HEADER, b"")))]
        return Answer(problem.status, told, problem.body if method == "GET" else b"")

    def _count_refusal(self, method: str, route: str, problem: Problem) -> None:
        self._counted.failed += 1
        REQUESTS[method, route, problem.status] += 1

    def _variant(self, held: CachedAnswer, asked: ReadRequest) -> Variant | None:
        """The answer in the encoding that is asked for; None when that has to be made beside the loop."""
        accept = asked.headers.get(b"accept-encoding")
        chosen = encoding(accept) if accept else IDENTITY
        if (variant := held.variants.get(chosen)) is None and (variant := held.encode_at_once(chosen)) is not None:
            self._store.note_growth(held)
        return variant

    def _hear(self, heard: Heard) -> None:
        if heard.picture_id is not None:
            self._pictures.drop(heard.picture_id)
            return  # no answer of the catalog has it
        if not heard.tables:
            self._pictures.read_again()
        elif PICTURES in heard.tables:
            self._pictures.look_again()
        if heard.is_listening:
            self._breaker.close()
        self._epochs.hear(heard, time.monotonic())

    def _forgetting(self, send: ASGISendCallable) -> ASGISendCallable:
        """Who has edited here, and reads here, reads what he wrote: he has his answer when it was heard of."""

        async def sending(event: ASGISendEvent) -> None:
            # What is refused changes nothing.
            if event["type"] == "http.response.start" and not 400 <= event["status"] < 500:
                await self._epochs.catch_up_with_own()
            await send(event)

        return sending


_CURRENT: Final = b""
_RENEWING: Final = b"chaishots; hit; detail=renewed"
_STATUSES: Final = {
    Freshness.FRESH: _CURRENT,
    Freshness.RENEWING: _RENEWING,
    Freshness.STALE: STALE,
    Freshness.RENDER: None,
}

_seconds_of = lru_cache(REQUEST_SECONDS.labels)  # methods and routes are few
