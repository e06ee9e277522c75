"""The world of a test, made by plain SQL as with psql; what the test does not care about is filled in."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from chaishots.database.connection import Connection

ASSETS = {"en": {"portrait": "https://cdn.example.com/p.jpg", "landscape": "https://cdn.example.com/l.jpg"}}
URLS = {"en": "https://cdn.example.com/en.mp4"}
A_MOMENT_AGO = timedelta(seconds=-1)
AN_HOUR = timedelta(hours=1)

_numbers = count(1)


async def a_program(sql: Connection, **columns: Any) -> UUID:
    """A draft program that has its posters."""
    return await _insert(sql, "program", {"title": "A program", "language_primary": "en", "posters": ASSETS, **columns})


async def a_term(sql: Connection, program: UUID | None = None, **columns: Any) -> UUID:
    """A term, of a program of its own when none is given."""
    program = program or await a_program(sql)
    return await _insert(sql, "term", {"program_id": program, "term_number": next(_numbers), **columns})


async def a_lesson(
    sql: Connection, term: UUID | None = None, *, due_in: timedelta | None = None, **columns: Any
) -> UUID:
    """A draft lesson that has all it needs; with `due_in`, scheduled for so long after now by the database's clock."""
    values = {
        "term_id": term or await a_term(sql),
        "lesson_number": next(_numbers),
        "title": "A lesson",
        "content_type": "video",
        "duration_ms": 60_000,
        "content_language_primary": "en",
        "content_urls": URLS,
        "thumbnails": ASSETS,
        **columns,
    }
    if due_in is not None:
        values |= {"status": "scheduled", "publish_at": await database_now(sql) + due_in}
    return await _insert(sql, "lesson", values)


async def lessons_due(
    sql: Connection, number: int, *, term: UUID | None = None, due_in: timedelta = A_MOMENT_AGO
) -> None:
    """Many scheduled lessons of one term, each due a microsecond after the one before."""
    await sql.execute(
        """
        insert into lesson (term_id, lesson_number, title, content_type, duration_ms, content_language_primary,
                            content_urls, thumbnails, status, publish_at)
        select $1, n, 'Lesson ' || n, 'video', 60000, 'en', $2, $3, 'scheduled',
               now() + $4 + n * interval '1 microsecond'
          from generate_series(1, $5) n
        """,
        term or await a_term(sql),
        json.dumps(URLS),
        json.dumps(ASSETS),
        due_in,
        number,
    )


async def database_now(sql: Connection) -> datetime:
    """The database's clock."""
    return await sql.fetchval("select clock_timestamp()")


async def row(sql: Connection, table: str, key: UUID) -> dict[str, Any]:
    """One row, whole."""
    found = await sql.fetchrow(f"select * from {table} where id = $1", key)
    assert found is not None
    return dict(found)


async def history(sql: Connection, key: UUID) -> list[str]:
    """The actions that happened to a thing, in their order."""
    return [
        line["action"] for line in await sql.fetch("select action from activity where object_id = $1 order by seq", key)
    ]


async def _insert(sql: Connection, table: str, columns: dict[str, Any]) -> UUID:
    names = ", ".join(columns)
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    values = [json.dumps(value) if isinstance(value, dict) else value for value in columns.values()]
    return await sql.fetchval(f"insert into {table} ({names}) values ({places}) returning id", *values)


async def a_topic(sql: Connection, name: str = "Physics") -> UUID:
    """A topic, of no program yet."""
    return await _insert(sql, "topic", {"name": name})


async def a_picture(sql: Connection, **columns: Any) -> str:
    """A picture that nothing uses, without files; its id."""
    values = {"id": "a" * 64, "width": 640, "height": 480, "colour": "#8a4b2f"} | columns
    variants = values.pop("variants", [{"width": 640, "height": 480, "webp": 10_000}])
    return str(await _insert(sql, "picture", values | {"variants": json.dumps(variants)}))


async def a_release(sql: Connection, **columns: Any) -> UUID:
    """An open release without lessons."""
    return await _insert(sql, "release", {"name": "A release", **columns})


async def a_change(sql: Connection, thing: UUID, patch: dict[str, Any], *, of: str = "lesson", **columns: Any) -> UUID:
    """A scheduled change, due a moment ago unless `apply_at` says otherwise."""
    values = {"apply_at": await database_now(sql) + A_MOMENT_AGO, **columns}
    return await _insert(sql, "change", {"object_type": of, "object_id": thing, "patch": patch, **values})


async def a_public_program(sql: Connection, **columns: Any) -> UUID:
    """A published program with one term of one published lesson."""
    program = await a_program(sql, status="published", **columns)
    await a_lesson(sql, await a_term(sql, program), status="published")
    return program
