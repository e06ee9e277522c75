"""The command that lists what there is: programs, terms, lessons, topics, releases, scheduled changes.

A page at a time, and printed at once, so that the longest list takes the memory of a page. Each thing is a line, cut
to the terminal between syllables.
"""

import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import compress
from typing import Any, Final
from uuid import UUID

import click

from chaishots.cli.configure import configure
from chaishots.cli.database import connect, in_pool
from chaishots.cli.parameter_types import ThingName
from chaishots.content import paging
from chaishots.content.errors import NotFound
from chaishots.content.lifecycle import ChangeStatus, ProgramStatus, ReleaseStatus, Status
from chaishots.content.queries import cms_content, releases, scheduled_changes
from chaishots.content.queries.find_by_name import find_thing
from chaishots.content.queries.lesson_filter import LessonFilter
from chaishots.content.queries.lesson_places import TermPlace, term_places
from chaishots.content.queries.search_filter import Search
from chaishots.content.text_normalisation import normalised
from chaishots.database.connection import Connection, reading
from chaishots.safe_text import harmless, visible
from chaishots.times import here

_PAGE: Final = 200
"""Things that are fetched and printed at once."""
_STATUSES: Final[Mapping[str, Sequence[str]]] = {
    "programs": [one.value for one in ProgramStatus],
    "terms": [],
    "lessons": [one.value for one in Status],
    "topics": [],
    "releases": [one.value for one in ReleaseStatus],
    "changes": [one.value for one in ChangeStatus],
}
_EVERY_STATUS: Final = list(dict.fromkeys(status for statuses in _STATUSES.values() for status in statuses))

_MOMENTS: Final = {
    "scheduled": ("publish_at", "apply_at"),
    "published": ("published_at",),
    "applied": ("applied_at",),
}
"""Which moment is told of a thing in this state."""
_MOMENT_CELLS: Final = 23
_STATUS_CELLS: Final = 9

FetchPage = Callable[[Connection, paging.Window], Awaitable[paging.Page]]


@dataclass(frozen=True)
class _Wanted:
    """What is to be listed. program, term: the ids of those that were named."""

    kind: str
    words: Sequence[str]
    status: str | None
    program: UUID | None = None
    term: UUID | None = None


@click.command("list")
@click.argument("kind", type=click.Choice(list(_STATUSES)), default="programs", metavar="[KIND]")
@click.argument("words", nargs=-1)
@click.option("--status", type=click.Choice(_EVERY_STATUS), help="Only what stands so.")
@click.option(
    "--program", type=ThingName({"program": None}), metavar="THING", help="Only of this program, by id or title."
)
@click.option(
    "--term",
    type=ThingName({"term": None}),
    metavar="THING",
    help="Only lessons of this term; beside --program, its number will do.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each, for programs.")
@click.option("--ids", is_flag=True, help="Print the ids alone, one a line, as for xargs.")
def list_things(
    kind: str, words: Sequence[str], status: str | None, program: str | None, term: str | None, as_json: bool, ids: bool
) -> None:
    """List things: KIND is programs, terms, lessons, topics, releases or changes; all WORDS are in what is listed.

    The newest made first; what is in a program or term by number, topics by name, changes by their moment.
    """
    _check(kind, status, program, term, both=as_json and ids)
    settings = configure()
    searched = [normalised(word) for word in words if word.strip() and "\0" not in word]

    async def work() -> int:
        of_program = await _id_of(program, "program") if program else None
        of_term = await _term_id(term, of_program) if term else None
        wanted = _Wanted(kind, searched, status, program=of_program, term=of_term)
        return await _print_all(wanted, "json" if as_json else "ids" if ids else "lines")

    with connect(settings) as postgres:
        count = in_pool(settings, postgres, work())
    if count == 0:
        is_all = not (searched or status or program or term)
        click.echo(_why_empty(kind) if is_all else f"No {kind} fit.", err=True)


