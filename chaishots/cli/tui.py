"""The command that shows the operator's terminal, in a process of its own."""

from contextlib import ExitStack

import click
import uvloop

from chaishots.tui.host.garbage_collection import pause_collection
from chaishots.tui.host.require_and_restore_terminal import require_terminal


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
    with pause_collection():
        from chaishots.cli.tui_startup import view
        from chaishots.tui.options import Options
    # What reaching the database opens is closed here, where the terminal is as it was: the end of it may be a sentence.
    with ExitStack() as system:
        uvloop.run(view(Options(read_only=read_only, label=label, mouse=mouse), system, name=name, url=url))
