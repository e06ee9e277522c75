"""Routes of the pages in a language, for what the delivery layer does not answer: a page that is asked for with a
token, an address that is another's but for slashes and capitals, and one that is no page's."""

from typing import Final, cast

from quart import Blueprint, Response, current_app, request
from quart_schema import hide

from chaishots.api.delivery.catalog_reads import Source
from chaishots.api.pages.localisation import LANGUAGES
from chaishots.api.pages.problem_page import problem_response
from chaishots.api.pages.security_headers import private_response
from chaishots.api.pages.urls import path_of
from chaishots.api.problem_of_error import problem_of
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.errors import ContentError, NotFound
from chaishots.database.connection import reading

SOURCE: Final = "PAGES"
"""The key of the application's settings under which the pages' Source stands."""
_FOLDERS: Final = ("programs", "lessons")
_TAGS: Final = ",".join(LANGUAGES)

pages = Blueprint("pages", __name__)


@pages.get(f"/<any({_TAGS}):language>")
@hide
async def add_slash(language: str) -> Response:
    """The home page, whose address ends in a slash."""
    return Response(status=308, headers={"Location": path_of(language)})


@pages.get(f"/<any({_TAGS}):language>/")
@pages.get(f"/<any({_TAGS}):language>/<path:rest>")
@hide
async def show_page(language: str, rest: str = "") -> Response:
    """A page as it is asked for with a token, which changes nothing; the way to one that was meant; what is no page."""
    source = cast("Source", current_app.config[SOURCE])  # cast: settings are of any type
    if meant := _meant(source, language, rest):
        query = request.query_string.decode("ascii", "ignore")
        return Response(status=308, headers={"Location": f"{meant}?{query}" if query else meant})
    read = source.read_at(f"/{language}/{rest}", request.query_string)
    try:
        if read is None:
            raise NotFound("There is no such page.")
        async with reading() as connection:
            rendering = await read.alone(connection, Reader.ANYBODY)
    except ContentError as error:
        return problem_response(problem_of(error), language)
    return private_response(read.form.headers, rendering.document.encode())


def _meant(source: Source, language: str, rest: str) -> str | None:
    """The page that an address is but for slashes at its end and capitals; None: there is none, or it is that one."""
    plain = rest.rstrip("/").lower()
    path = path_of(language, "" if plain in _FOLDERS else plain)
    return path if path != path_of(language, rest) and source.read_at(path, b"") else None
