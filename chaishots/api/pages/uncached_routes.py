"""Routes of the pages that the delivery layer does not keep: addresses without a language, static files, 404."""

from collections.abc import Iterable
from typing import Final, cast

from quart import Blueprint, Response, current_app, request
from quart_schema import hide
from werkzeug.exceptions import NotFound as NoSuchAddress

from chaishots.api.conditional_requests import is_held
from chaishots.api.contract.parameters import identifier
from chaishots.api.delivery.cached_answer import VARY
from chaishots.api.delivery.catalog_reads import Header, Source
from chaishots.api.delivery.encodings import encoding
from chaishots.api.pages import static_files
from chaishots.api.pages.localisation import LANGUAGES, chosen
from chaishots.api.pages.problem_page import page_form
from chaishots.api.pages.urls import Site, path_of
from chaishots.api.problem_document import Problem
from chaishots.api.problem_of_error import problem_of, problem_of_http
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.errors import ContentError, InvalidContent, NotFound
from chaishots.content.slug_spelling import is_slug
from chaishots.database.connection import reading

SOURCE: Final = "PAGES"
SITE: Final = "SITE"
"""The keys of the application's settings under which the pages' Source and Site stand."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_OF_PROGRAMS: Final = ("/catalog/", "/cms", "/pictures/", "/health", "/metrics")
_FOLDERS: Final = ("programs", "lessons")
_TAGS: Final = ",".join(LANGUAGES)

viewer = Blueprint("viewer", __name__)


@viewer.get("/")
@hide
async def choose_language() -> Response:
    """The home page in the reader's language."""
    return _chosen("")


@viewer.get("/programs/<program_id>")
@hide
async def choose_language_of_program(program_id: str) -> Response:
    """A program's page in the reader's language."""
    return _chosen_of("programs", program_id)


@viewer.get("/lessons/<lesson_id>")
@hide
async def choose_language_of_lesson(lesson_id: str) -> Response:
    """A lesson's page in the reader's language."""
    return _chosen_of("lessons", lesson_id)


@viewer.get(f"/<any({_TAGS}):language>")
@hide
async def add_slash(language: str) -> Response:
    """The home page, whose address ends in a slash."""
    return Response(status=308, headers={"Location": path_of(language)})


@viewer.get(f"/<any({_TAGS}):language>/")
@viewer.get(f"/<any({_TAGS}):language>/<path:rest>")
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
        return _told(problem_of(error), language)
    return _response(read.form.headers, rendering.document.encode())


@viewer.get("/sitemap<rest>")
@hide
async def show_list(rest: str) -> Response:
    """Why there is no such list."""
    raise NotFound(f"There is no list at /sitemap{rest}; /sitemap.xml is there once CHAISHOTS_PUBLIC_URL is set.")


@viewer.get("/robots.txt")
@hide
async def show_robots() -> Response:
    """What search engines are asked: to leave the editors' side alone, and where the list of pages is."""
    site = cast("Site", current_app.config[SITE])  # cast: settings are of any type
    listed = f"Sitemap: {site.origin}/sitemap.xml\n" if site.origin else ""
    told = {"Cache-Control": "public, max-age=3600"}
    return Response(f"User-agent: *\nDisallow: /cms/\n{listed}", headers=told, content_type="text/plain; charset=utf-8")


@viewer.get(f"{static_files.PREFIX}<name>")
@hide
async def get_static_file(name: str) -> Response:
    """The stylesheet, the script or the icon of the pages."""
    file = static_files.files().get(name)
    if file is None:
        raise NotFound("There is no such file.")
    told = {"ETag": file.etag, "Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if is_held(request.headers.get("If-None-Match", "").encode(), None, file.etag.encode(), None, 0):
        return Response(status=304, headers=told)
    wanted = encoding(request.headers.get("Accept-Encoding", "").encode())
    if wanted != "identity":
        told["Content-Encoding"] = wanted
    return Response(file.bodies[wanted], headers=told, content_type=file.content_type)


@viewer.app_errorhandler(NoSuchAddress)
async def show_that_there_is_nothing(error: NoSuchAddress) -> Response:
    """What is at no address of ours, as a page for whoever names HTML, as browsers do; programs get a document."""
    found = problem_of_http(error)
    if request.path.startswith(_OF_PROGRAMS):
        return found.response()
    is_browser = "text/html" in request.headers.get("Accept", "").lower()
    response = _told(found, _preferred()) if is_browser else found.response()
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _meant(source: Source, language: str, rest: str) -> str | None:
    """The page that an address is but for slashes at its end and capitals; None: there is none, or it is that one."""
    plain = rest.rstrip("/").lower()
    path = path_of(language, "" if plain in _FOLDERS else plain)
    return path if path != path_of(language, rest) and source.read_at(path, b"") else None


def _chosen_of(folder: str, name: str) -> Response:
    try:
        return _chosen(f"{folder}/{name if folder == 'programs' and is_slug(name) else identifier(name)}")
    except InvalidContent:
        response = _told(problem_of(NotFound("There is no such page.")), _preferred())
        response.headers["Vary"] = "Accept-Language"
        return response


def _preferred() -> str:
    return chosen(request.headers.get("Accept-Language", ""))


def _told(found: Problem, language: str) -> Response:
    headers, body = page_form(language).problem(found)
    return _response(headers, body, found.status)


def _chosen(rest: str) -> Response:
    location = path_of(_preferred(), rest)
    return Response(status=302, headers={"Location": location, "Vary": "Accept-Language", "Cache-Control": "no-store"})


def _response(headers: Iterable[Header], body: bytes, status: int = 200) -> Response:
    told = {name.decode(): value.decode() for name, value in headers}
    response = Response(body, status, headers=told)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = VARY.decode()
    return response
