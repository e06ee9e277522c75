"""The commands that change the status of a lesson, program or release: publish, schedule, unschedule, archive.

Each names what it is done to by id or title, does it by the rules that editors have, and answers in a line or as JSON.
Nothing is asked: who wants to see first what will be asks `why` and `rehearse`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import click

from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, in_pool
from chaishots.cli.output import as_json_text
from chaishots.cli.parameter_types import ThingName, ZoneName
from chaishots.cli.show import line_of, read_document, require_there
from chaishots.content.errors import InvalidTransition, NotPublishable
from chaishots.content.queries.find_by_name import KINDS, Thing, find_thing
from chaishots.database.connection import reading
from chaishots.safe_text import visible
from chaishots.time_input import NotUnderstood, read_moment
from chaishots.zones import NoZone, ZoneInfo, canonical

Step = Callable[[Thing], Awaitable[object]]
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print what it is then as one JSON document.")
_NOT_ARCHIVED: Final = ("draft", "scheduled", "published")


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


async def restore_archived(thing: Thing) -> str | None:
    """Make what is archived a draft again; a line for people, None when it is not archived. Raises: ContentError."""
    from chaishots.content.editing.lessons import restore_lesson
    from chaishots.content.editing.programs import restore_program

    if thing.deleted_at is not None or (await read_document(thing)).get("status") != "archived":
        return None
    await _by_kind(thing, "restored", lesson=restore_lesson, program=restore_program)
    return line_of(await read_document(thing))


def _do(named: str, step: Step, *, as_json: bool) -> None:
    settings = configure()

    async def work() -> dict[str, Any]:  # Any: JSON
        async with reading() as connection:
            found = await find_thing(connection, named, kinds=KINDS)
        try:
            await step(found)
        except NotPublishable as blocked:
            told = " ".join(f"{obstacle.field}: {obstacle.text}" for obstacle in blocked.obstacles)
            raise InvalidTransition(f"{found} is not ready: {told}") from blocked
        return await read_document(found)

    with connect(settings) as postgres:
        document = in_pool(settings, postgres, work())
    click.echo(as_json_text(document) if as_json else visible(line_of(document)))


async def _by_kind(thing: Thing, done: str, **steps: Callable[..., Awaitable[object]]) -> None:
    require_there(thing)
    if thing.kind not in steps:
        raise InvalidTransition(f"A {thing.kind} is not {done} by itself: name a {' or a '.join(steps)}.")
    await steps[thing.kind](thing.id, actor=operator_name())


def _zone(name: str | None) -> str | None:
    try:
        return name and canonical(name)
    except NoZone as error:
        raise click.BadParameter(str(error), param_hint="--zone") from None
