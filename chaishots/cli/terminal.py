"""The command that shows the operator's terminal, in a process of its own."""

import click
import uvloop

from chaishots.cli.database import connect, shown_database
from chaishots.cli.endings import fail
from chaishots.cli.pictures import uploader_when_needed
from chaishots.cli.support import configure, operator_name
from chaishots.database.listener import Listener
from chaishots.tui.host.garbage_collection import pause_collection
from chaishots.tui.host.terminal import require_terminal


@click.command()
@click.option("--read-only", is_flag=True, help="Look, and change nothing.")
@click.option("--label", metavar="NAME", help="What to call this system, such as prod: shown large on top.")
@click.option(
    "--name",
    metavar="NAME",
    help="Who you are, for the history (else CHAISHOTS_OPERATOR, else the name of your login).",
)
@click.option("--url", metavar="URL", help="Where the catalog is served, for the URLs that you copy.")
@click.option("--mouse/--no-mouse", default=True, help="Take the mouse, or leave it to the terminal.")
def tui(read_only: bool, label: str | None, name: str | None, url: str | None, mouse: bool) -> None:
    """Show the operator's terminal: everything there is, live, and every step a key away."""
    require_terminal()
    settings = configure(CHAISHOTS_OPERATOR=name)
    with connect(settings) as postgres:
        with pause_collection():
            from chaishots.cli.run_terminal import view
            from chaishots.tui.host.runner import Ending
            from chaishots.tui.options import Options

        options = Options(
            listener=Listener(postgres.direct_url, application_name="chaishots"),
            actor=operator_name(),
            database=shown_database(postgres.url),
            read_only=read_only,
            label=label,
            base_url=url or f"http://{settings.host}:{settings.port}",
            mouse=mouse,
            upload=uploader_when_needed(settings, operator_name()),
        )
        ending = uvloop.run(view(settings, postgres, options))
    if ending is Ending.FAILED:
        fail(f"The terminal failed; {settings.logs_folder / 'tui.log'} tells why.", 1)
