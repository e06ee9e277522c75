"""A connection for the catalog's statements, on which the tables are as they will be at a moment.

Knows what the publisher will do; must not know what is shown of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

import asyncpg

from chaishots.content.catalog.next_moments import ANY_NEXT, NEXT_OF_PROGRAM, NEXT_UNTOLD
from chaishots.content.catalog.preview_tables import FREE, STUCK, changed_tables, changed_topics
from chaishots.content.stored_refusals import is_refused
from chaishots.database.connection import Connection

if TYPE_CHECKING:  # who only rehearses never loads the models, which take long
    from chaishots.content.models import Lesson, Program

# Around a statement of the catalog, this stands in for the two tables: there, names of WITH go before names of tables.
# Inside, both read the tables themselves, as a query of WITH sees only those before it. Temporary views would do too,
# but write to Postgres' own catalog, and a prepared statement would not notice them. A lesson of a program that stays
# hidden may count as published here: the catalog shows public programs alone.
# lesson_number_unique (term_id, lesson_number) and term_number_unique (program_id, term_number) find a draft's first.
_FORESEEN: Final = """
    with {changed}, {stuck}, program as not materialized (
        select {program_columns},
               case when opening.at is null then program.status else 'published' end as status,
               coalesce(program.published_at, opening.published_at) as published_at,
               coalesce(opening.at, program.updated_at) as updated_at
          from program_then as program left join lateral (
               select lesson.publish_at as at, coalesce(lesson.published_at, lesson.publish_at) as published_at
                 from term_then as term join lesson_then as lesson on lesson.term_id = term.id
                where program.status = 'draft'
                  and chaishots_has_required_variants(program.posters, program.language_primary)
                  and term.program_id = program.id
                  and lesson.status = 'scheduled' and lesson.publish_at <= {at} and not {refused}
                  and {free}
                  and (lesson.archive_at is null or lesson.archive_at > now())
                order by 1, 2 limit 1) as opening on true
    ), lesson as not materialized (
        select {lesson_columns},
               case when lesson.status in ('scheduled', 'published') and lesson.archive_at <= {at} then 'archived'
                    when lesson.status = 'scheduled' and lesson.publish_at <= {at} and not {refused}
                         and {free}
                    then 'published' else lesson.status end as status,
               coalesce(lesson.published_at, lesson.publish_at) as published_at,
               case when lesson.status = 'scheduled' and lesson.publish_at <= {at}
                    then greatest(lesson.publish_at, lesson.updated_at) else lesson.updated_at end as updated_at
          from lesson_then as lesson
    ), term as not materialized (select * from term_then),
    topic as not materialized (select * from topic_then),
    program_topic as not materialized (select * from program_topic_then),
    program_slug as not materialized (
        select slug, program_id from program_slug
         union all
        select slug, id from changed_program where slug not in (select slug from program_slug)
    )
    ({sql})
"""


class _Foreseen:
    """A connection for the catalog's statements, on which `program` and `lesson` are as they will be at a moment."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self._at = at

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:  # Any: as asyncpg takes them
        return await self._connection.fetch(self._statement(sql, values), *values, self._at)

    async def fetchrow(self, sql: str, *values: Any) -> asyncpg.Record | None:  # Any: as asyncpg takes them
        return await self._connection.fetchrow(self._statement(sql, values), *values, self._at)

    async def fetchval(self, sql: str, *values: Any) -> Any:  # Any: as asyncpg takes and gives them
        return await self._connection.fetchval(self._statement(sql, values), *values, self._at)

    def _statement(self, sql: str, values: Sequence[Any]) -> str:
        from chaishots.content.models import Lesson, Program

        at = f"${len(values) + 1}::timestamptz"
        return _FORESEEN.format(
            program_columns=_columns(Program, "status", "published_at", "updated_at"),
            lesson_columns=_columns(Lesson, "status", "published_at", "updated_at"),
            changed=f"{changed_tables(at)}, {changed_topics(at)}",
            stuck=STUCK,
            free=FREE,
            refused=is_refused("lesson"),
            at=at,
            # What changes next is asked of no preview, and would read all lessons for it.
            sql=sql.replace(ANY_NEXT, NEXT_UNTOLD).replace(NEXT_OF_PROGRAM, NEXT_UNTOLD),
        )


def foreseen(connection: Connection, at: datetime) -> Connection:
    """A connection on which the catalog's statements read what will be at a moment, by its `fetch…` alone.

    Args:
        connection: in a transaction whose `now()` is not later than the moment.
    """
    # cast: the catalog only fetches, and it shall not know of previews.
    return cast("Connection", _Foreseen(connection, at))


def _columns(model: "type[Program | Lesson]", *left_out: str) -> str:
    # Tortoise types it loosely, and knows of foreign keys once a pool was opened. Any: a column's name, type and more.
    table = cast("dict[str, Any]", model.describe(serializable=False))  # pyright: ignore[reportUnknownMemberType]
    names = [field["db_column"] for field in (table["pk_field"], *table["data_fields"])]
    return ", ".join(f"{table['table']}.{name}" for name in names if name not in left_out)