def _check(kind: str, status: str | None, program: str | None, term: str | None, *, both: bool) -> None:
    if both:
        raise click.UsageError("Choose one of --json and --ids.")
    if status and not _STATUSES[kind]:
        raise click.BadParameter(f"{kind.capitalize()} have no status.", param_hint="--status")
    if status and status not in _STATUSES[kind]:
        raise click.BadParameter(
            f"{kind.capitalize()} are never {status}: {', '.join(_STATUSES[kind])}.", param_hint="--status"
        )
    if program and kind not in ("lessons", "terms"):
        raise click.BadParameter("It is for lessons and terms.", param_hint="--program")
    if term and kind != "lessons":
        raise click.BadParameter("It is for lessons.", param_hint="--term")
    if kind == "terms" and not program:
        raise click.UsageError("Say whose terms: list terms --program THING.")


async def _term_id(named: str, program: UUID | None) -> UUID:
    if program is None or not re.fullmatch("[0-9]{1,9}", named):
        return await _id_of(named, "term")
    async for page in _each_page(lambda connection, window: cms_content.terms(connection, program, window)):
        for term in map(json.loads, page):
            if term["term_number"] == int(named):
                return UUID(term["id"])
    raise NotFound(f"The program has no term {named}.")


async def _id_of(named: str, kind: str) -> UUID:
    async with reading() as connection:
        thing = await find_thing(connection, named, kinds=[kind])
    if thing.deleted_at is not None:
        raise NotFound(f"It was deleted: {thing}. Bring it back with: chaishots restore {thing.id}")
    return thing.id


async def _pages(wanted: _Wanted) -> AsyncIterator[Sequence[str]]:
    """All of it as JSON, in pages; words are looked for in Postgres where there may be many things."""
    if wanted.kind != "lessons" or (wanted.program is None and wanted.term is None):
        async for page in _each_page(_fetcher(wanted)):
            yield page
        return
    status = Status(wanted.status) if wanted.status else None
    async for term in _terms(wanted):
        # Gone since: then so are its lessons.
        with suppress(NotFound):
            async for page in _each_page(_lessons_of(term, status, wanted.words)):
                yield page


async def _terms(wanted: _Wanted) -> AsyncIterator[UUID]:
    if wanted.term is not None:
        async with reading() as connection:
            document = json.loads((await cms_content.term(connection, wanted.term)).text)
        if wanted.program in (None, UUID(document["program_id"])):
            yield wanted.term
    elif (program := wanted.program) is not None:
        async for page in _each_page(lambda connection, window: cms_content.terms(connection, program, window)):
            for text in page:
                yield UUID(json.loads(text)["id"])


def _lessons_of(term: UUID, status: Status | None, words: Sequence[str]) -> FetchPage:
    return lambda connection, window: cms_content.lessons(connection, term, window, status=status, words=words)


def _fetcher(wanted: _Wanted) -> FetchPage:
    match wanted.kind:
        case "programs":
            status = ProgramStatus(wanted.status) if wanted.status else None
            return partial(cms_content.programs, status=status, words=wanted.words)
        case "lessons":
            fits = LessonFilter(status=Status(wanted.status) if wanted.status else None, words=wanted.words)
            return lambda connection, window: cms_content.all_lessons(connection, fits, window)
        case "terms":
            assert wanted.program is not None
            program = wanted.program
            return lambda connection, window: cms_content.terms(connection, program, window)
        case "releases":
            return partial(releases.releases, status=ReleaseStatus(wanted.status) if wanted.status else None)
        case "changes":
            return partial(scheduled_changes.changes, status=ChangeStatus(wanted.status) if wanted.status else None)
        case _:
            return cms_content.topics


async def _each_page(fetch: FetchPage) -> AsyncIterator[Sequence[str]]:
    after: str | None = None
    while True:
        # Lent for the page alone: whoever reads what is printed may take an hour over it.
        async with reading() as connection:
            page = await fetch(connection, paging.Window(_PAGE, after))
        yield page.documents
        if (after := page.next_cursor) is None:
            return


