"""Connections on which nothing stays of what a user's own trigger did to their session.

A trigger may set things for the session (`set_config('statement_timeout', '1', false)`, a role, a search path), make
temporary tables, which hide those of the same name, and take advisory locks. All that outlasts its transaction: each
later statement of that connection would meet it, whoever's it is. So what wrote anything is followed, before the next
statement outside of its transaction, by one that puts the session back to what it was when it connected, and to what
was set since in our own name. Where that fails the connection is closed.

Knows connections, by asyncpg. Must not know whose they are. Behind a transaction pooler there is no session to put
back: there it is the pooler's to do (`server_reset_query_always` in PgBouncer).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast

import asyncpg

_WRITING: Final = re.compile(
    r"\b(insert|update|delete|merge|truncate|copy|call|do|chaishots_(publish|tell|put|isolate|apply)\w*)\b",
    re.IGNORECASE,
)
"""In what fires triggers; that one which fires none is taken for such costs a way to Postgres, and no more."""
_PUT_BACK: Final = "reset session authorization; reset role; reset all; discard temp; "
_PUT_BACK_SECONDS: Final = 5


@lru_cache(maxsize=2_000)
def may_fire_triggers(query: str) -> bool:
    """Whether a statement may write, and so have a trigger carried out."""
    return _WRITING.search(query) is not None


class TidyConnection(asyncpg.Connection):  # pyright: ignore[reportMissingTypeArgument]  # takes none at run time
    """A connection that puts its session back to what it was, after what may have fired triggers.

    is_tidy: nothing can have been left in the session. is_put_back: whether that is done at all. keeps_locks: what the
    session has locked for itself is kept. own_settings: what was set for the session since it connected, to stay.
    """

    is_tidy = True
    is_put_back = True
    keeps_locks = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_settings: dict[str, str] = {}

    async def tidy(self) -> None:
        """Put the session back, if anything may have been left in it and no transaction is open; or else close it."""
        if self.is_tidy or not self.is_put_back or self.is_closed() or self.is_in_transaction():
            return
        unlock = "" if self.keeps_locks else "select pg_advisory_unlock_all(); "
        try:
            await super().execute(_PUT_BACK + unlock + setting(self.own_settings), timeout=_PUT_BACK_SECONDS)
            self.is_tidy = True
        except BaseException as error:
            self.terminate()
            if not isinstance(error, Exception):
                raise

    async def _prepare_for(self, query: str) -> None:
        if not self.is_tidy:
            await self.tidy()
        if self.is_tidy and may_fire_triggers(query):
            self.is_tidy = False

    # All ways by which a statement is sent here. Any: as asyncpg has them.
    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """As asyncpg has it."""
        await self._prepare_for(query)
        return await super().execute(query, *args, timeout=timeout)

    async def executemany(self, command: str, args: Any, *, timeout: float | None = None) -> None:
        """As asyncpg has it."""
        await self._prepare_for(command)
        return await super().executemany(command, args, timeout=timeout)

    async def fetch(self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None) -> Any:
        """As asyncpg has it."""
        await self._prepare_for(query)
        return await super().fetch(query, *args, timeout=timeout, record_class=record_class)

    async def fetchrow(self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None) -> Any:
        """As asyncpg has it."""
        await self._prepare_for(query)
        return await super().fetchrow(query, *args, timeout=timeout, record_class=record_class)

    async def fetchval(self, query: str, *args: Any, column: int = 0, timeout: float | None = None) -> Any:
        """As asyncpg has it."""
        await self._prepare_for(query)
        return await super().fetchval(query, *args, column=column, timeout=timeout)


async def tidy(connection: object) -> None:
    """Put the session back now, rather than with the next statement."""
    if (tidied := _tidied(connection)) is not None:
        await tidied.tidy()


def note_settings(connection: object, settings: Mapping[str, str]) -> None:
    """Take it that the session has been told these in our own name: they are told again with what puts it back."""
    if (tidied := _tidied(connection)) is not None:
        tidied.own_settings.update(settings)


def _tidied(connection: object) -> TidyConnection | None:
    """The connection, or the pool's stand-in for it, where it is one of these; asyncpg takes any of its own for one."""
    return cast(TidyConnection, connection) if hasattr(connection, "own_settings") else None


def setting(settings: Mapping[str, str]) -> str:
    """The statement that sets these for a session; none when there are none."""
    told = ", ".join(f"set_config({_quoted(name)}, {_quoted(value)}, false)" for name, value in settings.items())
    return f"select {told}" if told else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
