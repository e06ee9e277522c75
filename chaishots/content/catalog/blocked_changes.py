"""Scheduled changes that will be refused at their moment, as things are, and the releases that they take with them.

Each is tried on paper (`trial_on_paper.py`), in the order in which the publisher applies them, so that this may be
asked anywhere, on a standby too; who gets a number or a slug, `claimed_places.py` knows. Triggers and unique indexes of
one's own are not foreseen. What is applied at all is `tables_at_a_moment.py`'s.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

import asyncpg

from chaishots.content.catalog.claimed_places import Claims, Place, Wish
from chaishots.content.catalog.tables_at_a_moment import coming
from chaishots.content.catalog.trial_on_paper import load_checks, trial
from chaishots.content.constraints import error_for_constraint
from chaishots.database.connection import Connection

CHANGES_TRIED: Final = 2_000
"""Changes that are tried at most, the earliest; those behind them count as applied."""
_TOO_MANY: Final = f"The first {CHANGES_TRIED:,} are tried, and no more at once."
_ROUNDS: Final = 50
_KINDS: Final = ("program", "term", "lesson")
"""The order in which the publisher applies what is due at one moment."""

# change_due (apply_at, id).
_WAITING: Final = f"""
    select change.id as change_id, object_type, object_id, apply_at, change.publish_zone, change.release_id,
           release.name as release_name, count(*) over () as total,
           coalesce(lesson.title, term.title, 'Term ' || term.term_number, program.title) as title,
           coalesce(program.id, term.program_id, place.program_id) as program_id
      from change left join release on release.id = change.release_id
      left join program on program.id = object_id left join term on term.id = object_id
      left join lesson on lesson.id = object_id left join term as place on place.id = lesson.term_id
     where {coming("$1", "'{}'::uuid[]")} and (program.id is not null or term.id is not null or lesson.id is not null)
     order by apply_at, change.id limit $2
"""


# change_of_object (object_id, apply_at, id), change_of_release (release_id), change_pkey (id).
_LAST_OF: Final = """
    select greatest((select apply_at from change where id = $1 and status = 'scheduled'),
        (select max(apply_at) from (select apply_at from change where object_id = $1 and status = 'scheduled'
                                     order by apply_at limit 5) as next),
        (select max(apply_at) from change where status = 'scheduled' and release_id in (
            select $1 union all select release_id from lesson where id = $1)))
