"""Lessons across programs, and many at once, all or nothing: /cms/lessons, /cms/publish, /cms/archive, /cms/restore."""

from collections.abc import Iterable
from uuid import UUID

from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.contract.examples import ARCHIVED_LESSON_ID, DRAFT_LESSON_ID, LESSON_ID, TERM_ID
from chaishots.api.contract.many_lessons import ChosenLesson, ChosenLessonPatch, ChosenLessons, LessonsPatch, NewLessons
from chaishots.api.contract.parameters import AllLessonsPage, MakingRoom, takes_query
from chaishots.api.contract.responses.cms_content import Lessons, LessonStates
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.idempotent_requests import idempotent, retried
from chaishots.api.routes.cms.representations import answer_list, answer_page
from chaishots.content.editing import many_lessons as editing
from chaishots.content.field_kinds import examples
from chaishots.content.fields import LESSON
from chaishots.content.queries import cms_content
from chaishots.content.roles import Role
from chaishots.database.connection import reading

many_lessons = Blueprint("cms_many_lessons", __name__, url_prefix="/cms")


@many_lessons.get("/lessons")
@requires(Role.VIEWER)
@answers(Lessons)
@takes_query(AllLessonsPage)
async def list_all_lessons(query_args: AllLessonsPage) -> Response:
    """The lessons of all programs, in any state, the newest made first."""
    async with reading() as connection:
        page = await cms_content.all_lessons(connection, query_args.wanted(), query_args.window)
    return answer_page("lessons", page)


@many_lessons.post("/lessons")
@requires(Role.EDITOR)
@idempotent
@answers(LessonStates, 201)
@takes_query(MakingRoom)
@takes_body(NewLessons, example=[{"term_id": TERM_ID, **examples(LESSON), "lesson_number": 61}])
async def create_lessons(body: NewLessons, query_args: MakingRoom) -> Response:
    """Create up to 500 draft lessons, each in its term, all or nothing; each that cannot be is named."""
    rows = [(row.term_id, row.values()) for row in body.root]
    created = await editing.create_lessons(rows, has_room=query_args.is_wanted, actor=actor())
    return await answer_states(created, 201)


@many_lessons.patch("/lessons")
@requires(Role.EDITOR)
@retried
@answers(LessonStates)
@takes_body(LessonsPatch, example=[{"lesson_id": LESSON_ID, "is_paid": True}])
async def change_lessons(body: LessonsPatch) -> Response:
    """Change up to 500 lessons, all or nothing, each by a JSON Merge Patch; each that cannot be is named.

    They may swap their numbers.
    """
    chosen = [row.chosen() for row in body.root]
    await editing.change_lessons(chosen, [row.values() for row in body.root], actor=actor())
    return await _answer(body.root)


@many_lessons.post("/publish")
@requires(Role.EDITOR)
@idempotent
@answers(LessonStates)
@takes_body(ChosenLessons, example=[{"lesson_id": DRAFT_LESSON_ID}])
async def publish_lessons(body: ChosenLessons) -> Response:
    """Publish up to 500 lessons now, and their draft programs, all or nothing; each that cannot be is named."""
    await editing.publish_lessons([row.chosen() for row in body.root], actor=actor())
    return await _answer(body.root)


@many_lessons.post("/archive")
@requires(Role.EDITOR)
@idempotent
@answers(LessonStates)
@takes_body(ChosenLessons, example=[{"lesson_id": LESSON_ID}])
async def archive_lessons(body: ChosenLessons) -> Response:
    """Take up to 500 lessons down, or out of the plan, all or nothing; each that cannot be is named."""
    await editing.archive_lessons([row.chosen() for row in body.root], actor=actor())
    return await _answer(body.root)


@many_lessons.post("/restore")
@requires(Role.EDITOR)
@idempotent
@answers(LessonStates)
@takes_body(ChosenLessons, example=[{"lesson_id": ARCHIVED_LESSON_ID}])
async def restore_lessons(body: ChosenLessons) -> Response:
    """Make up to 500 archived lessons drafts again, all or nothing; each that cannot be is named."""
    await editing.restore_lessons([row.chosen() for row in body.root], actor=actor())
    return await _answer(body.root)


async def _answer(rows: Iterable[ChosenLesson | ChosenLessonPatch]) -> Response:
    return await answer_states([row.lesson_id for row in rows])


async def answer_states(ids: list[UUID], status: int = 200) -> Response:
    """Where the lessons stand now, in this order."""
    async with reading() as connection:
        return answer_list("lessons", await cms_content.lesson_states(connection, ids), status)
