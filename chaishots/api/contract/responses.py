"""What answers look like, each with an example: for /openapi.json, and for tests that hold real answers against it.

Answers are JSON that Postgres writes, and are not checked as they are sent. Must not know routes.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from chaishots.api.contract.examples import (
    CURSOR,
    LESSON_ID,
    PICTURE_ID,
    PROGRAM_ID,
    RELEASE_ID,
    TERM_ID,
    TOKEN_ID,
    TOPIC_ID,
)
from chaishots.api.contract.requests import Assets, Language, Languages, Urls, Variant
from chaishots.content.fields import LESSON, MAP_NAMES, PROGRAM, TERM, examples
from chaishots.content.lifecycle import ProgramStatus, ReleaseStatus, Role, Status

METRICS: Final = """\
# HELP chaishots_lessons_published_total Lessons that this replica published on schedule.
# TYPE chaishots_lessons_published_total counter
chaishots_lessons_published_total 42.0
"""

_LESSON: Final = examples(LESSON)
_PROGRAM: Final = examples(PROGRAM)
_TERM: Final = examples(TERM)
_TOPICS: Final = ["Languages", "Telugu"]
_PICTURE: Final = f"https://catalog.example.com/pictures/{PICTURE_ID}"
_CREATED: Final = "2030-01-05T06:00:00+00:00"
_CHANGED: Final = "2030-01-31T03:30:00+00:00"

Json = dict[str, Any]  # Any: JSON
Count = Annotated[int, Field(ge=0)]
# A factory rather than a default: in the schema, what is left out is not 0.
Left = Annotated[
    int,
    Field(
        default_factory=int,
        ge=1,
        description="How many more there are than a list shows; on the program's own page are all. Only there then.",
    ),
]
Pixels = Annotated[int, Field(ge=1)]
Version = Annotated[int, Field(ge=1, description="Goes up with every change; the ETag is this in quotes.")]
Cursor = Annotated[str | None, Field(description="Send it as `cursor` for the next page; null on the last.")]


def _apart_from_maps(example: Json) -> Json:
    # The catalog shows maps under names of its own.
    return {name: value for name, value in example.items() if name not in MAP_NAMES}


class Answer(BaseModel):
    """A JSON object with these members and no others."""

    model_config = ConfigDict(extra="forbid")

    example: ClassVar[Json]


class Fault(Answer):
    """A field that is at fault, and what to do about it."""

    field: str
    message: str

    example = {"field": "limit", "message": "Input should be greater than or equal to 1."}


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is what programs should look at; texts may be reworded."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    code: str
    errors: list[Fault] = Field(default_factory=list[Fault], description="Each field at fault, where fields are.")
    current_version: Version = Field(default=1, description="Of a version conflict: the version it is at now.")


class PictureVariant(Answer):
    """A picture in one width. avif: the same as AVIF, where that takes fewer bytes."""

    url: str
    width: Pixels
    avif: str | None = None

    example = {"url": f"{_PICTURE}-640.webp", "width": 640, "avif": f"{_PICTURE}-640.avif"}


class UploadedPicture(Answer):
    """A picture of ours. url, width, height: its widest variant; colour: its average; variants: for `srcset`."""

    url: str
    width: Pixels
    height: Pixels
    colour: Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
    variants: list[PictureVariant]

    example = {
        "url": f"{_PICTURE}.webp",
        "width": 1280,
        "height": 720,
        "colour": "#c8953f",
        "variants": [
            {"url": f"{_PICTURE}-320.webp", "width": 320},
            PictureVariant.example,
            {"url": f"{_PICTURE}.webp", "width": 1280, "avif": f"{_PICTURE}.avif"},
        ],
    }


class PictureAsset(UploadedPicture):
    """A picture of ours as it is shown in a language, with its alt text in that one where it has one."""

    alt: str | None = None

    example = {**UploadedPicture.example, "alt": "The letter అ, drawn as a kolam"}


PicturesShown = dict[Language, dict[Variant, PictureAsset]]
"""By language and variant, as the URLs are."""
Hints = Annotated[list[Fault], Field(description="Pictures of another shape than their variant is shown in.")]


class CatalogLesson(Answer):
    """A published lesson. A paid one has no URLs of its content and subtitles here."""

    id: UUID
    lesson_number: Annotated[int, Field(ge=1)]
    title: str
    summary: str
    content_type: Literal["video", "article"]
    duration_ms: Annotated[int, Field(ge=1)] | None
    is_paid: bool
    content_language_primary: Language
    content_languages_available: Languages
    content_urls_by_language: Urls = {}
    subtitle_languages: list[Language]
    subtitle_urls_by_language: Urls = {}
    assets: "LessonAssets"
    published_at: datetime

    example = {
        "id": LESSON_ID,
        **_apart_from_maps(_LESSON),
        "content_urls_by_language": _LESSON["content_urls"],
        "subtitle_languages": ["te"],
        "subtitle_urls_by_language": _LESSON["subtitle_urls"],
        "assets": {"thumbnails": _LESSON["thumbnails"]},
        "published_at": _CHANGED,
    }


class LessonAssets(Answer):
    """Pictures of a lesson; `pictures` tells more of those that were uploaded here, and is there only then."""

    thumbnails: Assets
    pictures: PicturesShown = Field(default_factory=dict)

    example = {"thumbnails": _LESSON["thumbnails"]}


class OneCatalogLesson(CatalogLesson):
    """A published lesson, and where it belongs."""

    term_id: UUID
    program_id: UUID

    example = {**CatalogLesson.example, "term_id": TERM_ID, "program_id": PROGRAM_ID}


class CatalogTerm(Answer):
    """A term of a public program, with its published lessons by number."""

    id: UUID
    term_number: Annotated[int, Field(ge=1)]
    title: str | None
    lessons: list[CatalogLesson]
    lessons_left: Left

    example = {"id": TERM_ID, **_TERM, "lessons": [CatalogLesson.example]}


class ProgramAssets(Answer):
    """Pictures of a program; `pictures` tells more of those that were uploaded here, and is there only then."""

    posters: Assets
    pictures: PicturesShown = Field(default_factory=dict)

    example = {"posters": _PROGRAM["posters"]}


class CatalogProgram(Answer):
    """A public program, with its terms by number."""

    id: UUID
    title: str
    description: str
    language_primary: Language
    languages_available: Languages
    topics: list[str]
    assets: ProgramAssets
    published_at: datetime
    updated_at: datetime
    terms: list[CatalogTerm]
    terms_left: Left

    example = {
        "id": PROGRAM_ID,
        **_apart_from_maps(_PROGRAM),
        "topics": _TOPICS,
        "assets": {"posters": _PROGRAM["posters"]},
        "published_at": _CHANGED,
        "updated_at": _CHANGED,
        "terms": [CatalogTerm.example],
    }


class CatalogPrograms(Answer):
    """A page of public programs, newest first."""

    programs: list[CatalogProgram]
    next_cursor: Cursor

    example = {"programs": [CatalogProgram.example], "next_cursor": None}


def _some_of(model: type[Answer], *shown: str, **inner: Any) -> type[Answer]:
    """The answer when `fields` names a part of it: all but the id may be left out. `inner`: members of another type."""
    # Any: a member's type. A factory rather than a default: in the schema, what is left out is not null.
    optional: dict[str, Any] = {
        name: (inner.get(name, field.annotation), Field(default_factory=lambda: None))
        for name, field in model.model_fields.items()
        if name != "id"
    }
    part = create_model(f"SomeOf{model.__name__}", __base__=Answer, __doc__=_SOME, id=(UUID, ...), **optional)
    part.example = {name: model.example[name] for name in ("id", *shown)}
    return part


_SOME: Final = "What `fields` names of it; the id is always there."

SomeOfCatalogLesson = _some_of(CatalogLesson, "title")
SomeOfOneCatalogLesson = _some_of(OneCatalogLesson, "title", "assets")
SomeOfCatalogTerm = _some_of(CatalogTerm, "title", lessons=list[SomeOfCatalogLesson])
SomeOfCatalogProgram = _some_of(CatalogProgram, "title", "assets", terms=list[SomeOfCatalogTerm])


SomeOfCatalogPrograms = create_model(
    "SomeOfCatalogPrograms",
    __base__=Answer,
    __doc__="A page of public programs, newest first, with what `fields` names of each.",
    programs=(list[SomeOfCatalogProgram], ...),  # pyright: ignore[reportInvalidTypeForm]  # a type at run time
    next_cursor=(Cursor, ...),
)
SomeOfCatalogPrograms.example = {"programs": [SomeOfCatalogProgram.example], "next_cursor": None}


class UsedTopic(Answer):
    """A topic, with the number of programs that have it."""

    id: UUID
    name: str
    programs: Count

    example = {"id": TOPIC_ID, "name": "Telugu", "programs": 3}


class CatalogTopics(Answer):
    """The topics that public programs have, by name."""

    topics: list[UsedTopic]

    example = {"topics": [UsedTopic.example]}


class Versioned(Answer):
    """A thing of the CMS; its ETag is its version in quotes."""

    id: UUID
    version: Version


class Program(Versioned):
    """A program in any state."""

    title: str
    description: str
    language_primary: Language
    languages_available: Languages
    topics: list[str]
    posters: Assets
    status: ProgramStatus
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    hints: Hints

    example = {
        "id": PROGRAM_ID,
        **_PROGRAM,
        "topics": _TOPICS,
        "status": "draft",
        "published_at": None,
        "created_at": _CREATED,
        "updated_at": _CHANGED,
        "version": 3,
        "hints": [],
    }


class Programs(Answer):
    """A page of programs, the newest made first."""

    programs: list[Program]
    next_cursor: Cursor

    example = {"programs": [Program.example], "next_cursor": CURSOR}


class Term(Versioned):
    """A term of a program."""

    program_id: UUID
    term_number: Annotated[int, Field(ge=1)]
    title: str | None

    example = {"id": TERM_ID, "program_id": PROGRAM_ID, **_TERM, "version": 1}


class Terms(Answer):
    """A page of terms, by number."""

    terms: list[Term]
    next_cursor: Cursor

    example = {"terms": [Term.example], "next_cursor": None}


class ListedLesson(Versioned):
    """A lesson in any state, as a list shows it."""

    program_id: UUID
    term_id: UUID
    lesson_number: Annotated[int, Field(ge=1)]
    title: str
    summary: str
    content_type: Literal["video", "article"]
    duration_ms: Annotated[int, Field(ge=1)] | None
    is_paid: bool
    content_language_primary: Language
    content_languages_available: Languages
    content_urls: Urls
    subtitle_urls: Urls
    thumbnails: Assets
    status: Status
    publish_at: datetime | None
    published_at: datetime | None
    archive_at: datetime | None
    release_id: UUID | None
    publish_error: str | None
    created_at: datetime
    updated_at: datetime

    example = {
        "id": LESSON_ID,
        "program_id": PROGRAM_ID,
        "term_id": TERM_ID,
        **_LESSON,
        "status": "scheduled",
        "publish_at": "2030-02-01T03:30:00+00:00",
        "published_at": None,
        "archive_at": None,
        "release_id": None,
        "publish_error": None,
        "created_at": _CREATED,
        "updated_at": _CHANGED,
        "version": 5,
    }


class Lesson(ListedLesson):
    """A lesson in any state, with what keeps it from being published."""

    blockers: list[Fault]
    hints: Hints

    example = {**ListedLesson.example, "hints": [], "blockers": []}


class Lessons(Answer):
    """A page of a term's lessons, by number."""

    lessons: list[ListedLesson]
    next_cursor: Cursor

    example = {"lessons": [ListedLesson.example], "next_cursor": None}


