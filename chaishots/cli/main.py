"""The command line: every command, its options, its exit code. Errors are one sentence that says what to do next.

What one command needs alone, and takes long to load, is imported where it is used.

Exit codes: 0 done, 1 it could not be done, 2 the command or a setting was wrong, 3 somebody has to act: lessons are
overdue or refused, or Postgres refuses what is to be published.
"""

import json
import logging
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
import uvloop

from chaishots import __version__
from chaishots.api.server.sockets import CannotListen, bound_sockets
from chaishots.cli.support import (
    STOPPED,
    configured,
    connected,
    fail,
    how_schema_stands,
    in_pool,
    migrated,
    operator_name,
    server_view,
    shown_database,
    step,
)
from chaishots.content import tokens
from chaishots.content.catalog.preview import Rehearsal
from chaishots.content.catalog.preview import rehearse as run_through
from chaishots.content.errors import ContentError, InvalidContent, NotFound
from chaishots.content.lifecycle import Role
from chaishots.content.queries.why import Why
from chaishots.content.queries.why import why as find_out
from chaishots.database.connection import EmbeddedUnavailable, reading, session
from chaishots.database.notifications import Listener
from chaishots.database.pool import opened
from chaishots.database.replicas import application_name
from chaishots.observability import CannotLog, named_logger
from chaishots.safe_text import harmless, visible
from chaishots.scheduler.publisher import Batch, publish_due
from chaishots.settings import BadSetting, Settings
from chaishots.status import State, explained, look, moment, plan, rehearsed
from chaishots.supervisor import Postgres, StoppedAtOnce
from chaishots.supervisor import serve as run_server
from chaishots.tui.host.garbage_collection import pause_collection
from chaishots.tui.host.terminal import NoTerminal, require_terminal

NEEDS_ATTENTION: Final = 3
_READER_LEFT: Final = 128 + signal.SIGPIPE
_DEMO: Final = "demo"
_log: Final = named_logger("cli")
_SEEDS: Final = (Path(__file__).parents[2] / "seeds", Path(__file__).parents[1] / "seeds")


_FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


class _ReaderLeft(Exception):
    """Whoever read what is printed has left, as `head` does."""


