"""The command that schedules the lessons of a program or a term in a rhythm."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, in_pool
from chaishots.cli.parameter_types import ThingName, ZoneName
from chaishots.content.errors import InvalidContent, RowsRefused
from chaishots.content.queries.find_by_name import find_thing
from chaishots.database.connection import reading
from chaishots.recurrence import EXAMPLES, NoRecurrence, Recurrence, read_recurrence
from chaishots.safe_text import visible
from chaishots.time_input import NotUnderstood, read_moment
from chaishots.times import tell_time
from chaishots.zones import NoZone, ZoneInfo, canonical

if TYPE_CHECKING:
    from chaishots.content.editing.series import InSeries


@click.command()
@click.argument("thing", type=ThingName({"program": None, "term": None}))
@click.option(
    "--first", required=True, metavar="TIME", help="When the first goes public: 'fri 18:00', '2030-02-01 18:00'."
)
@click.option(
    "--zone", type=ZoneName(), metavar="ZONE", help="Whose time that is, such as Asia/Kolkata (else CHAISHOTS_ZONE)."
)
@click.option("--every", required=True, metavar="RHYTHM", help=f"How they follow: {EXAMPLES}.")
@click.option("--dry-run", is_flag=True, help="Change nothing; print the moments.")
def series(thing: str, first: str, zone: str | None, every: str, dry_run: bool) -> None:
    """Schedule the drafts of a program or term one after the other, all or none.

    THING is its id or its title. By wall clock: 18:00 stays 18:00 when clocks change. Lessons of releases are left out.
    """
    settings = configure()
    recurrence = _recurrence(every)
    where = _zone(zone or settings.zone)
    with connect(settings) as postgres:
        rows = in_pool(settings, postgres, _schedule(thing, first, where, recurrence, dry_run=dry_run))
    for row in rows:
        place = f"{row.term_number}.{row.lesson_number}"
        click.echo(f"{tell_time(row.publish_at, written_in=where)}  {place:>6}  {visible(row.title)}")
    done = "A dry run, nothing was scheduled. It would be" if dry_run else "Scheduled"
    click.echo(f"{done}: {len(rows)} lessons, {recurrence}, in {where}.")


def _recurrence(every: str) -> Recurrence:
    try:
        return read_recurrence(every)
    except NoRecurrence as error:
        raise click.BadParameter(str(error), param_hint="--every") from None


def _zone(name: str | None) -> str:
    if name is None:
        raise click.BadParameter(
            "Say whose time it is, such as Asia/Kolkata, or set CHAISHOTS_ZONE.", param_hint="--zone"
        )
    try:
        return canonical(name)
    except NoZone as error:
        raise click.BadParameter(str(error), param_hint="--zone") from None


async def _schedule(named: str, first: str, zone: str, recurrence: Recurrence, *, dry_run: bool) -> "list[InSeries]":
    from chaishots.content.editing.series import Drafts, schedule_series

    async with reading() as connection:
        thing = await find_thing(connection, named)
        now: datetime = await connection.fetchval("select clock_timestamp()")
    if thing.kind not in ("program", "term") or thing.deleted_at is not None:
        raise InvalidContent(f"Name a program or a term: {thing} is none.")
    try:
        at = read_moment(first, now, ZoneInfo(zone))
    except NotUnderstood as error:
        raise click.BadParameter(str(error), param_hint="--first") from None
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    chosen = Drafts(thing.kind, thing.id)
    try:
        return await schedule_series(chosen, local, zone, recurrence, dry_run=dry_run, actor=operator_name())
    except RowsRefused as refused:
        told = "\n".join(f"  lesson {fault.row + 1}: {fault.text}" for fault in refused.faults[:10])
        raise InvalidContent(f"{refused}\n{told}") from refused
