"""GET /metrics: what the process counted, how its parts stand now and what Postgres says, as Prometheus reads it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, TypeAlias, cast

from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from quart import Blueprint, Response, current_app

from chaishots import __version__
from chaishots.api.contract.responses.history_tokens_health import METRICS
from chaishots.api.contract.route_documentation import answers
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.delivery.cache_statistics import DeliveryStatistics
from chaishots.api.delivery.probe_cache import Looks
from chaishots.api.request_tasks import TASKS
from chaishots.content.catalog.blocked_lessons import BlockedSoon, blocked_within
from chaishots.content.event_types import PausedReason
from chaishots.content.queries import upcoming_and_overdue
from chaishots.content.queries.feed_health import FeedStanding
from chaishots.content.queries.publisher_health import Publishing, Writes, probe_publishing_and
from chaishots.content.queries.upcoming_and_overdue import Backlog, Outlook
from chaishots.content.webhooks.health import WebhookStanding, webhook_standings
from chaishots.database.connection import Connection, reading
from chaishots.database.errors import DatabaseTrouble, Kind
from chaishots.database.pool import pool_state
from chaishots.metrics import REGISTRY

_DATABASE_SECONDS: Final = 1
"""Prometheus gives a scrape 10 s, and the rest is worth having without Postgres."""

_SOON: Final = timedelta(hours=1)
_REFUSALS: Final = (Kind.READ_ONLY, Kind.DISK_FULL, Kind.PERMISSION, Kind.SCHEMA, Kind.RULE, Kind.OTHER)
_LOOKS: Final = "METRICS_LOOKS"

DELIVERY: Final = "DELIVERY"
"""Where the application's configuration has its delivery layer."""

metrics = Blueprint("metrics", __name__)


class _Scrape(Collector):
    """One answer: the registry's metrics, and those that were read for it."""

    def __init__(self, read: list[Metric]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        yield from self._read


@metrics.get("/metrics")
@answers(None, text=METRICS)
async def get_metrics() -> Response:
    """What this replica counts and times, and how the schedule stands, in Prometheus' text format."""
    config = cast("dict[str, Any]", current_app.config)  # Quart's config is untyped
    replica: str = config["REPLICA"]
    delivery: Delivery = config[DELIVERY]
    looks: Looks[_Seen] = config.setdefault(_LOOKS, Looks(_look, config[TASKS]))
    build = InfoMetricFamily("chaishots_build", "The version that runs, and the replica's name.")
    build.add_metric((), {"version": __version__, "replica": replica})
    text = generate_latest(_Scrape([build, *_cache(delivery.statistics), *_pool(), *await _database(replica, looks)]))
    return Response(text, content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})


def _cache(counted: DeliveryStatistics) -> list[Metric]:
    answers = CounterMetricFamily(
        "chaishots_cache_requests",
        "Reads of the catalog by how they were answered: hit, validated (by asking Postgres), miss, expired (held, and "
        "old), spared (old, and being rendered anew), stale (Postgres was away).",
        labels=("result",),
    )
    for result, number in (
        ("hit", counted.hits),
        ("validated", counted.validated),
        ("miss", counted.misses),
        ("expired", counted.expired),
        ("spared", counted.spared),
        ("stale", counted.stale),
    ):
        answers.add_metric((result,), number)
    return [
        answers,
        _counter(
            "chaishots_cache_collapsed", "Reads that waited for another's rendering and shared it.", counted.waits
        ),
        _counter("chaishots_cache_not_modified", "Reads answered 304.", counted.not_modified),
        _counter("chaishots_cache_failures", "Reads answered with a problem document.", counted.failed),
        _counter("chaishots_cache_renders", "Answers that Postgres was asked for.", counted.renders),
        _gauge("chaishots_cache_renders_waiting", "Answers that wait for their turn to be rendered.", counted.queued),
        _counter("chaishots_cache_invalidations", "Changes that made answers old.", counted.drops),
        _counter("chaishots_cache_evictions", "Answers dropped to make room.", counted.evictions),
        _gauge("chaishots_cache_entries", "Answers held.", counted.entries),
        _gauge("chaishots_cache_bytes", "Memory that the answers held take.", counted.bytes_held),
        _gauge(
            "chaishots_changes_heard",
            "1 while changes are heard as they are committed; 0 while Postgres is asked for each answer instead.",
            counted.heard,
        ),
        _gauge("chaishots_cache_limit_bytes", "The most that they may take.", counted.bytes_limit),
    ]


def _pool() -> list[Metric]:
    state = pool_state()
    return [
        _gauge("chaishots_database_pool_max_connections", "Connections that the pool may open.", state.limit),
        _gauge("chaishots_database_pool_connections", "Connections that the pool has open.", state.opened),
        _gauge("chaishots_database_pool_connections_in_use", "Connections of the pool that are lent out.", state.lent),
    ]


_Schedule: TypeAlias = tuple[Outlook, Backlog, BlockedSoon]
_Seen: TypeAlias = tuple[Publishing, tuple[_Schedule, list[WebhookStanding]] | None]


async def _look() -> _Seen:
    async with reading(_DATABASE_SECONDS) as connection:
        return await probe_publishing_and(connection, _read)


async def _read(connection: Connection) -> tuple[_Schedule, list[WebhookStanding]]:
    schedule = (
        await upcoming_and_overdue.outlook(connection),
        await upcoming_and_overdue.backlog(connection),
        await blocked_within(connection, _SOON, limit=1),
    )
    return schedule, await webhook_standings(connection)


