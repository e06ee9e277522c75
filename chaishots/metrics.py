"""What this process counts and times, for GET /metrics. A leaf: whoever has something to count imports it.

Names and units follow Prometheus' conventions: base units, `_total` for what only goes up. What is read at the moment
of a scrape (the cache, the pool's size, what Postgres says) is put beside these by `api/routes/metrics.py`. Must not
know content, HTTP or Postgres.
"""

import asyncio
import collections
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Final
from uuid import UUID

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

_LOOP_LOOK_SECONDS: Final = 0.1

# A second time series beside each counter, to tell when it began; process_start_time_seconds says that once.
disable_created_metrics()

REGISTRY: Final = CollectorRegistry()
"""Ours alone, so that no library adds to what is shown."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

REQUESTS: Final[collections.Counter[tuple[str, str, int]]] = collections.Counter()
"""Requests by method, route template and status. Plain numbers: a cached answer is too quick for a metric's lock."""
PICTURE_READS: Final = collections.Counter({("memory",): 0, ("store",): 0})
"""Files of pictures by their source, as plain numbers too."""
WEBHOOK_ATTEMPTS: Final[collections.Counter[tuple[str, str]]] = collections.Counter()
"""Messages tried, by webhook and result. Plain numbers: a webhook that was deleted is to leave no series behind."""


class _Plain(Collector):
    """Numbers by the values of labels, as a metric."""

    def __init__(
        self, name: str, told: str, labels: tuple[str, ...], numbers: Mapping[tuple[str | int, ...], int]
    ) -> None:
        self._name = name
        self._told = told
        self._labels = labels
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(self._name, self._told, labels=self._labels)
        for values, number in tuple(self._numbers.items()):
            family.add_metric([str(value) for value in values], number)
        yield family


REGISTRY.register(
    _Plain(
        "chaishots_http_requests",
        "Requests answered, by method, route template and status; 499: the client left before.",
        ("method", "route", "status"),
        REQUESTS,  # pyright: ignore[reportArgumentType]  # a mapping's keys are invariant; it is only read
    )
)
REGISTRY.register(
    _Plain(
        "chaishots_picture_reads",
        "Files of pictures that were served, by where they came from: memory, or the store, asked in vain too.",
        ("source",),
        PICTURE_READS,  # pyright: ignore[reportArgumentType]
    )
)
REGISTRY.register(
    _Plain(
        "chaishots_webhook_attempts",
        "Messages that this replica tried to send, by webhook: taken, those that a receiver took; failed, all others.",
        ("webhook", "result"),
        WEBHOOK_ATTEMPTS,  # pyright: ignore[reportArgumentType]
    )
)

REQUEST_SECONDS: Final = Histogram(
    "chaishots_http_request_duration_seconds",
    "From a request's head to its answer. Reads of the catalog that the response cache held are not timed.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
PUBLISH_LATENESS: Final = Histogram(
    "chaishots_publish_lateness_seconds",
    "From a lesson's publish_at, or a change's apply_at, to when it could be seen: this replica heard of the commit.",
    # The promise is 150 ms; what is minutes late was waiting for a leader, for Postgres or for its program.
    buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 30, 300, 3600),
    registry=REGISTRY,
)
PUBLISHED: Final = Counter(
    "chaishots_lessons_published", "Lessons that this replica published on schedule.", registry=REGISTRY
)
ARCHIVED: Final = Counter(
    "chaishots_lessons_archived", "Lessons that this replica took down at their scheduled end.", registry=REGISTRY
)
REFUSED: Final = Counter(
    "chaishots_lessons_refused", "Times that this replica could not publish a lesson that was due.", registry=REGISTRY
)
CHANGES_APPLIED: Final = Counter(
    "chaishots_changes_applied", "Scheduled changes that this replica applied.", registry=REGISTRY
)
CHANGES_REFUSED: Final = Counter(
    "chaishots_changes_refused", "Times that this replica could not apply a change that was due.", registry=REGISTRY
)
PICTURES_DECODED: Final = Histogram(
    "chaishots_picture_decode_seconds",
    "From an uploaded picture's bytes to its variants, the wait for a decoder included.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
    registry=REGISTRY,
)
CONNECTIONS: Final = Gauge("chaishots_connections", "Connections of clients that are open now.", registry=REGISTRY)
CONNECTIONS_CLOSED: Final = Counter(
    "chaishots_connections_closed",
    "Connections that were closed on clients: too_many, the longest idle of more than there may be; stalled, those "
    "that took nothing of what they were sent.",
    ("reason",),
    registry=REGISTRY,
)
for _reason in ("too_many", "stalled"):
    CONNECTIONS_CLOSED.labels(_reason)  # told from the start: a rate needs the zero before the first
LISTENERS: Final = Gauge("chaishots_event_listeners", "Who listens to GET /catalog/events now.", registry=REGISTRY)
LISTENERS_DROPPED: Final = Counter(
    "chaishots_event_listeners_dropped",
    "Listeners that were let go: slow, those that took too little of what they were sent; failed, those that could not "
    "be written to.",
    ("reason",),
    registry=REGISTRY,
)
for _reason in ("slow", "failed"):
    LISTENERS_DROPPED.labels(_reason)
POOL_WAITING: Final = Gauge(
    "chaishots_database_pool_waiting", "Requests that wait for a connection of the pool now.", registry=REGISTRY
)
POOL_WAIT_SECONDS: Final = Histogram(
    "chaishots_database_pool_wait_seconds",
    "How long a connection of the pool was waited for, opening it included.",
    buckets=(0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10),
    registry=REGISTRY,
)
LOOP_LAG: Final = Histogram(
    "chaishots_event_loop_lag_seconds",
    f"How much later than asked a timer of the event loop went off; one sample each {_LOOP_LOOK_SECONDS} s.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)


def count_webhooks(webhook_ids: Collection[UUID]) -> None:
    """Count what is tried at these webhooks, from zero where that is new, and forget all others."""
    kept = {(str(webhook_id), result) for webhook_id in webhook_ids for result in ("taken", "failed")}
    for gone in WEBHOOK_ATTEMPTS.keys() - kept:
        del WEBHOOK_ATTEMPTS[gone]
    for key in kept:
        WEBHOOK_ATTEMPTS.setdefault(key, 0)


async def measure_loop_lag() -> None:
    """Sample the event loop's lag for ever: whatever keeps a timer waiting keeps requests and publishing waiting."""
    while True:
        due = time.monotonic() + _LOOP_LOOK_SECONDS
        await asyncio.sleep(_LOOP_LOOK_SECONDS)
        LOOP_LAG.observe(max(0.0, time.monotonic() - due))
