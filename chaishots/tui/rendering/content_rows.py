"""How programs, terms and lessons are drawn as rows of the hierarchy, with the state of each. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from rich.text import Text

from chaishots.content.lifecycle import Status
from chaishots.content.overdue import is_overdue
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, Tally, TermRow
from chaishots.tui.rendering.formatting import MARKS, REFUSED, cell, countdown, plain, short
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles

_WIDE: Final = 90
_WITH_DRAFTS: Final = 70


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
