"""Which page an address asks for, and how it is read. The delivery layer keeps pages as it keeps the catalog's JSON.

An address of a page may have parameters of others (`?utm_source=…`), of any length and in any encoding: they ask for
nothing, and change nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from chaishots.api.contract.parameters import identifier
from chaishots.api.delivery.catalog_reads import JSON, SEARCH, Form, Read, Source
from chaishots.api.pages.atom import write_atom
from chaishots.api.pages.home import HomeFilter, write_home
from chaishots.api.pages.lesson import write_lesson
from chaishots.api.pages.localisation import LANGUAGES, language
from chaishots.api.pages.problem_page import page_form
from chaishots.api.pages.program import write_program
from chaishots.api.pages.search import asked_for, wanted, write_search
from chaishots.api.pages.search_engines import write_index, write_part
from chaishots.api.pages.security_headers import plain_headers
from chaishots.api.pages.template_rendering import Written
from chaishots.api.pages.urls import Site
from chaishots.content.catalog import viewer_pages
from chaishots.content.catalog.filters import Place, Selection, SortOrder
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.statements import Rendering
from chaishots.content.catalog.viewer_search import search
from chaishots.content.errors import InvalidContent, Moved, NotFound
from chaishots.content.language_tags import canonical
from chaishots.content.slug_spelling import is_slug
from chaishots.database.connection import Connection

_MOST_QUERY_BYTES: Final = 2_000
_LONGEST_TOPIC: Final = 200
_CURSOR_KEPT: Final = timedelta(minutes=1)
"""For how long a page is kept that tells where the feed was: from there on its window is sent what is new, though all
of it is of other programs."""
_LIST: Final = re.compile(r"/sitemap(?:-([1-9][0-9]{0,4}))?\.xml")
_ATOM_FORM: Final = Form(plain_headers("application/atom+xml; charset=utf-8"), JSON.problem)
_LIST_FORM: Final = Form(plain_headers("application/xml; charset=utf-8"), JSON.problem)


def page_source(site: Site) -> Source:
    """The pages in each language."""
    return Source(tuple(f"/{tag}/" for tag in LANGUAGES), partial(read_at, site))


def list_source(site: Site) -> Source:
    """The list of all pages, for search engines; none without an origin, which every address in it begins with."""

    def read_at(path: str, _: bytes) -> Read | None:
        match = _LIST.fullmatch(path)
        if match is None or site.origin is None:
            return None
        return _part(int(match[1]), site.origin) if match[1] else _index(site.origin)

    return Source(("/sitemap",), read_at)


def read_at(site: Site, path: str, query: bytes) -> Read | None:
    """What an address asks for; None when there is no such page."""
    _, tag, *rest = path.split("/")
    if tag not in LANGUAGES:
        return None
    try:
        match rest:
            case [""]:
                return _home(site, tag, _query(query, "language", "topic", "cursor"))
            case ["programs", name]:
                return _program(site, tag, name) if is_slug(name) else _moved(tag, identifier(name))
            case ["search"]:
                return _search(site, tag, asked_for(_query(query, "q").get("q", "")))
            case ["lessons", name]:
                return _lesson(site, tag, identifier(name), _query(query, "language").get("language"))
            case ["feed.xml"]:
                return _atom(site, tag)
            case _:
                return None
    except (InvalidContent, ValueError):
        return None


def _home(site: Site, tag: str, query: dict[str, str]) -> Read:
    asked = HomeFilter(
        language=canonical(query["language"]) if query.get("language") else None,
        topic=query.get("topic") or None,
        cursor=query.get("cursor") or None,
    )
    if asked.topic and (len(asked.topic) > _LONGEST_TOPIC or "\0" in asked.topic):
        raise ValueError(asked.topic)
    selection = Selection(
        languages=(asked.language,) if asked.language else (),
        topic=asked.topic,
        order=SortOrder.POSITION,
        after=Place.of(asked.cursor) if asked.cursor else None,
    )

    async def render(connection: Connection, _: Reader, __: Sequence[UUID]) -> Sequence[Rendering]:
        return [await viewer_pages.home(connection, selection)]

    finish = _writer(write_home, language(tag), asked, site)
    key = (f"/{tag}/", asked.language, asked.topic, asked.cursor)
    return Read(key, f"/{tag}/", key, None, viewer_pages.CARDS, render, page_form(tag), finish)


def _search(site: Site, tag: str, asked: str) -> Read:
    async def render(connection: Connection, _: Reader, __: Sequence[UUID]) -> Sequence[Rendering]:
        return [await search(connection, wanted(asked))]

    route = f"/{tag}/search"
    # As heavy as a search in the catalog is: see `catalog_reads.weight`.
    finish = _writer(write_search, language(tag), asked, site)
    return Read((route, asked), route, (route, asked), None, SEARCH, render, page_form(tag), finish)


def _program(site: Site, tag: str, slug: str) -> Read:
    async def render(connection: Connection, _: Reader, slugs: Sequence[str]) -> Sequence[Rendering | NotFound]:
        return [_located(each) for each in await viewer_pages.program_pages(connection, slugs)]

    route = f"/{tag}/programs/{{program_id}}"
    finish = _writer(write_program, language(tag), site)
    # Of one kind in all languages: they are read together, and written each in its own.
    return Read((route, slug), route, ("/programs",), slug, 1, render, page_form(tag), finish)


def _moved(tag: str, key: UUID) -> Read:
    """The address of a program by its id, which leads to the one by its slug."""

    async def render(connection: Connection, _: Reader, ids: Sequence[UUID]) -> Sequence[Rendering | NotFound]:
        return [_located(each) for each in await viewer_pages.moved_programs(connection, ids)]

    route = f"/{tag}/programs/{{program_id}}"
    return Read((route, key.bytes), route, ("/programs", "id"), key, 1, render, page_form(tag))


def _located(found: Rendering | NotFound) -> Rendering | NotFound:
    # Relative to what was asked for, in whichever language that was.
    return Moved(found.slug, found.slug) if isinstance(found, Moved) else found


def _lesson(site: Site, tag: str, key: UUID, wanted: str | None) -> Read:
    try:
        wanted = canonical(wanted) if wanted else None
    except ValueError:
        wanted = None

    async def render(connection: Connection, _: Reader, ids: Sequence[UUID]) -> Sequence[Rendering | NotFound]:
        return await viewer_pages.lesson_pages(connection, ids)

    route = f"/{tag}/lessons/{{lesson_id}}"
    finish = _writer(write_lesson, language(tag), wanted, site)
    return Read((route, wanted, key.bytes), route, ("/lessons",), key, 1, render, page_form(tag), finish)


def _atom(site: Site, tag: str) -> Read:
    async def render(connection: Connection, _: Reader, __: Sequence[UUID]) -> Sequence[Rendering]:
        return [await viewer_pages.newest_lessons(connection, tag)]

    route = f"/{tag}/feed.xml"
    finish = _writer(write_atom, language(tag), site)
    return Read((route,), route, (route,), None, viewer_pages.NEWEST, render, _ATOM_FORM, finish)


def _index(origin: str) -> Read:
    async def render(connection: Connection, _: Reader, __: Sequence[UUID]) -> Sequence[Rendering]:
        return [await viewer_pages.addresses(connection)]

    route = "/sitemap.xml"
    return Read(
        (route,), route, (route,), None, viewer_pages.ADDRESSES, render, _LIST_FORM, _writer(write_index, origin)
    )


def _part(part: int, origin: str) -> Read:
    async def render(connection: Connection, _: Reader, __: Sequence[UUID]) -> Sequence[Rendering | NotFound]:
        rendering = await viewer_pages.addresses_of(connection, part)
        return [rendering or NotFound("There is no such part of the list.")]

    route = "/sitemap-{part}.xml"
    finish = _writer(write_part, part, origin)
    return Read((route, part), route, (route, part), None, viewer_pages.ADDRESSES, render, _LIST_FORM, finish)


def _writer(write: Callable[..., Written], *given: Any) -> Callable[[Rendering], Rendering]:  # Any: what a page is of
    def finish(rendering: Rendering) -> Rendering:
        written = write(rendering, *given)
        old_at = written.old_at
        if rendering.cursor:
            old_at = min(old_at or datetime.max.replace(tzinfo=UTC), rendering.read_at + _CURSOR_KEPT)
        return replace(rendering, document=written.text, old_at=old_at)

    return finish


def _query(query: bytes, *names: str) -> dict[str, str]:
    """The parameters that a page has, by their names. Raises: ValueError for what is none of a page's."""
    ours = [each for each in query.decode("latin-1").split("&") if each.partition("=")[0] in names]
    if sum(map(len, ours)) > _MOST_QUERY_BYTES:
        raise ValueError(len(query))
    return dict(parse_qsl("&".join(ours), errors="strict"))
