"""The public read model: published lessons of published programs, and nothing else.

Postgres builds the nested JSON, in one statement an answer; what comes back is text, ready to be sent. A program is
public when it is published and has at least one published lesson.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from chaishots.content.errors import InvalidContent, NotFound
from chaishots.database.connection import Connection

_PUBLIC: Final = """
    program.status = 'published' and exists (
        select from term join lesson on lesson.term_id = term.id
         where term.program_id = program.id and lesson.status = 'published')
"""


class Reader(Enum):
    """Who reads; the value says, in SQL, of which lessons the URLs are withheld: left out, key and all."""

    ANYBODY = "lesson.is_paid"
    TOKEN_HOLDER = "false"  # noqa: S105  # no secret


# row_to_json writes the columns of an inner select, in their order and without a space; json_build_object and json_agg
# take twice as long and a tenth more bytes.
_LESSON: Final = """
    case when {withheld}
        then (select row_to_json(shown) from (select {first}, {middle}, {last}) as shown)
        else (select row_to_json(shown) from (select
                {first}, lesson.content_urls as content_urls_by_language,
                {middle}, lesson.subtitle_urls as subtitle_urls_by_language, {last}) as shown)
    end
"""
_LESSON_FIRST: Final = """
    lesson.id, lesson.lesson_number, lesson.title, lesson.content_type, lesson.duration_ms, lesson.is_paid,
    lesson.content_language_primary, lesson.content_languages_available
"""
_LESSON_MIDDLE: Final = "array(select jsonb_object_keys(lesson.subtitle_urls) order by 1) as subtitle_languages"
_LESSON_LAST: Final = "jsonb_build_object('thumbnails', lesson.thumbnails) as assets, lesson.published_at"


def _lesson(reader: Reader, more: str = "") -> str:
    last = _LESSON_LAST + more
    return _LESSON.format(withheld=reader.value, first=_LESSON_FIRST, middle=_LESSON_MIDDLE, last=last)


# lesson_number_unique (term_id, lesson_number) and term_number_unique (program_id, term_number) serve the branches.
_PROGRAM: Final = """
    (select row_to_json(shown) from (select
        program.id, program.title, program.description, program.language_primary, program.languages_available,
        array(select topic.name from program_topic join topic on topic.id = program_topic.topic_id
               where program_topic.program_id = program.id order by lower(topic.name)) as topics,
        jsonb_build_object('posters', program.posters) as assets, program.published_at, program.updated_at,
        array(select row_to_json(branch) from (select
                term.id, term.term_number, term.title,
                array(select {lesson} from lesson where lesson.term_id = term.id and lesson.status = 'published'
                       order by lesson.lesson_number) as lessons
                from term where term.program_id = program.id order by term.term_number) as branch) as terms
    ) as shown)
"""


def _program(reader: Reader) -> str:
    return _PROGRAM.format(lesson=_lesson(reader))


# idx_program_status_… (status, published_at, id), backwards; a topic's programs by program_topic_of_topic.
_PROGRAMS: Final = {
    reader: f"""
    select {_program(reader)}::text as document, program.published_at, program.id
      from program where {_PUBLIC} {{filters}}
     order by program.published_at desc, program.id desc limit $1
"""
    for reader in Reader
}
_AFTER: Final = "and (program.published_at, program.id) < ({}, {})"
_LANGUAGE: Final = "and program.languages_available @> array[{}]"
_TOPIC: Final = """
    and program.id in (
        select program_topic.program_id from topic join program_topic on program_topic.topic_id = topic.id
         where lower(topic.name) = lower({}))
"""

_ONE_PROGRAM: Final = {
    reader: f"select {_program(reader)}::text from program where program.id = $1 and {_PUBLIC}" for reader in Reader
}

_OF_LESSON: Final = ", term.id as term_id, program.id as program_id"
_ONE_LESSON: Final = {
    reader: f"""
    select ({_lesson(reader, _OF_LESSON)})::text
      from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
     where lesson.id = $1 and lesson.status = 'published' and program.status = 'published'
