"""What commands take by name, a thing or a time zone, as types of click's that a shell completes.

Loads next to nothing: what asks the database is loaded when a shell asks. Whatever goes wrong then, nothing is offered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem
from click.types import UUIDParameterType

from chaishots.safe_text import is_safe, visible

if TYPE_CHECKING:
    from chaishots.content.queries.name_completion import Named
    from chaishots.database.connection import Connection

ASK_SECONDS: Final = 0.5
"""The longest that the database is asked for names, connecting included: somebody waits with a finger on the key."""

Kinds = Mapping[str, Sequence[str] | None]
ALL: Final[Kinds] = dict.fromkeys(("lesson", "program", "term", "release"))
"""What a name may mean, each with the states that it is offered in; None: any."""


class ThingName(click.ParamType[str]):
    """A thing's id or title; titles and ids are completed."""

    name = "thing"

    def __init__(self, kinds: Kinds = ALL, *, deleted: Sequence[str] = ()) -> None:
        self._kinds = kinds
        self._deleted = deleted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # Any: as click
        """Take it as it is: what it names is found out when it is looked for."""
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Titles and ids that begin so."""
        return offer_things(incomplete, self._kinds, deleted=self._deleted)


class ThingId(UUIDParameterType):
    """A thing's id, which is completed."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Ids that begin so, with their titles where a shell shows such."""
        return offer_things(incomplete, {self._kind: None}, ids_alone=True)


class ZoneName(click.ParamType[str]):
    """The name of a time zone, which is completed."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # Any: as click
        """Take it as it is: the command says what is wrong with it."""
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Zones whose name begins so, in whatever letters."""
        from chaishots.zones import names

        return [CompletionItem(name) for name in names() if name.lower().startswith(incomplete.lower())]


def offer_things(
    typed: str, kinds: Kinds, *, ids_alone: bool = False, deleted: Sequence[str] = ()
) -> list[CompletionItem[str]]:
    """What the database has that begins so; nothing when it is away, takes long, or a setting cannot be used.

    Args:
        deleted: the kinds of which what was deleted is offered, too.
    """

    async def find(connection: "Connection") -> "list[CompletionItem[str]]":
        from chaishots.content.queries.name_completion import deleted_that_start, ids_that_start, titles_that_start
        from chaishots.content.text_normalisation import normalised

        by_id = await ids_that_start(connection, typed, kinds) if typed or ids_alone else []
        if ids_alone:
            return [_by_id(thing) for thing in by_id]
        start = normalised(typed)
        by_title = await titles_that_start(connection, start, kinds)
        if deleted:
            by_title += await deleted_that_start(connection, start, deleted)
            by_id += await deleted_that_start(connection, typed, deleted, by_id=True) if typed else []
        # What is named by its id instead would put that in the place of what was typed.
        offered = {
            item.value: item for item in map(_by_title, by_title) if item.value.lower().startswith(start.lower())
        }
        return [*offered.values(), *(_by_id(thing) for thing in by_id)]

    return _ask(find)


def _by_title(thing: "Named") -> CompletionItem[str]:
    # What a line cannot hold, or a command would take for an option, is named by its id.
    is_typable = is_safe(thing.title) and not thing.title.startswith("-")
    place = f"{thing.kind}, {thing.place}" if thing.place else thing.kind
    return CompletionItem(thing.title, help=visible(place)) if is_typable else _by_id(thing)


def _by_id(thing: "Named") -> CompletionItem[str]:
    return CompletionItem(str(thing.id), help=visible(f"{thing.kind} {thing.title}"))


def _ask(find: "Callable[[Connection], Awaitable[list[CompletionItem[str]]]]") -> list[CompletionItem[str]]:
    from chaishots.database.connection import session
    from chaishots.database.embedded_dsn import running_dsn
    from chaishots.settings import read_settings

    async def ask(dsn: str) -> list[CompletionItem[str]]:
        async with (
            asyncio.timeout(ASK_SECONDS),
            session(dsn, application_name="chaishots:completion", default_transaction_read_only="on") as connection,
        ):
            return await find(connection)

    settings = read_settings()
    # Never the embedded one that does not run: to start it takes seconds, and who completes has asked for nothing yet.
    dsn = settings.direct_database_url or settings.database_url or running_dsn(settings.postgres_folder)
    return asyncio.run(ask(dsn)) if dsn else []
