"""How the whole system stands, as one picture: who leads, what is next, what is overdue or blocked."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chaishots.content import agenda
from chaishots.content.agenda import Counts, Planned
from chaishots.content.preview import Action, Rehearsal
from chaishots.content.why import Why, lasting
from chaishots.database.connection import Connection
from chaishots.database.replicas import Replica, replicas
from chaishots.texts import visible

_SHOWN: Final = 10


@dataclass(frozen=True)
class State:
    """One look at everything; `overdue` and `blocked` hold the oldest few, their counts are whole."""

    now: datetime
    replicas: list[Replica]
    upcoming: list[Planned]
    counts: Counts
    overdue_count: int
    oldest_overdue_s: float
    overdue: list[Planned]
    blocked: list[Planned]

    @property
    def leader(self) -> str | None:
        """The replica that publishes; None when there is none at this moment."""
        return next((replica.name for replica in self.replicas if replica.leads), None)

    @property
    def needs_attention(self) -> bool:
        """Whether something that should be public is not, or could not be when its time comes."""
        return bool(self.overdue_count or self.blocked)

    def document(self) -> dict[str, Any]:  # Any: JSON
        """The picture for programs, as JSON takes it (times as ISO 8601)."""
        soonest = self.upcoming[0] if self.upcoming else None
        return {
            "now": self.now.isoformat(),
            "leader": self.leader,
            "replicas": [_plain(asdict(replica)) for replica in self.replicas],
            "next_publish_at": soonest.publish_at.isoformat() if soonest else None,
            "upcoming": [_plain(asdict(lesson)) for lesson in self.upcoming],
            "counts": asdict(self.counts),
            "overdue": self.overdue_count,
            "oldest_overdue_s": round(self.oldest_overdue_s, 3),
            "overdue_lessons": [_plain(asdict(lesson)) for lesson in self.overdue],
            "blocked": [_plain(asdict(lesson)) for lesson in self.blocked],
        }

    def text(self) -> str:
        """The picture for people, in lines."""
        counts = self.counts
        lines = [
            f"Leader     {self.leader or 'none: nobody publishes at this moment'}",
            f"Standby    {', '.join(replica.name for replica in self.replicas if not replica.leads) or 'none'}",
            f"Content    {counts.programs} programs; lessons: {counts.published} published, "
            f"{counts.scheduled} scheduled, {counts.draft} draft, {counts.archived} archived",
            f"Next       {_next(self.upcoming)}",
        ]
        if self.overdue_count:
            lines.append(
                f"Overdue    {self.overdue_count}, the oldest for {lasting(timedelta(seconds=self.oldest_overdue_s))}"
            )
            lines += [f"           {_named(lesson)}, due {moment(lesson.publish_at)}" for lesson in self.overdue]
        else:
            lines.append("Overdue    none")
        lines.append(f"Blocked    {len(self.blocked) or 'none'}{' or more' if len(self.blocked) == _SHOWN else ''}")
        lines += [f"           {_named(lesson)}: {visible(lesson.publish_error or '')}" for lesson in self.blocked]
        return "\n".join(lines)


async def look(connection: Connection) -> State:
    """Take the picture, in one look of a few statements."""
    outlook = await agenda.outlook(connection)
    return State(
        now=outlook.now,
        replicas=await replicas(connection),
        upcoming=await agenda.upcoming(connection, limit=_SHOWN),
        counts=await agenda.counts(connection),
        overdue_count=outlook.overdue,
        oldest_overdue_s=outlook.oldest_overdue_s,
        overdue=await agenda.overdue(connection, limit=_SHOWN),
        blocked=await agenda.refused(connection, limit=_SHOWN),
    )


def plan(upcoming: list[Planned], now: datetime) -> str:
    """What will be published when, a line a lesson, soonest first."""
    if not upcoming:
        return "Nothing is scheduled."
    return "\n".join(
        f"  in {lasting(lesson.publish_at - now):<10} {moment(lesson.publish_at)}  {_named(lesson)}"
        for lesson in upcoming
    )


def rehearsed(rehearsal: Rehearsal) -> str:
    """What will go out or come down until then, and what will not, a line a lesson."""
    lines = [f"Until {moment(rehearsal.until)}, if nothing else changes:"]
    for step in rehearsal.steps:
        opens = ", and its program with it" if step.opens_program else ""
        verb = "publish" if step.action is Action.PUBLISH else "archive"
        lines.append(f"  {moment(step.at)}  {verb}  {visible(step.title)} ({visible(step.program_title)}){opens}")
    if (unshown := rehearsal.steps_total - len(rehearsal.steps)) > 0:
        lines.append(f"  … and {unshown:,} more")
    lines += [f"Blocked: {rehearsal.blocked_total}"] if rehearsal.blocked_total else ["Nothing is blocked."]
    lines += [
        f"  {moment(lesson.publish_at)}  {visible(lesson.title)}: {visible(lesson.reason)}"
        for lesson in rehearsal.blocked
    ]
    return "\n".join(lines)


def explained(answer: Why) -> str:
    """Whether a lesson is public, and each reason with what to do about it."""
    lines = [f"{visible(answer.title)} is {'public' if answer.is_public else 'not public'}."]
    lines += [f"  {visible(reason.text)} {visible(reason.action)}" for reason in answer.reasons]
    return "\n".join(lines)


def moment(at: datetime) -> str:
    """A time in the reader's own zone, with its offset."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def _next(upcoming: list[Planned]) -> str:
    if not upcoming:
        return "nothing is scheduled"
    return f"{moment(upcoming[0].publish_at)}  {_named(upcoming[0])}"


def _named(lesson: Planned) -> str:
    return (
        f"{visible(lesson.title)} ({visible(lesson.program_title)}, term {lesson.term_number}, "
        f"lesson {lesson.lesson_number})"
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _as_json(value) for key, value in row.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