"""
    for reader in Reader
}

_TOPICS: Final = f"""
    select row_to_json(shown)::text from (select array(
        select row_to_json(used) from (
            select topic.id, topic.name, count(*) as programs
              from topic join program_topic on program_topic.topic_id = topic.id
                         join program on program.id = program_topic.program_id
             where {_PUBLIC} group by topic.id order by lower(topic.name)
        ) as used) as topics) as shown
"""


@dataclass(frozen=True)
class Place:
    """Where in the list, newest first, a page ended."""

    published_at: datetime
    program_id: UUID

    def cursor(self) -> str:
        """The place as an opaque text for the next request's `cursor`."""
        text = f"{self.published_at.isoformat()} {self.program_id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """The place that a cursor stands for. Raises: InvalidContent when it was not made by `cursor`."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
            published_at, _, program_id = text.partition(" ")
            place = cls(datetime.fromisoformat(published_at), UUID(program_id))
        except (ValueError, binascii.Error):
            place = None
        if (
            place is None
            or place.cursor() != cursor
            or place.published_at.utcoffset() != timedelta(0)
            or not 1970 <= place.published_at.year < 9000
        ):
            raise InvalidContent(
                "Use next_cursor of the page before, as it was given; leave it out to begin.", field="cursor"
            )
        return place


async def programs(
    connection: Connection,
    *,
    limit: int,
    language: str | None = None,
    topic: str | None = None,
    after: Place | None = None,
    reader: Reader = Reader.ANYBODY,
) -> str:
    """A page of public programs, newest first: `{"programs": […], "next_cursor": …}`.

    Args:
        limit: programs, 1 to 100.
        language: only programs available in it.
        topic: only programs about the topic of this name, whatever its case.
        after: where the page before ended.
        reader: only who holds a token gets the URLs of paid lessons.
    """
    filters, values = _filters(limit=limit, language=language, topic=topic, after=after)
    rows = await connection.fetch(_PROGRAMS[reader].format(filters=filters), *values)
    documents = ",".join(row["document"] for row in rows[:limit])
    more = len(rows) > limit
    cursor = Place(rows[limit - 1]["published_at"], rows[limit - 1]["id"]).cursor() if more else None
    return f'{{"programs":[{documents}],"next_cursor":{json.dumps(cursor)}}}'


async def program(connection: Connection, program_id: UUID, *, reader: Reader = Reader.ANYBODY) -> str:
    """A public program with its terms and published lessons. Raises: NotFound."""
    document = await connection.fetchval(_ONE_PROGRAM[reader], program_id)
    if document is None:
        raise NotFound("There is no published program with this id.", field="id")
    return document


async def lesson(connection: Connection, lesson_id: UUID, *, reader: Reader = Reader.ANYBODY) -> str:
    """A published lesson of a published program, with the ids of its term and program. Raises: NotFound."""
    document = await connection.fetchval(_ONE_LESSON[reader], lesson_id)
    if document is None:
        raise NotFound("There is no published lesson with this id.", field="id")
    return document


async def topics(connection: Connection) -> str:
    """The topics that public programs have, by name, each with the number of them: `{"topics": […]}`."""
    return await connection.fetchval(_TOPICS)


def _filters(
    *, limit: int, language: str | None, topic: str | None, after: Place | None
) -> tuple[str, list[int | str | datetime | UUID]]:
    # One more than asked for tells whether there is a next page.
    values: list[int | str | datetime | UUID] = [limit + 1]
    filters = ""
    for condition, wanted in (
        (_AFTER, (after.published_at, after.program_id) if after else None),
        (_LANGUAGE, (language,) if language else None),
        (_TOPIC, (topic,) if topic else None),
    ):
        if wanted:
            filters += condition.format(*(f"${len(values) + place}" for place in range(1, len(wanted) + 1)))
            values.extend(wanted)
    return filters, values
