"""GET /health and /health/live, as the contract has them.

The first is answered by `delivery/health_answers.py` before it comes here. Here comes what is refused.
"""

from quart import Blueprint, Response
from werkzeug.exceptions import NotFound

from chaishots import __version__
from chaishots.api.contract.responses.operations import Health, Liveness, Unhealthy
from chaishots.api.contract.route_documentation import answers
from chaishots.content.answer_format import compact

health = Blueprint("health", __name__)


@health.get("/health")
@answers(Health, others={503: Unhealthy})
async def get_health() -> Response:
    """200 with how the schedule stands and whether what is due is taken; 503 when Postgres is not reached in 2 s."""
    raise NotFound


@health.get("/health/live")
@answers(Liveness)
async def get_liveness() -> Response:
    """200 while the process serves, whatever the database does."""
    body = compact({"status": "ok", "version": __version__})
    return Response(body, content_type="application/json", headers={"Cache-Control": "no-store"})
