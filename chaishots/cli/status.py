"""The command that shows how the whole system stands: status."""

import sys
from dataclasses import replace

import click

from chaishots.cli.database import connect, how_schema_stands, in_pool, shown_database
from chaishots.cli.exit_codes import NEEDS_ATTENTION
from chaishots.cli.support import as_json_text, configure, look_at_all


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
