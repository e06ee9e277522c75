"""The commands that run the server and what it stands on: demo, serve, migrate, healthcheck."""

import os
import sys
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click
import uvloop

from chaishots.api.server.sockets import bound_sockets
from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, in_pool, mend_schema, migrate_schema, shown_database
from chaishots.cli.exit_codes import FAILED, fail
from chaishots.cli.output import step
from chaishots.cli.pictures import base_url, uploader, uploader_when_needed, use_base
from chaishots.cli.sample_file import sample_file
from chaishots.cli.status import look_at_all
from chaishots.content import tokens
from chaishots.content.errors import NotFound
from chaishots.content.roles import Role
from chaishots.database.connection import reading
from chaishots.database.errors import DatabaseTrouble
from chaishots.logs import named_logger
from chaishots.safe_text import visible
from chaishots.settings import Settings, unknown_names
from chaishots.status import plan_text
from chaishots.supervisor import Postgres, View
from chaishots.supervisor import serve as run_server
from chaishots.tui.host.require_and_restore_terminal import require_terminal

if TYPE_CHECKING:  # without the view, what draws it is never loaded
    from chaishots.database.listener import Listener
    from chaishots.tui.app import OperatorApp
    from chaishots.tui.options import Upload

_DEMO: Final = "demo"
_SETTING: Final = "CHAISHOTS_ADMIN_TOKEN"
_TOLD: Final = {
    tokens.FirstAdmin.REVOKED: "It was revoked and stays so: set another, or none.",
    tokens.FirstAdmin.OF_OTHER_ROLE: "It is a token of another role already: set one that is none yet.",
}
_log: Final = named_logger("cli")


@click.command()
@click.option("--port", type=int, help="Listen on this port (else PORT, else 8000).")
@click.option("--tui", is_flag=True, help="Show the operator's terminal; closing the window stops the demo.")
def demo(port: int | None, tui: bool) -> None:
    """Start everything with sample content: one lesson falls due within a minute."""
    from chaishots.content.exchange import seed

    settings = configure(PORT=port)
    if tui:
        require_terminal()
    sockets = bound_sockets(settings.host, settings.port)
    with connect(settings) as postgres:
        migrate_schema(settings, postgres)
        with step("Loading the sample content"):
            upload = uploader(settings, "seed", is_ours=True)
            in_pool(settings, postgres, seed.seed(sample_file(), actor="seed", upload=upload))
            # The port may be another one than the last time.
            in_pool(settings, postgres, use_base(base_url(settings), "seed"))
        state = in_pool(settings, postgres, look_at_all())
        # Nobody else knows of this address: it is where the public is.
        settings = settings.model_copy(update={"public_url": settings.public_url or settings.address})
        coming = plan_text(state.content.upcoming, state.content.outlook.now) if state.content else "not known"
        shown = "\n".join(f"  {name:5} {address}" for name, address in settings.faces.items())
        click.echo(f"\nChai Shots serves:\n{shown}\n\nTo be published:\n{coming}\n")
        click.echo(f"An editor's token, for this run:  {in_pool(settings, postgres, _demo_token())}\n")
        click.echo("Look at the pages while it is published, and stop with Ctrl+C.\n")
        sys.stdout.flush()
        upload = uploader_when_needed(settings, operator_name())
        view = _view_of(settings, postgres, outlives_terminal=False, upload=upload) if tui else None
        uvloop.run(run_server(settings, postgres, sockets, view=view))


@click.command()
@click.option("--tui", is_flag=True, help="Show the operator's terminal; the server outlives its window.")
def serve(tui: bool) -> None:
    """Migrate (one replica at a time), then run the API and the publisher until stopped.

    With --tui, logs go to a file, and closing the window or SIGHUP ends the view alone: SIGTERM stops the server.
    """
    settings = configure()
    if tui:
        require_terminal()
    for name, near in unknown_names(os.environ).items():
        _log.warning("settings.unknown", name=name, meant=near, action="chaishots check tells more")
    sockets = bound_sockets(settings.host, settings.port)
    with connect(settings) as postgres:
        if newer := migrate_schema(settings, postgres).newer:
            # As in the midst of a rollout: the rules of the database hold for this version, too.
            _log.warning("schema.newer", reason=str(newer))
        if settings.admin_token is not None:
            _keep_admin_token(settings, postgres, settings.admin_token)
        upload = uploader_when_needed(settings, operator_name())
        view = _view_of(settings, postgres, outlives_terminal=True, upload=upload) if tui else None
        uvloop.run(run_server(settings, postgres, sockets, view=view))


