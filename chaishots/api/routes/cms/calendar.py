"""The schedule as a calendar (RFC 5545), which programs that show calendars ask for again: /cms/schedule.ics.

Written by the library `icalendar`, which folds lines and escapes texts. An entry keeps its UID as long as it is there,
and SEQUENCE tells that it was moved; one that was called off is gone. What is to come is told, and nothing of the past.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict
from quart import Blueprint, Response

from chaishots.api.auth import requires
from chaishots.api.contract.parameters import said, takes_query
from chaishots.api.contract.route_documentation import answers
from chaishots.api.routes.cms.representations import or_not_modified
from chaishots.content.queries.scheduled_moments import MomentKind, ScheduledMoment, scheduled_moments
from chaishots.content.roles import Role
from chaishots.database.connection import reading
from chaishots.times import tell_time

calendar = Blueprint("cms_calendar", __name__, url_prefix="/cms")

_TYPE: Final = "text/calendar"
_DAYS: Final = 400
_ENTRIES: Final = 2_000
_EXAMPLE: Final = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Chai Shots//Schedule//EN",
        "BEGIN:VEVENT",
        "SUMMARY:▶ అ, ఆ: అమ్మ\\, ఆవు",
        "DTSTART:20300201T123000Z",
        "DTSTAMP:20300101T090000Z",
        "UID:publish-0192f6a0-1a00-7c05-8a11-5e0000000001@chaishots",
        "SEQUENCE:5",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)
_REFRESH: Final = timedelta(minutes=15)
"""How often programs are asked to look again."""
_SIGNS: Final = {
    MomentKind.PUBLISH: ("▶", "The lesson goes public."),
    MomentKind.END: ("×", "The lesson is taken down."),
    MomentKind.CHANGE: ("✎", "It is changed."),
    MomentKind.RELEASE: ("◆", "The release goes public, with all that is in it."),
}


class CalendarAddress(BaseModel):
    """Who asks for the calendar."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    token: Annotated[
        str | None,
        said("A token of the role `calendar`; or any of the CMS, as Authorization: Bearer …", "chai_of_the_calendar"),
    ] = None


@calendar.get("/schedule.ics")
@requires(Role.CALENDAR, by_address=True)
@answers(None, text=_EXAMPLE, text_type=_TYPE)
@takes_query(CalendarAddress)
async def get_calendar(query_args: CalendarAddress) -> Response:
    """The schedule as a calendar: what is to come in the next 400 days, 2,000 entries at most.

    Programs that show calendars send no headers, so the token stands in the address: one of the role `calendar`, which
    can read this alone.
    """
    async with reading() as connection:
        now = await connection.fetchval("select now()")
        until = now + timedelta(days=_DAYS)
        coming = await scheduled_moments(connection, limit=_ENTRIES, until=until)
    response = Response(content_type=f"{_TYPE}; charset=utf-8")
    response.headers["ETag"] = f'"{hashlib.sha256(repr(coming).encode()).hexdigest()[:32]}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = 'inline; filename="chaishots.ics"'
    told = or_not_modified(response)
    if told.status_code != HTTPStatus.NOT_MODIFIED:
        told.set_data(await asyncio.to_thread(_write, coming))
    return told


def _write(moments: Sequence[ScheduledMoment]) -> bytes:
    """The calendar of what is to come, in UTF-8; times are in UTC, so that each shows them in its own zone."""
    from icalendar import Calendar, vDuration  # loaded where somebody asks for one

    ics: Any = Calendar()  # Any: it takes values of any kind
    ics.add("prodid", "-//Chai Shots//Schedule//EN")
    ics.add("version", "2.0")
    ics.add("name", "Chai Shots")
    ics.add("x-wr-calname", "Chai Shots")
    ics.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    ics.add("x-published-ttl", vDuration(_REFRESH).to_ical().decode())
    for moment in moments:
        ics.add_component(_entry(moment))
    return ics.to_ical()


def _entry(moment: ScheduledMoment) -> Any:  # an icalendar.Event
    from icalendar import Event

    sign, what = _SIGNS[moment.kind]
    when = tell_time(moment.at, written_in=moment.zone)
    blocked = moment.error and f"Blocked: {moment.error}"
    entry: Any = Event()
    entry.add("uid", f"{moment.kind}-{moment.id}@chaishots")
    entry.add("dtstamp", moment.updated_at)
    entry.add("last-modified", moment.updated_at)
    entry.add("sequence", moment.version)
    entry.add("dtstart", moment.at)
    entry.add("summary", f"{sign} {'BLOCKED ' if moment.error else ''}{moment.title}")
    entry.add("description", "\n".join(filter(None, (what, moment.program_title, when, blocked))))
    entry.add("categories", [moment.kind.value])
    entry.add("transp", "TRANSPARENT")
    return entry
