"""Names who makes a change, for the history, which triggers write."""

from typing import Final

from chaishots.database.connection import Connection

NAME_ACTOR: Final = "select set_config('chaishots.actor', $1, true)"


async def name_actor(session: Connection, actor: str) -> None:
    """Name, for the rest of the session's transaction, who makes the changes in it."""
    await session.execute(NAME_ACTOR, actor)
