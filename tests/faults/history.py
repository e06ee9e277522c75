"""What was seen while faults were injected, and the rules that it has to obey: the checker of histories.

Pure: knows moments, replicas and ids. Must not know HTTP, Postgres, or how a fault is made.

Moments are seconds of one clock, the host's, on which everything of such a test runs, Postgres included.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Final

EVERYWHERE: Final = "*"
"""In the place of a replica's name, a fault of Postgres'."""
SILENCE: Final = "silence"
"""The leader is paused for longer than its lease, and nothing else befalls Postgres meanwhile."""
SILENT: Final = frozenset({"pause", "cut", SILENCE})
"""Faults of a replica in which Postgres hears nothing of it."""


@dataclass(frozen=True)
class Look:
    """One answer of a replica, whole: which lessons it showed. is_stale: it said that it may be from before."""

    replica: str
    asked_at: float
    answered_at: float
    shown: frozenset[str]
    is_stale: bool = False


@dataclass(frozen=True)
class Fault:
    """What a replica, or Postgres, suffered, and from when to when."""

    replica: str
    kind: str
    began_at: float
    ended_at: float


@dataclass(frozen=True)
class Leaders:
    """Whose sessions held the publisher's lock, at a moment."""

    at: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class Publish:
    """One that the database was told of: by whose session, begun when, and whether that held the publisher's lock."""

    at: float
    replica: str
    session_began_at: float
    led: bool


@dataclass
class Life:
    """What was wanted of a lesson, and what became of it.

    due_at: it must not be shown before. may_go_at: it must not be gone before; inf where nobody takes it down.
    gone_at: when it was known to be taken down, its transaction over; inf where it was not.
    publishes: each that the database was told of.
    published_ats: each published_at that the row had. lines: of the history that say that it was published.
    """

    due_at: float
    may_go_at: float = inf
    gone_at: float = inf
    publishes: list[Publish] = field(default_factory=list[Publish])
    published_ats: set[str] = field(default_factory=set[str])
    lines: int = 0
    is_public: bool = False


@dataclass(frozen=True)
class Bounds:
    """For how long a replica may show what was taken down, and not show what another one has shown.

    hears_s: one that hears of changes; late_of_a_hundred may be later. cut_off_s: one that does not, or did not within
    settle_s; and the most for every one. hangs_s: how long a leader keeps the lock that gives no sign of life; None for
    ever.
    """

    hears_s: float = 0.15
    cut_off_s: float = 1.0
    settle_s: float = 3.0
    late_of_a_hundred: float = 1.0
    hangs_s: float | None = None


@dataclass
class History:
    """All that was seen."""

    looks: list[Look] = field(default_factory=list[Look])
    leaders: list[Leaders] = field(default_factory=list[Leaders])
    faults: list[Fault] = field(default_factory=list[Fault])
    lessons: dict[str, Life] = field(default_factory=dict[str, Life])


def faults_of(history: History, bounds: Bounds) -> list[str]:
    """Each rule that was broken, by what: nothing when all is well."""
    return [
        *_shown_early(history),
        *_vanished(history),
        *_kept(history, bounds),
        *_behind(history, bounds),
        *_two_lead(history),
        *_hangs_and_leads(history, bounds),
        *_leads_on(history, bounds),
        *_nobody_follows(history, bounds),
        *_published_wrongly(history),
    ]


def _shown_early(history: History) -> Iterator[str]:
    """Nothing is seen before its moment."""
    told: set[str] = set()
    for look in history.looks:
        for lesson in look.shown - told:
            if (life := history.lessons.get(lesson)) is None:
                continue
            if look.answered_at < life.due_at:
                told.add(lesson)
                early_ms = (life.due_at - look.answered_at) * 1000
                yield f"early: {look.replica} showed {lesson} {early_ms:.0f} ms before its moment"


