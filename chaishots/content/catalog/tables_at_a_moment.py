"""The tables as they will be at a later moment, as SQL, and a connection on which the catalog's statements read them.

Knows what the publisher will do until then: which scheduled changes it applies, which lessons and draft programs it
makes public, and what keeps lessons back. Supposes that each change is applied that was not refused yet, but for those
of which it is told that they will be (`blocked_changes.py` finds them), and that nobody edits. Where no change waits,
the tables are read as they are, by the same keys: what will be otherwise stands apart, and each name is both together.
Must not know what is shown of it.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

import asyncpg

from chaishots.content.catalog.next_moments import ANY_NEXT, NEXT_OF_PROGRAM, NEXT_UNTOLD
from chaishots.content.errors import InvalidContent
from chaishots.content.stored_refusals import is_refused
from chaishots.database.connection import Connection

if TYPE_CHECKING:  # who only rehearses never loads the models, which take long
    from chaishots.content.models import Lesson, Program

_LAST_YEAR: Final = 9000

# Programs in which the publisher refuses to publish; lifecycle.program_obstacle says the same, with what to do.
SHUT: Final = """
    shut as materialized (
        select id from program_then as program
         where status = 'archived'
            or status = 'draft' and not chaishots_has_required_variants(posters, language_primary)
    )
"""

# Releases that the publisher refuses as a whole, for what one of their lessons lacks, or for one of their changes.
# lesson_of_release (release_id), change_of_release (release_id).
_STUCK: Final = f"""
    stuck as materialized (
        select release.id from release
         where release.status = 'scheduled' and ({is_refused("release")} or exists (
            select from lesson join term on term.id = lesson.term_id
              join program_then as program on program.id = term.program_id
             where lesson.release_id = release.id and lesson.status = 'scheduled'
               and ({is_refused("lesson")} or program.status = 'archived'
                    or program.status = 'draft'
                       and not chaishots_has_required_variants(program.posters, program.language_primary)))
             or exists (select from change where change.release_id = release.id and change.status = 'scheduled'
                           and ({is_refused("change")} or change.id = any({{refused}}))))
    )
"""
FREE: Final = "(lesson.release_id is null or lesson.release_id not in (select id from stuck))"

# Of a release that is refused, or another of whose changes is, none comes.
_COMING: Final = f"""
    change.status = 'scheduled' and change.apply_at <= {{at}} and not {is_refused("change")}
    and change.id <> all({{refused}}) and (change.release_id is null or not exists (
        select from release where release.id = change.release_id and ({is_refused("release")} or exists (
            select from change as other where other.release_id = release.id and other.status = 'scheduled'
               and {is_refused("change", named="other")}))))
"""
# change_of_object (object_id, apply_at, id); all that waits by change_due.
_CHANGED: Final = f"""
    changed_{{table}} as materialized (
        select shown.* from (
            select object_id, jsonb_agg(patch order by apply_at, id) as patches, max(apply_at) as at from change
             where object_type = '{{table}}' and {_COMING} group by object_id) as coming
          join {{table}} on {{table}}.id = coming.object_id cross join lateral jsonb_populate_record(
            {{table}}, chaishots_patched(to_jsonb({{table}}), patches) {{touched}}) as shown
    ), {{table}}_then as not materialized (
        select * from {{table}} where id not in (select id from changed_{{table}})
         union all select * from changed_{{table}}
    )
"""
_TOUCHED: Final = "|| jsonb_build_object('updated_at', greatest({table}.updated_at, coming.at))"
_TOPICS: Final = f"""
    topics_set as materialized (
        select distinct on (object_id) object_id as program_id, patch -> 'topics' as names from change
         where object_type = 'program' and patch ? 'topics' and {_COMING} order by object_id, apply_at desc, id desc
    ), new_topic as materialized (
        select chaishots_uuid7() as id, min(name) as name, '{{}}'::jsonb as translations, 1 as version
          from topics_set cross join jsonb_array_elements_text(names) as name
         where not exists (select from topic where lower(topic.name) = lower(name.name)) group by lower(name)
    ), topic_then as not materialized (
        select id, name, translations, version from topic
         union all select id, name, translations, version from new_topic
    ), program_topic_then as not materialized (
        select program_id, topic_id from program_topic where program_id not in (select program_id from topics_set)
         union all
        select topics_set.program_id, topic_then.id from topics_set cross join jsonb_array_elements_text(names) as name
          join topic_then on lower(topic_then.name) = lower(name.name)
    )
