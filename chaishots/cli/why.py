"""The command that tells why something is public, or is not: why."""

import click

from chaishots.cli.configure import configure
from chaishots.cli.database import connect, in_pool
from chaishots.cli.output import as_json_text
from chaishots.cli.parameter_types import ALL, ThingName
from chaishots.content.catalog.blocked_changes import foretell
from chaishots.content.queries.find_by_name import Thing, find_thing
from chaishots.content.queries.why_answer import Why
from chaishots.content.queries.why_program_or_release import explain
from chaishots.database.connection import reading
from chaishots.status import why_text


@click.command()
@click.argument("thing", type=ThingName(deleted=tuple(ALL)))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def why(thing: str, as_json: bool) -> None:
    """Tell why a lesson, program, term or release is public or not at this moment, and what to do about it.

    THING is its id, its title in any language (or a part of it), or a program's slug; what was deleted is known, too.
    """
    settings = configure()
    with connect(settings) as postgres:
        found, answer = in_pool(settings, postgres, _why(thing, settings.cache_max_age))
    click.echo(as_json_text(answer.document()) if as_json else why_text(found, answer))


async def _why(named: str, cached_s: float) -> tuple[Thing, Why]:
    async with reading() as connection:
        thing = await find_thing(connection, named)
        return thing, await explain(connection, thing, cached_s=cached_s, foretold=await foretell(connection, thing.id))
