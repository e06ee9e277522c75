"""Lessons, and their steps through the lifecycle: /cms/terms/{id}/lessons, /cms/lessons."""

from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.conditional_requests import if_match
from chaishots.api.contract.examples import MOMENT, ORDERED_LESSON_IDS, TERM_ID, ZONE
from chaishots.api.contract.parameters import LessonsPage, MakingRoom, identifier, takes_query
from chaishots.api.contract.requests import LessonCopy, LessonPatch, NewLesson, Order, ScheduleRequest
from chaishots.api.contract.responses.cms_content import Lesson, Lessons
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.idempotent_requests import idempotent, retried
from chaishots.api.routes.cms.representations import (
    answer_deleted,
    answer_new,
    answer_one,
    answer_page,
    answer_reordered,
    answer_step,
)
from chaishots.content.editing import copies
from chaishots.content.editing import lessons as editing
from chaishots.content.field_kinds import examples
from chaishots.content.fields import LESSON
from chaishots.content.queries import cms_content
from chaishots.content.roles import Role
from chaishots.database.connection import reading

lessons = Blueprint("cms_lessons", __name__, url_prefix="/cms")


@lessons.get("/terms/<term_id>/lessons")
@requires(Role.VIEWER)
@answers(Lessons)
@takes_query(LessonsPage)
async def list_lessons(term_id: str, query_args: LessonsPage) -> Response:
    """The lessons of a term in any state, by number."""
    async with reading() as connection:
        page = await cms_content.lessons(
            connection,
            identifier(term_id),
            query_args.window,
            status=query_args.status,
            text=query_args.text,
        )
    return answer_page("lessons", page)


@lessons.post("/terms/<term_id>/lessons")
@requires(Role.EDITOR)
@idempotent
@answers(Lesson, 201)
@takes_query(MakingRoom)
@takes_body(NewLesson, example={**examples(LESSON), "lesson_number": 61})
async def create_lesson(term_id: str, body: NewLesson, query_args: MakingRoom) -> Response:
    """Create a draft lesson."""
    lesson = await editing.create_lesson(
        identifier(term_id), body.values(), has_room=query_args.is_wanted, actor=actor()
    )
    return await answer_new(cms_content.lesson, lesson.id, "/cms/lessons")


@lessons.put("/terms/<term_id>/lessons/order")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
@takes_body(Order, example={"order": ORDERED_LESSON_IDS})
async def reorder_lessons(term_id: str, body: Order) -> Response:
    """Number a term's lessons anew, from 1 on, in the order given. If-Match and the new ETag are the term's."""
    key = identifier(term_id)
    return answer_reordered(await editing.reorder_lessons(key, body.order, version=if_match(), actor=actor()))


@lessons.get("/lessons/<lesson_id>")
@requires(Role.VIEWER)
@answers(Lesson)
async def get_lesson(lesson_id: str) -> Response:
    """A lesson in any state, with `blockers`: what keeps it from being published."""
    return await answer_one(cms_content.lesson, identifier(lesson_id))


@lessons.patch("/lessons/<lesson_id>")
@requires(Role.EDITOR)
@retried
@answers(Lesson, heeds_if_match=True)
@takes_query(MakingRoom)
@takes_body(LessonPatch, example={"is_paid": True, "subtitle_urls": {"te": None}})
async def change_lesson(lesson_id: str, body: LessonPatch, query_args: MakingRoom) -> Response:
    """Change a lesson, or move it to another term: a JSON Merge Patch (RFC 7396)."""
    key, room = identifier(lesson_id), query_args.is_wanted
    await editing.change_lesson(key, body.values(), has_room=room, version=if_match(), actor=actor())
    return await answer_one(cms_content.lesson, key)


@lessons.delete("/lessons/<lesson_id>")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
async def delete_lesson(lesson_id: str) -> Response:
    """Delete a draft or archived lesson."""
    await editing.delete_lesson(identifier(lesson_id), version=if_match(), actor=actor())
    return answer_deleted()


@lessons.post("/lessons/<lesson_id>/copy")
@requires(Role.EDITOR)
@idempotent
@answers(Lesson, 201)
@takes_body(LessonCopy, example={"term_id": TERM_ID})
async def copy_lesson(lesson_id: str, body: LessonCopy) -> Response:
    """Copy a lesson as a draft, without any times."""
    key = identifier(lesson_id)
    copy = await copies.copy_lesson(key, term_id=body.term_id, number=body.lesson_number, actor=actor())
    return await answer_new(cms_content.lesson, copy, "/cms/lessons")


@lessons.post("/lessons/<lesson_id>/schedule")
@requires(Role.EDITOR)
@idempotent
@answers(Lesson, heeds_if_match=True)
@takes_body(ScheduleRequest, example={"publish_at": MOMENT, "publish_zone": ZONE})
async def schedule_lesson(lesson_id: str, body: ScheduleRequest) -> Response:
    """Schedule a lesson; again to give it another time. The answer tells the time in UTC."""
    key = identifier(lesson_id)
    await editing.schedule_lesson(key, body.publish_at, body.publish_zone, version=if_match(), actor=actor())
    return await answer_one(cms_content.lesson, key)


@lessons.post("/lessons/<lesson_id>/unschedule")
@requires(Role.EDITOR)
@idempotent
@answers(Lesson, heeds_if_match=True)
async def unschedule_lesson(lesson_id: str) -> Response:
    """Make a scheduled lesson a draft again."""
    return await answer_step(editing.unschedule_lesson, cms_content.lesson, identifier(lesson_id))


@lessons.post("/lessons/<lesson_id>/publish")
@requires(Role.EDITOR)
@idempotent
@answers(Lesson, heeds_if_match=True)
async def publish_lesson(lesson_id: str) -> Response:
    """Publish a lesson now, and its program with it when that is a draft."""
    return await answer_step(editing.publish_lesson, cms_content.lesson, identifier(lesson_id))


@lessons.post("/lessons/<lesson_id>/archive")
@requires(Role.EDITOR)
@idempotent
@answers(Lesson, heeds_if_match=True)
async def archive_lesson(lesson_id: str) -> Response:
    """Take a lesson down, or out of the plan."""
    return await answer_step(editing.archive_lesson, cms_content.lesson, identifier(lesson_id))


@lessons.post("/lessons/<lesson_id>/restore")
@requires(Role.EDITOR)
@idempotent
@answers(Lesson, heeds_if_match=True)
async def restore_lesson(lesson_id: str) -> Response:
    """Make an archived lesson a draft again, without the times it had."""
    return await answer_step(editing.restore_lesson, cms_content.lesson, identifier(lesson_id))