class _Commands(click.Group):
    """The commands; click by itself would end with 1 where the reader has left, as if something had failed."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:  # Any: as click has them
        with _reader_may_leave():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # Any: as click has it
        with _reader_may_leave():
            return super().invoke(ctx)


@contextmanager
def _reader_may_leave() -> Generator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderLeft from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chaishots")
def cli() -> None:
    """A mini CMS with a public catalog: programs, terms and lessons, published on their moment.

    Settings come from the environment (DATABASE_URL, PORT, CHAISHOTS_…); without DATABASE_URL an embedded Postgres is
    used. See the README.
    """


def main() -> None:
    """Run the command line; whatever goes wrong ends in one sentence and an exit code."""
    _open_standard_files()
    try:
        _run()
    except SystemExit as ended:
        if ended.code in STOPPED:
            fail("Stopped before it was done.", ended.code)
        raise
    except (BrokenPipeError, _ReaderLeft):
        # What is still held back for whoever read is not to fail again at the exit.
        _discard_output()
        sys.exit(_READER_LEFT)
    except OSError as error:
        _discard_output()
        fail(f"Could not read or write{f' {error.filename}' if error.filename else ''}: {error.strerror or error}.", 1)
    except Exception as error:  # the last resort: a fault of ours
        logging.getLogger(__name__).debug("unforeseen", exc_info=error)
        fail(f"An unforeseen error ({type(error).__name__}: {str(error)[:300]}). {_where_traced()}", 1)


def _run() -> None:
    try:
        cli(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(128 + signal.SIGINT)
    except BadSetting as error:
        fail(str(error), 2)
    except (EmbeddedUnavailable, CannotListen, CannotLog, NoTerminal, ContentError) as error:
        fail(str(error), 1)
    except StoppedAtOnce:
        sys.exit(130)


def _open_standard_files() -> None:
    """Put something in the place of what was closed (`>&-`): else the next file or socket opened would take its number.

    Whatever is read from it or written to it fails, as it would have.
    """
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_WRONLY if mode == "r" else os.O_RDONLY)  # gets the lowest number that is free
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # stays open


def _discard_output() -> None:
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _where_traced() -> str:
    """Write the traceback of the error being handled where only we read it; a sentence that says where."""
    try:
        handle, path = tempfile.mkstemp(prefix="chaishots-", suffix=".log")
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            traceback.print_exc(file=file)
    except OSError:
        return "CHAISHOTS_LOG_LEVEL=debug tells where."
    return f"{path} tells where; please report it."


@cli.command()
@click.option("--port", type=int, help="Listen on this port (else PORT, else 8000).")
@click.option("--tui", is_flag=True, help="Show the operator's terminal; closing the window stops the demo.")
def demo(port: int | None, tui: bool) -> None:
    """Start everything with sample content: one lesson falls due within a minute."""
    from chaishots.content.exchange import seed

    settings = configured(PORT=port)
    if tui:
        require_terminal()
    sockets = bound_sockets(settings.host, settings.port)
    with connected(settings) as postgres:
        migrated(settings, postgres)
        with step("Loading the sample content"):
            in_pool(settings, postgres, seed.seed(_sample(), actor="seed"))
        state = in_pool(settings, postgres, _look())
        # Nobody else knows of this address: it is where the public is.
        settings = settings.model_copy(update={"public_url": settings.public_url or settings.address})
        coming = plan(state.content.upcoming, state.content.outlook.now) if state.content else "not known"
        shown = "\n".join(f"  {name:5} {address}" for name, address in settings.faces.items())
        click.echo(f"\nChai Shots serves:\n{shown}\n\nTo be published:\n{coming}\n")
        click.echo(f"An editor's token, for this run:  {in_pool(settings, postgres, _demo_token())}\n")
        click.echo("Look at the pages while it is published, and stop with Ctrl+C.\n")
        sys.stdout.flush()
        view = server_view(settings, postgres, outlives_terminal=False) if tui else None
        uvloop.run(run_server(settings, postgres, sockets, view=view))


@cli.command()
@click.option("--tui", is_flag=True, help="Show the operator's terminal; the server outlives its window.")
def serve(tui: bool) -> None:
    """Migrate (one replica at a time), then run the API and the publisher until stopped.

    With --tui, logs go to a file, and closing the window or SIGHUP ends the view alone: SIGTERM stops the server.
    """
    settings = configured()
    if tui:
        require_terminal()
    sockets = bound_sockets(settings.host, settings.port)
    with connected(settings) as postgres:
        if not migrated(settings, postgres) and (newer := how_schema_stands(postgres)):
            # As in the midst of a rollout: the rules of the database hold for this version, too.
            _log.warning("schema.newer", reason=str(newer))
        view = server_view(settings, postgres, outlives_terminal=True) if tui else None
        uvloop.run(run_server(settings, postgres, sockets, view=view))


@cli.command()
@click.option("--read-only", is_flag=True, help="Look, and change nothing.")
@click.option("--label", metavar="NAME", help="What to call this system, such as prod: shown large on top.")
@click.option("--name", metavar="NAME", help="Who you are, for the history (else the name of your login).")
@click.option("--url", metavar="URL", help="Where the catalog is served, for the URLs that you copy.")
@click.option("--mouse/--no-mouse", default=True, help="Take the mouse, or leave it to the terminal.")
def tui(read_only: bool, label: str | None, name: str | None, url: str | None, mouse: bool) -> None:
    """Show the operator's terminal: everything there is, live, and every step a key away."""
    require_terminal()
    settings = configured()
    with connected(settings) as postgres:
        with pause_collection():
            from chaishots.cli.terminal import view
            from chaishots.tui.host.runner import Ending
            from chaishots.tui.options import Options

        options = Options(
            listener=Listener(postgres.direct_url, application_name="chaishots"),
            actor=name or operator_name(),
            database=shown_database(postgres.url),
            read_only=read_only,
            label=label,
            base_url=url or f"http://{settings.host}:{settings.port}",
            mouse=mouse,
        )
        ending = uvloop.run(view(settings, postgres, options))
    if ending is Ending.FAILED:
        fail(f"The terminal failed; {settings.logs_folder / 'tui.log'} tells why.", 1)


@cli.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    settings = configured()
    with connected(settings) as postgres:
        applied = migrated(settings, postgres)
        newer = None if applied else how_schema_stands(postgres)
    for name in applied:
        click.echo(f"applied {name}")
    if newer:
        click.echo(f"{newer.text} There is nothing to do for this one.")
    elif not applied:
        click.echo("The schema is up to date: nothing to do.")


