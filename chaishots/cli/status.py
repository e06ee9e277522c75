"""The command that shows how the whole system stands: status."""

import sys
from dataclasses import replace

import click

from chaishots.cli.configure import configure
from chaishots.cli.database import connect, how_schema_stands, in_pool, shown_database
from chaishots.cli.exit_codes import NEEDS_ATTENTION
from chaishots.cli.output import as_json_text
from chaishots.database.connection import reading
from chaishots.database.damage import find_damage
from chaishots.database.disk_full import name_slot
from chaishots.database.errors import Kind
from chaishots.status import State, read_state


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
@click.option("--soon", is_flag=True, help="Name all lessons that will be blocked within the hour, as things are.")
def status(as_json: bool, soon: bool) -> None:
    """Show who leads, what is due next, and what needs a person now (then exit code 3).

    That is: what is overdue, blocked or refused by Postgres, or scheduled while nobody leads, and a webhook that was
    given up. What will be blocked within the hour is told as a warning, and so is a webhook that fails.
    """
    settings = configure()
    with connect(settings) as postgres:
        state = in_pool(settings, postgres, look_at_all(tells_all_soon=soon))
        state = replace(state, schema=how_schema_stands(postgres), database=shown_database(postgres.url))
    click.echo(as_json_text(state.document()) if as_json else state.text())
    sys.exit(NEEDS_ATTENTION if state.needs_attention else 0)


async def look_at_all(*, tells_all_soon: bool = False) -> State:
    """How the whole system stands; in the process's pool."""
    async with reading() as connection:
        state = await read_state(connection, tells_all_soon=tells_all_soon)
        trouble = state.publishing.trouble
        if trouble is None or trouble.kind in (Kind.SCHEMA, Kind.PERMISSION):
            return replace(state, damage=await find_damage(connection))
        if trouble.kind is Kind.DISK_FULL:
            return replace(state, publishing=replace(state.publishing, trouble=await name_slot(connection, trouble)))
        return state
