"""The commands that have things edited as text: edit and new.

Knows standard input and the editor. What the text means, and what is asked when, is in `content/exchange/text_editing`.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import click

from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, in_pool
from chaishots.cli.exit_codes import FAILED, fail
from chaishots.cli.output import as_json_text
from chaishots.cli.parameter_types import ThingName
from chaishots.content.errors import InvalidContent, NotFound
from chaishots.content.exchange.import_report import Told
from chaishots.content.exchange.text_editing.conflicts import Meanwhile
from chaishots.content.exchange.text_editing.edit_loop import At, Choice, Left, Open, Resolution, Stored, edit_in_rounds
from chaishots.content.exchange.text_editing.edited_text import MOST_BYTES, TOO_LARGE, Edit, can_wait
from chaishots.content.exchange.text_editing.faults_in_text import faults_of
from chaishots.content.exchange.text_editing.opened_text import MOST_THINGS, open_new, open_things
from chaishots.content.queries.find_by_name import ALL_KINDS, Thing, find_thing
from chaishots.database.connection import reading
from chaishots.external_editor import EditedFile, NoEditor, editor_command
from chaishots.safe_text import visible
from chaishots.time_input import NotUnderstood, read_moment
from chaishots.times import team_zone, tell_time
from chaishots.zones import name_of

_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print what was stored as one JSON document.")
_YES: Final = click.option("--yes", is_flag=True, help="Store it without asking, once nothing is wrong with it.")
_KINDS: Final = ("program", "term", "lesson", "topic", "release", "change")
_INSIDE: Final = {"term": "a program", "lesson": "a term, or a lesson or program whose", "change": "what is to change"}


@click.command()
@click.argument("things", nargs=-1, required=True, metavar="THING…", type=ThingName(dict.fromkeys(ALL_KINDS[:-1])))
@_YES
@_JSON
def edit(things: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Edit lessons, programs, terms, topics or releases as YAML in your editor ($VISUAL, $EDITOR).

    Each THING is an id or a title. What is wrong comes back at the top of the same text; what is right is shown as a
    difference, and stored if nobody has changed the same meanwhile.
    """
    if len(things) > MOST_THINGS:
        raise click.UsageError(f"Open {MOST_THINGS} things at once at most; more are a file: export and import.")

    async def find() -> Open:
        async with reading() as connection:
            found = [await find_thing(connection, named, kinds=ALL_KINDS) for named in things]
        for thing in found:
            _require_there(thing)
        wanted = [(thing.kind, thing.id) for thing in found]
        return lambda connection: open_things(connection, wanted)

    _run(find, things[0], yes=yes, as_json=as_json)


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("inside", required=False, type=ThingName(dict.fromkeys(("program", "term", "lesson"))))
@_YES
@_JSON
def new(kind: str, inside: str | None, yes: bool, as_json: bool) -> None:
    """Make a new program, term, lesson, topic, release or scheduled change, as YAML in your editor.

    INSIDE is the program of a term, the term of a lesson, or what a change is of: an id or a title.
    """
    if (inside is None) is (kind in _INSIDE):
        wanted = f"Name {_INSIDE[kind].partition(',')[0]} too" if kind in _INSIDE else f"A {kind} stands in nothing"
        raise click.UsageError(f"{wanted}: chaishots new {kind}{' …' if kind in _INSIDE else ''}")

    async def find() -> Open:
        found: UUID | None = None
        if inside is not None:
            async with reading() as connection:
                thing = await find_thing(connection, inside)
            _require_there(thing)
            fits = {"term": ("program",), "lesson": ("term",), "change": ("program", "term", "lesson")}[kind]
            if thing.kind not in fits:
                raise InvalidContent(f"{thing} is no {' or '.join(fits)}, which a {kind} needs.")
            found = thing.id
        return lambda connection: open_new(connection, kind, found)

    _run(find, kind, yes=yes, as_json=as_json)


def _require_there(thing: Thing) -> None:
    if thing.deleted_at is not None:
        raise NotFound(f"It was deleted: {thing}. Bring it back with: chaishots restore {thing.id}")


def _run(find: Any, name: str, *, yes: bool, as_json: bool) -> None:  # Any: gives what opens
    settings = configure()
    file = EditedFile("".join(letter if letter.isalnum() else "-" for letter in name[:40]) or "text")
    dialogue = _Console(file, stores=yes or not sys.stdin.isatty())

    async def work() -> Stored | Left:
        return await edit_in_rounds(await find(), dialogue, actor=operator_name())

    keeps = False
    try:
        with connect(settings) as postgres:
            done = in_pool(settings, postgres, work())
        if done is Left.UNFINISHED:
            keeps = dialogue.has_typed
            first, *others = dialogue.failures or ["Nothing was stored."]
            kept = f" What was typed is in {file.path}" if keeps else ""
            fail(f"{first}{kept}", FAILED, others)
        _tell(done, as_json=as_json)
    except BaseException:
        # Whatever ends it: what was typed stays.
        if dialogue.has_typed and not keeps:
            keeps = True
            click.echo(f"What was typed is in {file.path}", err=True)
        raise
    finally:
        if not keeps:
            file.remove()


