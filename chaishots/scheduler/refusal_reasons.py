"""Explains what the publisher could not publish: whose fault it is, and what people are told.

Knows the lines of `chaishots_publish_due`, and what an error of Postgres' means. Must not know a session.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import asyncpg

from chaishots.content.constraints import error_for_constraint
from chaishots.content.lifecycle import ProgramFacts, ProgramStatus, program_obstacle
from chaishots.database.errors import DatabaseRefuses, Kind, trouble_of_state
from chaishots.scheduler.given_up_statements import Hang

_NOBODYS_FAULT: Final = (Kind.READ_ONLY, Kind.DISK_FULL, Kind.PERMISSION, Kind.SCHEMA)
"""What Postgres refuses everybody alike, until somebody mends it."""
_THE_DATABASES: Final = (*_NOBODYS_FAULT, Kind.AWAY, Kind.LOGIN, Kind.CROSSED, Kind.SLOW)
"""What is not for a lesson to mend: it is tried again as soon as Postgres takes it."""
_HANGS: Final = (
    "Postgres gave it up, though it was tried by itself ({reason}): most likely a trigger of your own sleeps, or waits"
    " for a lock. Mend the trigger, or end the session that has the lock (pg_stat_activity tells which)."
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A lesson that is due and cannot be published, or archived, and what to do about it.

    Or a release, by its id and name, when nobody can say which of its lessons it is; or a scheduled change, by its id
    and the kind and title of what it is of.
    """

    lesson_id: UUID
    title: str
    reason: str
    is_change: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something to be told as refused: as a lesson, a release or a change, in that version.

    awaits_database: whether it is rather the database's trouble.
    """

    object_id: UUID
    version: int
    told: Refused | None
    reason: str
    sqlstate: str | None
    awaits_database: bool


def refusals_of(lines: Sequence[asyncpg.Record]) -> Iterator[Refusal]:
    """What is to be told of a batch, by its lines."""
    of_releases: dict[str, list[Refused]] = {}
    waiting: set[str] = set()
    for line in lines:
        facts: dict[str, Any] = json.loads(line["facts"]) if line["facts"] else {}  # Any: JSON
        match line["what"]:
            case "failed" | "blocked" | "unapplied":
                is_change = line["what"] == "unapplied"
                refused = Refused(line["id"], line["title"], _blocked(facts) or _failed(facts), is_change)
                waits = _awaits_database(facts)
                if release := facts.get("release"):
                    of_releases.setdefault(release, []).append(refused)
                    waiting |= {release} if waits else set()
                    waits = False  # it is tried with its release
                yield Refusal(line["id"], line["version"], refused, refused.reason, facts.get("errcode"), waits)
            case "release":
                culprits = of_releases.get(str(line["id"]), [])
                reason = _named_by_reason(culprits) or _failed(facts)
                told = None if culprits else Refused(line["id"], line["title"], reason)
                waits = str(line["id"]) in waiting or (not culprits and _awaits_database(facts))
                yield Refusal(line["id"], line["version"], told, reason, facts.get("errcode"), waits)
            case _:
                pass


def hung(names: Sequence[asyncpg.Record], hang: Hang, error: asyncpg.PostgresError) -> Iterator[Refusal]:
    """What is told of what hung by itself: of a release also of the lesson at which it did, where that is known."""
    reason = _HANGS.format(reason=error.args[0])
    culprits = [Refused(name["id"], name["title"], reason) for name in names if name["id"] == hang.culprit]
    for name in names:
        told, its_reason = Refused(name["id"], name["title"], reason, is_change=name["is_change"]), reason
        if culprits and told not in culprits:
            told, its_reason = None, _named_by_reason(culprits)
        yield Refusal(name["id"], name["version"], told, its_reason, error.sqlstate, awaits_database=False)


def require_their_own_fault(refusals: Sequence[Refusal]) -> None:
    """Raise what refuses all of them, their very reasons included: a full disk, say, is the fault of none of them."""
    sqlstates = {refusal.sqlstate for refusal in refusals if refusal.sqlstate}
    if len(sqlstates) == 1 and (trouble := trouble_of_state(sqlstates.pop())).kind in _NOBODYS_FAULT:
        raise DatabaseRefuses(trouble)


def _awaits_database(facts: dict[str, Any]) -> bool:
    errcode: str | None = facts.get("errcode")
    return errcode is not None and not facts["is_raised"] and trouble_of_state(errcode).kind in _THE_DATABASES


def _named_by_reason(refused: Sequence[Refused]) -> str:
    by_reason = groupby(sorted(refused, key=lambda lesson: lesson.reason), key=lambda lesson: lesson.reason)
    return " ".join(f"{', '.join(lesson.title for lesson in lessons)}: {reason}" for reason, lessons in by_reason)


def _blocked(facts: dict[str, Any]) -> str | None:
    if "status" not in facts:
        return None
    language: str = facts["language"]
    posters = {language: facts["posters"]} if facts["posters"] else {}
    obstacle = program_obstacle(ProgramFacts(ProgramStatus(facts["status"]), language, posters))
    return obstacle.text if obstacle else None


def _failed(facts: dict[str, Any]) -> str:
    if reason := facts.get("reason"):
        return reason
    message = " ".join(facts.get("message", "").split()).rstrip(".")
    return str(
        error_for_constraint(facts.get("rule")) or f"The database refused it: {message} ({facts.get('errcode')})."
    )
