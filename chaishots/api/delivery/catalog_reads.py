"""The reads of the public catalog: what an address asks for, in one form for all that ask for the same.

Routes and the layer in front of them (`asgi_app.py`) read the catalog through here, so that they give the same. Must
not know how an answer is kept.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from pydantic import BaseModel, ValidationError

from chaishots.api.contract.catalog_parameters import (
    CatalogLessonsPage,
    CatalogPage,
    ChangesPage,
    EventsFrom,
    LessonView,
    ProgramView,
)
from chaishots.api.contract.parameters import ID_OR_SLUG_RULE, NoParameters, identifier
from chaishots.api.delivery.event_catch_up import resume_after
from chaishots.api.problem_document import CODES, Problem, problem
from chaishots.api.problem_of_error import invalid, problem_of
from chaishots.content.catalog import statements
from chaishots.content.catalog.feed import Cursor
from chaishots.content.catalog.feed import changes as read_changes
from chaishots.content.catalog.filters import Selection
from chaishots.content.catalog.lesson_list import lessons as list_lessons
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.public_fields import LESSON_FIELDS, PROGRAM_FIELDS
from chaishots.content.catalog.requested_fields import CARD, View
from chaishots.content.catalog.statements import Rendering
from chaishots.content.errors import InvalidContent, Moved, NotFound
from chaishots.content.slug_spelling import is_slug
from chaishots.database.connection import Connection

MOST_PARAMETERS: Final = 32
TOO_MANY_PARAMETERS: Final = f"There are more than {MOST_PARAMETERS} query parameters: leave out what is not needed."
SEARCH: Final = 100
_PROGRAMS: Final = "/catalog/programs"
_LESSONS: Final = "/catalog/lessons"
_TOPICS: Final = "/catalog/topics"
_CHANGES: Final = "/catalog/changes"

M = TypeVar("M", bound=BaseModel)

Key: TypeAlias = tuple[Hashable, ...]
"""What tells one read from all others: its values as they are, never joined to a text, in which a value that is left
out may look like one that was written."""


Subject: TypeAlias = UUID | str
Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """What answers of a kind look like.

    headers: of each, Content-Type among them.
    problem: a problem in the same form: all its headers, and its body.
    """

    headers: tuple[Header, ...]
    problem: Callable[[Problem], tuple[list[Header], bytes]]


JSON: Final = Form(((b"content-type", b"application/json"),), lambda problem: (problem.raw_headers, problem.body))


@dataclass(frozen=True, slots=True)
class Read:
    """One thing to read.

    key: equal for all addresses that ask for the same, and for no others.
    route: the template of its address.
    kind: equal for all that differ in nothing but their subject.
    subject: the id or slug of what is read; None for what is not read by one.
    programs: how many programs it shows at most.
    render: reads, for a reader, all of these subjects in one statement, at most TOGETHER, and gives what was found of
        each; without a subject, one answer.
    form: what its answers look like.
    follows_feed: whether it shows the feed, which comes on a moment after what it tells of.
    render_rest: of a list of programs, reads it in parts, without the JSON of those that are in a known state.
    finish: makes the answer of what was read, in a thread; None: what was read is the answer.
    """

    key: Key
    route: str
    kind: Key
    subject: Subject | None
    programs: int
    render: Callable[[Connection, Reader, Sequence[Any]], Awaitable[Sequence[Rendering | NotFound]]]  # Any: of its kind
    form: Form = JSON
    finish: Callable[[Rendering], Rendering] | None = None
    follows_feed: bool = False
    render_rest: Callable[[Connection, Reader, Collection[str]], Awaitable[Rendering]] | None = None

    def in_parts(self, known: Collection[str]) -> "Read":
        """The same in parts, where it has any, without the JSON of programs that are in a known state."""
        if (render_rest := self.render_rest) is None:
            return self

        async def render(connection: Connection, reader: Reader, _: Sequence[Any]) -> Sequence[Rendering]:
            return [await render_rest(connection, reader, known)]

        return replace(self, render=render)

    async def alone(self, connection: Connection, reader: Reader) -> Rendering:
        """Read it, and nothing else. Raises: NotFound."""
        [found] = await self.render(connection, reader, [self.subject] if self.subject else [])
        if isinstance(found, NotFound):
            raise found
        return await self.complete(found)

    async def complete(self, rendering: Rendering) -> Rendering:
        """Make the answer of what was read."""
        return rendering if self.finish is None else await asyncio.to_thread(self.finish, rendering)


def programs(page: CatalogPage) -> Read:
    """A page of programs. Raises: InvalidContent."""
    selection = page.selection()
    view = View.of(PROGRAM_FIELDS, CARD if page.view else page.fields, page.prefer)

    shown = partial(statements.programs, limit=page.limit, selection=selection, view=view)

    async def render(connection: Connection, reader: Reader, _: Sequence[UUID]) -> Sequence[Rendering]:
        return [await shown(connection, reader=reader)]

    async def render_rest(connection: Connection, reader: Reader, known: Collection[str]) -> Rendering:
        return await shown(connection, reader=reader, known=known)

    key = (_PROGRAMS, page.limit, selection, *_values(view))
    # To see that the rest is as it was takes as long as to read what is short.
    has_parts = view.fields is None or any(name.startswith("terms") for name in view.fields)
    rest = render_rest if has_parts else None
    return Read(key, _PROGRAMS, key, None, weight(selection, page.limit), render, render_rest=rest)


def lessons(page: CatalogLessonsPage) -> Read:
    """A page of lessons. Raises: InvalidContent."""
    selection = page.selection()
    view = View.of(LESSON_FIELDS, page.fields, page.prefer)

    async def render(connection: Connection, reader: Reader, _: Sequence[UUID]) -> Sequence[Rendering]:
        return [await list_lessons(connection, limit=page.limit, selection=selection, reader=reader, view=view)]

    key = (_LESSONS, page.limit, selection, *_values(view))
    # Some 24 lessons are as much as a program.
    return Read(key, _LESSONS, key, None, weight(selection, math.ceil(page.limit / 24)), render)


def weight(selection: Selection, programs: int) -> int:
    """How much a list is, in programs: a search is a long list, as anybody may look for ever other words.

    So it waits its turn behind all else, and is refused first.
    """
    return max(programs, SEARCH) if selection.words else programs


def program(program_id: str, shown: ProgramView) -> Read:
    """One program, by its id or slug. Raises: InvalidContent."""
    view = View.of(PROGRAM_FIELDS, shown.fields, shown.prefer)
    if is_slug(program_id):
        return _by_slug(program_id, view, shown)
    return _one(_PROGRAMS, identifier(program_id, rule=ID_OR_SLUG_RULE), view)


def lesson(lesson_id: str, shown: LessonView) -> Read:
    """One lesson. Raises: InvalidContent."""
    return _one(_LESSONS, identifier(lesson_id), View.of(LESSON_FIELDS, shown.fields, shown.prefer))


def topics() -> Read:
    """The topics in use."""

    async def render(connection: Connection, _: Reader, __: Sequence[UUID]) -> Sequence[Rendering]:
        return [await statements.topics(connection)]

    return Read((_TOPICS,), _TOPICS, (_TOPICS,), None, 0, render)


def changes(page: ChangesPage) -> Read:
    """A page of the feed. Raises: InvalidContent."""
    after = Cursor.of(page.cursor) if page.cursor else None

    async def render(connection: Connection, reader: Reader, _: Sequence[UUID]) -> Sequence[Rendering]:
        return [(await read_changes(connection, after, limit=page.limit, reader=reader)).rendering()]

    key = (_CHANGES, page.limit, after)
    return Read(key, _CHANGES, key, None, math.ceil(page.limit / 24), render, follows_feed=True)


def events(query: bytes, last_event_id: bytes | None) -> Cursor | None:
    """From where on events are sent; None: from now on.

    Raises: InvalidContent, ValidationError or Unreadable.
    """
    asked = _query(EventsFrom, query)
    return resume_after(last_event_id.decode("latin-1") if last_event_id else None, asked.cursor)


class Unreadable(Exception):
    """A query that no route could take; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def read_at(path: str, query: bytes) -> Read | None:
    """What an address asks for; None when it is none of the catalog's, or has to be refused with an explanation."""
    try:
        return _asked_at(path, query)
    except (InvalidContent, ValidationError, Unreadable):
        return None