"""


@dataclass(frozen=True)
class BlockedChange:
    """A scheduled change that will be refused at its moment, and why; object_type, title: of what it changes."""

    change_id: UUID
    object_type: str
    object_id: UUID
    title: str
    apply_at: datetime
    publish_zone: str | None
    reason: str
    program_id: UUID
    release_id: UUID | None = None
    release_name: str | None = None


@dataclass(frozen=True)
class BlockedChanges:
    """The changes of a window that will be refused, in the order of their moments.

    of_releases: why a release is refused with its changes. untried: how many more wait within the window, of which it
    is not known, as `untried_because` says.
    """

    changes: Sequence[BlockedChange] = ()
    of_releases: Mapping[UUID, str] = field(default_factory=dict[UUID, str])
    untried: int = 0
    untried_because: str = ""

    @property
    def ids(self) -> list[UUID]:
        """The ids of all."""
        return [change.change_id for change in self.changes]


async def find_blocked_changes(connection: Connection, until: datetime) -> BlockedChanges:
    """The changes that wait until a moment, what is overdue included, and will be refused as things are.

    Args:
        connection: in a transaction, so that all is of one snapshot.
    """
    waiting = await connection.fetch(_WAITING, until, CHANGES_TRIED)
    if not waiting:
        return BlockedChanges()
    try:
        async with connection.transaction():
            refused = await _refused(connection, until, waiting)
    except asyncpg.PostgresError as error:
        # Whatever a rule of somebody's own does, or a role may not read: who asks is told all the rest.
        if connection.is_closed():
            raise
        return BlockedChanges(untried=waiting[0]["total"], untried_because=f"Postgres cannot try them: {error}.")
    return _told(waiting, refused)


async def foretell(connection: Connection, thing: UUID) -> Mapping[UUID, str]:
    """Why a change will be refused as things are; or the next ones of a thing, of a release or of a lesson's release.

    Returns: the reason by the id of the change; and by that of the release, if one takes it with it.
    """
    async with connection.transaction():
        until = await connection.fetchval(_LAST_OF, thing)
        changes = await find_blocked_changes(connection, until) if until is not None else BlockedChanges()
    return {change.change_id: change.reason for change in changes.changes} | dict(changes.of_releases)


async def _refused(connection: Connection, until: datetime, waiting: Sequence[asyncpg.Record]) -> dict[UUID, str]:
    """Which of these are refused, by the rule that they break; None of one that goes with its release."""
    checks = await load_checks(connection)
    statements = {kind: trial(kind, checks) for kind in {row["object_type"] for row in waiting}}
    refused: dict[UUID, str] = {}
    ids = [row["change_id"] for row in waiting]
    for _ in range(_ROUNDS):
        tried = {
            row["id"]: row
            for statement in statements.values()
            for row in await connection.fetch(statement, until, list(refused), ids)
        }
        more, is_done = _walk(waiting, tried)
        refused |= more
        if is_done:
            break
    return refused


def _walk(waiting: Sequence[asyncpg.Record], tried: Mapping[UUID, asyncpg.Record]) -> tuple[dict[UUID, str], bool]:
    """Follow the changes in their order: those that are refused, and whether that is all.

    It is not where something later was tried as if one that is refused had been applied.
    """
    claims, refused, stale = Claims(), dict[UUID, str](), set[UUID]()
    for batch in _batches([row for row in waiting if row["change_id"] in tried]):
        if any(row["object_id"] in stale for row in batch):
            return refused, False
        of_batch = _of_batch(claims, [tried[row["change_id"]] for row in batch], batch)
        if of_batch and batch[0]["release_id"] is not None:
            return refused | {row["change_id"]: of_batch.get(row["change_id"], "") for row in batch}, False
        refused |= of_batch
        stale |= {row["object_id"] for row in batch if row["change_id"] in of_batch}
    return refused, True


def _batches(changes: Sequence[asyncpg.Record]) -> Iterator[list[asyncpg.Record]]:
    """The steps in which the publisher applies them: a release is one, and else what is of one kind at one moment."""

    def step(row: asyncpg.Record) -> tuple[datetime, str, int]:
        release = str(row["release_id"] or "")
        return row["apply_at"], release, 0 if release else _KINDS.index(row["object_type"])

    for (_, release, _), group in groupby(sorted(changes, key=step), key=step):
        turns: list[list[asyncpg.Record]] = []
        number: Counter[UUID] = Counter()
        for row in group:
            # Several of one thing go one after the other, and programs each by itself, as each takes its own slugs.
            turn = 0 if release else len(turns) if row["object_type"] == "program" else number[row["object_id"]]
            number[row["object_id"]] += 1
            turns.extend([] for _ in range(turn + 1 - len(turns)))
            turns[turn].append(row)
        yield from turns


def _of_batch(claims: Claims, tried: Sequence[asyncpg.Record], batch: Sequence[asyncpg.Record]) -> dict[UUID, str]:
    wishes = {row["change_id"]: _wish(row, found) for row, found in zip(batch, tried, strict=True)}
    refused: dict[UUID, str] = {}
    for row, found in zip(batch, tried, strict=True):
        wish = wishes[row["change_id"]]
        if found["is_hidden"]:
            refused[wish.change_id] = "change_moves_public"
        elif not claims.has_slugs(wish):
            refused[wish.change_id] = "program_slug_unique"
        elif rule := found["broken"] or found["missing"]:
            refused[wish.change_id] = rule
    left = [wish for wish in wishes.values() if wish.change_id not in refused]
    kinds = {row["change_id"]: row["object_type"] for row in batch}
    refused |= {change_id: f"{kinds[change_id]}_number_unique" for change_id in claims.refused(left)}
    claims.take([wish for wish in left if wish.change_id not in refused])
    return refused


def _wish(row: asyncpg.Record, tried: asyncpg.Record) -> Wish:
    wish = Wish(row["change_id"], row["object_id"])
    if row["object_type"] == "program":
        holders: dict[str, str] = json.loads(tried["slug_holders"] or "{}")
        slugs = {slug: UUID(holders[slug]) if slug in holders else None for slug in tried["slugs"]}
        return replace(wish, slugs=slugs, gives_up=tried["gives_up"])
    before: Place = tried["place_before"], tried["number_before"]
    place: Place = tried["place"], tried["number"]
    return replace(wish, place_before=before, place=place, place_holder=tried["place_holder"])


def _told(waiting: Sequence[asyncpg.Record], refused: Mapping[UUID, str]) -> BlockedChanges:
    reasons = {
        row["change_id"]: _reason(row["object_type"], rule)
        for row in waiting
        if (rule := refused.get(row["change_id"]))
    }
    of_releases: dict[UUID, str] = {}
    for row in waiting:
        if row["release_id"] is not None and (reason := reasons.get(row["change_id"])):
            of_releases.setdefault(row["release_id"], f"{row['object_type']} {row['title']}: {reason}")
    changes = [
        BlockedChange(
            **{name: row[name] for name in row.keys() if name != "total"},  # noqa: SIM118  # a Record's
            reason=reasons.get(row["change_id"]) or with_release(row["release_name"], of_releases[row["release_id"]]),
        )
        for row in waiting
        if row["change_id"] in refused
    ]
    untried = waiting[0]["total"] - len(waiting)
    return BlockedChanges(changes, of_releases, untried, _TOO_MANY if untried else "")


def _reason(kind: str, rule: str) -> str:
    violated = f'new row for relation "{kind}" violates check constraint "{rule}"'
    return str(error_for_constraint(rule) or f"The database refused it: {violated} (23514).")


def with_release(name: str, reason: str) -> str:
    """Why something does not come that goes with a release. reason: why a change of that is refused."""
    return f"Its release, {name}, goes out whole or not at all, and a change in it cannot: {reason}"
