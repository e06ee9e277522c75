"""The steps of a lesson, program or release as commands for scripts: publish, schedule, unschedule, archive, show.

Each names what it is done to by id or title, does it by the rules that editors have, and answers in a line or as JSON.
Nothing is asked: who wants to see first what will be asks `why` and `rehearse`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import click

from chaishots.cli.database import connect, in_pool
from chaishots.cli.names import ThingName, ZoneName
from chaishots.cli.support import as_json_text, configure, operator_name
from chaishots.content.errors import InvalidTransition, NotFound, NotPublishable
from chaishots.content.queries.find_by_name import ALL_KINDS, KINDS, Thing, find_thing
from chaishots.database.connection import reading
from chaishots.safe_text import visible
from chaishots.time_input import NotUnderstood, read_moment
from chaishots.times import tell_time
from chaishots.zones import NoZone, ZoneInfo, canonical

Step = Callable[[Thing], Awaitable[object]]
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print what it is then as one JSON document.")
_NOT_ARCHIVED: Final = ("draft", "scheduled", "published")
_TIMES: Final = {
    "publish_at": "goes out",
    "published_at": "published",
    "archive_at": "ends",
    "apply_at": "is due",
    "applied_at": "applied",
}
_KEYS: Final = ("kind", "id", "title", "name", "status", "publish_zone", *_TIMES)
_ZONES: Final = {"apply_at": "publish_zone"}
"""Where the zone of a moment is told, if not by the moment's own name."""


@click.command()
@click.argument("thing", type=ThingName({"lesson": ("draft", "scheduled")}))
@_JSON
def publish(thing: str, as_json: bool) -> None:
    """Publish a lesson now, and its draft program with it. THING is its id or its title."""

    async def step(found: Thing) -> None:
        from chaishots.content.editing.lessons import publish_lesson

        await _by_kind(found, "published", lesson=publish_lesson)

    _do(thing, step, as_json=as_json)


@click.command()
@click.argument("thing", type=ThingName({"lesson": ("draft", "scheduled"), "release": ("open", "scheduled")}))
@click.argument("time")
@click.option(
    "--zone",
    type=ZoneName(),
    metavar="ZONE",
    help="Whose time it is, such as Asia/Kolkata (else CHAISHOTS_ZONE or UTC).",
)
@_JSON
def schedule(thing: str, time: str, zone: str | None, as_json: bool) -> None:
    """Give a lesson or release its moment, or another one: 'fri 18:00', '+2h', '2030-02-01 18:00'.

    THING is its id or its title.
    """
    settings = configure()
    where = _zone(zone or settings.zone)

    async def step(found: Thing) -> None:
        from chaishots.content.editing.lessons import schedule_lesson
        from chaishots.content.editing.releases import schedule_release

        async with reading() as connection:
            now: datetime = await connection.fetchval("select clock_timestamp()")
        try:
            at = read_moment(time, now, ZoneInfo(where or "UTC"))
        except NotUnderstood as error:
            raise click.BadParameter(str(error), param_hint="TIME") from None

        async def of_lesson(key: UUID, *, actor: str) -> object:
            return await schedule_lesson(key, at, where, actor=actor)

        async def of_release(key: UUID, *, actor: str) -> object:
            return await schedule_release(key, at, where, actor=actor)

        await _by_kind(found, "scheduled", lesson=of_lesson, release=of_release)

    _do(thing, step, as_json=as_json)


@click.command()
@click.argument("thing", type=ThingName({"lesson": ("scheduled",), "release": ("scheduled",)}))
@_JSON
def unschedule(thing: str, as_json: bool) -> None:
    """Make a scheduled lesson a draft again, or open a scheduled release. THING is its id or its title."""

    async def step(found: Thing) -> None:
        from chaishots.content.editing.lessons import unschedule_lesson
        from chaishots.content.editing.releases import unschedule_release

        await _by_kind(found, "unscheduled", lesson=unschedule_lesson, release=unschedule_release)

    _do(thing, step, as_json=as_json)


