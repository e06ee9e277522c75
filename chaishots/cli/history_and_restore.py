"""The commands about what was done: history, and restore, which brings back what was deleted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

import click

from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, in_pool
from chaishots.cli.output import as_json_text
from chaishots.cli.parameter_types import ALL, ThingName
from chaishots.content import answer_format
from chaishots.content.errors import Conflict, NotFound
from chaishots.content.queries.find_by_name import Thing, find_thing
from chaishots.content.queries.history import ACTIONS, HistoryLine
from chaishots.content.queries.history import history as read_history
from chaishots.content.queries.history_filter import TIMES, HistoryFilter, NotUnderstood, doubt_about, read_since
from chaishots.database.connection import Connection, reading
from chaishots.safe_text import visible
from chaishots.times import team_zone, tell_time

_BROUGHT_BACK: Final = ("lesson", "term", "program")
_PAGE: Final = 20
_MOST: Final = 1_000
_LONGEST: Final = 160
_COUNTED: Final = frozenset({"version", "updated_at"})
"""What every change changes."""


@click.command()
@click.argument("thing", type=ThingName(deleted=tuple(ALL)), required=False)
@click.option("--who", metavar="NAME", help="Only what this person, token or replica did; the beginning of a word.")
@click.option("--what", metavar="ACTION", help="Only this: publish, lesson.publish, lesson; the beginning will do.")
@click.option("--since", metavar="TIME", help=f"Only from then on: {TIMES}.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=_PAGE, show_default=True, help="Lines at most.")
@click.option("--before", type=click.IntRange(1), help="Go on behind this line, by its number: the next page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def history(
    thing: str | None,
    who: str | None,
    what: str | None,
    since: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
) -> None:
    """Tell who did what, when, and what changed, the newest first; of everything, or of one thing.

    THING is its id, its title in any language (or a part of it), or a program's slug; what was deleted is known, too.
    Of a program, what it holds is told as well.
    """
    settings = configure()
    if what and (doubt := doubt_about(what, ACTIONS)):
        click.echo(visible(doubt), err=True)  # a newer version may have it
    only = HistoryFilter(who=[who] if who else (), what=[what] if what else ())
    with connect(settings) as postgres:
        found, lines = in_pool(settings, postgres, _history(thing, limit + 1, before, only, since))
    shown, is_more = lines[:limit], len(lines) > limit
    if as_json:
        document = {
            "id": str(found.id) if found else None,
            "kind": found.kind if found else None,
            "title": found.title if found else None,
            "history": [answer_format.plain(asdict(line)) for line in shown],
            "next_before": shown[-1].seq if is_more else None,
        }
        click.echo(as_json_text(document))
        return
    if found:
        click.echo(visible(str(found)))
    if not shown:
        click.echo("Nothing of the kind has happened." if only or since else "Nothing has happened.", err=True)
    for line in shown:
        click.echo("\n".join(_told(line)))
    if is_more:
        click.echo(f"More: --before {shown[-1].seq}")


@click.command()
@click.argument("thing", type=ThingName({"lesson": ("archived",), "program": ("archived",)}, deleted=_BROUGHT_BACK))
def restore(thing: str) -> None:
    """Bring back a lesson, term or program that was deleted, with what went with it, or archived: as a draft.

    THING is its id or its title. Moments, a scheduled end and its release are not brought back.
    """
    settings = configure()
    with connect(settings) as postgres:
        told = in_pool(settings, postgres, _restore(thing))
    click.echo(visible(told))


async def _history(
    named: str | None, limit: int, before: int | None, only: HistoryFilter, since: str | None
) -> tuple[Thing | None, Sequence[HistoryLine]]:
    async with reading() as connection:
        if since is not None:
            only = replace(only, since=await _moment(connection, since))
        if named is None:
            return None, await read_history(connection, limit=limit, before=before, only=only)
        thing = await find_thing(connection, named)
        is_whole = thing.kind == "program" and not thing.deleted_at
        of_program, of_thing = (thing.id, None) if is_whole else (None, thing.id)
        lines = await read_history(
            connection, limit=limit, before=before, thing=of_thing, program=of_program, only=only
        )
        return thing, lines


async def _moment(connection: Connection, since: str) -> datetime:
    # Counted from the database's now, as the history's own times are its.
    try:
        return read_since(since, await connection.fetchval("select clock_timestamp()"), team_zone())
    except NotUnderstood as refused:
        raise click.BadParameter(visible(str(refused)), param_hint="--since") from None


async def _restore(named: str) -> str:
    from chaishots.cli.change_status import restore_archived
    from chaishots.content.editing.restore_deleted import bring_back

    try:
        async with reading() as connection:
            deleted = await find_thing(connection, named, only_deleted=True)
        back = await bring_back(deleted.id, actor=operator_name())
    except (NotFound, Conflict):
        # It is there, or was never deleted: then it may be archived.
        async with reading() as connection:
            thing = await find_thing(connection, named)
        if (told := await restore_archived(thing)) is None and thing.deleted_at is None:
            raise Conflict(f"{thing} is neither deleted nor archived: there is nothing to bring back.") from None
        if told is None:
            raise
        return told
    counts = [f"{back.terms} terms"] if back.kind == "program" else []
    counts += [f"{back.lessons} lessons"] if back.kind != "lesson" else []
    with_it = f", with {' and '.join(counts)}" if counts else ""
    return f"{back.title} ({back.kind} {back.id}) is back as a draft{with_it}."


def _told(line: HistoryLine) -> Iterator[str]:
    of = f"  {line.title} ({line.object_type} {line.object_id})" if line.title else ""
    yield visible(f"#{line.seq}  {tell_time(line.at)}  {line.action}, by {line.by}{of}")
    if line.before is None or line.after is None:
        return
    for name in sorted(line.before.keys() | line.after.keys() - _COUNTED):
        if name not in _COUNTED and line.before.get(name) != line.after.get(name):
            yield visible(f"    {name}: {_value(name, line.before.get(name))} → {_value(name, line.after.get(name))}")


def _value(name: str, value: Any) -> str:  # Any: JSON
    if value is None:
        return "none"
    if isinstance(value, str) and name.endswith("_at"):
        return tell_time(datetime.fromisoformat(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
