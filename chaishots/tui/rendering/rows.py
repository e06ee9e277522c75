"""The rows of lists, and how each is drawn. Columns of fixed width come first and titles last, as terminals differ in
how wide they draw Telugu or Hindi letters, and that must not move a column."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from uuid import UUID

from rich.text import Text

from chaishots.content.lifecycle import Status
from chaishots.content.overdue import is_overdue
from chaishots.content.queries.history import HistoryLine
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, Tally, TermRow
from chaishots.database.replicas import Replica
from chaishots.times import here, is_utc
from chaishots.tui.rendering.details import change_text
from chaishots.tui.rendering.formatting import MARKS, REFUSED, cell, count, countdown, plain, short
from chaishots.tui.rendering.styles import Styles
from chaishots.zones import zone_of

_WIDE: Final = 90
_WITH_UTC: Final = 60
_WITH_SINCE: Final = 70
_WITH_DRAFTS: Final = 70
_ACTION_WIDTHS: Final = ((_WIDE, 22), (_WITH_UTC, 18), (0, 15))
"""From so many cells on: how wide actions are; the longest name and a space, or what leaves a title its room."""
_VERBS: Final = {
    "publish": "good", "restore": "good", "schedule": "soon", "reschedule": "soon", "unschedule": "soon",
    "archive": "accent", "delete": "bad", "refuse": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of a list: its key, whether the cursor stops there, and whether it can be marked."""

    key: Hashable
    stops: bool = True
    can_be_marked: bool = False


@dataclass(frozen=True)
class OutlineRow(Row):
    """A row of the hierarchy: a program, a term, a lesson, or a note."""

    thing: ProgramRow | TermRow | LessonRow | None = None
    depth: int = 0
    is_open: bool = False
    note: str = ""
    """The text of a row without a thing: more to load, or nothing there."""
    more_of: UUID | None = None
    """The term whose next window this row loads."""
    shows_term: bool = False


