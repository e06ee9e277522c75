"""Programs, terms, lessons and topics as the CMS shows them: in any state, each with its status and version.

The public read model is `content/catalog`; this one shows the columns as editing takes them. Postgres writes the JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content import answer_format, paging
from chaishots.content.errors import NotFound
from chaishots.content.field_kinds import Writer, written_by
from chaishots.content.fields import LESSON, MAP_NAMES
from chaishots.content.lifecycle import (
    LessonFacts,
    Obstacle,
    ProgramFacts,
    ProgramStatus,
    Status,
    publish_obstacles,
)
from chaishots.content.queries.lesson_filter import LessonFilter
from chaishots.content.stored_refusals import reason
from chaishots.content.text_normalisation import containing, is_like
from chaishots.database.connection import Connection


@dataclass(frozen=True)
class Document:
    """One thing as JSON text, and the version that its ETag tells."""

    text: str
    version: int


_PICTURES: Final = (
    "coalesce(case when {0}::text like '%/pictures/%' then chaishots_pictures({0}) end, jsonb_build_object())"
)
_PROGRAM: Final = f"""
    select row_to_json(shown)::text as document, shown.version, shown.id from (
        select program.id, program.title, program.description,
               {answer_format.compact_sql("program.translations")} as translations, program.slug,
               program.former_slugs, program.language_primary,
               program.languages_available,
               array(select topic.name from program_topic join topic on topic.id = program_topic.topic_id
                      where program_topic.program_id = program.id order by lower(topic.name)) as topics,
               {answer_format.compact_sql("program.posters")} as posters, program.position,
               program.shows_coming_soon, program.status,
               {answer_format.moments_sql("program", "published_at", "created_at", "updated_at")}, program.version,
               {answer_format.compact_sql("chaishots_picture_hints('posters', program.posters)")} as hints,
               {answer_format.compact_sql(_PICTURES.format("program.posters"))} as pictures
          from program where {{condition}} order by program.id desc limit $1) as shown
"""
_PROGRAM_TEXT: Final = is_like("program.title || ' ' || program.description")
_TERM: Final = f"""
    select row_to_json(shown)::text as document, shown.version, shown.term_number from (
        select term.id, term.program_id, term.term_number, term.title,
               {answer_format.compact_sql("term.translations")} as translations, term.version
          from term where {{condition}} order by term.term_number limit $1) as shown
"""
_TOPIC: Final = f"""
    select row_to_json(shown)::text as document, shown.version, shown.name from (
        select topic.id, topic.name, {answer_format.compact_sql("topic.translations")} as translations, topic.version,
               (select count(*) from program_topic where topic_id = topic.id) as programs
          from topic where {{condition}} order by lower(topic.name) limit $1) as shown
"""
_EDITED: Final = ", ".join(
    f"{answer_format.compact_sql(f'lesson.{name}')} as {name}" if name in MAP_NAMES else f"lesson.{name}"
    for name in written_by(Writer.EDITOR, LESSON)
    if name not in ("archive_at", "archive_zone")
)
_LESSON_COLUMNS: Final = f"""
    lesson.id, term.program_id, lesson.term_id, {_EDITED}, lesson.status,
    {answer_format.moments_sql("lesson", "publish_at")}, lesson.publish_zone,
    {answer_format.moments_sql("lesson", "published_at", "archive_at")}, lesson.archive_zone, lesson.release_id,
    {reason("lesson")} as publish_error, {answer_format.moments_sql("lesson", "created_at", "updated_at")},
    lesson.version
"""
_LESSONS: Final = f"""
    select row_to_json(shown)::text as document, shown.version, shown.lesson_number from (
        select {_LESSON_COLUMNS} from lesson join term on term.id = lesson.term_id
         where {{condition}} order by lesson.lesson_number limit $1) as shown
"""
_ALL_LESSONS: Final = f"""
    select row_to_json(shown)::text as document, shown.version, shown.id from (
        select {_LESSON_COLUMNS} from lesson join term on term.id = lesson.term_id
         where {{condition}} order by lesson.id desc limit $1) as shown
"""
_STATES: Final = f"""
    select (select row_to_json(shown) from (
               select lesson.id, lesson.term_id, lesson.lesson_number, lesson.title, lesson.status,
                      {answer_format.moments_sql("lesson", "publish_at")}, lesson.publish_zone,
                      {answer_format.moments_sql("lesson", "published_at")}, lesson.version) as shown
           )::text as document
      from unnest($1::uuid[]) with ordinality as wanted (id, place) join lesson on lesson.id = wanted.id
     order by wanted.place
"""
_LESSON_WITH_PROGRAM: Final = f"""
    select row_to_json(shown)::text as document, shown.*, program.status as program_status,
           program.language_primary as program_language, program.posters as program_posters
      from (select {_LESSON_COLUMNS},
                   {answer_format.compact_sql("chaishots_picture_hints('thumbnails', lesson.thumbnails)")} as hints,
                   {answer_format.compact_sql(_PICTURES.format("lesson.thumbnails"))} as pictures
              from lesson join term on term.id = lesson.term_id where lesson.id = $1) as shown
      join program on program.id = shown.program_id
