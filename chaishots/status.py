"""How the whole system stands, as one picture: who leads, what is next, what is overdue or blocked."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from chaishots.content import answer_format
from chaishots.content.catalog.preview import Action, Rehearsal
from chaishots.content.queries import agenda
from chaishots.content.queries.agenda import Counts, Outlook, Planned
from chaishots.content.queries.publisher_health import Publishing, probe_publishing_and
from chaishots.content.queries.reasons import Why
from chaishots.content.queries.things import Thing
from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseRefuses
from chaishots.database.replicas import Replica
from chaishots.safe_text import visible
from chaishots.times import lasting, tell_time

_SHOWN: Final = 10
_UNDEFINED_TABLE: Final = "42P01"


@dataclass(frozen=True)
class Content:
    """What there is and what is to come; `overdue` and `blocked` hold the oldest few, the counts are whole."""

    outlook: Outlook
    upcoming: list[Planned]
    counts: Counts
    overdue: list[Planned]
    blocked: list[Planned]


@dataclass(frozen=True)
class State:
    """One look at everything; `content` is None when Postgres does not let it be read."""

    publishing: Publishing
    content: Content | None

    @property
    def replicas(self) -> list[Replica]:
        """Everyone who stands for election, the leader first."""
        return self.publishing.replicas

    @property
    def leader(self) -> str | None:
        """The replica that publishes; None when there is none at this moment."""
        return self.publishing.leader.name if self.publishing.leader else None

    @property
    def needs_attention(self) -> bool:
        """Whether something that should be public is not, or could not be when its time comes."""
        content = self.content
        held_up = self.publishing.trouble is not None
        return held_up or content is None or bool(content.outlook.overdue or content.blocked)

    def document(self) -> dict[str, Any]:  # Any: JSON
        """The picture for programs, as JSON takes it (times as ISO 8601)."""
        trouble = self.publishing.trouble
        told = trouble and {"kind": trouble.kind.value, "text": trouble.of_writes, "action": trouble.action}
        return {
            "leader": self.leader,
            "replicas": [answer_format.plain(asdict(replica)) for replica in self.replicas],
            "writes": self.publishing.writes.value,
            "trouble": told,
            **(_document(self.content) if self.content else {}),
        }

    def text(self) -> str:
        """The picture for people, in lines."""
        standby = ", ".join(replica.name for replica in self.replicas if not replica.leads)
        lines = [f"Leader     {self._led()}", f"Standby    {standby or 'none'}"]
        if deaf := [replica.name for replica in self.replicas if not replica.hears]:
            lines.append(f"Deaf       {', '.join(deaf)}: no changes are heard, Postgres is asked for each answer")
        if (leases := _leases(self.replicas)) is not None:
            lines.append(leases)
        if (trouble := self.publishing.trouble) is not None:
            lines += [f"Trouble    {visible(trouble.of_writes)}", f"           {visible(trouble.action)}"]
        return "\n".join([*lines, *(_text(self.content) if self.content else [])])

    def _led(self) -> str:
        if self.leader is not None:
            return self.leader
        if self.publishing.trouble is not None:
            return "none: nobody can publish at this moment"
        return "none: nobody publishes at this moment"


def _document(content: Content) -> dict[str, Any]:  # Any: JSON
    soonest = content.upcoming[0] if content.upcoming else None
    return {
        "now": answer_format.moment(content.outlook.now),
        "next_publish_at": answer_format.moment(soonest.publish_at) if soonest else None,
        "upcoming": [answer_format.plain(asdict(lesson)) for lesson in content.upcoming],
        "counts": asdict(content.counts),
        "overdue": content.outlook.overdue,
        "oldest_overdue_s": round(content.outlook.oldest_overdue_s, 3),
        "overdue_lessons": [answer_format.plain(asdict(lesson)) for lesson in content.overdue],
        "blocked": [answer_format.plain(asdict(lesson)) for lesson in content.blocked],
    }


def _text(content: Content) -> list[str]:
    counts, outlook = content.counts, content.outlook
    lines = [
        f"Content    {counts.programs} programs; lessons: {counts.published} published, "
        f"{counts.scheduled} scheduled, {counts.draft} draft, {counts.archived} archived",
        f"Next       {_next(content.upcoming)}",
    ]
    if outlook.overdue:
        oldest = lasting(timedelta(seconds=outlook.oldest_overdue_s))
        lines.append(f"Overdue    {outlook.overdue}, the oldest for {oldest}")
        lines += [f"           {_named(lesson)}, due {tell_time(lesson.publish_at)}" for lesson in content.overdue]
    else:
        lines.append("Overdue    none")
    blocked = content.blocked
    lines.append(f"Blocked    {len(blocked) or 'none'}{' or more' if len(blocked) == _SHOWN else ''}")
    lines += [f"           {_named(lesson)}: {visible(lesson.publish_error or '')}" for lesson in blocked]
    return lines


def _leases(replicas: list[Replica]) -> str | None:
    """How the leases differ, for they had better not: a leader that hangs keeps the lead for its own."""
    told = {replica.name: replica.lease_ms for replica in replicas if replica.lease_ms is not None}
    if len(set(told.values())) < 2:
        return None
    each = ", ".join(f"{name} {lease_ms / 1000:g} s" for name, lease_ms in told.items())
    return f"Leases     they differ ({each}): give every replica the same CHAISHOTS_LEASE_SECONDS"


async def read_state(connection: Connection) -> State:
    """Take the picture, in one look of a few statements. Raises: DatabaseRefuses where no schema is at all."""
    publishing, content = await probe_publishing_and(connection, _content)
    if content is None and publishing.trouble and publishing.trouble.sqlstate == _UNDEFINED_TABLE:
        raise DatabaseRefuses(publishing.trouble)
    return State(publishing, content)


async def _content(connection: Connection) -> Content:
    return Content(
        outlook=await agenda.outlook(connection),
        upcoming=await agenda.upcoming(connection, limit=_SHOWN),
        counts=await agenda.counts(connection),
        overdue=await agenda.overdue(connection, limit=_SHOWN),
        blocked=await agenda.refused(connection, limit=_SHOWN),
    )


def plan_text(upcoming: list[Planned], now: datetime) -> str:
    """What will be published when, a line a lesson, soonest first."""
    if not upcoming:
        return "Nothing is scheduled."
    return "\n".join(
        f"  in {lasting(lesson.publish_at - now):<10} {tell_time(lesson.publish_at)}  {_named(lesson)}"
        for lesson in upcoming
    )


def rehearsal_text(rehearsal: Rehearsal) -> str:
    """What will go out or come down until then, and what will not, a line a lesson."""
    lines = [f"Until {tell_time(rehearsal.until)}, if nothing else changes:"]
    for step in rehearsal.steps:
        opens = ", and its program with it" if step.opens_program else ""
        verb = "publish" if step.action is Action.PUBLISH else "archive"
        lines.append(f"  {tell_time(step.at)}  {verb}  {visible(step.title)} ({visible(step.program_title)}){opens}")
    if (unshown := rehearsal.steps_total - len(rehearsal.steps)) > 0:
        lines.append(f"  … and {unshown:,} more")
    lines += [f"Blocked: {rehearsal.blocked_total}"] if rehearsal.blocked_total else ["Nothing is blocked."]
    lines += [
        f"  {tell_time(lesson.publish_at)}  {visible(lesson.title)}: {visible(lesson.reason)}"
        for lesson in rehearsal.blocked
    ]
    return "\n".join(lines)


def why_text(thing: Thing, answer: Why) -> str:
    """Whether a thing is public, and each reason with what to do about it."""
    lines = [f"{visible(str(replace(thing, deleted_at=None)))} is {'public' if answer.is_public else 'not public'}."]
    lines += [f"  {visible(reason.text)} {visible(reason.action)}" for reason in answer.reasons]
    return "\n".join(lines)


def _next(upcoming: list[Planned]) -> str:
    if not upcoming:
        return "nothing is scheduled"
    return f"{tell_time(upcoming[0].publish_at)}  {_named(upcoming[0])}"


def _named(lesson: Planned) -> str:
    return (
        f"{visible(lesson.title)} ({visible(lesson.program_title)}, term {lesson.term_number}, "
        f"lesson {lesson.lesson_number})"
    )
