"""What the CMS answers of programs, terms, lessons and topics."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import (
    CHANGED,
    CREATED,
    CURSOR,
    DUE,
    LESSON_ID,
    PROGRAM_ID,
    TERM_ID,
    TOPIC_ID,
    TOPICS,
    ZONE,
)
from chaishots.api.contract.responses.answer import (
    Answer,
    Count,
    Cursor,
    Fault,
    ShownContentType,
    ShownDuration,
    ShownMoment,
    ShownZone,
    Versioned,
)
from chaishots.api.contract.responses.pictures import PicturesShown
from chaishots.api.contract.translations import (
    LessonTranslations,
    ProgramTranslations,
    TermTranslations,
    TopicTranslations,
)
from chaishots.api.contract.values import Assets, Language, Languages, Slug, Slugs, Urls
from chaishots.content.field_kinds import examples
from chaishots.content.fields import LESSON, PROGRAM, TERM, TOPIC
from chaishots.content.lifecycle import ProgramStatus, Status

_LESSON: Final = examples(LESSON)
_PROGRAM: Final = examples(PROGRAM)
_TERM: Final = examples(TERM)
_TOPIC: Final = examples(TOPIC)

Hints = Annotated[list[Fault], Field(description="Pictures of another shape than their variant is shown in.")]


class Program(Versioned):
    """A program in any state."""

    title: str
    description: str
    translations: ProgramTranslations
    slug: Slug
    former_slugs: Slugs
    language_primary: Language
    languages_available: Languages
    topics: list[str]
    posters: Assets
    position: int | None
    shows_coming_soon: bool
    status: ProgramStatus
    published_at: ShownMoment | None
    created_at: ShownMoment
    updated_at: ShownMoment
    hints: Hints
    pictures: PicturesShown

    identifies = ("program_id", "id")
    example = {
        "id": PROGRAM_ID,
        **_PROGRAM,
        "former_slugs": [],
        "topics": TOPICS,
        "shows_coming_soon": False,
        "status": "draft",
        "published_at": None,
        "created_at": CREATED,
        "updated_at": CHANGED,
        "version": 3,
        "hints": [],
        "pictures": {},
    }


class Programs(Answer):
    """A page of programs, the newest made first."""

    programs: list[Program]
    next_cursor: Cursor

    identifies = ("program_id", "programs/0/id")
    example = {"programs": [Program.example], "next_cursor": CURSOR}


class Term(Versioned):
    """A term of a program."""

    program_id: UUID
    term_number: Annotated[int, Field(ge=1)]
    title: str | None
    translations: TermTranslations

    identifies = ("term_id", "id")
    example = {"id": TERM_ID, "program_id": PROGRAM_ID, **_TERM, "version": 1}


class Terms(Answer):
    """A page of terms, by number."""

    terms: list[Term]
    next_cursor: Cursor

    identifies = ("term_id", "terms/0/id")
    example = {"terms": [Term.example], "next_cursor": None}


class ListedLesson(Versioned):
    """A lesson in any state, as a list shows it."""

    program_id: UUID
    term_id: UUID
    lesson_number: Annotated[int, Field(ge=1)]
    title: str
    summary: str
    translations: LessonTranslations
    content_type: ShownContentType
    duration_ms: ShownDuration | None
    is_paid: bool
    content_language_primary: Language
    content_languages_available: Languages
    content_urls: Urls
    subtitle_urls: Urls
    thumbnails: Assets
    status: Status
    publish_at: ShownMoment | None
    publish_zone: ShownZone | None
    published_at: ShownMoment | None
    archive_at: ShownMoment | None
    archive_zone: ShownZone | None
    release_id: UUID | None
    publish_error: str | None
    created_at: ShownMoment
    updated_at: ShownMoment

    example = {
        "id": LESSON_ID,
        "program_id": PROGRAM_ID,
        "term_id": TERM_ID,
        **_LESSON,
        "status": "scheduled",
        "publish_at": DUE,
        "publish_zone": ZONE,
        "published_at": None,
        "archive_at": None,
        "archive_zone": None,
        "release_id": None,
        "publish_error": None,
        "created_at": CREATED,
        "updated_at": CHANGED,
        "version": 5,
    }


class Lesson(ListedLesson):
    """A lesson in any state, with what keeps it from being published."""

    blockers: list[Fault]
    hints: Hints
    pictures: PicturesShown

    identifies = ("lesson_id", "id")
    example = {**ListedLesson.example, "hints": [], "pictures": {}, "blockers": []}


class Lessons(Answer):
    """A page of lessons."""

    lessons: list[ListedLesson]
    next_cursor: Cursor

    identifies = ("lesson_id", "lessons/0/id")
    example = {"lessons": [ListedLesson.example], "next_cursor": None}


class LessonState(Versioned):
    """Where a lesson stands."""

    term_id: UUID
    lesson_number: Annotated[int, Field(ge=1)]
    title: str
    status: Status
    publish_at: ShownMoment | None
    publish_zone: ShownZone | None
    published_at: ShownMoment | None

    identifies = ("lesson_id", "id")
    example = {
        key: ListedLesson.example[key]
        for key in (
            *("id", "term_id", "lesson_number", "title", "status"),
            *("publish_at", "publish_zone", "published_at", "version"),
        )
    }


class LessonStates(Answer):
    """Where each of the lessons stands now, in the order in which they were sent."""

    lessons: list[LessonState]

    identifies = ("lesson_id", "lessons/0/id")
    example = {"lessons": [LessonState.example]}


class Topic(Versioned):
    """A topic, with the number of programs that have it."""

    name: str
    translations: TopicTranslations
    programs: Count

    identifies = ("topic_id", "id")
    example = {"id": TOPIC_ID, **_TOPIC, "name": "Telugu", "programs": 3, "version": 1}


class Topics(Answer):
    """A page of topics, by name."""

    topics: list[Topic]
    next_cursor: Cursor

    identifies = ("topic_id", "topics/0/id")
    example = {"topics": [Topic.example], "next_cursor": None}
