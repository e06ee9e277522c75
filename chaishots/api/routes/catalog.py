"""The public catalog: GET /catalog/…, no authentication, published content only.

Anonymous reads are answered by `delivery/asgi_app.py` before they come here. Here come those with a token, and what is
refused.
"""

import asyncio
import json
from hashlib import sha256
from typing import Final, cast

from quart import Blueprint, Response, current_app, request

from chaishots.api.auth import authenticate
from chaishots.api.conditional_requests import is_held
from chaishots.api.contract.catalog_parameters import (
    CatalogLessonsPage,
    CatalogPage,
    ChangesPage,
    EventsFrom,
    LessonView,
    ProgramView,
)
from chaishots.api.contract.parameters import takes_query
from chaishots.api.contract.responses.catalog import (
    CatalogLessons,
    CatalogProgram,
    CatalogPrograms,
    CatalogTopics,
    OneCatalogLesson,
)
from chaishots.api.contract.responses.feed import CatalogChanges, TakenDown
from chaishots.api.contract.route_documentation import answers
from chaishots.api.delivery import catalog_reads
from chaishots.api.delivery.asgi_app import Delivery
from chaishots.api.delivery.catalog_reads import Read
from chaishots.api.delivery.encodings import ENCODERS, IDENTITY, SMALLEST_ENCODED, encoding
from chaishots.api.delivery.event_broadcast import Broadcast
from chaishots.api.delivery.event_bytes import HEADERS
from chaishots.api.delivery.event_catch_up import resume_after
from chaishots.api.problem_document import RETRY_AFTER_SECONDS, problem
from chaishots.api.routes.events_over_http2 import Stream
from chaishots.api.routes.metrics import DELIVERY
from chaishots.api.signed_urls import UrlSigner
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.statements import Rendering
from chaishots.content.roles import Role
from chaishots.database.connection import reading

_EVENT: Final = f"id: WzQyLDgxOTg1NTI5MjE2LDBd\nevent: lesson.removed\ndata: {json.dumps(TakenDown.example)}\n\n"

SIGNER: Final = "SIGNER"
"""The key of the application's settings under which its UrlSigner stands, if any."""

catalog = Blueprint("catalog", __name__, url_prefix="/catalog")


@catalog.get("/programs")
@answers(CatalogPrograms, takes_token=True, is_held=True)
@takes_query(CatalogPage)
async def list_programs(query_args: CatalogPage) -> Response:
    """A page of public programs, newest first, each with its first 50 terms and the first 200 lessons of each.

    Where there are more, `terms_left` and `lessons_left` say how many; the program's own page has all of them.
    """
    return await _answer(catalog_reads.programs(query_args), await _reader())


@catalog.get("/programs/<program_id>")
@answers(CatalogProgram, takes_token=True, is_held=True, problems=(308,))
@takes_query(ProgramView)
async def get_program(program_id: str, query_args: ProgramView) -> Response:
    """A public program with its terms and published lessons, by its id or slug."""
    return await _answer(catalog_reads.program(program_id, query_args), await _reader())


@catalog.get("/lessons")
@answers(CatalogLessons, takes_token=True, is_held=True)
@takes_query(CatalogLessonsPage)
async def list_catalog_lessons(query_args: CatalogLessonsPage) -> Response:
    """A page of published lessons of all programs, newest first."""
    return await _answer(catalog_reads.lessons(query_args), await _reader())


@catalog.get("/lessons/<lesson_id>")
@answers(OneCatalogLesson, takes_token=True, is_held=True)
@takes_query(LessonView)
async def get_lesson(lesson_id: str, query_args: LessonView) -> Response:
    """A published lesson."""
    return await _answer(catalog_reads.lesson(lesson_id, query_args), await _reader())


@catalog.get("/changes")
@answers(CatalogChanges, takes_token=True, is_held=True, problems=(410,))
@takes_query(ChangesPage)
async def list_changes(query_args: ChangesPage) -> Response:
    """What became public, changed or went away since a cursor; without one, all that is public. For copies.

    Each program or lesson is there once, as it is now, at the place of its latest change; what is public no more has
    `deleted`. Store what is told by its id, keep `next_cursor`, and ask on at once while `has_more` is true: at the
    end the copy is right, whatever was published meanwhile. A lesson may come before its program.
    """
    return await _answer(catalog_reads.changes(query_args), await _reader())


@catalog.get("/events")
@answers(None, text=_EVENT, text_type="text/event-stream")
@takes_query(EventsFrom)
async def follow_events(query_args: EventsFrom) -> Response:
    """What becomes public, changes or goes away, as it happens: server-sent events.

    `lesson.published`, `lesson.changed`, `lesson.removed`, and the same of `program`; the data is a change as
    `GET /catalog/changes` has it, the id is its cursor. An id without data comes every 15 s, as a sign of life. `reset`
    says that the cursor is too old, or of another history: make the copy anew; what follows comes after that. Nobody is
    told the URLs of paid lessons here.
    """
    broadcast: Broadcast = cast(Delivery, current_app.config[DELIVERY]).broadcast
    after = resume_after(request.headers.get("Last-Event-ID"), query_args.cursor)
    if broadcast.is_full:
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return problem(503, "unavailable", "As many listen to events as may: come back.", headers=headers).response()
    stream = b"" if request.method == "HEAD" else Stream(broadcast, after)
    response = Response(stream, headers={name.decode(): value.decode() for name, value in HEADERS})
    response.timeout = None  # it lasts as long as its client
    return response


@catalog.get("/topics")
@answers(CatalogTopics, is_held=True)
async def list_topics() -> Response:
    """The topics in use, each with the number of public programs that have it."""
    return await _answer(catalog_reads.topics(), Reader.ANYBODY)


async def _reader() -> Reader:
    token = await authenticate()
    return Reader.TOKEN_HOLDER if token is not None and token.role.includes(Role.READER) else Reader.ANYBODY


async def _answer(read: Read, reader: Reader) -> Response:
    async with reading() as connection:
        rendering = await read.alone(connection, reader)
    # In a thread: it may be megabytes, and takes a processor for as long as hundreds of other answers.
    coding = encoding(request.headers.get("Accept-Encoding", "").encode())
    signer = cast("UrlSigner | None", current_app.config[SIGNER]) if reader is Reader.TOKEN_HOLDER else None
    response = await asyncio.to_thread(_private, rendering, signer, coding)
    named = request.headers.get("If-None-Match")
    if named is not None and is_held(named.encode(), None, response.headers["ETag"].encode(), None, 0):
        response.status_code = 304
        response.set_data(b"")
        response.headers.pop("Content-Encoding", None)
        response.headers.pop("Content-Type", None)
    return response


def _private(rendering: Rendering, signer: UrlSigner | None, coding: str) -> Response:
    """What is for this reader alone: kept by no cache but its own, and asked for anew each time."""
    document = signer.sign_answer(rendering.document, rendering.read_at) if signer else rendering.document
    body = document.encode()
    if len(body) < SMALLEST_ENCODED:
        coding = IDENTITY
    etag = f"{sha256(body).hexdigest()[:24]}-{coding}"
    response = Response(body if coding == IDENTITY else ENCODERS[coding](body), content_type="application/json")
    if coding != IDENTITY:
        response.headers["Content-Encoding"] = coding
    response.headers["Vary"] = "Accept-Encoding, Authorization"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(etag)
    return response
