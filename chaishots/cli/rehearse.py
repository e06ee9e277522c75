"""The command that shows what will be published until a moment: rehearse."""

import sys

import click

from chaishots.cli.configure import configure
from chaishots.cli.database import connect, in_pool
from chaishots.cli.exit_codes import NEEDS_ATTENTION
from chaishots.cli.output import as_json_text
from chaishots.content.catalog.rehearsal import Rehearsal
from chaishots.content.catalog.rehearsal import rehearse as run_through
from chaishots.database.connection import reading
from chaishots.status import rehearsal_text
from chaishots.time_input import NotUnderstood, read_moment
from chaishots.times import team_zone


@click.command()
@click.option(
    "--until", required=True, help="A time, as the terminal takes it: +2d, 'fri 18:00', 2030-01-31T09:00+05:30."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def rehearse(until: str, as_json: bool) -> None:
    """Show what would be published until a moment, and what would be blocked (then exit code 3)."""
    settings = configure()
    with connect(settings) as postgres:
        rehearsal = in_pool(settings, postgres, _rehearsal(until))
    click.echo(as_json_text(rehearsal.document()) if as_json else rehearsal_text(rehearsal))
    sys.exit(NEEDS_ATTENTION if rehearsal.needs_attention else 0)


async def _rehearsal(until: str) -> Rehearsal:
    async with reading() as connection:
        now = await connection.fetchval("select clock_timestamp()")
        try:
            at = read_moment(until, now, team_zone())
        except NotUnderstood as error:
            raise click.BadParameter(str(error), param_hint="--until") from None
        return await run_through(connection, at)
