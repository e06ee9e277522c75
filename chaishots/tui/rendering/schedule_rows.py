"""How what is scheduled is drawn as rows, each by its moment: lessons that go public, ends, releases, changes. Pure."""

from datetime import UTC, datetime, tzinfo
from typing import Final

from rich.text import Text

from chaishots.content.overdue import is_overdue
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.times import here, is_utc
from chaishots.tui.rendering.content_rows import is_late
from chaishots.tui.rendering.formatting import cell, count, countdown, plain, short
from chaishots.tui.rendering.styles import Styles
from chaishots.zones import zone_of

_WIDE: Final = 90
_WITH_UTC: Final = 60


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


def draw_planned_release(release: ReleaseRow, width: int, styles: Styles, now: datetime) -> Text:
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


def draw_change(change: ChangeRow, width: int, styles: Styles, now: datetime, *, blocked_soon: str = "") -> Text:
    """Draw a scheduled change: its moment, what it changes, which fields, and what is to be known of it.

    Args:
        blocked_soon: why it will be refused as things are; empty when it will not, or when that is far.
    """
    assert change.apply_at is not None  # the schedule holds none without
    is_late = change.error is not None or is_overdue(change.apply_at, now)
    line = _moment(change.apply_at, width, styles, now, is_bad=is_late or bool(blocked_soon))
    if is_late:
        line.append(cell("! blocked" if change.error is not None else "! overdue", 10), styles.bad)
    elif blocked_soon:
        line.append(cell("! will be", 10), styles.bad)
    elif change.clashes:
        line.append(cell("! taken", 9), styles.bad)  # its number or slug is another's now
    elif change.edited:
        line.append(cell("✎ edited", 9), styles.soon)  # by hand, in the same fields, since it got its moment
    else:
        line.append(cell("✎", 7), styles.accent)
    line.append(plain(change.title), styles.text)
    line.append(f"  {change.fields}", styles.accent)
    told = change.error or (f"blocked: {blocked_soon}" if blocked_soon else "")
    return line.append(f"  {plain(told)}" if told else "", styles.bad)


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
