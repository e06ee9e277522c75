"""The public catalog: GET /catalog/…, no authentication, published content only."""

from quart import Blueprint, Response

from chaishots.api.auth import presented_token
from chaishots.api.schemas import CatalogPage, NoParameters, identifier, takes_query
from chaishots.content import catalog as content
from chaishots.content.catalog import Reader
from chaishots.database.connection import reading

catalog = Blueprint("catalog", __name__, url_prefix="/catalog")


@catalog.get("/programs")
@takes_query(CatalogPage)
async def list_programs(query_args: CatalogPage) -> Response:
    """A page of public programs, newest first, each with its terms and published lessons."""
    after = content.Place.of(query_args.cursor) if query_args.cursor else None
    reader = await _reader()
    async with reading() as connection:
        document = await content.programs(
            connection,
            limit=query_args.limit,
            language=query_args.language,
            topic=query_args.topic,
            after=after,
            reader=reader,
        )
    return _json(document, reader)


@catalog.get("/programs/<program_id>")
@takes_query(NoParameters)
async def get_program(program_id: str, query_args: NoParameters) -> Response:
    """A public program with its terms and published lessons."""
    key, reader = identifier(program_id), await _reader()
    async with reading() as connection:
        return _json(await content.program(connection, key, reader=reader), reader)


@catalog.get("/lessons/<lesson_id>")
@takes_query(NoParameters)
async def get_lesson(lesson_id: str, query_args: NoParameters) -> Response:
    """A published lesson."""
    key, reader = identifier(lesson_id), await _reader()
    async with reading() as connection:
        return _json(await content.lesson(connection, key, reader=reader), reader)


@catalog.get("/topics")
@takes_query(NoParameters)
async def list_topics(query_args: NoParameters) -> Response:
    """The topics in use, each with the number of public programs that have it."""
    async with reading() as connection:
        return _json(await content.topics(connection), Reader.ANYBODY)


async def _reader() -> Reader:
    return Reader.ANYBODY if await presented_token() is None else Reader.TOKEN_HOLDER


def _json(document: str, reader: Reader) -> Response:
    response = Response(document, content_type="application/json")
    response.headers["Vary"] = "Authorization"
    if reader is Reader.TOKEN_HOLDER:
        # What is paid for must not come out of a cache for somebody else.
        response.headers["Cache-Control"] = "private, no-store"
    return response
