"""The public catalog: GET /catalog/…, no authentication, published content only."""

from quart import Blueprint, Response

from chaishots.api.schemas import CatalogPage, NoParameters, identifier, takes_query
from chaishots.content import catalog as content
from chaishots.database.connection import reading

catalog = Blueprint("catalog", __name__, url_prefix="/catalog")


@catalog.get("/programs")
@takes_query(CatalogPage)
async def list_programs(query_args: CatalogPage) -> Response:
    """A page of public programs, newest first, each with its terms and published lessons."""
    after = content.Place.of(query_args.cursor) if query_args.cursor else None
    async with reading() as connection:
        return _json(
            await content.programs(
                connection, limit=query_args.limit, language=query_args.language, topic=query_args.topic, after=after
            )
        )


@catalog.get("/programs/<program_id>")
@takes_query(NoParameters)
async def get_program(program_id: str, query_args: NoParameters) -> Response:
    """A public program with its terms and published lessons."""
    async with reading() as connection:
        return _json(await content.program(connection, identifier(program_id)))


@catalog.get("/lessons/<lesson_id>")
@takes_query(NoParameters)
async def get_lesson(lesson_id: str, query_args: NoParameters) -> Response:
    """A published lesson."""
    async with reading() as connection:
        return _json(await content.lesson(connection, identifier(lesson_id)))


@catalog.get("/topics")
@takes_query(NoParameters)
async def list_topics(query_args: NoParameters) -> Response:
    """The topics in use, each with the number of public programs that have it."""
    async with reading() as connection:
        return _json(await content.topics(connection))


def _json(document: str) -> Response:
    return Response(document, content_type="application/json")
