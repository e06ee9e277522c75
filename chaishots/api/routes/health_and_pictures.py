"""GET /health, /health/live and /pictures/…: their place in the contract, and what is refused of them.

`delivery/health_answers.py` and `delivery/picture_delivery.py` answer what is well-formed before it comes here.
"""

from quart import Blueprint, Response
from werkzeug.exceptions import NotFound

from chaishots import __version__
from chaishots.api.contract.responses.history_tokens_health import Health, Liveness, Unhealthy
from chaishots.api.contract.route_documentation import answers
from chaishots.content.answer_format import compact

health = Blueprint("health", __name__)
picture_files = Blueprint("pictures", __name__, url_prefix="/pictures")


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


@picture_files.get("/<file>")
@answers(None, files=("image/webp", "image/avif"))
async def get_picture(file: str) -> Response:
    """A picture: `{id}.webp` at its widest, `{id}-{width}.webp` at one of its widths; `.avif` where it has that."""
    raise NotFound
