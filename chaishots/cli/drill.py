"""The command drill: the leader steps down, and how soon another leads is told."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import click
import uvloop

from chaishots.cli.configure import configure
from chaishots.cli.database import connect
from chaishots.cli.exit_codes import FAILED, NEEDS_ATTENTION, WRONG_USE, fail
from chaishots.cli.output import as_json_text, step
from chaishots.content import answer_format
from chaishots.database.connection import session
from chaishots.database.replicas import application_name
from chaishots.safe_text import visible
from chaishots.scheduler.drill import CannotDrill, Means, Outcome, Scene, drill, promise_ms, set_scene
from chaishots.scheduler.drill_faults import NotHere
from chaishots.settings import Settings
from chaishots.supervisor import Postgres

_DOES: Final = {
    Means.SESSION: "End its session",
    Means.KILL: "Kill its process {process}, which cuts its requests and which nothing here starts again",
    Means.PAUSE: "Pause its process {process} for about {seconds:g} s, in which its requests wait",
}
_DONE: Final = {
    Means.SESSION: "its session was ended",
    Means.KILL: "its process was killed",
    Means.PAUSE: "its process was paused",
}
_TOLD_BY: Final = {"lesson": "why", "change": "show", "end": "why"}


@click.command("drill")
@click.option("--kill", is_flag=True, help="As in a crash: kill its process, on this host.")
@click.option("--pause", is_flag=True, help="As in a hang: pause its process, on this host.")
@click.option("--yes", is_flag=True, help="Do not ask first; needed where there is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def drill_once(kill: bool, pause: bool, yes: bool, as_json: bool) -> None:
    """Make the leader step down, in a live system, and tell how soon another leads.

    Its session is ended, as Postgres ends one that is lost, or what --kill and --pause say befalls it. What falls due
    meanwhile goes out as soon as another leads; how late that was is told. Exit code 3 when nobody else led within what
    is promised: 100 ms, and the lease and a second after a pause.
    """
    if kill and pause:
        raise click.UsageError("Try --kill and --pause one after the other.")
    means = Means.KILL if kill else Means.PAUSE if pause else Means.SESSION
    settings = configure()
    with connect(settings) as postgres:
        try:
            outcome = uvloop.run(_drill(settings, postgres, means, asks=not yes))
        except (CannotDrill, NotHere) as error:
            fail(str(error), FAILED)
    click.echo(as_json_text(_document(outcome)) if as_json else "\n".join(map(visible, _lines(outcome))))
    sys.exit(0 if outcome.is_kept else NEEDS_ATTENTION)


async def _drill(settings: Settings, postgres: Postgres, means: Means, *, asks: bool) -> Outcome:
    lease_ms = round(settings.lease_seconds * 1000)
    name = application_name(settings.replica, "cli")
    async with session(postgres.direct_url, application_name=name) as connection:
        scene = await set_scene(connection, means)
    if asks:
        _ask(scene, means, lease_ms)
    # Anew: whoever was asked may have taken his time, and another may lead by now.
    async with session(postgres.direct_url, application_name=name) as connection:
        if (now := await set_scene(connection, means)).session.pid != scene.session.pid:
            raise CannotDrill(f"Meanwhile {now.leader.name} leads: nothing was done. Try again.")
        with step(f"Watching who leads after {scene.leader.name}"):
            return await drill(connection, now, means, lease_ms=lease_ms)


def _ask(scene: Scene, means: Means, lease_ms: int) -> None:
    if not sys.stdin.isatty():
        fail("A drill makes the leader of a live system step down: say --yes where nobody can be asked.", WRONG_USE)
    seconds = promise_ms(means, scene.leader.lease_ms or lease_ms) / 1000 - 1
    does = _DOES[means].format(process=scene.process, seconds=seconds)
    stand = "stands" if len(scene.standbys) == 1 else "stand"
    told = f"{scene.leader.name} leads; {', '.join(scene.standbys)} {stand} by. {does}?"
    if not click.confirm(visible(told), err=True):
        fail("Nothing was done.", FAILED)


def _lines(outcome: Outcome) -> list[str]:
    lines = [f"{outcome.led} led; {_DONE[outcome.means]}."]
    after = f"{outcome.gap_ms:,.0f} ms"
    if outcome.leads is None:
        lines.append(f"Nobody leads after {after}, and promised are {outcome.promised_ms:,} ms: chaishots status")
    elif outcome.leads == outcome.led:
        lines.append(f"It leads again after {after}: no other took over. Look in the logs of those that stand by.")
    else:
        kept = "promised are" if outcome.gap_ms <= outcome.promised_ms else "later than promised:"
        lines.append(f"{outcome.leads} leads after {after}; {kept} {outcome.promised_ms:,} ms at most.")
    lines += _fell_due(outcome)
    if outcome.means is Means.KILL:
        lines.append(f"{outcome.led} is gone: start it again, if nothing else does.")
    elif outcome.back_ms is None:
        lines.append(f"{outcome.led} does not stand by again yet: look in its log.")
    elif outcome.leads != outcome.led:
        since = "it went on" if outcome.means is Means.PAUSE else "that"
        lines.append(f"{outcome.led} stands by again {outcome.back_ms:,.0f} ms after {since}.")
    return lines


def _fell_due(outcome: Outcome) -> Sequence[str]:
    undone = [one for one in outcome.fell_due if one.done_at is None]
    number = len(outcome.fell_due)
    if not number:
        return ["Nothing fell due meanwhile."]
    told = "One thing fell" if number == 1 else f"{number:,} things fell"
    late = "" if outcome.latest_ms is None else f"; the latest went out {outcome.latest_ms:,.0f} ms late"
    return [
        f"{told} due meanwhile{late}.",
        *(f"Not done yet, {one.kind} {one.id}: chaishots {_TOLD_BY[one.kind]} {one.id}" for one in undone[:10]),
        *([f"… and {len(undone) - 10:,} more"] if len(undone) > 10 else []),
    ]


def _document(outcome: Outcome) -> dict[str, Any]:  # Any: JSON
    return {
        "means": outcome.means.value,
        "led": outcome.led,
        "leads": outcome.leads,
        "gap_ms": round(outcome.gap_ms, 1),
        "promised_ms": outcome.promised_ms,
        "kept": outcome.is_kept,
        "fell_due": [answer_format.plain(asdict(one)) for one in outcome.fell_due],
        "latest_ms": None if outcome.latest_ms is None else round(outcome.latest_ms, 1),
        "stands_by_again_ms": None if outcome.back_ms is None else round(outcome.back_ms, 1),
    }
