"""The commands that take content in and give it out: seed, import, export. See `content/exchange`."""

import sys
from pathlib import Path
from typing import Final

import click
import uvloop

from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, how_schema_stands, in_pool
from chaishots.cli.exit_codes import FAILED, fail
from chaishots.cli.output import step
from chaishots.cli.pictures import checker, uploader
from chaishots.cli.sample_file import sample_file
from chaishots.database.connection import session
from chaishots.database.pool import open_pool
from chaishots.database.replicas import application_name
from chaishots.safe_text import visible
from chaishots.settings import Settings
from chaishots.supervisor import Postgres

_FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command()
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]…")
def seed(files: tuple[Path, ...]) -> None:
    """Load content from YAML files, - for standard input; the sample content when none is named.

    Loading a file again changes nothing that was published and moves only what is still to come.
    """
    from chaishots.content.exchange import seed

    settings = configure()
    with connect(settings) as postgres:
        for path in map(_opened_path, files or (sample_file(),)):
            with step(f"Loading {path.name}"):
                upload = uploader(settings, operator_name())
                seeded = in_pool(settings, postgres, seed.seed(path, actor=operator_name(), upload=upload))
            click.echo(f"{visible(path.name)}: {seeded}")


@click.command("export")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML; `import` takes both.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the lessons alone, as a sheet for a spreadsheet program.")
def export_content(as_json: bool, as_csv: bool) -> None:
    """Print all content as YAML, for `import`; the times are absolute, ids and versions kept.

    With --csv a row a lesson, to be edited and imported: chaishots export --csv > lessons.csv
    """
    if as_json and as_csv:
        raise click.UsageError("Choose one of --json and --csv.")
    settings = configure()
    with connect(settings) as postgres:
        if (standing := how_schema_stands(postgres)) and standing.unknown:
            fail(f"An export would leave out what only another version knows. {standing}", FAILED)
        uvloop.run(_export(settings, postgres, as_json=as_json, as_csv=as_csv))


@click.command("import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Change nothing; print what would be changed.")
def import_file(file: Path, dry_run: bool) -> None:
    """Make the content match a file (- for standard input); what the file does not have is left alone.

    In one transaction: all of it, or nothing. The file is YAML, JSON, or a sheet of lessons (.csv, .xlsx), a row a
    lesson, in which an empty cell leaves alone what is stored, and null clears it.
    """
    from chaishots.content.exchange.importing import import_content

    settings = configure()
    file = _opened_path(file)
    with connect(settings) as postgres, step(f"Reading {file.name}"):
        actor = operator_name()
        upload = checker(settings) if dry_run else uploader(settings, actor)
        imported = in_pool(settings, postgres, import_content(file, actor=actor, dry_run=dry_run, upload=upload))
    click.echo(str(imported))


async def _export(settings: Settings, postgres: Postgres, *, as_json: bool, as_csv: bool) -> None:
    from chaishots.content.exchange.exporting import export_text
    from chaishots.content.exchange.file_formats import Form
    from chaishots.content.exchange.spreadsheet.write_sheet import sheet_text

    name = application_name(settings.replica, "cli")
    async with (
        open_pool(postgres.url, application_name=name),
        session(postgres.direct_url, application_name=name) as connection,
    ):
        if as_csv:
            async for text in sheet_text(connection):
                _echo_exactly(text)
            return
        async for text in export_text(connection, Form.JSON if as_json else Form.YAML):
            click.echo(text, nl=False)


def _echo_exactly(text: str) -> None:
    # CSV has no escapes: a file gets each character as it is, a terminal nothing that would steer it.
    if sys.stdout.isatty():
        text = "".join(f"{visible(line)}\n" for line in text.removeprefix("\ufeff").splitlines())
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())


def _opened_path(file: Path) -> Path:
    return Path("/dev/stdin") if file == Path("-") else file
