"""The history: /cms/activity."""

from quart import Blueprint, Response

from chaishots.api.auth import requires
from chaishots.api.contract.parameters import ActivityPage, takes_query
from chaishots.api.contract.responses.operations import Activity
from chaishots.api.contract.route_documentation import answers
from chaishots.api.routes.cms.representations import answer_page
from chaishots.content.lifecycle import Role
from chaishots.content.queries.history import page_of_history
from chaishots.database.connection import reading

activity = Blueprint("cms_activity", __name__, url_prefix="/cms/activity")


@activity.get("")
@requires(Role.VIEWER)
@answers(Activity)
@takes_query(ActivityPage)
async def list_activity(query_args: ActivityPage) -> Response:
    """Who changed what, when, what it was before and after; the newest first."""
    async with reading() as connection:
        return answer_page(
            "activity",
            await page_of_history(
                connection,
                query_args.window,
                object_id=query_args.object_id,
                actor=query_args.actor,
                action=query_args.action,
            ),
        )