def _tell(done: Stored | Left, *, as_json: bool) -> None:
    if isinstance(done, Left):
        if as_json:
            click.echo(as_json_text({"created": [], "changed": []}))
        else:
            click.echo("Nothing was changed." if done is Left.AS_IT_WAS else "Dropped: nothing was stored.")
        return
    if as_json:
        click.echo(
            as_json_text(
                {"created": _things(done.imported.created.first), "changed": _things(done.imported.changed.first)}
            )
        )
        return
    if done.meanwhile is not None and done.meanwhile.others:
        click.echo("Somebody else has changed this meanwhile, and it stays:", err=True)
        for other in done.meanwhile.others:
            click.echo("\n".join(f"  {line}" for line in other.lines()), err=True)
    when = f" It is applied {tell_time(done.at.moment, written_in=done.at.zone)}." if done.at else ""
    lines = [*done.imported.created.lines("Created"), *done.imported.changed.lines("Changed")]
    click.echo("\n".join(map(visible, lines)) + when if lines else "Nothing was changed.")


def _things(told: Any) -> list[dict[str, Any]]:
    return [
        {"kind": one.kind, "id": one.id, "title": one.title, "fields": list(one.fields)}
        for one in told
        if isinstance(one, Told)
    ]


class _Console:
    """Asks on standard input; the editor has the terminal meanwhile."""

    def __init__(self, file: EditedFile, *, stores: bool) -> None:
        self._file = file
        self._stores = stores
        self._rounds = 0
        self.failures: list[str] = []
        self.has_typed = False

    async def edit(self, text: bytes, line: int) -> bytes | None:
        self._rounds += 1
        self._file.write(text)
        if self._stores and self._rounds > 1:
            # Nobody is there to mend it.
            self.failures = faults_of(text)
            return None
        try:
            command = editor_command(self._file.path, line)
            with _signals_are_the_editors():
                code = await asyncio.to_thread(lambda: subprocess.run(command, check=False).returncode)  # noqa: S603  # the person's own editor
        except OSError as error:
            raise NoEditor(f"The editor cannot be started: {error.strerror}.") from error
        edited = self._file.read(MOST_BYTES)
        self.has_typed = self.has_typed or edited not in (text, b"")
        if code != 0:
            self.failures = [f"The editor ended with {code}, nothing was stored."]
            return None
        if len(edited) > MOST_BYTES:
            self.failures = [TOO_LARGE]
            return None
        return edited

    async def choose(self, edit: Edit) -> Choice | At:
        if self._stores:
            return Choice.STORE
        click.echo("\n".join(edit.lines()), err=True)
        waits = "at a moment (a), " if can_wait(edit) else ""
        while True:
            answer = _ask(f"Store it: now (y), {waits}edit again (e), not at all (n)? ")
            if answer in ("y", "yes"):
                return Choice.STORE
            if answer in ("e", "edit"):
                return Choice.AGAIN
            if answer in ("n", "no"):
                return Choice.DROP
            if answer in ("a", "at") and waits and (at := await self._ask_moment()):
                return at

    async def _ask_moment(self) -> At | None:
        async with reading() as connection:
            now: datetime = await connection.fetchval("select clock_timestamp()")
        while typed := _ask("When ('fri 18:00', '+2h', '2030-02-01 18:00'; nothing to go back)? "):
            try:
                moment = read_moment(typed, now, team_zone())
            except NotUnderstood as error:
                click.echo(str(error), err=True)
            else:
                return At(moment, name_of(moment))
        return None

    async def resolve(self, meanwhile: Meanwhile) -> Resolution:
        if self._stores:
            return Resolution.AGAIN
        click.echo("Somebody else has changed the same:", err=True)
        click.echo("\n".join(f"  {line}" for line in meanwhile.lines()), err=True)
        choices = {"m": Resolution.MINE, "t": Resolution.THEIRS, "e": Resolution.AGAIN, "n": Resolution.DROP}
        while True:
            answer = _ask("Keep mine (m), take theirs (t), edit again (e), store nothing (n)? ")
            if answer[:1] in choices:
                return choices[answer[:1]]


def _ask(question: str) -> str:
    return str(click.prompt(question, default="", show_default=False, prompt_suffix="", err=True)).strip().lower()


@contextmanager
def _signals_are_the_editors() -> Generator[None]:
    # Ctrl+C reaches us as well, and is meant for the editor; a handler, unlike SIG_IGN, is not handed down to it.
    def leave_to_editor(*_: object) -> None:
        return

    before = signal.signal(signal.SIGINT, leave_to_editor)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
