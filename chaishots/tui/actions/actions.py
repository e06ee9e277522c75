"""The steps that an operator can take with a lesson or program: when each is allowed, what it means to the public.

Pure, and the one place where the right to change anything is decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chaishots.content import lifecycle
from chaishots.content.lifecycle import ProgramStatus, Status
from chaishots.content.queries.tree import LessonRow, ProgramRow
from chaishots.tui.rendering.formatting import count, plain

Target = LessonRow | ProgramRow


class Step(StrEnum):
    """What can be done."""

    PUBLISH = "publish"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    ARCHIVE = "archive"
    RESTORE = "restore"
    END = "end"


@dataclass(frozen=True)
class Key:
    """How a step is reached: its key, and what it is called."""

    key: str
    label: str
    meaning: str


KEYS: Final = {
    Step.SCHEDULE: Key("s", "Schedule", "Schedule or reschedule: give it the moment at which it goes public"),
    Step.PUBLISH: Key("P", "Publish", "Publish now"),
    Step.ARCHIVE: Key("A", "Archive", "Archive: take it down, or out of the plan"),
    Step.RESTORE: Key("R", "Restore", "Restore what is archived"),
    Step.UNSCHEDULE: Key("D", "To draft", "Unschedule: make it a draft again"),
    Step.END: Key("E", "End", "Scheduled end: the moment at which it is archived by itself"),
}


def why_not(step: Step, targets: Sequence[Target], *, read_only: bool, is_away: bool) -> str | None:
    """Why the step cannot be taken now; None when it can, as far as one can tell before the database is asked."""
    if refused := why_not_change(read_only=read_only, is_away=is_away):
        return refused
    if not targets:
        return "Select a lesson or a program first."
    if len(targets) > 1:
        return _why_not_many(step, targets)
    target = targets[0]
    return _why_not_program(step, target) if isinstance(target, ProgramRow) else _why_not_lesson(step, target)


def why_not_change(*, read_only: bool, is_away: bool) -> str | None:
    """Why nothing can be changed at all; None when something can."""
    if read_only:
        return "This terminal is read only: start it without --read-only to change anything."
    return "The database is away: nothing can be changed until it is back." if is_away else None


def question(step: Step, target: Target) -> str | None:
    """What the public will see, as a question; None when it sees nothing of it."""
    title = f"“{plain(target.title)}”"
    if isinstance(target, ProgramRow):
        return _about_program(step, target, title)
    hidden = target.program_status == ProgramStatus.ARCHIVED
    if step is Step.PUBLISH:
        opens = " Its program goes public with it." if target.program_status == ProgramStatus.DRAFT else ""
        return (
            f"Publish {title} now?\n\nEverybody sees it at once, on every replica.{opens} This cannot be taken back: "
            "a published lesson can only be archived."
        )
    if step is Step.ARCHIVE and target.status == Status.PUBLISHED:
        return f"Archive {title}?\n\n" + (
            "Its program is archived already: the public sees no difference."
            if hidden
            else "It is public. It disappears from the catalog at once, for everybody."
        )
    if step is Step.ARCHIVE:
        return f"Archive {title}?\n\nIt is {target.status}: the public does not see it, and will not."
    if step is Step.UNSCHEDULE:
        return f"Make {title} a draft again?\n\nIt will not go public at its time; the time is forgotten."
    return None


def _why_not_many(step: Step, targets: Sequence[Target]) -> str | None:
    if step is not Step.SCHEDULE:
        return f"{KEYS[step].label} goes one by one: unmark all with u, then select one."
    wrong = [target for target in targets if why_not(step, [target], read_only=False, is_away=False)]
    if not wrong:
        return None
    more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
    return f"{plain(wrong[0].title)}{more} cannot be scheduled: {wrong[0].status}. Unmark with space."


def _why_not_lesson(step: Step, lesson: LessonRow) -> str | None:
    if lesson.release_id is not None and step in (Step.SCHEDULE, Step.UNSCHEDULE, Step.PUBLISH):
        return "The lesson goes public with its release: take it out of the release first, or change the release."
    status = Status(lesson.status)
    becomes = {Step.PUBLISH: Status.PUBLISHED, Step.SCHEDULE: Status.SCHEDULED, Step.ARCHIVE: Status.ARCHIVED}
    if step in becomes and not lifecycle.may_become(status, becomes[step]):
        return _instead(step, status)
    if step is Step.UNSCHEDULE and status is not Status.SCHEDULED:
        return f"The lesson is {status}: only a scheduled one becomes a draft again this way."
    if step is Step.RESTORE and status is not Status.ARCHIVED:
        return f"The lesson is {status}: only an archived one is restored."
    if step is Step.END and status is Status.ARCHIVED:
        return "The lesson is archived already."
    return None


def _instead(step: Step, status: Status) -> str:
    if status is Status.ARCHIVED:
        return "It is archived already." if step is Step.ARCHIVE else "It is archived: restore it first (R)."
    return f"It is {status} already" + (": a published lesson can only be archived." if step is Step.SCHEDULE else ".")


def _why_not_program(step: Step, program: ProgramRow) -> str | None:
    if step is Step.ARCHIVE:
        return "The program is archived already." if program.status == ProgramStatus.ARCHIVED else None
    if step is Step.RESTORE:
        return None if program.status == ProgramStatus.ARCHIVED else f"The program is {program.status}."
    return f"A program follows its first lesson: {KEYS[step].label.lower()} a lesson of it."


def _about_program(step: Step, program: ProgramRow, title: str) -> str | None:
    public = count(program.tally.published, "public lesson")
    if step is Step.ARCHIVE:
        seen = (
            f"It and its {public} disappear from the catalog at once, for everybody."
            if program.status == ProgramStatus.PUBLISHED
            else "It is a draft: the public does not see it."
        )
        held = (
            f" {count(program.tally.scheduled, 'scheduled lesson')} will be blocked." if program.tally.scheduled else ""
        )
        return f"Archive the program {title}?\n\n{seen}{held}"
    if step is Step.RESTORE and program.tally.published:
        return f"Restore the program {title}?\n\nIt and its {public} are public again at once."
    return f"Restore the program {title}?\n\nIt is a draft then: the public sees nothing of it yet."