def _vanished(history: History) -> Iterator[str]:
    """What a replica has shown, it shows until it is taken down."""
    for replica, looks in _by_replica(history).items():
        shown_at: dict[str, float] = {}
        told: set[str] = set()
        for look in looks:
            for lesson, since in shown_at.items():
                is_missed = lesson not in look.shown and look.asked_at >= since and lesson not in told
                if is_missed and look.answered_at < history.lessons[lesson].may_go_at:
                    told.add(lesson)
                    yield f"vanished: {replica} showed {lesson} at {since:.3f}, and at {look.answered_at:.3f} no longer"
            for lesson in look.shown & history.lessons.keys():
                shown_at.setdefault(lesson, look.answered_at)


def _kept(history: History, bounds: Bounds) -> Iterator[str]:
    """What is taken down is gone from each replica within its bound, or said to be stale."""
    late_s: list[tuple[float, str]] = []
    number = 0
    for replica, looks in _by_replica(history).items():
        for lesson, life in history.lessons.items():
            if life.gone_at == inf:
                continue
            number += 1
            late = [look for look in _asked_after(looks, life.gone_at) if lesson in look.shown and not look.is_stale]
            if not late:
                continue
            last = late[-1]
            after_s = last.asked_at - life.gone_at
            told = f"kept: {replica} showed {lesson} still {after_s * 1000:.0f} ms after it was taken down"
            if after_s > bounds.cut_off_s:
                yield told
            elif after_s > bounds.hears_s and not _is_troubled(history, replica, life.gone_at, last.asked_at, bounds):
                late_s.append((after_s, told))
    yield from _beyond_a_hundredth(late_s, number, bounds)


def _behind(history: History, bounds: Bounds) -> Iterator[str]:
    """What any replica has shown, each shows within its bound, until it is taken down, or says that it is stale."""
    first = _first_seen(history)
    late_s: list[tuple[float, str]] = []
    number = 0
    for replica, looks in _by_replica(history).items():
        for lesson, seen_at in first.items():
            if (life := history.lessons.get(lesson)) is None:
                continue
            number += 1
            missed = [
                look
                for look in _asked_after(looks, seen_at)
                if lesson not in look.shown and not look.is_stale and look.answered_at < life.may_go_at
            ]
            if not missed:
                continue
            after_s = missed[-1].asked_at - seen_at
            told = f"behind: {replica} did not show {lesson} {after_s * 1000:.0f} ms after another one had"
            if after_s > bounds.cut_off_s:
                yield told
            elif after_s > bounds.hears_s and not _is_troubled(history, replica, seen_at, missed[-1].asked_at, bounds):
                late_s.append((after_s, told))
    yield from _beyond_a_hundredth(late_s, number, bounds)


def _two_lead(history: History) -> Iterator[str]:
    """At no moment two hold the lock."""
    for seen in history.leaders:
        if len(seen.names) > 1:
            yield f"two lead: {', '.join(seen.names)} at {seen.at:.3f}"
            return


def _hangs_and_leads(history: History, bounds: Bounds) -> Iterator[str]:
    """Who gives no sign of life keeps the lock no longer than the lease, and a little."""
    if bounds.hangs_s is None:
        return
    silent = [fault for fault in history.faults if fault.kind in SILENT]
    for fault in silent:
        for seen in history.leaders:
            after_s = seen.at - fault.began_at
            if after_s > bounds.hangs_s and seen.at < fault.ended_at and fault.replica in seen.names:
                yield f"hangs: {fault.replica} kept the lock for {after_s:.2f} s of a {fault.kind}"
                break


def _leads_on(history: History, bounds: Bounds) -> Iterator[str]:
    """Who was paused for longer than its lease publishes nothing more through the session that it led with."""
    if bounds.hangs_s is None:
        return
    for fault in history.faults:
        if fault.kind not in ("pause", SILENCE) or fault.ended_at - fault.began_at <= bounds.hangs_s:
            continue
        for lesson, life in history.lessons.items():
            for publish in life.publishes:
                is_old = publish.replica == fault.replica and publish.session_began_at < fault.began_at
                if is_old and publish.at > fault.began_at + bounds.hangs_s:
                    after_s = publish.at - fault.began_at
                    yield f"leads on: {fault.replica} published {lesson} {after_s:.2f} s after it was paused"


