"""What the CMS answers of scheduled changes."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from chaishots.api.contract.examples import CHANGE_ID, CHANGED, CREATED, DRAFT_LESSON_ID, DUE, LESSON_ID, ZONE
from chaishots.api.contract.responses.answer import Answer, Cursor, Json, Seq, ShownMoment, ShownZone, Versioned
from chaishots.content.lifecycle import ChangeStatus, ObjectType


class EditedSince(Answer):
    """What somebody edited by hand of the same fields, since the change got its moment or patch; the change wins."""

    seq: Seq
    at: ShownMoment
    actor: str
    fields: list[str]

    example = {"seq": 1843, "at": CHANGED, "actor": "ravi", "fields": ["title"]}


class Clash(Answer):
    """What has now what the change wants: the change is refused if that is still so at its moment."""

    field: Annotated[str, Field(description="`lesson_number`, `term_number` or `slug`.")]
    value: int | str
    object_id: Annotated[UUID, Field(description="The lesson, term or program that has it.")]
    title: str

    example = {
        "field": "lesson_number",
        "value": 2,
        "object_id": DRAFT_LESSON_ID,
        "title": "ఇ, ఈ: ఇల్లు, ఈగ",
    }


class Overtaking(Answer):
    """A later change of the same thing that was applied before this one: what it set stays."""

    id: UUID
    apply_at: ShownMoment
    applied_at: ShownMoment
    fields: Annotated[list[str], Field(description="Those of this change of which it has set all, or a part.")]

    example = {"id": CHANGE_ID, "apply_at": DUE, "applied_at": DUE, "fields": ["title"]}


class Change(Versioned):
    """A change of a program, term or lesson that is applied at its moment; until then that stays as it is."""

    object_type: ObjectType
    object_id: UUID
    title: Annotated[str | None, Field(description="Of what it changes, as that is now; null when it was deleted.")]
    patch: Annotated[Json, Field(description="A JSON Merge Patch (RFC 7396).")]
    apply_at: Annotated[ShownMoment | None, Field(description="Null in a release that has no moment yet.")]
    publish_zone: ShownZone | None
    release_id: Annotated[UUID | None, Field(description="The release that it goes with, at whose moment.")]
    status: ChangeStatus
    error: Annotated[
        str | None, Field(description="Why it could not be applied, and what to do; of a cancelled one, why it was.")
    ]
    scheduled_by: Annotated[str, Field(description="Who gave it its moment and its patch: the actor in the history.")]
    edited_since: Annotated[list[EditedSince], Field(description="The newest first, 20 at most.")]
    clashes: list[Clash]
    overtaken_by: Annotated[list[Overtaking], Field(description="The latest first, 20 at most.")]
    applied_at: ShownMoment | None
    created_at: ShownMoment
    updated_at: ShownMoment

    identifies = ("change_id", "id")
    example = {
        "id": CHANGE_ID,
        "object_type": "lesson",
        "object_id": LESSON_ID,
        "title": "అ, ఆ: అమ్మ, ఆవు",
        "patch": {"title": "అ, ఆ: అమ్మ, ఆవు, ఆకు"},
        "apply_at": DUE,
        "publish_zone": ZONE,
        "release_id": None,
        "status": "scheduled",
        "error": None,
        "scheduled_by": "asha",
        "edited_since": [EditedSince.example],
        "clashes": [],
        "overtaken_by": [],
        "applied_at": None,
        "created_at": CREATED,
        "updated_at": CREATED,
        "version": 1,
    }


class Changes(Answer):
    """A page of scheduled changes, by their moments."""

    changes: list[Change]
    next_cursor: Cursor

    identifies = ("change_id", "changes/0/id")
    example = {"changes": [Change.example], "next_cursor": None}