async def _database(replica: str, looks: Looks[_Seen]) -> list[Metric]:
    """How schedule and webhooks stand. What is not known, without Postgres, is left out and not told as it was."""
    told = "Whether Postgres answered this scrape within 1 s."
    try:
        standing, read = await looks.share()
    except DatabaseTrouble:
        return [_gauge("chaishots_database_up", told, 0)]
    leads = standing.leader is not None and standing.leader.name == replica
    connected = len(standing.replicas)
    return [
        _gauge("chaishots_database_up", told, 1),
        _gauge("chaishots_leader", "1 on the replica that publishes, 0 on a standby.", leads),
        _gauge("chaishots_replicas", "Replicas whose publisher is connected, the leader among them.", connected),
        *_writes(standing),
        *_feed(standing.feed),
        *([*_schedule(*read[0]), *_webhooks(read[1])] if read else []),
    ]


def _writes(standing: Publishing) -> list[Metric]:
    refused = GaugeMetricFamily(
        "chaishots_writes_refused",
        "1 while Postgres answers and refuses what is to be published, by kind of reason.",
        labels=("kind",),
    )
    kind = standing.trouble.kind if standing.trouble and standing.writes is Writes.REFUSED else None
    for one in _REFUSALS:
        refused.add_metric((one.value,), one is kind)
    waiting = standing.writes is Writes.WAITING and standing.stranger is None
    told = "1 while somebody has a table locked that the publisher writes to."
    return [refused, _gauge("chaishots_writes_waiting", told, waiting)]


def _feed(feed: FeedStanding) -> list[Metric]:
    if feed.position is None or feed.behind_s is None:
        return []
    return [
        _gauge("chaishots_feed_position", "The feed's last position.", feed.position),
        _gauge(
            "chaishots_feed_behind_seconds",
            "For how long changes have waited that the feed does not tell yet.",
            feed.behind_s,
        ),
    ]


def _webhooks(standings: list[WebhookStanding]) -> list[Metric]:
    """How each webhook stands; by its id, for its URL may be secret."""
    paused = GaugeMetricFamily(
        "chaishots_webhook_paused",
        "1 while a webhook is paused, by reason: asked, by an admin; failing, after days of failures; gone, its "
        "receiver answered 410.",
        labels=("webhook", "reason"),
    )
    lag = GaugeMetricFamily(
        "chaishots_webhook_lag_seconds",
        "How old the first thing is that a webhook was not sent yet.",
        labels=("webhook",),
    )
    failing = GaugeMetricFamily(
        "chaishots_webhook_failing_seconds",
        "For how long a webhook's receiver has not taken what it is sent; 0: it takes it.",
        labels=("webhook",),
    )
    for standing in standings:
        named = str(standing.webhook_id)
        lag.add_metric((named,), standing.lag_s)
        failing.add_metric((named,), standing.failing_s)
        for reason in PausedReason:
            paused.add_metric((named, reason.value), reason is standing.paused_reason)
    return [paused, lag, failing]


def _schedule(outlook: Outlook, backlog: Backlog, blocked_soon: BlockedSoon) -> list[Metric]:
    next_publish_at = outlook.next_publish_at
    return [
        _gauge(
            "chaishots_lessons_due", "Lessons whose publish_at has come and that wait to be published.", backlog.due
        ),
        _gauge(
            "chaishots_lessons_due_oldest_seconds", "How long the first of them has been due.", backlog.oldest_due_s
        ),
        _gauge("chaishots_lessons_blocked", "Scheduled lessons that could not be published.", backlog.blocked),
        _gauge("chaishots_lessons_overdue", "Lessons late by more than 2 s, blocked ones among them.", outlook.overdue),
        _gauge(
            "chaishots_lessons_overdue_oldest_seconds",
            "How long the first of them has been due.",
            outlook.oldest_overdue_s,
        ),
        _gauge(
            "chaishots_next_publish_timestamp_seconds",
            "When the next lesson is due, as seconds since 1970; 0 when none is scheduled.",
            next_publish_at.timestamp() if next_publish_at else 0,
        ),
        _gauge(
            "chaishots_ends_overdue", "Lessons whose end has passed for more than 2 s, still up.", outlook.overdue_ends
        ),
        _gauge(
            "chaishots_ends_overdue_oldest_seconds",
            "How long the first of them should have been down.",
            outlook.oldest_overdue_end_s,
        ),
        _gauge(
            "chaishots_changes_overdue",
            "Scheduled changes late by more than 2 s, refused ones among them.",
            outlook.overdue_changes,
        ),
        _gauge(
            "chaishots_changes_overdue_oldest_seconds",
            "How long the first of them should have been applied.",
            outlook.oldest_overdue_change_s,
        ),
        _gauge("chaishots_changes_blocked", "Scheduled changes that were refused.", outlook.blocked_changes),
        _gauge("chaishots_releases_refused", "Releases that were refused as a whole.", outlook.refused_releases),
        _gauge(
            "chaishots_lessons_blocked_soon",
            "Lessons that fall due within the hour and will be blocked, as things are.",
            blocked_soon.lessons_total,
        ),
        _gauge(
            "chaishots_changes_blocked_soon",
            "Scheduled changes that fall due within the hour and will be refused, as things are.",
            len(blocked_soon.changes),
        ),
        _gauge(
            "chaishots_clock_offset_seconds",
            "How far the clock of this host is ahead of Postgres', which decides what is due.",
            outlook.clock_off_s,
        ),
    ]


def _counter(name: str, told: str, number: int) -> Metric:
    return CounterMetricFamily(name, told, number)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value)
