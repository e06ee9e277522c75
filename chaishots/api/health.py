"""Whether this replica serves, and how the schedule stands: for probes, load balancers and people."""

from typing import Final, cast

from quart import Blueprint, Response, current_app, jsonify

from chaishots import __version__
from chaishots.api.schemas import NoParameters, takes_query
from chaishots.content import agenda
from chaishots.database.connection import reading
from chaishots.database.replicas import replicas
from chaishots.database.troubles import DatabaseTrouble

_ANSWER_SECONDS: Final = 2

health = Blueprint("health", __name__)


@health.get("/health")
@takes_query(NoParameters)
async def get_health(query_args: NoParameters) -> tuple[Response, int]:
    """200 with how the schedule stands; 503 when the database is not reached within 2 s."""
    replica = cast("str", current_app.config["REPLICA"])  # Quart's config is untyped
    try:
        async with reading(_ANSWER_SECONDS) as connection:
            outlook = await agenda.outlook(connection)
            leads = any(other.leads and other.name == replica for other in await replicas(connection))
    except DatabaseTrouble:
        away = {"status": "unavailable", "database": "unavailable", "scheduler": "standby"}
        return _uncached(jsonify({**away, "replica": replica, "version": __version__})), 503
    return _uncached(
        jsonify(
            {
                "status": "ok",
                "database": "ok",
                "scheduler": "leader" if leads else "standby",
                "replica": replica,
                "version": __version__,
                "next_publish_at": outlook.next_publish_at and outlook.next_publish_at.isoformat(),
                "overdue": outlook.overdue,
                "oldest_overdue_s": round(outlook.oldest_overdue_s, 3),
            }
        )
    ), 200


@health.get("/health/live")
@takes_query(NoParameters)
async def get_liveness(query_args: NoParameters) -> Response:
    """200 while the process serves, whatever the database does."""
    return _uncached(jsonify({"status": "ok", "version": __version__}))


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
