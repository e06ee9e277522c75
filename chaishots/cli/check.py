"""The command that looks at everything an installation stands on: check."""

import os
import sys
import textwrap
import threading
import time
from typing import Any, Final, NoReturn

import click
import psutil
import uvloop

from chaishots.checks.findings import Finding, State, fault, hint
from chaishots.checks.run import ALL_SECONDS, Findings, look_around, needs_a_person
from chaishots.cli.configure import configure
from chaishots.cli.database import connect, shown_database
from chaishots.cli.exit_codes import NEEDS_ATTENTION
from chaishots.cli.output import as_json_text
from chaishots.database.connection import EmbeddedUnavailable
from chaishots.safe_text import visible
from chaishots.settings import BadSetting, Settings

_WIDTH: Final = 79
_ENDS_SECONDS: Final = 2.8
"""How old the process is at most when it says what it found; on a busy machine, loading takes a good part of that."""
_LEAST_SECONDS: Final = 1.0
_INDENT: Final = " " * 20
_COLOURS: Final = {State.OK: "green", State.HINT: "yellow", State.FAULT: "red", State.SKIPPED: "bright_black"}
_BRIEF: Final = {State.SKIPPED: "-"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def check(as_json: bool) -> None:
    """Look at settings, Postgres and all else that this stands on; say what is wrong, and what to do.

    Exit code 3 when something needs a person. Nothing in the database is changed, and it ends within 3 s.
    """
    findings = Findings()
    try:
        settings = configure()
    except BadSetting as bad:
        findings.add(fault("settings", str(bad), "Set it right, or leave it out."))
        findings.skip_all("a setting cannot be used")
        _end(findings, as_json)
    if settings.database_url or (settings.postgres_folder / "data").exists():
        try:
            with connect(settings) as postgres:
                _look(settings, (postgres.url, postgres.direct_url), findings)
        except EmbeddedUnavailable as unavailable:
            findings.add(fault("database", str(unavailable), "Set DATABASE_URL to a Postgres of yours, or mend that."))
            _look(settings, None, findings)
    else:
        findings.add(
            hint(
                "database",
                f"none is named, and none of our own is made yet in {settings.postgres_folder}",
                "Set DATABASE_URL; or `chaishots serve` makes one there.",
            )
        )
        _look(settings, None, findings)
    _end(findings, as_json)


def _look(settings: Settings, postgres: tuple[str, str] | None, findings: Findings) -> None:
    # In a thread that is left behind when it hangs: a name server, or a disk, is waited for without end.
    def run() -> None:
        uvloop.run(look_around(settings, postgres, shown_database, findings))

    looking = threading.Thread(target=run, daemon=True)
    looking.start()
    age = time.time() - psutil.Process().create_time()
    looking.join(min(ALL_SECONDS, max(_LEAST_SECONDS, _ENDS_SECONDS - age)))


def _end(findings: Findings, as_json: bool) -> NoReturn:
    found = findings.all()
    needed = needs_a_person(found)
    if as_json:
        click.echo(as_json_text({"ok": not needed, "checks": [_document(one) for one in found]}))
    else:
        color = False if os.environ.get("NO_COLOR") else None
        for one in found:
            click.echo(_text(one), color=color)
        click.echo(f"\n{_sum_up(found)}")
    sys.stdout.flush()
    # At once: a thread may be hanging.
    os._exit(NEEDS_ATTENTION if needed else 0)


def _document(found: Finding) -> dict[str, Any]:  # Any: JSON
    return {"name": found.name, "state": found.state.value, "message": found.message, "do": found.do or None}


def _text(found: Finding) -> str:
    lines = _wrapped(found.message) + (_wrapped(f"> {found.do}") if found.do else [])
    state = click.style(f"{_BRIEF.get(found.state, found.state.value):6}", fg=_COLOURS[found.state])
    return "\n".join([f"{state} {found.name:12} {lines[0]}", *(_INDENT + line for line in lines[1:])])


def _wrapped(text: str) -> list[str]:
    text = visible(" ".join(text.split()))
    return textwrap.wrap(text, _WIDTH - len(_INDENT), break_on_hyphens=False) or [""]


def _sum_up(found: list[Finding]) -> str:
    counts = {state: sum(one.state is state for one in found) for state in State}
    told = f"{counts[State.OK]} are well"
    for state, words in {State.HINT: "to know", State.SKIPPED: "not looked at"}.items():
        told += f", {counts[state]} {words}" if counts[state] else ""
    if not counts[State.FAULT]:
        return f"{told}; nothing needs a person."
    return f"{told}; {counts[State.FAULT]} need{'s' * (counts[State.FAULT] == 1)} a person (exit code 3)."
