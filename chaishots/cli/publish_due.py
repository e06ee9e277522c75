"""The command that publishes what is due once, without a server: publish-due."""

import sys
from collections.abc import Set
from typing import Final
from uuid import UUID

import click
import uvloop

from chaishots.cli.configure import configure
from chaishots.cli.database import connect
from chaishots.cli.exit_codes import NEEDS_ATTENTION
from chaishots.content.queries import upcoming_and_overdue
from chaishots.content.queries.publisher_health import WRITTEN, probe_publishing
from chaishots.content.queries.row_locks import held_up
from chaishots.database.connection import Connection, session
from chaishots.database.errors import DatabaseBusy
from chaishots.database.lock_holders import holder_of
from chaishots.database.replicas import application_name
from chaishots.safe_text import visible
from chaishots.scheduler.batch_limits import TimeLimits
from chaishots.scheduler.batch_outcome import Batch
from chaishots.scheduler.publisher import publish_due
from chaishots.settings import Settings
from chaishots.supervisor import Postgres
from chaishots.times import tell_time

_SHOWN: Final = 10


@click.command("publish-due")
def publish_due_once() -> None:
    """Publish what is due, once, and leave; for cron, and safe beside a leader.

    Exit code 3 when a lesson that is due could not be published, or taken down: refused, now or before, or locked by
    somebody.
    """
    settings = configure()
    with connect(settings) as postgres:
        refused = uvloop.run(_publish_pass(settings, postgres))
    sys.exit(NEEDS_ATTENTION if refused else 0)


async def _publish_pass(settings: Settings, postgres: Postgres) -> int:
    refused, time_limits = set[UUID](), TimeLimits()
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
            refused.update(lesson.lesson_id for lesson in batch.refused)
            if not batch.is_full:
                held = await _echo_held(connection) if batch.is_held else 0
                return len(refused) + held + await _echo_standing(connection, refused)


async def _echo_held(connection: Connection) -> int:
    held = await held_up(connection, limit=_SHOWN)
    if held and (trouble := (await probe_publishing(connection)).trouble) is not None:
        raise DatabaseBusy(trouble)  # who has the rows locked only waits for that himself
    for lesson_id, title, locked in held:
        click.echo(f"held up {lesson_id} {visible(title)}: {visible(f'{locked.text} {locked.action}')}", err=True)
    return len(held)


async def _echo_standing(connection: Connection, told: Set[UUID]) -> int:
    # Refused before, they are tried again when something changed, and now and then: not in each pass.
    standing = [
        one for one in await upcoming_and_overdue.refused(connection, limit=_SHOWN) if one.lesson_id not in told
    ]
    for one in standing:
        click.echo(f"still refused {one.lesson_id} {visible(one.title)}: {visible(one.publish_error or '')}", err=True)
    return len(standing)


def _echo_batch(batch: Batch) -> None:
    for lesson in batch.published:
        click.echo(f"published {lesson.lesson_id} {visible(lesson.title)} (due {tell_time(lesson.publish_at)})")
    for lesson in batch.archived:
        click.echo(f"archived {lesson.lesson_id} {visible(lesson.title)} (its end was {tell_time(lesson.archive_at)})")
    for lesson in batch.refused:
        click.echo(f"refused {lesson.lesson_id} {visible(lesson.title)}: {lesson.reason}", err=True)
