"""The public lessons as a list, whatever program they are in."""

from typing import Final

from chaishots.content.catalog.filters import EVERYTHING_PUBLIC, Selection, Value
from chaishots.content.catalog.next_moments import ANY_NEXT, NOW
from chaishots.content.catalog.paid_lessons import Reader
from chaishots.content.catalog.public_json import lesson_json
from chaishots.content.catalog.requested_fields import EVERYTHING, View
from chaishots.content.catalog.statements import Rendering, page_of
from chaishots.content.catalog.what_is_public import PUBLIC_LESSON
from chaishots.database.connection import Connection

# lesson_published (published_at, id) where published, backwards.
_LESSONS: Final = f"""
    select {{moments}}, page.*
      from (select) as always left join (
        select ({{lesson}})::text as document, lesson.published_at, lesson.id
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
         where {PUBLIC_LESSON} {{filters}}
         order by lesson.published_at {{direction}}, lesson.id {{direction}} limit $1) as page on true
     order by page.published_at {{direction}}, page.id {{direction}}
"""


async def lessons(
    connection: Connection,
    *,
    limit: int,
    selection: Selection = EVERYTHING_PUBLIC,
    reader: Reader = Reader.ANYBODY,
    view: View = EVERYTHING,
) -> Rendering:
    """A page of public lessons, each as it is by itself: `{"lessons": […], "next_cursor": …}`.

    Args:
        limit: lessons, 1 to 100.
        selection, reader, view: as `statements.programs` takes them.
    """
    are_common = False
    if selection.words:
        statement, values = selection.common_statement(limit + 1)
        are_common = await connection.fetchval(statement, *values)
    statement, values = lessons_statement(
        limit=limit, selection=selection, reader=reader, view=view, are_common=are_common
    )
    return page_of("lessons", await connection.fetch(statement, *values), limit)


def lessons_statement(
    *,
    limit: int,
    selection: Selection = EVERYTHING_PUBLIC,
    reader: Reader = Reader.ANYBODY,
    view: View = EVERYTHING,
    are_common: bool = False,
) -> tuple[str, list[Value]]:
    """The SQL of `lessons`, and its values; `are_common`: as `Selection.sql` takes it."""
    # One more than asked for tells whether there is a next page.
    values: list[Value] = [limit + 1]
    filters = selection.sql("lesson", values, are_common=are_common)
    statement = _LESSONS.format(
        moments=f"{NOW}, {ANY_NEXT}",
        lesson=lesson_json(reader, view, f"${len(values) + 1}"),
        filters=filters,
        direction=selection.order.direction,
    )
    return statement, [*values, *([[*view.prefer]] if view.prefer else [])]
