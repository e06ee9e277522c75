"""Updates rows to what a file says, in the order that the rules of releases allow.

Knows the steps that lessons take with their releases. Must not know files, nor how what differs is found.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.exchange import insert_rows
from chaishots.content.exchange.database_refusals import naming_what_is_refused
from chaishots.content.exchange.diff import Difference, find_differences
from chaishots.content.exchange.faults import FaultList
from chaishots.content.exchange.field_readers import rule_of
from chaishots.content.exchange.file_content import Values
from chaishots.content.exchange.match_to_stored import Placed, Places
from chaishots.content.exchange.stored_rows import LESSONS, PROGRAMS, RELEASES, Kind
from chaishots.content.lifecycle import RELEASE_LESSONS, ReleaseStatus, Status
from chaishots.database.orm import query

_PUBLIC: Final = RELEASE_LESSONS[ReleaseStatus.PUBLISHED]
_AHEAD: Final = (ReleaseStatus.SCHEDULED, ReleaseStatus.PUBLISHED)

# lesson_of_release (release_id)
_LOCK_LESSONS: Final = "select id from lesson where release_id = any($1) order by id for no key update"
# What was published with a release leaves it once it is archived, and as a draft what was scheduled with one.
_ARCHIVE: Final = "update lesson set status = 'archived' where id = any($1) and status = 'published'"
_LEAVE: Final = "update lesson set release_id = null where id = any($1) and release_id is not null"


# Slugs that change hands within one statement: what has one gives it up, whichever row comes first.
_GIVE_UP: Final = "select set_config('chaishots.slugs_given_up', $1, true)"


async def update(kind: Kind, differing: Iterable[Difference], transaction: TransactionalDBClient) -> None:
    """Make rows what they are to be."""
    differing = list(differing)
    given_up = _slugs_given_up(differing) if kind is PROGRAMS else []
    if given_up:
        await query(transaction, _GIVE_UP, json.dumps(given_up))
    await _update(kind, [{**change.wanted, "id": change.thing.id} for change in differing], transaction)
    if given_up:
        await query(transaction, _GIVE_UP, "")


def _slugs_given_up(programs: Sequence[Difference]) -> list[str]:
    had = [{it.stored["slug"], *it.stored["former_slugs"]} for it in programs]
    keeps = [{it.wanted["slug"], *it.wanted["former_slugs"]} for it in programs]
    taken = {it.wanted["slug"] for it in programs}
    return sorted({slug for before, after in zip(had, keeps, strict=True) for slug in before - after if slug in taken})


async def _update(kind: Kind, rows: Sequence[Values], transaction: TransactionalDBClient) -> None:
    columns = ", ".join(f"{column} = wanted.{column}" for column in kind.columns)
    statement = f"""
        update {kind.table} set {columns}
          from jsonb_populate_recordset(null::{kind.table}, $1) as wanted where {kind.table}.id = wanted.id
    """
    for batch in insert_rows.batches(rows):
        await query(transaction, statement, json.dumps(batch, default=str))


async def lock_lessons_of(releases: Iterable[Difference], transaction: TransactionalDBClient) -> None:
    """Lock the lessons that follow these releases, before anything else is locked."""
    await query(transaction, _LOCK_LESSONS, [change.thing.id for change in releases])


def check_release_steps(
    places: Places, lessons: Iterable[Difference], releases: Iterable[Difference], faults: FaultList
) -> None:
    """Note lessons that would join or leave a release in a way the rules do not allow.

    The database refuses it too, but does not tell which.
    """
    published = {it.thing.id for it in releases if "status" in it.fields and it.wanted["status"] in _PUBLIC}
    published |= {release.id for release in places.releases if release.is_new}
    for change in lessons:
        if "release_id" not in change.fields:
            continue
        status, becomes, joined = change.stored["status"], change.wanted["status"], change.wanted["release_id"]
        stays = change.stored["release_id"] and status == Status.PUBLISHED and becomes != Status.ARCHIVED
        # Lessons stand as their release does: that of a public one is public too, and takes none unless it is
        # published only now.
        if stays or (joined and becomes in _PUBLIC and joined not in published):
            faults.note(change.thing.seed.fault("release_id", rule_of("release_closed")))
        elif joined and status in _PUBLIC and becomes != Status.DRAFT:
            faults.note(change.thing.seed.fault("status", rule_of("lesson_release_status")))


async def store_releases(
    places: Places,
    releases: Sequence[Difference],
    lessons: Sequence[Difference],
    now: datetime,
    transaction: TransactionalDBClient,
) -> None:
    """Create the releases that are not there and let the others take their steps, with the right lessons in them."""
    moving = [change for change in lessons if "release_id" in change.fields]
    archived = [change.thing.id for change in moving if change.wanted["status"] == Status.ARCHIVED]
    await query(transaction, _ARCHIVE, archived)
    await query(transaction, _LEAVE, [change.thing.id for change in moving])
    releases = [*releases, *await _create_releases(places.releases, moving, now, transaction)]
    ahead = {change.thing.id for change in releases if change.wanted["status"] in _AHEAD}
    await _update(LESSONS, [_ready(it) for it in lessons if it.wanted["release_id"] in ahead], transaction)
    things = {thing.id: thing.seed for thing in places.everything()}
    for change in releases:
        # One at a time: what keeps it from its step may be a lesson that the file does not have.
        with naming_what_is_refused(things, otherwise=change.thing.seed):
            await update(RELEASES, [change], transaction)


async def _create_releases(
    releases: Iterable[Placed], moving: Iterable[Difference], now: datetime, transaction: TransactionalDBClient
) -> list[Difference]:
    # Those that have yet to be published: a public release takes no lesson that is there already.
    joined = {change.wanted["release_id"] for change in moving}
    new = [release for release in releases if release.is_new]
    later = [it for it in new if it.id in joined and it.seed.values["status"] == ReleaseStatus.PUBLISHED]
    steps = [_step_of_new(release, now) for release in later]
    rest = [release for release in new if release not in later]
    await insert_rows.create(insert_rows.INSERT_RELEASES, [*rest, *(step.thing for step in steps)], now, transaction)
    return steps


def _step_of_new(release: Placed, now: datetime) -> Difference:
    wanted = release.seed.values_at(now)
    publish_at = wanted["publish_at"] or wanted["published_at"] or now
    before = {**wanted, "status": ReleaseStatus.SCHEDULED, "publish_at": publish_at, "published_at": None}
    scheduled = replace(release, seed=replace(release.seed, values=before))
    return Difference(scheduled, before, wanted, RELEASES.columns)


def _ready(change: Difference) -> Values:
    # In its release and with all that it needs, so that it can go with it. An end that changes is set after the step:
    # until then it could come before the release's time.
    as_stored = {key: change.stored[key] for key in ("status", "publish_at", "publish_zone", "published_at")}
    has_end = not {"archive_at", "release_id"} & {*change.fields}
    end = {key: change.stored[key] if has_end else None for key in ("archive_at", "archive_zone")}
    return {**change.wanted, **as_stored, **end, "id": change.thing.id}


async def store_lessons(lessons: Sequence[Difference], now: datetime, transaction: TransactionalDBClient) -> None:
    """Make lessons what they are to be, after their releases have taken their steps. Raises: Fault."""
    free = [it for it in lessons if not it.stored["release_id"] and not it.wanted["release_id"]]
    await update(LESSONS, free, transaction)
    free_ids = {change.thing.id for change in free}
    with_release = [change.thing for change in lessons if change.thing.id not in free_ids]
    faults = FaultList()
    differing = await find_differences(LESSONS, with_release, now, faults, transaction)
    faults.require_none()
    await update(LESSONS, differing, transaction)
    # A draft that joins an open release loses its time, which means nothing; but the file may have one.
    joined = [it for it in differing if "release_id" in it.fields and it.wanted["status"] == Status.DRAFT]
    await update(LESSONS, [it for it in joined if it.wanted["publish_at"]], transaction)