"""


async def program(connection: Connection, program_id: UUID) -> Document:
    """A program in any state, with its topics. Raises: NotFound."""
    return await _one(connection, _PROGRAM.format(condition="program.id = $2"), program_id, "program")


async def programs(
    connection: Connection,
    window: paging.Window,
    *,
    status: ProgramStatus | None = None,
    language: str | None = None,
    topic: str | None = None,
    text: str | None = None,
    words: Sequence[str] = (),
) -> paging.Page:
    """Programs in any state, the newest made first; `text` is looked for in titles and descriptions, and each word."""
    conditions: list[tuple[str, Any]] = [
        ("program.id < {}", window.place(UUID)),
        ("program.status = {}", status and status.value),
        ("program.languages_available @> array[{}]", language),
        (
            """exists (select from program_topic join topic on topic.id = program_topic.topic_id
                        where program_topic.program_id = program.id and lower(topic.name) = lower({}))""",
            topic,
        ),
        (_PROGRAM_TEXT, text and containing(text)),
        *((_PROGRAM_TEXT, containing(word)) for word in words),
    ]
    return await paging.page(connection, _PROGRAM, conditions, window, sorted_by=("id",))


async def term(connection: Connection, term_id: UUID) -> Document:
    """A term. Raises: NotFound."""
    return await _one(connection, _TERM.format(condition="term.id = $2"), term_id, "term")


async def terms(connection: Connection, program_id: UUID, window: paging.Window) -> paging.Page:
    """The terms of a program, by number. Raises: NotFound when there is no such program."""
    await program(connection, program_id)
    conditions: list[tuple[str, Any]] = [
        ("term.program_id = {}", program_id),
        ("term.term_number > {}::bigint", window.place(paging.number)),
    ]
    return await paging.page(connection, _TERM, conditions, window, sorted_by=("term_number",))


async def lesson(connection: Connection, lesson_id: UUID) -> Document:
    """A lesson in any state, with `blockers`: what keeps it from being published. Raises: NotFound."""
    row = await connection.fetchrow(_LESSON_WITH_PROGRAM, lesson_id)
    if row is None:
        raise NotFound("There is no lesson with this id.", field="id")
    named = [{"field": obstacle.field, "message": obstacle.text} for obstacle in _obstacles(row)]
    blockers = answer_format.compact(named)
    return Document(f'{row["document"][:-1]},"blockers":{blockers}}}', row["version"])


async def lessons(
    connection: Connection,
    term_id: UUID,
    window: paging.Window,
    *,
    status: Status | None = None,
    text: str | None = None,
    words: Sequence[str] = (),
) -> paging.Page:
    """The lessons of a term in any state, by number; `text` is looked for in titles, `words` as LessonFilter does.

    Raises: NotFound when there is no such term.
    """
    await term(connection, term_id)
    conditions: list[tuple[str, Any]] = [
        ("lesson.term_id = {}", term_id),
        ("lesson.lesson_number > {}::bigint", window.place(paging.number)),
        ("lesson.status = {}", status and status.value),
        (is_like("lesson.title"), text and containing(text)),
        *LessonFilter(words=words).conditions(),
    ]
    return await paging.page(connection, _LESSONS, conditions, window, sorted_by=("lesson_number",))


async def all_lessons(connection: Connection, wanted: LessonFilter, window: paging.Window) -> paging.Page:
    """The lessons of all programs, in any state, the newest made first."""
    conditions = [("lesson.id < {}", window.place(UUID)), *wanted.conditions()]
    return await paging.page(connection, _ALL_LESSONS, conditions, window, sorted_by=("id",))


async def lesson_states(connection: Connection, ids: Sequence[UUID]) -> list[str]:
    """Where lessons stand, in the order of the ids, as JSON texts."""
    return [row["document"] for row in await connection.fetch(_STATES, ids)]


async def topic(connection: Connection, topic_id: UUID) -> Document:
    """A topic, with the number of programs that have it. Raises: NotFound."""
    return await _one(connection, _TOPIC.format(condition="topic.id = $2"), topic_id, "topic")


async def topics(connection: Connection, window: paging.Window) -> paging.Page:
    """Every topic, by name, used or not."""
    conditions: list[tuple[str, Any]] = [("lower(topic.name) > lower({})", window.place(paging.text))]
    return await paging.page(connection, _TOPIC, conditions, window, sorted_by=("name",))


async def _one(connection: Connection, sql: str, key: UUID, name: str) -> Document:
    row = await connection.fetchrow(sql, 1, key)
    if row is None:
        raise NotFound(f"There is no {name} with this id.", field="id")
    return Document(row["document"], row["version"])


def _obstacles(row: asyncpg.Record) -> list[Obstacle]:
    of_lesson = LessonFacts(
        Status(row["status"]),
        row["content_language_primary"],
        json.loads(row["content_urls"]),
        json.loads(row["thumbnails"]),
    )
    of_program = ProgramFacts(
        ProgramStatus(row["program_status"]), row["program_language"], json.loads(row["program_posters"])
    )
    return publish_obstacles(of_lesson, of_program)
