"""How the whole system stands, as one picture: who leads, what is next, what is overdue or blocked."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chaishots.content import answer_format
from chaishots.content.catalog.blocked_changes import BlockedChange
from chaishots.content.catalog.blocked_lessons import Blocked, BlockedSoon, blocked_within
from chaishots.content.catalog.rehearsal import Rehearsal
from chaishots.content.queries import upcoming_and_overdue
from chaishots.content.queries.feed_health import FeedStanding
from chaishots.content.queries.find_by_name import Thing
from chaishots.content.queries.publisher_health import Publishing, probe_publishing_and
from chaishots.content.queries.scheduled_changes import LateChange, late_changes
from chaishots.content.queries.upcoming_and_overdue import Counts, Ending, HeldRelease, Outlook, Planned, clock_text
from chaishots.content.queries.why_answer import Why
from chaishots.content.webhooks.health import WebhookStanding, tell_standings, webhook_standings
from chaishots.database.connection import Connection
from chaishots.database.errors import DatabaseRefuses, Trouble
from chaishots.database.migrations import Standing
from chaishots.database.replicas import Replica, tell_leases, tell_versions
from chaishots.safe_text import visible
from chaishots.times import lasting, tell_time

_SHOWN: Final = 10
_IN_LOG: Final = "Look in the leader's log for feed.waits or feed.refused."
_ALL: Final = 1_000
SOON: Final = timedelta(hours=1)
"""How far ahead it is told what will be blocked."""
_UNDEFINED_TABLE: Final = "42P01"


@dataclass(frozen=True)
class Content:
    """What there is and what is to come; `overdue` and `blocked` hold the oldest few, the counts are whole.

    ends: lessons that should have been taken down. held: releases refused as a whole. soon: lessons and changes that
    will be blocked within SOON as things are.
    """

    outlook: Outlook
    upcoming: list[Planned]
    counts: Counts
    overdue: list[Planned]
    blocked: list[Planned]
    ends: list[Ending]
    held: list[HeldRelease]
    late_changes: list[LateChange]
    soon: BlockedSoon
    changes_shown: int
    webhooks: list[WebhookStanding]


@dataclass(frozen=True)
class State:
    """One look at everything; `content` is None when Postgres does not let it be read.

    schema: how the schema stands, when it is not this version's. database: which was asked, for people. damage: what
    nobody meets before it is needed, where that was looked for.
    """

    publishing: Publishing
    content: Content | None
    schema: Standing | None = None
    database: str = ""
    damage: Trouble | None = None

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
        """Whether something should be public or taken down and is not, nobody is there to do it, or nobody is told."""
        content = self.content
        if self.publishing.trouble or self.damage or content is None or (self.schema and self.schema.missing):
            return True
        if self.leader is not None and self.publishing.feed.is_behind:  # without a leader, that is what is told
            return True
        outlook = content.outlook
        late = outlook.overdue or outlook.overdue_ends or outlook.refused_releases or content.blocked
        late = late or outlook.overdue_changes or outlook.blocked_changes
        given_up = any(webhook.needs_attention for webhook in content.webhooks)
        return bool(late or given_up or (self.leader is None and self.is_awaited))

    @property
    def is_awaited(self) -> bool:
        """Whether anything is scheduled that a leader has to do."""
        outlook = self.content and self.content.outlook
        return outlook is not None and any((outlook.next_publish_at, outlook.next_end_at, outlook.next_change_at))

    def document(self) -> dict[str, Any]:  # Any: JSON
        """The picture for programs, as JSON takes it (times as ISO 8601)."""
        return {
            "database": self.database,
            "schema": str(self.schema) if self.schema else None,
            "leader": self.leader,
            "replicas": [answer_format.plain(asdict(replica)) for replica in self.replicas],
            "writes": self.publishing.writes.value,
            "trouble": _told(self.publishing.trouble),
            "damage": _told(self.damage),
            "feed": asdict(self.publishing.feed),
            **(_document(self.content) if self.content else {}),
        }

    def text(self) -> str:
        """The picture for people, in lines."""
        standby = ", ".join(replica.name for replica in self.replicas if not replica.leads)
        lines = [f"Database   {self.database}"] if self.database else []
        if self.schema is not None:
            lines.append(f"Schema     {visible(str(self.schema))}")
        lines += [f"Leader     {self._led()}", f"Standby    {standby or 'none'}"]
        if deaf := [replica.name for replica in self.replicas if not replica.hears]:
            lines.append(f"Deaf       {', '.join(deaf)}: no changes are heard, Postgres is asked for each answer")
        if (versions := tell_versions(self.replicas)) is not None:
            lines.append(versions)
        if (leases := tell_leases(self.replicas)) is not None:
            lines.append(leases)
        if (trouble := self.publishing.trouble) is not None:
            lines += [f"Trouble    {visible(trouble.of_writes)}", f"           {visible(trouble.action)}"]
        if (damage := self.damage) is not None:
            lines += [f"Damage     {visible(damage.text)}", f"           {visible(damage.action)}"]
        lines += _feed(self.publishing.feed, is_led=self.leader is not None)
        return "\n".join([*lines, *(_text(self.content) if self.content else [])])

    def _led(self) -> str:
        if self.leader is not None:
            return self.leader
        if self.publishing.trouble is not None:
            return "none: nobody can publish at this moment"
        if not self.is_awaited:
            return "none: nobody publishes at this moment"
        action = (
            "one of those who stand by has to lead within seconds" if self.replicas else "start one: chaishots serve"
        )
        return f"none: nobody will publish what is scheduled; {action}"


def _told(trouble: Trouble | None) -> dict[str, str] | None:
    return trouble and {"kind": trouble.kind.value, "text": trouble.of_writes, "action": trouble.action}


def _feed(feed: FeedStanding, *, is_led: bool) -> list[str]:
    if feed.behind_s is None:
        told = ["Feed       not known: Postgres does not let its tables be read"]
        return [*told, f"           {visible(feed.in_the_way)}"] if feed.in_the_way else told
    if not feed.is_behind:
        return [f"Feed       at {feed.position}"]
    lasts = lasting(timedelta(seconds=feed.behind_s))
    return [
        f"Feed       behind for {lasts}, at {feed.position}: apps, pages and events hear of no change",
        f"           {visible(feed.in_the_way or _IN_LOG)}"
        if is_led
        else "           It is the leader that numbers changes, and nobody leads: mend that.",
    ]


def _document(content: Content) -> dict[str, Any]:  # Any: JSON
    soonest, outlook = content.upcoming[0] if content.upcoming else None, content.outlook
    return {
        "now": answer_format.moment(outlook.now),
        "next_publish_at": answer_format.moment(soonest.publish_at) if soonest else None,
        "upcoming": [answer_format.plain(asdict(lesson)) for lesson in content.upcoming],
        "counts": asdict(content.counts),
        "overdue": outlook.overdue,
        "oldest_overdue_s": round(outlook.oldest_overdue_s, 3),
        "overdue_lessons": [answer_format.plain(asdict(lesson)) for lesson in content.overdue],
        "blocked": [answer_format.plain(asdict(lesson)) for lesson in content.blocked],
        "next_end_at": answer_format.moment(outlook.next_end_at) if outlook.next_end_at else None,
        "overdue_ends": outlook.overdue_ends,
        "overdue_end_lessons": [answer_format.plain(asdict(lesson)) for lesson in content.ends],
        "refused_releases": [answer_format.plain(asdict(release)) for release in content.held],
        "next_change_at": answer_format.moment(outlook.next_change_at) if outlook.next_change_at else None,
        "overdue_changes": outlook.overdue_changes,
        "late_changes": [answer_format.plain(asdict(change)) for change in content.late_changes],
        "blocked_soon": [answer_format.plain(asdict(lesson)) for lesson in content.soon.lessons],
        "blocked_soon_total": content.soon.lessons_total,
        "blocked_changes_soon": [answer_format.plain(asdict(change)) for change in content.soon.changes[:_ALL]],
        "blocked_changes_soon_total": len(content.soon.changes),
        "changes_untried": content.soon.untried,
        "webhooks": [answer_format.plain(asdict(webhook)) for webhook in content.webhooks],
        "clock_off_s": round(outlook.clock_off_s, 3),
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
        lines += [f"           {_named(lesson)}, due {_told_at(lesson)}" for lesson in content.overdue]
    else:
        lines.append("Overdue    none")
    if outlook.overdue_ends:
        oldest = lasting(timedelta(seconds=outlook.oldest_overdue_end_s))
        lines.append(f"Ends       {outlook.overdue_ends} overdue, the oldest for {oldest}: still public")
        lines += [f"           {_named(ending)}: {_of_end(ending)}" for ending in content.ends]
    elif outlook.next_end_at:
        lines.append(f"Ends       the next {tell_time(outlook.next_end_at)}")
    blocked = content.blocked
    lines.append(f"Blocked    {len(blocked) or 'none'}{' or more' if len(blocked) == _SHOWN else ''}")
    lines += [f"           {_named(lesson)}: {visible(lesson.publish_error or '')}" for lesson in blocked]
    if outlook.refused_releases:
        lines.append(f"Releases   {outlook.refused_releases} refused as a whole")
        held = content.held
        lines += [
            f"           {visible(one.name)} (release {one.release_id}): {visible(one.publish_error)}" for one in held
        ]
    if content.late_changes:
        lines.append(f"Changes    {max(outlook.overdue_changes, outlook.blocked_changes)} not applied")
        lines += [f"           {visible(str(change))}" for change in content.late_changes]
    elif outlook.next_change_at:
        lines.append(f"Changes    the next {tell_time(outlook.next_change_at)}")
    lines += _soon(content)
    lines += tell_standings(content.webhooks)
    if (told := clock_text(outlook)) is not None:
        lines.append(f"Clock      {told}")
    return lines


def _soon(content: Content) -> list[str]:
    soon = content.soon
    untried = [f"Soon       {_untried(soon.untried, soon.untried_because)}"] if soon.untried else []
    if not (total := soon.lessons_total + len(soon.changes)):
        return untried
    lines = [*untried, f"Soon       {total} will be blocked within {lasting(SOON)} as things are"]
    lines += [
        f"           {_titled(one.title, one.lesson_id)}, due {_told_at(one)}: {visible(one.reason)}"
        for one in soon.lessons
    ]
    shown = soon.changes[: content.changes_shown]
    lines += [f"           {_blocked_change(one)}" for one in shown]
    if total > len(soon.lessons) + len(shown):
        lines.append("           … all of them: chaishots status --soon")
    return lines


def _of_end(ending: Ending) -> str:
    refused = f", refused: {visible(ending.publish_error)}" if ending.publish_error else ""
    return f"its end was {tell_time(ending.archive_at, written_in=ending.archive_zone)}{refused}"


async def read_state(connection: Connection, *, tells_all_soon: bool = False) -> State:
    """Take the picture, in one look of a few statements. Raises: DatabaseRefuses where no schema is at all."""

    async def read(connection: Connection) -> Content:
        return await _content(connection, _ALL if tells_all_soon else _SHOWN)

    publishing, content = await probe_publishing_and(connection, read)
    if content is None and publishing.trouble and publishing.trouble.sqlstate == _UNDEFINED_TABLE:
        raise DatabaseRefuses(publishing.trouble)
    return State(publishing, content)


async def _content(connection: Connection, soon_shown: int) -> Content:
    return Content(
        outlook=await upcoming_and_overdue.outlook(connection),
        upcoming=await upcoming_and_overdue.upcoming(connection, limit=_SHOWN),
        counts=await upcoming_and_overdue.counts(connection),
        overdue=await upcoming_and_overdue.overdue(connection, limit=_SHOWN),
        blocked=await upcoming_and_overdue.refused(connection, limit=_SHOWN),
        ends=await upcoming_and_overdue.overdue_ends(connection, limit=_SHOWN),
        held=await upcoming_and_overdue.held_releases(connection, limit=_SHOWN),
        late_changes=await late_changes(connection, limit=_SHOWN),
        soon=await blocked_within(connection, SOON, limit=soon_shown),
        changes_shown=soon_shown,
        webhooks=await webhook_standings(connection),
    )


def plan_text(upcoming: list[Planned], now: datetime) -> str:
    """What will be published when, a line a lesson, soonest first."""
    if not upcoming:
        return "Nothing is scheduled."
    return "\n".join(
        f"  in {lasting(lesson.publish_at - now):<10} {_told_at(lesson)}  {_named(lesson)}" for lesson in upcoming
    )


def rehearsal_text(rehearsal: Rehearsal) -> str:
    """What will go out or come down until then, and what will not, a line a lesson."""
    lines = [f"Until {tell_time(rehearsal.until)}, if nothing else changes:"]
    for step in rehearsal.steps:
        opens = ", and its program with it" if step.opens_program else ""
        thing = f"change {step.change_id}" if step.change_id else f"lesson {step.lesson_id}"
        named = f"{visible(step.title)} ({thing}, {visible(step.program_title)})"
        lines.append(f"  {tell_time(step.at, written_in=step.zone)}  {step.action}  {named}{opens}")
    if (unshown := rehearsal.steps_total - len(rehearsal.steps)) > 0:
        lines.append(f"  … and {unshown:,} more")
    total = rehearsal.blocked_total + rehearsal.blocked_changes_total
    lines.append(f"Blocked: {total:,}" if total else "Nothing is blocked.")
    lines += [
        f"  {_told_at(lesson)}  {_titled(lesson.title, lesson.lesson_id)}: {visible(lesson.reason)}"
        for lesson in rehearsal.blocked
    ]
    lines += [f"  {_blocked_change(change)}" for change in rehearsal.blocked_changes]
    if rehearsal.changes_untried:
        lines.append(_untried(rehearsal.changes_untried, rehearsal.untried_because))
    return "\n".join(lines)


def why_text(thing: Thing, answer: Why) -> str:
    """Whether a thing is public, and each reason with what to do about it."""
    lines = [f"{visible(str(replace(thing, deleted_at=None)))} is {'public' if answer.is_public else 'not public'}."]
    lines += [f"  {visible(reason.text)} {visible(reason.action)}" for reason in answer.reasons]
    return "\n".join(lines)


def _next(upcoming: list[Planned]) -> str:
    if not upcoming:
        return "nothing is scheduled"
    return f"{_told_at(upcoming[0])}  {_named(upcoming[0])}"


def _untried(count: int, because: str) -> str:
    return f"Not tried: {count:,} scheduled changes, which may be refused. {visible(because)}"


def _blocked_change(change: BlockedChange) -> str:
    due = tell_time(change.apply_at, written_in=change.publish_zone)
    named = f"{change.object_type} {visible(change.title)} (change {change.change_id})"
    return f"{named}, due {due}: {visible(change.reason)}"


def _titled(title: str, lesson_id: UUID) -> str:
    return f"{visible(title)} (lesson {lesson_id})"


def _told_at(lesson: Planned | Blocked) -> str:
    return tell_time(lesson.publish_at, written_in=lesson.publish_zone)


def _named(lesson: Planned | Ending) -> str:
    return (
        f"{visible(lesson.title)} (lesson {lesson.lesson_id}, {visible(lesson.program_title)}, "
        f"term {lesson.term_number}, lesson {lesson.lesson_number})"
    )
