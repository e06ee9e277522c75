"""What the CMS answers of what is to come: the schedule, the preview, and why a lesson is public or is not."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import (
    CHANGE_ID,
    CHANGED,
    CREATED,
    DUE,
    LESSON_ID,
    PREVIEW_LINK_ID,
    PROGRAM_ID,
    ZONE,
)
from chaishots.api.contract.responses.answer import (
    Answer,
    Count,
    Cursor,
    ShownMoment,
    ShownZone,
    Version,
    open_enum,
)
from chaishots.api.contract.responses.catalog import CatalogProgram, CatalogPrograms
from chaishots.content.lifecycle import ObjectType, ProgramStatus
from chaishots.content.queries.scheduled_moments import COUNTED, MomentKind
from chaishots.content.queries.why_answer import REASONS


class PlannedLesson(Answer):
    """A scheduled lesson, and when it goes public."""

    lesson_id: UUID
    title: str
    program_id: UUID
    program_title: str
    program_status: ProgramStatus
    term_number: Annotated[int, Field(ge=1)]
    lesson_number: Annotated[int, Field(ge=1)]
    publish_at: ShownMoment
    publish_zone: ShownZone | None
    archive_at: ShownMoment | None
    archive_zone: ShownZone | None
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
        "publish_at": DUE,
        "publish_zone": ZONE,
        "archive_at": None,
        "archive_zone": None,
        "publish_error": None,
        "version": 5,
    }


class Schedule(Answer):
    """A page of the schedule, soonest first."""

    schedule: list[PlannedLesson]
    next_cursor: Cursor
    others: Annotated[
        int,
        Field(
            ge=0,
            le=COUNTED,
            description="How many ends, changes and releases are to come between `from` and `to`, which are no lessons "
            f"that go public and stand in GET /cms/schedule/moments; {COUNTED}: so many or more.",
        ),
    ]

    example = {"schedule": [PlannedLesson.example], "next_cursor": None, "others": 2}


class ScheduledMoment(Answer):
    """Something that is to come: a publish, an end, a change, or a release with all that is in it."""

    at: ShownMoment
    zone: ShownZone | None
    kind: Annotated[str, open_enum([kind.value for kind in MomentKind])]
    id: Annotated[UUID, Field(description="Of the lesson, the change or the release.")]
    object_type: Annotated[str, Field(description="What a change is of; else `lesson` or `release`.")]
    object_id: UUID
    title: str
    program_id: UUID | None
    program_title: str | None
    error: Annotated[str | None, Field(description="Why it could not be done so far.")]
    updated_at: ShownMoment
    version: Version

    example = {
        "at": DUE,
        "zone": ZONE,
        "kind": "publish",
        "id": LESSON_ID,
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "program_id": PROGRAM_ID,
        "program_title": "తెలుగు అక్షరాలు",
        "error": None,
        "updated_at": DUE,
        "version": 5,
    }


class Moments(Answer):
    """A page of what is to come, soonest first."""

    moments: list[ScheduledMoment]
    next_cursor: Cursor

    example = {"moments": [ScheduledMoment.example], "next_cursor": None}


class LessonInSeries(Answer):
    """A lesson of a series, and its moment."""

    lesson_id: UUID
    title: str
    term_number: Annotated[int, Field(ge=1)]
    lesson_number: Annotated[int, Field(ge=1)]
    publish_at: ShownMoment
    local: Annotated[
        str, Field(description="The same on the wall clock of the zone, for people: publish_at is for programs.")
    ]

    example = {
        "lesson_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "term_number": 1,
        "lesson_number": 1,
        "publish_at": DUE,
        "local": "Fri 2030-02-01 09:00:00",
    }


class Series(Answer):
    """When each lesson of a series goes public, in their order."""

    series: list[LessonInSeries]
    zone: ShownZone
    rule: Annotated[str, Field(description="The rhythm, as it was understood.")]
    dry_run: Annotated[bool, Field(description="Whether nothing was scheduled.")]

    example = {"series": [LessonInSeries.example], "zone": ZONE, "rule": "every week on FR", "dry_run": True}


class BlockedLesson(Answer):
    """A lesson that is planned up to the moment asked for, and will not be public then."""

    lesson_id: UUID
    title: str
    publish_at: ShownMoment
    publish_zone: ShownZone | None
    reason: str

    example = {
        "lesson_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "publish_at": DUE,
        "publish_zone": ZONE,
        "reason": "Restore the program first: it is archived.",
    }


class BlockedChange(Answer):
    """A scheduled change that will be refused at its moment, as things are."""

    change_id: UUID
    object_type: ObjectType
    object_id: UUID
    title: Annotated[str, Field(description="What it changes is called so.")]
    apply_at: ShownMoment
    publish_zone: ShownZone | None
    reason: str
    program_id: UUID
    release_id: Annotated[UUID, Field(description="The release that is refused with it.")] | None
    release_name: str | None

    example = {
        "change_id": CHANGE_ID,
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "apply_at": DUE,
        "publish_zone": ZONE,
        "reason": "The term has a lesson of this number: choose another.",
        "program_id": PROGRAM_ID,
        "release_id": None,
        "release_name": None,
    }


class Preview(Answer):
    """The public programs of a later moment, and what is planned by then and will not be there."""

    programs: list[CatalogProgram]
    next_cursor: Cursor
    blocked: list[BlockedLesson]
    blocked_total: Count
    blocked_changes: list[BlockedChange]
    blocked_changes_total: Count

    example = {
        **CatalogPrograms.example,
        "blocked": [BlockedLesson.example],
        "blocked_total": 1,
        "blocked_changes": [BlockedChange.example],
        "blocked_changes_total": 1,
    }


class PreviewedProgram(CatalogProgram):
    """A program of a later moment, and its lessons that are planned by then and will not be there."""

    blocked: list[BlockedLesson]
    blocked_total: Count
    blocked_changes: list[BlockedChange]
    blocked_changes_total: Count

    example = {
        **CatalogProgram.example,
        "blocked": [],
        "blocked_total": 0,
        "blocked_changes": [],
        "blocked_changes_total": 0,
    }


class Reason(Answer):
    """Why a lesson is public or is not, and what to do about it."""

    code: Annotated[str, open_enum(REASONS)]
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


class PreviewLink(Answer):
    """A look at the catalog without a login, as it is listed: everything but the link itself."""

    id: UUID
    at: Annotated[ShownMoment | None, Field(description="The moment that it shows; null: whichever it is by then.")]
    program_id: Annotated[UUID | None, Field(description="The one program that it shows; null: the whole catalog.")]
    created_by: str
    created_at: ShownMoment
    expires_at: ShownMoment
    revoked_at: ShownMoment | None

    example = {
        "id": PREVIEW_LINK_ID,
        "at": DUE,
        "program_id": PROGRAM_ID,
        "created_by": "asha",
        "created_at": CREATED,
        "expires_at": CHANGED,
        "revoked_at": None,
    }


class PreviewLinks(Answer):
    """A page of links, the newest first."""

    links: list[PreviewLink]
    next_cursor: Cursor

    example = {"links": [PreviewLink.example], "next_cursor": None}


class CreatedPreviewLink(PreviewLink):
    """A new link; its two addresses are told this once."""

    url: Annotated[str, Field(description="The pages. Whoever has this address sees them.")]
    catalog_url: Annotated[str, Field(description="The same as JSON: …/programs, …/lessons, …/topics below it.")]

    example = {
        **PreviewLink.example,
        "url": "https://chai.example/preview/look_nOtA-rEaLoNe/",
        "catalog_url": "https://chai.example/preview/look_nOtA-rEaLoNe/catalog",
    }