"""

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


def coming(at: str, refused: str) -> str:
    """The condition that a row of `change` is applied by a moment. at, refused: as in `changed_tables`."""
    return _COMING.format(at=at, refused=refused)


def stuck(refused: str) -> str:
    """An expression of WITH, behind `changed_tables`: releases that will be refused. refused: as there."""
    return _STUCK.format(refused=refused)


def changed_tables(at: str, refused: str) -> str:
    """Expressions of WITH: `program_then`, `term_then`, `lesson_then`, as of a moment.

    Args:
        at: that moment, in SQL. refused: ids of changes that will be refused, as an array in SQL.
    """
    return ", ".join(
        _CHANGED.format(
            table=table, at=at, refused=refused, touched="" if table == "term" else _TOUCHED.format(table=table)
        )
        for table in ("program", "term", "lesson")
    )


def changed_topics(at: str, refused: str) -> str:
    """The same of `topic_then` and `program_topic_then`."""
    return _TOPICS.replace("{at}", at).replace("{refused}", refused)


@asynccontextmanager
async def one_snapshot(connection: Connection, at: datetime, field: str) -> AsyncGenerator[datetime]:
    """Read one snapshot in the block, and what it is now by the database's clock.

    Args:
        at: the moment that is asked for. field: what it is called where it was asked for.
    Raises: InvalidContent for a moment without an offset, one that has passed, or one too far off.
    """
    if at.tzinfo is None:
        raise InvalidContent("Give the time with its offset, such as 2030-01-31T09:00:00+05:30.", field=field)
    if at.year >= _LAST_YEAR:
        raise InvalidContent(f"Give a time before the year {_LAST_YEAR}.", field=field)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        now = await connection.fetchval("select now()")
        if at < now:
            raise InvalidContent(
                "This time has passed: choose a later one; the catalog shows what is now.", field=field
            )
        yield now


class _Foreseen:
    """A connection for the catalog's statements, on which `program` and `lesson` are as they will be at a moment."""

    def __init__(self, connection: Connection, at: datetime, refused: Sequence[UUID]) -> None:
        self._connection = connection
        self._moment = at, refused

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:  # Any: as asyncpg takes them
        return await self._connection.fetch(self._statement(sql, values), *values, *self._moment)

    async def fetchrow(self, sql: str, *values: Any) -> asyncpg.Record | None:  # Any: as asyncpg takes them
        return await self._connection.fetchrow(self._statement(sql, values), *values, *self._moment)

    async def fetchval(self, sql: str, *values: Any) -> Any:  # Any: as asyncpg takes and gives them
        return await self._connection.fetchval(self._statement(sql, values), *values, *self._moment)

    def _statement(self, sql: str, values: Sequence[Any]) -> str:
        from chaishots.content.models import Lesson, Program

        at, refused = f"${len(values) + 1}::timestamptz", f"${len(values) + 2}::uuid[]"
        return _FORESEEN.format(
            program_columns=_columns(Program, "status", "published_at", "updated_at"),
            lesson_columns=_columns(Lesson, "status", "published_at", "updated_at"),
            changed=f"{changed_tables(at, refused)}, {changed_topics(at, refused)}",
            stuck=stuck(refused),
            free=FREE,
            refused=is_refused("lesson"),
            at=at,
            # What changes next is asked of no preview, and would read all lessons for it.
            sql=sql.replace(ANY_NEXT, NEXT_UNTOLD).replace(NEXT_OF_PROGRAM, NEXT_UNTOLD),
        )


def foreseen(connection: Connection, at: datetime, refused: Sequence[UUID]) -> Connection:
    """A connection on which the catalog's statements read what will be at a moment, by its `fetch…` alone.

    Args:
        connection: in a transaction whose `now()` is not later than the moment.
        refused: the changes that will be refused by then.
    """
    # cast: the catalog only fetches, and it shall not know of previews.
    return cast("Connection", _Foreseen(connection, at, refused))


def _columns(model: "type[Program | Lesson]", *left_out: str) -> str:
    # Tortoise types it loosely, and knows of foreign keys once a pool was opened. Any: a column's name, type and more.
    table = cast("dict[str, Any]", model.describe(serializable=False))  # pyright: ignore[reportUnknownMemberType]
    names = [field["db_column"] for field in (table["pk_field"], *table["data_fields"])]
    return ", ".join(f"{table['table']}.{name}" for name in names if name not in left_out)