@cli.command()
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]…")
def seed(files: tuple[Path, ...]) -> None:
    """Load content from YAML files, - for standard input; the sample content when none is named.

    Loading a file again changes nothing that was published and moves only what is still to come.
    """
    from chaishots.content.exchange import seed

    settings = configured()
    with connected(settings) as postgres:
        for path in map(_opened_path, files or (_sample(),)):
            with step(f"Loading {path.name}"):
                seeded = in_pool(settings, postgres, seed.seed(path, actor="seed"))
            click.echo(f"{visible(path.name)}: {seeded}")


@cli.command("export")
def export_content() -> None:
    """Print all content as YAML, for `import`; the times are absolute, ids and versions kept."""
    settings = configured()
    with connected(settings) as postgres:
        if (standing := how_schema_stands(postgres)) and standing.unknown:
            fail(f"An export would leave out what only another version knows. {standing}", 1)
        uvloop.run(_export(settings, postgres))


@cli.command("import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Change nothing; print what would be changed.")
def import_file(file: Path, dry_run: bool) -> None:
    """Make the content match a file (- for standard input); what the file does not have is left alone.

    In one transaction: all of it, or nothing.
    """
    from chaishots.content.exchange.importing import import_content

    settings = configured()
    file = _opened_path(file)
    with connected(settings) as postgres, step(f"Reading {file.name}"):
        imported = in_pool(settings, postgres, import_content(file, actor="import", dry_run=dry_run))
    click.echo(str(imported))


@cli.command("publish-due")
def publish_due_once() -> None:
    """Publish what is due, once, and leave; for cron, and safe beside a leader.

    Exit code 3 when a lesson that is due could not be published.
    """
    settings = configured()
    with connected(settings) as postgres:
        refused = uvloop.run(_publish_pass(settings, postgres))
    sys.exit(NEEDS_ATTENTION if refused else 0)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def status(as_json: bool) -> None:
    """Show who leads, what is due next, and what is overdue, blocked or refused by Postgres (then exit code 3)."""
    settings = configured()
    with connected(settings) as postgres:
        state = in_pool(settings, postgres, _look())
    click.echo(_json(state.document()) if as_json else state.text())
    sys.exit(NEEDS_ATTENTION if state.needs_attention else 0)


