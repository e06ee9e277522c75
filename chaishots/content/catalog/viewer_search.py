"""What the catalog viewer's search finds: public programs and lessons together, in one answer."""

from typing import Final

from chaishots.content.catalog.filters import Selection, Value
from chaishots.content.catalog.next_moments import ANY_NEXT, NOW
from chaishots.content.catalog.statements import Rendering
from chaishots.content.catalog.viewer_pages import COUNTED, PROGRAM, newest_lesson_json, only_row
from chaishots.content.catalog.what_is_public import PUBLIC_PROGRAM
from chaishots.database.connection import Connection

PROGRAMS: Final = 12
LESSONS: Final = 24
"""How many are shown; who wants others adds a word."""
_NOTHING: Final = "and false"


async def search(connection: Connection, words: tuple[str, ...]) -> Rendering:
    """The public programs and lessons that have words, newest first; one more than is shown where there are others.

    `{"programs": […], "lessons": [with its program, …]}`: programs as on the home page, without topics.

    Args:
        words: as `search_of` gives them; without any, nothing is found.
    """
    are_common = False
    if words:
        asked, values = Selection(words=words).common_statement(LESSONS + 1)
        are_common = await connection.fetchval(asked, *values)
    statement, values = search_statement(words, are_common=are_common)
    return await only_row(connection, statement, *values)


def search_statement(words: tuple[str, ...], *, are_common: bool = False) -> tuple[str, list[Value]]:
    """The SQL of `search`, and its values; `are_common`: as `Selection.sql` takes it."""
    values: list[Value] = []
    selection = Selection(words=words)
    of_programs = selection.sql("program", values) or _NOTHING
    of_lessons = selection.sql("lesson", values, are_common=are_common) or _NOTHING
    return _search(of_programs, of_lessons), values


# As the home page reads programs, and the feed lessons.
def _search(of_programs: str, of_lessons: str) -> str:
    return f"""
    select {NOW}, {ANY_NEXT}, row_to_json(shown)::text as document from (select
        array(select row_to_json(found) from (
            select {PROGRAM}, its.*, program.published_at
              from (select * from program where {PUBLIC_PROGRAM} {of_programs}
                     order by program.published_at desc, program.id desc limit {PROGRAMS + 1}) as program {COUNTED}
             order by program.published_at desc, program.id desc) as found) as programs,
        array{newest_lesson_json(of_lessons, LESSONS + 1)} as lessons) as shown
    """
