"""What the catalog viewer's pages show: published content only, in one statement a page.

What a program or lesson is, is read as the catalog reads it (`public_json.py`), texts in all their languages: a page
takes its own, and says in which it can be read. Here is what no answer of the catalog has: the home page's cards, a
lesson with what lies before and after it, the newest lessons, and the list of all addresses.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.answer_format import moment_sql, moments_sql
from chaishots.content.catalog.feed import Cursor
from chaishots.content.catalog.filters import EVERYTHING_PUBLIC, HAS_PLACE, Selection, SortOrder
from chaishots.content.catalog.json_sql import AllTexts
from chaishots.content.catalog.next_moments import ANY_NEXT, ITS, NEXT_OF_ITS, NEXT_OF_PROGRAM, NOW
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.public_fields import LESSON_FIELDS, NEIGHBOURS, PROGRAM_FIELDS, assets_json
from chaishots.content.catalog.public_json import lesson_json, program_json
from chaishots.content.catalog.requested_fields import View
from chaishots.content.catalog.slug_redirects import find_programs_of_slugs, find_slugs_of_programs, or_moved
from chaishots.content.catalog.statements import (
    PROGRAMS_BY_ID,
    TOGETHER,
    WANTED,
    WANTED_SLUGS,
    Rendering,
    Value,
)
from chaishots.content.catalog.what_is_public import (
    PUBLIC_LESSON,
    PUBLIC_PROGRAM,
    PUBLISHED_LESSON,
    published,
)
from chaishots.content.errors import Gone, Moved, NotFound
from chaishots.database.connection import Connection

CARDS: Final = 24
"""Programs on a page: whole rows of two, three, four and six."""
NEWEST: Final = 50
"""Lessons in a feed."""
ADDRESSES: Final = 2_000
"""Programs and lessons in one part of the list of addresses. Each has three addresses at most, and a sitemap may have
50,000; so many are 4 MB, and are rendered at once."""
_TOPICS_SHOWN: Final = 40
_LANGUAGES_OF: Final = 100
"""How many programs, the newest, tell which languages there are to choose from: they are few, and come again."""

_URLS: Final = ("content_urls_by_language", "subtitle_urls_by_language")
_WITHOUT_URLS: Final = View.of(
    PROGRAM_FIELDS,
    ",".join(
        [name for name in PROGRAM_FIELDS if "." not in name and name not in ("terms", "topics")]
        + [
            name
            for name in PROGRAM_FIELDS
            if name.startswith("terms.") and name != "terms.lessons" and not name.endswith(_URLS)
        ]
    ),
    None,
)

# In the snapshot of all else: whatever the feed tells up to there is shown.
_NOW: Final = f"{NOW}, (select array[position, mark] from feed_state join feed_mark using (position)) as feed_head"
_WITHOUT_NEIGHBOURS: Final = View.of(
    LESSON_FIELDS, ",".join(name for name in LESSON_FIELDS if "." not in name and name not in NEIGHBOURS), None
)


def _all_texts(table: str, own: str, **names: str) -> str:
    """Texts of a table as columns, and each in all its languages under another name."""
    return ", ".join(
        f"{table}.{name}, ({AllTexts(table, name, own).sql(None)})::json as {several}"
        for name, several in names.items()
    )


PROGRAM: Final = f"""
    program.id, program.slug, {_all_texts("program", "program.language_primary", title="titles")},
    program.language_primary, program.languages_available, {assets_json("program.posters", "posters")}::json as assets
"""
_DESCRIBED: Final = _all_texts("program", "program.language_primary", description="descriptions")
_TERM: Final = f"term.term_number, {_all_texts('term', 'program.language_primary', title='titles')}"
_LESSON: Final = f"""
    lesson.id, {_all_texts("lesson", "lesson.content_language_primary", title="titles", summary="summaries")},
    lesson.content_type, lesson.duration_ms, lesson.is_paid, lesson.content_language_primary,
    {moments_sql("lesson", "published_at")},
    {assets_json("lesson.thumbnails", "thumbnails")}::json as assets
