"""The catalog as of a moment for whoever has a link to it: /preview/{token}/…, the pages and the catalog's JSON.

What is read is read as the public's (`page_reads.py`, `catalog_reads.py`), on tables as they will be. Nothing of it is
kept by anybody, and whoever has no link that holds learns nothing, not even whether there was one.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, cast
from uuid import UUID

from quart import Blueprint, Response, current_app, request
from quart_schema import hide

from chaishots.api.delivery.catalog_reads import CATALOG, Header, Read, Source
from chaishots.api.pages.language_choice import browser_language, language_at
from chaishots.api.pages.localisation import LANGUAGES, language
from chaishots.api.pages.page_reads import page_source
from chaishots.api.pages.preview_context import PreviewPlace, written_for
from chaishots.api.pages.problem_page import write_problem
from chaishots.api.pages.security_headers import preview_headers
from chaishots.api.pages.urls import Site, path_of
from chaishots.api.problem_document import Problem
from chaishots.api.problem_of_error import problem_of
from chaishots.api.public_url import PREVIEWS
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.preview import looking_ahead
from chaishots.content.catalog.statements import Rendering
from chaishots.content.errors import Moved, NotFound
from chaishots.content.preview_links import PreviewLink, find_active_link, may_be_link
from chaishots.database.connection import Connection, reading
from chaishots.database.errors import Overloaded
from chaishots.database.pool_shares import Share

# No address in it may lead out of the preview: there is no canonical one, and no list of others.
_PAGES: Final[Source] = page_source(Site(None))
_NOT_SHOWN: Final = ("feed.xml",)
_JSON: Final = ("/catalog/programs", "/catalog/lessons", "/catalog/topics")
_LOOK_SECONDS: Final = 5
AT_A_TIME: Final = Share.TOKENS.value[0] - 1
"""Previews that are read at a time: each is dear, and a connection of its share is left for everybody else."""
WAITING: Final = 8
_TOO_MANY: Final = "Too many look at previews at once."
_ENDED: Final = "This link shows nothing, or does not any more: ask whoever sent it for another."
_PRIVATE: Final = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
}


class PreviewTurns:
    """Lets a few previews at a time be read, a few more wait, and refuses all others."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_A_TIME)
        self._waiting = 0

    @asynccontextmanager
    async def taken(self) -> AsyncGenerator[None]:
        """Wait for a turn, and have it. Raises: Overloaded when too many wait, or for too long."""
        if self._waiting >= WAITING:
            raise Overloaded(_TOO_MANY)
        self._waiting += 1
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded(_TOO_MANY) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


previews = Blueprint("previews", __name__, url_prefix=PREVIEWS)
TURNS: Final = "PREVIEW_TURNS"
"""The key of the application's settings under which its PreviewTurns stand."""


@previews.get("/<token>")
@previews.get("/<token>/")
@hide
async def choose_language_of_preview(token: str) -> Response:
    """The way to the preview's first page, in the reader's language."""
    async with _opened(token) as (link, _):
        with written_for(_place(token, link)):
            return _redirect(path_of(browser_language(), f"programs/{link.program_id}" if link.program_id else ""))


@previews.get("/<token>/<path:rest>")
@hide
async def show_preview(token: str, rest: str) -> Response:
    """A page of the preview, or the catalog's JSON in it."""
    async with _opened(token) as (link, connection):
        with written_for(_place(token, link)):
            try:
                return await _shown(connection, link, f"/{rest}")
            except NotFound as error:
                return _told(problem_of(error))  # here, so that it leads on inside the preview


@previews.errorhandler(NotFound)
async def tell_that_nothing_is_shown(error: NotFound) -> Response:
    """What no link opens, as a page for browsers."""
    return _told(problem_of(error))


@previews.after_request
async def keep_private(response: Response) -> Response:
    """Have nobody keep, index or pass on any answer of these routes, whatever it is."""
    response.headers.update(_PRIVATE)
    return response


@asynccontextmanager
async def _opened(token: str) -> AsyncGenerator[tuple[PreviewLink, Connection]]:
    if not may_be_link(token):
        raise NotFound(_ENDED)
    turns = cast("PreviewTurns", current_app.config[TURNS])  # cast: settings are of any type
    async with turns.taken(), reading(_LOOK_SECONDS) as connection:
        link = await find_active_link(connection, token)
        if link is None:
            raise NotFound(_ENDED)
        yield link, connection


def _place(token: str, link: PreviewLink) -> PreviewPlace:
    return PreviewPlace(f"{PREVIEWS}/{token}", link.at, link.expires_at, link.program_id is not None)


async def _shown(connection: Connection, link: PreviewLink, path: str) -> Response:
    tag = path.split("/")[1]
    if tag in LANGUAGES and path == f"/{tag}/" and link.program_id is not None:
        return _redirect(path_of(tag, f"programs/{link.program_id}"))
    read = _read_at(path)
    try:
        async with looking_ahead(connection, link.at) as (foreseen, at):
            found = await _rendered(foreseen, read, link.program_id)
    except Moved as moved:
        return _redirect(f"{PREVIEWS}/{_token()}{moved.location}" if path.startswith("/catalog/") else moved.location)
    # Written as of then: what is new then is called new.
    finished = await read.complete(replace(found, read_at=max(found.read_at, at)))
    is_page = tag in LANGUAGES
    return _response(preview_headers() if is_page else read.form.headers, finished.document.encode())


def _read_at(path: str) -> Read:
    query = request.query_string
    if path.startswith("/catalog/"):
        read = CATALOG.read_at(path, query) if path.startswith(_JSON) else None
        if read is None and path.startswith(_JSON) and (refused := CATALOG.refusal_at(path, query)):
            raise _Refused(refused[1])
    else:
        read = None if path.endswith(_NOT_SHOWN) else _PAGES.read_at(path, query)
    if read is None:
        raise NotFound("There is nothing at this address of the preview.")
    return read


class _Refused(Exception):
    """What the catalog says of an address that it cannot read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


@previews.errorhandler(_Refused)
async def tell_why_it_is_refused(error: _Refused) -> Response:
    """The catalog's own words on an address that it cannot read."""
    return error.problem.response()


async def _rendered(connection: Connection, read: Read, only: UUID | None) -> Rendering:
    if only is not None and read.subject is None:
        raise NotFound("This preview shows one program alone.")
    [found] = await read.render(connection, Reader.ANYBODY, [read.subject] if read.subject else [])
    if isinstance(found, Moved) and only is not None and read.subject != only:
        # A former slug, which is not to tell of another program.
        again = _read_at(f"{request.path.removeprefix(f'{PREVIEWS}/{_token()}').rpartition('/')[0]}/{found.slug}")
        await _rendered(connection, again, only)
    if isinstance(found, Moved):
        raise found
    if isinstance(found, NotFound) or (only is not None and found.program_id != only):
        raise NotFound("There is no such thing in this preview.")
    return found


def _token() -> str:
    return cast("dict[str, str]", request.view_args)["token"]  # cast: Quart types it loosely


def _told(found: Problem) -> Response:
    rest = request.path.split("/")[3:]
    is_browser = "text/html" in request.headers.get("Accept", "").lower()
    if not is_browser or rest[:1] == ["catalog"]:
        return found.response()
    tag = language_at(f"/{'/'.join(rest)}")
    return _response(preview_headers(), write_problem(found.status, language(tag)).encode(), found.status)


def _redirect(location: str) -> Response:
    return Response(status=302, headers={"Location": location})


def _response(headers: Iterable[Header], body: bytes, status: int = 200) -> Response:
    return Response(body, status, headers={name.decode(): value.decode() for name, value in headers})
