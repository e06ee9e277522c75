"""Scheduled changes: /cms/programs/{id}/changes, likewise of terms and lessons, and /cms/changes."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field
from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.conditional_requests import if_match
from chaishots.api.contract.examples import LESSON_ID, MOMENT, RELEASE_ID, ZONE
from chaishots.api.contract.parameters import ListPage, identifier, said, takes_query
from chaishots.api.contract.responses.scheduled_changes import Change, Changes
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.scheduled_changes import OF_TYPE, ChangeEdit, LessonChange, ProgramChange, TermChange
from chaishots.api.contract.validation import read_as, takes_body
from chaishots.api.contract.values import Id
from chaishots.api.contract.values import Moment as MomentValue
from chaishots.api.idempotent_requests import idempotent, retried
from chaishots.api.routes.cms.representations import answer_deleted, answer_new, answer_one, answer_page
from chaishots.content.editing import scheduled_changes as editing
from chaishots.content.lifecycle import ChangeStatus, ObjectType
from chaishots.content.queries import scheduled_changes as queries
from chaishots.content.roles import Role
from chaishots.database.connection import reading

changes = Blueprint("cms_changes", __name__, url_prefix="/cms")


class ChangesPage(ListPage):
    """Which scheduled changes."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    object_id: Annotated[Id | None, said("Only those of the program, term or lesson with this id.", LESSON_ID)] = None
    release_id: Annotated[Id | None, said("Only those of the release with this id.", RELEASE_ID)] = None
    status: Annotated[ChangeStatus | None, said("Only those in this state.", "scheduled")] = None
    from_: Annotated[
        MomentValue | None,
        Field(alias="from", description="Only those of this moment or later.", examples=["2030-02-01T00:00:00Z"]),
    ] = None
    to: Annotated[
        MomentValue | None, Field(description="Only those of before this moment.", examples=["2030-03-01T00:00:00Z"])
    ] = None


@changes.post("/programs/<program_id>/changes")
@requires(Role.EDITOR)
@idempotent
@answers(Change, 201)
@takes_body(
    ProgramChange,
    example={"apply_at": MOMENT, "publish_zone": ZONE, "patch": {"title": "తెలుగు", "topics": ["Telugu"]}},
)
async def schedule_program_change(program_id: str, body: ProgramChange) -> Response:
    """Schedule a change of a program, its topics included; until then it stays as it is."""
    return await _schedule(ObjectType.PROGRAM, identifier(program_id), body)


@changes.post("/terms/<term_id>/changes")
@requires(Role.EDITOR)
@idempotent
@answers(Change, 201)
@takes_body(TermChange, example={"apply_at": MOMENT, "publish_zone": ZONE, "patch": {"title": "అచ్చులు"}})
async def schedule_term_change(term_id: str, body: TermChange) -> Response:
    """Schedule a change of a term, or its move to another program; until then it stays as it is."""
    return await _schedule(ObjectType.TERM, identifier(term_id), body)


@changes.post("/lessons/<lesson_id>/changes")
@requires(Role.EDITOR)
@idempotent
@answers(Change, 201)
@takes_body(
    LessonChange,
    example={"apply_at": MOMENT, "publish_zone": ZONE, "patch": {"is_paid": True, "subtitle_urls": {"te": None}}},
)
async def schedule_lesson_change(lesson_id: str, body: LessonChange) -> Response:
    """Schedule a change of a lesson, or its move to another term; until then it stays as it is."""
    return await _schedule(ObjectType.LESSON, identifier(lesson_id), body)


@changes.get("/changes")
@requires(Role.VIEWER)
@answers(Changes)
@takes_query(ChangesPage)
async def list_changes(query_args: ChangesPage) -> Response:
    """Scheduled changes by their moments, the earliest first: those to come, overdue, applied and cancelled."""
    async with reading() as connection:
        page = await queries.changes(
            connection,
            query_args.window,
            object_id=query_args.object_id,
            release_id=query_args.release_id,
            status=query_args.status,
            since=query_args.from_,
            until=query_args.to,
        )
    return answer_page("changes", page)


@changes.get("/changes/<change_id>")
@requires(Role.VIEWER)
@answers(Change)
async def get_change(change_id: str) -> Response:
    """A scheduled change, and what became of it."""
    return await answer_one(queries.change, identifier(change_id))


@changes.patch("/changes/<change_id>")
@requires(Role.EDITOR)
@retried
@answers(Change, heeds_if_match=True)
@takes_body(ChangeEdit, example={"apply_at": MOMENT, "publish_zone": ZONE})
async def change_change(change_id: str, body: ChangeEdit) -> Response:
    """Give a scheduled change another moment, another patch in place of the one before, or another release."""
    key, values = identifier(change_id), body.values()
    if "patch" in values:
        async with reading() as connection:
            of_type = await queries.type_of(connection, key)
        values["patch"] = read_as(OF_TYPE[of_type], {"patch": body.patch}).patched()
    await editing.change_change(key, values, version=if_match(), actor=actor())
    return await answer_one(queries.change, key)


@changes.delete("/changes/<change_id>")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
async def cancel_change(change_id: str) -> Response:
    """Call a scheduled change off; it stays to be read, as cancelled."""
    await editing.cancel_change(identifier(change_id), version=if_match(), actor=actor())
    return answer_deleted()


async def _schedule(object_type: ObjectType, key: UUID, body: ProgramChange | TermChange | LessonChange) -> Response:
    made = await editing.schedule_change(
        object_type, key, body.patched(), body.moment, body.publish_zone, release_id=body.release_id, actor=actor()
    )
    return await answer_new(queries.change, made.id, "/cms/changes")