@click.command()
@click.argument("thing", type=ThingName({"lesson": _NOT_ARCHIVED, "program": _NOT_ARCHIVED}))
@_JSON
def archive(thing: str, as_json: bool) -> None:
    """Take a lesson down, or a program with all that is in it. THING is its id or its title."""

    async def step(found: Thing) -> None:
        from chaishots.content.editing.lessons import archive_lesson
        from chaishots.content.editing.programs import archive_program

        await _by_kind(found, "archived", lesson=archive_lesson, program=archive_program)

    _do(thing, step, as_json=as_json)


@click.command()
@click.argument("thing", type=ThingName(dict.fromkeys(ALL_KINDS[:-1])))
@_JSON
def show(thing: str, as_json: bool) -> None:
    """Show a lesson, program, term, release, topic or scheduled change as it is.

    THING is its id or its title; a change is named by its id.
    """

    async def step(found: Thing) -> None:
        if found.deleted_at is not None:
            raise NotFound(f"It was deleted: {found}. Bring it back with: chaishots restore {found.id}")

    _do(thing, step, as_json=as_json, shows_all=True)


async def restore_archived(thing: Thing) -> str | None:
    """Make what is archived a draft again; a line for people, None when it is not archived. Raises: ContentError."""
    from chaishots.content.editing.lessons import restore_lesson
    from chaishots.content.editing.programs import restore_program

    if thing.deleted_at is not None or (await _document(thing)).get("status") != "archived":
        return None
    await _by_kind(thing, "restored", lesson=restore_lesson, program=restore_program)
    return _line(await _document(thing))


def _do(named: str, step: Step, *, as_json: bool, shows_all: bool = False) -> None:
    settings = configure()

    async def work() -> dict[str, Any]:  # Any: JSON
        async with reading() as connection:
            found = await find_thing(connection, named, kinds=ALL_KINDS if shows_all else KINDS)
        try:
            await step(found)
        except NotPublishable as blocked:
            told = " ".join(f"{obstacle.field}: {obstacle.text}" for obstacle in blocked.obstacles)
            raise InvalidTransition(f"{found} is not ready: {told}") from blocked
        return await _document(found)

    with connect(settings) as postgres:
        document = in_pool(settings, postgres, work())
    if as_json:
        click.echo(as_json_text(document))
    elif shows_all:
        click.echo("\n".join(visible(line) for line in _lines(document)))
    else:
        click.echo(visible(_line(document)))


async def _by_kind(thing: Thing, done: str, **steps: Callable[..., Awaitable[object]]) -> None:
    if thing.deleted_at is not None:
        raise NotFound(f"It was deleted: {thing}. Bring it back with: chaishots restore {thing.id}")
    if thing.kind not in steps:
        raise InvalidTransition(f"A {thing.kind} is not {done} by itself: name a {' or a '.join(steps)}.")
    await steps[thing.kind](thing.id, actor=operator_name())


async def _document(thing: Thing) -> dict[str, Any]:  # Any: JSON
    from chaishots.content.queries import changes, releases, resources

    read = {
        "lesson": resources.lesson,
        "program": resources.program,
        "term": resources.term,
        "release": releases.release,
        "topic": resources.topic,
        "change": changes.change,
    }[thing.kind]
    async with reading() as connection:
        return {"kind": thing.kind, **json.loads((await read(connection, thing.id)).text)}


def _line(document: Mapping[str, Any]) -> str:  # Any: JSON
    moments = [f"{said} {_moment(document, name)}" for name, said in _TIMES.items() if document.get(name)]
    told = ", ".join([document.get("status", ""), *moments])
    return f"{_named(document)} is {told}."


def _named(document: Mapping[str, Any]) -> str:  # Any: JSON
    title = document.get("title") or document.get("name") or f"Term {document.get('term_number', '')}".strip()
    return f"{title} ({document['kind']} {document['id']})"


def _lines(document: Mapping[str, Any]) -> list[str]:  # Any: JSON
    told = [_line(document)] if "status" in document else [_named(document)]
    for name, value in document.items():
        if name not in _KEYS and value not in (None, "", [], {}):
            told.append(f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    return told


def _moment(document: Mapping[str, Any], name: str) -> str:  # Any: JSON
    at = datetime.fromisoformat(document[name])
    return tell_time(at, written_in=document.get(_ZONES.get(name, name.replace("_at", "_zone"))))


def _zone(name: str | None) -> str | None:
    try:
        return name and canonical(name)
    except NoZone as error:
        raise click.BadParameter(str(error), param_hint="--zone") from None
