"""How releases and what is in them are drawn: as rows of an outline, and as a page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from rich.text import Text

from chaishots.content.lifecycle import ReleaseStatus
from chaishots.content.queries.history import HistoryLine
from chaishots.content.queries.terminal_releases import COUNTED, ReleaseEdit, ReleaseLesson
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow
from chaishots.content.queries.why_answer import Why
from chaishots.times import here, tell_time
from chaishots.tui.rendering.content_rows import state
from chaishots.tui.rendering.details import Field, Page, Section, history_section, why_fields
from chaishots.tui.rendering.formatting import MARKS, REFUSED, cell, count, countdown, plain, short
from chaishots.tui.rendering.row import Row
from chaishots.tui.rendering.styles import Styles

_WITH_DAY: Final = 74
_MARKS: Final = {
    ReleaseStatus.SCHEDULED: "◔", ReleaseStatus.OPEN: "○", ReleaseStatus.PUBLISHED: "●", ReleaseStatus.CANCELLED: "×",
}  # fmt: skip
_PUT: Final = {
    "add_lesson": "put in", "remove_lesson": "taken out", "add_change": "put in", "remove_change": "taken out",
}  # fmt: skip
_STYLES: Final = {
    ReleaseStatus.SCHEDULED: "soon", ReleaseStatus.OPEN: "text", ReleaseStatus.PUBLISHED: "good",
    ReleaseStatus.CANCELLED: "muted",
}  # fmt: skip


@dataclass(frozen=True)
class ReleasedRow(Row):
    """A release, or a lesson or change in it, or a note.

    blocked: what keeps a lesson from going out with it. more_of: the release whose next lessons this row loads.
    """

    thing: ReleaseRow | LessonRow | ChangeRow | None = None
    is_open: bool = False
    blocked: str = ""
    note: str = ""
    more_of: UUID | None = None
    depth: int = 0


@dataclass(frozen=True)
class ReleaseContents:
    """What a page shows of a release: the first of each, and how many there are of what is blocked."""

    lessons: Sequence[ReleaseLesson]
    blocked: Sequence[ReleaseLesson]
    blocked_total: int
    changes: Sequence[ChangeRow]
    edits: Sequence[ReleaseEdit]


def draw_released(row: ReleasedRow, width: int, styles: Styles, now: datetime) -> Text:
    """Draw a row of the outline of releases."""
    if isinstance(row.thing, ReleaseRow):
        return _release(row.thing, width, styles, now, is_open=row.is_open)
    if isinstance(row.thing, LessonRow):
        return _lesson(row.thing, row.blocked, styles, now)
    if isinstance(row.thing, ChangeRow):
        return _change(row.thing, styles)
    return Text("  " * row.depth + plain(row.note), style=styles.accent if row.stops else styles.muted)


def _release(release: ReleaseRow, width: int, styles: Styles, now: datetime, *, is_open: bool) -> Text:
    line = Text().append("▾ " if is_open else "▸ ", styles.muted)
    line.append_text(draw_release_state(release, styles))
    line.append(cell(_when(release, now), 13), styles.soon if release.status == "scheduled" else styles.muted)
    if width >= _WITH_DAY:
        at = release.published_at or release.publish_at
        line.append(cell(f"{here(at):%d %b %H:%M}" if at else "", 14), styles.muted)
    line.append(cell(f"◆ {release.lessons:,}", 8), styles.accent)
    if release.blocked:
        most = "+" if release.blocked == COUNTED else ""
        line.append(f"{release.blocked:,}{most} blocked  ", styles.bad)
    line.append(plain(release.title), styles.muted if release.status is ReleaseStatus.CANCELLED else styles.strong)
    if release.changes:
        line.append(f"  and {count(release.changes, 'change')}", styles.accent)
    return line.append(f"  {plain(release.publish_error)}" if release.publish_error else "", styles.bad)


def draw_release_state(release: ReleaseRow, styles: Styles) -> Text:
    """The state of a release as mark and word, as a column."""
    if release.publish_error is not None:
        return Text(cell(f"{REFUSED} refused", 12), style=styles.bad)
    if release.reverted_at is not None:
        return Text(cell("↶ back", 12), style=styles.muted)
    return Text(cell(f"{_MARKS[release.status]} {release.status}", 12), style=getattr(styles, _STYLES[release.status]))


def _when(release: ReleaseRow, now: datetime) -> str:
    if release.published_at is not None:
        return f"{short(now - release.published_at)} ago"
    if release.status is not ReleaseStatus.SCHEDULED or release.publish_at is None:
        return "no time yet" if release.status is ReleaseStatus.OPEN else ""
    left = release.publish_at - now
    return countdown(left) if left.total_seconds() > 0 else f"{short(-left)} late"


def _lesson(lesson: LessonRow, blocked: str, styles: Styles, now: datetime) -> Text:
    line = Text("    ").append(cell(f"{lesson.term_number}.{lesson.lesson_number}", 7), styles.muted)
    if blocked:
        line.append(cell(f"{REFUSED} blocked", 12), styles.bad)
    else:
        # One that its release holds up is not late by itself.
        line.append_text(state(replace(lesson, publish_error=None), styles, now))
    line.append(plain(lesson.title), styles.text)
    if blocked:
        line.append(f"  {plain(blocked)}", styles.bad)
    return line.append(f"  {plain(lesson.program_title)}", styles.muted)


def _change(change: ChangeRow, styles: Styles) -> Text:
    done = "" if change.status == "scheduled" else f"  {change.status}"
    line = Text("    ").append(cell("× ends" if change.is_end else "✎ changes", 19), styles.accent)
    line.append(plain(change.title or "deleted since"), styles.text)
    line.append("" if change.is_end else f"  {change.fields}", styles.accent)
    line.append(done, styles.muted)
    line.append("  edited since" if change.edited and not done else "", styles.soon)
    return line.append(f"  {plain(change.error)}" if change.error else "", styles.bad)


def release_page(release: ReleaseRow, contents: ReleaseContents, why: Why, history: Sequence[HistoryLine]) -> Page:
    """The page of a release: when it goes out, what blocks it, what was edited since, what it holds, its history."""
    changes = [made for one in contents.changes for made in _change_fields(one)]
    return Page(
        release.id,
        plain(release.title),
        [
            Section(
                "",
                [
                    Field("release", f"{_MARKS[release.status]} {release.status}", _STYLES[release.status]),
                    *why_fields(_told(release, why)),
                ],
            ),
            *_blocked(contents),
            Section("Times", _times(release)),
            *_edited(release, contents.edits),
            Section(f"Lessons, {release.lessons:,}", _lessons(release, contents.lessons)),
            *([Section(f"Changes, {release.changes:,}", changes)] if changes else ()),
            Section("Record", [Field("id", str(release.id), name="id"), Field("version", str(release.version))]),
            history_section(history, release.id),
        ],
    )


def _told(release: ReleaseRow, why: Why) -> Why:
    # The lessons that hold it up stand below, each with its reason.
    first = [reason for reason in why.reasons if reason.code == "release_refused"][: 1 if release.publish_error else 0]
    return replace(why, reasons=[one for one in why.reasons if one.code != "release_refused" or one in first])


def _times(release: ReleaseRow) -> list[Field]:
    at, published, back = release.publish_at, release.published_at, release.reverted_at
    return [
        Field(
            "goes out" if published is None else "was due",
            tell_time(at, written_in=release.publish_zone) if at else "no time given",
            name="publish_at",
        ),
        *([Field("published", tell_time(published), "good", "published_at")] if published else ()),
        *([Field("taken back", f"{tell_time(back)} by {plain(release.reverted_by or '')}", "soon")] if back else ()),
    ]


def _blocked(contents: ReleaseContents) -> list[Section]:
    fields = [
        Field(
            f"{one.lesson.term_number}.{one.lesson.lesson_number}", plain(f"{one.lesson.title}: {one.blocked}"), "bad"
        )
        for one in contents.blocked
    ]
    if (more := contents.blocked_total - len(fields)) > 0:
        fields.append(Field("", f"and {more:,} more", "muted"))
    return [Section(f"Blocked, {contents.blocked_total:,}", fields)] if fields else []


def _edited(release: ReleaseRow, edits: Sequence[ReleaseEdit]) -> list[Section]:
    fields = [Field("edited", plain(f"{_edit(one)}, by {one.actor}, {tell_time(one.at)}"), "soon") for one in edits]
    over = " before it went public" if release.published_at else ""
    return [Section(f"Edited since it was scheduled{over}", fields)] if fields else []


def _edit(edit: ReleaseEdit) -> str:
    kind, _, verb = edit.action.partition(".")
    if verb in _PUT:
        thing = verb.partition("_")[2]
        return f"{edit.title or 'a ' + thing} {_PUT[verb]}"
    return f"{edit.title or kind}: {', '.join(edit.fields) or verb}"


def _lessons(release: ReleaseRow, lessons: Sequence[ReleaseLesson]) -> list[Field]:
    fields = [
        Field(
            f"{one.lesson.term_number}.{one.lesson.lesson_number} {MARKS[one.lesson.status]}",
            plain(f"{one.lesson.title}, {one.lesson.program_title}"),
        )
        for one in lessons
    ]
    if not fields:
        return [Field("", "none: mark some on Content (1), and press m", "muted")]
    if (more := release.lessons - len(fields)) > 0:
        fields.append(Field("", f"and {more:,} more: Enter shows them in the list", "muted"))
    return fields


def _change_fields(change: ChangeRow) -> list[Field]:
    what = "× ends" if change.is_end else f"✎ {change.fields}"
    done = "" if change.status == "scheduled" else f", {change.status}"
    fields = [Field("", plain(f"{what}  {change.object_type} {change.title or 'deleted since'}{done}"))]
    if change.edited and not done:
        fields.append(Field("edited", "since it was made, in the same fields: the change wins", "soon"))
    return [*fields, Field("blocked", plain(change.error), "bad")] if change.error else fields