def refusal_at(path: str, query: bytes) -> tuple[str, Problem] | None:
    """The route of an address of the catalog that is refused, and why; None when it is not, or is no such address."""
    folder = path.rpartition("/")[0]
    route = {_PROGRAMS: f"{_PROGRAMS}/{{program_id}}", _LESSONS: f"{_LESSONS}/{{lesson_id}}"}.get(folder, path)
    try:
        _asked_at(path, query)
    except Unreadable as error:
        return route, error.problem
    except ValidationError as error:
        return route, invalid(error)
    except InvalidContent as error:
        return route, problem_of(error)
    return None


def _asked_at(path: str, query: bytes) -> Read | None:
    if path == _PROGRAMS:
        return programs(_query(CatalogPage, query))
    if path == _LESSONS:
        return lessons(_query(CatalogLessonsPage, query))
    if path == _CHANGES:
        return changes(_query(ChangesPage, query))
    if path == _TOPICS:
        _query(NoParameters, query)
        return topics()
    folder, _, name = path.rpartition("/")
    if folder == _PROGRAMS:
        return program(name, _query(ProgramView, query))
    if folder == _LESSONS:
        return lesson(name, _query(LessonView, query))
    return None


@dataclass(frozen=True, slots=True)
class Source:
    """Things to read: how their paths begin, and what an address asks for; None when it has to be refused.

    refusal_at: the route of an address that is refused, and why; None when Quart is to say so.
    """

    beginnings: tuple[str, ...]
    read_at: Callable[[str, bytes], Read | None]
    refusal_at: Callable[[str, bytes], tuple[str, Problem] | None] = lambda _, __: None