def _nobody_follows(history: History, bounds: Bounds) -> Iterator[str]:
    """Where nothing but the leader fails, somebody leads soon after its lease."""
    if bounds.hangs_s is None:
        return
    for fault in history.faults:
        since = fault.began_at + bounds.hangs_s
        until = since + bounds.settle_s
        asked = [seen for seen in history.leaders if since < seen.at < until]
        is_alone = not any(
            other.replica == EVERYWHERE and other.began_at < until and other.ended_at > fault.began_at
            for other in history.faults
        )
        if fault.kind == SILENCE and is_alone and asked and not any(seen.names for seen in asked):
            yield f"nobody follows: {fault.replica} led, and was silent from {fault.began_at:.3f}; then nobody did"


def _published_wrongly(history: History) -> Iterator[str]:
    """Each was published once, by the one that led, with one line in the history, and its published_at never moved."""
    for lesson, life in history.lessons.items():
        if not life.is_public:
            yield f"not published: {lesson}, which was due at {life.due_at:.3f}"
        elif len(life.publishes) != 1:
            yield f"not once: {lesson} was published {len(life.publishes)} times"
        elif not life.publishes[0].led:
            yield f"not led: {lesson} was published by a session that did not hold the publisher's lock"
        if life.is_public and life.lines != 1:
            yield f"not one line: the history has {life.lines} that say that {lesson} was published"
        if len(life.published_ats) > 1:
            yield f"moved: published_at of {lesson} was {' and '.join(sorted(life.published_ats))}"


def _first_seen(history: History) -> dict[str, float]:
    first: dict[str, float] = {}
    for look in sorted(history.looks, key=lambda look: look.answered_at):
        for lesson in look.shown:
            first.setdefault(lesson, look.answered_at)
    return first


def _by_replica(history: History) -> dict[str, list[Look]]:
    by_replica: dict[str, list[Look]] = defaultdict(list)
    for look in sorted(history.looks, key=lambda look: look.asked_at):
        by_replica[look.replica].append(look)
    return by_replica


def _asked_after(looks: list[Look], moment: float) -> list[Look]:
    return looks[bisect_right(looks, moment, key=lambda look: look.asked_at) :]


def _is_troubled(history: History, replica: str, since: float, until: float, bounds: Bounds) -> bool:
    return any(
        fault.replica in (replica, EVERYWHERE) and fault.began_at <= until and fault.ended_at + bounds.settle_s >= since
        for fault in history.faults
    )


def _beyond_a_hundredth(late_s: list[tuple[float, str]], number: int, bounds: Bounds) -> Iterator[str]:
    """Of those that were late on a replica that hears, what is more than may be: a promise of the 99th of a hundred."""
    may_be = ceil(number * bounds.late_of_a_hundred / 100)
    if len(late_s) > may_be:
        yield from (told for _, told in sorted(late_s, reverse=True)[: len(late_s) - may_be])


def lateness_ms(history: History) -> list[float]:
    """How late each lesson was first seen by anybody, in ms, sorted: a figure, and no rule while leaders fall."""
    seen = _first_seen(history).items()
    return sorted((at - history.lessons[one].due_at) * 1000 for one, at in seen if one in history.lessons)


def longest_without_a_leader_s(history: History) -> float:
    """For how long nobody led at a stretch, of what could be asked."""
    longest, since = 0.0, None
    for seen in sorted(history.leaders, key=lambda seen: seen.at):
        if seen.names:
            since = None
        else:
            since = seen.at if since is None else since
            longest = max(longest, seen.at - since)
    return longest