@click.command()
@click.option("--mend", is_flag=True, help="Bring back what somebody took out of the schema by hand, as far as it can.")
def migrate(mend: bool) -> None:
    """Bring the database's schema up to date."""
    settings = configure()
    with connect(settings) as postgres:
        migrated = migrate_schema(settings, postgres)
        for name in migrated.applied:
            click.echo(f"applied {name}")
        mended, lost = mend_schema(settings, postgres, mends=mend)
    for part in mended.back:
        click.echo(f"brought back {visible(str(part))}")
    for part, trouble in mended.refused.items():
        click.echo(f"could not bring back {visible(str(part))}: {visible(trouble.reason)}", err=True)
    if lost:
        click.echo(f"chaishots: {visible(str(lost.trouble()))}", err=True)
        sys.exit(FAILED if mend else 0)  # without the option, nothing of it was asked for
    elif migrated.newer:
        click.echo(f"{migrated.newer.text} There is nothing to do for this one.")
    elif not migrated.applied and not mended.back:
        click.echo("The schema is up to date: nothing to do.")


@click.command()
def healthcheck() -> None:
    """Ask the server on this host and port whether it serves; exit code 1 when it does not. For containers."""
    import http.client

    settings = configure()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # asked, not listened on
    connection = http.client.HTTPConnection(host, settings.port, timeout=3)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse().status
    except Exception as error:  # noqa: BLE001  # no such host, nobody there, nobody who speaks HTTP: it serves nobody
        fail(f"Nothing answers at {host}:{settings.port} ({error}).", FAILED)
    finally:
        connection.close()
    if answer != http.HTTPStatus.OK:
        fail(f"{host}:{settings.port} answers {answer}.", FAILED)
    click.echo("ok")


def _keep_admin_token(settings: Settings, postgres: Postgres, text: str) -> None:
    """Make the first admin's token if need be. Postgres that takes no writes now is no reason not to serve."""

    async def keep() -> tokens.FirstAdmin:
        async with reading() as connection:
            return await tokens.keep_first_admin(connection, text, actor=_SETTING)

    try:
        became = in_pool(settings, postgres, keep())
    except DatabaseTrouble as trouble:
        _log.warning("admin_token.not_made", reason=f"{trouble} {_SETTING} is looked at again at the next start.")
        return
    if became in _TOLD:
        _log.warning("admin_token.not_made", reason=f"{_SETTING} lets nobody in as an admin. {_TOLD[became]}")
    elif became is not tokens.FirstAdmin.THERE:
        _log.info(f"admin_token.{became.name.lower()}", name=tokens.FIRST_ADMIN)


async def _demo_token() -> str:
    async with reading() as connection:
        # The one of the run before is of no use to anybody: it was shown once.
        with suppress(NotFound):
            await tokens.revoke_token(connection, _DEMO, actor=_DEMO)
        _, text = await tokens.create_token(connection, _DEMO, Role.EDITOR, actor=_DEMO)
        return text


def _view_of(settings: Settings, postgres: Postgres, *, outlives_terminal: bool, upload: "Upload") -> View:
    """The operator's terminal for the server's own process; it loads what draws it only when it is shown."""

    def make_app(listener: "Listener", newest: deque[str]) -> "OperatorApp":
        from chaishots.tui.app import OperatorApp
        from chaishots.tui.options import Options

        return OperatorApp(
            Options(
                listener=listener,
                actor=operator_name(),
                database=shown_database(postgres.url),
                base_url=f"http://{settings.host}:{settings.port}",
                serves=True,
                logs=newest,
                upload=upload,
            )
        )

    log_file = settings.logs_folder / f"serve-{settings.port}.log"
    return View(make_app, log_file, outlives_terminal=outlives_terminal)
