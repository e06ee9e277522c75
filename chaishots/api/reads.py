"""The reads of the public catalog: what an address asks for, in one form for all that ask for the same.

Routes and the layer in front of them (`delivery.py`) read the catalog through here, so that they give the same. Must
not know how an answer is kept.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import BaseModel, ValidationError

from chaishots.api.schemas import CatalogPage, LessonView, NoParameters, ProgramView, identifier
from chaishots.content import catalog
from chaishots.content.catalog import Place, Rendering
from chaishots.content.catalog_view import LESSON_FIELDS, PROGRAM_FIELDS, Reader, View
from chaishots.content.errors import InvalidContent
from chaishots.database.connection import Connection

_PROGRAMS: Final = "/catalog/programs"
_LESSONS: Final = "/catalog/lessons"
_TOPICS: Final = "/catalog/topics"

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Read:
    """One thing to read.

    key: equal for all addresses that ask for the same.
    route: the template of its address.
    render: reads it for a reader; raises NotFound.
    """

    key: str
    route: str
    render: Callable[[Connection, Reader], Awaitable[Rendering]]


def programs(page: CatalogPage) -> Read:
    """A page of programs. Raises: InvalidContent."""
    after = Place.of(page.cursor) if page.cursor else None
    view = View.of(PROGRAM_FIELDS, page.fields, page.prefer)

    async def render(connection: Connection, reader: Reader) -> Rendering:
        return await catalog.programs(
            connection,
            limit=page.limit,
            language=page.language,
            topic=page.topic,
            after=after,
            reader=reader,
            view=view,
        )

    return Read(f"{_PROGRAMS}?{page.limit}&{page.language}&{page.cursor}&{_key(view)}&{page.topic}", _PROGRAMS, render)


def program(program_id: str, shown: ProgramView) -> Read:
    """One program. Raises: InvalidContent."""
    return _one(_PROGRAMS, identifier(program_id), View.of(PROGRAM_FIELDS, shown.fields, shown.prefer))


def lesson(lesson_id: str, shown: LessonView) -> Read:
    """One lesson. Raises: InvalidContent."""
    return _one(_LESSONS, identifier(lesson_id), View.of(LESSON_FIELDS, shown.fields, shown.prefer))


def topics() -> Read:
    """The topics in use."""

    async def render(connection: Connection, _: Reader) -> Rendering:
        return await catalog.topics(connection)

    return Read(_TOPICS, _TOPICS, render)


def read_at(path: str, query: bytes) -> Read | None:
    """What an address asks for; None when it is none of the catalog's, or has to be refused with an explanation."""
    try:
        if path == _PROGRAMS:
            return programs(_query(CatalogPage, query))
        if path == _TOPICS:
            _query(NoParameters, query)
            return topics()
        folder, _, name = path.rpartition("/")
        if folder == _PROGRAMS:
            return program(name, _query(ProgramView, query))
        if folder == _LESSONS:
            return lesson(name, _query(LessonView, query))
    except (InvalidContent, ValidationError, ValueError):
        return None
    return None


def _one(folder: str, key: UUID, view: View) -> Read:
    name, reads = ("program_id", _render_program) if folder == _PROGRAMS else ("lesson_id", _render_lesson)
    return Read(f"{folder}/{key}?{_key(view)}", f"{folder}/{{{name}}}", partial(reads, key, view))


async def _render_program(key: UUID, view: View, connection: Connection, reader: Reader) -> Rendering:
    return await catalog.program(connection, key, reader=reader, view=view)


async def _render_lesson(key: UUID, view: View, connection: Connection, reader: Reader) -> Rendering:
    return await catalog.lesson(connection, key, reader=reader, view=view)


def _key(view: View) -> str:
    fields = "*" if view.fields is None else ",".join(sorted(view.fields))
    return f"{fields}&{','.join(view.prefer)}"


def _query(model: type[M], query: bytes) -> M:
    pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict")
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError
    return model.model_validate(named)