def draw_outline(row: OutlineRow, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a row of the hierarchy."""
    indent = "  " * row.depth
    thing = row.thing
    if thing is None:
        return Text(f"{indent}  {plain(row.note)}", style=styles.muted if not row.stops else styles.accent)
    if isinstance(thing, LessonRow):
        return _lesson(thing, indent, width, styles, now, shows_term=row.shows_term)
    line = Text().append(indent + ("▾ " if row.is_open else "▸ "), styles.muted)
    if isinstance(thing, ProgramRow):
        line.append(cell(_mark(thing.status) + thing.status, 12), styles.status(thing.status))
        title = thing.title
        facts = Text().append(cell(",".join(thing.languages[:3]), 10), styles.muted) if width >= _WIDE else Text()
    else:
        line.append(f"Term {thing.term_number}  ", styles.strong)
        title = thing.title or ""
        facts = Text()
    facts.append_text(_tally(thing.tally, styles, now, width))
    room = max(8, width - facts.cell_len)
    line.append(plain(title), styles.strong if isinstance(thing, ProgramRow) else styles.text)
    line.truncate(room, overflow="ellipsis", pad=True)
    return line.append_text(facts)


def _lesson(lesson: LessonRow, indent: str, width: int, styles: Styles, now: datetime, *, shows_term: bool) -> Text:
    line = Text(indent)
    place = f"{lesson.term_number}.{lesson.lesson_number}" if shows_term else str(lesson.lesson_number)
    line.append(cell(place.rjust(4), 6), styles.muted)
    line.append_text(state(lesson, styles, now))
    line.append(cell(when(lesson, now), 13), styles.muted if lesson.status is not Status.SCHEDULED else styles.soon)
    if width >= _WIDE:
        line.append(cell(",".join(lesson.languages[:3]), 10), styles.muted)
        line.append("paid " if lesson.is_paid else "     ", styles.muted)
    line.append(plain(lesson.title), styles.muted if lesson.status is Status.ARCHIVED else styles.text)
    return line


def state(lesson: LessonRow, styles: Styles, now: datetime) -> Text:
    """The status of a lesson as mark and word; `blocked` or `overdue` instead where that is so."""
    if lesson.publish_error is not None:
        return Text(cell(f"{REFUSED} blocked", 12), style=styles.bad)
    if lesson.status is Status.SCHEDULED and is_late(lesson, now):
        return Text(cell(f"{REFUSED} overdue", 12), style=styles.bad)
    return Text(cell(_mark(lesson.status) + lesson.status, 12), style=styles.status(lesson.status))


def when(lesson: LessonRow, now: datetime) -> str:
    """The time until a lesson goes public, or since it did; empty for others."""
    if lesson.status is Status.SCHEDULED and lesson.publish_at is not None:
        left = lesson.publish_at - now
        return countdown(left) if left.total_seconds() > 0 else f"{short(-left)} late"
    if lesson.status is Status.PUBLISHED and lesson.published_at is not None:
        return f"{short(now - lesson.published_at)} ago"
    return ""


def _mark(status: str) -> str:
    return f"{MARKS[status]} "


def _tally(tally: Tally, styles: Styles, now: datetime, width: int) -> Text:
    # In columns, so that the eye can run down them.
    numbers = {Status.PUBLISHED: tally.published, Status.SCHEDULED: tally.scheduled}
    if width >= _WITH_DRAFTS:
        numbers[Status.DRAFT] = tally.draft
    text = Text()
    for status, number in numbers.items():
        text.append((f"{number:,}{MARKS[status]}" if number else "").rjust(6), styles.status(status))
    text.append((f"{tally.refused:,}{REFUSED}" if tally.refused else "").rjust(4), styles.bad)
    if tally.next_publish_at is None:
        return text.append(" " * 10)
    left = tally.next_publish_at - now
    due = short(left) if left.total_seconds() > 0 else "due now"
    return text.append(due.rjust(9) + " ", styles.soon)


def is_late(lesson: LessonRow, now: datetime) -> bool:
    """Whether a scheduled lesson is overdue or was refused."""
    return lesson.publish_error is not None or (lesson.publish_at is not None and is_overdue(lesson.publish_at, now))


def draw_planned(
    lesson: LessonRow, width: int, styles: Styles, now: datetime, *, blocked_soon: str = "", release: str = ""
) -> Text:
    """Draw a scheduled lesson: countdown, local time, UTC, title, program; for a late one the reason.

    Args:
        blocked_soon: why it will be blocked as things are; empty when it will not, or when that is far.
        release: the name of the one that it goes out with.
    """
    assert lesson.publish_at is not None  # the schedule holds none without
    late = is_late(lesson, now)
    line = _moment(lesson.publish_at, width, styles, now, is_bad=late or bool(blocked_soon))
    if blocked_soon and not late:
        line.append(cell("! will be", 10), styles.bad)
    elif late:
        line.append(cell("! blocked" if lesson.publish_error is not None else "! overdue", 10), styles.bad)
    elif width >= _WITH_UTC:
        line.append(cell(f"{lesson.term_number}.{lesson.lesson_number}", 6), styles.muted)
    # Where there is no room for both, the title gives way, to a half: equal ones are told apart by their programs.
    title, room = Text(plain(lesson.title), styles.text), width - line.cell_len
    program = Text(f"  {plain(lesson.program_title)}", styles.muted)
    title.truncate(max(room // 2, room - program.cell_len), overflow="ellipsis")
    line.append_text(title)
    if lesson.publish_error is not None or blocked_soon:  # what has to be done is worth more than where it stands
        line.append(f"  {plain(lesson.publish_error or f'blocked: {blocked_soon}')}", styles.bad)
    line.append_text(program)
    if release:
        line.append(f"  with {plain(release)}", styles.accent)
    zone = zone_of(lesson.publish_zone)
    if zone is not None and width >= _WIDE and not _is_same_clock(lesson.publish_at, zone):
        line.append(f"  {lesson.publish_at.astimezone(zone):%H:%M} {zone.key}", styles.muted)
    if lesson.archive_at is not None and width >= _WIDE:
        line.append(f"  ends {here(lesson.archive_at):%d %b %H:%M}", styles.muted)
    return line


def draw_end(lesson: LessonRow, width: int, styles: Styles, now: datetime) -> Text:
    """Draw the scheduled end of a lesson: it is archived by itself then."""
    assert lesson.archive_at is not None  # asked by the caller
    is_past = is_overdue(lesson.archive_at, now)
    line = _moment(lesson.archive_at, width, styles, now, is_bad=is_past)
    line.append(
        cell("! still up" if is_past else "× ends", 11 if is_past else 7), styles.bad if is_past else styles.accent
    )
    line.append(plain(lesson.title), styles.text)
    return line.append(f"  {plain(lesson.program_title)}", styles.muted)


def draw_release(release: ReleaseRow, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a release: its moment, how many lessons go out at once, its name, and why it was refused."""
    if release.publish_at is None:
        line = Text(cell("no time yet", 13), style=styles.muted)
    else:
        is_bad = release.publish_error is not None or release.publish_at < now
        line = _moment(release.publish_at, width, styles, now, is_bad=is_bad)
    line.append(cell(f"◆ {release.lessons:,}", 7), styles.accent)
    line.append(f"release {plain(release.title)}", styles.strong)
    if release.changes:
        line.append(f"  and {count(release.changes, 'change')}", styles.accent)
    return line.append(f"  {plain(release.publish_error)}" if release.publish_error else "", styles.bad)


def draw_change(change: ChangeRow, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a scheduled change: its moment, what it changes, which fields, and what is to be known of it."""
    assert change.apply_at is not None  # the schedule holds none without
    is_late = change.error is not None or is_overdue(change.apply_at, now)
    line = _moment(change.apply_at, width, styles, now, is_bad=is_late)
    if is_late:
        line.append(cell("! blocked" if change.error is not None else "! overdue", 10), styles.bad)
    elif change.clashes:
        line.append(cell("! taken", 9), styles.bad)  # its number or slug is another's now
    elif change.edited:
        line.append(cell("✎ edited", 9), styles.soon)  # by hand, in the same fields, since it got its moment
    else:
        line.append(cell("✎", 7), styles.accent)
    line.append(plain(change.title), styles.text)
    line.append(f"  {change.fields}", styles.accent)
    return line.append(f"  {plain(change.error)}" if change.error else "", styles.bad)


def _moment(at: datetime, width: int, styles: Styles, now: datetime, *, is_bad: bool) -> Text:
    left = at - now
    line = Text().append(
        cell(countdown(left) if left.total_seconds() > 0 else f"{short(-left)} late", 13),
        styles.bad if is_bad else styles.soon,
    )
    line.append(cell(f"{here(at):%H:%M:%S}", 9), styles.text)
    if width >= _WITH_UTC and not is_utc():
        line.append(cell(f"{at.astimezone(UTC):%H:%M:%SZ}", 10), styles.muted)
    return line


def _is_same_clock(at: datetime, zone: tzinfo) -> bool:
    return at.astimezone(zone).utcoffset() == here(at).utcoffset()


def draw_history(line: HistoryLine, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a line of the history: time, action, actor, title, and what it changed."""
    at = here(line.at)
    today = at.date() == here(now).date()
    text = Text().append(cell(f"{at:%H:%M:%S}" if today else f"{at:%d %b %H:%M}", 13), styles.muted)
    verb = line.action.partition(".")[2]
    action_width = next(wide for least, wide in _ACTION_WIDTHS if width >= least)
    text.append(cell(line.action, action_width), getattr(styles, _VERBS.get(verb, "text")))
    text.append(cell(plain(line.actor), 16 if width >= _WIDE else 10), styles.muted)
    changed = change_text(line) if width >= _WIDE else ""
    text.append(plain(line.title or ""), styles.text)
    return text.append(f"  {changed}" if changed else "", styles.muted)


def draw_replica(replica: Replica, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a replica: whether it leads, since when it is connected, and its name, for which there is always room."""
    text = Text().append(
        cell("● leads" if replica.leads else "○ stands by", 14), styles.good if replica.leads else styles.text
    )
    facts = [(cell(short(now - replica.connected_at), 8)), cell(replica.version or "older", 9)]
    since = cell(f"since {here(replica.connected_at):%d %b %H:%M:%S}", 24)
    for fact in [since, *facts] if width >= _WITH_SINCE else facts:
        text.append(fact, styles.muted)
    text.append(plain(replica.name), styles.strong if replica.leads else styles.text)
    return text