class Topic(Versioned):
    """A topic, with the number of programs that have it."""

    name: str
    programs: Count

    example = {"id": TOPIC_ID, "name": "Telugu", "programs": 3, "version": 1}


class Picture(UploadedPicture):
    """An uploaded picture. uses: how many programs and lessons have it; unused_since: since when none has."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    alt: dict[Language, str]
    created_at: datetime
    unused_since: datetime | None
    uses: Count

    example = {
        "id": PICTURE_ID,
        **UploadedPicture.example,
        "alt": {"te": "అ"},
        "created_at": _CREATED,
        "unused_since": None,
        "uses": 2,
    }


class Pictures(Answer):
    """A page of pictures, the newest first."""

    pictures: list[Picture]
    next_cursor: Cursor

    example = {"pictures": [Picture.example], "next_cursor": None}


class Topics(Answer):
    """A page of topics, by name."""

    topics: list[Topic]
    next_cursor: Cursor

    example = {"topics": [Topic.example], "next_cursor": None}


class ListedRelease(Versioned):
    """A release in any state, with the number of its lessons."""

    name: str
    status: ReleaseStatus
    publish_at: datetime | None
    published_at: datetime | None
    publish_error: str | None
    created_at: datetime
    updated_at: datetime
    lesson_count: Count

    example = {
        "id": RELEASE_ID,
        "name": "Ugadi",
        "status": "scheduled",
        "publish_at": "2030-02-01T03:30:00+00:00",
        "published_at": None,
        "publish_error": None,
        "created_at": _CREATED,
        "updated_at": _CHANGED,
        "version": 2,
        "lesson_count": 1,
    }


class Releases(Answer):
    """A page of releases, the newest made first."""

    releases: list[ListedRelease]
    next_cursor: Cursor

    example = {"releases": [ListedRelease.example], "next_cursor": None}


class ReleasedLesson(Versioned):
    """A lesson of a release."""

    title: str
    status: Status
    publish_error: str | None
    program_id: UUID
    program_title: str

    example = {
        "id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "status": "scheduled",
        "version": 5,
        "publish_error": None,
        "program_id": PROGRAM_ID,
        "program_title": "తెలుగు అక్షరాలు",
    }


class Edit(Answer):
    """What was edited in a release since it was scheduled, and by whom."""

    seq: Annotated[int, Field(ge=1)]
    at: datetime
    actor: str
    action: str
    object_id: UUID
    lesson_id: UUID | None
    fields: list[str]

    example = {
        "seq": 1842,
        "at": _CHANGED,
        "actor": "asha",
        "action": "lesson.update",
        "object_id": LESSON_ID,
        "lesson_id": LESSON_ID,
        "fields": ["title"],
    }


class Release(Versioned):
    """A release with its lessons, and what was edited in it since it was scheduled."""

    name: str
    status: ReleaseStatus
    publish_at: datetime | None
    published_at: datetime | None
    publish_error: str | None
    created_at: datetime
    updated_at: datetime
    lessons: list[ReleasedLesson]
    edits: list[Edit]

    example = {
        **{name: value for name, value in ListedRelease.example.items() if name != "lesson_count"},
        "lessons": [ReleasedLesson.example],
        "edits": [Edit.example],
    }


class PlannedLesson(Answer):
    """A scheduled lesson, and when it goes public."""

    lesson_id: UUID
    title: str
    program_id: UUID
    program_title: str
    program_status: ProgramStatus
    term_number: Annotated[int, Field(ge=1)]
    lesson_number: Annotated[int, Field(ge=1)]
    publish_at: datetime
    archive_at: datetime | None
    publish_error: str | None
    version: Version

    example = {
        "lesson_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "program_id": PROGRAM_ID,
        "program_title": "తెలుగు అక్షరాలు",
        "program_status": "draft",
        "term_number": 1,
        "lesson_number": 1,
        "publish_at": "2030-02-01T03:30:00+00:00",
        "archive_at": None,
        "publish_error": None,
        "version": 5,
    }


class Schedule(Answer):
    """A page of the schedule, soonest first."""

    schedule: list[PlannedLesson]
    next_cursor: Cursor

    example = {"schedule": [PlannedLesson.example], "next_cursor": None}


class ActivityLine(Answer):
    """One change: who made it, when, and what the thing was before and after, column by column."""

    seq: Annotated[int, Field(ge=1, description="The one order of everything that happened.")]
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: UUID
    before: Json | None
    after: Json | None

    example = {
        "seq": 1841,
        "at": _CHANGED,
        "actor": "asha",
        "action": "lesson.schedule",
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "before": {"status": "draft", "publish_at": None, "version": 4},
        "after": {"status": "scheduled", "publish_at": "2030-02-01T03:30:00+00:00", "version": 5},
    }


class Activity(Answer):
    """A page of the history, the newest first."""

    activity: list[ActivityLine]
    next_cursor: Cursor

    example = {"activity": [ActivityLine.example], "next_cursor": "WzE4NDFd"}


class Token(Answer):
    """A token as it is listed: everything but the secret."""

    id: UUID
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None

    example = {
        "id": TOKEN_ID,
        "name": "asha",
        "role": "editor",
        "created_at": _CREATED,
        "last_used_at": _CHANGED,
        "revoked_at": None,
        "expires_at": None,
    }


class Tokens(Answer):
    """A page of tokens, by name."""

    tokens: list[Token]
    next_cursor: Cursor

    example = {"tokens": [Token.example], "next_cursor": None}


class CreatedToken(Token):
    """A new token; `token` is the secret, told this once."""

    token: str

    example = {**Token.example, "last_used_at": None, "token": "chai_nOtA-rEaLoNe"}


class BlockedLesson(Answer):
    """A lesson that is planned up to the moment asked for, and will not be public then."""

    lesson_id: UUID
    title: str
    publish_at: datetime
    reason: str

    example = {
        "lesson_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "publish_at": "2030-02-01T03:30:00+00:00",
        "reason": "Restore the program first: it is archived.",
    }


class Preview(Answer):
    """The public programs of a later moment, and what is planned by then and will not be there."""

    programs: list[CatalogProgram]
    next_cursor: Cursor
    blocked: list[BlockedLesson]
    blocked_total: Count

    example = {**CatalogPrograms.example, "blocked": [BlockedLesson.example], "blocked_total": 1}


class PreviewedProgram(CatalogProgram):
    """A program of a later moment, and its lessons that are planned by then and will not be there."""

    blocked: list[BlockedLesson]
    blocked_total: Count

    example = {**CatalogProgram.example, "blocked": [], "blocked_total": 0}


class Reason(Answer):
    """Why a lesson is public or is not, and what to do about it."""

    code: str
    text: str
    action: str

    example = {"code": "draft", "text": "It is a draft.", "action": "Schedule or publish it."}


class Why(Answer):
    """Whether a lesson is public at this moment, and all the reasons."""

    lesson_id: UUID
    title: str
    is_public: bool
    reasons: list[Reason]

    example = {"lesson_id": LESSON_ID, "title": "అ, ఆ: అమ్మ, ఆవు", "is_public": False, "reasons": [Reason.example]}


class Liveness(Answer):
    """The process serves."""

    status: Literal["ok"]
    version: str

    example = {"status": "ok", "version": "1.0.0"}


class TroubleTold(Answer):
    """Why Postgres does not do what is asked of it, and what to do about it."""

    kind: Annotated[str, Field(description="away, login, read_only, disk_full, permission, schema, crossed, slow, …")]
    text: str
    action: str

    example = {
        "kind": "read_only",
        "text": "Postgres refuses writes: read-only (cannot execute UPDATE in a read-only transaction).",
        "action": "Name the primary in DATABASE_URL.",
    }


Hears = Annotated[
    Literal["ok", "lost"],
    Field(description="Whether changes are heard as they are committed; `lost`: Postgres is asked for each answer."),
]
HeardAt = Annotated[datetime | None, Field(description="Until when all that was committed is known to be heard.")]
_HEARD: Final = {"hears": "ok", "heard_at": "2030-01-31T03:29:59.412+00:00"}


class Health(Answer):
    """How the schedule stands, by what this replica sees."""

    status: Literal["ok"]
    database: Literal["ok"]
    scheduler: Literal["leader", "standby"]
    replica: str
    version: str
    hears: Hears
    heard_at: HeardAt
    next_publish_at: datetime | None
    overdue: (
        Annotated[int, Field(ge=0, description="Lessons that should be public for more than 2 s and are not.")] | None
    )
    oldest_overdue_s: Annotated[float, Field(ge=0)] | None
    writes: Annotated[
        Literal["ok", "refused", "waiting"],
        Field(description="Whether Postgres takes what is to be published; `waiting`: somebody has a table locked."),
    ]
    trouble: TroubleTold | None

    example = {
        "status": "ok",
        "database": "ok",
        "scheduler": "leader",
        "replica": "chai-1",
        "version": "1.0.0",
        **_HEARD,
        "next_publish_at": "2030-02-01T03:30:00+00:00",
        "overdue": 0,
        "oldest_overdue_s": 0.0,
        "writes": "ok",
        "trouble": None,
    }


class Unhealthy(Answer):
    """The database was not reached within 2 s."""

    status: Literal["unavailable"]
    database: Literal["unavailable"]
    scheduler: Literal["unknown"]
    replica: str
    version: str
    hears: Hears
    heard_at: HeardAt
    trouble: TroubleTold

    example = {
        "status": "unavailable",
        "database": "unavailable",
        "scheduler": "unknown",
        "replica": "chai-1",
        "version": "1.0.0",
        "hears": "lost",
        "heard_at": None,
        "trouble": {
            "kind": "away",
            "text": "The database is not reached.",
            "action": "Check DATABASE_URL, and that Postgres runs.",
        },
    }
