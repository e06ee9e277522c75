"""The rules of publishing: statuses, allowed transitions, and what keeps a lesson from going public.

Takes values and gives values; knows no database, no HTTP and no terminal. Each rule stands once more in `migrations/`
as a constraint or a trigger, on purpose: there it holds for every writer, here it is explained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Where a lesson stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class ProgramStatus(StrEnum):
    """Where a program stands; it is never scheduled itself, it follows its first lesson."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class ChangeStatus(StrEnum):
    """Where a scheduled change stands; one that was applied or cancelled stays as it is."""

    SCHEDULED = "scheduled"
    APPLIED = "applied"
    CANCELLED = "cancelled"


class ObjectType(StrEnum):
    """What can be changed at a moment."""

    PROGRAM = "program"
    TERM = "term"
    LESSON = "lesson"


class ReleaseStatus(StrEnum):
    """Where a release stands; its lessons follow it, all at once."""

    OPEN = "open"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class ContentType(StrEnum):
    """What a lesson is made of."""

    VIDEO = "video"
    ARTICLE = "article"


LESSON_TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = {
    Status.DRAFT: frozenset({Status.SCHEDULED, Status.PUBLISHED, Status.ARCHIVED}),
    Status.SCHEDULED: frozenset({Status.DRAFT, Status.SCHEDULED, Status.PUBLISHED, Status.ARCHIVED}),
    Status.PUBLISHED: frozenset({Status.ARCHIVED}),
    Status.ARCHIVED: frozenset({Status.DRAFT}),
}
PROGRAM_TRANSITIONS: Final[Mapping[ProgramStatus, frozenset[ProgramStatus]]] = {
    ProgramStatus.DRAFT: frozenset({ProgramStatus.PUBLISHED, ProgramStatus.ARCHIVED}),
    ProgramStatus.PUBLISHED: frozenset({ProgramStatus.ARCHIVED}),
    ProgramStatus.ARCHIVED: frozenset({ProgramStatus.DRAFT, ProgramStatus.PUBLISHED}),
}
RELEASE_TRANSITIONS: Final[Mapping[ReleaseStatus, frozenset[ReleaseStatus]]] = {
    ReleaseStatus.OPEN: frozenset({ReleaseStatus.SCHEDULED, ReleaseStatus.CANCELLED}),
    ReleaseStatus.SCHEDULED: frozenset(
        {ReleaseStatus.OPEN, ReleaseStatus.SCHEDULED, ReleaseStatus.PUBLISHED, ReleaseStatus.CANCELLED}
    ),
    ReleaseStatus.PUBLISHED: frozenset(),
    ReleaseStatus.CANCELLED: frozenset(),
}

RELEASE_LESSONS: Final[Mapping[ReleaseStatus, frozenset[Status]]] = {
    ReleaseStatus.OPEN: frozenset({Status.DRAFT}),
    ReleaseStatus.SCHEDULED: frozenset({Status.SCHEDULED}),
    ReleaseStatus.PUBLISHED: frozenset({Status.PUBLISHED, Status.ARCHIVED}),
    ReleaseStatus.CANCELLED: frozenset(),
}
"""Where the lessons of a release stand while it stands there."""

VARIANTS: Final = ("portrait", "landscape", "square", "banner")
REQUIRED_VARIANTS: Final = ("portrait", "landscape")

Urls = Mapping[str, str]
Assets = Mapping[str, Mapping[str, str]]
Moment = datetime | timedelta
"""A time, or one that counts from a moment that is not known yet."""


@dataclass(frozen=True)
class ProgramFacts:
    """What publishing asks of a program."""

    status: ProgramStatus
    language_primary: str
    posters: Assets


@dataclass(frozen=True)
class LessonFacts:
    """What publishing asks of a lesson."""

    status: Status
    content_language_primary: str
    content_urls: Urls
    thumbnails: Assets


@dataclass(frozen=True)
class Obstacle:
    """One thing that keeps a lesson from being published: the field it is in, and what to do about it."""

    field: str
    text: str


def may_become(status: Status, becomes: Status) -> bool:
    """Whether the table of transitions lets a lesson go from the one status to the other."""
    return becomes in LESSON_TRANSITIONS[status]


def unschedule_refusal(status: Status) -> str | None:
    """Why a lesson that stands there cannot be unscheduled; None when it can. A restored one becomes a draft, too."""
    return None if status is Status.SCHEDULED else f"The lesson is {status}: only a scheduled one is unscheduled."


def restore_refusal(thing: str, status: Status | ProgramStatus) -> str | None:
    """Why a `thing`, a lesson or a program, that stands there cannot be restored; None when it can."""
    is_archived = status in (Status.ARCHIVED, ProgramStatus.ARCHIVED)
    return None if is_archived else f"The {thing} is {status}: only an archived one is restored."


def schedule_obstacles(lesson: LessonFacts) -> list[Obstacle]:
    """What the lesson itself still lacks before it can be scheduled or published; empty when nothing does."""
    language = lesson.content_language_primary
    obstacles: list[Obstacle] = []
    if missing := _missing(lesson.thumbnails, language):
        obstacles.append(Obstacle("thumbnails", f"Add these thumbnails in {language}: {missing}."))
    if language not in lesson.content_urls:
        obstacles.append(Obstacle("content_urls", f"Add the content's URL in {language}, the lesson's language."))
    return obstacles


def program_obstacle(program: ProgramFacts) -> Obstacle | None:
    """What the program keeps its lessons from; None when nothing does."""
    if program.status is ProgramStatus.ARCHIVED:
        return Obstacle("program", "Restore the program first: it is archived.")
    language = program.language_primary
    if program.status is ProgramStatus.DRAFT and (missing := _missing(program.posters, language)):
        return Obstacle("program.posters", f"Add these posters to the program in {language}: {missing}.")
    return None


def publish_obstacles(lesson: LessonFacts, program: ProgramFacts) -> list[Obstacle]:
    """Everything that keeps the lesson from being published, the gravest first; empty when nothing does."""
    of_program = program_obstacle(program)
    return ([of_program] if of_program else []) + schedule_obstacles(lesson)


def membership_obstacle(
    lesson: Status, publish_at: Moment | None, release: ReleaseStatus, release_at: Moment | None, *, was_public: bool
) -> Obstacle | None:
    """What keeps a lesson that stands there from being in a release that stands there; None when nothing does.

    Args:
        publish_at, release_at: the time of the lesson and that of the release.
        was_public: whether the lesson has been published before.
    """
    of_release = RELEASE_LESSONS[release]
    if not of_release:
        return Obstacle("release_id", "The release is cancelled and has no lessons: leave this out.")
    if lesson not in of_release:
        return Obstacle("status", f"Its release is {release}: the lesson has to be {' or '.join(sorted(of_release))}.")
    if release is ReleaseStatus.SCHEDULED and publish_at != release_at:
        return Obstacle("publish_at", "Its release is scheduled for another time: give the lesson that time.")
    if lesson is Status.ARCHIVED and not was_public:
        return Obstacle("published_at", "Only what was public stays in a published release: leave release_id out.")
    return None


def restored(*, has_published_lessons: bool) -> ProgramStatus:
    """What an archived program becomes: public again when it has public lessons, else a draft."""
    return ProgramStatus.PUBLISHED if has_published_lessons else ProgramStatus.DRAFT


def _missing(assets: Assets, language: str) -> str:
    present = assets.get(language, {})
    return ", ".join(variant for variant in REQUIRED_VARIANTS if variant not in present)