async def _print_all(wanted: _Wanted, form: str) -> int:
    """Print all of it; how many there are."""
    by_hand = Search(words=() if wanted.kind in ("programs", "lessons") else wanted.words)
    # Cut where somebody looks at it, and whole where a program may.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    count = 0
    async for texts in _pages(wanted):
        documents: list[dict[str, Any]] = [json.loads(text) for text in texts]  # Any: JSON
        fits = [by_hand.matches(_text_of(document)) for document in documents]
        match form:
            case "json":
                lines = [harmless(text) for text in texts]
            case "ids":
                lines = [document["id"] for document in documents]
            case _:
                places = await _places(wanted.kind, documents)
                lines = [line_of(wanted.kind, document, places, width) for document in documents]
        if shown := list(compress(lines, fits)):
            click.echo("\n".join(shown))
        count += len(shown)
    return count


async def _places(kind: str, documents: Sequence[dict[str, Any]]) -> dict[UUID, TermPlace]:  # Any: JSON
    if kind != "lessons" or not documents:
        return {}
    async with reading() as connection:
        return await term_places(connection, {UUID(document["term_id"]) for document in documents})


def _text_of(document: Mapping[str, Any]) -> str:  # Any: JSON
    own = document.get("title") or document.get("name") or ""
    said = [text for texts in document.get("translations", {}).values() for text in texts.values()]
    return " ".join([own, *said])


def _why_empty(kind: str) -> str:
    match kind:
        case "programs" | "lessons":
            return f"There are no {kind} yet. Load some with: chaishots seed (the sample content), or seed FILE."
        case "terms":
            return "It has no terms yet."
        case _:
            return f"There are no {kind} yet."


def line_of(
    kind: str,
    document: Mapping[str, Any],  # Any: JSON
    places: Mapping[UUID, TermPlace],
    width: int | None,
) -> str:
    """A line of a list.

    Args:
        kind: of the list, such as `lessons`.
        document: the thing as `content/queries` tell it.
        places: where lessons are.
        width: cells that it may take; None: as many as it needs.
    """
    line = visible(_whole_line(kind, document, places))
    return line if width is None else _cut(line, width)


def _whole_line(kind: str, document: Mapping[str, Any], places: Mapping[UUID, TermPlace]) -> str:  # Any: JSON
    match kind:
        case "terms":
            title = document.get("title") or ""
            return f"{document['term_number']:>4}  {title}".rstrip()
        case "topics":
            count = document["programs"]
            return f"{count:>5,} {'program ' if count == 1 else 'programs'}  {document['name']}"
        case "lessons":
            place = places.get(UUID(document["term_id"]))
            of = f"  ({place.program_title} {place.term_number}.{document['lesson_number']})" if place else ""
            told = f"{document['title']}{of}"
        case "programs":
            told = f"{document['title']}  (/{document['slug']})"
        case "releases":
            told = f"{document['name']}  ({document['lesson_count']} lessons, {document['change_count']} changes)"
            if document["reverted_at"]:
                told += f"; taken back by {document['reverted_by']}, {_told(document['reverted_at'])}"
        case _:
            fields = ", ".join(document["patch"])
            told = f"{document['object_type']} {document.get('title') or ''}: {fields}"
    if refused := document.get("publish_error") or document.get("error"):
        told += f"; refused: {refused}"
    return f"{document['status']:<{_STATUS_CELLS}}  {_moment(document):<{_MOMENT_CELLS}}  {told}"


def _moment(document: Mapping[str, Any]) -> str:  # Any: JSON
    found = (document.get(name) for name in _MOMENTS.get(document["status"], ()))
    if (text := next(filter(None, found), None)) is None:
        return ""
    return _told(text)


def _told(moment: str) -> str:
    there = here(datetime.fromisoformat(moment))
    if not there.utcoffset():
        return f"{there.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    offset = f"{there:%z}"
    return f"{there:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def _cut(line: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    from chaishots.tui.host.cell_measure import measure_as_terminals_do

    measure_as_terminals_do()
    if cell_len(line) <= width:
        return line
    return set_cell_size(line, max(0, width - 1)).rstrip() + "…"