"""
COUNTED: Final = f"""cross join lateral (
    select count(*) as lesson_count, count(*) filter (where not lesson.is_paid) as free_lesson_count,
           sum(lesson.duration_ms) as total_duration_ms, {moment_sql("max(lesson.published_at)")} as newest_at
      from term join lesson on lesson.term_id = term.id
     where term.program_id = program.id and {PUBLISHED_LESSON}) as its"""
# In which language the name of a topic is, nobody knows.
_TOPICS: Final = """array(
    select row_to_json(about) from (
        select topic.name, topic.translations from program_topic join topic on topic.id = program_topic.topic_id
         where program_topic.program_id = program.id order by lower(topic.name)) as about)"""
# program_slug_pkey (slug)
_NAMED: Final = f"""(
    select named.place, led.program_id as id from {WANTED_SLUGS} cross join lateral (
        select program_id from program_slug where slug = named.slug offset 0) as led) as wanted"""
# What was public once and is no more: archived, of an archived program, or deleted, which only the history knows.
_GONE: Final = """
    select wanted.place from {wanted}
     where coalesce(
        (select {table}.published_at is not null from {table} where {table}.id = wanted.id),
        (select activity.before ->> 'published_at' is not null from activity
          where activity.object_id = wanted.id and activity.action = '{table}.delete'
          order by activity.seq desc limit 1))
