"""The commands about the schedule: status, why, rehearse, publish-due."""

import sys
from dataclasses import replace
from typing import Final

import click
import uvloop

from chaishots.cli.database import connect, how_schema_stands, in_pool, shown_database
from chaishots.cli.endings import NEEDS_ATTENTION
from chaishots.cli.names import ALL, ThingName
from chaishots.cli.support import as_json_text, configure, look_at_all
from chaishots.content.catalog.preview import Rehearsal
from chaishots.content.catalog.preview import rehearse as run_through
from chaishots.content.queries.find_by_name import Thing, find_thing
from chaishots.content.queries.publisher_health import WRITTEN, probe_publishing
from chaishots.content.queries.reasons import Why
from chaishots.content.queries.row_locks import held_up
from chaishots.content.queries.why_others import explain
from chaishots.database.connection import Connection, reading, session
from chaishots.database.errors import DatabaseBusy
from chaishots.database.lock_holders import holder_of
from chaishots.database.replicas import application_name
from chaishots.safe_text import visible
from chaishots.scheduler.batch_outcome import Batch
from chaishots.scheduler.publisher import publish_due
from chaishots.scheduler.time_limits import TimeLimits
from chaishots.settings import Settings
from chaishots.status import rehearsal_text, why_text
from chaishots.supervisor import Postgres
from chaishots.time_input import NotUnderstood, read_moment
from chaishots.times import team_zone, tell_time

_HELD_SHOWN: Final = 10


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
@click.option("--soon", is_flag=True, help="Name all lessons that will be blocked within the hour, as things are.")
def status(as_json: bool, soon: bool) -> None:
    """Show who leads, what is due next, and what needs a person now (then exit code 3).

    That is: what is overdue, blocked or refused by Postgres, or scheduled while nobody leads, and a webhook that was
    given up. What will be blocked within the hour is told as a warning, and so is a webhook that fails.
    """
    settings = configure()
    with connect(settings) as postgres:
        state = in_pool(settings, postgres, look_at_all(tells_all_soon=soon))
        state = replace(state, schema=how_schema_stands(postgres), database=shown_database(postgres.url))
    click.echo(as_json_text(state.document()) if as_json else state.text())
    sys.exit(NEEDS_ATTENTION if state.needs_attention else 0)


@click.command()
@click.argument("thing", type=ThingName(deleted=tuple(ALL)))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def why(thing: str, as_json: bool) -> None:
    """Tell why a lesson, program, term or release is public or not at this moment, and what to do about it.

    THING is its id, its title in any language (or a part of it), or a program's slug; what was deleted is known, too.
    """
    settings = configure()
    with connect(settings) as postgres:
        found, answer = in_pool(settings, postgres, _why(thing, settings.cache_max_age))
    click.echo(as_json_text(answer.document()) if as_json else why_text(found, answer))


@click.command()
@click.option(
    "--until", required=True, help="A time, as the terminal takes it: +2d, 'fri 18:00', 2030-01-31T09:00+05:30."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def rehearse(until: str, as_json: bool) -> None:
    """Show what would be published until a moment, and what would be blocked (then exit code 3)."""
    settings = configure()
    with connect(settings) as postgres:
        rehearsal = in_pool(settings, postgres, _rehearsal(until))
    click.echo(as_json_text(rehearsal.document()) if as_json else rehearsal_text(rehearsal))
    sys.exit(NEEDS_ATTENTION if rehearsal.needs_attention else 0)


@click.command("publish-due")
def publish_due_once() -> None:
    """Publish what is due, once, and leave; for cron, and safe beside a leader.

    Exit code 3 when a lesson that is due could not be published, or taken down: refused, or locked by somebody.
    """
    settings = configure()
    with connect(settings) as postgres:
        refused = uvloop.run(_publish_pass(settings, postgres))
    sys.exit(NEEDS_ATTENTION if refused else 0)


async def _why(named: str, cached_s: float) -> tuple[Thing, Why]:
    async with reading() as connection:
        thing = await find_thing(connection, named)
        return thing, await explain(connection, thing, cached_s=cached_s)


async def _rehearsal(until: str) -> Rehearsal:
    async with reading() as connection:
        now = await connection.fetchval("select clock_timestamp()")
        try:
            at = read_moment(until, now, team_zone())
        except NotUnderstood as error:
            raise click.BadParameter(str(error), param_hint="--until") from None
        return await run_through(connection, at)


async def _publish_pass(settings: Settings, postgres: Postgres) -> int:
    refused, time_limits = 0, TimeLimits()
    name = application_name(settings.replica, "cli")
    async with session(postgres.direct_url, application_name=name) as connection:
        while True:
            try:
                batch = await publish_due(connection, actor=settings.replica, time_limits=time_limits)
            except DatabaseBusy as busy:
                if (holder := await holder_of(connection, WRITTEN)) is None:
                    raise
                raise DatabaseBusy(holder.explain(busy.trouble)) from busy
            _echo_batch(batch)
            refused += len(batch.refused)
            if not batch.is_full:
                return refused + (await _echo_held(connection) if batch.is_held else 0)


async def _echo_held(connection: Connection) -> int:
    held = await held_up(connection, limit=_HELD_SHOWN)
    if held and (trouble := (await probe_publishing(connection)).trouble) is not None:
        raise DatabaseBusy(trouble)  # who has the rows locked only waits for that himself
    for lesson_id, title, locked in held:
        click.echo(f"held up {lesson_id} {visible(title)}: {visible(f'{locked.text} {locked.action}')}", err=True)
    return len(held)


def _echo_batch(batch: Batch) -> None:
    for lesson in batch.published:
        click.echo(f"published {lesson.lesson_id} {visible(lesson.title)} (due {tell_time(lesson.publish_at)})")
    for lesson in batch.archived:
        click.echo(f"archived {lesson.lesson_id} {visible(lesson.title)} (its end was {tell_time(lesson.archive_at)})")
    for lesson in batch.refused:
        click.echo(f"refused {lesson.lesson_id} {visible(lesson.title)}: {lesson.reason}", err=True)
