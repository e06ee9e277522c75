"""Whether this replica serves, and how the schedule stands: for probes, load balancers and people.

Answered out of what the last look at Postgres saw, as reads of the catalog are out of memory: a probe that waits behind
a flood would have a replica taken out that serves.
"""

import time
from typing import Any, Final, NamedTuple, TypeAlias

from chaishots import __version__
from chaishots.api.delivery.cached_answer import Answer, Header
from chaishots.api.delivery.invalidation import Epochs
from chaishots.api.delivery.probe_cache import Looks
from chaishots.api.middleware.request_id import HEADER, named
from chaishots.api.problem_of_error import problem_of
from chaishots.api.request_tasks import RequestTasks
from chaishots.content.answer_format import compact, moment
from chaishots.content.queries import upcoming_and_overdue
from chaishots.content.queries.publisher_health import Publishing, probe_publishing_and
from chaishots.content.queries.upcoming_and_overdue import Outlook
from chaishots.database.connection import reading
from chaishots.database.errors import DatabaseTrouble, Kind, Overloaded, Trouble
from chaishots.database.pool_shares import Share, current_share
from chaishots.metrics import REQUESTS

PATH: Final = "/health"
_ANSWER_SECONDS: Final = 2
_LONGEST_SECONDS: Final = 5
"""For an answer, where it is our own event loop that is late: that is no sign of Postgres' being away."""
_PATIENCE_SECONDS: Final = 0.025
"""How long a new look is waited for while there is a recent one; it takes some 5 ms where nothing else goes on."""


_OF_SCHEDULE: Final = (
    *("next_publish_at", "overdue", "oldest_overdue_s"),
    *("next_end_at", "overdue_ends", "refused_releases"),
    *("next_change_at", "overdue_changes", "blocked_changes", "clock_off_s"),
)


class HealthRequest(NamedTuple):
    """GET or HEAD of /health, with these headers, by their names in lower case."""

    method: str
    headers: dict[bytes, bytes]


class HealthDelivery:
    """Answers /health: 200 while Postgres is reached, else 503."""

    def __init__(self, replica: str, epochs: Epochs, tasks: RequestTasks) -> None:
        """Answer for the replica of this name.

        Args:
            epochs: tells whether changes are heard.
            tasks: starts the looks.
        """
        self._replica = replica
        self._epochs = epochs
        self._seen: _Seen | None = None
        self._looks: Looks[_Seen] = Looks(self._look, tasks)

    def at_hand(self, asked: HealthRequest) -> Answer | None:
        """The answer while a look is only just over; None when one has to be waited for."""
        try:
            seen = self._looks.at_hand()
        except DatabaseTrouble as error:
            return self._fail(asked, error)
        return None if seen is None else self._available(asked, seen)

    async def answer(self, asked: HealthRequest) -> Answer:
        """Answer within some 2 s, whatever becomes of the database; later only where our own loop is late."""
        try:
            seen = await self._looks.share(within_s=_PATIENCE_SECONDS)
        except DatabaseTrouble as error:
            return self._fail(asked, error)
        return self._available(asked, seen)

    def answer_failure(self, asked: HealthRequest, error: Exception) -> Answer:
        """Answer that something of ours went wrong."""
        told = problem_of(error)
        return _respond(asked, told.status, told.raw_headers, told.body)

    def _available(self, asked: HealthRequest, seen: "_Seen") -> Answer:
        standing, outlook = seen
        leads = standing.leader is not None and standing.leader.name == self._replica
        told = {
            "status": "ok",
            "database": "ok",
            "scheduler": "leader" if leads else "standby",
            "leader": standing.leader and standing.leader.name,
            **self._named(),
            **_schedule(outlook),
            "writes": standing.writes.value,
            "trouble": standing.trouble and _told(standing.trouble),
            "feed_behind_s": None if standing.feed.behind_s is None else round(standing.feed.behind_s, 3),
        }
        return _tell(asked, 200, told)

    def _fail(self, asked: HealthRequest, error: DatabaseTrouble) -> Answer:
        # Too much to do here is no sign of Postgres' being away, and one of its own may have come just now.
        is_reached = isinstance(error, Overloaded) and not self._epochs.is_deaf(time.monotonic())
        if is_reached and self._seen is not None:
            return self._available(asked, self._seen)
        return self._unavailable(asked, error)

    def _unavailable(self, asked: HealthRequest, error: DatabaseTrouble) -> Answer:
        # Who leads is for Postgres to say.
        away = {"status": "unavailable", "database": "unavailable", "scheduler": "unknown"}
        trouble = _told(error.trouble) if isinstance(error, Overloaded) else _unreached(error.trouble)
        return _tell(asked, 503, {**away, **self._named(), "trouble": trouble})

    async def _look(self) -> "_Seen":
        current_share.set(Share.PROBES)
        async with reading(_ANSWER_SECONDS, longest_seconds=_LONGEST_SECONDS) as connection:
            self._seen = await probe_publishing_and(connection, upcoming_and_overdue.outlook)
        return self._seen

    def _named(self) -> dict[str, Any]:  # Any: JSON
        now = time.monotonic()
        heard_at = self._epochs.heard_at(now)
        return {
            "replica": self._replica,
            "version": __version__,
            "hears": "lost" if self._epochs.is_deaf(now) else "ok",
            "heard_at": heard_at and moment(heard_at),
        }


_Seen: TypeAlias = tuple[Publishing, Outlook | None]


def _schedule(outlook: Outlook | None) -> dict[str, Any]:  # Any: JSON
    if outlook is None:  # what Postgres does not tell is not known
        return dict.fromkeys(_OF_SCHEDULE)
    return {
        "next_publish_at": outlook.next_publish_at and moment(outlook.next_publish_at),
        "overdue": outlook.overdue,
        "oldest_overdue_s": round(outlook.oldest_overdue_s, 3),
        "next_end_at": outlook.next_end_at and moment(outlook.next_end_at),
        "overdue_ends": outlook.overdue_ends,
        "refused_releases": outlook.refused_releases,
        "next_change_at": outlook.next_change_at and moment(outlook.next_change_at),
        "overdue_changes": outlook.overdue_changes,
        "blocked_changes": outlook.blocked_changes,
        "clock_off_s": round(outlook.clock_off_s, 3),
    }


def _told(trouble: Trouble) -> dict[str, str]:
    return {"kind": trouble.kind.value, "text": trouble.of_writes, "action": trouble.action}


def _unreached(trouble: Trouble) -> dict[str, str]:
    # Not in the error's own words: addresses and names of users are nobody's here. The log has them.
    lets_nobody_in = trouble.kind is Kind.LOGIN or trouble.sqlstate == "53300"
    text = "The database lets nobody in." if lets_nobody_in else "The database is not reached."
    return {"kind": trouble.kind.value, "text": text, "action": trouble.action}


def _tell(asked: HealthRequest, status: int, told: dict[str, Any]) -> Answer:  # Any: JSON
    body = compact(told).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    return _respond(asked, status, headers, body)


def _respond(asked: HealthRequest, status: int, headers: list[Header], body: bytes) -> Answer:
    REQUESTS[asked.method, PATH, status] += 1
    request_id = (HEADER, named(asked.headers.get(HEADER, b"")))
    return Answer(status, [*headers, request_id], body if asked.method == "GET" else b"")