@cli.command()
@click.argument("lesson", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def why(lesson: UUID, as_json: bool) -> None:
    """Tell why a lesson is public or not at this moment, and what to do about it."""
    settings = configured()
    with connected(settings) as postgres:
        answer = in_pool(settings, postgres, _why(lesson))
    click.echo(_json(answer.document()) if as_json else explained(answer))


@cli.command()
@click.option("--until", required=True, help="A time with its offset, such as 2030-01-31T09:00:00+05:30.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def rehearse(until: str, as_json: bool) -> None:
    """Show what would be published until a moment, and what would be blocked (then exit code 3)."""
    settings = configured()
    moment_given = _moment(until)
    with connected(settings) as postgres:
        rehearsal = in_pool(settings, postgres, _rehearsal(moment_given))
    click.echo(_json(rehearsal.document()) if as_json else rehearsed(rehearsal))
    sys.exit(NEEDS_ATTENTION if rehearsal.needs_attention else 0)


@cli.group()
def token() -> None:
    """Make, list and revoke the tokens of the CMS."""


@token.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--expires", metavar="TIME", help="For how long it is good, such as 90d or 12h; for ever if left out.")
def create_token(name: str, role: str, expires: str | None) -> None:
    """Make a token and print it, this once: viewer reads, editor changes, admin manages tokens too."""
    try:
        expires_at = expires and datetime.now(UTC) + tokens.lifetime(expires)
    except InvalidContent as refused:
        raise click.BadParameter(str(refused), param_hint="--expires") from None
    settings = configured()
    with connected(settings) as postgres:
        text = in_pool(settings, postgres, _new_token(name, Role(role), expires_at or None))
    click.echo(text)


@token.command("list")
def list_tokens() -> None:
    """List every token with its role and last use; the secrets are kept nowhere."""
    settings = configured()
    with connected(settings) as postgres:
        kept_tokens = in_pool(settings, postgres, _all_tokens())
        if not kept_tokens:
            click.echo("There are no tokens yet.", err=True)
        for kept in kept_tokens:
            used = f"last used {moment(kept.last_used_at)}" if kept.last_used_at else "never used"
            state = f"revoked {moment(kept.revoked_at)}" if kept.revoked_at else used
            if kept.expires_at and not kept.revoked_at:
                is_over = kept.expires_at <= datetime.now(UTC)
                state += f", {'expired' if is_over else 'good until'} {moment(kept.expires_at)}"
            click.echo(f"{visible(kept.name):<24} {kept.role:<7} made {moment(kept.created_at)}, {state}")


@token.command("revoke")
@click.argument("name")
def revoke_token(name: str) -> None:
    """Make a token useless, at once on every replica."""
    settings = configured()
    with connected(settings) as postgres:
        in_pool(settings, postgres, _revoked_token(name))
    click.echo(f"Revoked {visible(name)}.")


@cli.command()
def healthcheck() -> None:
    """Ask the server on this host and port whether it serves; exit code 1 when it does not. For containers."""
    import http.client

    settings = configured()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # asked, not listened on
    connection = http.client.HTTPConnection(host, settings.port, timeout=3)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        fail(f"Nothing answers at {host}:{settings.port} ({error}).", 1)
    finally:
        connection.close()
    if answer != http.HTTPStatus.OK:
        fail(f"{host}:{settings.port} answers {answer}.", 1)
    click.echo("ok")


def _json(document: dict[str, Any]) -> str:
    return harmless(json.dumps(document, indent=2, ensure_ascii=False))


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(
            "Give a time with its offset, such as 2030-01-31T09:00:00+05:30.", param_hint="--until"
        )
    return at


async def _why(lesson_id: UUID) -> Why:
    async with reading() as connection:
        return await find_out(connection, lesson_id)


async def _rehearsal(until: datetime) -> Rehearsal:
    async with reading() as connection:
        return await run_through(connection, until)


async def _new_token(name: str, role: Role, expires_at: datetime | None) -> str:
    async with reading() as connection:
        _, text = await tokens.create_token(connection, name, role, expires_at=expires_at, actor=operator_name())
        return text


async def _demo_token() -> str:
    async with reading() as connection:
        # The one of the run before is of no use to anybody: it was shown once.
        with suppress(NotFound):
            await tokens.revoke_token(connection, _DEMO, actor=_DEMO)
        _, text = await tokens.create_token(connection, _DEMO, Role.EDITOR, actor=_DEMO)
        return text


async def _all_tokens() -> list[tokens.Token]:
    async with reading() as connection:
        return await tokens.tokens(connection)


async def _revoked_token(name: str) -> None:
    async with reading() as connection:
        await tokens.revoke_token(connection, name, actor=operator_name())


async def _look() -> State:
    async with reading() as connection:
        return await look(connection)


async def _export(settings: Settings, postgres: Postgres) -> None:
    from chaishots.content.exchange.exporting import exported

    name = application_name(settings.replica, "cli")
    async with (
        opened(postgres.url, application_name=name),
        session(postgres.direct_url, application_name=name) as connection,
    ):
        async for text in exported(connection):
            click.echo(text, nl=False)


async def _publish_pass(settings: Settings, postgres: Postgres) -> int:
    refused = 0
    name = application_name(settings.replica, "cli")
    async with session(postgres.direct_url, application_name=name) as connection:
        while True:
            batch = await publish_due(connection, actor=settings.replica)
            _echo_batch(batch)
            refused += len(batch.refused)
            if not batch.is_full:
                return refused


def _echo_batch(batch: Batch) -> None:
    for lesson in batch.published:
        click.echo(f"published {lesson.lesson_id} {visible(lesson.title)} (due {moment(lesson.publish_at)})")
    for lesson in batch.archived:
        click.echo(f"archived {lesson.lesson_id} {visible(lesson.title)} (its end was {moment(lesson.archive_at)})")
    for lesson in batch.refused:
        click.echo(f"refused {lesson.lesson_id} {visible(lesson.title)}: {lesson.reason}", err=True)


def _opened_path(file: Path) -> Path:
    return Path("/dev/stdin") if file == Path("-") else file


def _sample() -> Path:
    return next(folder for folder in _SEEDS if folder.is_dir()) / "demo.yaml"
