"""The schedule: what is to come, and many lessons at once: /cms/schedule. As a calendar: `calendar.py`."""

from dataclasses import asdict
from typing import Annotated, Final

from pydantic import ConfigDict, Field
from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.contract.examples import DRAFT_LESSON_ID, MOMENT, ZONE
from chaishots.api.contract.many_lessons import ManyPlanned
from chaishots.api.contract.parameters import ListPage, said, takes_query
from chaishots.api.contract.responses.cms_content import LessonStates
from chaishots.api.contract.responses.schedule_preview_why import Moments, Schedule, Series
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.series import SeriesMode, SeriesRequest
from chaishots.api.contract.validation import takes_body
from chaishots.api.contract.values import Moment
from chaishots.api.idempotent_requests import idempotent
from chaishots.api.routes.cms.many_lessons import answer_states
from chaishots.api.routes.cms.representations import answer_made, answer_page
from chaishots.content.answer_format import plain
from chaishots.content.editing import many_lessons as editing
from chaishots.content.editing import series
from chaishots.content.queries import upcoming_and_overdue
from chaishots.content.queries.scheduled_moments import (
    MomentKind,
    count_all_but_publishes,
    page_of_moments,
)
from chaishots.content.roles import Role
from chaishots.database.connection import reading

schedule = Blueprint("cms_schedule", __name__, url_prefix="/cms")


_FRIDAYS: Final = {"first": "2030-02-01T18:00", "zone": ZONE, "rule": "weekly on FR"}


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


class MomentsPage(SchedulePage):
    """Which part of what is to come."""

    kind: Annotated[MomentKind | None, said("Only what happens so.", "change")] = None


@schedule.get("/schedule")
@requires(Role.VIEWER)
@answers(Schedule)
@takes_query(SchedulePage)
async def list_schedule(query_args: SchedulePage) -> Response:
    """The scheduled lessons, soonest first, overdue and refused ones among them.

    Lessons alone: ends, changes and releases are counted as `others`, and listed by /cms/schedule/moments.
    """
    since, until = query_args.from_, query_args.to
    async with reading() as connection:
        page = await upcoming_and_overdue.schedule(connection, query_args.window, since=since, until=until)
        others = await count_all_but_publishes(connection, since=since, until=until)
    return answer_page("schedule", page, others=others)


@schedule.get("/schedule/moments")
@requires(Role.VIEWER)
@answers(Moments)
@takes_query(MomentsPage)
async def list_moments(query_args: MomentsPage) -> Response:
    """Everything that is to come, soonest first: publishes, ends, changes, and releases with all that is in them."""
    kinds = (query_args.kind,) if query_args.kind else ()
    since, until = query_args.from_, query_args.to
    async with reading() as connection:
        page = await page_of_moments(connection, query_args.window, kinds=kinds, since=since, until=until)
    return answer_page("moments", page)


@schedule.post("/schedule/series")
@requires(Role.EDITOR)
@idempotent
@answers(Series)
@takes_query(SeriesMode)
@takes_body(SeriesRequest, example={"lesson_ids": [DRAFT_LESSON_ID], **_FRIDAYS})
async def schedule_series(body: SeriesRequest, query_args: SeriesMode) -> Response:
    """Schedule up to 500 lessons in a rhythm, by the wall clock of a zone, all or nothing.

    18:00 stays 18:00 when clocks change. A local time that does not exist, or exists twice, is refused with both
    moments that it could be; so is a rule that ends before every lesson has its moment.
    """
    recurrence, is_dry_run = body.recurrence(), bool(query_args.dry_run)
    rows = await series.schedule_series(
        body.chosen(), body.first_at(), body.zone, recurrence, dry_run=is_dry_run, actor=actor()
    )
    shown = [{**plain(asdict(row)), "local": f"{row.publish_at:%a %Y-%m-%d %H:%M:%S}"} for row in rows]
    return answer_made({"series": shown, "zone": body.zone, "rule": str(recurrence), "dry_run": is_dry_run})


@schedule.post("/schedule")
@requires(Role.EDITOR)
@idempotent
@answers(LessonStates)
@takes_body(ManyPlanned, example=[{"lesson_id": DRAFT_LESSON_ID, "publish_at": MOMENT, "publish_zone": ZONE}])
async def schedule_lessons(body: ManyPlanned) -> Response:
    """Schedule or reschedule up to 500 lessons, all or nothing; each that cannot be is named."""
    times = [editing.Planned(planned.lesson_id, planned.publish_at, planned.publish_zone) for planned in body.root]
    await editing.schedule_lessons(times, versions=[planned.version for planned in body.root], actor=actor())
    return await answer_states([planned.lesson_id for planned in body.root])