CATALOG: Final = Source(("/catalog/",), read_at, refusal_at)


def _one(folder: str, key: UUID, view: View) -> Read:
    name, by_id = (
        ("program_id", statements.programs_by_id) if folder == _PROGRAMS else ("lesson_id", statements.lessons_by_id)
    )

    async def render(connection: Connection, reader: Reader, ids: Sequence[UUID]) -> Sequence[Rendering | NotFound]:
        return await by_id(connection, ids, reader=reader, view=view)

    route = f"{folder}/{{{name}}}"
    kind = (route, *_values(view))
    return Read((*kind, key.bytes), route, kind, key, 1, render)


def _by_slug(slug: str, view: View, shown: ProgramView) -> Read:
    async def render(connection: Connection, reader: Reader, slugs: Sequence[str]) -> Sequence[Rendering | NotFound]:
        found = await statements.programs_by_slug(connection, slugs, reader=reader, view=view)
        return [_with_location(each, shown) if isinstance(each, Moved) else each for each in found]

    kind = (_PROGRAMS, "slug", *_values(view))
    return Read((*kind, slug), f"{_PROGRAMS}/{{program_id}}", kind, slug, 1, render)


def _with_location(moved: Moved, shown: ProgramView) -> Moved:
    query = urlencode(shown.model_dump(exclude_none=True), safe=",")
    return Moved(moved.slug, f"{_PROGRAMS}/{moved.slug}" + (f"?{query}" if query else ""))


def _values(view: View) -> Key:
    return view.fields if view.fields is None else tuple(sorted(view.fields)), view.prefer


def _query(model: type[M], query: bytes) -> M:
    if query.count(b"&") >= MOST_PARAMETERS:
        # Before it is parsed: that of 1,500 parameters takes the loop 12 ms.
        raise Unreadable(problem(400, CODES[400], TOO_MANY_PARAMETERS))
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Unreadable(problem(422, CODES[422], "Write the query in UTF-8, percent-encoded.")) from None
    named = dict(pairs)
    if len(named) < len(pairs):
        twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        faults = [{"field": name, "message": "It stands here more than once: send it once."} for name in twice]
        raise Unreadable(problem(422, CODES[422], f"Check what was sent as {twice[0]}.", errors=faults))
    return model.model_validate(named)
