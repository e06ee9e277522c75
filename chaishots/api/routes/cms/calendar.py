"""The schedule as a calendar (RFC 5545), which programs that show calendars ask for again and again.

Written by the library `icalendar`, which folds lines and escapes texts. An entry keeps its UID as long as it is there,
and SEQUENCE tells that it was moved; one that was called off is gone. What is to come is told, and nothing of the past.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from chaishots.content.queries.scheduled_moments import MomentKind, ScheduledMoment
from chaishots.times import tell_time

CALENDAR: Final = "text/calendar"
CALENDAR_DAYS: Final = 400
CALENDAR_ENTRIES: Final = 2_000
CALENDAR_EXAMPLE: Final = "\r\n".join(
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


def write_calendar(moments: Sequence[ScheduledMoment]) -> bytes:
    """The calendar of what is to come, in UTF-8; times are in UTC, so that each shows them in its own zone."""
    from icalendar import Calendar, vDuration  # loaded where somebody asks for one

    calendar: Any = Calendar()  # Any: it takes values of any kind
    calendar.add("prodid", "-//Chai Shots//Schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("name", "Chai Shots")
    calendar.add("x-wr-calname", "Chai Shots")
    calendar.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_REFRESH).to_ical().decode())
    for moment in moments:
        calendar.add_component(_entry(moment))
    return calendar.to_ical()


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