"""

# A program is in a language when something of it is, or its title.
_OF_LANGUAGE: Final = """
    and (program.languages_available @> array[$1::text] or program.translations #> array[$1, 'title'] is not null)
"""
_PLACES: Final = f"""
    select program.id as program_id, program.slug, null::uuid as lesson_id, program.languages_available as available,
           program.language_primary as language, program.translations, program.updated_at
      from program where {PUBLIC_PROGRAM}
    union all
    select program.id, program.slug, lesson.id, lesson.content_languages_available, lesson.content_language_primary,
           lesson.translations, lesson.updated_at
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where {PUBLIC_LESSON}
"""
_PARTS: Final = f"""
    select {NOW}, {ANY_NEXT}, row_to_json(shown)::text as document from (
        select count(*) as addresses, max(updated_at) as changed_at from ({_PLACES}) as place) as shown
"""
_PLACED: Final = SortOrder.POSITION.by("program")
_OF_FEATURED: Final = f"""
    and program.id = (select program.id from program where {HAS_PLACE} and {PUBLIC_PROGRAM}
                       order by {_PLACED} limit 1)
"""
_NO_PLACES: Final = '{"places":[]}'
_PART: Final = f"""
    select {NOW}, {ANY_NEXT}, row_to_json(shown)::text as document from (select array(
        select row_to_json(place) from (
            select slug, lesson_id, available, language, updated_at,
                   array(select tag from jsonb_each(translations) as translated (tag, words)
                          where words ? 'title') as translated
              from ({_PLACES}) as place order by program_id, lesson_id nulls first
             limit {ADDRESSES} offset $1) as place) as places) as shown
"""


async def home(connection: Connection, selection: Selection = EVERYTHING_PUBLIC) -> Rendering:
    """The cards of public programs, by position, then newest first: one more than CARDS when there is a next page.

    `{"programs": […], "topics": [{id, name, translations, names}, …], "languages": [tag, …], "newest": a lesson with
    its program, or null}`: each program with `lesson_count`, `free_lesson_count`, `total_duration_ms` (null without a
    video) and `newest_at`. The newest lesson, of the featured program if there is one, is told where nothing is
    filtered and the list begins.

    Args:
        selection: which of them, by position.
    """
    statement, values = home_statement(selection)
    row = await connection.fetchrow(statement, *values)
    assert row is not None  # it always has its row
    return _with_cursor(row)


def home_statement(selection: Selection = EVERYTHING_PUBLIC) -> tuple[str, list[Value]]:
    """The SQL of `home`, and its values."""
    values: list[Value] = [CARDS + 1]
    filters = selection.sql("program", values)
    featured, newest = newest_lesson_json(_OF_FEATURED, 1), newest_lesson_json("", 1)
    newest = "null::json" if filters else f"coalesce({featured}, {newest})"
    return _home(filters, newest), values


# As the page of programs in statements.py: by program_place, backwards. Topics stop at the first program that is
# public. The newest lesson by lesson_published, backwards. A program's published_at is whole, as the
# cursor of the next page is made of it.
def _home(filters: str, newest: str) -> str:
    return f"""
    select {_NOW}, {ANY_NEXT}, row_to_json(shown)::text as document from (select
        array(select row_to_json(card) from (
            select {PROGRAM}, program.published_at, program.position, its.*, {_TOPICS} as topics
              from (select * from program where {PUBLIC_PROGRAM} {filters}
                     order by {_PLACED} limit $1) as program {COUNTED}
             order by {_PLACED}) as card) as programs,
        array(select row_to_json(about) from (
            select topic.id, topic.name, topic.translations,
                   chaishots_topic_names(topic.name, topic.translations) as names
              from topic cross join lateral (
                    select from program_topic join program on program.id = program_topic.program_id
                     where program_topic.topic_id = topic.id and {PUBLIC_PROGRAM} limit 1) as used
             order by lower(topic.name) limit {_TOPICS_SHOWN}) as about) as topics,
        array(select used.tag
                from (select distinct unnest(languages_available) as tag from (
                        select languages_available from program where {PUBLIC_PROGRAM}
                         order by program.published_at desc, program.id desc limit {_LANGUAGES_OF}) as program) as used
               order by used.tag) as languages,
        {newest} as newest) as shown
    """


def newest_lesson_json(filters: str, most: int) -> str:
    """The newest public lessons that pass the filters, each with its program, as JSON: one, or rows for an array."""
    return f"""(
    select row_to_json(newest) from (
        select {_LESSON}, (select row_to_json(its) from (select {PROGRAM}, {_DESCRIBED}) as its) as program
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
         where {PUBLIC_LESSON} {filters}
         order by lesson.published_at desc, lesson.id desc limit {most}) as newest)"""


async def program_pages(connection: Connection, slugs: Sequence[str]) -> list[Rendering | NotFound]:
    """Programs, for at most TOGETHER slugs, in their order; what there is not, as an error, Moved by a former slug.

    `{"program": as the catalog shows it to anybody, without URLs of content, "topics": [{name, translations}, …]}`
    """
    values = [*slugs, *[None] * (TOGETHER - len(slugs))]
    rows = {row["place"]: row for row in await connection.fetch(program_statement(), *values)}
    found = [
        or_moved(_with_cursor(row), slug, row["slug"]) if (row := rows.get(place)) else None
        for place, slug in enumerate(slugs, 1)
    ]
    lost = [slug for slug, each in zip(slugs, found, strict=True) if each is None]
    ids = {asked: to.id for asked, to in (await find_programs_of_slugs(connection, lost)).items()} if lost else {}
    gone = await _gone(connection, "program", [*ids.values()])
    return [each or _missing("program", ids.get(slug) in gone) for slug, each in zip(slugs, found, strict=True)]


async def moved_programs(connection: Connection, ids: Sequence[UUID]) -> list[NotFound]:
    """For at most TOGETHER ids of programs, Moved to its slug, or that there is none."""
    slugs = await find_slugs_of_programs(connection, ids)
    gone = await _gone(connection, "program", [key for key in ids if key not in slugs])
    return [Moved(slugs[key]) if key in slugs else _missing("program", key in gone) for key in ids]


async def lesson_pages(connection: Connection, ids: Sequence[UUID]) -> list[Rendering | NotFound]:
    """Lessons, each with its place, for at most TOGETHER ids, in their order; what there is not, as an error.

    `{"lesson": as the catalog shows it to anybody, "program": {…}, "term": {…}, "previous": …, "next": …}`
    """
    rows = await connection.fetch(lesson_statement(), *ids, *[None] * (TOGETHER - len(ids)))
    found: dict[UUID, Rendering] = {ids[row["place"] - 1]: _with_cursor(row) for row in rows}
    gone = await _gone(connection, "lesson", [key for key in ids if key not in found])
    return [found.get(key) or _missing("lesson", key in gone) for key in ids]


async def newest_lessons(connection: Connection, language: str) -> Rendering:
    """The lessons published last in programs that have a language, each with its program: `{"lessons": […]}`."""
    return await only_row(connection, atom_statement(), language)


async def addresses(connection: Connection) -> Rendering:
    """How many programs and lessons have pages, and when one changed last: `{"addresses": n, "changed_at": …}`."""
    return await only_row(connection, _PARTS)


async def addresses_of(connection: Connection, part: int) -> Rendering | None:
    """One part of the programs and lessons that have pages, counted from 1: `{"places": […]}`; None past the last."""
    rendering = await only_row(connection, _PART, ADDRESSES * (part - 1))
    return None if part > 1 and rendering.document == _NO_PLACES else rendering


async def only_row(connection: Connection, statement: str, *values: Value) -> Rendering:
    """What a statement gives that always has one row."""
    row = await connection.fetchrow(statement, *values)
    assert row is not None  # each of these always has its row
    return Rendering.of(row)


def _with_cursor(row: asyncpg.Record) -> Rendering:
    """What a statement with the feed's head told."""
    position, mark = row["feed_head"] or (0, 0)
    return replace(Rendering.of(row), cursor=str(Cursor(position, mark, 0)))


def gone_statement(table: str) -> str:
    """The SQL that tells which of some ids of a table were public once."""
    return _GONE.format(table=table, wanted=WANTED)


async def _gone(connection: Connection, table: str, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids, at most TOGETHER, of what was public once."""
    if not ids:
        return set()
    rows = await connection.fetch(gone_statement(table), *ids, *[None] * (TOGETHER - len(ids)))
    return {ids[row["place"] - 1] for row in rows}


def _missing(table: str, is_gone: bool) -> NotFound:
    if is_gone:
        return Gone(f"This {table} was taken down.", field="id")
    return NotFound(f"There is no such published {table}.", field="id")


@lru_cache(1)
def program_statement() -> str:
    """The SQL of `program_pages`."""
    program = program_json(Reader.ANYBODY, _WITHOUT_URLS, "")
    return PROGRAMS_BY_ID.format(
        moments=f"{_NOW}, {NEXT_OF_PROGRAM}, program.slug",
        next_of_its=NEXT_OF_ITS,
        program=f"(select row_to_json(page) from (select ({program})::json as program, {_TOPICS} as topics) as page)",
        wanted=_NAMED,
    )


@lru_cache(1)
def lesson_statement() -> str:
    """The SQL of `lesson_pages`."""
    return f"""
    select wanted.place, program.id as program_id, {_NOW}, {NEXT_OF_PROGRAM}, (select row_to_json(page) from (select
            ({lesson_json(Reader.ANYBODY, _WITHOUT_NEIGHBOURS, "")})::json as lesson,
            (select row_to_json(its) from (select {PROGRAM}) as its) as program,
            (select row_to_json(its) from (select {_TERM}) as its) as term,
            {_neighbour("<", "desc")} as previous, {_neighbour(">", "asc")} as next) as page)::text as document
      from {WANTED} join lesson on lesson.id = wanted.id
           join term on term.id = lesson.term_id join program on program.id = term.program_id {ITS}
     where {PUBLIC_LESSON}
    """


# By term_number_unique and lesson_number_unique. What is scheduled in its program may become one.
def _neighbour(comparison: str, order: str) -> str:
    return f"""(
    select row_to_json(neighbour) from (
        select other.id, {_all_texts("other", "other.content_language_primary", title="titles")},
               other.content_language_primary, {moments_sql("other", "published_at")}
          from term as its_term join lesson as other on other.term_id = its_term.id
         where its_term.program_id = program.id and {published("other")}
           and (its_term.term_number, other.lesson_number) {comparison} (term.term_number, lesson.lesson_number)
         order by its_term.term_number {order}, other.lesson_number {order} limit 1) as neighbour)"""


@lru_cache(1)
def atom_statement() -> str:
    """The SQL of `newest_lessons`."""
    return f"""
    select {NOW}, {ANY_NEXT}, row_to_json(shown)::text as document
      from (select array{newest_lesson_json(_OF_LANGUAGE, NEWEST)} as lessons) as shown
    """
