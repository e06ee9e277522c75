"""The actions on a lesson or program: their keys, why one is not possible now, and what to ask before it.

Pure. The one place of the terminal that decides whether anything may be changed; the rules are the lifecycle's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chaishots.content import lifecycle
from chaishots.content.errors import IN_RELEASE
from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.queries.terminal_schedule import ChangeRow, ReleaseRow
from chaishots.content.queries.terminal_tree import LessonRow, ProgramRow, TermRow
from chaishots.tui.actions.edit_answers import Named
from chaishots.tui.actions.release_commands import question_about, why_not_release
from chaishots.tui.actions.scheduled_change_commands import question_about_change, why_not_change_of
from chaishots.tui.rendering.formatting import count, plain

Target = LessonRow | ProgramRow | ReleaseRow | ChangeRow


def name_target(row: Target | TermRow) -> Named:
    """A row as what is edited, copied or deleted."""
    match row:
        case LessonRow():
            return Named("lesson", row.id, row.title, row.term_id)
        case TermRow():
            return Named("term", row.id, row.title or f"Term {row.term_number}", row.program_id)
        case ProgramRow():
            return Named("program", row.id, row.title)
        case ReleaseRow():
            return Named("release", row.id, row.title)
        case ChangeRow():
            return Named("change", row.id, row.title)


class Action(StrEnum):
    """What the operator can do."""

    PUBLISH = "publish"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    ARCHIVE = "archive"
    RESTORE = "restore"
    END = "end"
    PICTURE = "picture"
    RELEASE = "release"
    TAKE_OUT = "take_out"


@dataclass(frozen=True)
class Key:
    """The key of an action, and its names: short in the footer, whole in the list of keys."""

    key: str
    label: str
    meaning: str


KEYS: Final = {
    Action.SCHEDULE: Key("s", "Schedule", "Schedule: the moment at which it goes public"),
    Action.PUBLISH: Key("P", "Publish", "Publish now"),
    Action.ARCHIVE: Key("A", "Archive", "Archive: take it down, or out of the plan"),
    Action.RESTORE: Key("R", "Restore", "Restore what is archived"),
    Action.UNSCHEDULE: Key("D", "To draft", "Unschedule: make it a draft again"),
    Action.END: Key("E", "End", "End: the moment at which it is archived by itself"),
    Action.PICTURE: Key("i", "Picture", "Picture: upload a file as its poster or thumbnail"),
    Action.RELEASE: Key("m", "Release", "Put in a release: to go public together"),
    Action.TAKE_OUT: Key("o", "Take out", "Take out of its release: a draft again"),
}
_MANY: Final = (
    Action.SCHEDULE, Action.PUBLISH, Action.UNSCHEDULE, Action.ARCHIVE, Action.RESTORE, Action.RELEASE, Action.TAKE_OUT
)  # fmt: skip
"""What can be done with several lessons at once, all or none."""
_IS_PUBLIC, _ARE_PUBLIC = "of them is public and disappears", "of them are public and disappear"
_BECOMES: Final = {
    Action.PUBLISH: Status.PUBLISHED,
    Action.SCHEDULE: Status.SCHEDULED,
    Action.ARCHIVE: Status.ARCHIVED,
    Action.END: Status.ARCHIVED,
}


def why_not(action: Action, targets: Sequence[Target], *, read_only: bool, is_away: bool) -> str | None:
    """Why the action is not possible now; None when it is, as far as can be told without asking the database."""
    if refused := why_not_change(read_only=read_only, is_away=is_away):
        return refused
    if not targets:
        return "Select a lesson or a program first."
    if len(targets) > 1:
        return _why_not_many(action, targets)
    target = targets[0]
    if isinstance(target, ReleaseRow):
        return why_not_release(action, target)
    if isinstance(target, ChangeRow):
        return why_not_change_of(action, target)
    return _why_not_program(action, target) if isinstance(target, ProgramRow) else _why_not_lesson(action, target)


def why_not_change(*, read_only: bool, is_away: bool) -> str | None:
    """Why nothing can be changed now, whatever is selected; None when changes are possible."""
    if read_only:
        return "This terminal is read only: start it without --read-only to change anything."
    return "The database is away: nothing can be changed until it is back." if is_away else None


def question(action: Action, target: Target) -> str | None:
    """The question to ask first: it says what the public will see. None when the public sees no difference."""
    if isinstance(target, ReleaseRow):
        return question_about(action, target)
    if isinstance(target, ChangeRow):
        return question_about_change(target)
    title = f"“{plain(target.title)}”"
    if isinstance(target, ProgramRow):
        return _about_program(action, target, title)
    hidden = target.program_status is ProgramStatus.ARCHIVED
    if action is Action.PUBLISH:
        opens = " Its program goes public with it." if target.program_status is ProgramStatus.DRAFT else ""
        return (
            f"Publish {title} now?\n\nEverybody sees it at once, on every replica.{opens} This cannot be taken back: "
            "a published lesson can only be archived."
        )
    if action is Action.ARCHIVE and target.status is Status.PUBLISHED:
        return f"Archive {title}?\n\n" + (
            "Its program is archived already: the public sees no difference."
            if hidden
            else "It is public. It disappears from the catalog at once, for everybody."
        )
    if action is Action.ARCHIVE:
        return f"Archive {title}?\n\nIt is {target.status}: the public does not see it, and will not."
    if action is Action.UNSCHEDULE:
        return f"Make {title} a draft again?\n\nIt will not go public at its time; the time is forgotten."
    if action is Action.TAKE_OUT and target.status is Status.SCHEDULED:
        return f"Take {title} out of its release?\n\nIt is a draft then, and does not go public with the others."
    return None


def question_of_many(action: Action, lessons: Sequence[LessonRow], hidden: int) -> str:
    """The question before a step with several lessons; how many the list does not show is said."""
    named = "\n".join(f"  {plain(lesson.title)}" for lesson in lessons[:5])
    more = f"\n  and {len(lessons) - 5:,} more" if len(lessons) > 5 else ""
    unseen = f" ({hidden} not in the list at this moment)" if hidden else ""
    public = sum(lesson.status is Status.PUBLISHED for lesson in lessons)
    seen = {
        Action.PUBLISH: "Everybody sees them at once; published lessons can only be archived.",
        Action.ARCHIVE: f"{count(public, _IS_PUBLIC, _ARE_PUBLIC)} at once, for everybody."
        if public
        else "None of them is public.",
        Action.UNSCHEDULE: "They will not go public at their times; these are forgotten.",
        Action.TAKE_OUT: "They are drafts then, and do not go public with the others.",
    }
    heading = f"{KEYS[action].meaning.partition(':')[0]}: {count(len(lessons), 'lesson')}{unseen}?"
    return f"{heading}\n\n{named}{more}\n\n{seen.get(action, '')}".rstrip()


def _why_not_many(action: Action, targets: Sequence[Target]) -> str | None:
    if action not in _MANY:
        return f"{KEYS[action].label} goes one by one: unmark all with u, then select one."
    if not all(isinstance(target, LessonRow) for target in targets):
        return "Of what is marked, only lessons go together: unmark the others with space."
    lessons = [target for target in targets if isinstance(target, LessonRow)]
    if action is Action.TAKE_OUT and len({lesson.release_id for lesson in lessons}) > 1:
        return "They are not all in one release: mark those of one."
    wrong = [target for target in targets if why_not(action, [target], read_only=False, is_away=False)]
    if not wrong:
        return None
    more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
    refused = why_not(action, [wrong[0]], read_only=False, is_away=False)
    return f"{plain(wrong[0].title)}{more}: {refused} Unmark with space."


def _why_not_lesson(action: Action, lesson: LessonRow) -> str | None:
    if action is Action.PICTURE:
        return None
    if action is Action.TAKE_OUT:
        return _why_not_take_out(lesson)
    if action is Action.RELEASE:
        return _why_not_put_in(lesson)
    if lesson.release_id is not None and action in (Action.SCHEDULE, Action.UNSCHEDULE, Action.PUBLISH):
        return IN_RELEASE
    if action is Action.UNSCHEDULE:
        return lifecycle.unschedule_refusal(lesson.status)
    if action is Action.RESTORE:
        return lifecycle.restore_refusal("lesson", lesson.status)
    if lifecycle.may_become(lesson.status, _BECOMES[action]):
        return None
    return "The lesson is archived already." if action is Action.END else _instead(action, lesson.status)


def _why_not_take_out(lesson: LessonRow) -> str | None:
    if lesson.release_id is None:
        return "It is in no release: m puts it in one."
    if lesson.status in (Status.DRAFT, Status.SCHEDULED):
        return None
    return f"It is {lesson.status}: what went out with a release stays in it. z on the release takes that back."


def _why_not_put_in(lesson: LessonRow) -> str | None:
    if lesson.release_id is not None:
        return "It is in a release already: o takes it out of that."
    return None if lesson.status in (Status.DRAFT, Status.SCHEDULED) else f"It is {lesson.status}: only a draft joins."


def _instead(action: Action, status: Status) -> str:
    if status is Status.ARCHIVED:
        return "It is archived already." if action is Action.ARCHIVE else "It is archived: restore it first (R)."
    return f"It is {status} already" + (
        ": a published lesson can only be archived." if action is Action.SCHEDULE else "."
    )


def _why_not_program(action: Action, program: ProgramRow) -> str | None:
    if action is Action.PICTURE:
        return None
    if action is Action.ARCHIVE:
        allowed = ProgramStatus.ARCHIVED in lifecycle.PROGRAM_TRANSITIONS[program.status]
        return None if allowed else "The program is archived already."
    if action is Action.RESTORE:
        return lifecycle.restore_refusal("program", program.status)
    if action in (Action.RELEASE, Action.TAKE_OUT):
        return "Releases have lessons: mark those of the program."
    return f"A program follows its first lesson: {KEYS[action].label.lower()} a lesson of it."


def _about_program(action: Action, program: ProgramRow, title: str) -> str | None:
    public = count(program.tally.published, "public lesson")
    if action is Action.ARCHIVE:
        seen = (
            f"It and its {public} disappear from the catalog at once, for everybody."
            if program.status is ProgramStatus.PUBLISHED
            else "It is a draft: the public does not see it."
        )
        held = (
            f" {count(program.tally.scheduled, 'scheduled lesson')} will be blocked." if program.tally.scheduled else ""
        )
        return f"Archive the program {title}?\n\n{seen}{held}"
    if action is Action.RESTORE and program.tally.published:
        return f"Restore the program {title}?\n\nIt and its {public} are public again at once."
    return f"Restore the program {title}?\n\nIt is a draft then: the public sees nothing of it yet."
