"""The command that finds URLs that do not answer: check-links. Nothing else asks for them, publishing least of all."""

import sys
from typing import Final
from uuid import UUID

import click
import uvloop

from chaishots.cli.configure import configure
from chaishots.cli.database import connect
from chaishots.cli.exit_codes import FAILED
from chaishots.cli.parameter_types import ThingId
from chaishots.database.replicas import application_name

_MOST_MINUTES: Final = 24 * 60


@click.command("check-links")
@click.option("--program", type=ThingId("program"), help="Only the URLs of this program and its lessons.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each URL that does not answer, or may not.")
@click.option("--allow-private", is_flag=True, help="Ask hosts with private addresses too: your own network's, say.")
@click.option(
    "--minutes", type=click.IntRange(1, _MOST_MINUTES), default=60, show_default=True, help="Stop after so long."
)
def check_links_of_content(program: UUID | None, as_json: bool, allow_private: bool, minutes: int) -> None:
    """List URLs of programs and lessons that do not answer; ends with 1 when there are any.

    Each is asked for once, 16 at once and 2 of one host, within 10 s. What is archived is left out.
    """
    from chaishots.cli.run_link_check import check, find

    settings = configure()
    with connect(settings) as postgres:
        name = application_name(settings.replica, "cli")
        uses = uvloop.run(find(postgres.direct_url, program, application_name=name))
    checked = uvloop.run(check(uses, as_json=as_json, allow_private=allow_private, seconds=minutes * 60))
    click.echo(str(checked), err=as_json)
    sys.exit(0 if checked.is_fine else FAILED)
