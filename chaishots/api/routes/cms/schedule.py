"""The schedule: what is to come, and many lessons at once: /cms/schedule."""

from typing import Annotated

from pydantic import ConfigDict, Field
from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.contract.examples import DRAFT_LESSON_ID, MOMENT, ZONE
from chaishots.api.contract.many_lessons import ManyPlanned
from chaishots.api.contract.parameters import ListPage, takes_query
from chaishots.api.contract.responses.content import LessonStates
from chaishots.api.contract.responses.planning import Schedule
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.contract.values import Moment
from chaishots.api.idempotency import idempotent
from chaishots.api.routes.cms.many_lessons import answer_states
from chaishots.api.routes.cms.representations import answer_page
from chaishots.content.editing import many_lessons as editing
from chaishots.content.lifecycle import Role
from chaishots.content.queries import agenda
from chaishots.database.connection import reading

schedule = Blueprint("cms_schedule", __name__, url_prefix="/cms/schedule")


class SchedulePage(ListPage):
    """Which part of the schedule: from and to a moment, each with its offset."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Annotated[
        Moment | None,
        Field(alias="from", description="Only what is due at this moment or later.", examples=["2030-02-01T00:00:00Z"]),
    ] = None
    to: Annotated[
        Moment | None, Field(description="Only what is due before this moment.", examples=["2030-03-01T00:00:00Z"])
    ] = None


@schedule.get("")
@requires(Role.VIEWER)
@answers(Schedule)
@takes_query(SchedulePage)
async def list_schedule(query_args: SchedulePage) -> Response:
    """The scheduled lessons, soonest first, overdue and refused ones among them."""
    async with reading() as connection:
        page = await agenda.schedule(connection, query_args.window, since=query_args.from_, until=query_args.to)
    return answer_page("schedule", page)


@schedule.post("")
@requires(Role.EDITOR)
@idempotent
@answers(LessonStates)
@takes_body(ManyPlanned, example=[{"lesson_id": DRAFT_LESSON_ID, "publish_at": MOMENT, "publish_zone": ZONE}])
async def schedule_lessons(body: ManyPlanned) -> Response:
    """Schedule or reschedule up to 500 lessons, all or nothing; each that cannot be is named."""
    times = [editing.Planned(planned.lesson_id, planned.publish_at, planned.publish_zone) for planned in body.root]
    await editing.schedule_lessons(times, versions=[planned.version for planned in body.root], actor=actor())
    return await answer_states([planned.lesson_id for planned in body.root])
