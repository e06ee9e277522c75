"""Why a lesson is public, or is not: /cms/lessons/{id}/why."""

from quart import Blueprint, Response

from chaishots.api.auth import requires
from chaishots.api.contract.parameters import identifier
from chaishots.api.contract.responses.schedule_preview_why import Why
from chaishots.api.contract.route_documentation import answers
from chaishots.content.answer_format import compact
from chaishots.content.catalog.blocked_changes import foretell
from chaishots.content.queries import why_lesson
from chaishots.content.roles import Role
from chaishots.database.connection import reading

why = Blueprint("cms_why", __name__, url_prefix="/cms")


@why.get("/lessons/<lesson_id>/why")
@requires(Role.VIEWER)
@answers(Why)
async def explain_lesson(lesson_id: str) -> Response:
    """Whether the lesson is public at this moment, and why, with what to do about each reason."""
    async with reading() as connection:
        key = identifier(lesson_id)
        found = await why_lesson.why(connection, key, foretold=await foretell(connection, key))
    response = Response(compact(found.document()), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
