"""What is wrong with a database and met by nobody before it is needed: parts of the schema, rights, room on its disk.

For whoever asks now and then, as `status` does: it writes, and reads much of the catalog. Must not know content.
"""

from typing import Final

import asyncpg

from chaishots.database.connection import Connection
from chaishots.database.disk_full import find_no_room
from chaishots.database.errors import Kind, Trouble
from chaishots.database.migrations import read_standing
from chaishots.database.schema_parts import Lost, find_lost, tables

_SHOWN: Final = 3
_LIMITS: Final = "set local lock_timeout = '200ms'; set local statement_timeout = '2s'"
_DENIED: Final = """
    select class.relname::text as name, current_user::text as user_name,
           array(select privilege from unnest(array['select', 'insert', 'update', 'delete']) privilege
                  where not has_table_privilege(class.oid, privilege)) as lacks
      from pg_class class
     where relname = any($1) and relkind = 'r'
       and relnamespace = (select relnamespace from pg_class where oid = to_regclass('aerich'))
     order by class.relname
"""


async def find_damage(connection: Connection) -> Trouble | None:
    """The gravest damage, with what to do; None when none is seen. Parts of another version's schema are not known."""
    try:
        async with connection.transaction():
            await connection.execute(_LIMITS)
            found = await _denied(connection) or await _lost(connection)
    except asyncpg.PostgresError:  # who has the catalog locked is not told here
        found = None
    return found or await find_no_room(connection)


async def lost_of_this_version(connection: Connection) -> Lost | None:
    """What the schema lacks; None when it lacks nothing, or is another version's. Raises: what asyncpg does."""
    standing = await read_standing(connection)
    if not standing.is_made or standing.missing or standing.unknown or standing.fault_of_path:
        return None
    return await find_lost(connection) or None


async def _lost(connection: Connection) -> Trouble | None:
    lost = await lost_of_this_version(connection)
    return lost.trouble() if lost else None


async def _denied(connection: Connection) -> Trouble | None:
    denied = [row for row in await connection.fetch(_DENIED, tables()) if row["lacks"]]
    if not denied:
        return None
    named = [f"{'/'.join(row['lacks'])} on {row['name']}" for row in denied[:_SHOWN]]
    more = f" and on {len(denied) - _SHOWN} more tables" if len(denied) > _SHOWN else ""
    user = denied[0]["user_name"]
    text = f"Permission is missing: {user} lacks {', '.join(named)}{more}."
    action = (
        f"Make {user} the owner of its tables (as a superuser: alter table … owner to {user}), or grant what it lacks."
    )
    return Trouble(Kind.PERMISSION, None, text, text, action)
