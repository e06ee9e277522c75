"""What the CMS answers of releases."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import CHANGE_ID, CHANGED, CREATED, DUE, LESSON_ID, PROGRAM_ID, RELEASE_ID, ZONE
from chaishots.api.contract.responses.answer import (
    Answer,
    Count,
    Cursor,
    Json,
    Seq,
    ShownMoment,
    ShownZone,
    Versioned,
    open_enum,
)
from chaishots.api.contract.responses.scheduled_changes import Clash, EditedSince
from chaishots.content.lifecycle import ChangeStatus, ObjectType, ReleaseStatus, Status
from chaishots.content.queries.history import ACTIONS


class _Release(Versioned):
    """A release in any state."""

    name: str
    status: ReleaseStatus
    publish_at: ShownMoment | None
    publish_zone: ShownZone | None
    published_at: ShownMoment | None
    reverted_at: Annotated[
        ShownMoment | None, Field(description="When it was taken back; it stays `published`, as it was.")
    ]
    reverted_by: Annotated[str | None, Field(description="Who took it back: the actor in the history.")]
    publish_error: str | None
    created_at: ShownMoment
    updated_at: ShownMoment


class ListedRelease(_Release):
    """A release in any state, with the numbers of its lessons and changes."""

    lesson_count: Count
    change_count: Count

    example = {
        "id": RELEASE_ID,
        "name": "Ugadi",
        "status": "scheduled",
        "publish_at": DUE,
        "publish_zone": ZONE,
        "published_at": None,
        "reverted_at": None,
        "reverted_by": None,
        "publish_error": None,
        "created_at": CREATED,
        "updated_at": CHANGED,
        "version": 2,
        "lesson_count": 1,
        "change_count": 1,
    }


class Releases(Answer):
    """A page of releases, the newest made first."""

    releases: list[ListedRelease]
    next_cursor: Cursor

    identifies = ("release_id", "releases/0/id")
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


class ReleasedChange(Versioned):
    """A change that is applied with its release; its end, where a lesson is taken down."""

    object_type: ObjectType
    object_id: UUID
    title: Annotated[str | None, Field(description="Of what it changes, as that is now; null when it was deleted.")]
    patch: Annotated[
        Json, Field(description='A JSON Merge Patch (RFC 7396); `{"status": "archived"}` takes a lesson down.')
    ]
    status: ChangeStatus
    error: str | None
    scheduled_by: str
    edited_since: list[EditedSince]
    clashes: list[Clash]

    example = {
        "id": CHANGE_ID,
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "patch": {"title": "అ, ఆ: అమ్మ, ఆవు, ఆకు"},
        "status": "scheduled",
        "error": None,
        "scheduled_by": "asha",
        "edited_since": [],
        "clashes": [],
        "version": 1,
    }


class Edit(Answer):
    """What was edited in a release since it was scheduled, and by whom."""

    seq: Seq
    at: ShownMoment
    actor: str
    action: Annotated[str, open_enum(ACTIONS)]
    object_id: UUID
    lesson_id: UUID | None
    fields: list[str]

    example = {
        "seq": 1842,
        "at": CHANGED,
        "actor": "asha",
        "action": "lesson.update",
        "object_id": LESSON_ID,
        "lesson_id": LESSON_ID,
        "fields": ["title"],
    }


class Release(_Release):
    """A release with its lessons and changes, and what was edited in it since it was scheduled."""

    lessons: list[ReleasedLesson]
    changes: list[ReleasedChange]
    edits: list[Edit]

    identifies = ("release_id", "id")
    example = {
        **{name: value for name, value in ListedRelease.example.items() if not name.endswith("_count")},
        "lessons": [ReleasedLesson.example],
        "changes": [ReleasedChange.example],
        "edits": [Edit.example],
    }


class LessonTakenDown(Answer):
    """A lesson that a release had published, and that goes down."""

    lesson_id: UUID
    title: str
    program_id: UUID
    term_number: Annotated[int, Field(ge=1)]
    lesson_number: Annotated[int, Field(ge=1)]

    example = {
        "lesson_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "program_id": PROGRAM_ID,
        "term_number": 1,
        "lesson_number": 1,
    }


class ChangeTakenBack(Answer):
    """A change of a release that is taken back, with the title that its thing has then."""

    change_id: UUID
    object_type: ObjectType
    object_id: UUID
    title: str
    fields: Annotated[list[str], Field(description="What is as it was; `status` where a lesson is public again.")]

    example = {
        "change_id": CHANGE_ID,
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "fields": ["title"],
    }


class ProgramThen(Answer):
    """A program as the catalog shows it then: with so many lessons, or not at all."""

    program_id: UUID
    title: str
    is_public: bool
    lessons: Count

    example = {"program_id": PROGRAM_ID, "title": "తెలుగు అక్షరాలు", "is_public": True, "lessons": 12}


class RevertedRelease(Answer):
    """What becomes of a release that is taken back, and what the catalog shows of its programs then."""

    release_id: UUID
    lessons: list[LessonTakenDown]
    changes: list[ChangeTakenBack]
    programs: list[ProgramThen]
    dry_run: Annotated[bool, Field(description="Whether nothing was taken back.")]

    example = {
        "release_id": RELEASE_ID,
        "lessons": [LessonTakenDown.example],
        "changes": [ChangeTakenBack.example],
        "programs": [ProgramThen.example],
        "dry_run": True,
    }
