"""Whether this replica serves, and how the schedule stands: for probes, load balancers and people."""

from typing import Any, Final, TypeAlias, cast

from quart import Blueprint, Response, current_app

from chaishots import __version__
from chaishots.api.contract.responses.operations import Health, Liveness, Unhealthy
from chaishots.api.contract.route_documentation import answers
from chaishots.api.delivery.layer import Delivery
from chaishots.api.routes.metrics import DELIVERY
from chaishots.api.routes.shared_reads import TASKS, Looks
from chaishots.content.answer_format import compact, moment
from chaishots.content.queries import agenda
from chaishots.content.queries.agenda import Outlook
from chaishots.content.queries.publisher_health import Publishing, probe_publishing_and
from chaishots.database.connection import reading
from chaishots.database.errors import DatabaseTrouble, Kind, Trouble

_ANSWER_SECONDS: Final = 2
_LOOKS: Final = "HEALTH_LOOKS"

health = Blueprint("health", __name__)


@health.get("/health")
@answers(Health, others={503: Unhealthy})
async def get_health() -> tuple[Response, int]:
    """200 with how the schedule stands and whether what is due is taken; 503 when Postgres is not reached in 2 s."""
    config = cast("dict[str, Any]", current_app.config)  # Quart's config is untyped
    replica: str = config["REPLICA"]
    looks: Looks[_Seen] = config.setdefault(_LOOKS, Looks(_look, config[TASKS]))
    delivery: Delivery = config[DELIVERY]
    heard_at = delivery.heard_at
    named = {
        "replica": replica,
        "version": __version__,
        "hears": "ok" if delivery.statistics.heard else "lost",
        "heard_at": heard_at and moment(heard_at),
    }
    try:
        standing, outlook = await looks.share()
    except DatabaseTrouble as error:
        # Who leads is for Postgres to say.
        away = {"status": "unavailable", "database": "unavailable", "scheduler": "unknown"}
        return _uncached({**away, **named, "trouble": _unreached(error.trouble)}), 503
    leads = standing.leader is not None and standing.leader.name == replica
    return _uncached(
        {
            "status": "ok",
            "database": "ok",
            "scheduler": "leader" if leads else "standby",
            **named,
            **_schedule(outlook),
            "writes": standing.writes.value,
            "trouble": standing.trouble and _told(standing.trouble),
        }
    ), 200


@health.get("/health/live")
@answers(Liveness)
async def get_liveness() -> Response:
    """200 while the process serves, whatever the database does."""
    return _uncached({"status": "ok", "version": __version__})


_Seen: TypeAlias = tuple[Publishing, Outlook | None]


async def _look() -> _Seen:
    async with reading(_ANSWER_SECONDS) as connection:
        return await probe_publishing_and(connection, agenda.outlook)


def _schedule(outlook: Outlook | None) -> dict[str, Any]:  # Any: JSON
    if outlook is None:  # what Postgres does not tell is not known
        return {"next_publish_at": None, "overdue": None, "oldest_overdue_s": None}
    return {
        "next_publish_at": outlook.next_publish_at and moment(outlook.next_publish_at),
        "overdue": outlook.overdue,
        "oldest_overdue_s": round(outlook.oldest_overdue_s, 3),
    }


def _told(trouble: Trouble) -> dict[str, str]:
    return {"kind": trouble.kind.value, "text": trouble.of_writes, "action": trouble.action}


def _unreached(trouble: Trouble) -> dict[str, str]:
    # Not in the error's own words: addresses and names of users are nobody's here. The log has them.
    text = "The database lets nobody in." if trouble.kind is Kind.LOGIN else "The database is not reached."
    return {"kind": trouble.kind.value, "text": text, "action": trouble.action}


def _uncached(document: dict[str, Any]) -> Response:  # Any: JSON
    response = Response(compact(document), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
