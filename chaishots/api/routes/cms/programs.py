"""Programs and their terms: /cms/programs, /cms/terms."""

from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.conditional_requests import if_match
from chaishots.api.contract.examples import DRAFT_TERM_ID, PROGRAM_ID
from chaishots.api.contract.parameters import ListPage, MakingRoom, ProgramsPage, identifier, takes_query
from chaishots.api.contract.requests import NewProgram, NewTerm, Order, ProgramCopy, ProgramPatch, TermCopy, TermPatch
from chaishots.api.contract.responses.cms_content import Program, Programs, Term, Terms
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
from chaishots.content.editing import programs as editing_programs
from chaishots.content.editing import terms as editing_terms
from chaishots.content.field_kinds import examples
from chaishots.content.fields import PROGRAM
from chaishots.content.queries import cms_content
from chaishots.content.roles import Role
from chaishots.database.connection import reading

programs = Blueprint("cms_programs", __name__, url_prefix="/cms")


@programs.get("/programs")
@requires(Role.VIEWER)
@answers(Programs)
@takes_query(ProgramsPage)
async def list_programs(query_args: ProgramsPage) -> Response:
    """Programs in any state, the newest made first."""
    async with reading() as connection:
        page = await cms_content.programs(
            connection,
            query_args.window,
            status=query_args.status,
            language=query_args.language,
            topic=query_args.topic,
            text=query_args.text,
        )
    return answer_page("programs", page)


@programs.post("/programs")
@requires(Role.EDITOR)
@idempotent
@answers(Program, 201)
@takes_body(NewProgram, example={**examples(PROGRAM), "slug": "telugu-letters", "topics": ["Languages", "Telugu"]})
async def create_program(body: NewProgram) -> Response:
    """Create a draft program."""
    program = await editing_programs.create_program(body.values(), topics=body.topics, actor=actor())
    return await answer_new(cms_content.program, program.id, "/cms/programs")


@programs.get("/programs/<program_id>")
@requires(Role.VIEWER)
@answers(Program)
async def get_program(program_id: str) -> Response:
    """A program in any state."""
    return await answer_one(cms_content.program, identifier(program_id))


@programs.patch("/programs/<program_id>")
@requires(Role.EDITOR)
@retried
@answers(Program, heeds_if_match=True)
@takes_body(ProgramPatch, example={"title": "తెలుగు అక్షరాలు", "posters": {"en": None}})
async def change_program(program_id: str, body: ProgramPatch) -> Response:
    """Change a program: a JSON Merge Patch (RFC 7396)."""
    topics = body.topics if "topics" in body.model_fields_set else None
    key = identifier(program_id)
    await editing_programs.change_program(key, body.values(), topics=topics, version=if_match(), actor=actor())
    return await answer_one(cms_content.program, key)


@programs.delete("/programs/<program_id>")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
async def delete_program(program_id: str) -> Response:
    """Delete a program that has no published or scheduled lesson, with its terms and lessons."""
    await editing_programs.delete_program(identifier(program_id), version=if_match(), actor=actor())
    return answer_deleted()


@programs.post("/programs/<program_id>/copy")
@requires(Role.EDITOR)
@idempotent
@answers(Program, 201)
@takes_body(ProgramCopy, example={"title": "తెలుగు అక్షరాలు 2"})
async def copy_program(program_id: str, body: ProgramCopy) -> Response:
    """Copy a program with its topics, terms and lessons, as drafts without any times."""
    copy = await copies.copy_program(identifier(program_id), title=body.title, actor=actor())
    return await answer_new(cms_content.program, copy, "/cms/programs")


@programs.post("/programs/<program_id>/archive")
@requires(Role.EDITOR)
@idempotent
@answers(Program, heeds_if_match=True)
async def archive_program(program_id: str) -> Response:
    """Hide a program and all that is in it."""
    return await answer_step(editing_programs.archive_program, cms_content.program, identifier(program_id))


@programs.post("/programs/<program_id>/restore")
@requires(Role.EDITOR)
@idempotent
@answers(Program, heeds_if_match=True)
async def restore_program(program_id: str) -> Response:
    """Bring an archived program back: public when it has public lessons, else as a draft."""
    return await answer_step(editing_programs.restore_program, cms_content.program, identifier(program_id))


@programs.get("/programs/<program_id>/terms")
@requires(Role.VIEWER)
@answers(Terms)
@takes_query(ListPage)
async def list_terms(program_id: str, query_args: ListPage) -> Response:
    """The terms of a program, by number."""
    async with reading() as connection:
        page = await cms_content.terms(connection, identifier(program_id), query_args.window)
    return answer_page("terms", page)


@programs.post("/programs/<program_id>/terms")
@requires(Role.EDITOR)
@idempotent
@answers(Term, 201)
@takes_query(MakingRoom)
@takes_body(NewTerm, example={"term_number": 3, "title": "గుణింతాలు"})
async def create_term(program_id: str, body: NewTerm, query_args: MakingRoom) -> Response:
    """Create a term of a program."""
    key, room = identifier(program_id), query_args.is_wanted
    term = await editing_terms.create_term(key, body.values(), has_room=room, actor=actor())
    return await answer_new(cms_content.term, term.id, "/cms/terms")


@programs.put("/programs/<program_id>/terms/order")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
@takes_body(Order, example={"order": [DRAFT_TERM_ID]})
async def reorder_terms(program_id: str, body: Order) -> Response:
    """Number a program's terms anew, from 1 on, in the order given. If-Match and the new ETag are the program's."""
    key = identifier(program_id)
    return answer_reordered(await editing_terms.reorder_terms(key, body.order, version=if_match(), actor=actor()))


@programs.get("/terms/<term_id>")
@requires(Role.VIEWER)
@answers(Term)
async def get_term(term_id: str) -> Response:
    """A term."""
    return await answer_one(cms_content.term, identifier(term_id))


@programs.patch("/terms/<term_id>")
@requires(Role.EDITOR)
@retried
@answers(Term, heeds_if_match=True)
@takes_query(MakingRoom)
@takes_body(TermPatch, example={"title": "అచ్చులు"})
async def change_term(term_id: str, body: TermPatch, query_args: MakingRoom) -> Response:
    """Change a term, or move it to another program: a JSON Merge Patch (RFC 7396)."""
    key, room = identifier(term_id), query_args.is_wanted
    await editing_terms.change_term(key, body.values(), has_room=room, version=if_match(), actor=actor())
    return await answer_one(cms_content.term, key)


@programs.post("/terms/<term_id>/copy")
@requires(Role.EDITOR)
@idempotent
@answers(Term, 201)
@takes_body(TermCopy, example={"program_id": PROGRAM_ID})
async def copy_term(term_id: str, body: TermCopy) -> Response:
    """Copy a term with its lessons, as drafts without any times."""
    key = identifier(term_id)
    copy = await copies.copy_term(key, program_id=body.program_id, number=body.term_number, actor=actor())
    return await answer_new(cms_content.term, copy, "/cms/terms")


@programs.delete("/terms/<term_id>")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
async def delete_term(term_id: str) -> Response:
    """Delete a term that has no published or scheduled lesson, with its lessons."""
    await editing_terms.delete_term(identifier(term_id), version=if_match(), actor=actor())
    return answer_deleted()
