"""What the database knows of pictures: their sizes and colour, since when nothing uses one, and what uses it.

A picture is used by whatever has its URL among its posters or thumbnails, on whatever host: the URL ends in its id,
the SHA-256 of its content. Triggers note it (`picture.unused_since`), and keep what is used from being deleted.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content import paging
from chaishots.content.actor import name_actor
from chaishots.content.answer_format import compact_sql, moments_sql
from chaishots.content.constraints import error_for_constraint
from chaishots.content.errors import NotFound, PictureInUse, PictureUse
from chaishots.content.pictures.decoder_processes import Decoded
from chaishots.database.advisory_locks import PICTURE_MARK
from chaishots.database.connection import Connection
from chaishots.database.listener import CONTENT_CHANNEL, PICTURE_FILES

MOST_USES: Final = 20
"""How many of the things that use a picture are named."""

# By program_pictures and lesson_pictures, both GIN.
_USED_BY_PROGRAM: Final = "chaishots_picture_ids(program.posters) @> array[{}::text]"
_USED_BY_LESSON: Final = "chaishots_picture_ids(lesson.thumbnails) @> array[{}::text]"
_USES: Final = f"""
    (select count(*) from program where {_USED_BY_PROGRAM.format("picture.id")})
    + (select count(*) from lesson where {_USED_BY_LESSON.format("picture.id")})
"""
_DOCUMENT: Final = f"""(select row_to_json(shown) from (
    select picture.id, told ->> 'url' as url, picture.width, picture.height, picture.colour,
           {compact_sql("told -> 'variants'")} as variants, {compact_sql("picture.alt")} as alt,
           {moments_sql("picture", "created_at", "unused_since")}, {{uses}} as uses
      from chaishots_picture(picture, {{base}}) as told) as shown
)::text as document"""
# picture_newest (created_at, id), backwards.
_LIST: Final = f"""
    select {_DOCUMENT.format(base="$2", uses=_USES)}, picture.created_at, picture.id from picture
     where {{condition}} order by picture.created_at desc, picture.id desc limit $1
"""
_ONE: Final = f"select {_DOCUMENT.format(base='$2', uses=_USES)} from picture where id = $1"
_OF_THING: Final = """picture.id = any(array(
    select unnest(chaishots_picture_ids(posters)) from program where program.id = {}
     union all select unnest(chaishots_picture_ids(thumbnails)) from lesson where lesson.id = {}
     union all select unnest(chaishots_picture_ids(thumbnails)) from lesson join term on term.id = lesson.term_id
     where term.program_id = {}))"""
_INSERT: Final = """
    insert into picture (id, width, height, colour, variants) values ($1, $2, $3, $4, $5) on conflict do nothing
"""
# Sent again, it is as young as one that is new: nobody has had the time to use it.
_TOUCH: Final = """
    update picture set unused_since = case when unused_since is not null then clock_timestamp() end
     where id = $1 returning variants
"""
_NAMED_USES: Final = f"""
    select 'program' as kind, id, title from program where {_USED_BY_PROGRAM.format("$1")}
     union all
    select 'lesson', id, title from lesson where {_USED_BY_LESSON.format("$1")}
     limit {MOST_USES + 1}
"""
_CHANGE_ALT: Final = "update picture set alt = jsonb_strip_nulls(alt || $2) where id = $1 returning id"
_MOVE: Final = r"""
    with moved as (
        select id, regexp_replace({map}::text, '"[^"]*(/pictures/[0-9a-f]{{64}}(-[0-9]{{1,5}})?[.](webp|avif)")',
                                  '"' || $1::text || '\1', 'g')::jsonb as map
          from {table}
         where exists (select from picture where picture.id = any(chaishots_picture_ids({table}.{map})))
    )
    update {table} set {map} = moved.map from moved where {table}.id = moved.id and {table}.{map} <> moved.map
"""
_LOCK: Final = """
    select variants from picture where id = $1 and ($2::interval is null or unused_since < clock_timestamp() - $2)
       for update
"""
_TAKE_TURN: Final = "select pg_advisory_xact_lock($1, ('x' || left($2, 8))::bit(32)::int)"
_DELETE: Final = "delete from picture where id = $1"
# What two transactions at once took the last use from, each with the other's still there, is noted here.
_NOTE_UNUSED: Final = f"""
    update picture set unused_since = clock_timestamp()
     where unused_since is null and {_USES} = 0
"""
_UNUSED: Final = "select id from picture where unused_since < clock_timestamp() - $1::interval order by id"
_HAS_FILE: Final = """
    select exists (select from picture cross join lateral jsonb_array_elements(variants) as variant
                    where id = $1 and (variant ->> 'width')::int = coalesce($2, width) and variant ? $3)
