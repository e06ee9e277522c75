"""What every command needs: settings, who acts, and a way to tell people how it goes."""

import getpass
import json
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from chaishots.cli.exit_codes import ENDINGS
from chaishots.database.connection import reading
from chaishots.database.disk_room import name_slot
from chaishots.database.errors import Kind
from chaishots.observability import configure_logs
from chaishots.safe_text import harmless, visible
from chaishots.settings import Settings, read_settings
from chaishots.times import show_times_in

if TYPE_CHECKING:  # most commands never load it
    from chaishots.status import State

_SEEDS: Final = (Path(__file__).parents[2] / "seeds", Path(__file__).parents[1] / "seeds")
_operator: str | None = None
_LONGEST_NAME: Final = 64


def configure(**given: Any) -> Settings:  # Any: what the options hold
    """Read the settings and set up logs and signals, before anything else. Raises: BadSetting."""
    settings = read_and_apply(**given)
    # Until the server has handlers of its own: leave through every `finally`, so that nothing is left running.
    for number in ENDINGS:
        signal.signal(number, _leave)
    return settings


def read_and_apply(**given: Any) -> Settings:  # Any: what the options hold
    """Read the settings and set up logs, the zone of times and who acts; in any thread. Raises: BadSetting."""
    global _operator  # as the zone of times is: one for the process
    settings = read_settings(**given)
    _operator = settings.operator
    configure_logs(log_format=settings.log_format, level=settings.log_level, replica=settings.replica)
    show_times_in(settings.zone)
    return settings


def _leave(received: int, _: object) -> NoReturn:
    for number in ENDINGS:  # leaving is bounded; a second signal would cut it off
        signal.signal(number, signal.SIG_IGN)
    if received == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + received)


def operator_name() -> str:
    """Who acts at the terminal, as it will stand in the history: CHAISHOTS_OPERATOR, or the name of the login."""
    if _operator is not None:
        return _operator
    try:
        # It comes from the environment first, where anything may stand.
        return visible(getpass.getuser())[:_LONGEST_NAME]
    except (OSError, KeyError):  # a container's user may have no name
        return "operator"


@contextmanager
def step(text: str) -> Generator[None]:
    """Tell a terminal that something takes its time; say nothing in a pipe."""
    shown = sys.stderr.isatty()
    text = visible(text)
    began = time.monotonic()
    if shown:
        click.echo(f"{text} … ", err=True, nl=False)
    try:
        yield
    except BaseException:
        if shown:
            click.echo("failed", err=True)
        raise
    if shown:
        click.echo(f"done ({time.monotonic() - began:.1f} s)", err=True)


def as_json_text(document: dict[str, Any]) -> str:
    """A document as it is printed for programs; nothing in it steers a terminal."""
    return harmless(json.dumps(document, indent=2, ensure_ascii=False))


async def look_at_all(*, tells_all_soon: bool = False) -> "State":
    """How the whole system stands; in the process's pool."""
    from chaishots.database.damage import find_damage
    from chaishots.status import read_state

    async with reading() as connection:
        state = await read_state(connection, tells_all_soon=tells_all_soon)
        trouble = state.publishing.trouble
        if trouble is None or trouble.kind in (Kind.SCHEMA, Kind.PERMISSION):
            return replace(state, damage=await find_damage(connection))
        if trouble.kind is Kind.DISK_FULL:
            return replace(state, publishing=replace(state.publishing, trouble=await name_slot(connection, trouble)))
        return state


def sample_file() -> Path:
    """The file of the sample content, of the repository or of what is installed."""
    return next(folder for folder in _SEEDS if folder.is_dir()) / "demo.yaml"