"""
_WIDTH: Final = "select width from picture where id = $1"
_TELL_REMOVED: Final = "select pg_notify($1, $2)"
_KNOWN: Final = "select id from picture where id = any($1)"


async def pictures(
    connection: Connection,
    base: str,
    window: paging.Window,
    *,
    is_unused: bool | None = None,
    used_by: UUID | None = None,
) -> paging.Page:
    """Pictures, the newest first.

    Args:
        base: what their URLs begin with.
        is_unused: only those that nothing uses, or only those that something does.
        used_by: only those of this program and its lessons, or of this lesson.
    """
    conditions: list[tuple[str, Any]] = [
        ("{}::text is not null", base),
        ("(picture.created_at, picture.id) < ({}, {})", window.place(paging.moment, paging.text)),
        ("(picture.unused_since is not null) = {}", is_unused),
        (_OF_THING, used_by and [used_by] * 3),
    ]
    return await paging.page(connection, _LIST, conditions, window, sorted_by=("created_at", "id"))


async def picture(connection: Connection, picture_id: str, base: str) -> str:
    """A picture, as JSON. Raises: NotFound."""
    document = await connection.fetchval(_ONE, picture_id, base)
    if document is None:
        raise NotFound("There is no picture with this id.", field="id")
    return document


@asynccontextmanager
async def turn(connection: Connection, picture_id: str) -> AsyncGenerator[None]:
    """A transaction in which nobody else notes this picture, or removes files that no picture has."""
    async with connection.transaction():
        await connection.execute(_TAKE_TURN, PICTURE_MARK, picture_id)
        yield


async def insert(connection: Connection, picture_id: str, decoded: Decoded, *, actor: str) -> bool:
    """Note a picture whose files are in the store; whether it was not known before. In its turn."""
    async with connection.transaction():
        await name_actor(connection, actor)
        # Without what is inside: the sizes of the files say whether there is one.
        variants = [
            {"width": variant.width, "height": variant.height, "webp": len(variant.webp)}
            | ({"avif": len(variant.avif)} if variant.avif else {})
            for variant in decoded.variants
        ]
        values = (picture_id, decoded.width, decoded.height, decoded.colour, json.dumps(variants))
        return await connection.execute(_INSERT, *values) == "INSERT 0 1"


async def touch(connection: Connection, picture_id: str) -> list[dict[str, int]] | None:
    """Have a picture counted as sent just now; its variants, None when it is not known."""
    variants = await connection.fetchval(_TOUCH, picture_id)
    return None if variants is None else json.loads(variants)


async def change_alt(connection: Connection, picture_id: str, alt: Mapping[str, str | None], *, actor: str) -> None:
    """Set alt texts by language; None takes one away. Raises: NotFound; InvalidContent when they are too large."""
    async with connection.transaction():
        await name_actor(connection, actor)
        try:
            changed = await connection.fetchval(_CHANGE_ALT, picture_id, json.dumps(alt))
        except asyncpg.CheckViolationError as error:
            raise error_for_constraint(error.constraint_name) or error from error
        if changed is None:
            raise NotFound("There is no picture with this id.", field="id")


async def delete(connection: Connection, picture_id: str, *, actor: str, age: timedelta | None = None) -> None:
    """Delete what is known of a picture, if nothing has used it for so long.

    Raises: NotFound, also when something used it, or it was sent, within that age; PictureInUse, with what uses it.
    """
    async with connection.transaction():
        await name_actor(connection, actor)
        if await connection.fetchval(_LOCK, picture_id, age) is None:
            raise NotFound("There is no picture with this id.", field="id")
        if uses := await connection.fetch(_NAMED_USES, picture_id):
            raise PictureInUse([PictureUse(use["kind"], use["id"], use["title"]) for use in uses])
        await connection.execute(_DELETE, picture_id)


async def tell_removed(connection: Connection, picture_id: str) -> None:
    """Have every replica drop the files of a picture, with the commit of the transaction that one is in."""
    await connection.execute(_TELL_REMOVED, CONTENT_CHANNEL, f"{PICTURE_FILES} {picture_id}")


async def move(connection: Connection, base: str, *, actor: str) -> int:
    """Have the URLs of our pictures in content begin with this, wherever they began before; how many things changed."""
    async with connection.transaction():
        await name_actor(connection, actor)
        programs = await connection.execute(_MOVE.format(table="program", map="posters"), base)
        lessons = await connection.execute(_MOVE.format(table="lesson", map="thumbnails"), base)
    return sum(int(told.rpartition(" ")[2]) for told in (programs, lessons))


async def unused(connection: Connection, age: timedelta) -> list[str]:
    """The ids of what nothing has used for so long; first notes what has become unused without a trigger seeing it."""
    await connection.execute(_NOTE_UNUSED)
    return [row["id"] for row in await connection.fetch(_UNUSED, age)]


async def has_file(connection: Connection, picture_id: str, width: int | None, form: str) -> bool:
    """Whether there is a picture with a variant of this width and form. width: None for the widest."""
    return bool(await connection.fetchval(_HAS_FILE, picture_id, width, form))


async def width_of(connection: Connection, picture_id: str) -> int | None:
    """The width of the widest variant of a picture; None: there is no such picture."""
    return await connection.fetchval(_WIDTH, picture_id)


async def known(connection: Connection, ids: list[str]) -> set[str]:
    """Those of the ids that there are pictures of."""
    return {row["id"] for row in await connection.fetch(_KNOWN, ids)}
